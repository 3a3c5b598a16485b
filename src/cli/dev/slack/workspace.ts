import type { World } from '../../../base/index.ts'

/** What the emulator holds: channels with their messages, as Slack would give them back. */
export interface Workspace {
  readonly name: string
  readonly team: string
  readonly bot: { readonly user: string; readonly bot: string; readonly app: string; readonly name: string }
  readonly channels: Map<string, Channel>
  readonly users: ReadonlyMap<string, User>
  /** User groups (`S…`) with their members. */
  readonly groups: ReadonlyMap<string, readonly string[]>
  /** Forms that stand open, the newest last. */
  readonly views: OpenView[]
  readonly triggers: Map<string, Trigger>
  /** Answer addresses, by their secret part. */
  readonly hooks: Map<string, Hook>
  readonly files: Map<string, StoredFile>
  /** Goes up with every change: what a page that watches asks for. */
  revision: number
}

export interface Channel {
  readonly id: string
  readonly name: string
  topic: string
  /** Whether the bot is in it. */
  member: boolean
  archived: boolean
  /** Oldest first, replies among them. */
  readonly messages: Message[]
  readonly pins: Set<string>
  readonly bookmarks: { readonly title: string; readonly link: string }[]
  readonly invited: Set<string>
}

/** Somebody at a keyboard. */
export interface User {
  readonly id: string
  readonly name: string
  /** `ja-JP`. */
  readonly locale: string
  /** IANA. */
  readonly zone: string
  readonly guest: boolean
  readonly deleted: boolean
}

/** Good for one form, for three seconds. */
export interface Trigger {
  readonly user: string
  readonly untilMs: number
  used: boolean
}

/** Good for five answers within half an hour. */
export interface Hook {
  readonly channel: string
  readonly user: string
  readonly untilMs: number
  left: number
}

/** A form as somebody sees it. */
export interface OpenView {
  readonly id: string
  readonly user: string
  readonly callbackId: string
  readonly privateMetadata: string
  readonly title: string
  readonly submit: string
  readonly close: string
  readonly blocks: readonly Block[]
  /** Under which field which sentence stands. */
  readonly errors: Readonly<Record<string, string>>
}

export interface StoredFile {
  readonly id: string
  readonly name: string
  readonly altText: string
  readonly length: number
  bytes: Uint8Array | undefined
  /** Undefined until the upload was completed. */
  readyAtMs: number | undefined
}

export interface Message {
  readonly ts: string
  readonly user: string
  text: string
  blocks: readonly Block[]
  metadata: Metadata | undefined
  readonly threadTs: string | undefined
  readonly broadcast: boolean
  editedTs: string | undefined
  readonly reactions: Map<string, Set<string>>
  /** Only this user sees it, and no API gives it back. */
  readonly ephemeralFor?: string
  /** Ids of files that it shows. */
  readonly files?: readonly string[]
}

/** A block as it was sent, once it has passed the limits. */
export type Block = Readonly<Record<string, unknown>> & { readonly type: string }

export interface Metadata {
  readonly event_type: string
  readonly event_payload: Readonly<Record<string, unknown>>
}

export interface ChannelOptions {
  /** `C…`; made from the name when absent. */
  readonly id?: string
  /** Without the `#`. */
  readonly name: string
  readonly topic?: string
  /** @default {true} */
  readonly member?: boolean
  readonly archived?: boolean
}

export interface WorkspaceOptions {
  /** @default {Emulated workspace} */
  readonly name?: string
  /** @default {Nines} */
  readonly botName?: string
  /** A name alone is a channel that the bot is in. */
  readonly channels: readonly (ChannelOptions | string)[]
  /** @default two people, one of whom reads Japanese */
  readonly users?: readonly (Pick<User, 'id' | 'name'> & Partial<User>)[]
  readonly groups?: Readonly<Record<string, readonly string[]>>
}

const PEOPLE = [
  { id: 'U00000AYA', name: 'Aya Sato', locale: 'ja-JP', zone: 'Asia/Tokyo' },
  { id: 'U00000BEN', name: 'Ben Cole', locale: 'en-GB', zone: 'Europe/London' },
]

