import { MINUTE, type Range } from '../base/index.ts'
import { isPhases } from '../collectors/index.ts'
import { compileRegex, type DefinedSlo } from '../definitions/index.ts'
import type { Sight } from '../slo/index.ts'
import type { Ledger, TrafficGroup } from '../store/index.ts'
import {
  type CoverageSpan,
  dataSourceOf,
  type IndicatorQuery,
  type MetricQuery,
  parseSelector,
  questionSource,
  type SplitSeries,
} from '../traffic/index.ts'
import { knownOf } from './coverage.ts'
import type { Shown } from './loop.ts'

export interface SightParts {
  readonly ledger: Pick<Ledger, 'traffic' | 'read' | 'coverage'>
  readonly shown: () => Shown | undefined
  readonly inputsOf: (source: string) => readonly string[]
}

/** What one source counted of one indicator of a service. Its name is the source's. */
export interface ServiceSight extends Sight {
  /** The SLO whose question it is; undefined for what the source itself saw and judged. */
  readonly slo: string | undefined
}

export interface SightsOf {
  readonly service: string
  /** `availability`, or a latency threshold as it is written. */
  readonly indicator: string
  /** One a source. */
  readonly sights: readonly ServiceSight[]
}

const AVAILABILITY = 'availability'
const SERVICE = 'service_name'
const CLOUD = 'cloud_provider'
const OFF = 'nines.dev/reconcile'

/**
 * Everything that at least two sources counted: the requests of a service as each source of traffic saw them, and what
 * SLOs of that service ask other sources. Probes are nobody's traffic. A source that is asked several different things about a
 * service counts parts of it, and nobody can say which is the whole: it is left out.
 */
export async function sightsOf(
  parts: SightParts,
  { service, range }: { readonly service?: string; readonly range: Range },
): Promise<readonly SightsOf[]> {
  const seen = await trafficOf(parts, { service, range })
  const asked = questionsOf(parts.shown(), service)
  const groups = new Map<string, { service: string; indicator: string; found: Found[] }>()
  for (const each of [...seen, ...asked]) {
    const key = JSON.stringify([each.service, each.indicator])
    const group = groups.get(key) ?? { service: each.service, indicator: each.indicator, found: [] }
    group.found.push(each)
    groups.set(key, group)
  }
  const several = [...groups.values()]
    .map(({ found, ...group }) => ({ ...group, found: oneEach(found) }))
    .filter(({ found }) => found.length > 1)
  const series = await readAll(parts, { range, found: several.flatMap(({ found }) => found) })
  const all: SightsOf[] = []
  for (const { found, ...group } of several) {
    const sights: ServiceSight[] = []
    for (const each of found) sights.push(await sightOf(parts, each, { range, series }))
    all.push({ ...group, sights })
  }
  return all
}

interface Found {
  readonly service: string
  readonly indicator: string
  readonly source: string
  readonly what:
    | { readonly kind: 'traffic'; readonly groups: readonly TrafficGroup[] }
    | { readonly kind: 'question'; readonly slo: string; readonly query: IndicatorQuery }
}

/** Of each source the only thing that it counts of this. */
function oneEach(found: readonly Found[]): readonly Found[] {
  return found.filter((each) => found.every((other) => other === each || other.source !== each.source))
}

async function trafficOf(
  { ledger, shown }: SightParts,
  { service, range }: { readonly service: string | undefined; readonly range: Range },
): Promise<readonly Found[]> {
  const selector =
    service === undefined ? undefined : parseSelector(`{${SERVICE}=${JSON.stringify(service)}}`, compileRegex)
  const match = selector?.kind === 'ok' ? { match: selector.value } : {}
  const groups = await ledger.traffic({ by: [SERVICE, CLOUD], range, width: MINUTE, ...match })
  const probes = new Set(
    shown()
      ?.definitions.sources.filter(({ type }) => type === 'Probe')
      .map(({ name }) => name),
  )
  const found = new Map<string, { service: string; source: string; groups: TrafficGroup[] }>()
  for (const group of groups) {
    const { source, labels } = group
    const name = labels[SERVICE]
    if (name === undefined || isPhases(source) || probes.has(source)) continue
    const key = JSON.stringify([name, source])
    const one = found.get(key) ?? { service: name, source, groups: [] }
    one.groups.push(group)
    found.set(key, one)
  }
  return [...found.values()].map(({ groups: own, ...one }) => ({
    ...one,
    indicator: AVAILABILITY,
    what: { kind: 'traffic', groups: own },
  }))
}

/** What SLOs ask, by the same question once. What they ask of traffic counts where all of a service is asked for, within a time. */
function questionsOf(shown: Shown | undefined, service: string | undefined): readonly Found[] {
  const found = new Map<string, Found>()
  for (const defined of shown?.definitions.slos ?? []) {
    const { slo, annotations } = defined
    if (annotations[OFF] === 'off' || (service !== undefined && slo.service !== service)) continue
    for (const query of defined.queries) {
      if (!isWhole(defined, query)) continue
      const { source } = query.total
      const within = defined.within ?? withinOf(query.numerator.query) ?? AVAILABILITY
      const one: Found = {
        service: slo.service,
        indicator: within,
        source,
        what: { kind: 'question', slo: slo.id, query: { ...query, splitBy: [CLOUD] } },
      }
      found.set(JSON.stringify([slo.service, within, keyOf(query.numerator.query), keyOf(query.total)]), one)
    }
  }
  return [...found.values()]
}

