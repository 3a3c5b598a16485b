import { seconds } from '../base/index.ts'
import type { BurnPolicy, BurnRule, Severity, Window } from '../slo/index.ts'
import type { Annotations } from './annotations.ts'
import { watchingForSilence } from './conditions.ts'
import { type Context, inlineOrNamed, type Named, placeOf, specOf, unresolved } from './context.ts'
import { parseDecimal, toRational } from './decimal.ts'
import type { DocumentNode } from './documents.ts'
import { durationText } from './duration.ts'
import type { AlertingWishes } from './model.ts'
import type { Place } from './place.ts'
import { defaultPolicy, fitPolicy, nominalLength } from './policies.ts'
import { someOf, suggest } from './suggest.ts'
import { flagOf, get, itemsOf, type Node, textOf } from './tree.ts'
import { readDuration } from './windows.ts'

/** What the alert policies of an SLO come to. */
export interface Alerting {
  readonly policy: BurnPolicy
  readonly wishes: AlertingWishes
}

/**
 * The burn rules of an SLO: those of its alert policies; else the policy that `nines.dev/burn-policy` names; else the
 * one for the length of its first window.
 */
export function readAlerting(
  spec: Node,
  window: Window,
  annotations: Annotations,
  context: Context,
): Alerting {
  const items = itemsOf(get(spec, 'alertPolicies'))
  if (items.length === 0) {
    const policy = namedPolicy(window, annotations, context)
    // Who says that minutes without data are good is not woken by them.
    const whenNoData = annotations.noData !== 'good'
    return {
      policy: whenNoData ? watchingForSilence(policy, 'page') : policy,
      wishes: { whenNoData, whenResolved: true, targets: [] },
    }
  }
  if (annotations.burnPolicy)
    context.report.warn('NINES-1502', annotations.burnPolicy.place, {
      message: 'nines.dev/burn-policy has no effect beside alertPolicies',
      remedy: 'Delete one of the two.',
    })
  const policies = items.flatMap((item) => {
    const named = inlineOrNamed(context, item, 'AlertPolicy', 'alertPolicyRef')
    return named ? [readPolicy(named, window, context)] : []
  })
  const silent = policies.filter((policy) => policy.whenNoData)
  const policy: BurnPolicy = {
    name: policies.map((policy) => policy.name).join(', '),
    source: 'the alert policies of the SLO',
    rules: uniqueNames(policies.flatMap((policy) => policy.rules)),
  }
  const gravest = silent.some((one) => one.severity === 'page') ? 'page' : 'ticket'
  return {
    policy: silent.length === 0 ? policy : watchingForSilence(policy, gravest),
    wishes: {
      whenNoData: silent.length > 0,
      whenResolved: policies.some((policy) => policy.whenResolved),
      targets: [...new Set(policies.flatMap((policy) => policy.targets))],
    },
  }
}

function namedPolicy(window: Window, annotations: Annotations, context: Context): BurnPolicy {
  const wanted = annotations.burnPolicy
  if (!wanted) return defaultPolicy(context, window)
  const template = context.policies.get(wanted.name)
  if (template) return fitPolicy(template, nominalLength(window))
  const meant = suggest(wanted.name, context.policies.keys())
  context.report.error('NINES-1504', wanted.place, {
    message: `there is no burn policy ${wanted.name}`,
    remedy: meant ? `Did you mean ${meant}?` : `Write one of ${someOf(context.policies.keys(), 12)}.`,
  })
  return defaultPolicy(context, window)
}

/** Policies and conditions are checked on their own too, against the longest window there may be. */
const YEAR: Window = { kind: 'rolling', name: '1Y', length: seconds(366 * 86_400) }

export function checkPolicy(document: DocumentNode, context: Context): void {
  readPolicy({ name: document.name, metadata: undefined, spec: specOf(document) }, YEAR, context)
}

export function checkCondition(document: DocumentNode, context: Context): void {
  conditionRule({ name: document.name, metadata: undefined, spec: specOf(document) }, YEAR, context)
}

interface ReadPolicy {
  readonly name: string
  readonly rules: readonly BurnRule[]
  /** The gravest of its conditions. */
  readonly severity: Severity
  readonly whenNoData: boolean
  readonly whenResolved: boolean
  readonly targets: readonly string[]
}

function readPolicy(named: Named, window: Window, context: Context): ReadPolicy {
  const { spec } = named
  const breaching = flagOf(get(spec, 'alertWhenBreaching')) ?? false
  const whenNoData = flagOf(get(spec, 'alertWhenNoData')) ?? false
  const whenResolved = flagOf(get(spec, 'alertWhenResolved')) ?? false
  if (!breaching && !whenNoData && !whenResolved)
    context.report.warn('NINES-1604', placeOf(spec, 'conditions'), {
      message: `the policy ${named.name} asks to be told of nothing`,
      remedy: 'Write "alertWhenBreaching: true".',
    })
  const conditions = itemsOf(get(spec, 'conditions'))
  if (conditions.length > 1 && conditions[1])
    context.report.tolerate('NINES-1603', conditions[1].place, {
      message: `${conditions.length} conditions; OpenSLO allows one`,
      remedy: 'Two of one threshold are the long and the short window of one rule; keep one for other tools.',
    })
  const read = conditions.flatMap((condition) => readCondition(condition, window, context) ?? [])
  const rules = breaching ? pairUp(read, context) : []
  return {
    name: named.name,
    rules,
    severity: read.some(({ rule }) => rule.severity === 'page') ? 'page' : 'ticket',
    whenNoData,
    whenResolved,
    targets: readTargets(spec, named.name, context),
  }
}

