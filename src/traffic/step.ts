import type { Labels, Range, Seconds, UnixSeconds } from '../base/index.ts'
import type { Exemplar, TrafficRow } from './model.ts'

/**
 * What a collector hands to the ledger at once. All of it is durable when the write resolves, and counts and
 * checkpoints become durable together: after a crash either both are there or neither.
 *
 * A row is the whole count of (series, outcome, reason, minute, writer) at this revision; a lower revision that
 * arrives later changes nothing. So a step may be written again, and steps may arrive in any order.
 */
export interface LedgerStep {
  /** Who counts: one run of one collector, or the source itself when it is re-read. Totals are sums over writers. */
  readonly writer: string
  /** A whole number that never falls for one writer. */
  readonly revision: number
  readonly traffic: readonly TrafficRow[]
  readonly counts?: readonly CountRow[]
  readonly coverage?: readonly CoverageSpan[]
  readonly exemplars?: readonly Exemplar[]
  /** Under different keys. */
  readonly checkpoints?: readonly Checkpoint[]
  /**
   * In whose name the checkpoints are kept when not in the writer's: one that outlives its writers, so that a key has
   * one value in the ledger however many writers said one. The revision then rises over all steps of the keeper.
   */
  readonly keeper?: string
  /** A re-read of a stretch: rows of this writer inside it that are not in `traffic` or `counts` become zero. */
  readonly replaces?: Range
}

/** Where a collector goes on after a restart. The key names the collector and what it reads; the value is its own. */
export interface Checkpoint {
  readonly key: string
  readonly value: string
}

/** Good and total of one minute, from a source that answers with counts. */
export interface CountRow {
  /** `ExternalQuery.key`. */
  readonly key: string
  readonly source: string
  readonly labels: Labels
  readonly minute: UnixSeconds
  /** Whole and at least zero. */
  readonly value: number
}

/** What is known of a source over a stretch of whole minutes. Unreported time is missing, never zero. */
export interface CoverageSpan extends Range {
  readonly source: string
  readonly state: 'known' | 'partial' | 'missing'
  /** Why it is not known, for people: `connection refused by 10.0.0.7:9901`. Empty when known. */
  readonly reason: string
}

/** What the ledger answers for one scope of one indicator query: one number for each bucket of the range asked. */
export interface SplitSeries {
  /** `IndicatorQuery.id`. */
  readonly query: string
  readonly scope: Labels
  readonly start: UnixSeconds
  readonly width: Seconds
  /** Whole numbers; 0 where the ledger has no row, which says nothing about coverage. */
  readonly good: Float64Array
  readonly bad: Float64Array
}
