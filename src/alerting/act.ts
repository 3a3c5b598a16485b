import { failed, minuteOf, ok, type Result, type UnixSeconds } from '../base/index.ts'
import { type Action, type DeclareAction, type IncidentAction, refuse, type WorkAction } from './action.ts'
import type { AlertingEntry, DeclaredEvent, PersonEvent } from './event.ts'
import { fold } from './fold.ts'
import type { Decision, Incident, IncidentId } from './model.ts'
import { incidentName } from './model.ts'
import type { AlertingState, TrackedIncident } from './state.ts'

export interface ActResult {
  readonly state: AlertingState
  readonly events: readonly AlertingEntry[]
  /** Undefined when it was so already: then there are no events either. */
  readonly decision: Decision | undefined
  /** What it was done to; of a declaration that arrives again, undefined. */
  readonly incident: IncidentId | undefined
}

/** What an action changes; a sentence when it cannot be done. Doing what is done already changes nothing. */
export function act(state: AlertingState, action: Action, now: UnixSeconds): Result<ActResult, string> {
  const refusal = refuse(action, now)
  if (refusal !== undefined) return failed(refusal)
  const again = action.request !== undefined && state.requests.includes(action.request)
  if (action.kind === 'declare') {
    if (again) return ok({ state, events: [], decision: undefined, incident: undefined })
    return ok(declare(state, action, now))
  }
  const tracked = state.incidents.find(({ incident }) => incident.id === action.incident)
  if (tracked === undefined) return failed(`There is no incident ${action.incident.slice(0, 40)}`)
  const { id } = tracked.incident
  const described: Outcome = again ? undefined : describe(action, tracked)
  if (described === undefined) return ok({ state, events: [], decision: undefined, incident: id })
  if (typeof described === 'string') return failed(described)
  const seq = tracked.seq + 1
  const by = action.by.trim()
  const event: PersonEvent = { ...described, incident: id, seq, by, ...requestOf(action) }
  const entry: AlertingEntry = { at: now, kind: 'incident', data: event }
  const after = fold(state, [entry])
  const changed = after.incidents.find(({ incident }) => incident.id === id)?.incident ?? tracked.incident
  const decision: Decision = {
    incident: id,
    reason: REASONS[event.kind] ?? 'person',
    severity: changed.severity,
    evaluation: undefined,
    at: now,
    seq,
  }
  return ok({ state: after, events: [entry], decision, incident: id })
}

const REASONS: Readonly<Partial<Record<PersonEvent['kind'], Decision['reason']>>> = {
  'resolved-by-hand': 'resolved',
  'reopened-by-hand': 'reopened',
}

const requestOf = ({ request }: Action): { readonly request?: string } =>
  request === undefined ? {} : { request }

function declare(
  state: AlertingState,
  action: DeclareAction & Pick<Action, 'by' | 'request'>,
  now: UnixSeconds,
): ActResult {
  const number = state.counter + 1
  const incident = incidentName(number, now)
  const { severity, scope = {}, startedAt = minuteOf(now), drill = false } = action
  const title = action.title.trim()
  const event: DeclaredEvent = {
    kind: 'declared',
    incident,
    number,
    seq: 1,
    by: action.by.trim(),
    title,
    services: [...new Set(action.services.map((service) => service.trim()))].sort(),
    scope,
    severity,
    startedAt,
    ...(drill ? { drill } : {}),
    text: `Declared as a ${severity}${drill ? ', as a drill' : ''}: ${title}`,
    ...(action.request === undefined ? {} : { request: action.request }),
  }
  const entry: AlertingEntry = { at: now, kind: 'incident', data: event }
  const decision: Decision = {
    incident,
    reason: 'first',
    severity,
    evaluation: undefined,
    at: now,
    seq: 1,
  }
  return { state: fold(state, [entry]), events: [entry], decision, incident }
}

/** Leaves each member of a union its own fields. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
type What = Without<PersonEvent, 'incident' | 'seq' | 'by' | 'request'>
/** The event of an action; a sentence when it cannot be done to this one; undefined when it is so already. */
type Outcome = What | string | undefined

