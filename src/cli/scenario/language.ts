import type { Labels, Seconds } from '../../base/index.ts'
import type { BudgetingMethod, BurnRule, Slice, Slo, Window } from '../../slo/index.ts'

/**
 * A scenario: an SLO, what its sources counted, and what is to be said of it at some instants. Plain text, one
 * statement a line, so that a test outlives every change of the engine behind it. `docs/slo-semantics.md` has the
 * language with examples.
 */
export interface Scenario {
  readonly name: string
  readonly slo: ScenarioSlo
  /** In the order they stand in. */
  readonly steps: readonly Step[]
}

/** The promise as the scenario states it. */
export interface ScenarioSlo {
  /** In percent, as written. */
  readonly target: string
  /** Bad events per million. */
  readonly allowed: number
  readonly windows: readonly Window[]
  readonly splitBy: readonly string[]
  readonly method: BudgetingMethod
  readonly slice: Slice | undefined
  readonly rules: readonly BurnRule[]
  readonly noData: Slo['noData']
  readonly minBadEvents: number
  /** Unix seconds: what instants in the scenario count from. */
  readonly start: number
}

export type Step =
  | { readonly kind: 'load'; readonly from: Seconds; readonly rows: readonly Row[] }
  | CorrectStep
  | { readonly kind: 'evaluate'; readonly at: Seconds; readonly expected: readonly Expectation[] }

export interface CorrectStep {
  readonly kind: 'correct'
  readonly how: 'exclude' | 'forgive'
  readonly from: Seconds
  readonly to: Seconds
  readonly scope: Labels
}

/** One source's minutes: each run is so many minutes of the same counts. */
export interface Row {
  readonly name: string
  readonly labels: Labels
  readonly runs: readonly Run[]
}

export interface Run {
  readonly minutes: number
  /** Undefined: nothing is known of these minutes. */
  readonly counts: { readonly good: number; readonly bad: number } | undefined
}

export interface Expectation {
  readonly line: number
  readonly scope: Labels
  /** What is asked, as words: `sli`, `left 30d`, `rate 1h`, `rule page-fast`. */
  readonly subject: readonly string[]
  /** What is to be answered, as written: `99.9%`, `burning`. */
  readonly answer: string
}

/** A fault in a scenario's text. */
export interface ScenarioProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly message: string
  readonly remedy: string
}
