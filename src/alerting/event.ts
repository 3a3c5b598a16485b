import type { Labels, UnixSeconds } from '../base/index.ts'
import type { Severity, SloId } from '../slo/index.ts'
import type { IncidentId, IncidentMember } from './model.ts'

/** What goes to the journal, under the kind `incident`. */
export interface AlertingEntry {
  readonly at: UnixSeconds
  readonly kind: 'incident'
  readonly data: AlertingEvent
}

/** What happened, in plain JSON. The state is a fold over these and nothing else. */
export type AlertingEvent = AlertEvent | OpenedEvent | StepEvent | PersonEvent | TellingEvent

export interface AlertEvent {
  readonly kind: 'alert'
  readonly slo: SloId
  readonly objective: string
  readonly scope: Labels
  readonly rule: string
  readonly severity: Severity
  readonly state: 'pending' | 'firing' | 'gone'
}

export interface OpenedEvent {
  readonly kind: 'opened'
  readonly incident: IncidentId
  readonly number: number
  readonly seq: number
  readonly slo: SloId
  readonly objective: string
  readonly service: string
  readonly startedAt: UnixSeconds
  readonly previous?: IncidentId
  readonly reading: Reading
  readonly text: string
}

/** Something the evaluations did to an incident. `measured`: only the numbers moved. */
export interface StepEvent {
  readonly kind: StepEventKind
  readonly incident: IncidentId
  readonly seq: number
  readonly reading: Reading
  readonly text: string
  /** Nobody is told: only an end that the SLO's alert policies do not ask to hear of. */
  readonly quiet?: true
}

export const STEP_EVENT_KINDS = [
  'worse',
  'better',
  'measured',
  'resolved',
  'reopened',
  'blind',
  'sighted',
] as const
export type StepEventKind = (typeof STEP_EVENT_KINDS)[number]

/** Something a person did. `resolved-by-hand` ends an incident whose data will not come back. */
export interface PersonEvent {
  readonly kind: PersonEventKind
  readonly incident: IncidentId
  readonly seq: number
  readonly by: string
  readonly text: string
  /** Only with `muted`. */
  readonly until?: UnixSeconds
}

export const PERSON_EVENT_KINDS = [
  'acknowledged',
  'unacknowledged',
  'note',
  'muted',
  'unmuted',
  'resolved-by-hand',
] as const
export type PersonEventKind = (typeof PERSON_EVENT_KINDS)[number]

/** Whether people could be told, and that its past was restated: a line, and nothing changes by it. */
export interface TellingEvent {
  readonly kind: 'told' | 'not-told' | 'restated'
  readonly incident: IncidentId
  readonly text: string
}

/** All of an incident that evaluations determine, as of one step. It replaces the one before as a whole. */
export interface Reading {
  readonly severity: Severity
  readonly scope: Labels
  readonly members: readonly IncidentMember[]
  readonly rules: readonly string[]
  readonly peakRate: number
  readonly badEvents: number
  readonly budgetSpent: number
  readonly blindSince?: UnixSeconds
  readonly calmSince?: UnixSeconds
  readonly easedSince?: UnixSeconds
}
