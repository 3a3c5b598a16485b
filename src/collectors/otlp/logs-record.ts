import { createEnvoyTextDecoder, ENVOY_DEFAULT_FORMAT } from '../log/envoy-format.ts'
import { createJsonDecoder, ENVOY_KEYS, type KeyField, NGINX_KEYS } from '../log/json-format.ts'
import {
  emptyFields,
  type LogRecord,
  placeOf,
  type RawFields,
  type Rejection,
  recordOf,
} from '../log/record.ts'
import type { BodyValue } from './attributes-protobuf.ts'
import type { AttributeValue } from './attributes-resource.ts'

/** What one log record says, whatever it was decoded from. */
export interface LogFacts {
  /** Milliseconds since 1970; undefined when it has none. Envoy writes when the request started. */
  readonly timeMs: number | undefined
  /** When it was first seen by whoever collected it. */
  readonly observedMs: number | undefined
  readonly attributes: ReadonlyMap<string, AttributeValue>
  readonly body: BodyValue
  /** Hexadecimal; undefined when it has none. */
  readonly traceId: string | undefined
}

/** OpenTelemetry's own names, for access logs whose attributes follow its conventions. */
const CONVENTIONS: readonly KeyField[] = [
  { key: 'http.response.status_code', field: 'code' },
  { key: 'http.status_code', field: 'code' },
  { key: 'rpc.status_code', field: 'grpc_status' },
  { key: 'rpc.response.status_code', field: 'grpc_status' },
  { key: 'rpc.grpc.status_code', field: 'grpc_status' },
  { key: 'http.route', field: 'route' },
  { key: 'url.path', field: 'path' },
  { key: 'http.target', field: 'path' },
  { key: 'user_agent.original', field: 'user_agent' },
  { key: 'http.user_agent', field: 'user_agent' },
  { key: 'server.address', field: 'authority' },
  { key: 'net.host.name', field: 'authority' },
  { key: 'http.server.request.duration', field: 'duration_s' },
  { key: 'http.request.header.x-request-id', field: 'request_id' },
]

const START = placeOf('start_time')
const END = placeOf('end_time')
const TRACE = placeOf('trace_id')

/**
 * Reads access logs out of log records: the keys of the log formats, `fields` before them, looked for among the
 * attributes and then in the body, which may be a map, a line of JSON or a line of Envoy's default format.
 *
 * Without a time of its own under one of the keys, a request started at the record's time, as Envoy writes it, and
 * ended when its duration was over; a record without a time ended when it was observed.
 */
export function createLogReader(fields: readonly KeyField[]): (facts: LogFacts) => LogRecord | Rejection {
  const keys = [...fields, ...ENVOY_KEYS, ...CONVENTIONS, ...NGINX_KEYS]
  const columns = keys.map(({ key, field }) => ({ key, place: placeOf(field) }))
  const decodeJson = createJsonDecoder(keys)
  const text = createEnvoyTextDecoder(ENVOY_DEFAULT_FORMAT)
  if (text.kind === 'failed') throw new Error(text.error)
  const decodeText = text.value
  const raw = emptyFields()
  return (facts) => {
    const { body } = facts
    raw.fill(undefined)
    fill(raw, columns, facts.attributes)
    if (typeof body === 'object') fill(raw, columns, body)
    if (raw[START] === undefined && raw[END] === undefined) {
      raw[START] = facts.timeMs
      if (facts.timeMs === undefined) raw[END] = facts.observedMs
    }
    raw[TRACE] ??= facts.traceId
    const record = recordOf(raw)
    if (typeof record !== 'string' || typeof body !== 'string') return record
    const line = body.trim()
    const ofLine = line.startsWith('{') ? decodeJson(line, 0, line.length) : decodeText(line)
    if (ofLine === undefined || typeof ofLine === 'string') return record
    return { ...ofLine, traceId: ofLine.traceId ?? facts.traceId }
  }
}

function fill(
  raw: RawFields,
  columns: readonly { readonly key: string; readonly place: number }[],
  values: ReadonlyMap<string, AttributeValue>,
): void {
  for (const { key, place } of columns) {
    const value = values.get(key)
    if (value !== undefined && value !== '' && value !== '-') raw[place] ??= value
  }
}
