import { checkView } from './limits.ts'
import { type Answer, type Args, byId, type Context, json, type Method, no, words } from './method.ts'
import { addMessage, newMessage, nextTs, type OpenView } from './workspace.ts'

export const VIEW_METHODS: readonly (readonly [string, Method])[] = [
  ['views.open', openView],
  ['views.update', updateView],
  ['chat.postEphemeral', postEphemeral],
]

/** A trigger is good for three seconds and one form: https://docs.slack.dev/interactivity/handling-user-interaction */
function openView({ world, workspace }: Context, args: Args): Answer {
  const trigger = words.catch('').parse(args['trigger_id'] ?? '')
  const known = workspace.triggers.get(trigger)
  if (known === undefined) return no(trigger === '' ? 'invalid_arguments' : 'invalid_trigger_id')
  if (known.used) return no('exchanged_trigger_id')
  if (world.clock.monotonicMs() > known.untilMs) return no('expired_trigger_id')
  const check = readView(args)
  if (check.kind === 'unfit')
    return no('invalid_arguments', { response_metadata: { messages: check.messages } })
  known.used = true
  const id = `V${String(workspace.triggers.size).padStart(8, '0')}`
  const view: OpenView = { id, user: known.user, ...check.view, errors: {} }
  workspace.views.push(view)
  workspace.revision++
  return { ok: true, view: { id, hash: id, type: 'modal', callback_id: view.callbackId } }
}

function updateView({ workspace }: Context, args: Args): Answer {
  const id = words.catch('').parse(args['view_id'] ?? '')
  const at = workspace.views.findIndex((view) => view.id === id)
  const open = workspace.views[at]
  if (open === undefined) return no('not_found')
  const check = readView(args)
  if (check.kind === 'unfit')
    return no('invalid_arguments', { response_metadata: { messages: check.messages } })
  workspace.views[at] = { id, user: open.user, ...check.view, errors: {} }
  workspace.revision++
  return { ok: true, view: { id, hash: id, type: 'modal', callback_id: check.view.callbackId } }
}

function readView(args: Args): ReturnType<typeof checkView> {
  const parsed = json.safeParse(args['view'])
  return parsed.success
    ? checkView(parsed.data)
    : { kind: 'unfit', messages: ['[ERROR] the view is not JSON'] }
}

function postEphemeral({ world, workspace }: Context, args: Args): Answer {
  const channel = byId(workspace, args)
  if (typeof channel === 'string') return no(channel)
  if (channel.archived) return no('is_archived')
  const user = words.catch('').parse(args['user'] ?? '')
  if (!workspace.users.has(user)) return no('user_not_in_channel')
  const text = words.catch('').parse(args['text'] ?? '')
  if (text.trim() === '') return no('no_text')
  const ts = nextTs(world, channel)
  addMessage(workspace, channel, { ...newMessage(ts, workspace.bot.user, text), ephemeralFor: user })
  return { ok: true, message_ts: ts }
}
