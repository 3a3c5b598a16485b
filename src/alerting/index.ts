export { type ActResult, act } from './act.ts'
export type { Action, DeclareAction, IncidentAction, StandingAction, WorkAction } from './action.ts'
export { adopt } from './adopt.ts'
export { DEFAULT_ESCALATION, isBusinessTime } from './escalate.ts'
export type { BusinessHours, EscalationLevel, EscalationPolicy } from './escalation.ts'
export type {
  AlertEvent,
  AlertingEntry,
  AlertingEvent,
  DeclaredEvent,
  OpenedEvent,
  PersonEvent,
  Reading,
  StepEvent,
  TellingEvent,
  TurnEvent,
} from './event.ts'
export { type FoldEntry, fold } from './fold.ts'
export type { LevelCondition, ResponseLevel } from './level.ts'
export type { CostOf } from './measure.ts'
export {
  type Call,
  type Consequence,
  type Decision,
  type DecisionReason,
  type Incident,
  type IncidentId,
  type IncidentKind,
  type IncidentMember,
  type TimelineEntry,
  UNTOUCHED,
} from './model.ts'
export { readEvent } from './read.ts'
export {
  type ActionItem,
  type Called,
  LINK_KINDS,
  type LinkKind,
  type Links,
  type Response,
  ROLES,
  type Role,
  type RoleHolder,
  type Roles,
} from './response.ts'
export { commonLabels, isInside, narrowest } from './scope.ts'
export type { RegexTest, Silence, SilenceMatcher } from './silence.ts'
export { coveringSilence, covers, matcherWords, silenceLabels } from './silence-match.ts'
export { type ReadMatchers, readMatchers } from './silence-read.ts'
export {
  createSilence,
  endSilence,
  foldSilences,
  NO_SILENCES,
  type SilenceEntry,
  type SilenceEvent,
  type SilenceRequest,
  type SilenceResult,
  type SilenceState,
} from './silences.ts'
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
export { type IndicatorOf, type StepInput, type StepResult, step } from './step.ts'
export { lengthWords, rateWords, scopeWords } from './words.ts'
