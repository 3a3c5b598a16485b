import { z } from 'zod'
import { CHANNEL_METHODS } from './api-channels.ts'
import { FILE_METHODS, isReady } from './api-files.ts'
import { PEOPLE_METHODS } from './api-people.ts'
import { VIEW_METHODS } from './api-views.ts'
import { checkBlocks, filesIn, TEXT_MAX } from './limits.ts'
import {
  type Answer,
  type Args,
  byId,
  type Context,
  flag,
  json,
  type Method,
  no,
  words,
  writable,
} from './method.ts'
import {
  addMessage,
  type Channel,
  findMessage,
  type Message,
  nextTs,
  removeMessage,
  repliesTo,
  topLevel,
  type Workspace,
} from './workspace.ts'

/** The methods that there are, by name. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['api.test', (_context, args) => ({ ok: true, args })],
  ['auth.test', authTest],
  ['chat.postMessage', postMessage],
  ['chat.update', updateMessage],
  ['chat.delete', deleteMessage],
  ['chat.getPermalink', getPermalink],
  ['conversations.history', history],
  ['conversations.replies', replies],
  ['reactions.add', addReaction],
  ...CHANNEL_METHODS,
  ...FILE_METHODS,
  ...PEOPLE_METHODS,
  ...VIEW_METHODS,
])

const metadata = z.object({
  event_type: z.string().min(1).max(80),
  event_payload: z.record(z.string(), z.unknown()),
})

function authTest({ workspace, pageUrl }: Context): Answer {
  const { team, bot, name } = workspace
  return {
    ok: true,
    url: pageUrl,
    team: name,
    user: bot.name,
    team_id: team,
    user_id: bot.user,
    bot_id: bot.bot,
  }
}

interface Content {
  readonly text: string
  readonly blocks: Message['blocks'] | undefined
  readonly metadata: Message['metadata'] | undefined
}

/** What a message would hold; else Slack's refusal. */
function readContent(context: Context, args: Args): Content | Answer {
  const text = words.catch('').parse(args['text'] ?? '')
  let blocks: Message['blocks'] | undefined
  if (args['blocks'] !== undefined && args['blocks'] !== '') {
    const parsed = json.safeParse(args['blocks'])
    if (!parsed.success) return no('invalid_blocks_format')
    const check = checkBlocks(parsed.data)
    if (check.kind === 'unfit') return no(check.error, { response_metadata: { messages: check.messages } })
    if (filesIn(check.blocks).some((id) => !isShowable(context, id)))
      return no('invalid_blocks', { response_metadata: { messages: ['[ERROR] invalid slack file'] } })
    blocks = check.blocks
  }
  if (text.trim() === '' && (blocks === undefined || blocks.length === 0)) return no('no_text')
  if (args['metadata'] === undefined || args['metadata'] === '') return { text, blocks, metadata: undefined }
  const parsed = json.safeParse(args['metadata'])
  if (!parsed.success) return no('invalid_metadata_format')
  const read = metadata.safeParse(parsed.data)
  return read.success ? { text, blocks, metadata: read.data } : no('invalid_metadata_schema')
}

function isShowable({ world, workspace }: Context, id: string): boolean {
  const file = workspace.files.get(id)
  return file !== undefined && isReady(file, world.clock.monotonicMs())
}

const isContent = (value: Content | Answer): value is Content => !('ok' in value)

function postMessage(context: Context, args: Args): Answer {
  const { world, workspace } = context
  const channel = writable(workspace, args)
  if (typeof channel === 'string') return no(channel)
  const content = readContent(context, args)
  if (!isContent(content)) return content
  const threadTs = args['thread_ts'] === undefined ? undefined : words.parse(args['thread_ts'])
  if (threadTs !== undefined && findMessage(channel, threadTs) === undefined) return no('thread_not_found')
  const message: Message = {
    ts: nextTs(world, channel),
    user: workspace.bot.user,
    text: content.text.slice(0, TEXT_MAX),
    blocks: content.blocks ?? [],
    metadata: content.metadata,
    threadTs,
    broadcast: threadTs !== undefined && flag.parse(args['reply_broadcast']),
    editedTs: undefined,
    reactions: new Map(),
  }
  addMessage(workspace, channel, message)
  return { ok: true, channel: channel.id, ts: message.ts, message: shown(workspace, channel, message, false) }
}

function updateMessage(context: Context, args: Args): Answer {
  const { world, workspace } = context
  const channel = byId(workspace, args)
  if (typeof channel === 'string') return no(channel)
  if (channel.archived) return no('is_archived')
  const message = findMessage(channel, words.catch('').parse(args['ts']))
  if (message === undefined) return no('message_not_found')
  if (message.user !== workspace.bot.user) return no('cant_update_message')
  const content = readContent(context, args)
  if (!isContent(content)) return content
  if (content.text.length > TEXT_MAX) return no('msg_too_long')
  message.text = content.text
  // Text without blocks takes the old blocks away.
  message.blocks = content.blocks ?? []
  if (content.metadata !== undefined) message.metadata = content.metadata
  message.editedTs = nextTs(world, { ...channel, messages: [message] })
  workspace.revision++
  return { ok: true, channel: channel.id, ts: message.ts, text: message.text }
}