/** The threshold of a question that says one, as it is written. */
function withinOf(query: MetricQuery): string | undefined {
  if (query.kind === 'requests') return undefined
  const { apm, within } = query.spec
  const said: unknown = typeof apm === 'object' && apm !== null && 'within' in apm ? apm.within : within
  return typeof said === 'string' ? said : undefined
}

const keyOf = (query: MetricQuery): string =>
  query.kind === 'external' ? query.key : `${query.source} ${query.match.text}`

/** Whether it counts events, and, of our own traffic, all of the service's. */
function isWhole({ slo, within }: DefinedSlo, { numerator, total }: IndicatorQuery): boolean {
  if (total.kind === 'external') return countsAll(total) && countsAll(numerator.query)
  if (within === undefined || total.within !== undefined) return false
  const parsed = parseSelector(total.match.text, compileRegex)
  if (parsed.kind === 'failed') return false
  return parsed.value.matchers.every(
    ({ name, operator, value }) => name === SERVICE && operator === '=' && value === slo.service,
  )
}

function countsAll(query: MetricQuery): boolean {
  if (query.kind === 'requests') return true
  const reading = query.reading?.kind
  return reading === undefined || reading === 'counter'
}

async function readAll(
  { ledger }: SightParts,
  { range, found }: { readonly range: Range; readonly found: readonly Found[] },
): Promise<ReadonlyMap<string, readonly SplitSeries[]>> {
  const queries = new Map(
    found.flatMap(({ what }) => (what.kind === 'question' ? [[idOf(what), what.query] as const] : [])),
  )
  if (queries.size === 0) return new Map()
  const read = await ledger.read(
    [...queries].map(([id, query]) => ({ ...query, id })),
    { range, width: MINUTE },
  )
  return new Map([...queries.keys()].map((id) => [id, read.filter(({ query }) => query === id)]))
}

const idOf = ({ slo, query }: { readonly slo: string; readonly query: IndicatorQuery }): string =>
  `${slo} ${query.id}`

interface Over {
  readonly range: Range
  readonly series: ReadonlyMap<string, readonly SplitSeries[]>
}

async function sightOf(
  parts: SightParts,
  { source, what }: Found,
  { range, series }: Over,
): Promise<ServiceSight> {
  const minutes = Math.round((range.to - range.from) / 60)
  if (what.kind === 'traffic') {
    const known = await minutesKnown(parts, [source], range)
    return { name: source, slo: undefined, known, ...countsOf(what.groups, minutes) }
  }
  const { numerator, total } = what.query
  const names = [numerator.query, total].map((query) =>
    query.kind === 'external' ? questionSource(query) : query.source,
  )
  const own = series.get(idOf(what)) ?? []
  const whole = own.find(({ scope }) => Object.keys(scope).length === 0)
  return {
    name: source,
    slo: what.slo,
    known: await minutesKnown(parts, [...new Set(names)], range),
    good: whole?.good ?? new Float64Array(minutes),
    bad: whole?.bad ?? new Float64Array(minutes),
    ignored: undefined,
    clouds: own.flatMap(({ scope, good, bad }) => {
      const cloud = scope[CLOUD]
      return cloud === undefined || cloud === '' ? [] : [{ cloud, good, bad }]
    }),
  }
}

function countsOf(
  groups: readonly TrafficGroup[],
  minutes: number,
): Pick<Sight, 'good' | 'bad' | 'clouds'> & { readonly ignored: Float64Array } {
  const empty = () => ({
    good: new Float64Array(minutes),
    bad: new Float64Array(minutes),
    ignored: new Float64Array(minutes),
  })
  const whole = empty()
  const clouds = new Map<string, ReturnType<typeof empty>>()
  for (const { labels, parts } of groups) {
    const cloud = labels[CLOUD]
    const own = cloud === undefined ? undefined : (clouds.get(cloud) ?? empty())
    if (cloud !== undefined && own !== undefined) clouds.set(cloud, own)
    for (const { outcome, counts } of parts) {
      add(whole[outcome], counts)
      if (own) add(own[outcome], counts)
    }
  }
  return { ...whole, clouds: [...clouds].map(([cloud, { good, bad }]) => ({ cloud, good, bad })) }
}

function add(into: Float64Array, counts: Float64Array): void {
  for (const [i, events] of counts.entries()) into[i] = (into[i] ?? 0) + events
}

/** 1 for each minute that is wholly known of all that the counts rest on. */
async function minutesKnown(
  { ledger, inputsOf }: SightParts,
  names: readonly string[],
  range: Range,
): Promise<Uint8Array> {
  const known = new Uint8Array(Math.round((range.to - range.from) / 60)).fill(1)
  for (const source of names) {
    const spans = await knownOf(ledger, { source, inputs: inputsOf(dataSourceOf(source)), range })
    const own = minutesIn(spans, range)
    for (const [i, minute] of own.entries()) known[i] = (known[i] ?? 0) & minute
  }
  return known
}

function minutesIn(spans: readonly CoverageSpan[], range: Range): Uint8Array {
  const known = new Uint8Array(Math.round((range.to - range.from) / 60))
  for (const { from, to, state } of spans)
    if (state === 'known')
      known.fill(
        1,
        Math.max(0, Math.ceil((from - range.from) / 60)),
        Math.max(0, Math.floor((to - range.from) / 60)),
      )
  return known
}
