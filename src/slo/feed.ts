import { HOUR, type Labels, type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Correction } from './corrections.ts'
import type { CoverageTimeline } from './coverage.ts'
import type { Window } from './definition.ts'
import type { Ends } from './ends.ts'
import type { Ranges } from './ranges.ts'
import type { HeldSeries, SeriesShape } from './series.ts'
import type { Judgement } from './slices.ts'

/** Buckets as the ledger answers them: one number a bucket. */
export interface Buckets {
  readonly start: UnixSeconds
  /** 60 or 3,600 seconds. */
  readonly width: number
  readonly good: ArrayLike<number>
  readonly bad: ArrayLike<number>
}

/**
 * All that is held of one indicator judged in one way: a series for each scope, and which time is held. Objectives
 * that judge the same events alike share a feed.
 */
export interface Feed {
  readonly indicator: string
  readonly judgement: Judgement
  readonly shape: SeriesShape
  readonly scopes: Map<string, HeldScope>
  /** Lengths of all windows that slide. */
  readonly lengths: readonly number[]
  readonly windows: readonly Window[]
  /** Where windows end; the same for all scopes. */
  readonly ends: Ends
  /** The hour for which `start`, `oldest` and `edges` hold. */
  hour: number
  /** Where the steps of the recent past begin; on an hour. */
  start: number
  /** The earliest instant that a window reaches back to, at the start of its hour. */
  oldest: number
  /** Hours before `start` whose steps are wanted, by index. */
  edges: ReadonlySet<number>
  /** Time whose steps are held. */
  steps: Ranges
  /** Time before `start` whose hours are held. */
  hours: Ranges
  /** What is known of the time: slices without events count by it, each by itself. */
  coverage: CoverageTimeline
  /** Corrections that are about the SLO. */
  corrections: readonly Correction[]
  /** Counts up when a scope appears or goes. */
  version: number
}

export interface HeldScope {
  readonly labels: Labels
  readonly key: string
  readonly series: HeldSeries
  /** What was handed over and not yet declared complete, by width: what an answer leaves out is zero. */
  readonly loaded: { minutes: Ranges; hours: Ranges }
}

export function hourRange(hour: number): Range {
  return { from: unixSeconds(hour * HOUR), to: unixSeconds((hour + 1) * HOUR) }
}

export function from(instant: number): Range {
  return { from: unixSeconds(instant), to: unixSeconds(Infinity) }
}