function deleteMessage({ workspace }: Context, args: Args): Answer {
  const channel = byId(workspace, args)
  if (typeof channel === 'string') return no(channel)
  const ts = words.catch('').parse(args['ts'])
  const message = findMessage(channel, ts)
  if (message === undefined) return no('message_not_found')
  if (message.user !== workspace.bot.user) return no('cant_delete_message')
  removeMessage(workspace, channel, ts)
  return { ok: true, channel: channel.id, ts }
}

function getPermalink({ workspace, pageUrl }: Context, args: Args): Answer {
  const channel = byId(workspace, args)
  if (typeof channel === 'string') return no(channel)
  const message = findMessage(channel, words.catch('').parse(args['message_ts']))
  if (message === undefined) return no('message_not_found')
  return {
    ok: true,
    channel: channel.id,
    permalink: `${pageUrl}?channel=${channel.id}#p${message.ts.replace('.', '')}`,
  }
}

const PAGE_DEFAULT = 100
const PAGE_MAX = 999

/** One page of messages, newest first, with the cursor of the next. */
function page(context: Context, channel: Channel, messages: readonly Message[], args: Args): Answer {
  const limit = z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_MAX)
    .catch(PAGE_DEFAULT)
    .parse(args['limit'] ?? PAGE_DEFAULT)
  const oldest = z.coerce
    .number()
    .catch(0)
    .parse(args['oldest'] ?? 0)
  const latest = z.coerce
    .number()
    .catch(Infinity)
    .parse(args['latest'] ?? Infinity)
  const inclusive = flag.parse(args['inclusive'])
  const before =
    args['cursor'] === undefined || args['cursor'] === ''
      ? undefined
      : readCursor(words.parse(args['cursor']))
  const inside = messages.filter((message) => {
    if (message.ephemeralFor !== undefined) return false
    const at = Number(message.ts)
    const within = inclusive ? at >= oldest && at <= latest : at > oldest && at < latest
    return within && (before === undefined || at < before)
  })
  const found = inside.toSorted((a, b) => Number(b.ts) - Number(a.ts))
  const shownMessages = found.slice(0, limit)
  const more = found.length > limit
  const last = shownMessages.at(-1)
  const withMetadata = flag.parse(args['include_all_metadata'])
  return {
    ok: true,
    messages: shownMessages.map((message) => shown(context.workspace, channel, message, withMetadata)),
    has_more: more,
    response_metadata: { next_cursor: more && last !== undefined ? writeCursor(last.ts) : '' },
  }
}

const writeCursor = (ts: string): string => Buffer.from(`next_ts:${ts}`).toString('base64')
const readCursor = (cursor: string): number =>
  Number(Buffer.from(cursor, 'base64').toString('utf8').replace('next_ts:', ''))

function history(context: Context, args: Args): Answer {
  const channel = byId(context.workspace, args)
  return typeof channel === 'string' ? no(channel) : page(context, channel, topLevel(channel), args)
}

function replies(context: Context, args: Args): Answer {
  const channel = byId(context.workspace, args)
  if (typeof channel === 'string') return no(channel)
  const ts = words.catch('').parse(args['ts'])
  const parent = findMessage(channel, ts)
  return parent === undefined
    ? no('thread_not_found')
    : page(context, channel, [parent, ...repliesTo(channel, ts)], args)
}

function addReaction({ workspace }: Context, args: Args): Answer {
  const channel = byId(workspace, args)
  if (typeof channel === 'string') return no(channel)
  const message = findMessage(channel, words.catch('').parse(args['timestamp']))
  if (message === undefined) return no('message_not_found')
  const name = words.catch('').parse(args['name'])
  if (!/^[a-z0-9_+-]{1,80}$/.test(name)) return no('invalid_name')
  const users = message.reactions.get(name) ?? new Set<string>()
  if (users.has(workspace.bot.user)) return no('already_reacted')
  message.reactions.set(name, users.add(workspace.bot.user))
  workspace.revision++
  return { ok: true }
}

/** A message as the API gives it. */
function shown(workspace: Workspace, channel: Channel, message: Message, withMetadata: boolean) {
  const answers = message.threadTs === undefined ? repliesTo(channel, message.ts) : []
  const { bot, team } = workspace
  return {
    type: 'message',
    ts: message.ts,
    user: message.user,
    ...(message.user === bot.user ? { bot_id: bot.bot, app_id: bot.app } : {}),
    team,
    text: message.text,
    ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    ...(answers.length === 0
      ? {}
      : { thread_ts: message.ts, reply_count: answers.length, latest_reply: answers.at(-1)?.ts }),
    ...(message.editedTs === undefined ? {} : { edited: { user: message.user, ts: message.editedTs } }),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
    ...(message.reactions.size === 0
      ? {}
      : {
          reactions: [...message.reactions].map(([name, users]) => ({
            name,
            users: [...users],
            count: users.size,
          })),
        }),
  }
}
