import type { Labels, Range, Seconds, UnixSeconds } from '../base/index.ts'
import type {
  CoverageSpan,
  Exemplar,
  Histogram,
  IndicatorQuery,
  LedgerStep,
  Outcome,
  RequestQuery,
  Selector,
  SplitSeries,
} from '../traffic/index.ts'

/** The ledger: what was counted, what is known, and what was decided. Every write is idempotent and order-free. */
export interface Ledger extends AsyncDisposable {
  /** Resolves when all of the step is on disk. */
  readonly write: (step: LedgerStep, signal?: AbortSignal) => Promise<void>
  readonly checkpoint: (key: string) => Promise<string | undefined>
  /** Good and bad of each query and scope, one number a bucket; `range` and `width` (60 or 3,600 s) aligned. */
  readonly read: (
    queries: readonly IndicatorQuery[],
    options: { readonly range: Range; readonly width: Seconds },
  ) => Promise<readonly SplitSeries[]>
  /**
   * Which minutes were written since the cursor (by any process), by source; and the cursor to ask with next.
   * Without a cursor: nothing changed, and the cursor of now.
   */
  readonly changes: (cursor: string | undefined) => Promise<Changes>
  /** Merged spans inside the range, in order; what is not in a span was never reported. */
  readonly coverage: (sources: readonly string[], range: Range) => Promise<readonly CoverageSpan[]>
  /** Good and bad by the values of some labels, `reason` among them, most bad first. Answers "who spent it". */
  readonly breakdown: (query: IndicatorQuery, options: BreakdownOptions) => Promise<readonly Contribution[]>
  /** The same, one list for each bucket of `width` seconds, in order; the range is aligned to it. */
  readonly breakdowns: (
    query: IndicatorQuery,
    options: Omit<BreakdownOptions, 'limit'> & { readonly width: Seconds },
  ) => Promise<readonly (readonly Contribution[])[]>
  /** How many events took how long, per bucket of time: the latency heatmap. */
  readonly latency: (
    query: RequestQuery,
    options: { readonly range: Range; readonly width: Seconds },
  ) => Promise<readonly LatencyColumn[]>
  /** Every event by the values of some labels, by outcome and reason, and by stretch of time: what services had. */
  readonly traffic: (asked: TrafficAsked) => Promise<readonly TrafficGroup[]>
  /** How long the events that count took, by the values of some labels, over the whole range. */
  readonly latencyGroups: (asked: LatencyGroupsAsked) => Promise<readonly LatencyGroup[]>
  readonly exemplars: (
    query: RequestQuery,
    options: { readonly range: Range; readonly limit: number },
  ) => Promise<readonly Exemplar[]>
  readonly journal: Journal
  /** Sources seen in the ledger, with the labels and size of each. */
  readonly inventory: () => Promise<readonly SourceInventory[]>
}

export interface Changes {
  readonly cursor: string
  readonly touched: readonly (Range & { readonly source: string })[]
  /** Those of the sources of which coverage was written. */
  readonly covered: readonly string[]
}

export interface BreakdownOptions {
  readonly range: Range
  readonly by: readonly string[]
  readonly limit: number
}

export interface Contribution {
  readonly labels: Labels
  readonly good: number
  readonly bad: number
}

export interface LatencyColumn {
  readonly start: UnixSeconds
  readonly bins: readonly number[]
  readonly counts: readonly number[]
}

export interface LatencyGroupsAsked {
  readonly range: Range
  /** Absent: every source, each by itself. */
  readonly source?: string
  /** Absent: all series. Its text names it: two selectors of one text match the same. */
  readonly match?: Selector
  readonly by: readonly string[]
}

export interface TrafficAsked extends LatencyGroupsAsked {
  /** Whole minutes; the range begins on a minute. */
  readonly width: Seconds
}

/** What one group had, as its source judged it. A series beyond its source's bound has the label of the overflow. */
export interface TrafficGroup {
  readonly source: string
  readonly labels: Labels
  readonly parts: readonly {
    readonly outcome: Outcome
    readonly reason: string
    /** One whole number a bucket of the range; 0 where the ledger has no row, which says nothing about coverage. */
    readonly counts: Float64Array
  }[]
}

export interface LatencyGroup {
  readonly source: string
  readonly labels: Labels
  /** Only events whose duration is known. */
  readonly latency: Histogram
}

export interface SourceInventory {
  readonly source: string
  readonly series: number
  readonly overflowed: number
  readonly first: UnixSeconds
  readonly last: UnixSeconds
}

/** Everything that people or the service decided, append-only, in order. State is a fold over it. */
export interface Journal {
  /** Resolves when the entries are on disk, in order, after all earlier ones. */
  readonly append: (entries: readonly JournalDraft[]) => Promise<readonly JournalEntry[]>
  /** Entries after `seq`, oldest first; `newestFirst` turns that round, so that a limit keeps the newest. */
  readonly read: (
    after: number,
    options?: {
      readonly kinds?: readonly string[]
      readonly limit?: number
      readonly newestFirst?: boolean
    },
  ) => Promise<readonly JournalEntry[]>
}

export interface JournalDraft {
  readonly at: UnixSeconds
  /** `incident`, `notification`, `definition`, `annotation`, … */
  readonly kind: string
  /** Plain JSON. */
  readonly data: unknown
}

export interface JournalEntry extends JournalDraft {
  /** Counts from 1 without holes in one ledger. */
  readonly seq: number
}
