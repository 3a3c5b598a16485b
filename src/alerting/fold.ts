import type { UnixSeconds } from '../base/index.ts'
import type { AlertEvent, AlertingEvent } from './event.ts'
import { declaredBy, openedBy, steppedBy, turnedBy } from './fold-incident.ts'
import { touchedBy } from './fold-person.ts'
import type { Incident, IncidentId } from './model.ts'
import { readEvent } from './read.ts'
import { type Alert, type AlertingState, alertKey, groupKey, type TrackedIncident } from './state.ts'
import { noted } from './timeline.ts'

/** Resolved incidents beyond these many are dropped from the state, oldest first; the journal keeps them. */
export const INCIDENTS_KEPT = 1_000
/** So many requests are remembered: the same one arrives again within minutes, or not at all. */
const REQUESTS_KEPT = 1_000

/** One entry of the journal, as it was written. Entries of other kinds change nothing. */
export interface FoldEntry {
  readonly at: UnixSeconds
  readonly kind: string
  readonly data: unknown
}

/** The state after what the entries say, in their order. Folding the whole journal gives the state of now. */
export function fold(state: AlertingState, entries: readonly FoldEntry[]): AlertingState {
  const draft = startDraft(state)
  let changed = false
  for (const entry of entries) {
    if (entry.kind !== 'incident') continue
    changed = true
    const event = readEvent(entry.data)
    if (event === undefined) draft.unread++
    else apply(draft, event, entry.at)
  }
  return changed ? finishDraft(draft) : state
}

interface Draft {
  counter: number
  unread: number
  readonly alerts: Map<string, Alert>
  readonly incidents: Map<IncidentId, TrackedIncident>
  readonly requests: string[]
}

const startDraft = (state: AlertingState): Draft => ({
  counter: state.counter,
  unread: state.unread,
  alerts: new Map(state.alerts.map((alert) => [alertKey(alert), alert])),
  incidents: new Map(state.incidents.map((tracked) => [tracked.incident.id, tracked])),
  requests: [...state.requests],
})

function finishDraft(draft: Draft): AlertingState {
  let excess = draft.incidents.size - INCIDENTS_KEPT
  for (const [id, tracked] of draft.incidents) {
    if (excess <= 0) break
    if (tracked.incident.state === 'open') continue
    draft.incidents.delete(id)
    excess--
  }
  return {
    counter: draft.counter,
    alerts: [...draft.alerts.values()],
    incidents: [...draft.incidents.values()],
    unread: draft.unread,
    requests: draft.requests.slice(-REQUESTS_KEPT),
  }
}

function apply(draft: Draft, event: AlertingEvent, at: UnixSeconds): void {
  if (event.kind === 'alert') return applyAlert(draft, event, at)
  if ('request' in event && event.request !== undefined) draft.requests.push(event.request)
  if (event.kind === 'opened' || event.kind === 'declared') {
    draft.counter = Math.max(draft.counter, event.number)
    const tracked = event.kind === 'opened' ? openedBy(event, at) : declaredBy(event, at)
    draft.incidents.set(event.incident, tracked)
    return
  }
  const tracked = draft.incidents.get(event.incident)
  if (tracked === undefined) {
    draft.unread++
    return
  }
  draft.incidents.set(event.incident, changedBy(tracked, event, at))
  if (event.kind === 'resolved-by-hand') dropAlerts(draft, tracked.incident)
}

function applyAlert(draft: Draft, event: AlertEvent, at: UnixSeconds): void {
  const { slo, objective, scope, rule, severity, state } = event
  const key = alertKey(event)
  if (state === 'gone') draft.alerts.delete(key)
  else draft.alerts.set(key, { slo, objective, scope, rule, severity, state, since: at })
}

/** Who ends an incident by hand ends its alerts: those that still burn fire again at the next evaluation. */
function dropAlerts(draft: Draft, { slo, objective, consequences }: Incident): void {
  const ended = new Set([
    groupKey(slo, objective),
    ...consequences.map((each) => groupKey(each.slo, each.objective)),
  ])
  for (const [key, alert] of draft.alerts)
    if (ended.has(groupKey(alert.slo, alert.objective))) draft.alerts.delete(key)
}

function changedBy(
  tracked: TrackedIncident,
  event: Exclude<AlertingEvent, { readonly kind: 'alert' | 'opened' | 'declared' }>,
  at: UnixSeconds,
): TrackedIncident {
  switch (event.kind) {
    case 'told':
    case 'not-told':
    case 'restated':
      return { ...tracked, incident: noted(tracked.incident, { at, kind: event.kind, text: event.text }) }
    case 'worse':
    case 'better':
    case 'measured':
    case 'resolved':
    case 'reopened':
    case 'blind':
    case 'sighted':
      return steppedBy(tracked, event, at)
    case 'merged':
    case 'absorbed':
    case 'escalated':
    case 'reminded':
    case 'silenced':
    case 'unsilenced':
    case 'level':
      return turnedBy(tracked, event, at)
    case 'acknowledged':
    case 'unacknowledged':
    case 'note':
    case 'muted':
    case 'unmuted':
    case 'resolved-by-hand':
    case 'reopened-by-hand':
    case 'assigned':
    case 'unassigned':
    case 'severity-set':
    case 'level-set':
    case 'item-added':
    case 'item-closed':
    case 'linked':
      return touchedBy(tracked, event, at)
    default:
      return event satisfies never
  }
}
