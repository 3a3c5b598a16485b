import type { World } from '../../../base/index.ts'
import type { Answer, Interactions } from './interactions.ts'
import { createSeen } from './seen.ts'
import { verifyRequest } from './verify.ts'
import type { WorkQueue } from './work.ts'

export interface DoorOptions {
  /** Two while they are rotated; at least one, none empty. */
  readonly secrets: readonly string[]
  readonly interactions: Interactions
  readonly work: WorkQueue
}

/** How often Slack's requests were let in or not, since the process started. */
export interface DoorCounters {
  taken: number
  forged: number
  skewed: number
  replayed: number
  busy: number
}

export interface Door {
  /** `POST …/interactions`, `…/commands` and `…/events`. Answers at once; what is to be done is done after. */
  readonly handle: (request: Request) => Promise<Response>
  readonly counters: Readonly<DoorCounters>
}

const BODY_MAX = 1 << 20

/** The way in for Slack's requests over HTTP. Nothing is parsed before its signature was checked on the bytes as they came. */
export function createDoor(world: World, { secrets, interactions, work }: DoorOptions): Door {
  if (secrets.length === 0 || secrets.some((secret) => secret.trim() === ''))
    throw new Error('Cannot take requests from Slack without its signing secret: set SLACK_SIGNING_SECRET')
  const seen = createSeen(world)
  const counters: DoorCounters = { taken: 0, forged: 0, skewed: 0, replayed: 0, busy: 0 }
  const handle = async (request: Request): Promise<Response> => {
    if (request.method !== 'POST') return plain(405, 'Slack sends POST requests here.')
    const body = new Uint8Array(await request.arrayBuffer())
    if (body.length > BODY_MAX) return plain(413, 'That is more than Slack sends.')
    const verified = verifyRequest(
      {
        signature: request.headers.get('x-slack-signature') ?? undefined,
        timestamp: request.headers.get('x-slack-request-timestamp') ?? undefined,
        body,
      },
      secrets,
      world.clock.nowMs(),
    )
    if (verified.kind === 'forged') {
      counters.forged++
      world.log.warn('a request that Slack did not sign', { reason: verified.reason })
      return plain(401, 'The signature is not Slack’s.')
    }
    if (verified.kind === 'skewed') {
      counters.skewed++
      const { seconds } = verified
      world.log.error(
        'clock skew: the clock of this machine differs from Slack’s by more than five minutes',
        {
          seconds,
          remedy: 'Set the clock (chronyc makestep, timedatectl set-ntp true).',
        },
      )
      return plain(401, `Clock skew: this clock and Slack’s differ by ${Math.abs(seconds)} s.`)
    }
    if (!seen.first(verified.key)) {
      counters.replayed++
      return empty()
    }
    const answer = route(new URL(request.url).pathname, request.headers.get('content-type') ?? '', body)
    if (answer === undefined) return plain(404, 'Slack is answered at interactions, commands and events.')
    return answered(answer)
  }
  const route = (path: string, type: string, body: Uint8Array): Answer | undefined => {
    const text = new TextDecoder().decode(body)
    if (path.endsWith('/events')) return interactions.event(readJson(text))
    if (!type.includes('urlencoded')) return undefined
    const fields = new URLSearchParams(text)
    if (path.endsWith('/interactions')) return interactions.interact(readJson(fields.get('payload') ?? ''))
    return path.endsWith('/commands') ? interactions.command(Object.fromEntries(fields)) : undefined
  }
  const answered = (answer: Answer): Response => {
    if (answer.work !== undefined && !work.add(answer.work)) {
      counters.busy++
      return json(interactions.busy.body ?? {})
    }
    counters.taken++
    return answer.body === undefined ? empty() : json(answer.body)
  }
  return { handle, counters }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Signed, but nothing that we can read: it is answered, and nothing is done.
    return undefined
  }
}

const empty = (): Response => new Response('', { status: 200 })
const json = (body: Readonly<Record<string, unknown>>): Response =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json; charset=utf-8' } })
const plain = (status: number, text: string): Response =>
  new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
