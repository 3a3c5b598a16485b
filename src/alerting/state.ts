import type { Labels, Seconds, UnixSeconds } from '../base/index.ts'
import { labelsKey, seconds } from '../base/index.ts'
import type { Severity, SloId } from '../slo/index.ts'
import type { Incident, IncidentId } from './model.ts'

/** Everything alerting remembers: plain JSON, and a fold over the journal. */
export interface AlertingState {
  /** The number of the newest incident; it never repeats and does not start again with the year. */
  readonly counter: number
  readonly alerts: readonly Alert[]
  /** In the order they were opened; the oldest resolved ones are left to the journal beyond a bound. */
  readonly incidents: readonly TrackedIncident[]
  /** Entries of the journal that are about incidents and that this version could not read. */
  readonly unread: number
  /** What people asked most recently, by the names that they gave it, so that the same asked twice counts once. */
  readonly requests: readonly string[]
}

export const EMPTY_STATE: AlertingState = { counter: 0, alerts: [], incidents: [], unread: 0, requests: [] }

/** One rule of one objective in one scope that burns. A resolved alert is one that is no longer here. */
export interface Alert {
  readonly slo: SloId
  readonly objective: string
  readonly scope: Labels
  readonly rule: string
  readonly severity: Severity
  readonly state: 'pending' | 'firing'
  /** When it entered that state. */
  readonly since: UnixSeconds
}

/** An incident with what only the state machine needs. */
export interface TrackedIncident {
  readonly incident: Incident
  /** How many things happened to it. */
  readonly seq: number
  /** What the rules say it is, whatever a person set. */
  readonly reckoned: Severity
  /** When its numbers were last written down. */
  readonly measuredAt: UnixSeconds
  /** When it was opened or re-opened, or became a page. */
  readonly graveSince: UnixSeconds
  /** Since when nobody has taken it on: what calling for somebody counts from. */
  readonly waitingSince: UnixSeconds
  /** No rule fires since then; it ends when that has held for `calmFor`. */
  readonly calmSince?: UnixSeconds
  /** It came out of another incident that it had been closed into: it is not closed into one again. */
  readonly released?: true
  /** It pages, but only rules that write tickets fire since then. */
  readonly easedSince?: UnixSeconds
}

export interface AlertingSettings {
  /**
   * How long no rule may fire before an incident ends, and no page rule before a page becomes a ticket. Three
   * minutes outlast the flapping of a rate that hovers around its factor, and cost three minutes of good news.
   */
  readonly calmFor: Seconds
  /** Within this time after its end, the same objective re-opens its incident instead of opening another. */
  readonly reopenWithin: Seconds
  /**
   * So much later than its consequence a cause may begin to fire: rules of different windows and targets notice the same
   * failure minutes apart. A full outage fires a fast rule of 99.9 % within a minute, and of 99 % within nine.
   */
  readonly causeWithin: Seconds
  /** A cause that only writes tickets explains a page that began at most so long after it. */
  readonly freshWithin: Seconds
  /** An incident that has been open for longer is no more closed into another: people are at work in it. */
  readonly mergeWithin: Seconds
  /** What was listed in an incident and was calm for at most so long belongs to it when it burns again. */
  readonly holdFor: Seconds
  /**
   * So many services that burn in one region are the region's failure; all of them, where fewer are measured there. With
   * two, a chance meeting of two failures in a large region would be one incident too often.
   */
  readonly regionServices: number
  /** They must have begun within this time. */
  readonly regionWithin: Seconds
  /** Numbers alone (rates, bad events) are written to the journal at most this often. */
  readonly measureEvery: Seconds
}

export const DEFAULT_SETTINGS: AlertingSettings = {
  calmFor: seconds(180),
  reopenWithin: seconds(1_800),
  causeWithin: seconds(600),
  freshWithin: seconds(3_600),
  mergeWithin: seconds(1_800),
  holdFor: seconds(1_800),
  regionServices: 3,
  regionWithin: seconds(600),
  measureEvery: seconds(60),
}

/** Separates the parts of a key; it cannot stand in a name. */
const SEPARATOR = '\n'

export const groupKey = (slo: SloId, objective: string): string => `${slo}${SEPARATOR}${objective}`

export const alertKey = (alert: Pick<Alert, 'slo' | 'objective' | 'scope' | 'rule'>): string =>
  [alert.slo, alert.objective, labelsKey(alert.scope), alert.rule].join(SEPARATOR)

/** All incidents that are remembered, oldest first. */
export const incidentsOf = (state: AlertingState): readonly Incident[] =>
  state.incidents.map((tracked) => tracked.incident)

export const incidentOf = (state: AlertingState, id: IncidentId): Incident | undefined =>
  state.incidents.find((tracked) => tracked.incident.id === id)?.incident
