import type { Labels, UnixSeconds } from '../base/index.ts'
import type { Severity } from '../slo/index.ts'
import type { IncidentId } from './model.ts'
import { LINK_KINDS, type LinkKind, ROLES, type Role } from './response.ts'

/**
 * What a person does. `by` is who: the caller has made sure of that, since a button carries no authority. `request`
 * names the asking, so that a click that arrives twice counts once.
 */
export type Action = { readonly by: string; readonly request?: string } & (DeclareAction | IncidentAction)

/** Opens an incident without an alert. */
export interface DeclareAction {
  readonly kind: 'declare'
  readonly title: string
  /** At least one. */
  readonly services: readonly string[]
  readonly severity: Severity
  /** Where, as far as is known. Absent: everywhere. */
  readonly scope?: Labels
  /** When it began, as far as is known. Absent: now. */
  readonly startedAt?: UnixSeconds
  readonly drill?: boolean
}

/** What is done to an incident that is there. */
export type IncidentAction = { readonly incident: IncidentId } & (StandingAction | WorkAction)

/** Where the incident stands. */
export type StandingAction =
  | { readonly kind: 'acknowledge' | 'unacknowledge' | 'unmute' | 'resolve' | 'reopen' }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'mute'; readonly until: UnixSeconds }
  /** Undefined: as the rules say again. */
  | { readonly kind: 'severity'; readonly severity: Severity | undefined }
  /** The name of a level of the policy; undefined: as its rules say again. */
  | { readonly kind: 'level'; readonly level: string | undefined }

/** Who does what, and what is left to do. */
export type WorkAction =
  | { readonly kind: 'take-command' }
  | { readonly kind: 'assign'; readonly role: Role; readonly to: string }
  | { readonly kind: 'unassign'; readonly role: Role }
  /** Command goes from one to another, with what the next one needs to know. */
  | { readonly kind: 'hand-over'; readonly to: string; readonly text: string }
  | { readonly kind: 'add-item'; readonly text: string; readonly owner?: string }
  | { readonly kind: 'close-item'; readonly item: number }
  /** An empty address takes it away. */
  | { readonly kind: 'link'; readonly link: LinkKind; readonly url: string }

const TEXT_LENGTH_MAX = 4_000
const NAME_LENGTH_MAX = 200
const SERVICES_MAX = 50
/** Channels are named by their ids, everything else by an address. */
const LINK_LENGTH_MAX = 2_000

/** Why it cannot be done, whatever it is done to, as a sentence; undefined when nothing speaks against it. */
export function refuse(action: Action, now: UnixSeconds): string | undefined {
  const { request } = action
  if (request !== undefined && (request === '' || request.length > NAME_LENGTH_MAX))
    return `A request is named in at most ${NAME_LENGTH_MAX} characters`
  return nameProblem('Say who acts', action.by) ?? refuseKind(action, now)
}

function refuseKind(action: Action, now: UnixSeconds): string | undefined {
  switch (action.kind) {
    case 'declare':
      return refuseDeclaration(action, now)
    case 'note':
      return textProblem('A note', action.text)
    case 'add-item':
      return (
        textProblem('An action item', action.text) ??
        (action.owner === undefined ? undefined : nameProblem('Say whose it is', action.owner))
      )
    case 'hand-over':
      return (
        nameProblem('Say who takes over', action.to) ??
        (action.text === '' ? undefined : textProblem('A hand-over', action.text))
      )
    case 'assign':
      return ROLES.includes(action.role)
        ? nameProblem('Say who gets the role', action.to)
        : `There is no such role: it is one of ${ROLES.join(', ')}`
    case 'mute':
      return action.until <= now ? 'A mute must end in the future' : undefined
    case 'level':
      return action.level === undefined ? undefined : nameProblem('Say which level', action.level)
    case 'link':
      return refuseLink(action)
    case 'acknowledge':
    case 'unacknowledge':
    case 'unmute':
    case 'resolve':
    case 'reopen':
    case 'take-command':
    case 'unassign':
    case 'severity':
    case 'close-item':
      return undefined
    default:
      return action satisfies never
  }
}

function refuseDeclaration(
  { title, services, startedAt }: DeclareAction,
  now: UnixSeconds,
): string | undefined {
  if (services.length === 0) return 'Say which services it concerns'
  if (services.length > SERVICES_MAX) return `An incident names at most ${SERVICES_MAX} services`
  if (startedAt !== undefined && startedAt > now) return 'An incident cannot begin in the future'
  const named = services.map((service) => nameProblem('Name each service', service))
  return nameProblem('Give it a title', title) ?? named.find((problem) => problem !== undefined)
}

function refuseLink({ link, url }: { readonly link: LinkKind; readonly url: string }): string | undefined {
  if (!LINK_KINDS.includes(link)) return `There is no such link: it is one of ${LINK_KINDS.join(', ')}`
  if (url.length > LINK_LENGTH_MAX) return `A link has at most ${LINK_LENGTH_MAX} characters`
  const safe = url === '' || link === 'channel' || /^https?:\/\/\S+$/.test(url)
  return safe ? undefined : 'A link begins with https:// or http://'
}

function textProblem(what: string, text: string): string | undefined {
  const { length } = text.trim()
  if (length === 0) return `${what} needs some words`
  return length > TEXT_LENGTH_MAX
    ? `${what} has at most ${TEXT_LENGTH_MAX} characters: this one has ${length}`
    : undefined
}

function nameProblem(what: string, name: string): string | undefined {
  const { length } = name.trim()
  return length === 0 || length > NAME_LENGTH_MAX
    ? `${what}, in at most ${NAME_LENGTH_MAX} characters`
    : undefined
}
