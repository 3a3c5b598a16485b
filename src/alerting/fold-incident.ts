import type { UnixSeconds } from '../base/index.ts'
import type { DeclaredEvent, OpenedEvent, Reading, StepEvent, TurnEvent } from './event.ts'
import { type Incident, type TimelineEntry, UNTOUCHED } from './model.ts'
import type { TrackedIncident } from './state.ts'
import { noted } from './timeline.ts'

export function openedBy(event: OpenedEvent, at: UnixSeconds): TrackedIncident {
  const { slo, objective, service, startedAt, previous, reading, silence } = event
  const incident: Incident = {
    ...UNTOUCHED,
    id: event.incident,
    slo,
    objective,
    service,
    state: 'open',
    startedAt,
    openedAt: at,
    reopened: 0,
    ...(previous === undefined ? {} : { previous }),
    ...ofIncident(reading, service),
    ...(silence === undefined ? {} : { silencedBy: silence }),
    timeline: [{ at, kind: 'opened', text: event.text }],
  }
  const since = { measuredAt: at, waitingSince: at, graveSince: at }
  return { incident, seq: event.seq, ...since, ...ofMachine(reading) }
}

export function declaredBy(event: DeclaredEvent, at: UnixSeconds): TrackedIncident {
  const { title, services, scope, severity, startedAt, by, text } = event
  const incident: Incident = {
    ...UNTOUCHED,
    id: event.incident,
    kind: 'declared',
    title,
    slo: '',
    objective: '',
    service: services[0] ?? '',
    services,
    scope,
    members: [],
    severity,
    state: 'open',
    startedAt,
    openedAt: at,
    reopened: 0,
    peakRate: 0,
    badEvents: 0,
    budgetSpent: 0,
    rules: [],
    drill: event.drill === true,
    byHand: true,
    timeline: [{ at, kind: 'declared', text, by }],
  }
  const since = { measuredAt: at, waitingSince: at, graveSince: at }
  return { incident, seq: event.seq, reckoned: severity, ...since }
}

export function steppedBy(tracked: TrackedIncident, event: StepEvent, at: UnixSeconds): TrackedIncident {
  const { blindSince: _replaced, called, ...kept } = tracked.incident
  const worse = event.reading.severity === 'page' && kept.severity === 'ticket'
  // Whoever has a ticket until tomorrow does not have a page: calling for somebody begins again.
  const calls = called === undefined || worse ? {} : { called }
  const known: Incident = { ...kept, ...calls, ...ofIncident(event.reading, kept.service) }
  const { kind, text } = event
  const incident = kind === 'measured' ? known : noted(known, entryOf({ kind, text }, at))
  const after: TrackedIncident = {
    incident,
    seq: event.seq,
    measuredAt: at,
    waitingSince: worse ? at : tracked.waitingSince,
    graveSince: worse ? at : tracked.graveSince,
    ...(tracked.released === true ? { released: true } : {}),
    ...ofMachine(event.reading),
  }
  if (event.kind === 'resolved')
    return { ...after, incident: { ...incident, state: 'resolved', resolvedAt: at } }
  return event.kind === 'reopened' ? cameBack(after, at) : after
}

/** Whoever acknowledged before it came back may have gone home: a re-opened incident waits for somebody again. */
export function cameBack(tracked: TrackedIncident, at: UnixSeconds): TrackedIncident {
  const {
    acknowledged: _gone,
    severitySet: _set,
    called: _called,
    resolvedAt: _ended,
    parent,
    ...kept
  } = tracked.incident
  const incident: Incident = { ...kept, state: 'open', reopened: kept.reopened + 1 }
  const since = { waitingSince: at, graveSince: at }
  return { ...tracked, incident, ...since, ...(parent === undefined ? {} : { released: true }) }
}

export function turnedBy(tracked: TrackedIncident, event: TurnEvent, at: UnixSeconds): TrackedIncident {
  const incident = noted(tracked.incident, entryOf(event, at))
  const after: TrackedIncident = { ...tracked, incident, seq: event.seq }
  switch (event.kind) {
    case 'merged': {
      const quiet = { ...quietened(incident), resolvedAt: at, parent: event.into }
      return { ...after, incident: quiet }
    }
    case 'absorbed':
      return { ...after, incident: { ...incident, children: [...incident.children, event.child] } }
    case 'escalated':
    case 'reminded': {
      const called = { level: event.level, at, times: (incident.called?.times ?? 0) + 1 }
      return { ...after, incident: { ...incident, called } }
    }
    case 'silenced':
      return { ...after, incident: { ...incident, silencedBy: event.silence } }
    case 'unsilenced': {
      const { silencedBy: _over, ...heard } = incident
      return { ...after, incident: heard, waitingSince: at }
    }
    case 'level': {
      const { level: _before, ...rest } = incident
      const level = event.level === undefined ? {} : { level: { name: event.level, at } }
      return { ...after, incident: { ...rest, ...level } }
    }
    default:
      return event satisfies never
  }
}

/** Ended, with nothing in it that fires. */
export function quietened(incident: Incident): Incident {
  const members = incident.members.map((member) => ({ ...member, firing: false }))
  const consequences = incident.consequences.map((each) => ({ ...each, firing: false }))
  return { ...incident, members, consequences, state: 'resolved' }
}

const entryOf = (
  { kind, text }: { readonly kind: TimelineEntry['kind']; readonly text: string },
  at: UnixSeconds,
): TimelineEntry => ({ at, kind, text })

function ofIncident(reading: Reading, service: string) {
  const { severity, scope, members, rules, peakRate, badEvents, budgetSpent, blindSince } = reading
  const { kind = 'burn', consequences = [] } = reading
  const services = [...new Set([service, ...consequences.map((each) => each.service)])].sort()
  return {
    kind,
    severity,
    services,
    consequences,
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
    reckoned: reading.reckoned ?? reading.severity,
    ...(reading.calmSince === undefined ? {} : { calmSince: reading.calmSince }),
    ...(reading.easedSince === undefined ? {} : { easedSince: reading.easedSince }),
  }
}
