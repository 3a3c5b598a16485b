import { between, type Range, ratio, type Seconds, unixSeconds } from '../base/index.ts'
import { type BudgetTerms, budgetInterval, budgetOf, exhaustionOf, leftSign } from './budget.ts'
import { type BurnMeasure, burnRate } from './burn.ts'
import { countsFrom } from './burn-windows.ts'
import { countedTime, excludedIn } from './corrections.ts'
import { countWithout, coverageOf, type MinuteCounts } from './coverage.ts'
import type { Budget, Corrected, Counts, Coverage, DataState, WindowEvaluation } from './evaluation.ts'
import { correctionsIn, type Meter, measureHeld, missingMinutes } from './measure.ts'
import { scaleOf, stepOf } from './slices.ts'
import type { BoundedWindow, Subject } from './subject.ts'

export function isUnknown(data: DataState): boolean {
  return data === 'no-data' || data === 'error'
}

/** What a window says, and the sign of what is left of its budget. */
export interface MeasuredWindow {
  readonly evaluation: WindowEvaluation
  /** Undefined when nothing is known of the window. */
  readonly left: number | undefined
  /** In whole numbers, not yet divided by the scale. */
  readonly counts: Counts
  readonly terms: BudgetTerms
}

/** What a forecast rests on: what was measured over some length. */
export interface Forecast {
  readonly pace: BurnMeasure
  readonly over: Seconds
}

export function measureWindow(
  subject: Subject,
  { window, bounds }: BoundedWindow,
  { pace, over }: Forecast,
): MeasuredWindow {
  const { meter, objective } = subject
  const { range, counts } = countWindow(meter, rangeOf(subject, bounds))
  const { length, elapsed } = countedTime(meter.segments, window, { bounds, range })
  const terms = { allowed: objective.allowed, length, elapsed, scale: scaleOf(meter.judgement) }
  const minutes = countWithout(meter.coverage, range, excludedIn(meter.segments, range))
  const coverage = coverageOf(meter.coverage, range, minutes)
  const budget = budgetOf(counts, terms)
  const sign = leftSign(counts, terms)
  const total = counts.good + counts.bad
  const data = dataState(total, minutes)
  const interval = meter.noData === 'freeze' ? intervalOf(counts, terms, coverage) : undefined
  const remaining = window.kind === 'rolling' ? undefined : between(range.to, bounds.to)
  const rate = pace.blind ? undefined : (burnRate(pace.counts, objective.allowed) ?? 0)
  return {
    left: isUnknown(data) ? undefined : sign,
    counts,
    terms,
    evaluation: {
      window: window.name,
      range,
      bounds,
      counts: shown(counts, terms.scale),
      sli: total === 0 ? undefined : ratio(counts.good / total),
      budget: interval ? { ...budget, interval } : budget,
      coverage,
      data,
      exhaustion: exhaustionOf({ share: budget.leftRatio, sign }, rate, { length, remaining }),
      pace: { over, rate },
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
  return { good: counts.good / scale, bad: counts.bad / scale }
}

/** What has gone by of a window's bounds, in whole steps that begin inside it. */
function rangeOf({ meter, ends }: Subject, bounds: Range): Range {
  const step = stepOf(meter.judgement)
  const from = Math.ceil(bounds.from / step) * step
  return { from: unixSeconds(Math.min(from, ends.window)), to: ends.window }
}

/** Counts as much of a range as is held, and says in its range how much that is. */
function countWindow(meter: Meter, range: Range): { readonly range: Range; readonly counts: Counts } {
  const sum = new Float64Array(2)
  const from = measureHeld(meter, range.from, range.to, sum)
  return { range: { from, to: range.to }, counts: countsFrom(sum) }
}

/** Events of a minute without data, where the SLO counts those: what a measured minute of the first window had. */
export function averageTraffic(subject: Subject): number {
  const { meter, slo } = subject
  const [first] = subject.windows
  if (!first || meter.noData === 'freeze') return 0
  const range = rangeOf(subject, first.bounds)
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

export function dataState(total: number, { known, partial, failed, unreported }: MinuteCounts): DataState {
  const full = partial + failed + unreported === 0
  if (full) return total > 0 ? 'measured' : 'no-traffic'
  if (known + partial > 0 || total > 0) return 'partial'
  return failed > 0 ? 'error' : 'no-data'
}
