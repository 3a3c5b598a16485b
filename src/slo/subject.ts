import type { Labels, Range } from '../base/index.ts'
import type { BurnPlan } from './burn-windows.ts'
import type { Correction } from './corrections.ts'
import type { Objective, Slo, Window } from './definition.ts'
import type { Ends } from './ends.ts'
import type { Meter } from './measure.ts'

export interface BoundedWindow {
  readonly window: Window
  readonly bounds: Range
}

/** One objective in one scope, with what it is measured from. Moved on from one evaluation to the next. */
export interface Subject {
  readonly slo: Slo
  readonly objective: Objective
  readonly scope: Labels
  readonly meter: Meter
  readonly plan: BurnPlan
  /** The SLO's windows, in their order, with the bounds that hold the end of the evaluation. */
  windows: readonly BoundedWindow[]
  /** Those that `meter.segments` were worked out from. */
  corrections: readonly Correction[]
  readonly ends: Ends
  /** So long a minute that ended may go unreported before it counts as not known: seconds. */
  readonly settle: number
  /** The verdicts of the rules, the state, and those of the conditions when `changed` last looked; empty before. */
  readonly said: string[]
}
