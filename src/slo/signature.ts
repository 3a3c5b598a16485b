import { type UnixSeconds, unixSeconds } from '../base/index.ts'
import { leftSign } from './budget.ts'
import { compareBurn, EVEN, isSurelyOver } from './burn.ts'
import { countsFrom, measureBurns } from './burn-windows.ts'
import { countedTime, excludedIn } from './corrections.ts'
import { countWithout } from './coverage.ts'
import type { Objective, Rational, Slo } from './definition.ts'
import { blindnessOf, evaluateSubject, stateOf } from './evaluate.ts'
import type { SloState } from './evaluation.ts'
import { measure } from './measure.ts'
import { averageTraffic, dataState, isUnknown } from './measured-window.ts'
import { scaleOf, stepOf } from './slices.ts'
import type { Subject } from './subject.ts'

const STATES: readonly SloState[] = ['ok', 'watch', 'burning', 'exhausted', 'unknown']

/**
 * State and verdicts as one number: two evaluations with the same number say the same, but for their figures. Where
 * there are conditions they are judged with everything else; else nothing is built.
 */
export function signatureOf(subject: Subject, now: UnixSeconds, sums: Float64Array): number {
  const signature = burnSignature(subject, sums)
  const asked = subject.slo.policy.conditions
  if (!asked) return signature
  // Most policies ask only whether anything is known, which takes no budget to answer.
  const { conditions = [] } = asked.every(({ kind }) => kind === 'blind')
    ? { conditions: blindnessOf(subject, now) }
    : evaluateSubject(subject, now, sums)
  return conditions.reduce(
    (all, { kind }) => all * 3 + (kind === 'met' ? 1 : kind === 'calm' ? 0 : 2),
    signature,
  )
}

/** State and burn verdicts as one number, by the same arithmetic as `evaluateSubject`, without building anything. */
function burnSignature(subject: Subject, sums: Float64Array): number {
  const { slo, objective, meter, plan } = subject
  meter.average = averageTraffic(subject)
  measureBurns(subject, sums)
  const { rules } = slo.policy
  const scale = scaleOf(meter.judgement)
  const floor = slo.minBadEvents * scale
  let burning = false
  let signature = 0
  for (let i = 0; i < rules.length; i++) {
    const factor = rules[i]?.factor ?? EVEN
    const long = 2 + 3 * (plan.long[i] ?? 0)
    const short = 2 + 3 * (plan.short[i] ?? 0)
    const blind = sums[long + 2] === 1 || sums[short + 2] === 1
    const over = isOver(sums, short, objective, factor) && isOver(sums, long, objective, factor)
    const enough = (sums[long + 1] ?? 0) >= floor
    const fires = !blind && over && enough && isSure(slo, objective, { sums, at: long, factor, scale })
    if (fires) burning = true
    signature = signature * 3 + (blind ? 2 : fires ? 1 : 0)
  }
  const pace = 2 + 3 * plan.pace
  const fast = compareBurn(sums[pace + 1] ?? 0, sums[pace] ?? 0, objective.allowed, EVEN) > 0
  const { unknown, left } = measureLeft(subject, sums)
  return signature * STATES.length + STATES.indexOf(stateOf({ unknown, left, burning, fast }))
}

function isOver(sums: Float64Array, at: number, objective: Objective, factor: Rational): boolean {
  return compareBurn(sums[at + 1] ?? 0, sums[at] ?? 0, objective.allowed, factor) >= 0
}

/** Whether the rule's rate is high enough with the confidence that the SLO asks for. */
function isSure(
  slo: Slo,
  objective: Objective,
  burn: {
    readonly sums: Float64Array
    readonly at: number
    readonly factor: Rational
    readonly scale: number
  },
): boolean {
  if (slo.confidence === undefined) return true
  const total = (burn.sums[burn.at] ?? 0) / burn.scale
  const bad = (burn.sums[burn.at + 1] ?? 0) / burn.scale
  return isSurelyOver({ good: total - bad, bad }, { ...objective, confidence: slo.confidence }, burn.factor)
}

/** The first window's sign of what is left, and whether anything is known of it. */
function measureLeft(
  subject: Subject,
  sum: Float64Array,
): { readonly unknown: boolean; readonly left: -1 | 0 | 1 } {
  const { meter, objective, slo, ends } = subject
  const bounds = subject.bounds[0]
  if (!bounds) return { unknown: true, left: 1 }
  const step = stepOf(meter.judgement)
  const to = ends.window
  let from = Math.min(Math.ceil(bounds.from / step) * step, to)
  if (!measure(meter, from, to, sum)) {
    from = Math.min(to, Math.ceil(from / 3600) * 3600)
    measure(meter, from, to, sum)
  }
  const total = sum[0] ?? 0
  const window = slo.windows[0]
  const range = { from: unixSeconds(from), to }
  // All of a rolling window has gone by: its budget is spent when it burned at the even pace.
  const left =
    window?.kind === 'rolling'
      ? leftAgainst(compareBurn(sum[1] ?? 0, total, objective.allowed, EVEN))
      : leftSign(countsFrom(sum), {
          allowed: objective.allowed,
          scale: 1,
          ...countedTime(meter.segments, window, { bounds, range }),
        })
  if (total > 0) return { unknown: false, left }
  return {
    unknown: isUnknown(dataState(0, countWithout(meter.coverage, range, excludedIn(meter.segments, range)))),
    left,
  }
}

/** The sign of what is left from that of the rate against the even pace. */
function leftAgainst(rate: -1 | 0 | 1): -1 | 0 | 1 {
  return rate > 0 ? -1 : rate < 0 ? 1 : 0
}
