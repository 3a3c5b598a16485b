import { failed, ok, type Result } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { countsEvents, type PullFailure } from '../pull/index.ts'

/** One query of a question, as the API takes it but for its name. */
export type DatadogQuery =
  | { readonly kind: 'metrics'; readonly query: string }
  | {
      readonly kind: 'apm'
      readonly stat: string
      readonly service: string | undefined
      readonly operation: string | undefined
      readonly resource: string | undefined
      readonly filter: string | undefined
      readonly spanKind: string
      readonly groupBy: readonly string[]
    }

export interface DatadogQuestion {
  readonly queries: ReadonlyMap<string, DatadogQuery>
  /** Over the names of the queries. */
  readonly formula: string
  /** What a minute is for which there is null. */
  readonly silent: 'zero' | 'unknown'
}

const KEYS: readonly string[] = ['query', 'queries', 'formula', 'apm', 'absent']
const APM_KEYS: readonly string[] = [
  'service',
  'env',
  'operation',
  'resource',
  'stat',
  'within',
  'spanKind',
  'groupBy',
  'filter',
]
const SPAN_KINDS: readonly string[] = ['server', 'client', 'consumer', 'producer', 'internal']
const EVENT_STATS: readonly string[] = ['hits', 'errors']
const STATS: readonly string[] = [
  ...EVENT_STATS,
  'hits_per_second',
  'errors_per_second',
  'error_rate',
  'apdex',
  'latency_avg',
  'latency_max',
  'latency_p50',
  'latency_p75',
  'latency_p90',
  'latency_p95',
  'latency_p99',
  'latency_p999',
]

type Spec = Readonly<Record<string, unknown>>

/** Reads the metric source's `spec`. A fault concerns this question alone. */
export function readQuestion(asked: ExternalQuery): Result<DatadogQuestion, PullFailure> {
  const { spec, type } = asked
  if (type !== 'Datadog')
    return refused(`a question of type ${type} is asked of Datadog`, 'write type: Datadog')
  const unknown = Object.keys(spec).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return refused(`spec has no ${unknown}`, `write one of ${KEYS.join(', ')}`)
  const { absent } = spec
  if (absent !== undefined && absent !== 'zero' && absent !== 'unknown')
    return refused(`absent: ${JSON.stringify(absent)} is neither`, 'write absent: zero or absent: unknown')
  const queries = queriesOf(asked)
  if (queries.kind === 'failed') return queries
  const names = [...queries.value.keys()]
  const formula = spec['formula'] ?? names[0]
  if (typeof formula !== 'string' || (names.length > 1 && spec['formula'] === undefined))
    return refused('several queries need a formula', 'write formula: "a - b"')
  // Null means that nothing was reported; of counts that nothing happened, of other numbers that they are not known.
  const silent = absent ?? (countsEvents(asked) ? 'zero' : 'unknown')
  return ok({ queries: queries.value, formula, silent })
}

function queriesOf(asked: ExternalQuery): Result<ReadonlyMap<string, DatadogQuery>, PullFailure> {
  const { query, queries, apm } = asked.spec
  if ([query, queries, apm].filter((each) => each !== undefined).length !== 1)
    return refused(
      'spec says one of query, queries, apm',
      'write query: "sum:trace.http.request.hits{…}.as_count()"',
    )
  if (isPlain(apm)) {
    const found = apmQuery(apm, asked)
    return found.kind === 'failed' ? found : ok(new Map([['a', found.value]]))
  }
  const entries = isPlain(queries) ? Object.entries(queries) : [['a', query] as const]
  if (entries.length === 0) return refused('queries is empty', 'write queries: { a: "…", b: "…" }')
  const found = new Map<string, DatadogQuery>()
  for (const [name, text] of entries) {
    if (!/^[a-z][a-z0-9_]*$/.test(name))
      return refused(`'${name}' is no name for a query`, 'write small letters, digits and _')
    if (typeof text !== 'string' || text.trim() === '') return refused(`${name} is no query`, 'write a text')
    const rolled = rolledUp(text.trim(), asked)
    if (rolled.kind === 'failed') return rolled
    found.set(name, { kind: 'metrics', query: rolled.value })
  }
  return ok(found)
}

