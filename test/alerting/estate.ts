import {
  type AlertingEntry,
  type AlertingState,
  type Decision,
  EMPTY_STATE,
  incidentsOf,
  type StepInput,
  step,
} from '../../src/alerting/index.ts'
import type { UnixSeconds } from '../../src/base/index.ts'
import type { Evaluation, Slo } from '../../src/slo/index.ts'
import { evaluationAt, minute, readTimeline, START, scopesOf, sloWith, type Timeline } from './timeline.ts'

/** One SLO of an estate: what happened in each of its places, in the language of `timeline.ts`. */
export interface Member {
  readonly happened: string
  /** Its own name, unless it says another. */
  readonly service?: string
  readonly indicator?: 'availability' | 'latency'
  readonly on?: readonly string[]
  readonly splitBy?: readonly string[]
}

export type Estate = Readonly<Record<string, Member>>

export interface EstateRun {
  readonly state: AlertingState
  readonly journal: readonly AlertingEntry[]
  readonly decisions: readonly Decision[]
  /** `@31 1 opened page db aws`: incidents by their numbers; mere numbers and alerts left out. */
  readonly story: readonly string[]
}

export interface EstateOptions extends Partial<StepInput> {
  /** Evaluations are handed over in another order. */
  readonly shuffle?: (evaluations: readonly Evaluation[]) => readonly Evaluation[]
  /** Called after each step: people and restarts may come between, and properties are looked at. */
  readonly between?: (state: AlertingState, at: number, journal: AlertingEntry[]) => AlertingState
}

interface Played {
  readonly slo: Slo
  readonly timeline: Timeline
}

export function sloOf(id: string, { service = id, splitBy }: Member): Slo {
  const slo = sloWith(undefined, id)
  return { ...slo, service, ...(splitBy === undefined ? {} : { splitBy }) }
}

/** Steps minute by minute through all that happened. */
export function runEstate(estate: Estate, options: EstateOptions = {}): EstateRun {
  const { shuffle = (all) => all, between, ...input } = options
  const members = Object.entries(estate).map(
    ([id, member]): Played => ({ slo: sloOf(id, member), timeline: readTimeline(member.happened) }),
  )
  const about = inputOf(estate)
  const length = Math.max(...members.map(({ timeline }) => timeline.minutes))
  let state: AlertingState = EMPTY_STATE
  const journal: AlertingEntry[] = []
  const decisions: Decision[] = []
  for (let at = 1; at <= length; at++) {
    const evaluations = shuffle(members.flatMap((played) => evaluationsAt(played, at)))
    const slos = members.map(({ slo }) => slo)
    const result = step(state, { evaluations, slos, now: minute(at), ...about, ...input })
    journal.push(...result.events)
    decisions.push(...result.decisions)
    state = between?.(result.state, at, journal) ?? result.state
  }
  return { state, journal, decisions, story: journal.flatMap(tell) }
}

export function inputOf(estate: Estate): Pick<StepInput, 'dependsOn' | 'indicatorOf'> {
  return {
    dependsOn: new Map(Object.entries(estate).map(([id, { on = [] }]) => [id, on])),
    indicatorOf: (slo) => estate[slo]?.indicator ?? 'availability',
  }
}

function evaluationsAt({ slo, timeline }: Played, at: number): readonly Evaluation[] {
  const depth = slo.splitBy.length
  return scopesOf(timeline)
    .filter((scope) => Object.keys(scope).length <= depth)
    .map((scope) => evaluationAt(timeline, slo, scope, at))
}

const numberOf = (id: string): string => String(Number(id.slice(id.lastIndexOf('-') + 1)))

function tell({ at, data }: AlertingEntry): string[] {
  if (data.kind === 'alert' || data.kind === 'measured' || !('incident' in data)) return []
  const head = `@${(at - START) / 60} ${numberOf(data.incident)} ${data.kind}`
  if (data.kind === 'merged') return [`${head} into ${numberOf(data.into)}`]
  if (data.kind === 'absorbed') return [`${head} ${numberOf(data.child)}`]
  if (!('reading' in data)) return [head]
  const { severity, scope, kind, consequences = [] } = data.reading
  const place = Object.values(scope).join('/') || 'everywhere'
  const what = kind === 'region' ? ['region'] : []
  const lead = data.kind === 'opened' ? [data.slo] : []
  const burning = consequences
    .filter((each) => each.firing)
    .map((each) => each.slo)
    .sort()
  const also =
    burning.length === 0 ? [] : burning.length > 4 ? [`+${burning.length}`] : [`+ ${burning.join(' ')}`]
  return [[head, severity, ...lead, ...what, place, ...also].join(' ')]
}

/** Every alert that fires is in exactly one open incident, as its own or as a consequence; what is wrong, in words. */
export function lostAlerts(state: AlertingState): readonly string[] {
  const open = incidentsOf(state).filter((incident) => incident.state === 'open')
  const homes = new Map<string, string[]>()
  const add = (key: string, id: string): void => void homes.set(key, [...(homes.get(key) ?? []), id])
  for (const incident of open) {
    add(`${incident.slo} ${incident.objective}`, incident.id)
    for (const { slo, objective, firing } of incident.consequences)
      if (firing) add(`${slo} ${objective}`, incident.id)
  }
  const firing = state.alerts.filter((alert) => alert.state === 'firing')
  const keys = new Set(firing.map((alert) => `${alert.slo} ${alert.objective}`))
  return [...keys].flatMap((key) => {
    const found = homes.get(key) ?? []
    return found.length === 1 ? [] : [`${key} is in ${found.length === 0 ? 'none' : found.join(' and ')}`]
  })
}

export const at = (n: number): UnixSeconds => minute(n)