/** The oldest messages of a channel beyond these many are forgotten. */
export const MESSAGES_KEPT = 1_000

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const channels = new Map<string, Channel>()
  for (const given of options.channels) {
    const channel = newChannel(typeof given === 'string' ? { name: given } : given)
    channels.set(channel.id, channel)
  }
  const users = (options.users ?? PEOPLE).map(
    (user): User => ({ locale: 'en-US', zone: 'Etc/UTC', guest: false, deleted: false, ...user }),
  )
  return {
    name: options.name ?? 'Emulated workspace',
    team: 'T00000NINES',
    bot: { user: 'U00000NINES', bot: 'B00000NINES', app: 'A00000NINES', name: options.botName ?? 'Nines' },
    channels,
    users: new Map(users.map((user) => [user.id, user])),
    groups: new Map(Object.entries(options.groups ?? {})),
    views: [],
    triggers: new Map(),
    hooks: new Map(),
    files: new Map(),
    revision: 0,
  }
}

export function newChannel(given: ChannelOptions): Channel {
  const { topic = '', member = true, archived = false } = given
  const name = given.name.replace(/^#/, '')
  // Whoever writes an id for a name gets a channel of that id.
  const id = given.id ?? (/^[CG][A-Z0-9]{8,}$/.test(name) ? name : channelId(name))
  const empty = { messages: [], pins: new Set<string>(), bookmarks: [], invited: new Set<string>() }
  return { id, name, topic, member, archived, ...empty }
}

export const newMessage = (ts: string, user: string, text: string, threadTs?: string): Message => ({
  ts,
  user,
  text,
  blocks: [],
  metadata: undefined,
  threadTs,
  broadcast: false,
  editedTs: undefined,
  reactions: new Map(),
})

/** `inc-checkout` → `CINCCHECKOUT`: the same each time, and of the letters that Slack's ids have. */
const channelId = (name: string): string => `C${name.toUpperCase().replace(/[^A-Z0-9]/g, '')}`.padEnd(9, '0')

/** By id, or by name with or without `#`. */
export function findChannel(workspace: Workspace, named: string): Channel | undefined {
  const name = named.replace(/^#/, '')
  return (
    workspace.channels.get(named) ?? [...workspace.channels.values()].find((channel) => channel.name === name)
  )
}

export const findMessage = (channel: Channel, ts: string): Message | undefined =>
  channel.messages.find((message) => message.ts === ts && message.ephemeralFor === undefined)

export const repliesTo = (channel: Channel, ts: string): readonly Message[] =>
  channel.messages.filter((message) => message.threadTs === ts && message.ts !== ts)

/** What the channel itself shows, oldest first: replies only when they were broadcast. */
export const topLevel = (channel: Channel): readonly Message[] =>
  channel.messages.filter((message) => message.threadTs === undefined || message.broadcast)

/** Seconds and microseconds; never the same twice in one channel, and always later than the one before. */
export function nextTs(world: World, channel: Channel): string {
  const now = world.clock.nowMs() * 1000
  const last = channel.messages.at(-1)
  const [seconds = '0', micros = '0'] = (last?.ts ?? '0.0').split('.')
  const after = Number(seconds) * 1e6 + Number(micros) + 1
  const at = Math.max(now, after)
  return `${Math.floor(at / 1e6)}.${String(Math.floor(at % 1e6)).padStart(6, '0')}`
}

export function addMessage(workspace: Workspace, channel: Channel, message: Message): void {
  channel.messages.push(message)
  if (channel.messages.length > MESSAGES_KEPT)
    channel.messages.splice(0, channel.messages.length - MESSAGES_KEPT)
  workspace.revision++
}

export function removeMessage(workspace: Workspace, channel: Channel, ts: string): boolean {
  const at = channel.messages.findIndex((message) => message.ts === ts)
  if (at < 0) return false
  channel.messages.splice(at, 1)
  workspace.revision++
  return true
}
