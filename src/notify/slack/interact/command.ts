import { readMatchers, type SilenceMatcher } from '../../../alerting/index.ts'
import type { IncidentBrief } from '../../brief.ts'
import { escaped, link } from '../../text.ts'
import type { Words } from '../../words.ts'
import { sentenceOf } from '../facts.ts'
import type { Intent } from './intent.ts'
import { readLength } from './length.ts'
import type { IncidentPort, PromiseLine } from './port.ts'

/** What `/nines …` asks for. */
export type Asked =
  | { readonly kind: 'status'; readonly service: string }
  | { readonly kind: 'incidents' | 'help' }
  | { readonly kind: 'do'; readonly intent: Intent }
  | { readonly kind: 'silences' }
  | {
      readonly kind: 'silence'
      readonly matchers: readonly SilenceMatcher[]
      readonly seconds: number
      readonly why: string
    }
  | { readonly kind: 'end-silence'; readonly id: string }
  /** It is understood what is meant, but not what is written. */
  | { readonly kind: 'usage'; readonly usage: string; readonly reason?: 'length'; readonly text?: string }
  | { readonly kind: 'unknown'; readonly word: string }

const PLAIN = {
  ack: 'acknowledge',
  unack: 'unacknowledge',
  unmute: 'unmute',
  take: 'take-command',
  reopen: 'reopen',
} as const

const INCIDENT = /^(?:INC-)?(\d{4}-\d{1,8})$/i

/** Reads the text behind the command; `name` is the command itself, for what it says of how to write it. */
export function readCommand(text: string, name: string): Asked {
  const [word = '', ...rest] = text.trim().split(/\s+/)
  const verb = word.toLowerCase()
  const incident = incidentNamed(rest[0])
  const tail = rest.slice(1).join(' ')
  const needs = (usage: string): Asked => ({ kind: 'usage', usage: `${name} ${verb} ${usage}` })
  switch (verb) {
    case '':
    case 'help':
      return { kind: 'help' }
    case 'status':
      return { kind: 'status', service: rest.join(' ') }
    case 'incidents':
      return { kind: 'incidents' }
    case 'ack':
    case 'unack':
    case 'unmute':
    case 'take':
    case 'reopen':
      if (incident === undefined) return needs('INC-2026-0001')
      return { kind: 'do', intent: { kind: PLAIN[verb], incident } }
    case 'assign':
      if (incident === undefined || tail === '') return needs('INC-2026-0001 name')
      return { kind: 'do', intent: { kind: 'assign', incident, to: tail } }
    case 'severity': {
      const level = tail.toLowerCase()
      if (incident === undefined || (level !== 'page' && level !== 'ticket' && level !== 'auto'))
        return needs('INC-2026-0001 page|ticket|auto')
      const severity = level === 'auto' ? undefined : level
      return { kind: 'do', intent: { kind: 'severity', incident, severity } }
    }
    case 'declare': {
      const services = (rest[0] ?? '').split(',').filter((service) => service !== '')
      const severity = rest[1]?.toLowerCase()
      const title = rest.slice(2).join(' ')
      if (services.length === 0 || (severity !== 'page' && severity !== 'ticket') || title === '')
        return needs('service[,service] page|ticket what happened')
      return { kind: 'do', intent: { kind: 'declare', services, severity, title } }
    }
    case 'silences':
      return { kind: 'silences' }
    case 'silence':
      if (incident === undefined) return readSilence(text.trim().slice(word.length), `${name} silence`)
      return readMute(`${name} silence`, { incident, rest })
    case 'mute':
      if (incident === undefined) return needs('INC-2026-0001 2h [why]')
      return readMute(`${name} mute`, { incident, rest })
    case 'note':
      if (incident === undefined || tail === '') return needs('INC-2026-0001 text')
      return { kind: 'do', intent: { kind: 'note', incident, text: tail } }
    case 'resolve':
      if (incident === undefined) return needs('INC-2026-0001 [why]')
      return { kind: 'do', intent: { kind: 'resolve', incident, why: tail } }
    default:
      return { kind: 'unknown', word }
  }
}

