import { z } from 'zod'
import type { Block, OpenView } from './workspace.ts'

/**
 * Slack's limits on what a message may hold, as documented for Block Kit and `chat.postMessage`, and where they are
 * not documented, as people met them: https://docs.slack.dev/reference/block-kit/blocks
 */
export const BLOCKS_MAX = 50
/** All text of all blocks together; `msg_blocks_too_long` was met from 13,172 characters on. */
export const BLOCKS_TEXT_MAX = 13_000
/** Longer texts are cut in `chat.postMessage`, and refused in `chat.update`. */
export const TEXT_MAX = 40_000

const text = (max: number) => z.string().min(1).max(max)
const plain = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: text(max), emoji: z.boolean().optional() })
const anyText = (max: number) =>
  z.discriminatedUnion('type', [
    plain(max),
    z.strictObject({ type: z.literal('mrkdwn'), text: text(max), verbatim: z.boolean().optional() }),
  ])
const webUrl = z
  .string()
  .max(3_000)
  .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), 'must be an http(s) URL')
const id = z.string().min(1).max(255)

const confirm = z.strictObject({
  title: plain(100),
  text: anyText(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
})
const option = z.strictObject({
  text: anyText(75),
  value: z.string().max(75),
  description: plain(75).optional(),
  url: webUrl.optional(),
})
const button = z.strictObject({
  type: z.literal('button'),
  text: plain(75),
  action_id: id.optional(),
  url: webUrl.optional(),
  value: z.string().max(2_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
})
const overflow = z.strictObject({
  type: z.literal('overflow'),
  action_id: id.optional(),
  options: z.array(option).min(1).max(5),
  confirm: confirm.optional(),
})
const select = z.strictObject({
  type: z.literal('static_select'),
  action_id: id.optional(),
  placeholder: plain(150).optional(),
  options: z.array(option).min(1).max(100),
  initial_option: option.optional(),
  confirm: confirm.optional(),
})
const imageSource = {
  image_url: webUrl.optional(),
  slack_file: z.union([z.strictObject({ id: z.string() }), z.strictObject({ url: webUrl })]).optional(),
  alt_text: z.string().min(1).max(2_000),
}
const hasOneSource = (image: { image_url?: unknown; slack_file?: unknown }): boolean =>
  (image.image_url === undefined) !== (image.slack_file === undefined)
const imageElement = z
  .strictObject({ type: z.literal('image'), ...imageSource })
  .refine(hasOneSource, 'needs image_url or slack_file')

const common = { block_id: id.optional() }
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plain(150), ...common }),
  z
    .strictObject({
      type: z.literal('section'),
      text: anyText(3_000).optional(),
      fields: z.array(anyText(2_000)).min(1).max(10).optional(),
      accessory: z.discriminatedUnion('type', [button, overflow, select, imageElement]).optional(),
      expand: z.boolean().optional(),
      ...common,
    })
    .refine((section) => section.text !== undefined || section.fields !== undefined, 'needs text or fields'),
  z.strictObject({ type: z.literal('divider'), ...common }),
  z.strictObject({
    type: z.literal('context'),
    elements: z
      .array(z.union([anyText(3_000), imageElement]))
      .min(1)
      .max(10),
    ...common,
  }),
  z.strictObject({
    type: z.literal('actions'),
    elements: z
      .array(z.discriminatedUnion('type', [button, overflow, select]))
      .min(1)
      .max(25),
    ...common,
  }),
  z
    .strictObject({ type: z.literal('image'), ...imageSource, title: plain(2_000).optional(), ...common })
    .refine(hasOneSource, 'needs image_url or slack_file'),
  z.strictObject({ type: z.literal('markdown'), text: text(12_000), ...common }),
])
const blocks = z.array(block).max(BLOCKS_MAX)

export type BlocksCheck =
  | { readonly kind: 'fit'; readonly blocks: readonly Block[] }
  | { readonly kind: 'unfit'; readonly error: string; readonly messages: readonly string[] }

/** Whether Slack would take these blocks, and if not, with which error. */
export function checkBlocks(value: unknown): BlocksCheck {
  const read = blocks.safeParse(value)
  if (!read.success) {
    const messages = read.error.issues
      .slice(0, 5)
      .map((issue) => `[ERROR] ${issue.message} [json-pointer:/blocks/${issue.path.join('/')}]`)
    return { kind: 'unfit', error: 'invalid_blocks', messages }
  }
  const ids = [
    read.data.flatMap((one) => one.block_id ?? []),
    ...read.data.map((one) =>
      one.type === 'actions' ? one.elements.flatMap((part) => part.action_id ?? []) : [],
    ),
  ]
  if (ids.some((list) => new Set(list).size !== list.length))
    return { kind: 'unfit', error: 'invalid_blocks', messages: ['[ERROR] an id stands twice'] }
  if (textLength(read.data) > BLOCKS_TEXT_MAX)
    return { kind: 'unfit', error: 'msg_blocks_too_long', messages: [] }
  return { kind: 'fit', blocks: read.data }
}

export type ViewCheck =
  | { readonly kind: 'fit'; readonly view: Omit<OpenView, 'id' | 'user' | 'errors'> }
  | { readonly kind: 'unfit'; readonly messages: readonly string[] }

/** https://docs.slack.dev/reference/views/modal-views and the input block. */
const inputBlock = z.strictObject({
  type: z.literal('input'),
  label: plain(2_000),
  hint: plain(2_000).optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
  element: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('plain_text_input'),
      action_id: id.optional(),
      placeholder: plain(150).optional(),
      initial_value: z.string().max(3_000).optional(),
      multiline: z.boolean().optional(),
      min_length: z.number().int().min(0).max(3_000).optional(),
      max_length: z.number().int().min(1).max(3_000).optional(),
    }),
    select,
  ]),
  ...common,
})
const modal = z.strictObject({
  type: z.literal('modal'),
  title: plain(24),
  submit: plain(24).optional(),
  close: plain(24).optional(),
  callback_id: z.string().max(255).default(''),
  private_metadata: z.string().max(3_000).default(''),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
  blocks: z.array(z.union([inputBlock, block])).max(100),
})

/** Whether Slack would open this form. */
export function checkView(value: unknown): ViewCheck {
  const read = modal.safeParse(value)
  if (!read.success) {
    const messages = read.error.issues
      .slice(0, 5)
      .map((issue) => `[ERROR] ${issue.message} [json-pointer:/view/${issue.path.join('/')}]`)
    return { kind: 'unfit', messages }
  }
  const { blocks: shown, title, submit, close, callback_id, private_metadata } = read.data
  if (shown.some((one) => one.type === 'input') && submit === undefined)
    return { kind: 'unfit', messages: ['[ERROR] submit is required when there is an input block'] }
  return {
    kind: 'fit',
    view: {
      callbackId: callback_id,
      privateMetadata: private_metadata,
      title: title.text,
      submit: submit?.text ?? '',
      close: close?.text ?? 'Cancel',
      blocks: shown,
    },
  }
}

/** Ids of the uploaded files that the blocks show. */
export const filesIn = (shown: readonly Block[]): readonly string[] =>
  shown.flatMap(
    (one) => z.object({ slack_file: z.object({ id: z.string() }) }).safeParse(one).data?.slack_file.id ?? [],
  )

/** The length of all texts anywhere in the blocks. */
export function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + textLength(one), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce(
    (sum, [name, one]) => sum + (name === 'text' && typeof one === 'string' ? one.length : textLength(one)),
    0,
  )
}
