import protobuf from 'protobufjs'
import { labelsKey, type UnixSeconds, unixSeconds } from '../../../src/base/index.ts'
import {
  createMetricSignal,
  type MetricSettings,
  type MetricSignal,
} from '../../../src/collectors/otlp/metrics.ts'
import { otlpOptions } from '../../../src/collectors/otlp/options.ts'
import type { Counting } from '../../../src/collectors/push/intake.ts'
import { binOf, createSeriesTable, type Exemplar, type Outcome } from '../../../src/traffic/index.ts'

/** The messages of OTLP metrics, as far as they are written here. */
const PROTO = `
syntax = "proto3";
package otlp;
message ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeMetrics { InstrumentationScope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message InstrumentationScope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value {
  string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message Metric { string name = 1; string description = 2; string unit = 3; oneof data {
  Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10;
  Summary summary = 11; } repeated KeyValue metadata = 12; }
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message ExponentialHistogram { repeated ExponentialHistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message Summary { repeated SummaryDataPoint data_points = 1; }
message NumberDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; } repeated Exemplar exemplars = 5; uint32 flags = 8; }
message HistogramDataPoint { repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  fixed64 count = 4; optional double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7;
  repeated Exemplar exemplars = 8; uint32 flags = 10; optional double min = 11; optional double max = 12; }
message ExponentialHistogramDataPoint { repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2;
  fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7;
  Buckets positive = 8; Buckets negative = 9; uint32 flags = 10; repeated Exemplar exemplars = 11;
  optional double min = 12; optional double max = 13; double zero_threshold = 14; }
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message SummaryDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  fixed64 count = 4; double sum = 5; repeated Quantile quantile_values = 6; uint32 flags = 8; }
message Quantile { double quantile = 1; double value = 2; }
message Exemplar { repeated KeyValue filtered_attributes = 7; fixed64 time_unix_nano = 2; double as_double = 3;
  bytes span_id = 4; bytes trace_id = 5; }
`
export const REQUEST = protobuf.parse(PROTO).root.lookupType('otlp.ExportMetricsServiceRequest')

/** A request as its JSON has it: the keys of the protocol in camel case, 64-bit numbers as numbers or texts. */
export type PlainRequest = Readonly<Record<string, unknown>>

export function toProtobuf(request: PlainRequest): Uint8Array {
  return REQUEST.encode(REQUEST.fromObject(request)).finish()
}

export function toJson(request: PlainRequest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(request))
}

export function attributes(plain: Readonly<Record<string, string | number | boolean>>): unknown[] {
  return Object.entries(plain).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : { intValue: String(value) },
  }))
}

export const SHOP = { 'service.name': 'shop', 'cloud.provider': 'aws', 'cloud.region': 'eu-west-1' }
export const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** A request with one metric of one process. */
export function requestOf(
  metric: PlainRequest,
  resource: Readonly<Record<string, string | number | boolean>> = SHOP,
): PlainRequest {
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes(resource) },
        scopeMetrics: [{ scope: { name: 'shop', version: '1.0' }, metrics: [metric] }],
      },
    ],
  }
}

export const DELTA = 1
export const CUMULATIVE = 2
export const nano = (unixSeconds: number): string => `${BigInt(Math.round(unixSeconds * 1e6))}000`

export interface PlainPoint {
  readonly start: number
  readonly time: number
  readonly counts: readonly number[]
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
  readonly more?: PlainRequest
}

/** `http.server.request.duration` with the conventions' bounds. Instants are Unix seconds. */
export function durationMetric(
  temporality: number,
  points: readonly PlainPoint[],
  more: PlainRequest = {},
): PlainRequest {
  return {
    name: 'http.server.request.duration',
    unit: 's',
    histogram: {
      aggregationTemporality: temporality,
      dataPoints: points.map((point) => ({
        startTimeUnixNano: nano(point.start),
        timeUnixNano: nano(point.time),
        count: point.counts.reduce((sum, count) => sum + count, 0),
        bucketCounts: point.counts,
        explicitBounds: BOUNDS,
        attributes: attributes(
          point.attributes ?? { 'http.response.status_code': 200, 'http.route': '/pay' },
        ),
        ...point.more,
      })),
    },
    ...more,
  }
}

