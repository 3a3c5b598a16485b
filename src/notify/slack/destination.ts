import { z } from 'zod'
import type { World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type {
  Body,
  Delivery,
  Destination,
  FindPlace,
  Found,
  Identity,
  MessageRef,
  Post,
} from '../destination.ts'
import { link } from '../text.ts'
import { wordsFor } from '../words.ts'
import { createSlackCall } from './client.ts'
import { renderDigest } from './digest.ts'
import { classify } from './failure.ts'
import { createIllustrator, type IllustratorOptions } from './illustrate.ts'
import { type Callees, renderLines } from './line.ts'
import { DETAILS, renderSlack } from './render.ts'

export interface SlackOptions {
  /** `xoxb-…`; never logged. */
  readonly token: string
  /** @default {https://slack.com/api/} */
  readonly apiUrl?: string
  /** The channel's id, `C…`. A name works for posting, but then a doubtful post cannot be looked up. */
  readonly channel: string
  /** For a whole call. @default {10000} */
  readonly timeoutMs?: number
  /** Who is called by the first message of a page, and by nothing else: `<!subteam^S…>` or `<@U…>`. */
  readonly mention?: string
  /** Pictures for the thread; absent: none. */
  readonly pictures?: IllustratorOptions
  /** How those are called whom escalation policies name. */
  readonly callees?: Callees
  /** Overrides the language that definitions ask for: one channel, one language. */
  readonly locale?: string
  /** With buttons that act: presses come back over HTTP or a socket. */
  readonly buttons?: boolean
  /** For messages by the service itself. @default {slack <channel>} */
  readonly name?: string
}

/** Told with the message and read back to tell a post that arrived from one that did not. */
const EVENT_TYPE = 'nines_incident'
const HISTORY_PAGE = 100
const HISTORY_PAGES_MAX = 5
/** Clocks differ; what was sent may be stamped a little before we began. */
const CLOCK_SLACK_S = 5

const sentAnswer = z.object({ channel: z.string(), ts: z.string() })
const pageAnswer = z.object({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
      metadata: z
        .looseObject({ event_type: z.string(), event_payload: z.looseObject({}) })
        .optional()
        .catch(undefined),
    }),
  ),
  has_more: z.boolean().optional(),
  response_metadata: z.looseObject({ next_cursor: z.string().optional() }).optional(),
})
const payload = z.object({ id: z.string(), part: z.string(), seq: z.coerce.number() })

