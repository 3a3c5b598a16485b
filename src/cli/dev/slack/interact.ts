import type { World } from '../../../base/index.ts'
import {
  addMessage,
  type Channel,
  findChannel,
  findMessage,
  newMessage,
  nextTs,
  type OpenView,
  type Workspace,
} from './workspace.ts'

export type Delivered = 'interactions' | 'commands' | 'events'

/** The app as Slack reaches it. */
export interface AppLine {
  /** Resolves with what the app answered, if that was JSON. Rejects when it did not answer in time, or not with 200. */
  readonly deliver: (kind: Delivered, content: Readonly<Record<string, unknown>>) => Promise<unknown>
  /** What answer addresses begin with: `http://127.0.0.1/dev/slack/hooks/`. */
  readonly hooks: string
}

/** What becomes of something that somebody did: `error` as Slack would show it. */
export type Done = { readonly ok: true } | { readonly ok: false; readonly error: string }

/** What people do in the emulated Slack that an app hears of. */
export interface Interactor {
  readonly press: (what: {
    readonly channel: string
    readonly ts: string
    readonly action: string
    readonly user: string
  }) => Promise<Done>
  readonly submit: (what: {
    readonly view: string
    readonly user: string
    readonly texts: Readonly<Record<string, string>>
  }) => Promise<Done>
  readonly close: (view: string) => void
  readonly command: (what: {
    readonly channel: string
    readonly user: string
    readonly text: string
  }) => Promise<Done>
  readonly mention: (what: {
    readonly channel: string
    readonly user: string
    readonly text: string
  }) => Promise<Done>
  /** An answer to one of our addresses; false when it is not good any more. */
  readonly answerHook: (token: string, body: unknown) => boolean
}

const TRIGGER_MS = 3_000
const HOOK_MS = 1_800_000
const HOOK_USES = 5

export function createInteractor(world: World, workspace: Workspace, app: AppLine | undefined): Interactor {
  const hands = handsOf(world, workspace, app)
  return {
    press: (what) => press(hands, what),
    submit: (what) => submit(hands, what),
    close: (id) => {
      const at = workspace.views.findIndex((view) => view.id === id)
      if (at >= 0) workspace.views.splice(at, 1)
      workspace.revision++
    },
    command: (what) => command(hands, what),
    mention: (what) => mention(hands, what),
    answerHook: (token, body) => answerHook(hands, token, body),
  }
}

/** What everything that people do is made of. */
interface Hands {
  readonly world: World
  readonly workspace: Workspace
  readonly secret: () => string
  readonly triggerFor: (user: string) => string
  readonly hookFor: (channel: Channel, user: string) => string
  readonly send: (kind: Delivered, content: Readonly<Record<string, unknown>>) => Promise<Sent>
}

type Sent = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly error: string }

function handsOf(world: World, workspace: Workspace, app: AppLine | undefined): Hands {
  const secret = (): string =>
    Array.from({ length: 6 }, () => world.random().toString(36).slice(2, 8)).join('')
  return {
    world,
    workspace,
    secret,
    triggerFor: (user) => {
      const id = `${workspace.triggers.size + 1}.${secret()}`
      workspace.triggers.set(id, { user, untilMs: world.clock.monotonicMs() + TRIGGER_MS, used: false })
      return id
    },
    hookFor: (channel, user) => {
      const token = secret()
      const untilMs = world.clock.monotonicMs() + HOOK_MS
      workspace.hooks.set(token, { channel: channel.id, user, untilMs, left: HOOK_USES })
      return `${app?.hooks ?? ''}${token}`
    },
    send: async (kind, content) => {
      if (app === undefined) return { ok: false, error: 'no app listens to this workspace' }
      try {
        return { ok: true, body: await app.deliver(kind, content) }
      } catch (error) {
        return { ok: false, error: error instanceof Error ? error.message : String(error) }
      }
    },
  }
}

const whoIs = (workspace: Workspace, id: string) => ({
  id,
  username: workspace.users.get(id)?.name.toLowerCase().replaceAll(' ', '.') ?? id,
  team_id: workspace.team,
})

const doneOf = (sent: Sent): Done => (sent.ok ? { ok: true } : { ok: false, error: sent.error })