function readMute(
  name: string,
  { incident, rest }: { readonly incident: string; readonly rest: readonly string[] },
): Asked {
  const usage = `${name} ${incident} 2h [why]`
  const [, written, ...why] = rest
  if (written === undefined) return { kind: 'usage', usage }
  const length = readLength(written)
  if (length === undefined) return { kind: 'usage', usage, reason: 'length', text: written }
  return { kind: 'do', intent: { kind: 'mute', incident, seconds: length, why: why.join(' ') } }
}

const SILENCE = /^SIL-(\d{1,8})$/i

/** A silence is about labels and not about one incident: `service_name=checkout 2h why`, `end SIL-0001`. */
function readSilence(text: string, name: string): Asked {
  const { matchers, rest } = readMatchers(text)
  const [first = '', second = '', ...more] = rest.split(/\s+/)
  const number = SILENCE.exec(second)?.[1]
  if (matchers.length === 0 && first.toLowerCase() === 'end' && number !== undefined)
    return { kind: 'end-silence', id: `SIL-${String(Number(number)).padStart(4, '0')}` }
  const usage = `${name} service_name=checkout 2h why`
  if (matchers.length === 0 || first === '') return { kind: 'usage', usage }
  const length = readLength(first)
  if (length === undefined) return { kind: 'usage', usage, reason: 'length', text: first }
  const why = [second, ...more].join(' ').trim()
  return why === '' ? { kind: 'usage', usage } : { kind: 'silence', matchers, seconds: length, why }
}

/** `INC-2026-0001`, also from `2026-1`; undefined when it is none. */
function incidentNamed(text: string | undefined): string | undefined {
  const found = INCIDENT.exec(text ?? '')?.[1]
  const [year = '', number = ''] = found?.split('-') ?? []
  return found === undefined ? undefined : `INC-${year}-${String(Number(number)).padStart(4, '0')}`
}

const PROMISES_SHOWN = 15
const INCIDENTS_SHOWN = 15
const SHAPES = { ok: '●', watch: '▲', burning: '◆', exhausted: '■', unknown: '◌' } as const

/** The budgets of a service, or of all, worst first. */
export function statusText(port: IncidentPort, service: string, words: Words): string {
  const wanted = service.trim().toLowerCase()
  const all = port.promises()
  const found = all.filter(
    (each) =>
      wanted === '' || each.service.toLowerCase() === wanted || each.name.toLowerCase().includes(wanted),
  )
  if (found.length === 0) return words.desk.command.noPromises(escaped(service, 80))
  const shown = found.slice(0, PROMISES_SHOWN)
  const lines = shown.map((each) => promiseLine(each, words))
  return [words.desk.command.promises(found.length, shown.length), ...lines].join('\n')
}

function promiseLine(each: PromiseLine, words: Words): string {
  const name = link(each.url, escaped(each.name, 80) || escaped(each.service, 80) || '?')
  const left =
    each.left === undefined ? words.states.unknown : words.desk.command.left(words.percent(each.left, 1))
  const promise =
    each.target === '' ? '' : ` · ${words.promise(escaped(each.target, 12), escaped(each.window, 12))}`
  return `${SHAPES[each.state]} ${name} · ${left}${promise} · ${words.states[each.state]}`
}

export function incidentsText(briefs: readonly IncidentBrief[], words: Words): string {
  if (briefs.length === 0) return words.desk.command.noIncidents
  const lines = briefs.slice(0, INCIDENTS_SHOWN).map((brief) => {
    const id = link(brief.pageUrl, escaped(brief.incident.id, 40))
    return `• ${id} ${escaped(brief.name, 80)}: ${escaped(sentenceOf(brief, words), 200)}`
  })
  const more = briefs.length - lines.length
  return [words.desk.command.incidents(briefs.length), ...lines, ...(more > 0 ? [`+${more}`] : [])].join('\n')
}
