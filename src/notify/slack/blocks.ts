/** The part of Slack's Block Kit that Nines writes. Names and limits: https://docs.slack.dev/reference/block-kit */
export type SlackBlock = HeaderBlock | SectionBlock | ContextBlock | ActionsBlock | DividerBlock | ImageBlock

export interface HeaderBlock {
  readonly type: 'header'
  readonly text: PlainText
}

export interface SectionBlock {
  readonly type: 'section'
  readonly text?: Mrkdwn
  readonly fields?: readonly Mrkdwn[]
}

export interface ContextBlock {
  readonly type: 'context'
  readonly elements: readonly Mrkdwn[]
}

export interface ActionsBlock {
  readonly type: 'actions'
  readonly block_id?: string
  readonly elements: readonly (LinkButton | PressButton)[]
}

export interface DividerBlock {
  readonly type: 'divider'
}

export interface LinkButton {
  readonly type: 'button'
  readonly action_id: string
  readonly text: PlainText
  readonly url: string
  readonly style?: 'primary'
}

/** A button whose press comes back to us. */
export interface PressButton {
  readonly type: 'button'
  readonly action_id: string
  readonly text: PlainText
  readonly value: string
  readonly style?: 'primary'
}

/** A picture that was uploaded to Slack. */
export interface ImageBlock {
  readonly type: 'image'
  readonly slack_file: { readonly id: string }
  readonly alt_text: string
}

/** A form. At most 100 blocks; title and buttons at most 24 characters. */
export interface ModalView {
  readonly type: 'modal'
  readonly callback_id: string
  /** Comes back with the form; at most 3,000 characters. */
  readonly private_metadata: string
  readonly title: PlainText
  readonly submit: PlainText
  readonly close: PlainText
  readonly blocks: readonly (SectionBlock | ContextBlock | InputBlock)[]
}

export interface InputBlock {
  readonly type: 'input'
  readonly block_id: string
  readonly label: PlainText
  readonly hint?: PlainText
  readonly optional?: boolean
  readonly element: TextInput
}

export interface TextInput {
  readonly type: 'plain_text_input'
  readonly action_id: string
  readonly multiline: boolean
  /** At most 3,000. */
  readonly max_length: number
}

export interface PlainText {
  readonly type: 'plain_text'
  readonly text: string
  readonly emoji: boolean
}

export interface Mrkdwn {
  readonly type: 'mrkdwn'
  readonly text: string
  /** True: Slack makes no links of what looks like an address or a channel. */
  readonly verbatim: boolean
}

export interface SlackMessage {
  /** What notifications, screen readers and search see; never empty. */
  readonly text: string
  /** Absent when the message is its text alone. */
  readonly blocks?: readonly SlackBlock[]
}

export const mrkdwn = (text: string): Mrkdwn => ({ type: 'mrkdwn', text, verbatim: true })
export const plainText = (text: string): PlainText => ({ type: 'plain_text', text, emoji: true })
export const section = (text: string): SectionBlock => ({ type: 'section', text: mrkdwn(text) })
export const context = (parts: readonly string[]): ContextBlock => ({
  type: 'context',
  elements: parts.map(mrkdwn),
})
