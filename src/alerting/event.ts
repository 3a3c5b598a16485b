import type { Labels, UnixSeconds } from '../base/index.ts'
import type { Severity, SloId } from '../slo/index.ts'
import type { Consequence, IncidentId, IncidentKind, IncidentMember } from './model.ts'
import type { LinkKind, Role } from './response.ts'

/** What goes to the journal, under the kind `incident`. */
export interface AlertingEntry {
  readonly at: UnixSeconds
  readonly kind: 'incident'
  readonly data: AlertingEvent
}

/** What happened, in plain JSON. The state is a fold over these and nothing else. */
export type AlertingEvent =
  | AlertEvent
  | OpenedEvent
  | StepEvent
  | TurnEvent
  | DeclaredEvent
  | PersonEvent
  | TellingEvent

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
  /** Recorded and not told: the silence that covers it. */
  readonly silence?: string
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

/** Something else that the evaluations or the time did to an incident. */
export type TurnEvent = { readonly incident: IncidentId; readonly seq: number; readonly text: string } & (
  | { readonly kind: 'merged' /** This incident ends, as a part of that one. */; readonly into: IncidentId }
  | { readonly kind: 'absorbed'; readonly child: IncidentId }
  | {
      readonly kind: 'escalated' | 'reminded'
      /** From 1. */
      readonly level: number
      readonly levelName: string
      readonly targets: readonly string[]
    }
  | { readonly kind: 'silenced'; readonly silence: string }
  | { readonly kind: 'unsilenced' }
  | { readonly kind: 'level' /** Absent: the lowest. */; readonly level?: string }
)

export const TURN_EVENT_KINDS = [
  'merged',
  'absorbed',
  'escalated',
  'reminded',
  'silenced',
  'unsilenced',
  'level',
] as const

/** A person opened an incident without an alert. It ends when a person ends it. */
export interface DeclaredEvent {
  readonly kind: 'declared'
  readonly incident: IncidentId
  readonly number: number
  readonly seq: number
  readonly by: string
  readonly title: string
  readonly services: readonly string[]
  readonly scope: Labels
  readonly severity: Severity
  readonly startedAt: UnixSeconds
  readonly drill?: true
  readonly text: string
  readonly request?: string
}

/** Something a person did. `resolved-by-hand` ends an incident whose data will not come back. */
export type PersonEvent = {
  readonly incident: IncidentId
  readonly seq: number
  readonly by: string
  readonly text: string
  /** What was asked, by a name that the asker gives it once: the same asked twice counts once. */
  readonly request?: string
} & (
  | Plain<'acknowledged' | 'unacknowledged' | 'note' | 'unmuted' | 'resolved-by-hand' | 'reopened-by-hand'>
  | { readonly kind: 'muted'; readonly until?: UnixSeconds }
  | { readonly kind: 'assigned'; readonly role: Role; readonly to: string }
  | { readonly kind: 'unassigned'; readonly role: Role }
  | { readonly kind: 'severity-set' /** Absent: as the rules say. */; readonly severity?: Severity }
  | { readonly kind: 'level-set' /** Absent: as the rules say. */; readonly level?: string }
  | { readonly kind: 'item-added'; readonly item: number; readonly owner?: string }
  | { readonly kind: 'item-closed'; readonly item: number }
  | { readonly kind: 'linked'; readonly link: LinkKind /** Empty: no longer. */; readonly url: string }
)

/** One member of the union for each kind, so that each can be told from the others. */
type Plain<K extends string> = K extends string ? { readonly kind: K } : never

export const PERSON_EVENT_KINDS = [
  'acknowledged',
  'unacknowledged',
  'note',
  'muted',
  'unmuted',
  'resolved-by-hand',
  'reopened-by-hand',
  'assigned',
  'unassigned',
  'severity-set',
  'level-set',
  'item-added',
  'item-closed',
  'linked',
] as const satisfies readonly PersonEvent['kind'][]

/** Whether people could be told, and that its past was restated: a line, and nothing changes by it. */
export interface TellingEvent {
  readonly kind: 'told' | 'not-told' | 'restated'
  readonly incident: IncidentId
  readonly text: string
}

/** All of an incident that evaluations determine, as of one step. It replaces the one before as a whole. */
export interface Reading {
  /** As it counts: what a person set, else what the rules say. */
  readonly severity: Severity
  /** What the rules say, while a person set another. */
  readonly reckoned?: Severity
  /** Absent: of one SLO. */
  readonly kind?: IncidentKind
  /** Absent: none. */
  readonly consequences?: readonly Consequence[]
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
