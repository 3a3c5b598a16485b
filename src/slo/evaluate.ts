import { MINUTE, type UnixSeconds } from '../base/index.ts'
import { type BurnMeasure, type BurnTerms, burnRate, burnsAbove, EVEN, judgeRule } from './burn.ts'
import { burnAt, measureBurns, type PlannedRule } from './burn-windows.ts'
import { judgeCondition } from './conditions.ts'
import { knownThrough } from './coverage.ts'
import type { Objective } from './definition.ts'
import type { BurnVerdict, ConditionVerdict, Evaluation, SloState } from './evaluation.ts'
import { averageTraffic, type Forecast, type MeasuredWindow, measureWindow } from './measured-window.ts'
import { scaleOf } from './slices.ts'
import type { Subject } from './subject.ts'

/** Everything about one objective in one scope at `now`. `sums` is room that is written over. */
export function evaluateSubject(subject: Subject, now: UnixSeconds, sums: Float64Array): Evaluation {
  const { slo, objective, scope, meter, plan } = subject
  meter.average = averageTraffic(subject)
  measureBurns(subject, sums)
  const pace = burnAt(sums, plan.pace)
  const terms = burnTermsOf(subject)
  const verdicts = plan.rules.map((planned) => judgePlanned(planned, sums, terms))
  const over = plan.lengths[plan.pace] ?? MINUTE
  const forecast = fastest({ pace, over }, verdicts, objective)
  const windows = subject.windows.map((window) => measureWindow(subject, window, forecast))
  const [first] = windows
  return {
    slo: slo.id,
    objective: objective.name,
    scope,
    now,
    windows: windows.map((w) => w.evaluation),
    verdicts,
    ...conditionsOf(subject, first, now),
    state: stateOf(
      first?.left,
      verdicts.some((verdict) => verdict.kind === 'burning'),
      burnsAbove(pace.counts, objective.allowed, EVEN),
    ),
  }
}

/** What the rules of a subject are judged by, after it was measured. */
export function burnTermsOf({ slo, objective, meter, ends }: Subject): BurnTerms {
  return {
    allowed: objective.allowed,
    minBadEvents: slo.minBadEvents,
    confidence: slo.confidence,
    scale: scaleOf(meter.judgement),
    end: ends.burn ?? ends.window,
  }
}

/** The verdict of one rule on what was measured. */
export function judgePlanned(planned: PlannedRule, sums: Float64Array, terms: BurnTerms): BurnVerdict {
  return judgeRule(
    planned.rule,
    { long: burnAt(sums, planned.long), short: burnAt(sums, planned.short) },
    terms,
  )
}

function conditionsOf(
  subject: Subject,
  first: MeasuredWindow | undefined,
  now: UnixSeconds,
): { readonly conditions?: readonly ConditionVerdict[] } {
  const conditions = subject.slo.policy.conditions ?? []
  if (!first || conditions.length === 0) return {}
  const { evaluation, terms, counts, left } = first
  const facts = {
    unknown: left === undefined,
    counts,
    terms,
    exhaustion: evaluation.exhaustion,
    blindFor: blindFor(subject, now),
    settle: subject.settle,
  }
  return { conditions: conditions.map((condition) => judgeCondition(condition, facts)) }
}

/** Seconds since anything was known; undefined when nothing ever was. */
export function blindFor({ meter }: Subject, now: UnixSeconds): number | undefined {
  const known = knownThrough(meter.coverage)
  return known === undefined ? undefined : Math.max(0, Math.floor(now / 60) * 60 - known)
}

/**
 * `unknown` when nothing is known of the first window, whose sign of what is left is undefined then. `exhausted` once
 * nothing is left, which is already so when exactly all is spent: the objective is still met then, and the next failure
 * breaks it.
 */
export function stateOf(left: number | undefined, burning: boolean, fast: boolean): SloState {
  if (left === undefined) return 'unknown'
  if (left <= 0) return 'exhausted'
  if (burning) return 'burning'
  return fast ? 'watch' : 'ok'
}

/**
 * What a forecast rests on: the pace, or while rules fire the long window of the fastest of them, where that burns
 * faster. In an incident people ask how long the budget lasts if it goes on like this.
 */
function fastest(usual: Forecast, verdicts: readonly BurnVerdict[], { allowed }: Objective): Forecast {
  const rateOf = ({ blind, counts }: BurnMeasure): number => (blind ? 0 : (burnRate(counts, allowed) ?? 0))
  let found = usual
  for (const { kind, long } of verdicts) {
    if (kind !== 'burning') continue
    const pace = { counts: long.counts, blind: false }
    if (rateOf(pace) > rateOf(found.pace)) found = { pace, over: long.length }
  }
  return found
}
