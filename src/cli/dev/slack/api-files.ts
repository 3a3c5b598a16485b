import { z } from 'zod'
import { type Answer, type Args, byId, type Context, json, type Method, no, words } from './method.ts'
import { addMessage, findMessage, newMessage, nextTs, type StoredFile, type Workspace } from './workspace.ts'

/** Uploading in three steps: https://docs.slack.dev/messaging/working-with-files */
export const FILE_METHODS: readonly (readonly [string, Method])[] = [
  ['files.getUploadURLExternal', getUploadUrl],
  ['files.completeUploadExternal', complete],
  ['files.info', info],
]

const SIZE_MAX = 10_000_000
/** Slack looks at a file for a while before it is one; until then it has no type, and no block may show it. */
const PROCESSING_MS = 1_500

function getUploadUrl({ workspace, pageUrl }: Context, args: Args): Answer {
  const name = words.catch('').parse(args['filename'] ?? '')
  const length = z.coerce.number().int().positive().safeParse(args['length'])
  if (name === '' || !length.success) return no('invalid_arguments')
  if (length.data > SIZE_MAX) return no('file_upload_size_restricted')
  const id = `F${String(workspace.files.size + 1).padStart(8, '0')}`
  workspace.files.set(id, {
    id,
    name,
    altText: words.catch('').parse(args['alt_txt'] ?? ''),
    length: length.data,
    bytes: undefined,
    readyAtMs: undefined,
  })
  return { ok: true, upload_url: `${pageUrl}/upload/${id}`, file_id: id }
}

/** What is sent to the address; it must be as long as was said. */
export function receiveUpload(workspace: Workspace, id: string, bytes: Uint8Array): boolean {
  const file = workspace.files.get(id)
  if (file === undefined || file.bytes !== undefined || bytes.length !== file.length) return false
  file.bytes = bytes
  return true
}

const completed = z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1)

function complete({ world, workspace }: Context, args: Args): Answer {
  const parsed = json.safeParse(args['files'])
  const read = completed.safeParse(parsed.success ? parsed.data : undefined)
  if (!read.success) return no('invalid_arguments')
  const files = read.data.map(({ id }) => workspace.files.get(id))
  const known = files.filter((file): file is StoredFile => file?.bytes !== undefined)
  if (known.length !== files.length) return no('file_not_found')
  for (const file of known) file.readyAtMs ??= world.clock.monotonicMs() + PROCESSING_MS
  if (args['channel_id'] !== undefined) {
    const channel = byId(workspace, { channel: args['channel_id'] })
    if (typeof channel === 'string') return no(channel)
    if (channel.archived) return no('is_archived')
    const threadTs = args['thread_ts'] === undefined ? undefined : words.parse(args['thread_ts'])
    if (threadTs !== undefined && findMessage(channel, threadTs) === undefined) return no('thread_not_found')
    const text = words.catch('').parse(args['initial_comment'] ?? '')
    const message = newMessage(nextTs(world, channel), workspace.bot.user, text, threadTs)
    addMessage(workspace, channel, { ...message, files: known.map(({ id }) => id) })
  }
  return { ok: true, files: known.map((file) => described(file, world.clock.monotonicMs())) }
}

function info({ world, workspace }: Context, args: Args): Answer {
  const file = workspace.files.get(words.catch('').parse(args['file'] ?? ''))
  if (file?.readyAtMs === undefined) return no('file_not_found')
  return { ok: true, file: described(file, world.clock.monotonicMs()) }
}

const described = (file: StoredFile, nowMs: number) => ({
  id: file.id,
  name: file.name,
  mimetype: isReady(file, nowMs) ? 'image/png' : '',
  alt_txt: file.altText,
})

export const isReady = ({ readyAtMs }: StoredFile, nowMs: number): boolean =>
  readyAtMs !== undefined && nowMs >= readyAtMs