/** The length of a range would decide how minutes are put together, so a query always says it: a minute each. */
function rolledUp(text: string, asked: ExternalQuery): Result<string, PullFailure> {
  const written = [...text.matchAll(/\.rollup\(\s*(?:([a-z]+)\s*,?)?\s*(\d+)?\s*\)/g)]
  const other = written.find(([, , seconds]) => seconds !== '60')
  if (other !== undefined)
    return refused(`${other[0]} is not by the minute`, 'write .rollup(sum, 60), or leave it out')
  const isCount = /\.as_count\(\)/.test(text) || /^count(\(|:)/.test(text)
  const events = countsEvents(asked)
  if (events && /\.as_rate\(\)/.test(text))
    return refused('a rate per second is no number of events', 'write .as_count()')
  if (written.length > 0) return ok(text)
  if (events && !isCount)
    return refused('the query gives no number of events', 'write .as_count() behind it, or .rollup(sum, 60)')
  return ok(`${text}.rollup(${events ? 'sum' : 'avg'}, 60)`)
}

function apmQuery(apm: Spec, asked: ExternalQuery): Result<DatadogQuery, PullFailure> {
  const unknown = Object.keys(apm).find((key) => !APM_KEYS.includes(key))
  if (unknown !== undefined) return refused(`apm has no ${unknown}`, `write one of ${APM_KEYS.join(', ')}`)
  const text = (key: string): string | undefined => (typeof apm[key] === 'string' ? apm[key] : undefined)
  const stat = text('stat') ?? 'hits'
  const spanKind = text('spanKind') ?? 'server'
  const groupBy = apm['groupBy'] ?? []
  if (!STATS.includes(stat)) return refused(`apm has no stat ${stat}`, `write one of ${STATS.join(', ')}`)
  if (countsEvents(asked) && !EVENT_STATS.includes(stat))
    return refused(`${stat} is no number of events`, 'write stat: hits or stat: errors')
  if (!SPAN_KINDS.includes(spanKind))
    return refused(`there is no spanKind ${spanKind}`, `write one of ${SPAN_KINDS.join(', ')}`)
  if (!Array.isArray(groupBy) || groupBy.some((each) => typeof each !== 'string'))
    return refused('groupBy is no list of tags', 'write groupBy: [resource_name]')
  const env = text('env')
  const filter = [...(env === undefined ? [] : [`env:${env}`]), ...(text('filter') ?? '').split(/\s+/)]
    .filter((each) => each !== '')
    .join(' ')
  if (apm['within'] !== undefined) return within(apm, { groupBy: groupBy.map(String), filter })
  return ok({
    kind: 'apm',
    stat,
    service: text('service'),
    operation: text('operation'),
    resource: text('resource'),
    filter: filter === '' ? undefined : filter,
    spanKind,
    groupBy: groupBy.map(String),
  })
}

/** How many spans took less, from the distribution that Datadog keeps of all of them. */
function within(
  apm: Spec,
  { groupBy, filter }: { readonly groupBy: readonly string[]; readonly filter: string },
): Result<DatadogQuery, PullFailure> {
  const { operation, service, resource } = apm
  const found = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(typeof apm['within'] === 'string' ? apm['within'] : '')
  if (found === null)
    return refused(`within: ${JSON.stringify(apm['within'])} is no duration`, 'write within: 300ms')
  if (typeof operation !== 'string')
    return refused('a threshold needs the name of the operation', 'write operation: http.request')
  const seconds = Number((Number(found[1]) / (found[2] === 'ms' ? 1_000 : 1)).toPrecision(12))
  const tags = [
    ...(typeof service === 'string' ? [`service:${service}`] : []),
    ...(typeof resource === 'string' ? [`resource_name:${resource}`] : []),
    ...filter.split(' ').filter((each) => each !== ''),
  ]
  const by = groupBy.length === 0 ? '' : ` by {${groupBy.join(',')}}`
  const scope = tags.length === 0 ? '*' : tags.join(',')
  return ok({
    kind: 'metrics',
    query: `count(v: v<${seconds}):trace.${operation}{${scope}}${by}.as_count().rollup(sum, 60)`,
  })
}

/** What people recognise a question by. */
export function describeQuestion({ spec, reading }: ExternalQuery): string {
  const { query, queries, formula, apm } = spec
  const what =
    typeof query === 'string'
      ? query
      : isPlain(apm)
        ? `apm ${Object.entries(apm)
            .map(([key, value]) => `${key}:${String(value)}`)
            .join(' ')}`
        : `${String(formula)} of ${JSON.stringify(queries)}`
  const compared = reading?.kind === 'points-passing' ? ` ${reading.op} ${reading.value}` : ''
  return `${what.replaceAll(/\s+/g, ' ').trim()}${compared}`
}

function isPlain(value: unknown): value is Spec {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const refused = (text: string, remedy: string): Result<never, PullFailure> =>
  failed({ kind: 'refused', text, remedy })
