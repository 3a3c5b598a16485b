import type { Consequence } from '../../src/alerting/index.ts'
import { unixSeconds } from '../../src/base/index.ts'
import { checkBlocks, textLength } from '../../src/cli/dev/slack/index.ts'
import type { SlackMessage } from '../../src/notify/index.ts'
import { START } from './estate.ts'

/** What Slack, or a reader, would object to. */
export function faultsOf(message: SlackMessage): string[] {
  const faults: string[] = []
  if (message.text.trim() === '') faults.push('the text is empty')
  if (message.text.length > 4_000) faults.push('the text is longer than Slack shows whole')
  if ((message.blocks?.length ?? 0) > 14) faults.push(`${message.blocks?.length} blocks`)
  if (textLength(message.blocks ?? []) > 6_000) faults.push(`${textLength(message.blocks ?? [])} characters`)
  const check = checkBlocks(message.blocks ?? [])
  if (check.kind === 'unfit') faults.push(check.error, ...check.messages)
  const all = flat(message)
  if (CONTROLS.test(all.replaceAll('\n', ''))) faults.push('a control character')
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(all))
    faults.push('half a character')
  return faults
}

/** Control characters, separators and direction marks. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

export const flat = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'object' && value !== null
      ? Object.values(value).map(flat).join('')
      : ''

/** Tokens that call or mislead people: only ours may be there. */
export const tokensOf = (message: SlackMessage): readonly string[] =>
  [
    ...flat({
      ...message,
      // What a button carries is for us, and nobody is shown it.
      blocks: (message.blocks ?? []).filter(({ type }) => type !== 'header' && type !== 'actions'),
    }).matchAll(/<([^<>]*)>/g),
  ]
    .map((match) => match[1] ?? '')
    .filter((inside) => /^[!@#]/.test(inside))

export const consequenceOf = (given: Partial<Consequence>): Consequence => ({
  slo: 'cart-availability',
  objective: 'main',
  service: 'cart',
  because: 'depends',
  on: 'checkout-availability',
  since: unixSeconds(START),
  scope: {},
  severity: 'page',
  rules: ['page-fast'],
  rate: 9.1,
  firing: true,
  badEvents: 12,
  budgetSpent: 0.01,
  ...given,
})
