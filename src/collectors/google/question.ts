import { failed, ok, type Result } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { countsEvents, isPlain, type PullFailure } from '../pull/index.ts'

export type GoogleQuestion =
  | {
      readonly kind: 'metrics'
      readonly filter: string
      /** `metric.labels.…`, `resource.labels.…`. */
      readonly groupBy: readonly string[]
      /** Of a distribution, what is below this, in the metric's own unit. */
      readonly below: number | undefined
      readonly aligner: 'ALIGN_DELTA' | 'ALIGN_MEAN' | 'ALIGN_SUM'
      readonly silent: 'zero' | 'unknown'
    }
  | {
      readonly kind: 'logs'
      readonly filter: string
      /** From our labels to paths in an entry. */
      readonly labels: Readonly<Record<string, string>>
      readonly silent: 'zero' | 'unknown'
    }

/** Prefixes of the metrics of a load balancer, by what it is. */
const PRESETS: ReadonlyMap<string, string> = new Map([
  ['https', 'loadbalancing.googleapis.com/https'],
  ['https-regional', 'loadbalancing.googleapis.com/https/external/regional'],
  ['https-internal', 'loadbalancing.googleapis.com/https/internal'],
])
const URL_MAP: ReadonlyMap<string, string> = new Map([
  ['https', 'resource.labels.url_map_name'],
  ['https-regional', 'resource.labels.url_map_name'],
  ['https-internal', 'resource.labels.url_map_name'],
])

type Spec = Readonly<Record<string, unknown>>

/** Reads the metric source's `spec`. A fault concerns this question alone. */
export function readQuestion(asked: ExternalQuery): Result<GoogleQuestion, PullFailure> {
  const { spec, type } = asked
  if (type !== 'GoogleCloudMonitoring')
    return refused(`a question of type ${type} is asked of Google`, 'write type: GoogleCloudMonitoring')
  if (spec['logs'] !== undefined) return logsQuestion(asked)
  const groupBy = spec['groupBy'] ?? []
  if (
    !Array.isArray(groupBy) ||
    groupBy.some((each) => !/^(metric|resource|metadata)\.[\w.]+$/.test(String(each)))
  )
    return refused('groupBy is no list of fields', 'write groupBy: [resource.labels.region]')
  const filter = spec['preset'] === undefined ? ok(spec['filter']) : presetFilter(spec)
  if (filter.kind === 'failed') return filter
  if (typeof filter.value !== 'string' || !/metric\.type\s*=/.test(filter.value))
    return refused(
      'the filter names no metric',
      'write filter: \'metric.type="loadbalancing.googleapis.com/https/request_count"\'',
    )
  const below = belowOf(spec)
  if (below.kind === 'failed') return below
  const events = countsEvents(asked)
  return ok({
    kind: 'metrics',
    filter: filter.value,
    groupBy: groupBy.map(String),
    below: below.value,
    aligner: events ? 'ALIGN_DELTA' : 'ALIGN_MEAN',
    silent: silenceOf(spec, spec['preset'] === undefined ? 'unknown' : 'zero'),
  })
}

function presetFilter(spec: Spec): Result<string, PullFailure> {
  const { preset, urlMap, count } = spec
  const prefix = typeof preset === 'string' ? PRESETS.get(preset) : undefined
  if (prefix === undefined || typeof preset !== 'string')
    return refused(
      `there is no preset ${JSON.stringify(preset)}`,
      `write one of ${[...PRESETS.keys()].join(', ')}`,
    )
  if (typeof urlMap !== 'string')
    return refused('urlMap is missing', 'write urlMap: and the name of the load balancer')
  if (count !== 'total' && count !== 'bad' && count !== 'good')
    return refused('a preset counts total, bad or good', 'write count: total, count: bad or count: good')
  const metric = spec['within'] === undefined ? 'request_count' : 'total_latencies'
  const parts = [`metric.type="${prefix}/${metric}"`, `${URL_MAP.get(preset)}="${urlMap}"`]
  if (count === 'bad') parts.push('metric.labels.response_code_class=500')
  if (count === 'good') parts.push('metric.labels.response_code_class!=500')
  return ok(parts.join(' AND '))
}

/** `within: 300ms` in the unit of the metric, which is milliseconds for load balancers. */
function belowOf({ within, unit }: Spec): Result<number | undefined, PullFailure> {
  if (within === undefined) return ok(undefined)
  const found = typeof within === 'string' ? /^(\d+(?:\.\d+)?)(ms|s)$/.exec(within) : null
  if (found === null)
    return refused(`within: ${JSON.stringify(within)} is no duration`, 'write within: 300ms')
  if (unit !== undefined && unit !== 'ms' && unit !== 's') return refused('unit is ms or s', 'write unit: s')
  const ms = Number(found[1]) * (found[2] === 's' ? 1_000 : 1)
  return ok(unit === 's' ? Number((ms / 1_000).toPrecision(12)) : ms)
}

function logsQuestion(asked: ExternalQuery): Result<GoogleQuestion, PullFailure> {
  const { spec } = asked
  const { logs } = spec
  const filter = isPlain(logs) ? logs['filter'] : undefined
  const labels = isPlain(logs) ? (logs['labels'] ?? {}) : undefined
  if (typeof filter !== 'string' || filter.trim() === '')
    return refused('logs has no filter', 'write logs: { filter: \'resource.type="http_load_balancer"\' }')
  if (!isPlain(labels) || Object.values(labels).some((path) => typeof path !== 'string'))
    return refused(
      'labels is no mapping of texts',
      'write labels: { service_name: resource.labels.backend_service_name }',
    )
  if (!countsEvents(asked)) return refused('entries of a log are counted', 'write a ratioMetric')
  return ok({
    kind: 'logs',
    filter,
    labels: Object.fromEntries(Object.entries(labels).map(([name, path]) => [name, String(path)])),
    silent: silenceOf(spec, 'unknown'),
  })
}

function silenceOf({ absent }: Spec, fallback: 'zero' | 'unknown'): 'zero' | 'unknown' {
  return absent === 'zero' || absent === 'unknown' ? absent : fallback
}

/** What people recognise a question by. */
export function describeQuestion({ spec }: ExternalQuery): string {
  const { preset, urlMap, count, within, filter, logs } = spec
  if (isPlain(logs)) return String(logs['filter']).replaceAll(/\s+/g, ' ').trim()
  const what = typeof filter === 'string' ? filter : [preset, urlMap, count].map(String).join(' ')
  return `${what.replaceAll(/\s+/g, ' ').trim()}${typeof within === 'string' ? ` within ${within}` : ''}`
}

const refused = (text: string, remedy: string): Result<never, PullFailure> =>
  failed({ kind: 'refused', text, remedy })
