import {
  between,
  type Labels,
  type Range,
  ratio,
  type Seconds,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import { type BudgetTerms, budgetInterval, budgetOf, exhaustionOf, leftSign } from './budget.ts'
import { type BurnMeasure, burnRate, burnsAbove, EVEN, judgeRule } from './burn.ts'
import { type CoverageTimeline, countMinutes, coverageOf, reportedThrough } from './coverage.ts'
import type { BurnRule, Objective, Slo, Window } from './definition.ts'
import type {
  Budget,
  BurnVerdict,
  Counts,
  Coverage,
  DataState,
  Evaluation,
  SloState,
  WindowEvaluation,
} from './evaluation.ts'
import { type Meter, measure, missingMinutes } from './measure.ts'
import { type HeldSeries, sumSteps } from './series.ts'
import { scaleOf, stepOf } from './slices.ts'
import { longestLength } from './window.ts'

/** One objective in one scope, with what it is measured from. */
export interface Subject {
  readonly slo: Slo
  readonly objective: Objective
  readonly scope: Labels
  readonly meter: Meter
  /** The bounds of the SLO's windows, in their order, that hold the end of the evaluation. */
  readonly bounds: readonly Range[]
  readonly ends: Ends
}

/** Where an evaluation's windows end. */
export interface Ends {
  /** Of the objective's windows: the last whole minute, or slice. */
  readonly window: UnixSeconds
  /** Of burn windows; undefined when too long nothing was reported. */
  readonly burn: UnixSeconds | undefined
}

/** How far behind `now` what was reported may be. */
export interface Patience {
  /** So long a minute that ended may go unreported before it counts as not known: seconds. */
  readonly settle: number
  /** So far back burn windows follow a source that reports late: seconds. */
  readonly lag: number
}

/**
 * Windows end at the last whole minute that was reported or has events, at most `settle` before now. Burn windows
 * end after the running minute once it has events, so that an outage is seen in its first minute; else where what
 * was reported ends, at most `lag` before now. Slices count when they are complete.
 */
export function endsAt(
  now: UnixSeconds,
  measured: {
    readonly series: HeldSeries | undefined
    readonly coverage: CoverageTimeline
    readonly step: number
  },
  patience: Patience,
): Ends {
  const { series, coverage, step } = measured
  const whole = Math.floor(now / step) * step
  const running = whole + step
  const reported = Math.floor((reportedThrough(coverage) ?? -Infinity) / step) * step
  const floor = Math.floor((now - patience.lag) / step) * step
  const seen = reported >= whole ? whole : Math.max(reported, lastCounted(series, floor, whole, step))
  const window = Math.max(seen, Math.floor((whole - patience.settle) / step) * step)
  const live = step === 60 && now > whole && lastCounted(series, whole, running, step) === running
  const burn = live ? running : seen
  return {
    window: unixSeconds(Math.min(window, whole)),
    burn: burn >= floor ? unixSeconds(burn) : undefined,
  }
}

/** The end of the last step of `[from, to)` that has events; minus infinity when none has. */
function lastCounted(series: HeldSeries | undefined, from: number, to: number, step: number): number {
  if (!series) return -Infinity
  const sum = new Float64Array(2)
  for (let t = to; t > from; t -= step) {
    sumSteps(series, t / step - 1, t / step, sum)
    if ((sum[0] ?? 0) > 0) return t
  }
  return -Infinity
}

/** Everything about one objective in one scope at `now`. */
export function evaluateSubject(subject: Subject, now: UnixSeconds): Evaluation {
  const { slo, objective, scope } = subject
  const average = averageTraffic(subject)
  const pace = burnMeasure(subject, paceLength(slo), average)
  const verdicts = slo.policy.rules.map((rule) => judge(subject, rule, average))
  const windows = slo.windows.map((window, i) => measureWindow(subject, { window, i, average, pace }))
  return {
    slo: slo.id,
    objective: objective.name,
    scope,
    now,
    windows: windows.map((w) => w.evaluation),
    verdicts,
    state: stateOf({
      data: windows[0]?.evaluation.data ?? 'no-data',
      left: windows[0]?.left ?? 1,
      burning: verdicts.some((verdict) => verdict.kind === 'burning'),
      fast: !pace.blind && burnsAbove(pace.counts, objective.allowed, EVEN),
    }),
  }
}

/**
 * `unknown` when nothing is known of the first window. `exhausted` once nothing is left, which is already so when
 * exactly all is spent: the objective is still met then, and the next failure breaks it.
 */
export function stateOf(facts: {
  readonly data: DataState
  readonly left: -1 | 0 | 1
  readonly burning: boolean
  readonly fast: boolean
}): SloState {
  if (facts.data === 'no-data' || facts.data === 'error') return 'unknown'
  if (facts.left <= 0) return 'exhausted'
  if (facts.burning) return 'burning'
  return facts.fast ? 'watch' : 'ok'
}

function judge(subject: Subject, rule: BurnRule, average: number): BurnVerdict {
  const judged = judgeRule(
    rule,
    { long: burnMeasure(subject, rule.long, average), short: burnMeasure(subject, rule.short, average) },
    {
      allowed: subject.objective.allowed,
      minBadEvents: subject.slo.minBadEvents,
      scale: scaleOf(subject.meter.judgement),
    },
  )
  return { ...judged, end: subject.ends.burn ?? subject.ends.window }
}

/**
 * The window whose rate tells whether spending is fast and when the budget is gone: the longest short window of the
 * policy, so that one bad minute does not make a forecast; without rules a 120th of the first window, as the six
 * hours of a 30-day policy are.
 */
export function paceLength(slo: Slo): Seconds {
  const shorts = slo.policy.rules.map((rule) => rule.short)
  if (shorts.length > 0) return seconds(Math.max(...shorts))
  const first = slo.windows[0]
  return seconds(Math.max(60, Math.floor((first ? longestLength(first) : 0) / 120 / 60) * 60))
}

function countsFrom(sum: Float64Array): Counts {
  const total = sum[0] ?? 0
  const bad = sum[1] ?? 0
  return { good: total - bad, bad }
}

/** One burn window: it ends where burn windows end and begins its length before, on a step. */
function burnMeasure({ meter, ends }: Subject, length: number, average: number): BurnMeasure {
  const to = ends.burn ?? ends.window
  const step = stepOf(meter.judgement)
  const range = { from: unixSeconds(Math.floor((to - length) / step) * step), to }
  const sum = new Float64Array(2)
  measure(meter, range, sum, average)
  const counts = countsFrom(sum)
  if (counts.good + counts.bad > 0) return { counts, blind: false }
  const { known, partial } = countMinutes(meter.coverage, range)
  return { counts, blind: ends.burn === undefined || known + partial === 0 }
}

/** What a window says, and the sign of what is left of its budget. */
interface MeasuredWindow {
  readonly evaluation: WindowEvaluation
  readonly left: -1 | 0 | 1
}

function measureWindow(
  subject: Subject,
  asked: {
    readonly window: Window
    readonly i: number
    readonly average: number
    readonly pace: BurnMeasure
  },
): MeasuredWindow {
  const { meter, objective } = subject
  const { window, average, pace } = asked
  const bounds = subject.bounds[asked.i] ?? { from: subject.ends.window, to: subject.ends.window }
  const { range, counts } = countWindow(meter, rangeOf(subject, bounds), average)
  const length = between(bounds.from, bounds.to)
  const elapsed = window.kind === 'rolling' ? length : between(range.from, range.to)
  const terms = { allowed: objective.allowed, length, elapsed, scale: scaleOf(meter.judgement) }
  const coverage = coverageOf(meter.coverage, range)
  const budget = budgetOf(counts, terms)
  const left = leftSign(counts, terms)
  const total = counts.good + counts.bad
  const interval = meter.noData === 'freeze' ? intervalOf(counts, terms, coverage) : undefined
  const remaining = window.kind === 'rolling' ? undefined : between(range.to, bounds.to)
  const rate = pace.blind ? undefined : (burnRate(pace.counts, objective.allowed) ?? 0)
  return {
    left,
    evaluation: {
      window: window.name,
      range,
      bounds,
      counts: { good: counts.good / terms.scale, bad: counts.bad / terms.scale },
      sli: total === 0 ? undefined : ratio(counts.good / total),
      budget: interval ? { ...budget, interval } : budget,
      coverage,
      data: dataState(total, coverage, countMinutes(meter.coverage, range).failed),
      exhaustion: exhaustionOf({ share: budget.leftRatio, sign: left }, rate, { length, remaining }),
    },
  }
}

/** What has gone by of a window's bounds, in whole steps that begin inside it. */
function rangeOf({ meter, ends }: Subject, bounds: Range): Range {
  const step = stepOf(meter.judgement)
  const from = Math.ceil(bounds.from / step) * step
  return { from: unixSeconds(Math.min(from, ends.window)), to: ends.window }
}

/**
 * Counts a range. Where only whole hours are held at its beginning it begins at the next hour instead, and says so
 * in its range: what is said of a range is always exact.
 */
function countWindow(
  meter: Meter,
  range: Range,
  average: number,
): { readonly range: Range; readonly counts: Counts } {
  const sum = new Float64Array(2)
  if (measure(meter, range, sum, average)) return { range, counts: countsFrom(sum) }
  const next = Math.min(range.to, Math.ceil(range.from / 3600) * 3600)
  const shorter = { from: unixSeconds(next), to: range.to }
  measure(meter, shorter, sum, average)
  return { range: shorter, counts: countsFrom(sum) }
}

/** Events of a minute without data, where the SLO counts those: what a measured minute of the first window had. */
function averageTraffic(subject: Subject): number {
  const { meter, ends, slo } = subject
  if (meter.noData === 'freeze' || meter.judgement.kind !== 'events') return 0
  const range = rangeOf(subject, subject.bounds[0] ?? { from: ends.window, to: ends.window })
  const { counts } = countWindow({ ...meter, noData: 'freeze' }, range, 0)
  const minutes = (range.to - range.from) / 60 - missingMinutes(meter.coverage, range)
  const average = minutes > 0 ? (counts.good + counts.bad) / minutes : 0
  // With nothing to take an average from, a minute that counts as bad still has to weigh something.
  return average > 0 || slo.noData === 'good' ? average : 1
}

function intervalOf(counts: Counts, terms: BudgetTerms, coverage: Coverage): Budget['interval'] {
  return budgetInterval(counts, terms, {
    measured: coverage.known + coverage.partial,
    unmeasured: coverage.partial + coverage.missing,
  })
}

function dataState(total: number, coverage: Coverage, failed: number): DataState {
  if (coverage.kind === 'full') return total > 0 ? 'measured' : 'no-traffic'
  if (coverage.kind === 'partial' || total > 0) return 'partial'
  return failed > 0 ? 'error' : 'no-data'
}
