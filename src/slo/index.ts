export type {
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
  Counts,
  Coverage,
  Evaluation,
  Exhaustion,
  SloState,
  WindowEvaluation,
} from './evaluation.ts'
