import type { DeclaredEvent, PersonEvent, TurnEvent } from './event.ts'
import { type Fields, instant, labels, listOf, readHead, readSeverity, text, whole } from './fields.ts'
import { LINK_KINDS, ROLES } from './response.ts'

export function readTurn(kind: TurnEvent['kind'], data: Fields): TurnEvent | undefined {
  const { incident, seq, text: said } = readHead(data)
  if (incident === undefined || seq === undefined || said === undefined) return undefined
  const head = { incident, seq, text: said }
  switch (kind) {
    case 'merged': {
      const into = text(data['into'])
      return into === undefined ? undefined : { kind, ...head, into }
    }
    case 'absorbed': {
      const child = text(data['child'])
      return child === undefined ? undefined : { kind, ...head, child }
    }
    case 'escalated':
    case 'reminded': {
      const level = whole(data['level'])
      const levelName = text(data['levelName'])
      const targets = listOf(data['targets'], text)
      if (level === undefined || levelName === undefined || targets === undefined) return undefined
      return { kind, ...head, level, levelName, targets }
    }
    case 'silenced': {
      const silence = text(data['silence'])
      return silence === undefined ? undefined : { kind, ...head, silence }
    }
    case 'unsilenced':
      return { kind, ...head }
    case 'level': {
      const level = text(data['level'])
      return { kind, ...head, ...(level === undefined ? {} : { level }) }
    }
    default:
      return kind satisfies never
  }
}

export function readDeclared(data: Fields): DeclaredEvent | undefined {
  const { incident, seq, text: said } = readHead(data)
  const number = whole(data['number'])
  const by = text(data['by'])
  const title = text(data['title'])
  const services = listOf(data['services'], text)
  const scope = labels(data['scope'])
  const severity = readSeverity(data['severity'])
  const startedAt = instant(data['startedAt'])
  const request = text(data['request'])
  if (incident === undefined || seq === undefined || said === undefined || number === undefined)
    return undefined
  if (by === undefined || title === undefined || services === undefined || scope === undefined)
    return undefined
  if (severity === undefined || startedAt === undefined) return undefined
  return {
    kind: 'declared',
    incident,
    number,
    seq,
    by,
    title,
    services,
    scope,
    severity,
    startedAt,
    ...(data['drill'] === true ? { drill: true } : {}),
    text: said,
    ...(request === undefined ? {} : { request }),
  }
}

export function readPerson(kind: PersonEvent['kind'], data: Fields): PersonEvent | undefined {
  const { incident, seq, text: said } = readHead(data)
  const by = text(data['by'])
  const request = text(data['request'])
  if (incident === undefined || seq === undefined || said === undefined || by === undefined) return undefined
  const head = { incident, seq, by, text: said, ...(request === undefined ? {} : { request }) }
  switch (kind) {
    case 'acknowledged':
    case 'unacknowledged':
    case 'note':
    case 'unmuted':
    case 'resolved-by-hand':
    case 'reopened-by-hand':
      return { kind, ...head }
    case 'muted': {
      const until = instant(data['until'])
      return { kind, ...head, ...(until === undefined ? {} : { until }) }
    }
    case 'severity-set': {
      const severity = readSeverity(data['severity'])
      return { kind, ...head, ...(severity === undefined ? {} : { severity }) }
    }
    case 'level-set': {
      const level = text(data['level'])
      return { kind, ...head, ...(level === undefined ? {} : { level }) }
    }
    case 'assigned':
    case 'unassigned':
    case 'item-added':
    case 'item-closed':
    case 'linked':
      return readWork(kind, head, data)
    default:
      return kind satisfies never
  }
}

function readWork(
  kind: 'assigned' | 'unassigned' | 'item-added' | 'item-closed' | 'linked',
  head: Pick<PersonEvent, 'incident' | 'seq' | 'by' | 'text' | 'request'>,
  data: Fields,
): PersonEvent | undefined {
  const role = ROLES.find((known) => known === data['role'])
  const item = whole(data['item'])
  switch (kind) {
    case 'assigned': {
      const to = text(data['to'])
      return role === undefined || to === undefined ? undefined : { kind, ...head, role, to }
    }
    case 'unassigned':
      return role === undefined ? undefined : { kind, ...head, role }
    case 'item-added': {
      const owner = text(data['owner'])
      if (item === undefined) return undefined
      return { kind, ...head, item, ...(owner === undefined ? {} : { owner }) }
    }
    case 'item-closed':
      return item === undefined ? undefined : { kind, ...head, item }
    case 'linked': {
      const link = LINK_KINDS.find((known) => known === data['link'])
      const url = text(data['url'])
      return link === undefined || url === undefined ? undefined : { kind, ...head, link, url }
    }
    default:
      return kind satisfies never
  }
}
