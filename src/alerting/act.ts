import { failed, ok, type Result, type UnixSeconds } from '../base/index.ts'
import type { AlertingEntry, PersonEvent } from './event.ts'
import { fold } from './fold.ts'
import type { Decision, Incident, IncidentId } from './model.ts'
import type { AlertingState } from './state.ts'

/** What a person does to an incident. `by` is who, `text` what they wrote. */
export type Action = { readonly incident: IncidentId; readonly by: string } & (
  | { readonly kind: 'acknowledge' | 'unacknowledge' | 'unmute' | 'resolve' }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'mute'; readonly until: UnixSeconds }
)

export interface ActResult {
  readonly state: AlertingState
  readonly events: readonly AlertingEntry[]
  /** Undefined when it was so already: then there are no events either. */
  readonly decision: Decision | undefined
}

const NOTE_LENGTH_MAX = 4_000
const NAME_LENGTH_MAX = 200

/** What an action changes; a sentence when it cannot be done. Doing what is done already changes nothing. */
export function act(state: AlertingState, action: Action, now: UnixSeconds): Result<ActResult, string> {
  const tracked = state.incidents.find(({ incident }) => incident.id === action.incident)
  if (tracked === undefined) return failed(`There is no incident ${action.incident.slice(0, 40)}`)
  const by = action.by.trim()
  if (by === '' || by.length > NAME_LENGTH_MAX)
    return failed(`Say who acts, in at most ${NAME_LENGTH_MAX} characters`)
  const refusal = refuse(action, now)
  if (refusal !== undefined) return failed(refusal)
  const what = describe(action, tracked.incident)
  if (what === undefined) return ok({ state, events: [], decision: undefined })
  const seq = tracked.seq + 1
  const data: PersonEvent = { ...what, incident: action.incident, seq, by }
  const entry: AlertingEntry = { at: now, kind: 'incident', data }
  const reason = action.kind === 'resolve' ? 'resolved' : 'person'
  const { severity } = tracked.incident
  const decision: Decision = {
    incident: action.incident,
    reason,
    severity,
    evaluation: undefined,
    at: now,
    seq,
  }
  return ok({ state: fold(state, [entry]), events: [entry], decision })
}

function refuse(action: Action, now: UnixSeconds): string | undefined {
  if (action.kind === 'note') {
    const length = action.text.trim().length
    if (length === 0) return 'A note needs some words'
    if (length > NOTE_LENGTH_MAX)
      return `A note has at most ${NOTE_LENGTH_MAX} characters: this one has ${length}`
  }
  if (action.kind === 'mute' && action.until <= now) return 'A mute must end in the future'
  return undefined
}

/** The event of an action; undefined when the incident is so already. */
function describe(
  action: Action,
  incident: Incident,
): Pick<PersonEvent, 'kind' | 'text' | 'until'> | undefined {
  const open = incident.state === 'open'
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
    default:
      return action satisfies never
  }
}
