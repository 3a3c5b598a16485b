import { z } from 'zod'
import type { Role } from '../alerting/index.ts'
import { isoMinute, unixSeconds, type World } from '../base/index.ts'
import {
  type IncidentDetail,
  type IncidentSummary,
  incidentDetail,
  incidentSummary,
} from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'
import { type Column, renderTable } from './table.ts'

export interface IncidentsOptions {
  readonly url: string
  readonly output: 'table' | 'json'
  readonly state: 'open' | 'resolved' | 'all'
  readonly limit: number
}

/** Who acts, and where. */
export interface ActingOptions {
  readonly url: string
  readonly output: 'table' | 'json'
  readonly by?: string
}

/** What is done to one incident, as the API takes it, but for who does it. */
export type IncidentDeed =
  | { readonly kind: 'acknowledge' | 'unacknowledge' | 'take-command' | 'reopen' | 'unmute' | 'resolve' }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'mute'; readonly seconds: number }
  | { readonly kind: 'severity'; readonly severity: 'page' | 'ticket' | null }
  | { readonly kind: 'assign'; readonly role: Role; readonly to: string }

export interface DeclareOptions extends ActingOptions {
  readonly service: readonly string[]
  readonly severity: 'page' | 'ticket'
  readonly label: Readonly<Record<string, string>>
  readonly drill: boolean
}

const COLUMNS: readonly Column[] = [
  { title: 'INCIDENT', align: 'left' },
  { title: 'SEVERITY', align: 'left' },
  { title: 'SINCE', align: 'left' },
  { title: 'PROMISE', align: 'left' },
  { title: 'IN HAND', align: 'left' },
  { title: 'WHAT', align: 'left' },
]

const asIs = (cell: string): string => cell

/** `nines incidents`: what is open, newest first. */
export async function incidentsCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  { url, output, state, limit }: IncidentsOptions,
): Promise<number> {
  const path = `/incidents?limit=${limit}${state === 'all' ? '' : `&state=${state}`}`
  const answer = z.object({ incidents: z.array(incidentSummary) })
  const found = await ask(world, url, { path, answer })
  if (found.kind === 'failed') return failed(io, found.error)
  const { incidents } = found.value
  if (output === 'json') io.stdout(`${JSON.stringify(found.value, undefined, 2)}\n`)
  else if (incidents.length === 0) io.stdout(state === 'open' ? 'No incident is open.\n' : 'No incidents.\n')
  else io.stdout(renderTable(COLUMNS, incidents.map(toCells), asIs))
  return EXIT.ok
}

function toCells(each: IncidentSummary): string[] {
  return [
    each.id,
    each.state === 'open' ? each.severity : each.state,
    isoMinute(unixSeconds(each.startedAt)),
    each.name,
    inHand(each),
    each.sentence,
  ]
}

/** Who has it, or why nobody is called; empty while it waits for somebody. */
function inHand({ commander, assignee, acknowledged, mutedUntil, silencedBy }: IncidentSummary): string {
  const who = commander ?? assignee ?? acknowledged?.by ?? ''
  if (typeof mutedUntil === 'number') return `${who} muted until ${isoMinute(unixSeconds(mutedUntil))}`.trim()
  return typeof silencedBy === 'string' ? `${who} ${silencedBy}`.trim() : who
}

/** `nines ack`, `resolve` and the like: what people do to an incident, in the order given; a reason is a note. */
export async function actCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  asked: {
    readonly incident: string
    readonly deeds: readonly IncidentDeed[]
    readonly options: ActingOptions
  },
): Promise<number> {
  const { incident, deeds, options } = asked
  const by = actor(io, options)
  if (by === undefined) return EXIT.invalid
  let done: IncidentDetail | undefined
  for (const deed of deeds) {
    const path = `/incidents/${encodeURIComponent(incident)}/actions`
    const acted = await ask(world, options.url, { path, answer: incidentDetail, body: { ...deed, by } })
    if (acted.kind === 'failed') return failed(io, acted.error)
    done = acted.value
  }
  if (done !== undefined) print(io, options, done)
  return EXIT.ok
}

/** `nines declare`: an incident without an alert. */
export async function declareCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  options: DeclareOptions & { readonly title: string },
): Promise<number> {
  const by = actor(io, options)
  if (by === undefined) return EXIT.invalid
  const { title, service: services, severity, label: scope, drill } = options
  const body = { title, services, severity, scope, drill, by }
  const declared = await ask(world, options.url, { path: '/incidents', answer: incidentDetail, body })
  if (declared.kind === 'failed') return failed(io, declared.error)
  print(io, options, declared.value)
  return EXIT.ok
}

/** Everything that people do has a name beside it; undefined when nobody can be named. */
export function actor(io: Io, { by }: Pick<ActingOptions, 'by'>): string | undefined {
  const who = (by ?? io.env['USER'] ?? io.env['LOGNAME'] ?? '').trim()
  if (who !== '') return who
  io.stderr('Say who does it: --by <who>. Neither USER nor LOGNAME is set.\n')
  return undefined
}

function print(io: Io, { output }: Pick<ActingOptions, 'output'>, incident: IncidentDetail): void {
  if (output === 'json') {
    io.stdout(`${JSON.stringify(incident, undefined, 2)}\n`)
    return
  }
  const last = incident.timeline.at(-1)
  const said = last === undefined ? '' : ` ${last.text}${last.by === null ? '' : ` (${last.by})`}`
  io.stdout(`${incident.id} ${incident.state}, ${incident.severity}.${said}\n`)
}

function failed(io: Io, error: string): number {
  io.stderr(`${error}\n`)
  return EXIT.failed
}
