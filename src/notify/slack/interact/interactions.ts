import type { World } from '../../../base/index.ts'
import { escaped } from '../../text.ts'
import { type Words, wordsFor } from '../../words.ts'
import type { SlackCall } from '../client.ts'
import { classify } from '../failure.ts'
import { incidentsText, readCommand, statusText } from './command.ts'
import { fieldError, formKindOf, formOf, writtenIn } from './forms.ts'
import { buttonOf, type Intent, MUTE_SECONDS } from './intent.ts'
import {
  command,
  event,
  incidentOfValue,
  interaction,
  type Pressed,
  readFormPlace,
  type SlackEvent,
  type SlashCommand,
  type Submitted,
} from './payload.ts'
import { createPeople, type People, type PeopleOptions } from './people.ts'
import { type Performed, perform, performedText } from './perform.ts'
import type { IncidentPort } from './port.ts'
import { createReply, type Reply, type ReplyPlace } from './reply.ts'
import { createSeen, type Seen } from './seen.ts'
import { silenceText } from './silence.ts'

export interface InteractionOptions extends PeopleOptions {
  /** Of those whose own language is not known. */
  readonly locale?: string
  /** What answer addresses begin with. @default {https://hooks.slack.com/} */
  readonly hooks?: string
}

/** What Slack is told at once, and what is done after that. */
export interface Answer {
  /** Absent: an empty answer, which says that it came. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly work?: () => Promise<void>
}

/** What people do in Slack, the same whether it comes over HTTP or a socket. Nothing here waits before it answers. */
export interface Interactions {
  readonly interact: (payload: unknown) => Answer
  readonly command: (fields: unknown) => Answer
  readonly event: (body: unknown) => Answer
  /** For who could not take the work. */
  readonly busy: Answer
}

interface Parts {
  readonly world: World
  readonly call: SlackCall
  readonly port: IncidentPort
  readonly people: People
  readonly reply: Reply
  readonly seen: Seen
  readonly locale: string
}

export function createInteractions(
  world: World,
  given: { readonly call: SlackCall; readonly port: IncidentPort },
  options: InteractionOptions = {},
): Interactions {
  const parts: Parts = {
    world,
    ...given,
    people: createPeople(world, given.call, options),
    reply: createReply(world, given.call, options.hooks ?? 'https://hooks.slack.com/'),
    seen: createSeen(world),
    locale: options.locale ?? 'en',
  }
  return {
    interact: (payload) => {
      const read = interaction.safeParse(payload)
      if (!read.success) return {}
      return read.data.type === 'block_actions' ? press(parts, read.data) : submit(parts, read.data)
    },
    command: (fields) => {
      const read = command.safeParse(fields)
      return read.success ? { work: () => ask(parts, read.data) } : {}
    },
    event: (body) => {
      const read = event.safeParse(body)
      if (!read.success) return {}
      if (read.data.type === 'url_verification') return { body: { challenge: read.data.challenge } }
      return hear(parts, read.data)
    },
    busy: { body: { response_type: 'ephemeral', text: wordsFor(parts.locale).desk.answers.busy } },
  }
}

function press(parts: Parts, payload: Pressed): Answer {
  const [action] = payload.actions
  const button = buttonOf(action?.action_id ?? '')
  // Buttons that are links come here too, and have been followed already.
  if (button === undefined) return {}
  const place = placeOf(payload.user.id, payload.channel?.id, payload.response_url)
  const called = payload.user.name ?? payload.user.username
  const incident = incidentOfValue(action?.value)
  if (incident === undefined)
    return { work: async () => parts.reply(place, wordsFor(parts.locale).desk.answers.unreadable) }
  if (button === 'note' || button === 'resolve')
    return {
      work: () => openForm(parts, { kind: button, incident, place, trigger: payload.trigger_id, called }),
    }
  const intent: Intent =
    button === 'mute'
      ? { kind: 'mute', incident, seconds: MUTE_SECONDS, why: '' }
      : { kind: button, incident }
  // A press that changed something is answered by the message itself.
  return {
    work: () =>
      carryOut(parts, { intent, place, called, confirm: false, request: requestOf(payload.trigger_id) }),
  }
}

function submit(parts: Parts, payload: Submitted): Answer {
  const kind = formKindOf(payload)
  const read = readFormPlace(payload.view.private_metadata)
  if (kind === undefined || read === undefined) return {}
  const text = writtenIn(payload)
  if (kind === 'note' && text === '') return { body: fieldError(wordsFor(parts.locale).desk.forms.empty) }
  const { incident } = read
  const intent: Intent = kind === 'note' ? { kind, incident, text } : { kind, incident, why: text }
  const place = placeOf(payload.user.id, read.channel, read.responseUrl)
  const called = payload.user.name ?? payload.user.username
  return {
    work: () =>
      carryOut(parts, { intent, place, called, confirm: true, request: requestOf(payload.view.id) }),
  }
}

interface Wanted {
  readonly intent: Intent
  readonly place: ReplyPlace
  readonly called: string | undefined
  /** Whether to say that it was done. */
  readonly confirm: boolean
  /** What Slack calls the asking, the same when it comes again; undefined when it gives it no name. */
  readonly request: string | undefined
}

async function carryOut(parts: Parts, { intent, place, called, confirm, request }: Wanted): Promise<void> {
  const person = await parts.people.look(place.user, called)
  const words = wordsFor(person.locale ?? parts.locale)
  const performed: Performed =
    person.may.kind === 'yes'
      ? await perform(parts, intent, { name: person.name, request })
      : { kind: 'barred', why: person.may.why }
  parts.world.log.info('asked in Slack', {
    ...('incident' in intent ? { incident: intent.incident } : {}),
    what: intent.kind,
    user: person.id,
    outcome: performed.kind,
  })
  if (performed.kind === 'again' || (performed.kind === 'done' && !confirm)) return
  const now = parts.world.clock.now()
  await parts.reply(place, performedText(performed, { intent, words, now, zone: person.zone }))
}

interface FormWanted {
  readonly kind: 'note' | 'resolve'
  readonly incident: string
  readonly place: ReplyPlace
  readonly trigger: string
  readonly called: string | undefined
}

/** So long the language of who presses may be looked up; then the form opens in the channel's. */
const LOOK_MS = 700
const TRIGGER_ENDED = /trigger/

async function openForm(parts: Parts, { kind, incident, place, trigger, called }: FormWanted): Promise<void> {
  const { world, port, people } = parts
  const person = await Promise.race([
    people.look(place.user, called),
    world.clock.sleep(LOOK_MS).then(() => undefined),
  ])
  const words: Words = wordsFor(person?.locale ?? parts.locale)
  const brief = port.brief(incident)
  if (brief === undefined)
    return parts.reply(place, words.desk.answers.unknownIncident(escaped(incident, 40)))
  if (person?.may.kind === 'no') return parts.reply(place, words.desk.answers[person.may.why])
  const { channel, responseUrl } = place
  const carried = {
    incident,
    ...(channel === undefined ? {} : { channel }),
    ...(responseUrl === undefined ? {} : { responseUrl }),
  }
  try {
    await parts.call('views.open', { trigger_id: trigger, view: formOf(kind, brief, carried, words) })
  } catch (error) {
    const { reason } = classify(error)
    world.log.warn('a form could not be opened', { incident, reason })
    const { formLate, failed } = words.desk.answers
    await parts.reply(place, TRIGGER_ENDED.test(reason) ? formLate : failed)
  }
}

async function ask(parts: Parts, asked: SlashCommand): Promise<void> {
  const place = placeOf(asked.user_id, asked.channel_id, asked.response_url)
  const request = requestOf(asked.trigger_id)
  await answerText(parts, {
    place,
    called: asked.user_name,
    text: asked.text,
    name: asked.command,
    request,
  })
}

interface TextAsked {
  readonly place: ReplyPlace
  readonly called: string | undefined
  readonly text: string
  readonly request: string | undefined
  /** What commands are written behind: `/nines`. */
  readonly name: string
}

async function answerText(parts: Parts, { place, called, text, name, request }: TextAsked): Promise<void> {
  const asked = readCommand(text, name)
  if (asked.kind === 'do')
    return carryOut(parts, { intent: asked.intent, place, called, confirm: true, request })
  const person = await parts.people.look(place.user, called)
  const words = wordsFor(person.locale ?? parts.locale)
  const { command: said } = words.desk
  switch (asked.kind) {
    case 'status':
      return parts.reply(place, statusText(parts.port, asked.service, words))
    case 'incidents':
      return parts.reply(place, incidentsText(parts.port.open(), words))
    case 'help':
      return parts.reply(place, said.help(name))
    case 'silences':
    case 'silence':
    case 'end-silence':
      return parts.reply(place, await silenceText(parts, asked, { person, words, request }))
    case 'usage': {
      const wrong = asked.reason === 'length' ? `${said.badLength(escaped(asked.text ?? '', 40))}\n` : ''
      return parts.reply(place, `${wrong}${said.usage(asked.usage)}`)
    }
    case 'unknown':
      return parts.reply(place, `${said.unknown(escaped(asked.word, 40))}\n${said.help(name)}`)
    default:
      return asked satisfies never
  }
}

/** Slack sends an event again when an answer was late: it is heard once. */
function hear(parts: Parts, body: Extract<SlackEvent, { readonly type: 'event_callback' }>): Answer {
  if (!parts.seen.first(`event ${body.event_id}`)) return {}
  const { type, user, text = '', channel } = body.event
  if (type === 'app_mention' && user !== undefined && channel !== undefined) {
    const asked = text.replace(/<@[A-Z0-9]+(\|[^>]*)?>/g, ' ')
    return {
      work: () =>
        answerText(parts, {
          place: { user, channel },
          called: undefined,
          text: asked,
          name: '/nines',
          request: requestOf(body.event_id),
        }),
    }
  }
  if (type === 'tokens_revoked' || type === 'app_uninstalled')
    parts.world.log.error(
      'Slack says that the app was removed: nobody will be told until it is installed again',
      {
        event: type,
      },
    )
  return {}
}

/** Slack's name for something that somebody did: a press, a form, an event. */
const requestOf = (id: string): string | undefined => (id === '' ? undefined : `slack ${id.slice(0, 150)}`)

function placeOf(user: string, channel: string | undefined, responseUrl: string | undefined): ReplyPlace {
  return {
    user,
    ...(channel === undefined ? {} : { channel }),
    ...(responseUrl === undefined ? {} : { responseUrl }),
  }
}
