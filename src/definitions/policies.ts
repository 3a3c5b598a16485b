import { type Seconds, seconds } from '../base/index.ts'
import type { BudgetCondition, BurnPolicy, BurnRule, Rational, Window } from '../slo/index.ts'
import { readConditions } from './conditions.ts'
import type { Context } from './context.ts'
import { fraction, parseDecimal, toRational } from './decimal.ts'
import type { DocumentNode } from './documents.ts'
import type { PolicyTemplate } from './model.ts'
import type { Report } from './report.ts'
import { SHIPPED_POLICIES } from './shipped-policies.ts'
import { get, itemsOf, type Node, textOf } from './tree.ts'
import { readDuration } from './windows.ts'

/** The policies that ship with Nines, and those of the definitions; a name of theirs takes precedence. */
export function collectPolicies(
  documents: readonly DocumentNode[],
  report: Report,
): ReadonlyMap<string, PolicyTemplate> {
  const policies = new Map(SHIPPED_POLICIES.map((policy) => [policy.name, policy]))
  for (const document of documents) {
    if (!document.sound) continue
    const policy = readPolicy(document, report)
    if (policy) policies.set(policy.name, policy)
  }
  return policies
}

/** Reads a `BurnPolicy`. Undefined when it has a fault, which is told. */
function readPolicy(document: DocumentNode, report: Report): PolicyTemplate | undefined {
  const spec = get(document.node, 'spec')
  const period = spec && readDuration(spec, 'period', report)
  if (!spec || !period) return undefined
  const before = report.errors()
  const rules = itemsOf(get(spec, 'rules')).flatMap((node) => readRule(node, period.length, report) ?? [])
  const conditions = readConditions(get(spec, 'conditions'), report)
  const named: readonly (BurnRule | BudgetCondition)[] = [...rules, ...conditions]
  if (new Set(named.map(({ name }) => name)).size < named.length)
    malformed(
      report,
      get(spec, 'rules') ?? spec,
      'two rules or conditions have the same name',
      'Give each a name of its own.',
    )
  if (report.errors() > before) return undefined
  const source = textOf(get(spec, 'source')) ?? ''
  return {
    name: document.name,
    source,
    period: period.length,
    policy: { name: document.name, source, rules, ...(conditions.length === 0 ? {} : { conditions }) },
  }
}

function readRule(node: Node, period: Seconds, report: Report): BurnRule | undefined {
  const name = textOf(get(node, 'name'))
  const severity = textOf(get(node, 'severity')) === 'page' ? 'page' : 'ticket'
  const long = readDuration(node, 'long', report)
  const short = readDuration(node, 'short', report)
  const after = readDuration(node, 'after', report)
  if (name === undefined || !long || !short) return undefined
  if (short.length > long.length) {
    malformed(
      report,
      get(node, 'short') ?? node,
      'the short window is longer than the long one',
      'Swap the two.',
    )
    return undefined
  }
  const factor = readFactor(node, { period, long: long.length }, report)
  if (!factor) return undefined
  return {
    name,
    severity,
    long: long.length,
    short: short.length,
    factor,
    after: after?.length ?? seconds(0),
  }
}

function readFactor(
  node: Node,
  lengths: { readonly period: Seconds; readonly long: Seconds },
  report: Report,
): Rational | undefined {
  const factor = get(node, 'factor')
  const budget = get(node, 'budget')
  if (factor) {
    const value = parseDecimal(textOf(factor) ?? '')
    const exact = value && value.digits > 0n ? toRational(value) : undefined
    if (!exact)
      malformed(report, factor, 'factor must be a number above zero', 'Write a burn rate such as 14.4.')
    return exact
  }
  const written = textOf(budget) ?? ''
  const share = parseDecimal(/^(.*)%$/.exec(written.trim())?.[1] ?? '')
  if (!budget || !share || share.digits <= 0n) {
    malformed(
      report,
      budget ?? node,
      'budget must be a share of the budget',
      'Write a percentage such as 2%.',
    )
    return undefined
  }
  const divisor = 10n ** BigInt(share.scale) * 100n * BigInt(lengths.long)
  return fraction(share.digits * BigInt(lengths.period), divisor)
}

function malformed(report: Report, node: Node, message: string, remedy: string): void {
  report.error('NINES-1705', node.place, { message, remedy })
}

/** How long a window is for the purpose of factors: a calendar month is 30 days. */
export function nominalLength(window: Window): Seconds {
  return window.kind === 'rolling' ? window.length : seconds(window.count * UNIT_LENGTHS[window.unit])
}

const UNIT_LENGTHS = {
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
  quarter: 7_776_000,
  year: 31_536_000,
} as const

/** Used when a window of this length names no policy. */
const DEFAULTS: Readonly<Record<number, string>> = {
  2_592_000: 'google-30d',
  2_419_200: 'google-28d',
  604_800: 'sloth-7d',
}

/** The policy for a window that names none: the shipped one of its length, else the workbook's, fitted to it. */
export function defaultPolicy(context: Context, window: Window): BurnPolicy {
  const length = nominalLength(window)
  const template = context.policies.get(DEFAULTS[length] ?? 'google-30d')
  if (!template) throw new Error('the shipped burn policies have no google-30d')
  return fitPolicy(template, length)
}

/**
 * The policy for a window of another length. A rule keeps its windows and the share of the budget that its long window
 * may spend, so its factor grows with the window: factor = share × period ÷ long (SRE workbook, chapter 5).
 *
 * Where that gives a factor below 1 (a short window), the rule would fire while the promise is kept; then all rules
 * keep their factors, and their windows shrink with the period, to whole minutes. Conditions are about shares of the budget, and stay.
 */
export function fitPolicy(template: PolicyTemplate, length: Seconds): BurnPolicy {
  const { policy, period } = template
  if (length === period) return policy
  const stretched = policy.rules.flatMap((rule) => {
    const factor = times(rule.factor, length, period)
    return factor ? [{ ...rule, factor }] : []
  })
  const usable = stretched.every((rule) => rule.factor.num >= rule.factor.den && rule.long <= length)
  const rules = usable ? stretched : policy.rules.map((rule) => shrink(rule, length, period))
  return { ...policy, rules }
}

function shrink(rule: BurnRule, length: Seconds, period: Seconds): BurnRule {
  const minutes = (width: number): Seconds =>
    seconds(Math.max(1, Math.round((width * length) / period / 60)) * 60)
  const long = minutes(rule.long)
  // The share that the long window may spend stays exact, also where its length was rounded to minutes.
  const share = fraction(
    BigInt(rule.factor.num) * BigInt(rule.long) * BigInt(length),
    BigInt(rule.factor.den) * BigInt(period) * BigInt(long),
  )
  return { ...rule, long, short: seconds(Math.min(long, minutes(rule.short))), factor: share ?? rule.factor }
}

function times(factor: Rational, by: number, over: number): Rational | undefined {
  return fraction(BigInt(factor.num) * BigInt(by), BigInt(factor.den) * BigInt(over))
}
