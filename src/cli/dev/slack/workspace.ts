import type { World } from '../../../base/index.ts'

/** What the emulator holds: channels with their messages, as Slack would give them back. */
export interface Workspace {
  readonly name: string
  readonly team: string
  readonly bot: { readonly user: string; readonly bot: string; readonly app: string; readonly name: string }
  readonly channels: ReadonlyMap<string, Channel>
  /** Goes up with every change: what a page that watches asks for. */
  revision: number
}

export interface Channel {
  readonly id: string
  readonly name: string
  readonly topic: string
  /** Whether the bot is in it. */
  member: boolean
  archived: boolean
  /** Oldest first, replies among them. */
  readonly messages: Message[]
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
}

/** The oldest messages of a channel beyond these many are forgotten. */
export const MESSAGES_KEPT = 1_000

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const channels = new Map<string, Channel>()
  for (const given of options.channels) {
    const named: ChannelOptions = typeof given === 'string' ? { name: given } : given
    const { topic = '', member = true, archived = false } = named
    const name = named.name.replace(/^#/, '')
    // Whoever writes an id for a name gets a channel of that id.
    const id = named.id ?? (/^[CG][A-Z0-9]{8,}$/.test(name) ? name : channelId(name))
    channels.set(id, { id, name, topic, member, archived, messages: [] })
  }
  return {
    name: options.name ?? 'Emulated workspace',
    team: 'T00000NINES',
    bot: { user: 'U00000NINES', bot: 'B00000NINES', app: 'A00000NINES', name: options.botName ?? 'Nines' },
    channels,
    revision: 0,
  }
}

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
  channel.messages.find((message) => message.ts === ts)

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
