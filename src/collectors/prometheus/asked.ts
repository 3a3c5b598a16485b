import { failed, ok, type Result } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { type PullFailure, passing, type Reading } from '../pull/index.ts'
import { metricOf, parseQuery, type Query } from './promql.ts'

/** One question as it is put to the server. */
export interface PrometheusQuestion {
  readonly query: Query
  readonly reading: Reading
  readonly passes: (value: number) => boolean
  /** Of a classic histogram's buckets, the one that ends here, in the metric's own unit. */
  readonly bucket: number | undefined
  /** Labels to keep besides those that the query names. */
  readonly dimensions: readonly string[]
  /** Minutes without data are zero. */
  readonly silentIsZero: boolean
}

const KEYS: readonly string[] = ['query', 'promql', 'within', 'unit', 'dimensions']

/** Reads the metric source's `spec`. A fault concerns this question alone. */
export function readQuestion(asked: ExternalQuery): Result<PrometheusQuestion, PullFailure> {
  const { spec, type, reading, silence } = asked
  if (type !== 'Prometheus')
    return refused(`a question of type ${type} is asked of Prometheus`, 'write type: Prometheus')
  const unknown = Object.keys(spec).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return refused(`spec has no ${unknown}`, `write one of ${KEYS.join(', ')}`)
  const text = spec['query'] ?? spec['promql']
  if (typeof text !== 'string' || text.trim() === '')
    return refused('spec has no query', 'write query: and an expression in PromQL')
  const dimensions = spec['dimensions'] ?? []
  if (!Array.isArray(dimensions) || dimensions.some((each) => typeof each !== 'string'))
    return refused('dimensions is no list of label names', 'write dimensions: [cloud_region]')
  const query = parseQuery(text)
  const bucket = bucketOf(spec, query)
  if (bucket.kind === 'failed') return bucket
  const base = {
    query,
    bucket: bucket.value,
    passes: passing(asked),
    dimensions: dimensions.map(String),
    silentIsZero: silence === 'zero',
  }
  if (reading !== undefined && reading.kind !== 'counter') return ok({ ...base, reading: reading.kind })
  if (query.kind === 'series')
    return ok({ ...base, reading: reading?.kind === 'counter' || query.rises ? 'increase' : 'events' })
  if (reading?.kind === 'counter' && query.rises)
    return refused(
      'counter: true says that the query is a running total, and it takes a rate or an increase',
      'write the counter itself, such as sum(http_requests_total), or counter: false',
    )
  return ok({ ...base, reading: reading?.kind === 'counter' ? 'increase' : 'events' })
}

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60 }

/** `within: 300ms` names the bucket that ends at 0.3, or at 300 where the metric is in milliseconds. */
function bucketOf(spec: ExternalQuery['spec'], query: Query): Result<number | undefined, PullFailure> {
  const { within, unit } = spec
  if (within === undefined) return ok(undefined)
  const found = typeof within === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(within) : null
  if (found === null)
    return refused(`within: ${JSON.stringify(within)} is no duration`, 'write within: 300ms')
  if (query.kind !== 'series')
    return refused(
      'within chooses a bucket of a histogram, and the query is no plain selector',
      'write query: http_request_duration_seconds_bucket{…}, alone or in sum(…)',
    )
  const own = unit ?? (/_(milliseconds|ms)(_bucket)?$/.test(metricOf(query.selector)) ? 'ms' : 's')
  if (own !== 'ms' && own !== 's')
    return refused(`unit: ${JSON.stringify(own)} is no unit`, 'write unit: s or unit: ms')
  const seconds = Number(found[1]) * (SECONDS[found[2] ?? ''] ?? 1)
  // 0.3 s as 300 ms is 300, not 299.99999999999994.
  return ok(Number((own === 'ms' ? seconds * 1_000 : seconds).toPrecision(12)))
}

const refused = (text: string, remedy: string): Result<never, PullFailure> =>
  failed({ kind: 'refused', text, remedy })

/** What people recognise a question by. */
export function describeQuestion({ spec, reading }: ExternalQuery): string {
  const text = [spec['query'], spec['promql']].find((each) => typeof each === 'string') ?? ''
  const { within } = spec
  return [
    text.replaceAll(/\s+/g, ' ').trim(),
    ...(typeof within === 'string' ? [`within ${within}`] : []),
    ...(reading?.kind === 'points-passing' ? [`${reading.op} ${reading.value}`] : []),
  ].join(' ')
}
