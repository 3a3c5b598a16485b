import { civilDate, type Labels, type UnixSeconds } from '../base/index.ts'
import type { Evaluation, Severity, SloId } from '../slo/index.ts'
import type { Response } from './response.ts'

export type IncidentId = string

/** `INC-2026-0147`. */
export const incidentName = (number: number, now: UnixSeconds): IncidentId =>
  `INC-${String(civilDate(now).year).padStart(4, '0')}-${String(number).padStart(4, '0')}`

/**
 * How it came to be: from one SLO's alerts, from several services that burn in one region or cloud, or because a
 * person said so.
 */
export type IncidentKind = 'burn' | 'region' | 'declared'

/** Alerts that people handle as one thing. A fold over the journal; nothing here is kept elsewhere. */
export interface Incident extends Response {
  /** `INC-2026-0147`: the year and a number that never repeats. */
  readonly id: IncidentId
  readonly kind: IncidentKind
  /** What a person called it: only of one that was declared. */
  readonly title?: string
  /** The SLO that leads it: the cause, or of a region the first that burned. Empty for one that was declared. */
  readonly slo: SloId
  readonly objective: string
  /** What the burning members have in common: `{ cloud_provider: aws }`; empty when the whole burns evenly. */
  readonly scope: Labels
  /** The scopes whose rules fire now, or fired last; scopes inside one another are one problem, not several. */
  readonly members: readonly IncidentMember[]
  readonly service: string
  /** All services that it concerns, its own and those of its consequences, by name. */
  readonly services: readonly string[]
  /** What burns because of it, gravest first, and what did. It has no incident of its own while this one is open. */
  readonly consequences: readonly Consequence[]
  /** The incident that this one was closed into, since it turned out to be a consequence. */
  readonly parent?: IncidentId
  /** Incidents that were closed into this one, oldest first. */
  readonly children: readonly IncidentId[]
  /** As it counts: what a person set, else what the rules say. */
  readonly severity: Severity
  readonly state: 'open' | 'resolved'
  /** The first minute whose events made the rule fire, as far as the windows tell. */
  readonly startedAt: UnixSeconds
  readonly openedAt: UnixSeconds
  readonly resolvedAt?: UnixSeconds
  /** How often it came back within the re-opening time. */
  readonly reopened: number
  /** The incident of the same objective before this one, when there was one. */
  readonly previous?: IncidentId
  /** No data for what it is about since then: the state stays, nothing is said to be fine. */
  readonly blindSince?: UnixSeconds
  /** The highest long-window rate seen while open. */
  readonly peakRate: number
  /** Bad events counted since `startedAt`. */
  readonly badEvents: number
  /** The share of the whole budget that those are. */
  readonly budgetSpent: number
  /** The rules that fire now, or fired last. */
  readonly rules: readonly string[]
  readonly timeline: readonly TimelineEntry[]
}

/** One alert inside an incident: a scope of the SLO with the rules that fire in it. */
export interface IncidentMember {
  readonly scope: Labels
  readonly severity: Severity
  readonly rules: readonly string[]
  /** Long-window rate of the fastest of those rules. */
  readonly rate: number
  readonly firing: boolean
}

/** An incident of one SLO, without consequences, that nobody has touched yet. */
export const UNTOUCHED: Pick<
  Incident,
  'kind' | 'consequences' | 'children' | 'roles' | 'actionItems' | 'links' | 'drill' | 'byHand'
> = {
  kind: 'burn',
  consequences: [],
  children: [],
  roles: {},
  actionItems: [],
  links: {},
  drill: false,
  byHand: false,
}

/** Another objective that burns because of what an incident is about. */
export interface Consequence {
  readonly slo: SloId
  readonly objective: string
  readonly service: string
  /** Why it is listed here: it rests on `on`; `on` is its service's availability; it burns in the same region. */
  readonly because: 'depends' | 'latency' | 'region'
  /** The SLO of this incident that explains it. */
  readonly on: SloId
  /** Since when its bad events are counted as this incident's: its beginning, or that of its own that was closed into it. */
  readonly since: UnixSeconds
  /** What its burning places have in common. */
  readonly scope: Labels
  readonly severity: Severity
  readonly rules: readonly string[]
  /** Long-window rate of the fastest of those rules. */
  readonly rate: number
  readonly firing: boolean
  /** It has not burned since then; absent while it does. */
  readonly calmSince?: UnixSeconds
  /** Bad events of its own `since` then, and the share of its own budget that those are. */
  readonly badEvents: number
  readonly budgetSpent: number
}

export interface TimelineEntry {
  readonly at: UnixSeconds
  readonly kind:
    | 'opened'
    | 'worse'
    | 'better'
    | 'resolved'
    | 'reopened'
    | 'blind'
    | 'sighted'
    | 'acknowledged'
    | 'unacknowledged'
    | 'muted'
    | 'unmuted'
    | 'note'
    | 'assigned'
    | 'unassigned'
    | 'severity'
    | 'level'
    | 'item-added'
    | 'item-closed'
    | 'linked'
    | 'declared'
    /** This incident was closed into another; `absorbed`: another was closed into this one. */
    | 'merged'
    | 'absorbed'
    | 'escalated'
    | 'reminded'
    | 'silenced'
    | 'unsilenced'
    | 'told'
    | 'not-told'
    | 'restated'
  readonly text: string
  /** Who did it, when a person did. */
  readonly by?: string
}

/** Why people are told, or are not. */
export type DecisionReason =
  | 'first'
  | 'worse'
  | 'better'
  | 'repeat'
  | 'resolved'
  | 'reopened'
  | 'silenced'
  | 'blind'
  | 'sighted'
  /** Somebody acknowledged, took it back, muted, unmuted, took or gave a role, wrote a note, and the like. */
  | 'person'
  /** It turned out to be a consequence of another, and was closed into that. */
  | 'merged'
  /** Another was closed into this one; its own message lists it. */
  | 'absorbed'
  /** Nobody acknowledged it: the next level is called. */
  | 'escalate'
  /** It is acknowledged and still burns, or the last level has not answered. */
  | 'remind'
  /** The silence that covered it is over, and it is still open: to be told as if it were new. */
  | 'unsilenced'
  /** The response level changed by its rules. */
  | 'level'
  | 'nothing'

/** What to tell about an incident, and why. The same evaluations give the same decisions, byte for byte. */
export interface Decision {
  readonly incident: IncidentId
  readonly reason: DecisionReason
  /** The incident's, as of this decision. */
  readonly severity: Severity
  /** Numbers the decision rests on; undefined when it rests on none: a person acted, or the SLO is gone. */
  readonly evaluation: Evaluation | undefined
  readonly at: UnixSeconds
  /**
   * Counts what happened to this incident from 1: with the id, the identity of a notification. `nothing` has the
   * number of what happened last.
   */
  readonly seq: number
  /** Whom to call: only with `escalate` and `remind`. */
  readonly call?: Call
}

/** Whom to call about an incident that waits for somebody. */
export interface Call {
  /** From 1: the level of the escalation policy. */
  readonly level: number
  readonly levelName: string
  /** Names that the policy gives; who they are today is the on-call rota's to say. */
  readonly targets: readonly string[]
}