/** One channel of a Slack workspace. */
export function createSlackDestination(world: World, options: SlackOptions): Destination {
  const { token, channel, mention, apiUrl, timeoutMs } = options
  const name = options.name ?? `slack ${channel}`
  const call = createSlackCall(world, {
    token,
    name,
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  const illustrate = options.pictures && createIllustrator(world, call, options.pictures)
  const deliver = async (method: string, args: Record<string, unknown>): Promise<Delivery> => {
    try {
      const answer = sentAnswer.safeParse(await call(method, args))
      if (answer.success) return { kind: 'sent', ref: answer.data }
      return { kind: 'ambiguous', reason: 'the answer names no message' }
    } catch (error) {
      return classify(error)
    }
  }
  const localized = (brief: IncidentBrief): IncidentBrief =>
    options.locale === undefined ? brief : { ...brief, locale: options.locale }

  return {
    name,
    render: {
      headline: (brief, { shrink, first, continues }) => {
        const called = first && brief.incident.severity === 'page' && brief.incident.state === 'open'
        return renderSlack(localized(brief), {
          detail: DETAILS[Math.min(shrink, DETAILS.length - 1)] ?? 'text',
          ...(called && mention !== undefined ? { mention } : {}),
          ...(continues === undefined ? {} : { continues }),
          buttons: options.buttons === true,
        })
      },
      lines: (brief, requests) => renderLines(localized(brief), requests, options.callees),
      digest: (briefs) => renderDigest(briefs.map(localized)),
      smallest: DETAILS.length - 1,
    },
    post: ({ identity, body, thread, broadcast }: Post) =>
      deliver('chat.postMessage', {
        channel: thread?.channel ?? channel,
        ...withBlocks(body),
        metadata: metadataOf(identity),
        unfurl_links: false,
        unfurl_media: false,
        ...(thread === undefined ? {} : { thread_ts: thread.ts, reply_broadcast: broadcast === true }),
      }),
    update: (ref, body, identity) =>
      // Blocks that are left out of an update go away, which is what the smallest rendering wants.
      deliver('chat.update', {
        ...ref,
        text: body.text,
        blocks: body.blocks ?? [],
        metadata: metadataOf(identity),
      }),
    find: (identity, place) => find(call, identity, { ...place, channel: place.channel ?? channel }),
    retire: async (duplicate, original) => {
      const words = wordsFor(options.locale ?? 'en')
      const address = await permalink(call, original)
      return deliver('chat.update', {
        ...duplicate,
        text: words.duplicate(link(address, original.ts)),
        blocks: [],
        metadata: metadataOf({ incident: 'retired', part: 'line', seq: 0 }),
      })
    },
    permalink: (ref) => permalink(call, ref),
    ...(illustrate === undefined ? {} : { accompany: (ref, brief) => illustrate(ref, localized(brief)) }),
  }
}

type Call = (method: string, args: Record<string, unknown>) => Promise<unknown>

const withBlocks = ({ text, blocks }: Body): Record<string, unknown> =>
  blocks === undefined ? { text } : { text, blocks }

const metadataOf = ({ incident, part, seq }: Identity) => ({
  event_type: EVENT_TYPE,
  event_payload: { id: incident, part, seq },
})

async function find(call: Call, identity: Identity, place: FindPlace): Promise<Found> {
  const { thread, sinceMs, channel = '' } = place
  const oldest = String(Math.floor(sinceMs / 1000) - CLOCK_SLACK_S)
  const refs: MessageRef[] = []
  let cursor = ''
  for (let page = 0; page < HISTORY_PAGES_MAX; page++) {
    const args = {
      oldest,
      limit: HISTORY_PAGE,
      include_all_metadata: true,
      ...(cursor === '' ? {} : { cursor }),
    }
    try {
      const raw =
        thread === undefined
          ? await call('conversations.history', { channel, ...args })
          : await call('conversations.replies', { channel: thread.channel, ts: thread.ts, ...args })
      const answer = pageAnswer.safeParse(raw)
      if (!answer.success) return { kind: 'unreadable', reason: 'the answer lists no messages' }
      for (const message of answer.data.messages) {
        if (carries(message.metadata, identity))
          refs.push({ channel: thread?.channel ?? channel, ts: message.ts })
      }
      cursor = answer.data.response_metadata?.next_cursor ?? ''
      if (cursor === '') break
    } catch (error) {
      const { reason, ...rest } = classify(error)
      const afterMs = 'afterMs' in rest ? rest.afterMs : undefined
      return { kind: 'unreadable', reason, ...(afterMs === undefined ? {} : { afterMs }) }
    }
  }
  if (refs.length === 0) return { kind: 'absent' }
  return { kind: 'found', refs: refs.toSorted((a, b) => Number(a.ts) - Number(b.ts)) }
}

function carries(
  metadata: { readonly event_type: string; readonly event_payload: unknown } | undefined,
  identity: Identity,
): boolean {
  if (metadata?.event_type !== EVENT_TYPE) return false
  const read = payload.safeParse(metadata.event_payload)
  if (!read.success) return false
  const { id, part, seq } = read.data
  return id === identity.incident && part === identity.part && seq === identity.seq
}

async function permalink(call: Call, ref: MessageRef): Promise<string | undefined> {
  try {
    const answer = await call('chat.getPermalink', { channel: ref.channel, message_ts: ref.ts })
    return z.object({ permalink: z.string() }).safeParse(answer).data?.permalink
  } catch {
    // A link is a courtesy: without it the message is named by its time.
    return undefined
  }
}
