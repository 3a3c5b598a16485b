import { type Labels, labelsKey } from '../../base/index.ts'
import { createOperations, ID, type SeriesHandle } from '../../traffic/index.ts'
import { createNaming } from '../request/naming.ts'
import type { RequestOptions } from '../request/options.ts'
import { PLACES, SAMPLER_KEYS, saysSampled } from './attributes.ts'
import { type Attributes, attributeText, resourceLabels } from './attributes-resource.ts'
import type { Text } from './attributes-text.ts'
import type { SpanFacts } from './spans.ts'

/** A series that spans are counted into. */
export interface SpanSeries {
  readonly labels: Labels
  /** As the table of the source knows it, from the first count on. */
  handle: SeriesHandle | undefined
  /** Whether the operation is one that only health checks call. */
  readonly isHealthCheck: boolean
  /** The same with the label that says that its spans are a sample. */
  sampled: SpanSeries | undefined
  /** What is left of weights that are no whole numbers, by reason; below 1. */
  readonly carried: Map<string, number>
}

/** What spans of one resource have in common. */
export interface SpanResource {
  /** The series of the routes and names that came last, at a place that each text always has. */
  readonly recent: RecentSeries
  /** Of the path that a request took through an operation's name to its series, the part that is often the same. */
  readonly byRoute: Map<Text, SpanSeries>
  readonly byName: Map<Text, SpanSeries>
  readonly byMethod: Map<Text, Map<Text | undefined, SpanSeries>>
  /** By service and operation, when a service is named by the span itself. */
  readonly byService: Map<string, SpanSeries>
  readonly isSampled: boolean
  readonly name: (operation: string, facts: SpanFacts) => SpanSeries
}

interface RecentSeries {
  readonly texts: (Text | undefined)[]
  readonly series: (SpanSeries | undefined)[]
}

const RECENT = 32
const MOST_SERIES = 50_000
/** A request that names more series than this is no telemetry: its others are counted without their operation. */
const MOST_FRESH = 10_000
/** An operation's name is cut here: what is longer is a mistake, or somebody's data. */
const LONGEST = 200

/** Resources and series are kept until there are too many, and then all are found anew. */
export class SpanNaming {
  readonly #options: Pick<RequestOptions, 'service' | 'operations'>
  readonly #labels: Labels
  readonly #toOperation: (path: string) => string
  readonly #isHealthCheck: (path: string) => boolean
  readonly #named: 'by-resource' | 'by-span'
  #known = new Map<string, SpanSeries>()
  /** Series that this request was the first to name. */
  #fresh = 0

  constructor(
    options: Pick<RequestOptions, 'service' | 'operations'> & { readonly labels: Labels },
    isHealthCheck: (path: string) => boolean,
  ) {
    this.#options = options
    this.#labels = options.labels
    this.#toOperation = createOperations(options.operations)
    this.#isHealthCheck = isHealthCheck
    const { service } = options
    const ofResource =
      service.kind === 'fixed' ||
      service.from === 'grpc_service' ||
      (service.from === 'field' && service.field === 'service.name')
    this.#named = ofResource ? 'by-resource' : 'by-span'
  }

  /** To be called before each request. `full`: so many series are known that all should be forgotten. */
  begin(): 'full' | 'room' {
    this.#fresh = 0
    return this.#known.size >= MOST_SERIES ? 'full' : 'room'
  }

  forget(): void {
    this.#known = new Map()
  }

