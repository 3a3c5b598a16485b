import {
  type AlertEvent,
  type AlertingEvent,
  type OpenedEvent,
  PERSON_EVENT_KINDS,
  type Reading,
  STEP_EVENT_KINDS,
  type StepEvent,
  TURN_EVENT_KINDS,
} from './event.ts'
import {
  type Fields,
  instant,
  isFields,
  labels,
  listOf,
  number,
  readHead,
  readSeverity,
  text,
  whole,
} from './fields.ts'
import type { Consequence, IncidentMember } from './model.ts'
import { readDeclared, readPerson, readTurn } from './read-turns.ts'

/** What the journal holds, as an event; undefined when it is none that this version knows. */
export function readEvent(data: unknown): AlertingEvent | undefined {
  if (!isFields(data)) return undefined
  const kind = data['kind']
  if (kind === 'alert') return readAlert(data)
  if (kind === 'opened') return readOpened(data)
  if (kind === 'told' || kind === 'not-told' || kind === 'restated') {
    const { incident, text } = readHead(data)
    return incident === undefined || text === undefined ? undefined : { kind, incident, text }
  }
  const stepKind = STEP_EVENT_KINDS.find((known) => known === kind)
  if (stepKind !== undefined) return readStep(stepKind, data)
  if (kind === 'declared') return readDeclared(data)
  const turnKind = TURN_EVENT_KINDS.find((known) => known === kind)
  if (turnKind !== undefined) return readTurn(turnKind, data)
  const personKind = PERSON_EVENT_KINDS.find((known) => known === kind)
  return personKind === undefined ? undefined : readPerson(personKind, data)
}

function readAlert(data: Fields): AlertEvent | undefined {
  const slo = text(data['slo'])
  const objective = text(data['objective'])
  const scope = labels(data['scope'])
  const rule = text(data['rule'])
  const severity = readSeverity(data['severity'])
  const state = (['pending', 'firing', 'gone'] as const).find((known) => known === data['state'])
  if (slo === undefined || objective === undefined || scope === undefined) return undefined
  if (rule === undefined || severity === undefined || state === undefined) return undefined
  return { kind: 'alert', slo, objective, scope, rule, severity, state }
}

function readOpened(data: Fields): OpenedEvent | undefined {
  const { incident, seq, text: said } = readHead(data)
  const number = whole(data['number'])
  const slo = text(data['slo'])
  const objective = text(data['objective'])
  const service = text(data['service'])
  const startedAt = instant(data['startedAt'])
  const previous = text(data['previous'])
  const reading = readReading(data['reading'])
  if (incident === undefined || number === undefined || seq === undefined || said === undefined)
    return undefined
  if (slo === undefined || objective === undefined || service === undefined) return undefined
  if (startedAt === undefined || reading === undefined) return undefined
  const event = { incident, number, seq, slo, objective, service, startedAt }
  const silence = text(data['silence'])
  return {
    kind: 'opened',
    ...event,
    ...(previous === undefined ? {} : { previous }),
    reading,
    text: said,
    ...(silence === undefined ? {} : { silence }),
  }
}

function readStep(kind: StepEvent['kind'], data: Fields): StepEvent | undefined {
  const { incident, seq, text: said } = readHead(data)
  const reading = readReading(data['reading'])
  if (incident === undefined || seq === undefined || said === undefined) return undefined
  if (reading === undefined) return undefined
  const quiet = data['quiet'] === true ? { quiet: true as const } : {}
  return { kind, incident, seq, reading, text: said, ...quiet }
}

function readReading(value: unknown): Reading | undefined {
  if (!isFields(value)) return undefined
  const severity = readSeverity(value['severity'])
  const scope = labels(value['scope'])
  const members = listOf(value['members'], readMember)
  const rules = listOf(value['rules'], text)
  const peakRate = number(value['peakRate'])
  const badEvents = number(value['badEvents'])
  const budgetSpent = number(value['budgetSpent'])
  if (severity === undefined || scope === undefined || members === undefined || rules === undefined)
    return undefined
  if (peakRate === undefined || badEvents === undefined || budgetSpent === undefined) return undefined
  const kind = (['burn', 'region', 'declared'] as const).find((known) => known === value['kind'])
  const reckoned = readSeverity(value['reckoned'])
  const consequences = listOf(value['consequences'] ?? [], readConsequence)
  if (consequences === undefined) return undefined
  const blindSince = instant(value['blindSince'])
  const calmSince = instant(value['calmSince'])
  const easedSince = instant(value['easedSince'])
  return {
    severity,
    ...(reckoned === undefined ? {} : { reckoned }),
    ...(kind === undefined ? {} : { kind }),
    ...(consequences.length === 0 ? {} : { consequences }),
    scope,
    members,
    rules,
    peakRate,
    badEvents,
    budgetSpent,
    ...(blindSince === undefined ? {} : { blindSince }),
    ...(calmSince === undefined ? {} : { calmSince }),
    ...(easedSince === undefined ? {} : { easedSince }),
  }
}

function readMember(value: unknown): IncidentMember | undefined {
  if (!isFields(value)) return undefined
  const scope = labels(value['scope'])
  const severity = readSeverity(value['severity'])
  const rules = listOf(value['rules'], text)
  const rate = number(value['rate'])
  const firing = value['firing']
  if (scope === undefined || severity === undefined || rules === undefined) return undefined
  if (rate === undefined || typeof firing !== 'boolean') return undefined
  return { scope, severity, rules, rate, firing }
}

function readConsequence(value: unknown): Consequence | undefined {
  const member = readMember(value)
  if (member === undefined || !isFields(value)) return undefined
  const slo = text(value['slo'])
  const objective = text(value['objective'])
  const service = text(value['service'])
  const on = text(value['on'])
  const because = (['depends', 'latency', 'region'] as const).find((known) => known === value['because'])
  const since = instant(value['since'])
  const badEvents = number(value['badEvents'])
  const budgetSpent = number(value['budgetSpent'])
  if (slo === undefined || objective === undefined || service === undefined || on === undefined)
    return undefined
  if (because === undefined || since === undefined || badEvents === undefined) return undefined
  if (budgetSpent === undefined) return undefined
  const calmSince = instant(value['calmSince'])
  const calm = calmSince === undefined ? {} : { calmSince }
  return { slo, objective, service, because, on, since, ...member, ...calm, badEvents, budgetSpent }
}
