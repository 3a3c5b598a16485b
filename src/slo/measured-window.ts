import { between, type Range, ratio, type Seconds, unixSeconds } from '../base/index.ts'
import { type BudgetTerms, budgetInterval, budgetOf, exhaustionOf, leftSign } from './budget.ts'
import { type BurnMeasure, burnRate } from './burn.ts'
import { countsFrom } from './burn-windows.ts'
import { countedTime, excludedIn } from './corrections.ts'
import { countWithout, coverageOf, type MinuteCounts } from './coverage.ts'
import type { Window } from './definition.ts'
import type { Budget, Corrected, Counts, Coverage, DataState, WindowEvaluation } from './evaluation.ts'
import { correctionsIn, type Meter, measure, missingMinutes } from './measure.ts'
import { scaleOf, stepOf } from './slices.ts'
import type { Subject } from './subject.ts'

export function isUnknown(data: DataState | undefined): boolean {
  return data === undefined || data === 'no-data' || data === 'error'
}

/** What a window says, and the sign of what is left of its budget. */
export interface MeasuredWindow {
  readonly evaluation: WindowEvaluation
  readonly left: -1 | 0 | 1
  /** In whole numbers, not yet divided by the scale. */
  readonly counts: Counts
  readonly terms: BudgetTerms
}

export function measureWindow(
  subject: Subject,
  asked: { readonly window: Window; readonly i: number; readonly pace: BurnMeasure; readonly over: Seconds },
): MeasuredWindow {
  const { meter, objective } = subject
  const { window, pace, over } = asked
  const bounds = subject.bounds[asked.i] ?? { from: subject.ends.window, to: subject.ends.window }
  const { range, counts } = countWindow(meter, rangeOf(subject, bounds))
  const { length, elapsed } = countedTime(meter.segments, window, { bounds, range })
  const terms = { allowed: objective.allowed, length, elapsed, scale: scaleOf(meter.judgement) }
  const minutes = countWithout(meter.coverage, range, excludedIn(meter.segments, range))
  const coverage = coverageOf(meter.coverage, range, minutes)
  const budget = budgetOf(counts, terms)
  const left = leftSign(counts, terms)
  const total = counts.good + counts.bad
  const interval = meter.noData === 'freeze' ? intervalOf(counts, terms, coverage) : undefined
  const remaining = window.kind === 'rolling' ? undefined : between(range.to, bounds.to)
  const rate = pace.blind ? undefined : (burnRate(pace.counts, objective.allowed) ?? 0)
  return {
    left,
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
      data: dataState(total, minutes),
      exhaustion: exhaustionOf({ share: budget.leftRatio, sign: left }, rate, { length, remaining }),
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
export function averageTraffic(subject: Subject): number {
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

export function dataState(total: number, { known, partial, failed, unreported }: MinuteCounts): DataState {
  const full = partial + failed + unreported === 0
  if (full) return total > 0 ? 'measured' : 'no-traffic'
  if (known + partial > 0 || total > 0) return 'partial'
  return failed > 0 ? 'error' : 'no-data'
}
