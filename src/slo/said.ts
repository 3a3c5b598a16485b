import type { UnixSeconds } from '../base/index.ts'
import { leftSign } from './budget.ts'
import { compareBurn, EVEN } from './burn.ts'
import { countsFrom, measureBurns, type PlannedRule } from './burn-windows.ts'
import { blindKind } from './conditions.ts'
import { countedLength, countedTime, excludedIn } from './corrections.ts'
import { countWithout } from './coverage.ts'
import { blindFor, burnTermsOf, evaluateSubject, judgePlanned, stateOf } from './evaluate.ts'
import type { BurnVerdict, ConditionVerdict } from './evaluation.ts'
import { measureHeld } from './measure.ts'
import { averageTraffic, dataState, isUnknown } from './measured-window.ts'
import { stepOf } from './slices.ts'
import type { Subject } from './subject.ts'

/**
 * Whether the state or a verdict of an evaluation at `now` is another than when this was last asked, which it remembers.
 * The same arithmetic as `evaluateSubject`. It builds nothing while no rule is near to firing and the conditions ask
 * only whether anything is known.
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
  const { objective, meter, plan, said } = subject
  meter.average = averageTraffic(subject)
  measureBurns(subject, sums)
  const pace = 2 + 3 * plan.pace
  const fast = compareBurn(sums[pace + 1] ?? 0, sums[pace] ?? 0, objective.allowed, EVEN) > 0
  let place = 0
  let burning = false
  let isOther = false
  for (const rule of plan.rules) {
    const kind = burnKind(subject, rule, sums)
    if (kind === 'burning') burning = true
    if (say(said, ++place, kind)) isOther = true
  }
  return say(said, 0, stateOf(leftOf(subject, sums), burning, fast)) || isOther
}

/** The verdict of one rule on what was measured; nothing is built for one whose short window is calm. */
function burnKind(subject: Subject, planned: PlannedRule, sums: Float64Array): BurnVerdict['kind'] {
  const short = 2 + 3 * planned.short
  const { allowed } = subject.objective
  const isCalm = compareBurn(sums[short + 1] ?? 0, sums[short] ?? 0, allowed, planned.rule.factor) < 0
  const isBlind = sums[short + 2] === 1 || sums[4 + 3 * planned.long] === 1
  return isCalm && !isBlind ? 'calm' : judgePlanned(planned, sums, burnTermsOf(subject)).kind
}

/** Above zero while something is left of the first window, below when it is overspent; undefined when nothing is known. */
function leftOf(subject: Subject, sum: Float64Array): number | undefined {
  const { meter, objective, ends } = subject
  const [first] = subject.windows
  if (!first) return undefined
  const { window, bounds } = first
  const { allowed } = objective
  const step = stepOf(meter.judgement)
  const to = ends.window
  const begin = Math.min(Math.ceil(bounds.from / step) * step, to)
  const from = measureHeld(meter, begin, to, sum)
  const total = sum[0] ?? 0
  // All of a rolling window has gone by: its budget is spent when it burned at the even pace.
  if (total > 0 && window.kind === 'rolling') return -compareBurn(sum[1] ?? 0, total, allowed, EVEN)
  const range = { from, to }
  if (total > 0) {
    const time = countedTime(meter.segments, window, { bounds, range })
    return leftSign(countsFrom(sum), { allowed, scale: 1, ...time })
  }
  const minutes = countWithout(meter.coverage, range, excludedIn(meter.segments, range))
  return isUnknown(dataState(0, minutes)) ? undefined : 1
}

function conditionsSayOther(subject: Subject, now: UnixSeconds, sums: Float64Array): boolean {
  const { slo, plan, said } = subject
  let place = plan.rules.length
  let isOther = false
  let judged: readonly ConditionVerdict[] | undefined
  for (const condition of slo.policy.conditions ?? []) {
    let kind: ConditionVerdict['kind'] | undefined
    if (condition.kind === 'blind') kind = blindnessOf(subject, condition.share, now)
    else {
      judged ??= evaluateSubject(subject, now, sums).conditions
      kind = judged?.find((verdict) => verdict.condition === condition)?.kind
    }
    if (say(said, ++place, kind ?? 'calm')) isOther = true
  }
  return isOther
}

function blindnessOf(subject: Subject, share: number, now: UnixSeconds): ConditionVerdict['kind'] {
  const { objective, meter, settle } = subject
  const [first] = subject.windows
  const length = first ? countedLength(meter.segments, first.bounds) : 0
  return blindKind(blindFor(subject, now), share * objective.allowed * length, settle)
}
