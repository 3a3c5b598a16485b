import protobuf from 'protobufjs'

// What the receivers read of Envoy's messages, written down once more for another library to decode. `TEXT` is string
// where messages are made; where they are judged it is bytes, since a library may refuse a text that is no UTF-8 and the
// receivers do not. Maps are written as the entries that they are on the wire.
const SCHEMA = `
syntax = "proto3";
message Instant { int64 seconds = 1; int32 nanos = 2; }
message UInt32Value { uint32 value = 1; }
message Pair { TEXT key = 1; TEXT value = 2; }
message Value {
  double number = 2;
  TEXT text = 3;
  bool truth = 4;
  Struct fields = 5;
}
message Field { TEXT key = 1; Value value = 2; }
message Struct { repeated Field fields = 1; }
message Named { TEXT key = 1; Struct value = 2; }
message Any { TEXT type_url = 1; bytes value = 2; }
message State { TEXT key = 1; Any value = 2; }
message Unauthorized { int32 reason = 1; }
message Locality { TEXT region = 1; TEXT zone = 2; }
message Node { TEXT id = 1; TEXT cluster = 2; Struct metadata = 3; Locality locality = 4; }
message ResponseFlags {
  bool f1 = 1; bool f2 = 2; bool f3 = 3; bool f4 = 4; bool f5 = 5; bool f6 = 6; bool f7 = 7; bool f8 = 8;
  bool f9 = 9; bool f10 = 10; bool f11 = 11; bool f12 = 12; Unauthorized f13 = 13; bool f14 = 14; bool f15 = 15;
  bool f16 = 16; bool f17 = 17; bool f18 = 18; bool f19 = 19; bool f20 = 20; bool f21 = 21; bool f22 = 22;
  bool f23 = 23; bool f24 = 24; bool f25 = 25; bool f26 = 26; bool f27 = 27; bool f28 = 28;
}
message Metadata { repeated Named filters = 1; }
message Common {
  Instant start_time = 5;
  Instant last_byte = 12;
  TEXT upstream_cluster = 15;
  ResponseFlags response_flags = 16;
  Metadata metadata = 17;
  TEXT route_name = 19;
  repeated State filter_state = 21;
  repeated Pair custom_tags = 22;
  Instant duration = 23;
  bool intermediate = 27;
  int32 access_log_type = 33;
}
message Request {
  TEXT authority = 3; TEXT path = 5; TEXT user_agent = 6; TEXT request_id = 9; TEXT original_path = 10;
  repeated Pair headers = 13;
}
message Response {
  UInt32Value code = 1; repeated Pair headers = 4; repeated Pair trailers = 5; TEXT code_details = 6;
}
message Entry { Common common = 1; Request request = 3; Response response = 4; }
message Entries { repeated Entry log_entry = 1; }
message TcpEntry { Common common = 1; }
message TcpEntries { repeated TcpEntry log_entry = 1; }
message Identifier { Node node = 1; TEXT log_name = 2; }
message Label { TEXT name = 1; TEXT value = 2; }
message Number { double value = 1; }
message Summary { uint64 sample_count = 1; }
message Bucket { uint64 cumulative_count = 1; double upper_bound = 2; }
message Histogram { uint64 sample_count = 1; double sample_sum = 2; repeated Bucket bucket = 3; }
message Metric {
  repeated LABEL label = 1; Number gauge = 2; Number counter = 3; SUMMARY summary = 4; int64 timestamp_ms = 6;
  Histogram histogram = 7;
}
message MetricFamily { TEXT name = 1; TEXT help = 2; int32 type = 3; repeated Metric metric = 4; }
message Metrics { Identifier identifier = 1; repeated MetricFamily envoy_metrics = 2; }
message AccessLogs { Identifier identifier = 1; Entries http_logs = 2; TcpEntries tcp_logs = 3; }
`

function schemaWith(text: 'string' | 'bytes'): protobuf.Root {
  // What the receivers pass over is passed over by the other library too, whatever is inside.
  const isMade = text === 'string'
  const schema = SCHEMA.replaceAll('TEXT', text)
    .replace('LABEL', isMade ? 'Label' : 'bytes')
    .replace('SUMMARY', isMade ? 'Summary' : 'bytes')
  return protobuf.parse(schema, { keepCase: true }).root
}

/** To make messages with. */
export const ACCESS_LOGS: protobuf.Type = schemaWith('string').lookupType('AccessLogs')
export const METRICS: protobuf.Type = schemaWith('string').lookupType('Metrics')
export const STRUCT: protobuf.Type = schemaWith('string').lookupType('Struct')
/** To judge them by. */
export const METRICS_AS_BYTES: protobuf.Type = schemaWith('bytes').lookupType('Metrics')
export const ACCESS_LOGS_AS_BYTES: protobuf.Type = schemaWith('bytes').lookupType('AccessLogs')

/** The bytes of a message of plain values. */
export function encode(type: protobuf.Type, plain: object): Buffer {
  const problem = type.verify(plain)
  if (problem !== null) throw new Error(problem)
  return Buffer.from(type.encode(type.create({ ...plain })).finish())
}

/** The fields of a Struct. */
export function structOf(plain: Readonly<Record<string, unknown>>): object {
  return { fields: Object.entries(plain).map(([key, value]) => ({ key, value: valueOf(value) })) }
}

function valueOf(value: unknown): object {
  if (typeof value === 'number') return { number: value }
  if (typeof value === 'boolean') return { truth: value }
  if (typeof value === 'string') return { text: value }
  return { fields: structOf(value as Record<string, unknown>) }
}

export const pairs = (plain: Readonly<Record<string, string>>): readonly object[] =>
  Object.entries(plain).map(([key, value]) => ({ key, value }))