  resource(attributes: Attributes): SpanResource {
    const { service, operations } = this.#options
    const labels = resourceLabels(attributes, this.#labels)
    const table = { series: (found: Labels) => ({ labels: found, id: -1, overflow: false }) }
    const seriesOf = createNaming({ labels, service, operations }, table)('')
    const field = service.kind === 'from' ? service.field : ''
    const ownService = attributeText(attributes.get(field === '' ? 'service.name' : field))
    return {
      recent: {
        texts: Array.from({ length: 2 * RECENT }, () => undefined),
        series: Array.from({ length: 2 * RECENT }, () => undefined),
      },
      byRoute: new Map(),
      byName: new Map(),
      byMethod: new Map(),
      byService: new Map(),
      isSampled: SAMPLER_KEYS.some((key) => saysSampled(attributes.get(key))),
      name: (operation, facts) => {
        // Naming is asked for the service alone: what names the operation of a span names no path.
        const record = {
          endMs: 0,
          route: undefined,
          path: operation,
          service: facts.text(PLACES.service)?.text ?? ownService,
          authority: facts.text(PLACES.authority)?.text,
          upstreamCluster: facts.text(PLACES.upstreamCluster)?.text,
          traceId: undefined,
          requestId: undefined,
        }
        const { operation: _, ...rest } = seriesOf(record).labels
        const named = operation === '' ? rest : { ...rest, operation }
        const isKnown = this.#fresh < MOST_FRESH || this.#known.has(labelsKey(named))
        return isKnown ? this.#series(named, operation) : this.#series(rest, '')
      },
    }
  }

  series(resource: SpanResource, facts: SpanFacts): SpanSeries {
    if (this.#named === 'by-span') return this.#seriesOfService(resource, facts)
    const method = facts.text(PLACES.rpcMethod)
    if (method !== undefined) {
      const service = facts.text(PLACES.rpcService)
      let byService = resource.byMethod.get(method)
      if (byService === undefined) resource.byMethod.set(method, (byService = new Map()))
      const found = byService.get(service)
      return found ?? remember(byService, service, resource.name(this.#operation(facts), facts))
    }
    const route = facts.text(PLACES.route)
    const text = route ?? facts.name
    if (text === undefined) return resource.name('', facts)
    const { texts, series } = resource.recent
    const at = (text.hash & (RECENT - 1)) + (route === undefined ? RECENT : 0)
    const recent = texts[at] === text ? series[at] : undefined
    if (recent !== undefined) return recent
    const known = route === undefined ? resource.byName : resource.byRoute
    const found = known.get(text) ?? remember(known, text, resource.name(this.#operation(facts), facts))
    texts[at] = text
    series[at] = found
    return found
  }

  #seriesOfService(resource: SpanResource, facts: SpanFacts): SpanSeries {
    const operation = this.#operation(facts)
    const places = [PLACES.service, PLACES.authority, PLACES.upstreamCluster]
    const key = [...places.map((place) => facts.text(place)?.text ?? ''), operation].join('\n')
    return resource.byService.get(key) ?? remember(resource.byService, key, resource.name(operation, facts))
  }

  #series(labels: Labels, operation: string): SpanSeries {
    const key = labelsKey(labels)
    const found = this.#known.get(key)
    if (found !== undefined) return found
    this.#fresh++
    const series = newSeries(labels, this.#isHealthCheck(operation))
    this.#known.set(key, series)
    return series
  }

  /** The full method of a call; else the route; else the span's name, with ids replaced. */
  #operation(facts: SpanFacts): string {
    const method = facts.text(PLACES.rpcMethod)?.text
    if (method !== undefined) {
      const service = facts.text(PLACES.rpcService)?.text
      if (method.includes('/')) return cut(method.startsWith('/') ? method : `/${method}`)
      return cut(service === undefined ? method : `/${service}/${method}`)
    }
    const route = facts.text(PLACES.route)?.text
    if (route !== undefined && route !== '') return cut(route)
    return cut(this.#operationOfName(facts.name?.text ?? ''))
  }

  /** `GET /users/17` is `/users/{id}`, as an access log would have it; `job 17` is `job {id}`. */
  #operationOfName(name: string): string {
    const path = /^[A-Z]{3,10} (\/.*)$/s.exec(name)?.[1] ?? name
    if (path.startsWith('/')) return this.#toOperation(path)
    return path
      .split(' ', MOST_WORDS)
      .map((word) => {
        if (word === '') return ''
        const operation = this.#toOperation(`/${word}`)
        return operation === `/${ID}` ? ID : operation.startsWith('/') ? operation.slice(1) : operation
      })
      .join(' ')
  }
}

const MOST_WORDS = 12

/** The label that spans carry which were sampled, nobody knows how. */
export function sampledTwin(series: SpanSeries): SpanSeries {
  series.sampled ??= newSeries({ ...series.labels, sampled: 'true' }, series.isHealthCheck)
  return series.sampled
}

function newSeries(labels: Labels, isHealthCheck: boolean): SpanSeries {
  return { labels, handle: undefined, isHealthCheck, sampled: undefined, carried: new Map() }
}

function remember<K>(map: Map<K, SpanSeries>, key: K, series: SpanSeries): SpanSeries {
  map.set(key, series)
  return series
}

function cut(operation: string): string {
  return operation.length > LONGEST ? `${operation.slice(0, LONGEST)}…` : operation
}
