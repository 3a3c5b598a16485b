import type { Labels, Range, Ratio, Seconds, UnixSeconds } from '../base/index.ts'
import type { BudgetCondition, BurnRule, SloId } from './definition.ts'

/** How many good and bad. Whole numbers, exact below 2^53. */
export interface Counts {
  readonly good: number
  readonly bad: number
}

/** Everything the engine says of one objective of one SLO in one scope, at one `now`. */
export interface Evaluation {
  readonly slo: SloId
  readonly objective: string
  /** The labels of the split; empty for the SLO as a whole. */
  readonly scope: Labels
  readonly now: UnixSeconds
  /** In the order of the SLO's windows; the first is the headline. */
  readonly windows: readonly WindowEvaluation[]
  /** One verdict for each rule of the policy, in its order. Windows are judged against the first window's budget. */
  readonly verdicts: readonly BurnVerdict[]
  /** One verdict for each condition of the policy, in its order; absent when it has none. */
  readonly conditions?: readonly ConditionVerdict[]
  readonly state: SloState
}

/** The judgement of one condition. */
export interface ConditionVerdict {
  readonly condition: BudgetCondition
  readonly kind: 'no-data' | 'calm' | 'met'
  /**
   * What was compared, for showing: the share spent, the seconds until the budget is gone, or the seconds since
   * anything was known. Undefined without data, and when the budget is never gone.
   */
  readonly value: number | undefined
}

/** `watch`: spending faster than even. `burning`: a rule fires. `exhausted`: nothing left. `unknown`: no data. */
export type SloState = 'ok' | 'watch' | 'burning' | 'exhausted' | 'unknown'

export interface WindowEvaluation {
  /** The window's name: `30d`. */
  readonly window: string
  /** What was looked at: whole minutes up to `now`, the running minute left out. */
  readonly range: Range
  /** The whole window, which for a calendar window reaches beyond `now`. */
  readonly bounds: Range
  /** In events, or in slices where the method works on slices. */
  readonly counts: Counts
  /** Undefined without events, which is not the same as 0 or 1. */
  readonly sli: Ratio | undefined
  readonly budget: Budget
  readonly coverage: Coverage
  readonly data: DataState
  readonly exhaustion: Exhaustion
  readonly pace: Pace
  /** Present when corrections touch the range: which, and what was measured before them. */
  readonly corrected?: Corrected
}

/** What a window said before corrections were applied. */
export interface Corrected {
  /** Ids of the corrections that touch the range, those that took nothing from it too. */
  readonly corrections: readonly string[]
  readonly counts: Counts
  readonly sli: Ratio | undefined
  readonly left: number
  readonly leftRatio: Ratio | undefined
}

/**
 * What the numbers of a window rest on. `measured`: events, and all of the time known. `no-traffic`: all of the time
 * known, and nothing happened in it. `partial`: some of the time known. `no-data`: nothing was reported. `error`:
 * what was reported is that nothing could be read.
 */
export type DataState = 'measured' | 'no-traffic' | 'partial' | 'no-data' | 'error'

/** The budget of a window; events are slices where the method works on slices. */
export interface Budget {
  /** How many bad events the window affords: allowed × total. May have a fraction; shown rounded down. */
  readonly events: number
  /** Bad events. */
  readonly spent: number
  /** `events` - `spent`; below zero when overspent. */
  readonly left: number
  /** Share of the budget that is left, at most 1, below zero when overspent. Undefined without events. */
  readonly leftRatio: Ratio | undefined
  /** The window's length × allowed: the budget as time of full outage at even traffic. Rounded down. */
  readonly time: Seconds
  /** The part of `time` that is left, by `leftRatio`, rounded down (towards less). */
  readonly timeLeft: Seconds | undefined
  /** While coverage is incomplete: what `leftRatio` would be if the unmeasured were all bad, and all good. */
  readonly interval?: { readonly low: Ratio; readonly high: Ratio }
}

/**
 * How much of the time is measured. Known, partial and missing add up to the minutes of the range, those that a
 * correction excludes left out.
 */
export interface Coverage {
  readonly minutes: number
  /** Known completely, with or without traffic. */
  readonly known: number
  readonly partial: number
  /** Known to be missing, or never reported. */
  readonly missing: number
  /** Of the missing, those that are known to be: reading failed. The rest was never reported. */
  readonly failed: number
  /** `known` / `minutes`; undefined for an empty range. */
  readonly ratio: Ratio | undefined
  /** Every minute before this one is known; undefined when the first already is not. */
  readonly completeThrough: UnixSeconds | undefined
  readonly kind: 'full' | 'partial' | 'none'
}

/** The rate that a forecast rests on: of the policy's longest short window, or of the fastest rule that fires. */
export interface Pace {
  /** Over how long it was measured. */
  readonly over: Seconds
  /** Undefined while what is known does not tell. */
  readonly rate: number | undefined
}

export type Exhaustion =
  /** Spending at or below the even pace, or not at all. */
  | { readonly kind: 'never' }
  /** Gone this many seconds from now at the present pace. */
  | { readonly kind: 'in'; readonly seconds: Seconds }
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'unknown' }

/** One side of a burn rule: what was counted over one of its windows. */
export interface BurnWindow {
  readonly length: Seconds
  readonly counts: Counts
  /** 1 empties the budget exactly at the window's end. Undefined without events. For showing. */
  readonly rate: number | undefined
  /** Whether the rate is at least the factor, compared in whole numbers. */
  readonly over: boolean
  /** The rate that is exceeded with the SLO's confidence; absent when it asks for none, or without events. */
  readonly surely?: number
}

/** The judgement of one rule, with the numbers it compared. */
export interface BurnVerdict {
  readonly rule: BurnRule
  readonly kind: 'no-data' | 'calm' | 'burning'
  /** Where both windows end: after the running minute once it has events, else where what was reported ends. */
  readonly end: UnixSeconds
  readonly long: BurnWindow
  readonly short: BurnWindow
  /** Bad events more, at this moment and traffic, that would make the rule fire; 0 while it burns. */
  readonly badUntilFiring: number | undefined
}