async function press(
  hands: Hands,
  { channel: named, ts, action, user }: Parameters<Interactor['press']>[0],
): Promise<Done> {
  const { world, workspace } = hands
  const channel = findChannel(workspace, named)
  const message = channel && findMessage(channel, ts)
  const element = message?.blocks.flatMap(elementsOf).find((each) => each['action_id'] === action)
  if (channel === undefined || message === undefined || element === undefined)
    return { ok: false, error: 'that button is not there any more' }
  const sent = await hands.send('interactions', {
    type: 'block_actions',
    user: whoIs(workspace, user),
    api_app_id: workspace.bot.app,
    team: { id: workspace.team },
    container: { type: 'message', message_ts: ts, channel_id: channel.id, is_ephemeral: false },
    trigger_id: hands.triggerFor(user),
    channel: { id: channel.id, name: channel.name },
    message: { type: 'message', ts, text: message.text },
    response_url: hands.hookFor(channel, user),
    actions: [{ ...element, action_ts: String(world.clock.nowMs() / 1000), type: 'button' }],
  })
  return doneOf(sent)
}

async function submit(
  { workspace, send }: Hands,
  { view: id, user, texts }: Parameters<Interactor['submit']>[0],
): Promise<Done> {
  const at = workspace.views.findIndex((view) => view.id === id && view.user === user)
  const view = workspace.views[at]
  if (view === undefined) return { ok: false, error: 'that form is closed' }
  const sent = await send('interactions', submissionOf(view, texts, whoIs(workspace, user)))
  if (!sent.ok) return sent
  const errors = errorsIn(sent.body)
  if (errors === undefined) workspace.views.splice(at, 1)
  else workspace.views[at] = { ...view, errors }
  workspace.revision++
  return { ok: true }
}

async function command(hands: Hands, what: Parameters<Interactor['command']>[0]): Promise<Done> {
  const { workspace, world } = hands
  const { user, text } = what
  const channel = findChannel(workspace, what.channel)
  if (channel === undefined) return { ok: false, error: 'channel_not_found' }
  const [name = '', ...rest] = text.trim().split(' ')
  const sent = await hands.send('commands', {
    command: name,
    text: rest.join(' '),
    user_id: user,
    user_name: whoIs(workspace, user).username,
    team_id: workspace.team,
    channel_id: channel.id,
    channel_name: channel.name,
    api_app_id: workspace.bot.app,
    response_url: hands.hookFor(channel, user),
    trigger_id: hands.triggerFor(user),
  })
  if (!sent.ok) return sent
  const said = textIn(sent.body)
  if (said !== '') whisper(world, workspace, { channel, user, text: said })
  return { ok: true }
}

async function mention(hands: Hands, what: Parameters<Interactor['mention']>[0]): Promise<Done> {
  const { workspace, world } = hands
  const { user, text } = what
  const channel = findChannel(workspace, what.channel)
  if (channel === undefined) return { ok: false, error: 'channel_not_found' }
  const ts = nextTs(world, channel)
  addMessage(workspace, channel, newMessage(ts, user, text))
  const sent = await hands.send('events', {
    type: 'event_callback',
    event_id: `Ev${hands.secret()}`,
    team_id: workspace.team,
    event: { type: 'app_mention', user, text, ts, channel: channel.id },
  })
  return doneOf(sent)
}

function answerHook({ world, workspace }: Hands, token: string, body: unknown): boolean {
  const hook = workspace.hooks.get(token)
  const channel = hook && workspace.channels.get(hook.channel)
  if (hook === undefined || channel === undefined) return false
  if (hook.left <= 0 || world.clock.monotonicMs() > hook.untilMs) return false
  const text = textIn(body)
  if (text === '') return false
  hook.left--
  whisper(world, workspace, { channel, user: hook.user, text })
  return true
}

function whisper(
  world: World,
  workspace: Workspace,
  { channel, user, text }: { readonly channel: Channel; readonly user: string; readonly text: string },
): void {
  const message = newMessage(nextTs(world, channel), workspace.bot.user, text)
  addMessage(workspace, channel, { ...message, ephemeralFor: user })
}

const submissionOf = (view: OpenView, texts: Readonly<Record<string, string>>, user: object) => ({
  type: 'view_submission',
  user,
  view: {
    id: view.id,
    type: 'modal',
    callback_id: view.callbackId,
    private_metadata: view.privateMetadata,
    hash: view.id,
    state: {
      values: Object.fromEntries(
        Object.entries(texts).map(([name, value]) => [
          name,
          { [name]: { type: 'plain_text_input', value: value === '' ? null : value } },
        ]),
      ),
    },
  },
})

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const elementsOf = (block: Fields): readonly Fields[] =>
  Array.isArray(block['elements']) ? block['elements'].filter(isFields) : []
const textIn = (body: unknown): string =>
  isFields(body) && typeof body['text'] === 'string' ? body['text'] : ''

function errorsIn(body: unknown): Readonly<Record<string, string>> | undefined {
  if (!isFields(body) || body['response_action'] !== 'errors' || !isFields(body['errors'])) return undefined
  return Object.fromEntries(Object.entries(body['errors']).map(([name, text]) => [name, String(text)]))
}
