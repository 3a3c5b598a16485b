import type { Labels, UnixSeconds } from '../base/index.ts'
import type { Evaluation, Severity, SloId } from '../slo/index.ts'

export type IncidentId = string

/** Alerts that people handle as one thing. A fold over the journal; nothing here is kept elsewhere. */
export interface Incident {
  /** `INC-2026-0147`: the year and a number that never repeats. */
  readonly id: IncidentId
  readonly slo: SloId
  readonly objective: string
  /** What the burning members have in common: `{ cloud_provider: aws }`; empty when the whole burns evenly. */
  readonly scope: Labels
  /** The scopes whose rules fire now, or fired last; scopes inside one another are one problem, not several. */
  readonly members: readonly IncidentMember[]
  readonly service: string
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
  readonly acknowledged?: { readonly by: string; readonly at: UnixSeconds }
  readonly mutedUntil?: UnixSeconds
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
  /** Somebody acknowledged, took it back, muted, unmuted or wrote a note. */
  | 'person'
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
}
