import { type PerMillion, perMillion } from '../base/index.ts'
import type { MetricQuery, RequestQuery } from '../traffic/index.ts'
import { type Context, resolve } from './context.ts'
import { parseDecimal, scaled } from './decimal.ts'
import type { DocumentNode } from './documents.ts'
import { externalQuery } from './external.ts'
import { checkExternal } from './external-shapes.ts'
import { type RequestParts, readRequest } from './requests.ts'
import { suggest } from './suggest.ts'
import { at, flagOf, get, type Node, textOf } from './tree.ts'

/** Languages in which a source is asked for counts. */
export const QUERY_TYPES: readonly string[] = [
  'Prometheus',
  'Datadog',
  'Athena',
  'CloudWatch',
  'GoogleCloudMonitoring',
  'AzureMonitor',
  'Mackerel',
  'HttpJson',
]

/** What an SLI measures, before an objective says what it is held to. */
export type Indicator =
  | {
      readonly kind: 'ratio'
      readonly numerator: { readonly counts: 'good' | 'bad'; readonly query: MetricQuery }
      readonly total: MetricQuery
      /** The latency threshold as written. */
      readonly within: string | undefined
      /** True for a ratio that is already computed: it has no events. */
      readonly raw: boolean
    }
  /** A number that an objective compares with its value. */
  | {
      readonly kind: 'threshold'
      readonly source: MetricSource
      /** The requests, and what the percentile leaves (p95: 50,000 per million), when it is one of our own traffic. */
      readonly requests: { readonly parts: RequestParts; readonly allowed: PerMillion } | undefined
    }

export interface MetricSource {
  /** The DataSource's name, or the type when there is none. */
  readonly name: string
  readonly type: string
  readonly spec: Node
}

/** Reads an SLI's spec. Undefined when it has a fault, which is told. */
export function readIndicator(spec: Node, context: Context): Indicator | undefined {
  const threshold = get(spec, 'thresholdMetric')
  if (threshold) return readThreshold(threshold, context)
  const ratio = get(spec, 'ratioMetric')
  if (!ratio) return undefined
  return get(ratio, 'raw') ? readRaw(ratio, context) : readRatio(ratio, context)
}

function readRatio(ratio: Node, context: Context): Indicator | undefined {
  const counts = get(ratio, 'good') ? 'good' : 'bad'
  const numeratorNode = get(ratio, counts)
  const totalNode = get(ratio, 'total')
  if (!totalNode) return undefined
  if (!numeratorNode) {
    context.report.error('NINES-1110', totalNode.place, {
      message: 'one of good, bad is missing',
      remedy: 'Write good or bad beside total.',
    })
    return undefined
  }
  const numerator = readSource(numeratorNode, context)
  const total = readSource(totalNode, context)
  if (!numerator || !total) return undefined
  const rising = flagOf(get(ratio, 'counter')) === true
  const reading = rising ? ({ kind: 'counter' } as const) : undefined
  if (numerator.type !== 'Requests' && total.type !== 'Requests')
    return {
      kind: 'ratio',
      numerator: { counts, query: externalQuery(numerator, reading) },
      total: externalQuery(total, reading),
      within: undefined,
      raw: false,
    }
  if (numerator.type !== total.type) {
    context.report.error('NINES-1412', numeratorNode.place, {
      message: `${counts} is counted by ${numerator.type} and total by ${total.type}`,
      remedy: 'Count both by the same type, or the share has no meaning.',
    })
    return undefined
  }
  return requestRatio(
    { node: numeratorNode, source: numerator, counts },
    { node: totalNode, source: total },
    context,
  )
}

function requestRatio(
  numerator: { readonly node: Node; readonly source: MetricSource; readonly counts: 'good' | 'bad' },
  total: { readonly node: Node; readonly source: MetricSource },
  context: Context,
): Indicator | undefined {
  const part = readRequest(numerator.source.spec, numerator.counts, context.report)
  const whole = readRequest(total.source.spec, 'total', context.report)
  if (!part || !whole) return undefined
  const { report } = context
  if (numerator.source.name !== total.source.name)
    report.warn('NINES-1408', numerator.node.place, {
      message: `${numerator.counts} is read from ${numerator.source.name} and total from ${total.source.name}, which may see one request twice or not at all`,
      remedy: 'Read both from one DataSource.',
    })
  if (whole.selector.matchers.length === 0)
    report.warn('NINES-1409', whole.place, {
      message: `{} matches every request that ${total.source.name} saw, at every hop`,
      remedy: 'Name at least the service: {service_name="checkout"}.',
    })
  const texts = new Set(part.selector.matchers.map((m) => `${m.name}${m.operator}${m.value}`))
  const missing = whole.selector.matchers.find((m) => !texts.has(`${m.name}${m.operator}${m.value}`))
  if (missing)
    report.warn('NINES-1410', part.place, {
      message: `total asks for ${missing.name}${missing.operator}"${missing.value}" and ${numerator.counts} does not, so the share could exceed 100 %`,
      remedy: `Repeat the matchers of total in ${numerator.counts}.`,
    })
  // How a request is judged belongs to the whole indicator: written on one side, it holds for both.
  const judged = { ...whole.judging, ...part.judging }
  const query = (parts: RequestParts, source: string): RequestQuery => ({
    kind: 'requests',
    source,
    match: parts.selector,
    outcome: parts.outcome,
    ...(parts.within ? { within: parts.within.value } : {}),
    ...judged,
  })
  return {
    kind: 'ratio',
    numerator: { counts: numerator.counts, query: query(part, numerator.source.name) },
    total: query(whole, total.source.name),
    within: part.within?.text,
    raw: false,
  }
}

