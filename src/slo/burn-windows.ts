import { type Seconds, seconds } from '../base/index.ts'
import type { BurnMeasure } from './burn.ts'
import { isKnownIn } from './coverage.ts'
import type { BurnRule, Slo } from './definition.ts'
import type { Counts } from './evaluation.ts'
import { measure } from './measure.ts'
import { stepOf } from './slices.ts'
import type { Subject } from './subject.ts'
import { longestLength } from './window.ts'

/** The burn windows of a policy, each length once however many rules look at it. */
export interface BurnPlan {
  readonly lengths: readonly Seconds[]
  /** The rules in their order, with the places of their windows in `lengths`. */
  readonly rules: readonly PlannedRule[]
  /** Place of the window whose rate tells whether spending is fast and when the budget is gone. */
  readonly pace: number
}

export interface PlannedRule {
  readonly rule: BurnRule
  readonly long: number
  readonly short: number
}

export function burnPlanOf(slo: Slo): BurnPlan {
  const pace = paceLength(slo)
  const lengths = [...new Set([...slo.policy.rules.flatMap((rule) => [rule.long, rule.short]), pace])]
  return {
    lengths,
    rules: slo.policy.rules.map((rule) => ({
      rule,
      long: lengths.indexOf(rule.long),
      short: lengths.indexOf(rule.short),
    })),
    pace: lengths.indexOf(pace),
  }
}

/**
 * The pace is taken over the longest short window of the policy, so that one bad minute does not make a forecast;
 * without rules over a 120th of the first window, as the six hours of a 30-day policy are.
 */
function paceLength(slo: Slo): Seconds {
  const longest = Math.max(0, ...slo.policy.rules.map((rule) => rule.short))
  if (longest > 0) return seconds(longest)
  const first = slo.windows[0]
  return seconds(Math.max(60, Math.floor((first ? longestLength(first) : 0) / 120 / 60) * 60))
}

/** Room for the burn windows of any of these plans, to be used again for every subject. */
export function createBurnSums(plans: readonly BurnPlan[]): Float64Array {
  return new Float64Array(2 + 3 * Math.max(0, ...plans.map((plan) => plan.lengths.length)))
}

/**
 * Measures every burn window of the subject. Of window `i`: total at 2 + 3i, bad behind it, and then 1 when nothing
 * is known of the window and nothing was counted in it. A window ends where burn windows end, and begins its length
 * before, on a step. The first two places are scratch.
 */
export function measureBurns({ meter, ends, plan }: Subject, sums: Float64Array): void {
  const to = ends.burn ?? ends.window
  const step = stepOf(meter.judgement)
  for (let i = 0; i < plan.lengths.length; i++) {
    const from = Math.floor((to - (plan.lengths[i] ?? 0)) / step) * step
    measure(meter, from, to, sums)
    const total = sums[0] ?? 0
    sums[2 + 3 * i] = total
    sums[3 + 3 * i] = sums[1] ?? 0
    const seen = total > 0 || (ends.burn !== undefined && isKnownIn(meter.coverage, from, to))
    sums[4 + 3 * i] = seen ? 0 : 1
  }
}

export function burnAt(sums: Float64Array, i: number): BurnMeasure {
  const total = sums[2 + 3 * i] ?? 0
  const bad = sums[3 + 3 * i] ?? 0
  return { counts: { good: total - bad, bad }, blind: sums[4 + 3 * i] === 1 }
}

export function countsFrom(sum: Float64Array): Counts {
  const total = sum[0] ?? 0
  const bad = sum[1] ?? 0
  return { good: total - bad, bad }
}
