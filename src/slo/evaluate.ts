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
import { type BurnMeasure, burnRate, burnsAbove, compareBurn, EVEN, judgeRule } from './burn.ts'
import { type CoverageTimeline, countMinutes, coverageOf, reportedThrough } from './coverage.ts'
import type { BurnRule, Objective, Rational, Slo, Window } from './definition.ts'
import type {
  Budget,
  BurnVerdict,
  Corrected,
  Counts,
  Coverage,
  DataState,
  Evaluation,
  SloState,
  WindowEvaluation,
} from './evaluation.ts'
import { correctionsIn, excludedIn, type Meter, measure, missingMinutes } from './measure.ts'
import { type HeldSeries, sumSteps } from './series.ts'
import { scaleOf, stepOf } from './slices.ts'
import { longestLength } from './window.ts'

/** One objective in one scope, with what it is measured from. Moved on from one evaluation to the next. */
export interface Subject {
  readonly slo: Slo
  readonly objective: Objective
  readonly scope: Labels
  readonly meter: Meter
  /** The bounds of the SLO's windows, in their order, that hold the end of the evaluation. */
  bounds: readonly Range[]
  ends: Ends
  /** Of the verdicts and the state when `changed` last looked; -1 before. */
  signature: number
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
  // From the newest back: the first look finds it while events arrive.
  for (let t = to; t > from; t -= step) {
    sumSteps(series, t / step - 1, t / step, sum)
    if ((sum[0] ?? 0) > 0) return t
  }
  return -Infinity
}

/** Everything about one objective in one scope at `now`. */
export function evaluateSubject(subject: Subject, now: UnixSeconds): Evaluation {
  const { slo, objective, scope, meter } = subject
  meter.average = averageTraffic(subject)
  const pace = burnMeasure(subject, paceLength(slo))
  const verdicts = slo.policy.rules.map((rule) => judge(subject, rule))
  const windows = slo.windows.map((window, i) => measureWindow(subject, { window, i, pace }))
  return {
    slo: slo.id,
    objective: objective.name,
    scope,
    now,
    windows: windows.map((w) => w.evaluation),
    verdicts,
    state: stateOf({
      unknown: isUnknown(windows[0]?.evaluation.data),
      left: windows[0]?.left ?? 1,
      burning: verdicts.some((verdict) => verdict.kind === 'burning'),
      fast: !pace.blind && burnsAbove(pace.counts, objective.allowed, EVEN),
    }),
  }
}

function isUnknown(data: DataState | undefined): boolean {
  return data === undefined || data === 'no-data' || data === 'error'
}

const STATES: readonly SloState[] = ['ok', 'watch', 'burning', 'exhausted', 'unknown']

/**
 * State and verdicts as one number, by the same arithmetic as `evaluateSubject` and without building anything: two
 * evaluations with the same number say the same, but for their figures.
 */
export function signatureOf(subject: Subject, sum: Float64Array): number {
  const { slo, objective, meter } = subject
  meter.average = averageTraffic(subject)
  let burning = false
  let signature = 0
  const { rules } = slo.policy
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]
    if (!rule) continue
    const floor = slo.minBadEvents * scaleOf(meter.judgement)
    let blind = !measureBurn(subject, rule.long, sum)
    const long = (sum[1] ?? 0) >= floor && isOver(sum, objective, rule.factor)
    if (!measureBurn(subject, rule.short, sum)) blind = true
    const fires = !blind && long && isOver(sum, objective, rule.factor)
    if (fires) burning = true
    signature = signature * 3 + (blind ? 2 : fires ? 1 : 0)
  }
  const seen = measureBurn(subject, paceLength(slo), sum)
  const fast = seen && compareBurn(sum[1] ?? 0, sum[0] ?? 0, objective.allowed, EVEN) > 0
  const { unknown, left } = measureLeft(subject, sum)
  return signature * STATES.length + STATES.indexOf(stateOf({ unknown, left, burning, fast }))
}

function isOver(sum: Float64Array, objective: Objective, factor: Rational): boolean {
  return compareBurn(sum[1] ?? 0, sum[0] ?? 0, objective.allowed, factor) >= 0
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
  const counts = countsFrom(sum)
  const length = between(bounds.from, bounds.to)
  const elapsed = slo.windows[0]?.kind === 'rolling' ? length : seconds(to - from)
  const left = leftSign(counts, { allowed: objective.allowed, length, elapsed, scale: 1 })
  if (counts.good + counts.bad > 0) return { unknown: false, left }
  const range = { from: unixSeconds(from), to }
  return {
    unknown: isUnknown(dataState(0, coverageOf(meter.coverage, range, excludedIn(meter, range)))),
    left,
  }
}

/**
 * `unknown` when nothing is known of the first window. `exhausted` once nothing is left, which is already so when
 * exactly all is spent: the objective is still met then, and the next failure breaks it.
 */
export function stateOf(facts: {
  readonly unknown: boolean
  readonly left: -1 | 0 | 1
  readonly burning: boolean
  readonly fast: boolean
}): SloState {
  if (facts.unknown) return 'unknown'
  if (facts.left <= 0) return 'exhausted'
  if (facts.burning) return 'burning'
  return facts.fast ? 'watch' : 'ok'
}