function describe(
  action: IncidentAction & { readonly by: string },
  { incident, reckoned }: TrackedIncident,
): Outcome {
  const open = incident.state === 'open'
  const ended = `${incident.id} is over: re-open it first`
  switch (action.kind) {
    case 'acknowledge':
      if (incident.acknowledged !== undefined || !open) return undefined
      return { kind: 'acknowledged', text: 'Acknowledged.' }
    case 'unacknowledge':
      if (incident.acknowledged === undefined) return undefined
      return { kind: 'unacknowledged', text: 'No longer acknowledged.' }
    case 'note':
      return { kind: 'note', text: action.text.trim() }
    case 'mute':
      if (incident.mutedUntil === action.until || !open) return undefined
      return { kind: 'muted', text: 'Muted.', until: action.until }
    case 'unmute':
      return incident.mutedUntil === undefined ? undefined : { kind: 'unmuted', text: 'No longer muted.' }
    case 'resolve':
      return open ? { kind: 'resolved-by-hand', text: 'Resolved by hand.' } : undefined
    case 'reopen':
      return reopening(incident)
    case 'severity': {
      if (!open) return ended
      if (incident.severitySet?.severity === action.severity) return undefined
      const { severity } = action
      return severity === undefined
        ? { kind: 'severity-set', text: `Severity as the rules say again: ${reckoned}.` }
        : { kind: 'severity-set', text: `Now a ${severity}, by hand.`, severity }
    }
    case 'level':
      if (!open) return ended
      if (incident.level?.by !== undefined && incident.level.name === action.level) return undefined
      if (action.level !== undefined)
        return {
          kind: 'level-set',
          text: `Level ${action.level.trim()}, by hand.`,
          level: action.level.trim(),
        }
      if (incident.level?.by === undefined) return undefined
      return { kind: 'level-set', text: 'Level as its rules say again.' }
    case 'take-command':
    case 'assign':
    case 'unassign':
    case 'hand-over':
    case 'add-item':
    case 'close-item':
    case 'link':
      return describeWork(action, incident)
    default:
      return action satisfies never
  }
}

function reopening({ id, state, parent }: Incident): Outcome {
  if (state === 'open') return undefined
  if (parent !== undefined) return `${id} is a part of ${parent}: re-open that one`
  return { kind: 'reopened-by-hand', text: 'Re-opened by hand: it ends only by hand.' }
}

function describeWork(action: WorkAction & { readonly by: string }, incident: Incident): Outcome {
  const { roles, actionItems, links, id } = incident
  switch (action.kind) {
    case 'take-command': {
      const to = action.by.trim()
      if (roles.commander?.who === to) return undefined
      return { kind: 'assigned', role: 'commander', to, text: `${to} takes command.` }
    }
    case 'hand-over': {
      const to = action.to.trim()
      const said = action.text.trim()
      if (roles.commander === undefined) return `Nobody commands ${id}: take command, or assign it`
      if (roles.commander.who === to) return undefined
      const text = `${roles.commander.who} hands command over to ${to}.${said === '' ? '' : ` ${said}`}`
      return { kind: 'assigned', role: 'commander', to, text }
    }
    case 'assign': {
      const to = action.to.trim()
      if (roles[action.role]?.who === to) return undefined
      return { kind: 'assigned', role: action.role, to, text: `${to} is the ${action.role}.` }
    }
    case 'unassign': {
      const holder = roles[action.role]
      if (holder === undefined) return undefined
      return {
        kind: 'unassigned',
        role: action.role,
        text: `${holder.who} is no longer the ${action.role}.`,
      }
    }
    case 'add-item': {
      if (actionItems.length >= ITEMS_MAX) return `${id} has ${ITEMS_MAX} action items already`
      const item = actionItems.length + 1
      const owner = action.owner === undefined ? {} : { owner: action.owner.trim() }
      return { kind: 'item-added', item, text: action.text.trim(), ...owner }
    }
    case 'close-item': {
      const item = actionItems.find(({ number }) => number === action.item)
      if (item === undefined) return `${id} has no action item ${action.item}`
      if (item.closed !== undefined) return undefined
      return { kind: 'item-closed', item: item.number, text: `Done: ${item.text}` }
    }
    case 'link': {
      const { link, url } = action
      if ((links[link] ?? '') === url) return undefined
      const text = url === '' ? `No ${link} any more.` : `The ${link}: ${url}`
      return { kind: 'linked', link, url, text }
    }
    default:
      return action satisfies never
  }
}

const ITEMS_MAX = 200
