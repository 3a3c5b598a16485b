import { between, type UnixSeconds, type World } from '../../../base/index.ts'
import type { IncidentBrief } from '../../brief.ts'
import { escaped, link } from '../../text.ts'
import type { Words } from '../../words.ts'
import { dateToken } from '../facts.ts'
import { actionsOf, type Intent } from './intent.ts'
import type { IncidentPort } from './port.ts'

/** What became of what somebody wanted. */
export type Performed =
  | { readonly kind: 'done'; readonly brief: IncidentBrief }
  | { readonly kind: 'so-already'; readonly brief: IncidentBrief }
  | { readonly kind: 'unknown-incident' | 'failed' }
  /** It came before, and was answered then. */
  | { readonly kind: 'again' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'barred'; readonly why: 'guest' | 'notAllowed' }

/** Does it through the service, which alone knows what may be done. Twice is the same as once. */
export async function perform(
  { world, port }: { readonly world: World; readonly port: IncidentPort },
  intent: Intent,
  asker: { readonly name: string; readonly request: string | undefined },
): Promise<Performed> {
  const before = intent.kind === 'declare' ? undefined : port.brief(intent.incident)
  if (before === undefined && intent.kind !== 'declare') return { kind: 'unknown-incident' }
  let changed = false
  let incident = before?.incident.id
  try {
    for (const action of actionsOf(intent, asker.name, world.clock.now())) {
      // The same press twice counts once, over restarts and replicas too: the journal knows the request.
      const request = asker.request === undefined ? {} : { request: `${asker.request} ${action.kind}` }
      const acted = await port.act({ ...action, ...request })
      if (acted.kind === 'failed') return { kind: 'refused', why: acted.error }
      changed ||= acted.value.changed
      incident ??= acted.value.incident
    }
  } catch (error) {
    world.log.error('what was asked for in Slack could not be written down', { err: error })
    return { kind: 'failed' }
  }
  const brief = (incident === undefined ? undefined : port.brief(incident)) ?? before
  // A declaration that arrives again says nothing: it was answered the first time.
  if (brief === undefined) return changed ? { kind: 'failed' } : { kind: 'again' }
  return { kind: changed ? 'done' : 'so-already', brief }
}

interface Told {
  readonly intent: Intent
  readonly words: Words
  readonly now: UnixSeconds
  readonly zone: string | undefined
}

/** One sentence, for the one who asked. */
export function performedText(performed: Exclude<Performed, { readonly kind: 'again' }>, told: Told): string {
  const { intent, words } = told
  const { answers } = words.desk
  const id = intent.kind === 'declare' ? '' : escaped(intent.incident, 40)
  switch (performed.kind) {
    case 'done':
      return doneText(performed.brief, told)
    case 'so-already':
      return alreadyText(performed.brief, told)
    case 'unknown-incident':
      return answers.unknownIncident(id)
    case 'refused':
      return answers.refused(escaped(performed.why, 300))
    case 'barred':
      return answers[performed.why]
    case 'failed':
      return answers.failed
    default:
      return performed satisfies never
  }
}

function doneText(brief: IncidentBrief, { intent, words, now, zone }: Told): string {
  const { answers } = words.desk
  const id = escaped(brief.incident.id, 40)
  switch (intent.kind) {
    case 'acknowledge':
      return answers.acknowledged(id)
    case 'unacknowledge':
      return answers.unacknowledged(id)
    case 'mute': {
      const until = brief.incident.mutedUntil ?? now
      return answers.muted(id, dateToken(until, zone === undefined ? brief : { ...brief, zone }))
    }
    case 'unmute':
      return answers.unmuted(id)
    case 'note':
      return answers.noted(id)
    case 'resolve':
      return answers.resolved(id)
    case 'take-command':
      return answers.commanded(id)
    case 'reopen':
      return answers.reopened(id)
    case 'assign':
      return answers.assigned(id, escaped(intent.to, 80))
    case 'severity':
      return answers.severitySet(id, brief.incident.severity === 'page' ? words.page : words.ticket)
    case 'declare':
      return answers.declared(link(brief.pageUrl, id))
    default:
      return intent satisfies never
  }
}

function alreadyText({ incident }: IncidentBrief, { intent, words, now }: Told): string {
  const { answers } = words.desk
  const id = escaped(incident.id, 40)
  const ago = (at: UnixSeconds): string => words.length(Math.max(0, between(at, now)))
  if (incident.resolvedAt !== undefined && incident.state === 'resolved')
    return answers.over(id, ago(incident.resolvedAt))
  if (intent.kind === 'acknowledge' && incident.acknowledged !== undefined)
    return answers.already(id, escaped(incident.acknowledged.by, 80), ago(incident.acknowledged.at))
  const { commander } = incident.roles
  if (intent.kind === 'take-command' && commander !== undefined)
    return answers.commandedAlready(id, escaped(commander.who, 80))
  return intent.kind === 'unacknowledge' ? answers.notAcknowledged(id) : answers.nothingToDo(id)
}
