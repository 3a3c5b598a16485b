import { failed, ok, type Result } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { countsEvents, type PullFailure } from '../pull/index.ts'

/** A metric of CloudWatch, by the minute. */
export interface CloudWatchMetric {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly stat: string
}

export type CloudWatchQuestion =
  /** The sum of metrics; of `share`, the first by the percentage that the second says. */
  | {
      readonly kind: 'metrics'
      readonly metrics: readonly CloudWatchMetric[]
      readonly combine: 'sum' | 'share'
      readonly silent: 'zero' | 'unknown'
      /** CloudFront reports to one region only. */
      readonly region: string | undefined
    }
  | {
      readonly kind: 'logs'
      readonly groups: readonly string[]
      readonly query: string
      readonly silent: 'zero' | 'unknown'
    }

interface Preset {
  readonly namespace: string
  readonly needs: string
  readonly fixed?: Readonly<Record<string, string>>
  readonly total: readonly string[]
  readonly bad: readonly string[]
  readonly share?: string
  readonly region?: string
}

/**
 * What is good and bad at what AWS runs. Its metrics are reported while something happens and not otherwise, so that a
 * minute without any is a minute without traffic. A load balancer does not count a request that it answers with an error
 * of its own as one of its RequestCount.
 */
export const PRESETS: ReadonlyMap<string, Preset> = new Map<string, Preset>([
  [
    'alb',
    {
      namespace: 'AWS/ApplicationELB',
      needs: 'LoadBalancer',
      total: ['RequestCount', 'HTTPCode_ELB_5XX_Count'],
      bad: ['HTTPCode_ELB_5XX_Count', 'HTTPCode_Target_5XX_Count'],
    },
  ],
  [
    'nlb',
    {
      namespace: 'AWS/NetworkELB',
      needs: 'LoadBalancer',
      total: ['NewFlowCount'],
      bad: ['TCP_ELB_Reset_Count', 'TCP_Target_Reset_Count'],
    },
  ],
  ['api-gateway', { namespace: 'AWS/ApiGateway', needs: 'ApiName', total: ['Count'], bad: ['5XXError'] }],
  ['http-api', { namespace: 'AWS/ApiGateway', needs: 'ApiId', total: ['Count'], bad: ['5xx'] }],
  [
    'cloudfront',
    {
      namespace: 'AWS/CloudFront',
      needs: 'DistributionId',
      fixed: { Region: 'Global' },
      total: ['Requests'],
      bad: ['Requests'],
      share: '5xxErrorRate',
      region: 'us-east-1',
    },
  ],
])

type Spec = Readonly<Record<string, unknown>>

