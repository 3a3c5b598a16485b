import { type Labels, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Severity } from '../slo/index.ts'
import {
  type AlertEvent,
  type AlertingEvent,
  type OpenedEvent,
  PERSON_EVENT_KINDS,
  type PersonEvent,
  type Reading,
  STEP_EVENT_KINDS,
  type StepEvent,
} from './event.ts'
import type { IncidentMember } from './model.ts'

type Fields = Readonly<Record<string, unknown>>

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
  return { kind: 'opened', ...event, ...(previous === undefined ? {} : { previous }), reading, text: said }
}

function readStep(kind: StepEvent['kind'], data: Fields): StepEvent | undefined {
  const { incident, seq, text: said } = readHead(data)
  const reading = readReading(data['reading'])
  if (incident === undefined || seq === undefined || said === undefined) return undefined
  if (reading === undefined) return undefined
  const quiet = data['quiet'] === true ? { quiet: true as const } : {}
  return { kind, incident, seq, reading, text: said, ...quiet }
}

function readPerson(kind: PersonEvent['kind'], data: Fields): PersonEvent | undefined {
  const { incident, seq, text: said } = readHead(data)
  const by = text(data['by'])
  const until = instant(data['until'])
  if (incident === undefined || seq === undefined || said === undefined || by === undefined) return undefined
  return { kind, incident, seq, by, text: said, ...(until === undefined ? {} : { until }) }
}

function readHead(data: Fields) {
  return { incident: text(data['incident']), seq: whole(data['seq']), text: text(data['text']) }
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
  const blindSince = instant(value['blindSince'])
  const calmSince = instant(value['calmSince'])
  const easedSince = instant(value['easedSince'])
  return {
    severity,
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

function labels(value: unknown): Labels | undefined {
  if (!isFields(value)) return undefined
  const read: [string, string][] = []
  for (const [name, label] of Object.entries(value)) {
    if (typeof label !== 'string') return undefined
    read.push([name, label])
  }
  return Object.fromEntries(read)
}

function listOf<T>(value: unknown, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items: T[] = []
  for (const item of value) {
    const one = read(item)
    if (one === undefined) return undefined
    items.push(one)
  }
  return items
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined
const whole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
const readSeverity = (value: unknown): Severity | undefined =>
  value === 'page' || value === 'ticket' ? value : undefined

function instant(value: unknown): UnixSeconds | undefined {
  const at = whole(value)
  return at === undefined ? undefined : unixSeconds(at)
}
