import { between, type UnixSeconds, type World } from '../../../base/index.ts'
import type { IncidentBrief } from '../../brief.ts'
import { escaped } from '../../text.ts'
import type { Words } from '../../words.ts'
import { dateToken } from '../facts.ts'
import { actionsOf, type Intent } from './intent.ts'
import type { Person } from './people.ts'
import type { IncidentPort } from './port.ts'

/** What became of what somebody wanted. */
export type Performed =
  | { readonly kind: 'done'; readonly brief: IncidentBrief }
  | { readonly kind: 'so-already'; readonly brief: IncidentBrief }
  | { readonly kind: 'unknown-incident' | 'failed' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'barred'; readonly why: 'guest' | 'notAllowed' }

/** Does it through the service, which alone knows what may be done. Twice is the same as once. */
export async function perform(
  { world, port }: { readonly world: World; readonly port: IncidentPort },
  intent: Intent,
  person: Person,
): Promise<Performed> {
  const before = port.brief(intent.incident)
  if (before === undefined) return { kind: 'unknown-incident' }
  let changed = false
  try {
    for (const action of actionsOf(intent, person.name, world.clock.now())) {
      const acted = await port.act(action)
      if (acted.kind === 'failed') return { kind: 'refused', why: acted.error }
      changed ||= acted.value.changed
    }
  } catch (error) {
    world.log.error('what was asked for in Slack could not be written down', { err: error })
    return { kind: 'failed' }
  }
  const brief = port.brief(intent.incident) ?? before
  return { kind: changed ? 'done' : 'so-already', brief }
}

interface Told {
  readonly intent: Intent
  readonly words: Words
  readonly now: UnixSeconds
  readonly zone: string | undefined
}

/** One sentence, for the one who asked. */
export function performedText(performed: Performed, told: Told): string {
  const { intent, words } = told
  const { answers } = words.desk
  const id = escaped(intent.incident, 40)
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
  const id = escaped(intent.incident, 40)
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
    default:
      return intent satisfies never
  }
}

function alreadyText({ incident }: IncidentBrief, { intent, words, now }: Told): string {
  const { answers } = words.desk
  const id = escaped(intent.incident, 40)
  const ago = (at: UnixSeconds): string => words.length(Math.max(0, between(at, now)))
  if (incident.resolvedAt !== undefined && incident.state === 'resolved')
    return answers.over(id, ago(incident.resolvedAt))
  if (intent.kind === 'acknowledge' && incident.acknowledged !== undefined)
    return answers.already(id, escaped(incident.acknowledged.by, 80), ago(incident.acknowledged.at))
  return intent.kind === 'unacknowledge' ? answers.notAcknowledged(id) : answers.nothingToDo(id)
}
