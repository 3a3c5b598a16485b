export type {
  Decision,
  DecisionReason,
  Incident,
  IncidentId,
  IncidentMember,
  TimelineEntry,
} from './model.ts'