export function sumMetric(
  name: string,
  temporality: number,
  points: readonly (Omit<PlainPoint, 'counts'> & { readonly value: number })[],
): PlainRequest {
  return {
    name,
    sum: {
      aggregationTemporality: temporality,
      isMonotonic: true,
      dataPoints: points.map((point) => ({
        startTimeUnixNano: nano(point.start),
        timeUnixNano: nano(point.time),
        asInt: point.value,
        attributes: attributes(point.attributes ?? {}),
        ...point.more,
      })),
    },
  }
}

/** What a signal counted, by series, minute, outcome and reason; and what it remembers, as the ledger would. */
export interface Counted extends Counting {
  readonly cells: ReadonlyMap<string, Cell>
  readonly remembered: Map<string, string>
  readonly total: (outcome?: Outcome) => number
  /** Bins with their counts, over all cells. */
  readonly durations: () => ReadonlyMap<number, number>
  readonly rejected: () => number
  readonly exemplars: readonly Exemplar[]
}

interface Cell {
  count: number
  readonly bins: Map<number, number>
}

export function createCounting(remembered = new Map<string, string>()): Counted {
  const table = createSeriesTable()
  const cells = new Map<string, Cell>()
  let rejected = 0
  const exemplars: Exemplar[] = []
  return {
    cells,
    remembered,
    series: table.series,
    add: (series, { minute, outcome, reason, duration }, weight = 1) => {
      const key = `${labelsKey(series.labels)} ${minute} ${outcome} ${reason}`
      const cell = cells.get(key) ?? { count: 0, bins: new Map<number, number>() }
      cells.set(key, cell)
      cell.count += weight
      if (duration !== undefined) {
        const bin = binOf(duration)
        cell.bins.set(bin, (cell.bins.get(bin) ?? 0) + weight)
      }
    },
    addAll: ({ size }) => {
      throw new Error(`points are added one by one, not ${size} at once`)
    },
    exemplar: (exemplar) => {
      exemplars.push(exemplar)
    },
    exemplars,
    counts: () => undefined,
    remember: (key, value) => {
      remembered.set(key, value)
    },
    reject: (events) => {
      rejected += events
    },
    total: (outcome) =>
      [...cells]
        .filter(([key]) => outcome === undefined || key.includes(` ${outcome} `))
        .reduce((sum, [, { count }]) => sum + count, 0),
    durations: () => {
      const all = new Map<number, number>()
      for (const { bins } of cells.values())
        for (const [bin, count] of bins) all.set(bin, (all.get(bin) ?? 0) + count)
      return all
    },
    rejected: () => rejected,
  }
}

export const NOW = 1_790_000_040

/** A signal that remembers what the counting remembers. */
export function openSignal(
  remembered: ReadonlyMap<string, string>,
  more: Partial<Omit<MetricSettings, 'now'>> & {
    details?: Readonly<Record<string, unknown>>
    now?: () => number
  } = {},
): MetricSignal {
  const { details = {}, now = () => NOW, ...settings } = more
  const options = otlpOptions(details)
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  return createMetricSignal({
    source: 'otel',
    labels: {},
    options: options.value,
    recall: (key) => remembered.get(key),
    ...settings,
    now: (): UnixSeconds => unixSeconds(Math.floor(now())),
  })
}

/** Reads and counts a request; gives what is told to the sender. */
export function deliver(
  signal: MetricSignal,
  into: Counted,
  request: PlainRequest,
): { readonly items: number; readonly rejected: number; readonly message: string } {
  const reading = signal.read(toProtobuf(request), 'protobuf')
  if (reading.kind === 'failed') throw new Error(reading.error)
  reading.value.count(into)
  const { items, rejected, message } = reading.value
  return { items, rejected, message }
}

/** The cells as `labels minute outcome reason` → count. */
export function counts(into: Counted): Readonly<Record<string, number>> {
  return Object.fromEntries([...into.cells].map(([key, { count }]) => [key, count]))
}