function readRaw(ratio: Node, context: Context): Indicator | undefined {
  const raw = get(ratio, 'raw')
  const rawType = textOf(get(ratio, 'rawType'))
  const source = raw && readSource(raw, context)
  if (!raw || !source) return undefined
  if (rawType === undefined) {
    context.report.error('NINES-1105', raw.place, {
      message: 'rawType is missing',
      remedy: 'Write "rawType: success" when the ratio is good / total, "failure" when it is bad / total.',
    })
    return undefined
  }
  if (source.type === 'Requests') {
    context.report.error('NINES-1405', raw.place, {
      message: 'requests are counted, so their ratio is not raw',
      remedy: 'Write good and total.',
    })
    return undefined
  }
  const of = rawType === 'failure' ? 'bad' : 'good'
  return {
    kind: 'ratio',
    numerator: { counts: of, query: externalQuery(source, { kind: 'share', of }) },
    total: externalQuery(source, { kind: 'whole' }),
    within: undefined,
    raw: true,
  }
}

function readThreshold(metric: Node, context: Context): Indicator | undefined {
  const source = readSource(metric, context)
  if (!source) return undefined
  if (source.type !== 'Requests') return { kind: 'threshold', source, requests: undefined }
  const parts = readRequest(source.spec, 'threshold', context.report)
  const percentile = parseDecimal(
    /^p([0-9]{1,2}(?:\.[0-9]{1,4})?)$/.exec(textOf(get(source.spec, 'value')) ?? '')?.[1] ?? '',
  )
  const kept = percentile && scaled(percentile, 4)
  if (!parts) return undefined
  if (kept === undefined || kept <= 0n) {
    context.report.error('NINES-1413', get(source.spec, 'value')?.place ?? parts.place, {
      message: 'a threshold metric over requests compares a percentile of their duration',
      remedy: 'Write "value: p95" in spec; or a ratioMetric with "within: 300ms".',
    })
    return undefined
  }
  return { kind: 'threshold', source, requests: { parts, allowed: perMillion(Number(1_000_000n - kept)) } }
}

/** Where a metric comes from and in which language it is asked. */
function readSource(metric: Node, context: Context): MetricSource | undefined {
  const node = get(metric, 'metricSource')
  const spec = get(node, 'spec')
  if (!node || !spec) return undefined
  const reference = get(node, 'metricSourceRef')
  const written = get(node, 'type')
  const dataSource = reference && resolve(context, 'DataSource', reference)
  if (reference && !dataSource) return undefined
  const type = textOf(written) ?? inferredType(dataSource, spec)
  if (type === undefined) {
    context.report.error('NINES-1401', node.place, {
      message: 'neither type nor metricSourceRef says how the metric is read',
      remedy: 'Write "type: Requests" with metricSourceRef, or another type such as Prometheus.',
    })
    return undefined
  }
  if (written && !typeFits(type, written, dataSource, context)) return undefined
  if (!checkExternal(type, spec, context)) return undefined
  if (dataSource) return { name: dataSource.name, type, spec }
  if (type === 'Requests') {
    const names = context.registry.all('DataSource').map((source) => source.name)
    context.report.error('NINES-1402', written?.place ?? node.place, {
      message: 'Requests are counted at one source, and none is named',
      remedy: `Write metricSourceRef: ${names[0] ?? 'and the name of a DataSource'}${names.length > 1 ? `, or another of ${names.slice(1, 8).join(', ')}` : ''}.`,
    })
    return undefined
  }
  return { name: sourceOfType(type, written ?? node, context), type, spec }
}

/** The only DataSource of that type, when a metric names none; else the type itself, which nothing reads. */
function sourceOfType(type: string, place: Node, context: Context): string {
  const fitting = context.registry.all('DataSource').filter((source) => typeOf(source) === type)
  if (fitting.length === 1 && fitting[0]) return fitting[0].name
  context.report.warn('NINES-1411', place.place, {
    message: `no DataSource is named, and ${fitting.length === 0 ? 'none is' : `${fitting.length} are`} of type ${type}: nothing reads this metric`,
    remedy: `Define a DataSource of type ${type} and write its name as metricSourceRef.`,
  })
  return type
}

function typeFits(
  type: string,
  written: Node,
  dataSource: DocumentNode | undefined,
  context: Context,
): boolean {
  const known = ['Requests', ...QUERY_TYPES]
  const meant = known.includes(type) ? undefined : suggest(type, known)
  const own = dataSource && typeOf(dataSource)
  if (meant !== undefined && own !== type) {
    context.report.error('NINES-1412', written.place, {
      message: `there is no metric source type ${type}`,
      remedy: `Did you mean ${meant}?`,
    })
    return false
  }
  const asked = QUERY_TYPES.includes(own ?? '') && own !== 'Datadog' && own !== 'Athena'
  const differs = type === 'Requests' ? asked : own !== undefined && own !== type && QUERY_TYPES.includes(own)
  if (!differs) return true
  context.report.error('NINES-1412', written.place, {
    message: `${dataSource?.name} is a DataSource of type ${own}, and the metric is of type ${type}`,
    remedy: `Write type: ${own}, or name another DataSource.`,
  })
  return false
}

function inferredType(dataSource: DocumentNode | undefined, spec: Node): string | undefined {
  if (!dataSource) return undefined
  return get(spec, 'match') ? 'Requests' : typeOf(dataSource)
}

function typeOf(dataSource: DocumentNode): string {
  return textOf(at(dataSource.node, 'spec', 'type')) ?? ''
}
