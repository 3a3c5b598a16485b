import socketMode from '@slack/socket-mode'
import { z } from 'zod'
import type { World } from '../../../base/index.ts'
import { bridge } from '../client.ts'
import { classify, remedyOf } from '../failure.ts'
import type { Answer, Interactions } from './interactions.ts'
import { createSeen, type Seen } from './seen.ts'
import type { WorkQueue } from './work.ts'

export interface SocketOptions {
  /** `xapp-…` with the scope `connections:write`; never logged. */
  readonly appToken: string
  /** @default {https://slack.com/api/} */
  readonly apiUrl?: string
  readonly interactions: Interactions
  readonly work: WorkQueue
  /** Slack sends each event over one of them, so that one may end while the other takes over. @default {2} */
  readonly connections?: number
}

/** How many connections there are of those there should be. */
export interface SocketStatus {
  readonly open: number
  readonly wanted: number
  /** Why none is open; undefined when one is, or nothing was tried yet. */
  readonly problem: string | undefined
}

export interface SocketDoor {
  /** Keeps the connections open until the signal. Never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly status: () => SocketStatus
}

const envelope = z.looseObject({
  type: z.string(),
  envelope_id: z.string(),
  body: z.unknown(),
  ack: z.custom<(body?: Readonly<Record<string, unknown>>) => Promise<void>>(
    (given) => typeof given === 'function',
  ),
})

const CONNECTIONS = 2
/** The second connection begins a little later, so that Slack does not end both at once. */
const STAGGER_MS = 3_000
const WAIT_FIRST_MS = 1_000
const WAIT_MAX_MS = 60_000
/** A wrong token is looked at again now and then, so that mending it is all there is to do. */
const BARRED_MS = 300_000
const OPEN_TIMEOUT_MS = 10_000

/**
 * Slack's requests over a connection that we open: no address of ours has to be reachable. The vendor's client speaks
 * the protocol; connecting again is ours, since its own gives up for good when the network is away.
 */
export function createSocketDoor(world: World, options: SocketOptions): SocketDoor {
  const { connections = CONNECTIONS } = options
  const seen = createSeen(world)
  let open = 0
  let problem: string | undefined
  const once = (signal: AbortSignal): Promise<void> =>
    connectOnce(world, { ...options, seen, signal }, (change) => {
      open += change
      if (open > 0) problem = undefined
    })
  const keep = async (index: number, signal: AbortSignal): Promise<void> => {
    await world.clock.sleep(index * STAGGER_MS, signal).catch(() => undefined)
    for (let failures = 0; !signal.aborted; ) {
      const startedMs = world.clock.monotonicMs()
      let barred = false
      try {
        await once(signal)
      } catch (error) {
        const failure = classify(error)
        barred = failure.kind === 'barred'
        problem = failure.reason
        const remedy = remedyOf(failure)
        world.log.warn('Slack’s socket cannot be opened', {
          reason: failure.reason,
          ...(remedy ? { remedy } : {}),
        })
      }
      // What held for a minute was well: the next one is tried at once.
      failures = world.clock.monotonicMs() - startedMs > WAIT_MAX_MS ? 0 : failures + 1
      const waitMs =
        Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** Math.min(failures, 10)) * (0.5 + world.random() / 2)
      if (!signal.aborted) await world.clock.sleep(barred ? BARRED_MS : waitMs, signal).catch(() => undefined)
    }
  }
  return {
    run: async (signal) => {
      await Promise.all(Array.from({ length: connections }, (_each, index) => keep(index, signal)))
    },
    status: () => ({ open, wanted: connections, problem: open > 0 ? undefined : problem }),
  }
}

interface Connection extends SocketOptions {
  readonly seen: Seen
  readonly signal: AbortSignal
}

/** One connection from beginning to end. Rejects when it could not be opened. */
async function connectOnce(
  world: World,
  { appToken, apiUrl, interactions, work, seen, signal }: Connection,
  changed: (by: 1 | -1) => void,
): Promise<void> {
  const client = new socketMode.SocketModeClient({
    appToken,
    autoReconnectEnabled: false,
    logger: bridge(world.log.child({ destination: 'slack socket' })),
    clientOptions: {
      retryConfig: { retries: 0 },
      timeout: OPEN_TIMEOUT_MS,
      rejectRateLimitedCalls: true,
      ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    },
  })
  client.on('slack_event', (given: unknown) => {
    const read = envelope.safeParse(given)
    if (!read.success) return
    const { type, body, ack, envelope_id: id } = read.data
    if (!seen.first(id)) return void ack().catch(() => undefined)
    const answer = answerOf(interactions, type, body)
    const taken = answer.work === undefined || work.add(answer.work)
    // A connection that ends before the answer loses the answer and not the work.
    const said = taken ? answer.body : interactions.busy.body
    ack(said).catch((error: unknown) =>
      world.log.debug('an answer did not reach Slack', { reason: classify(error).reason }),
    )
  })
  const ended = new Promise<void>((resolve) => client.once('disconnected', () => resolve()))
  await client.start()
  changed(1)
  const end = (): void => void client.disconnect().catch(() => undefined)
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    await ended
  } finally {
    signal.removeEventListener('abort', end)
    changed(-1)
  }
}

function answerOf(interactions: Interactions, type: string, body: unknown): Answer {
  if (type === 'interactive') return interactions.interact(body)
  if (type === 'slash_commands') return interactions.command(body)
  return type === 'events_api' ? interactions.event(body) : {}
}
