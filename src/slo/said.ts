import { type UnixSeconds, unixSeconds } from '../base/index.ts'
import { leftSign } from './budget.ts'
import { compareBurn, EVEN, isSurelyOver } from './burn.ts'
import { countsFrom, measureBurns } from './burn-windows.ts'
import { blindKind } from './conditions.ts'
import { countedLength, countedTime, excludedIn } from './corrections.ts'
import { countWithout } from './coverage.ts'
import type { BudgetCondition } from './definition.ts'
import { blindFor, evaluateSubject, stateOf } from './evaluate.ts'
import type { BurnVerdict } from './evaluation.ts'
import { measure } from './measure.ts'
import { averageTraffic, dataState, isUnknown } from './measured-window.ts'
import { scaleOf, stepOf } from './slices.ts'
import type { Subject } from './subject.ts'

/**
 * Whether the state or a verdict of an evaluation at `now` is another than when this was last asked, which it remembers.
 * The same arithmetic as `evaluateSubject`, without building anything: only conditions on the budget are judged with
 * everything else.
 */
export function saysOther(subject: Subject, now: UnixSeconds, sums: Float64Array): boolean {
  const ofBurns = burnsSayOther(subject, sums)
  const ofConditions = conditionsSayOther(subject, now, sums)
  return ofBurns || ofConditions
}

/** Remembers what is said in one place; true when it was something else. */
function say(said: string[], place: number, what: string): boolean {
  const isOther = said[place] !== what
  said[place] = what
  return isOther
}

function burnsSayOther(subject: Subject, sums: Float64Array): boolean {
  const { slo, objective, meter, plan, said } = subject
  meter.average = averageTraffic(subject)
  measureBurns(subject, sums)
  const { rules } = slo.policy
  let burning = false
  let isOther = false
  for (let i = 0; i < rules.length; i++) {
    const kind = burnKind(subject, i, sums)
    if (kind === 'burning') burning = true
    if (say(said, i, kind)) isOther = true
  }
  const pace = 2 + 3 * plan.pace
  const fast = compareBurn(sums[pace + 1] ?? 0, sums[pace] ?? 0, objective.allowed, EVEN) > 0
  return say(said, rules.length, stateOf(measureLeft(subject, sums), burning, fast)) || isOther
}

/** The verdict of one rule, from what was measured of its windows. */
function burnKind(
  { slo, objective, meter, plan }: Subject,
  i: number,
  sums: Float64Array,
): BurnVerdict['kind'] {
  const factor = slo.policy.rules[i]?.factor ?? EVEN
  const scale = scaleOf(meter.judgement)
  const long = 2 + 3 * (plan.long[i] ?? 0)
  const short = 2 + 3 * (plan.short[i] ?? 0)
  if (sums[long + 2] === 1 || sums[short + 2] === 1) return 'no-data'
  const bad = sums[long + 1] ?? 0
  const total = sums[long] ?? 0
  if (compareBurn(sums[short + 1] ?? 0, sums[short] ?? 0, objective.allowed, factor) < 0) return 'calm'
  if (compareBurn(bad, total, objective.allowed, factor) < 0) return 'calm'
  if (bad < slo.minBadEvents * scale) return 'calm'
  if (slo.confidence === undefined) return 'burning'
  const counts = { good: (total - bad) / scale, bad: bad / scale }
  const terms = { allowed: objective.allowed, confidence: slo.confidence }
  return isSurelyOver(counts, terms, factor) ? 'burning' : 'calm'
}

/** The sign of what is left of the first window; undefined when nothing is known of it. */
function measureLeft(subject: Subject, sum: Float64Array): -1 | 0 | 1 | undefined {
  const { meter, objective, slo, ends } = subject
  const bounds = subject.bounds[0]
  if (!bounds) return undefined
  const step = stepOf(meter.judgement)
  const to = ends.window
  let from = Math.min(Math.ceil(bounds.from / step) * step, to)
  if (!measure(meter, from, to, sum)) {
    from = Math.min(to, Math.ceil(from / 3600) * 3600)
    measure(meter, from, to, sum)
  }
  const total = sum[0] ?? 0
  const bad = sum[1] ?? 0
  const window = slo.windows[0]
  // All of a rolling window has gone by: its budget is spent when it burned at the even pace.
  if (total > 0 && window?.kind === 'rolling')
    return against(compareBurn(bad, total, objective.allowed, EVEN))
  const range = { from: unixSeconds(from), to }
  if (total > 0) {
    const time = countedTime(meter.segments, window, { bounds, range })
    return leftSign(countsFrom(sum), { allowed: objective.allowed, scale: 1, ...time })
  }
  const minutes = countWithout(meter.coverage, range, excludedIn(meter.segments, range))
  return isUnknown(dataState(0, minutes)) ? undefined : 1
}

/** The sign of what is left from that of the rate against the even pace. */
function against(rate: -1 | 0 | 1): -1 | 0 | 1 {
  return rate > 0 ? -1 : rate < 0 ? 1 : 0
}

function conditionsSayOther(subject: Subject, now: UnixSeconds, sums: Float64Array): boolean {
  const { slo, said } = subject
  const { rules, conditions } = slo.policy
  if (!conditions) return false
  // Most policies ask only whether anything is known, which takes no budget to answer.
  const judged = conditions.every(isBlindness) ? undefined : evaluateSubject(subject, now, sums).conditions
  let isOther = false
  for (let i = 0; i < conditions.length; i++) {
    const condition = conditions[i]
    const kind = condition?.kind === 'blind' ? blindnessOf(subject, condition.share, now) : judged?.[i]?.kind
    if (kind !== undefined && say(said, rules.length + 1 + i, kind)) isOther = true
  }
  return isOther
}

function isBlindness({ kind }: BudgetCondition): boolean {
  return kind === 'blind'
}

function blindnessOf(subject: Subject, share: number, now: UnixSeconds): ReturnType<typeof blindKind> {
  const { objective, meter, settle } = subject
  const bounds = subject.bounds[0]
  const length = bounds ? countedLength(meter.segments, bounds) : 0
  return blindKind(blindFor(subject, now), share * objective.allowed * length, settle)
}