/** Reads the metric source's `spec`. A fault concerns this question alone. */
export function readQuestion(asked: ExternalQuery): Result<CloudWatchQuestion, PullFailure> {
  const { spec, type } = asked
  if (type !== 'CloudWatch')
    return refused(`a question of type ${type} is asked of CloudWatch`, 'write type: CloudWatch')
  if (spec['logs'] !== undefined) return logsQuestion(spec)
  const dimensions = dimensionsOf(spec['dimensions'] ?? {})
  if (dimensions === undefined)
    return refused('dimensions is no mapping of texts', 'write dimensions: { LoadBalancer: … }')
  if (spec['preset'] !== undefined) return presetQuestion(asked, dimensions)
  const { namespace, metric } = spec
  if (typeof namespace !== 'string' || typeof metric !== 'string')
    return refused(
      'namespace and metric are needed',
      'write namespace: AWS/ApplicationELB, metric: RequestCount',
    )
  const stat = spec['stat'] ?? (countsEvents(asked) ? 'Sum' : 'Average')
  if (
    typeof stat !== 'string' ||
    !/^(Sum|Average|Minimum|Maximum|SampleCount|(p|tm|tc|ts|wm)\d{1,2}(\.\d+)?|PR\(.+\)|TC\(.+\))$/.test(stat)
  )
    return refused(`there is no stat ${JSON.stringify(stat)}`, 'write stat: Sum')
  if (countsEvents(asked) && !/^(Sum|SampleCount|TC\()/.test(stat))
    return refused(`${stat} is no number of events`, 'write stat: Sum or stat: SampleCount')
  return ok({
    kind: 'metrics',
    metrics: [{ namespace, metric, dimensions, stat }],
    combine: 'sum',
    silent: silenceOf(spec, 'unknown'),
    region: namespace === 'AWS/CloudFront' ? 'us-east-1' : undefined,
  })
}

function presetQuestion(
  asked: ExternalQuery,
  dimensions: Readonly<Record<string, string>>,
): Result<CloudWatchQuestion, PullFailure> {
  const { spec } = asked
  const preset = PRESETS.get(String(spec['preset']))
  if (preset === undefined)
    return refused(
      `there is no preset ${String(spec['preset'])}`,
      `write one of ${[...PRESETS.keys()].join(', ')}`,
    )
  const { count } = spec
  if (count !== 'total' && count !== 'bad')
    return refused('a preset counts total or bad', 'write count: total or count: bad')
  if (!countsEvents(asked)) return refused('a preset counts events', 'write namespace, metric and stat')
  if (dimensions[preset.needs] === undefined)
    return refused(`${preset.needs} is missing`, `write dimensions: { ${preset.needs}: … }`)
  const all = { ...dimensions, ...preset.fixed }
  const of = (metric: string, stat = 'Sum'): CloudWatchMetric => ({
    namespace: preset.namespace,
    metric,
    dimensions: all,
    stat,
  })
  const isShare = count === 'bad' && preset.share !== undefined
  return ok({
    kind: 'metrics',
    metrics: [
      ...preset[count].map((name) => of(name)),
      ...(isShare && preset.share ? [of(preset.share, 'Average')] : []),
    ],
    combine: isShare ? 'share' : 'sum',
    silent: silenceOf(spec, 'zero'),
    region: preset.region,
  })
}

function logsQuestion(spec: Spec): Result<CloudWatchQuestion, PullFailure> {
  const { logs } = spec
  const groups = isPlain(logs) ? logs['groups'] : undefined
  const query = isPlain(logs) ? logs['query'] : undefined
  if (!Array.isArray(groups) || groups.length === 0 || groups.length > 50 || typeof query !== 'string')
    return refused(
      'logs needs groups (at most 50) and a query',
      'write logs: { groups: [/shop/edge], query: "…" }',
    )
  if (!/\bstats\b/.test(query) || !/\bbin\(\s*(1m|60s)\s*\)/.test(query))
    return refused(
      'the query does not count by the minute',
      'end it with: stats count(*) as value by bin(1m) as minute',
    )
  return ok({ kind: 'logs', groups: groups.map(String), query, silent: silenceOf(spec, 'zero') })
}

function silenceOf({ absent }: Spec, fallback: 'zero' | 'unknown'): 'zero' | 'unknown' {
  return absent === 'zero' || absent === 'unknown' ? absent : fallback
}

function dimensionsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isPlain(value)) return undefined
  const entries = Object.entries(value).flatMap(([name, each]) =>
    typeof each === 'string' ? [[name, each] as const] : [],
  )
  return entries.length === Object.keys(value).length ? Object.fromEntries(entries) : undefined
}

/** What people recognise a question by. */
export function describeQuestion({ spec }: ExternalQuery): string {
  const { preset, count, namespace, metric, dimensions, logs } = spec
  if (isPlain(logs)) return String(logs['query']).replaceAll(/\s+/g, ' ').trim()
  const of = isPlain(dimensions) ? Object.values(dimensions).map(String).join(' ') : ''
  return `${typeof preset === 'string' ? `${preset} ${String(count)}` : `${String(namespace)} ${String(metric)}`} ${of}`.trim()
}

function isPlain(value: unknown): value is Spec {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const refused = (text: string, remedy: string): Result<never, PullFailure> =>
  failed({ kind: 'refused', text, remedy })
