export { type Action, type ActResult, act } from './act.ts'
export { adopt } from './adopt.ts'
export type {
  AlertEvent,
  AlertingEntry,
  AlertingEvent,
  OpenedEvent,
  PersonEvent,
  Reading,
  StepEvent,
  TellingEvent,
} from './event.ts'
export { type FoldEntry, fold } from './fold.ts'
export type { CostOf } from './measure.ts'
export type {
  Decision,
  DecisionReason,
  Incident,
  IncidentId,
  IncidentMember,
  TimelineEntry,
} from './model.ts'
export { readEvent } from './read.ts'
export { commonLabels, isInside, narrowest } from './scope.ts'
export {
  type Alert,
  type AlertingSettings,
  type AlertingState,
  DEFAULT_SETTINGS,
  EMPTY_STATE,
  incidentOf,
  incidentsOf,
  type TrackedIncident,
} from './state.ts'
export { type StepInput, type StepResult, step } from './step.ts'
export { lengthWords, rateWords, scopeWords } from './words.ts'
