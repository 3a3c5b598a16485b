import { bytesTag, fixed64Tag, varintTag, WireReader } from '../otlp/wire.ts'
import { type EnvoyNode, readNode } from './node.ts'

/** What one message of Envoy's metrics service says. */
export interface MetricsMessage {
  readonly node: EnvoyNode | undefined
  /** Counters and gauges by the name of the statistic. */
  readonly values: ReadonlyMap<string, number>
  /** What was recorded since the flush before. */
  readonly histograms: ReadonlyMap<string, MetricHistogram>
  /** Whether metrics have labels: then their names are cut short, and statistics of two clusters share one. */
  readonly hasLabels: boolean
  /** Whether a histogram came as quantiles alone, of which nothing can be counted. */
  readonly hasSummaries: boolean
}

/** A histogram of Prometheus' classic kind, in Envoy's milliseconds. */
export interface MetricHistogram {
  readonly count: number
  /** Counts of what lies below each bound, cumulative. */
  readonly buckets: readonly { readonly bound: number; readonly below: number }[]
}

/** What a metric holds, as it is read field by field. */
interface Draft {
  value: number | undefined
  histogram: MetricHistogram | undefined
  isSummary: boolean
  labels: number
}

/**
 * Reads `envoy.service.metrics.v3.StreamMetricsMessage`: its node, and Prometheus metric families. Of them only
 * counters, gauges and histograms whose names `isWanted` are kept. Undefined when the bytes are no such message.
 */
export function createMetricsReader(
  isWanted: (name: string) => boolean,
): (bytes: Uint8Array) => MetricsMessage | undefined {
  const reader = new WireReader()
  return (bytes) => {
    reader.begin(bytes)
    let node: EnvoyNode | undefined
    const values = new Map<string, number>()
    const histograms = new Map<string, MetricHistogram>()
    const seen = { labels: false, summaries: new Set<string>() }
    while (reader.next()) {
      if (reader.tag === bytesTag(1)) {
        const outer = reader.enter()
        while (reader.next()) {
          if (reader.tag === bytesTag(1)) node = readNode(reader, node)
          else reader.skip()
        }
        reader.leave(outer)
      } else if (reader.tag === bytesTag(2)) {
        const { name, metrics } = readFamily(reader)
        for (const { value, histogram, isSummary, labels } of metrics) {
          seen.labels ||= labels > 0
          if (!isWanted(name)) continue
          if (value !== undefined) values.set(name, value)
          if (histogram !== undefined) histograms.set(name, histogram)
          if (isSummary) seen.summaries.add(name)
        }
      } else reader.skip()
    }
    if (reader.fault !== undefined) return undefined
    const hasSummaries = [...seen.summaries].some((name) => !histograms.has(name))
    return { node, values, histograms, hasLabels: seen.labels, hasSummaries }
  }
}

/** `io.prometheus.client.MetricFamily`: 1 name, 4 metrics. */
function readFamily(reader: WireReader): { readonly name: string; readonly metrics: readonly Draft[] } {
  const outer = reader.enter()
  let name = ''
  const metrics: Draft[] = []
  while (reader.next()) {
    if (reader.tag === bytesTag(1)) name = reader.text()
    else if (reader.tag === bytesTag(4)) metrics.push(readMetric(reader))
    else reader.skip()
  }
  reader.leave(outer)
  return { name, metrics }
}

/** `Metric`: 1 labels, 2 gauge, 3 counter, 4 summary, 7 histogram. */
function readMetric(reader: WireReader): Draft {
  const outer = reader.enter()
  const draft: Draft = { value: undefined, histogram: undefined, isSummary: false, labels: 0 }
  while (reader.next()) {
    switch (reader.tag) {
      case bytesTag(1):
        draft.labels++
        reader.skip()
        break
      case bytesTag(2):
      case bytesTag(3):
        draft.value = readValue(reader, draft.value)
        break
      case bytesTag(4):
        draft.isSummary = true
        reader.skip()
        break
      case bytesTag(7):
        draft.histogram = readHistogram(reader, draft.histogram)
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return draft
}

function readValue(reader: WireReader, known: number | undefined): number {
  const outer = reader.enter()
  let value = known ?? 0
  while (reader.next()) {
    if (reader.tag === fixed64Tag(1)) value = reader.double()
    else reader.skip()
  }
  reader.leave(outer)
  return value
}

/** `Histogram`: 1 count, 3 buckets of 1 cumulative count and 2 upper bound. */
function readHistogram(reader: WireReader, known: MetricHistogram | undefined): MetricHistogram {
  const outer = reader.enter()
  let count = known?.count ?? 0
  const buckets = [...(known?.buckets ?? [])]
  while (reader.next()) {
    if (reader.tag === varintTag(1)) count = reader.varint()
    else if (reader.tag === bytesTag(3)) {
      const around = reader.enter()
      let [below, bound] = [0, 0]
      while (reader.next()) {
        if (reader.tag === varintTag(1)) below = reader.varint()
        else if (reader.tag === fixed64Tag(2)) bound = reader.double()
        else reader.skip()
      }
      reader.leave(around)
      buckets.push({ bound, below })
    } else reader.skip()
  }
  reader.leave(outer)
  return { count, buckets }
}
