import { z } from 'zod'
import { type Answer, type Args, byId, type Context, type Method, no, words, writable } from './method.ts'
import { type Channel, findChannel, findMessage, newChannel } from './workspace.ts'

/** What can be done with channels, besides writing into them. */
export const CHANNEL_METHODS: readonly (readonly [string, Method])[] = [
  ['conversations.info', info],
  ['conversations.list', list],
  ['conversations.create', create],
  ['conversations.invite', invite],
  ['conversations.setTopic', setTopic],
  ['conversations.archive', archive],
  ['pins.add', pin],
  ['bookmarks.add', bookmark],
]

const NAME_MAX = 80
const TOPIC_MAX = 250
/** https://docs.slack.dev/reference/methods/conversations.invite */
const INVITED_MAX = 100

function info({ workspace }: Context, args: Args): Answer {
  const channel = findChannel(workspace, words.catch('').parse(args['channel']))
  return channel === undefined ? no('channel_not_found') : { ok: true, channel: describe(channel) }
}

function list({ workspace }: Context): Answer {
  const channels = [...workspace.channels.values()].map(describe)
  return { ok: true, channels, response_metadata: { next_cursor: '' } }
}

function create({ workspace }: Context, args: Args): Answer {
  const name = words.catch('').parse(args['name'] ?? '')
  if (name === '') return no('invalid_name_required')
  if (name.length > NAME_MAX) return no('invalid_name_maxlength')
  if (!/^[\p{Ll}\p{Lo}\p{N}_-]+$/u.test(name)) return no('invalid_name_specials')
  if (findChannel(workspace, name) !== undefined) return no('name_taken')
  const channel = newChannel({ name })
  workspace.channels.set(channel.id, channel)
  workspace.revision++
  return { ok: true, channel: describe(channel) }
}

function invite({ workspace }: Context, args: Args): Answer {
  const channel = byId(workspace, args)
  if (typeof channel === 'string') return no(channel)
  const users = words
    .catch('')
    .parse(args['users'] ?? '')
    .split(',')
    .filter((user) => user !== '')
  if (users.length === 0) return no('no_user')
  if (users.length > INVITED_MAX) return no('too_many_users')
  if (users.includes(workspace.bot.user)) return no('cant_invite_self')
  if (users.some((user) => !/^[UW][A-Z0-9]{4,}$/.test(user))) return no('user_not_found')
  for (const user of users) channel.invited.add(user)
  workspace.revision++
  return { ok: true, channel: describe(channel) }
}

function setTopic({ workspace }: Context, args: Args): Answer {
  const channel = writable(workspace, args)
  if (typeof channel === 'string') return no(channel)
  const topic = words.catch('').parse(args['topic'] ?? '')
  if (topic.length > TOPIC_MAX) return no('too_long')
  channel.topic = topic
  workspace.revision++
  return { ok: true, channel: describe(channel) }
}

function archive({ workspace }: Context, args: Args): Answer {
  const channel = byId(workspace, args)
  if (typeof channel === 'string') return no(channel)
  if (channel.archived) return no('already_archived')
  channel.archived = true
  workspace.revision++
  return { ok: true }
}

const PINS_MAX = 100

function pin({ workspace }: Context, args: Args): Answer {
  const channel = byId(workspace, args)
  if (typeof channel === 'string') return no(channel)
  const ts = words.catch('').parse(args['timestamp'] ?? '')
  if (findMessage(channel, ts) === undefined) return no('message_not_found')
  if (channel.pins.has(ts)) return no('already_pinned')
  if (channel.pins.size >= PINS_MAX) return no('too_many_pins')
  channel.pins.add(ts)
  workspace.revision++
  return { ok: true }
}

const mark = z.object({
  title: z.string().min(1).max(255),
  type: z.literal('link'),
  link: z.url().max(3_000),
})

function bookmark({ workspace }: Context, args: Args): Answer {
  const channel = workspace.channels.get(words.catch('').parse(args['channel_id'] ?? ''))
  if (channel === undefined) return no('channel_not_found')
  if (!channel.member) return no('not_in_channel')
  const read = mark.safeParse({ title: args['title'], type: args['type'], link: args['link'] })
  if (!read.success) return no('invalid_link')
  if (channel.bookmarks.length >= PINS_MAX) return no('too_many_bookmarks')
  channel.bookmarks.push({ title: read.data.title, link: read.data.link })
  workspace.revision++
  return { ok: true, bookmark: { channel_id: channel.id, ...read.data } }
}

const describe = ({ id, name, topic, member, archived }: Channel) => ({
  id,
  name,
  is_channel: true,
  is_member: member,
  is_archived: archived,
  topic: { value: topic },
})