function readTargets(spec: Node, policy: string, context: Context): readonly string[] {
  const items = itemsOf(get(spec, 'notificationTargets'))
  if (items.length === 0)
    context.report.tolerate('NINES-1608', placeOf(spec, 'notificationTargets'), {
      message: `the policy ${policy} names no notification target; the configured destinations are told`,
      remedy: 'Write "notificationTargets: [{targetRef: …}]".',
    })
  return items.flatMap((item) => {
    const reference = get(item, 'targetRef')
    const name = textOf(reference) ?? ''
    if (!reference || context.registry.find('AlertNotificationTarget', name))
      return inlineOrNamed(context, item, 'AlertNotificationTarget', 'targetRef')?.name ?? []
    // An SLO that alerts through the configured destinations is worth more than one that is not evaluated.
    const { message, remedy } = unresolved(context, 'AlertNotificationTarget', name)
    const text = { message: `${message}; the configured destinations are told`, remedy }
    context.report.tolerate('NINES-1203', reference.place, text)
    return []
  })
}

interface Condition {
  readonly rule: BurnRule
  readonly place: Place
}

function readCondition(node: Node, window: Window, context: Context): Condition | undefined {
  const named = inlineOrNamed(context, node, 'AlertCondition', 'conditionRef')
  return named && conditionRule(named, window, context)
}

function conditionRule(named: Named, window: Window, context: Context): Condition | undefined {
  const condition = get(named.spec, 'condition')
  if (!condition) return undefined
  const severity = readSeverity(named.spec, context)
  const lookback = readDuration(condition, 'lookbackWindow', context.report)
  const after = readAfter(condition, context)
  const factor = readThreshold(condition, context)
  checkOperator(condition, context)
  if (!lookback || !factor || after === undefined) return undefined
  if (lookback.length > nominalLength(window)) {
    context.report.error('NINES-1606', placeOf(condition, 'lookbackWindow'), {
      message: `the condition looks back ${lookback.text}, longer than the window of ${window.name}`,
      remedy: `Write at most ${durationText(nominalLength(window))}.`,
    })
    return undefined
  }
  const { length } = lookback
  const rule = { name: named.name, severity, long: length, short: length, factor, after: seconds(after) }
  return { rule, place: condition.place }
}

/** Two conditions of one threshold, severity and delay are one rule with a long and a short window. */
function pairUp(conditions: readonly Condition[], context: Context): readonly BurnRule[] {
  const groups = new Map<string, Condition[]>()
  for (const condition of conditions) {
    const { severity, factor, after } = condition.rule
    const key = `${severity} ${factor.num}/${factor.den} ${after}`
    groups.set(key, [...(groups.get(key) ?? []), condition])
  }
  return [...groups.values()].flatMap((group) => {
    const [first, second, third] = group
    if (third)
      context.report.error('NINES-1603', third.place, {
        message: 'three conditions have the same threshold and severity',
        remedy: 'Keep two: the long window and the short one.',
      })
    if (!first) return []
    if (!second) return [first.rule]
    const long = seconds(Math.max(first.rule.long, second.rule.long))
    const short = seconds(Math.min(first.rule.long, second.rule.long))
    return [{ ...first.rule, long, short }]
  })
}

const PAGE = ['page', 'critical', 'crit', 'fatal', 'emergency', 'urgent', 'high', 'sev0', 'sev1', 'p0', 'p1']
const TICKET = [
  'ticket',
  'warning',
  'warn',
  'medium',
  'low',
  'minor',
  'info',
  'notice',
  'sev2',
  'sev3',
  'sev4',
  'sev5',
  'p2',
  'p3',
  'p4',
  'p5',
]

function readSeverity(spec: Node, context: Context): Severity {
  const node = get(spec, 'severity')
  const written = (textOf(node) ?? '').toLowerCase()
  if (PAGE.includes(written)) return 'page'
  if (node && !TICKET.includes(written))
    context.report.warn('NINES-1602', node.place, {
      message: `the severity ${textOf(node)} is unknown; it is taken for page, the higher one`,
      remedy: 'Write page or ticket.',
    })
  return TICKET.includes(written) ? 'ticket' : 'page'
}

function readAfter(condition: Node, context: Context): number | undefined {
  const node = get(condition, 'alertAfter')
  if (!node || /^0[mhdwMQY]?$/.test(textOf(node) ?? '')) return 0
  return readDuration(condition, 'alertAfter', context.report)?.length
}

function readThreshold(condition: Node, context: Context): BurnRule['factor'] | undefined {
  const node = get(condition, 'threshold')
  const value = parseDecimal(textOf(node) ?? '')
  const factor = value && value.digits > 0n ? toRational(value) : undefined
  if (node && !factor)
    context.report.error('NINES-1607', node.place, {
      message: `threshold ${textOf(node) ?? ''} is not a burn rate above zero`,
      remedy: 'Write a burn rate such as 14.4; 1 spends the budget exactly by the end of the window.',
    })
  return factor
}

/** A burn rate is bad when it is high. `lt` and `lte` stand in OpenSLO's own examples for "exceeds". */
function checkOperator(condition: Node, context: Context): void {
  const node = get(condition, 'op')
  const written = textOf(node)
  if (node && (written === 'lt' || written === 'lte'))
    context.report.tolerate('NINES-1601', node.place, {
      message: `op: ${written} would alert while the burn rate is low; it is read as gte`,
      remedy: 'Write "op: gte".',
    })
}

function uniqueNames(rules: readonly BurnRule[]): readonly BurnRule[] {
  const seen = new Map<string, number>()
  return rules.map((rule) => {
    const base = rule.name === '' ? `${rule.severity}-${durationText(rule.long)}` : rule.name
    const count = (seen.get(base) ?? 0) + 1
    seen.set(base, count)
    return { ...rule, name: count === 1 ? base : `${base}-${count}` }
  })
}
