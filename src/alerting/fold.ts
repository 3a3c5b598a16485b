import type { UnixSeconds } from '../base/index.ts'
import type { AlertEvent, AlertingEvent, OpenedEvent, PersonEvent, Reading, StepEvent } from './event.ts'
import type { Incident, IncidentId, TimelineEntry } from './model.ts'
import { readEvent } from './read.ts'
import { type Alert, type AlertingState, alertKey, type TrackedIncident } from './state.ts'

/** Resolved incidents beyond these many are dropped from the state, oldest first; the journal keeps them. */
export const INCIDENTS_KEPT = 1_000
/** A timeline keeps its beginning and its newest entries. */
export const TIMELINE_KEPT = 400
const TIMELINE_BEGINNING = 50

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
}

const startDraft = (state: AlertingState): Draft => ({
  counter: state.counter,
  unread: state.unread,
  alerts: new Map(state.alerts.map((alert) => [alertKey(alert), alert])),
  incidents: new Map(state.incidents.map((tracked) => [tracked.incident.id, tracked])),
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
  }
}

function apply(draft: Draft, event: AlertingEvent, at: UnixSeconds): void {
  if (event.kind === 'alert') return applyAlert(draft, event, at)
  if (event.kind === 'opened') return applyOpened(draft, event, at)
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
  if (state === 'gone') draft.alerts.delete(alertKey(event))
  else draft.alerts.set(alertKey(event), { slo, objective, scope, rule, severity, state, since: at })
}

/** Who ends an incident by hand ends its alerts: those that still burn fire again at the next evaluation. */
function dropAlerts(draft: Draft, incident: Incident): void {
  for (const [key, alert] of draft.alerts)
    if (alert.slo === incident.slo && alert.objective === incident.objective) draft.alerts.delete(key)
}

function applyOpened(draft: Draft, event: OpenedEvent, at: UnixSeconds): void {
  const { slo, objective, service, startedAt, previous, reading } = event
  draft.counter = Math.max(draft.counter, event.number)
  const incident: Incident = {
    id: event.incident,
    slo,
    objective,
    service,
    state: 'open',
    startedAt,
    openedAt: at,
    reopened: 0,
    ...(previous === undefined ? {} : { previous }),
    ...ofIncident(reading),
    timeline: [{ at, kind: 'opened', text: event.text }],
  }
  draft.incidents.set(event.incident, {
    incident,
    seq: event.seq,
    measuredAt: at,
    ...ofMachine(reading),
  })
}

function changedBy(
  tracked: TrackedIncident,
  event: Exclude<AlertingEvent, AlertEvent | OpenedEvent>,
  at: UnixSeconds,
): TrackedIncident {
  switch (event.kind) {
    case 'told':
    case 'not-told':
    case 'restated':
      return {
        ...tracked,
        incident: noted(tracked.incident, { at, kind: event.kind, text: event.text }),
      }
    case 'acknowledged':
    case 'unacknowledged':
    case 'note':
    case 'muted':
    case 'unmuted':
    case 'resolved-by-hand':
      return { ...tracked, seq: event.seq, incident: touchedBy(tracked.incident, event, at) }
    case 'worse':
    case 'better':
    case 'measured':
    case 'resolved':
    case 'reopened':
    case 'blind':
    case 'sighted':
      return steppedBy(tracked, event, at)
    default:
      return event satisfies never
  }
}

function steppedBy(tracked: TrackedIncident, event: StepEvent, at: UnixSeconds): TrackedIncident {
  const { resolvedAt, acknowledged, blindSince: _replaced, ...kept } = tracked.incident
  const acknowledgement = acknowledged === undefined ? {} : { acknowledged }
  const ending =
    event.kind === 'resolved' ? { resolvedAt: at } : resolvedAt === undefined ? {} : { resolvedAt }
  // Whoever acknowledged before it came back may have gone home: a re-opened incident waits for somebody again.
  const turn =
    event.kind === 'reopened'
      ? { state: 'open' as const, reopened: kept.reopened + 1 }
      : {
          ...(event.kind === 'resolved' ? { state: 'resolved' as const } : {}),
          ...ending,
          ...acknowledgement,
        }
  const incident: Incident = { ...kept, ...ofIncident(event.reading), ...turn }
  return {
    incident:
      event.kind === 'measured' ? incident : noted(incident, { at, kind: event.kind, text: event.text }),
    seq: event.seq,
    measuredAt: at,
    ...ofMachine(event.reading),
  }
}

function touchedBy(before: Incident, event: PersonEvent, at: UnixSeconds): Incident {
  const { acknowledged, mutedUntil, ...rest } = before
  const ack = acknowledged === undefined ? {} : { acknowledged }
  const mute = mutedUntil === undefined ? {} : { mutedUntil }
  const { by, text } = event
  switch (event.kind) {
    case 'acknowledged':
      return noted({ ...rest, ...mute, acknowledged: { by, at } }, { at, kind: 'acknowledged', text, by })
    case 'unacknowledged':
      return noted({ ...rest, ...mute }, { at, kind: 'unacknowledged', text, by })
    case 'muted':
      return noted(
        { ...rest, ...ack, ...(event.until === undefined ? {} : { mutedUntil: event.until }) },
        { at, kind: 'muted', text, by },
      )
    case 'unmuted':
      return noted({ ...rest, ...ack }, { at, kind: 'unmuted', text, by })
    case 'resolved-by-hand': {
      const members = before.members.map((member) => ({ ...member, firing: false }))
      const ended: Incident = { ...before, members, state: 'resolved', resolvedAt: at }
      return noted(ended, { at, kind: 'resolved', text, by })
    }
    case 'note':
      return noted(before, { at, kind: 'note', text, by })
    default:
      return event.kind satisfies never
  }
}

function ofIncident(reading: Reading) {
  const { severity, scope, members, rules, peakRate, badEvents, budgetSpent, blindSince } = reading
  return {
    severity,
    scope,
    members,
    rules,
    peakRate,
    badEvents,
    budgetSpent,
    ...(blindSince === undefined ? {} : { blindSince }),
  }
}

function ofMachine(reading: Reading) {
  return {
    ...(reading.calmSince === undefined ? {} : { calmSince: reading.calmSince }),
    ...(reading.easedSince === undefined ? {} : { easedSince: reading.easedSince }),
  }
}

function noted(incident: Incident, entry: TimelineEntry): Incident {
  const timeline = [...incident.timeline, entry]
  if (timeline.length > TIMELINE_KEPT) timeline.splice(TIMELINE_BEGINNING, 1)
  return { ...incident, timeline }
}
