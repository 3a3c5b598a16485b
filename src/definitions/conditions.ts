import { type PerMillion, perMillion } from '../base/index.ts'
import type { BudgetCondition, BurnPolicy, Severity } from '../slo/index.ts'
import { parseDecimal, scaled } from './decimal.ts'
import type { Report } from './report.ts'
import { get, itemsOf, type Node, textOf } from './tree.ts'
import { readDuration } from './windows.ts'

/**
 * Not to know is told as soon as a full outage would have burned a hundredth of the budget, and pages at a twentieth:
 * a page rule of the workbook fires when so much is spent (2 % in an hour, 5 % in six).
 */
const SILENCE: readonly BudgetCondition[] = [
  { name: 'blind-ticket', severity: 'ticket', kind: 'blind', share: perMillion(10_000) },
  { name: 'blind-page', severity: 'page', kind: 'blind', share: perMillion(50_000) },
]

/** The policy with the conditions on missing data, unless it has its own; none graver than `gravest`. */
export function watchingForSilence(policy: BurnPolicy, gravest: Severity): BurnPolicy {
  const { conditions = [] } = policy
  if (conditions.some(({ kind }) => kind === 'blind')) return policy
  const taken = new Set([...policy.rules, ...conditions].map(({ name }) => name))
  const added = SILENCE.filter(
    ({ name, severity }) => !taken.has(name) && (gravest === 'page' || severity === gravest),
  )
  return { ...policy, conditions: [...conditions, ...added] }
}

/** The conditions of a `BurnPolicy`. What has a fault is told and left out. */
export function readConditions(node: Node | undefined, report: Report): readonly BudgetCondition[] {
  return itemsOf(node).flatMap((item) => readCondition(item, report) ?? [])
}

function readCondition(node: Node, report: Report): BudgetCondition | undefined {
  const base = {
    name: textOf(get(node, 'name')) ?? '',
    severity: textOf(get(node, 'severity')) === 'page' ? ('page' as const) : ('ticket' as const),
  }
  const kind = textOf(get(node, 'kind'))
  if (kind === 'exhausted') return { ...base, kind }
  if (kind === 'exhausts-within') {
    const within = readDuration(node, 'within', report)
    if (within) return { ...base, kind, within: within.length }
    if (!get(node, 'within')) malformed(report, node, 'exhausts-within has no within', 'Write "within: 3d".')
    return undefined
  }
  if (kind !== 'spent' && kind !== 'blind') return undefined
  const share = readShare(node, kind, report)
  return share === undefined ? undefined : { ...base, kind, share }
}

function readShare(node: Node, kind: string, report: Report): PerMillion | undefined {
  const budget = get(node, 'budget')
  const written = textOf(budget) ?? ''
  const percent = parseDecimal(/^(.*)%$/.exec(written.trim())?.[1] ?? '')
  const share = percent && scaled(percent, 4)
  if (share !== undefined && share > 0n && share <= 1_000_000n) return perMillion(Number(share))
  malformed(
    report,
    budget ?? node,
    budget ? `budget ${written} is not a share of the budget` : `${kind} has no budget`,
    `Write a percentage above 0% and up to 100%, such as ${kind === 'spent' ? '80%' : '1%'}.`,
  )
  return undefined
}

function malformed(report: Report, node: Node, message: string, remedy: string): void {
  report.error('NINES-1705', node.place, { message, remedy })
}
