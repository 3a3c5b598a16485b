/** The part of Slack's Block Kit that Nines writes. Names and limits: https://docs.slack.dev/reference/block-kit */
export type SlackBlock = HeaderBlock | SectionBlock | ContextBlock | ActionsBlock | DividerBlock

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
  readonly elements: readonly LinkButton[]
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