function judge(subject: Subject, rule: BurnRule): BurnVerdict {
  const judged = judgeRule(
    rule,
    { long: burnMeasure(subject, rule.long), short: burnMeasure(subject, rule.short) },
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
  let longest = 0
  for (const rule of slo.policy.rules) if (rule.short > longest) longest = rule.short
  if (longest > 0) return seconds(longest)
  const first = slo.windows[0]
  return seconds(Math.max(60, Math.floor((first ? longestLength(first) : 0) / 120 / 60) * 60))
}

function countsFrom(sum: Float64Array): Counts {
  const total = sum[0] ?? 0
  const bad = sum[1] ?? 0
  return { good: total - bad, bad }
}

/**
 * Writes one burn window into `sum`: it ends where burn windows end and begins its length before, on a step. False
 * when nothing is known of it and nothing was counted in it.
 */
function measureBurn({ meter, ends }: Subject, length: number, sum: Float64Array): boolean {
  const to = ends.burn ?? ends.window
  const step = stepOf(meter.judgement)
  const from = Math.floor((to - length) / step) * step
  measure(meter, from, to, sum)
  if ((sum[0] ?? 0) > 0) return true
  if (ends.burn === undefined) return false
  const { known, partial } = countMinutes(meter.coverage, { from: unixSeconds(from), to })
  return known + partial > 0
}

function burnMeasure(subject: Subject, length: number): BurnMeasure {
  const sum = new Float64Array(2)
  const seen = measureBurn(subject, length, sum)
  return { counts: countsFrom(sum), blind: !seen }
}

/** What a window says, and the sign of what is left of its budget. */
interface MeasuredWindow {
  readonly evaluation: WindowEvaluation
  readonly left: -1 | 0 | 1
}

function measureWindow(
  subject: Subject,
  asked: { readonly window: Window; readonly i: number; readonly pace: BurnMeasure },
): MeasuredWindow {
  const { meter, objective } = subject
  const { window, pace } = asked
  const bounds = subject.bounds[asked.i] ?? { from: subject.ends.window, to: subject.ends.window }
  const { range, counts } = countWindow(meter, rangeOf(subject, bounds))
  const length = between(bounds.from, bounds.to)
  const elapsed = window.kind === 'rolling' ? length : between(range.from, range.to)
  const terms = { allowed: objective.allowed, length, elapsed, scale: scaleOf(meter.judgement) }
  const coverage = coverageOf(meter.coverage, range, excludedIn(meter, range))
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
      counts: shown(counts, terms.scale),
      sli: total === 0 ? undefined : ratio(counts.good / total),
      budget: interval ? { ...budget, interval } : budget,
      coverage,
      data: dataState(total, coverage),
      exhaustion: exhaustionOf({ share: budget.leftRatio, sign: left }, rate, { length, remaining }),
      ...correctedOf(meter, range, terms),
    },
  }
}

/** What the range said before corrections; nothing when none touches it. */
function correctedOf(meter: Meter, range: Range, terms: BudgetTerms): { readonly corrected?: Corrected } {
  const corrections = correctionsIn(meter, range)
  if (corrections.length === 0) return {}
  const { counts } = countWindow({ ...meter, segments: [] }, range)
  const { left, leftRatio } = budgetOf(counts, terms)
  const total = counts.good + counts.bad
  return {
    corrected: {
      corrections,
      counts: shown(counts, terms.scale),
      sli: total === 0 ? undefined : ratio(counts.good / total),
      left,
      leftRatio,
    },
  }
}

function shown(counts: Counts, scale: number): Counts {
  return scale === 1 ? counts : { good: counts.good / scale, bad: counts.bad / scale }
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
function countWindow(meter: Meter, range: Range): { readonly range: Range; readonly counts: Counts } {
  const sum = new Float64Array(2)
  if (measure(meter, range.from, range.to, sum)) return { range, counts: countsFrom(sum) }
  const next = Math.min(range.to, Math.ceil(range.from / 3600) * 3600)
  const shorter = { from: unixSeconds(next), to: range.to }
  measure(meter, shorter.from, shorter.to, sum)
  return { range: shorter, counts: countsFrom(sum) }
}

/** Events of a minute without data, where the SLO counts those: what a measured minute of the first window had. */
function averageTraffic(subject: Subject): number {
  const { meter, ends, slo } = subject
  if (meter.noData === 'freeze' || meter.judgement.kind !== 'events') return 0
  const range = rangeOf(subject, subject.bounds[0] ?? { from: ends.window, to: ends.window })
  const { counts } = countWindow({ ...meter, noData: 'freeze' }, range)
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

function dataState(total: number, coverage: Coverage): DataState {
  if (coverage.kind === 'full') return total > 0 ? 'measured' : 'no-traffic'
  if (coverage.kind === 'partial' || total > 0) return 'partial'
  return coverage.failed > 0 ? 'error' : 'no-data'
}
