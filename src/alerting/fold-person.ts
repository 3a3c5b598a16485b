import type { UnixSeconds } from '../base/index.ts'
import type { PersonEvent } from './event.ts'
import { cameBack, quietened } from './fold-incident.ts'
import type { Incident, TimelineEntry } from './model.ts'
import type { ActionItem, Roles } from './response.ts'
import type { TrackedIncident } from './state.ts'
import { noted } from './timeline.ts'

/** What a person did to it. */
export function touchedBy(before: TrackedIncident, event: PersonEvent, at: UnixSeconds): TrackedIncident {
  const { by, text } = event
  const incident = noted(before.incident, { at, kind: ENTRY_KINDS[event.kind], text, by })
  const tracked: TrackedIncident = { ...before, incident, seq: event.seq }
  switch (event.kind) {
    case 'resolved-by-hand': {
      const ended = { ...quietened(incident), resolvedAt: at, byHand: false }
      return { ...tracked, incident: ended }
    }
    case 'reopened-by-hand':
      return cameBack({ ...tracked, incident: { ...incident, byHand: true } }, at)
    case 'unacknowledged': {
      const { acknowledged: _back, called: _called, ...rest } = incident
      return { ...tracked, incident: rest, waitingSince: at }
    }
    case 'severity-set': {
      const { severitySet: _before, ...rest } = incident
      const { severity } = event
      if (severity === undefined) return { ...tracked, incident: { ...rest, severity: before.reckoned } }
      return { ...tracked, incident: { ...rest, severity, severitySet: { severity, by, at } } }
    }
    case 'note':
    case 'acknowledged':
    case 'muted':
    case 'unmuted':
    case 'level-set':
    case 'assigned':
    case 'unassigned':
    case 'item-added':
    case 'item-closed':
    case 'linked':
      return { ...tracked, incident: marked(incident, event, at) }
    default:
      return event satisfies never
  }
}

const ENTRY_KINDS: Readonly<Record<PersonEvent['kind'], TimelineEntry['kind']>> = {
  acknowledged: 'acknowledged',
  unacknowledged: 'unacknowledged',
  note: 'note',
  muted: 'muted',
  unmuted: 'unmuted',
  'resolved-by-hand': 'resolved',
  'reopened-by-hand': 'reopened',
  assigned: 'assigned',
  unassigned: 'unassigned',
  'severity-set': 'severity',
  'level-set': 'level',
  'item-added': 'item-added',
  'item-closed': 'item-closed',
  linked: 'linked',
}

type Marking = Exclude<
  PersonEvent,
  { readonly kind: 'resolved-by-hand' | 'reopened-by-hand' | 'unacknowledged' | 'severity-set' }
>

/** What changes nothing but what it says. */
function marked(incident: Incident, event: Marking, at: UnixSeconds): Incident {
  const { by } = event
  switch (event.kind) {
    case 'note':
      return incident
    case 'acknowledged': {
      const { called: _answered, ...rest } = incident
      return { ...rest, acknowledged: { by, at } }
    }
    case 'muted':
    case 'unmuted': {
      const { mutedUntil: _before, ...rest } = incident
      const until = event.kind === 'muted' ? event.until : undefined
      return until === undefined ? rest : { ...rest, mutedUntil: until }
    }
    case 'level-set': {
      const { level: _before, ...rest } = incident
      return event.level === undefined ? rest : { ...rest, level: { name: event.level, at, by } }
    }
    case 'assigned': {
      const roles = { ...incident.roles, [event.role]: { who: event.to, since: at, by } }
      return { ...incident, roles }
    }
    case 'unassigned':
      return { ...incident, roles: withoutRole(incident.roles, event.role) }
    case 'item-added': {
      const { item, owner, text } = event
      const whose = owner === undefined ? {} : { owner }
      const added: ActionItem = { number: item, text, ...whose, addedBy: by, addedAt: at }
      return { ...incident, actionItems: [...incident.actionItems, added] }
    }
    case 'item-closed': {
      const actionItems = incident.actionItems.map((item) =>
        item.number === event.item ? { ...item, closed: { by, at } } : item,
      )
      return { ...incident, actionItems }
    }
    case 'linked': {
      const { [event.link]: _before, ...links } = incident.links
      return { ...incident, links: event.url === '' ? links : { ...links, [event.link]: event.url } }
    }
    default:
      return event satisfies never
  }
}

function withoutRole(roles: Roles, role: keyof Roles): Roles {
  const { [role]: _gone, ...rest } = roles
  return rest
}
