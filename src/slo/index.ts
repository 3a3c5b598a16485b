export { budgetOf, exhaustionOf, floorPercent } from './budget.ts'
export {
  badUntilFiring,
  burnRate,
  burnsAtLeast,
  detectionSeconds,
  factorFor,
  judgeRule,
  scalePolicy,
  scaleRule,
  shortFor,
  spentWhenFiring,
} from './burn.ts'
export { calendarBoundary, instantsIn, isZone, wallTime } from './calendar.ts'
export {
  type Composite,
  type CompositePart,
  compositeBuckets,
  compositeOf,
  worstSlices,
} from './composite.ts'
export { type Correction, type CorrectionProblem, correctionProblem } from './corrections.ts'
export type { KnownSpan } from './coverage.ts'
export type {
  BudgetCondition,
  BudgetingMethod,
  BurnPolicy,
  BurnRule,
  CalendarWindow,
  Objective,
  Rational,
  Severity,
  Slice,
  Slo,
  SloId,
  Window,
} from './definition.ts'
export type {
  Budget,
  BurnVerdict,
  BurnWindow,
  ConditionVerdict,
  Corrected,
  Counts,
  Coverage,
  DataState,
  Evaluation,
  Exhaustion,
  Pace,
  SloState,
  WindowEvaluation,
} from './evaluation.ts'
export type { Buckets } from './feed.ts'
export {
  type History,
  type HistoryOptions,
  history,
  historyReads,
  type Projection,
  type RuleHistory,
  replayHistory,
  type ScopedBuckets,
} from './history.ts'
export { apportion, attributionOf } from './journey/attribution.ts'
export { availabilityOf, type Sensitivity, sensitivityOf } from './journey/availability.ts'
export { type Feasibility, feasibilityOf } from './journey/feasibility.ts'
export type { Waiting } from './journey/known.ts'
export { type LeafMinutes, MINUTE_KNOWN, MINUTE_STATE, MINUTE_UNITS } from './journey/leaf.ts'
export {
  type JourneyMinutes,
  journeyAttribution,
  journeyAttributions,
  journeyMinutes,
  textbookOf,
  weighed,
} from './journey/minutes.ts'
export { type JourneyPlan, leavesOfPlan, MEASURED } from './journey/plan.ts'
export { redundancyOf } from './journey/redundancy.ts'
export { childrenOf, type JourneyTree, leavesOf, MOST_SHARED, sharedLeaves, without } from './journey/tree.ts'
export {
  type Compared,
  type Disagreement,
  RECONCILE_BOUNDS,
  type Reconciled,
  reconcile,
  type Sight,
  type Sums,
  sumsOf,
} from './reconcile.ts'
export { type Firing, type RuleReplay, replayRules } from './replay.ts'
export { lowerBurnRate, lowerShare, surelyExceeds } from './statistics.ts'
export {
  createTimelines,
  type LoadedSeries,
  type Need,
  type Timelines,
  type TimelinesOptions,
} from './timelines.ts'
export { windowBounds } from './window.ts'
