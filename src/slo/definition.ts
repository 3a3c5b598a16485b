import type { PerMillion, Ratio, Seconds } from '../base/index.ts'

/**
 * The identity of an SLO, which history and incidents hang on: `metadata.name`, or `nines.dev/id` when the SLO
 * was renamed.
 */
export type SloId = string

/** The promise, as the engine holds it: a service's indicator with its objectives, windows and policies. */
export interface Slo {
  readonly id: SloId
  /** `metadata.name` as it is written today. */
  readonly name: string
  readonly displayName: string
  readonly service: string
  readonly description: string
  readonly method: BudgetingMethod
  /** At least one. */
  readonly objectives: readonly Objective[]
  /** At least one; the first is the one that headlines and burn rules are about. */
  readonly windows: readonly Window[]
  readonly policy: BurnPolicy
  /**
   * Label names the SLO is also evaluated by, widest first; each prefix is a level of its own (by cloud, then by cloud
   * and region). Empty: only as a whole.
   */
  readonly splitBy: readonly string[]
  /** What a minute without data counts as. `freeze`: neither; the budget becomes an interval. */
  readonly noData: 'freeze' | 'good' | 'bad'
  /** A burn rule fires only with at least this many bad events in its long window; 0: no floor. */
  readonly minBadEvents: number
  /**
   * A burn rule fires only when the rate over its long window is at least the factor with this confidence (0.95), by
   * the number of events it was measured from. For services with little traffic. Absent: the measured rate alone.
   */
  readonly confidence?: Ratio
  /** The DataSources whose coverage the numbers rest on. */
  readonly sources: readonly string[]
}

export type BudgetingMethod = 'occurrences' | 'timeslices' | 'ratio-timeslices'

export interface Objective {
  /** Unique within the SLO: its index, or what `displayName` says, made a slug. */
  readonly name: string
  readonly displayName: string
  /** As people wrote it, in percent: `99.9`. For showing. */
  readonly target: string
  /** Bad events per million that the target leaves. What is compared. 99.9 % leaves 1,000. */
  readonly allowed: PerMillion
  /** Which indicator query gives this objective's counts. */
  readonly indicator: string
  /** Present when the method works on slices. */
  readonly slice?: Slice
  /** OpenSLO's `compositeWeight`: a multiplier, not a share. 1 unless written, as an exact fraction. */
  readonly weight: Rational
}

export interface Slice {
  /** A divisor or multiple of a minute's whole number: 60 s and up. */
  readonly width: Seconds
  /** A slice is good when at most this many per million of its events are bad. Only for `timeslices`. */
  readonly allowed?: PerMillion
}

/** An exact fraction of two whole numbers, `den` above zero: 14.4 is 144/10. */
export interface Rational {
  readonly num: number
  readonly den: number
}

/** The time that the objective looks at. Half-open. */
export type Window =
  | { readonly kind: 'rolling'; readonly name: string; readonly length: Seconds }
  | CalendarWindow

/**
 * Windows that follow each other by the wall clock of a zone: boundary k is `start` + k × `count` units, computed
 * from the start each time, and valid before it too.
 */
export interface CalendarWindow {
  readonly kind: 'calendar'
  readonly name: string
  readonly unit: 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'
  readonly count: number
  /** Wall clock of one boundary, `YYYY-MM-DD HH:MM:SS`, in `zone`. */
  readonly start: string
  /** IANA name: `Asia/Tokyo`. */
  readonly zone: string
}

/** `page`: somebody looks now. `ticket`: somebody looks today. */
export type Severity = 'page' | 'ticket'

/** A named list of burn rules, data with its source. */
export interface BurnPolicy {
  readonly name: string
  /** Where the numbers come from: a URL or a sentence. */
  readonly source: string
  readonly rules: readonly BurnRule[]
  /** What is alerted about besides burn rates; absent: nothing. */
  readonly conditions?: readonly BudgetCondition[]
}

/** Something about the first window's budget, or about what is known, that people want to be told. */
export type BudgetCondition = {
  /** Unique within the policy. */
  readonly name: string
  readonly severity: Severity
} & (
  | { readonly kind: 'spent' /** At least this part of the budget is spent. */; readonly share: PerMillion }
  | { readonly kind: 'exhausted' }
  | {
      readonly kind: 'exhausts-within' /** At the present pace the budget is gone by then. */
      readonly within: Seconds
    }
  | {
      readonly kind: 'blind'
      /** Nothing has been known for so long that a full outage would have burned this part of the budget. */
      readonly share: PerMillion
    }
)

/** Fires while the burn rate over both windows is at least the factor. */
export interface BurnRule {
  /** Unique within the policy: `page-fast`. */
  readonly name: string
  readonly severity: Severity
  readonly long: Seconds
  readonly short: Seconds
  readonly factor: Rational
  /** How long both windows must have burned before the rule fires; 0 in the SRE workbook's policies. */
  readonly after: Seconds
}
