import protobuf from 'protobufjs'

// The messages as prompb/types.proto, prompb/remote.proto and io/prometheus/write/v2/types.proto of Prometheus describe
// them, for the library that is the oracle of our own reader.

const HISTOGRAM = `
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Histogram {
  oneof count { uint64 count_int = 1; double count_float = 2; }
  double sum = 3;
  sint32 schema = 4;
  double zero_threshold = 5;
  oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated BucketSpan negative_spans = 8;
  repeated sint64 negative_deltas = 9;
  repeated double negative_counts = 10;
  repeated BucketSpan positive_spans = 11;
  repeated sint64 positive_deltas = 12;
  repeated double positive_counts = 13;
  int32 reset_hint = 14;
  int64 timestamp = 15;
  repeated double custom_values = 16;
  int64 start_timestamp = 17;
}`

const FIRST = `syntax = "proto3"; package prometheus;
message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
message TimeSeries {
  repeated Label labels = 1; repeated Sample samples = 2;
  repeated Exemplar exemplars = 3; repeated Histogram histograms = 4;
}
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
${HISTOGRAM}`

const SECOND = `syntax = "proto3"; package io.prometheus.write.v2;
message Request { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
message TimeSeries {
  repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
  repeated Exemplar exemplars = 4; Metadata metadata = 5; int64 created_timestamp = 6;
}
message Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
message Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
message Metadata { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
${HISTOGRAM}`

const FIRST_NAME = 'prometheus.WriteRequest'
const SECOND_NAME = 'io.prometheus.write.v2.Request'

function typeOf(schema: string, name: string): protobuf.Type {
  return protobuf.parse(schema).root.lookupType(name)
}

const FIRST_TYPE = typeOf(FIRST, FIRST_NAME)
const SECOND_TYPE = typeOf(SECOND, SECOND_NAME)

/** With the fields that our reader reads; it passes over metadata without looking inside. */
export const ORACLES: Readonly<Record<typeof FIRST_NAME | typeof SECOND_NAME, protobuf.Type>> = {
  [FIRST_NAME]: typeOf(FIRST.replace('repeated MetricMetadata metadata = 3;', ''), FIRST_NAME),
  [SECOND_NAME]: typeOf(SECOND.replace('Metadata metadata = 5;', ''), SECOND_NAME),
}

export interface Sample {
  readonly value: number
  readonly timestamp: number
  readonly startTimestamp?: number
}

export interface Exemplar {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
  readonly timestamp: number
}

/** As the descriptors name the fields. */
export type Histogram = Readonly<Record<string, unknown>>

export interface Series {
  /** In this order. */
  readonly labels: Readonly<Record<string, string>>
  readonly samples?: readonly Sample[]
  readonly histograms?: readonly Histogram[]
  readonly exemplars?: readonly Exemplar[]
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string }
  readonly createdTimestamp?: number
}

export function encodeFirst(series: readonly Series[]): Uint8Array {
  const labelsOf = (labels: Series['labels'] = {}): unknown =>
    Object.entries(labels).map(([name, value]) => ({ name, value }))
  return FIRST_TYPE.encode(
    FIRST_TYPE.create({
      timeseries: series.map(({ labels, samples = [], histograms = [], exemplars = [] }) => ({
        labels: labelsOf(labels),
        samples: [...samples],
        histograms: [...histograms],
        exemplars: exemplars.map((each) => ({ ...each, labels: labelsOf(each.labels) })),
      })),
    }),
  ).finish()
}

export function encodeSecond(series: readonly Series[]): Uint8Array {
  const symbols = ['']
  const symbol = (text: string): number => {
    const found = symbols.indexOf(text)
    return found >= 0 ? found : symbols.push(text) - 1
  }
  const refs = (labels: Series['labels'] = {}): number[] => Object.entries(labels).flat().map(symbol)
  const timeseries = series.map(
    ({ labels, samples = [], histograms = [], exemplars = [], metadata, createdTimestamp = 0 }) => ({
      labelsRefs: refs(labels),
      samples: [...samples],
      histograms: [...histograms],
      exemplars: exemplars.map(({ labels: own, value, timestamp }) => ({
        labelsRefs: refs(own),
        value,
        timestamp,
      })),
      metadata:
        metadata === undefined
          ? undefined
          : { type: metadata.type, helpRef: symbol(metadata.help), unitRef: symbol(metadata.unit) },
      createdTimestamp,
    }),
  )
  return SECOND_TYPE.encode(SECOND_TYPE.create({ symbols, timeseries })).finish()
}
