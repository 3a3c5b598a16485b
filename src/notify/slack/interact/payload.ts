import { z } from 'zod'

// What Slack sends, as far as Nines reads it: https://docs.slack.dev/reference/interaction-payloads

const user = z.looseObject({ id: z.string(), username: z.string().optional(), name: z.string().optional() })

const pressed = z.looseObject({
  type: z.literal('block_actions'),
  user,
  trigger_id: z.string().default(''),
  response_url: z.string().optional(),
  channel: z.looseObject({ id: z.string() }).optional(),
  container: z.looseObject({ message_ts: z.string().optional() }).optional(),
  actions: z
    .array(
      z.looseObject({
        action_id: z.string(),
        value: z.string().optional(),
        selected_option: z.looseObject({ value: z.string() }).nullish(),
      }),
    )
    .min(1),
})

const input = z.looseObject({
  value: z.string().nullish(),
  selected_option: z.looseObject({ value: z.string() }).nullish(),
})
const submitted = z.looseObject({
  type: z.literal('view_submission'),
  user,
  view: z.looseObject({
    id: z.string().default(''),
    callback_id: z.string(),
    private_metadata: z.string().default(''),
    state: z.looseObject({ values: z.record(z.string(), z.record(z.string(), input)) }),
  }),
})

/** A press or a submitted form; everything else that people do is no business of Nines. */
export const interaction = z.discriminatedUnion('type', [pressed, submitted])
export type Pressed = z.infer<typeof pressed>
export type Submitted = z.infer<typeof submitted>

export const command = z.looseObject({
  command: z.string(),
  text: z.string().default(''),
  user_id: z.string(),
  user_name: z.string().optional(),
  channel_id: z.string().optional(),
  response_url: z.string().optional(),
  trigger_id: z.string().default(''),
})
export type SlashCommand = z.infer<typeof command>

export const event = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('url_verification'), challenge: z.string().max(1_000) }),
  z.looseObject({
    type: z.literal('event_callback'),
    event_id: z.string(),
    event: z.looseObject({
      type: z.string(),
      user: z.string().optional(),
      text: z.string().optional(),
      channel: z.string().optional(),
    }),
  }),
])
export type SlackEvent = z.infer<typeof event>

/** What a button carries: which incident it is about. Who pressed it, and what they may do, is looked up. */
const ID = /^INC-\d{4}-\d{1,8}$/
const value = z.object({ v: z.literal(1), i: z.string().regex(ID) })

/** Undefined for what is no name of an incident of ours. */
export const buttonValue = (incident: string): string | undefined =>
  ID.test(incident) ? JSON.stringify({ v: 1, i: incident }) : undefined

/** The incident of a button's value; undefined when it is not one of ours. */
export function incidentOfValue(text: string | undefined): string | undefined {
  return readJson(value, text)?.i
}

const place = value.extend({ c: z.string().optional(), u: z.string().optional() })

/** What a form carries through: the incident, the channel to answer in, and the address for it. */
export interface FormPlace {
  readonly incident: string
  readonly channel?: string
  readonly responseUrl?: string
}

export const formPlace = ({ incident, channel, responseUrl }: FormPlace): string =>
  JSON.stringify({ v: 1, i: incident, c: channel, u: responseUrl })

export function readFormPlace(text: string): FormPlace | undefined {
  const read = readJson(place, text)
  if (read === undefined) return undefined
  return {
    incident: read.i,
    ...(read.c === undefined ? {} : { channel: read.c }),
    ...(read.u === undefined ? {} : { responseUrl: read.u }),
  }
}

function readJson<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined || text.length > 3_000) return undefined
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    // Not JSON: somebody else's button.
    return undefined
  }
}
