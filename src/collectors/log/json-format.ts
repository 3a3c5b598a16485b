import { createFlatReader } from './flat-json.ts'
import { emptyFields, type Field, type LineDecoder, placeOf, recordOf } from './record.ts'

/** A key of a JSON line and what stands under it. Of several keys for one field, the first that has a value counts. */
export interface KeyField {
  /** `response_code`; with dots for what is nested, `request.path`, unless the line has the dotted key itself. */
  readonly key: string
  readonly field: Field
}

/**
 * The 17 keys of the common typed JSON format of Envoy, the ones that Nines recommends beside them, and Istio's. Keys
 * that a line does not have are just absent, so one table reads all.
 */
export const ENVOY_KEYS: readonly KeyField[] = [
  { key: 'start_time', field: 'start_time' },
  { key: 'duration', field: 'duration_ms' },
  { key: 'response_code', field: 'code' },
  { key: 'response_flags', field: 'flags' },
  { key: 'response_code_details', field: 'code_details' },
  { key: 'grpc_status', field: 'grpc_status' },
  { key: 'grpc_status_number', field: 'grpc_status' },
  { key: 'content_type', field: 'content_type' },
  { key: 'path', field: 'path' },
  { key: 'useragent', field: 'user_agent' },
  { key: 'user_agent', field: 'user_agent' },
  { key: 'log_type', field: 'log_type' },
  { key: 'access_log_type', field: 'log_type' },
  { key: 'authority', field: 'authority' },
  { key: 'upstream_cluster', field: 'upstream_cluster' },
  { key: 'route_name', field: 'route' },
  { key: 'trace_id', field: 'trace_id' },
  { key: 'x-request-id', field: 'request_id' },
  { key: 'request_id', field: 'request_id' },
]

/** Nginx' own variable names, as nearly everybody's `log_format … escape=json` has them. */
export const NGINX_KEYS: readonly KeyField[] = [
  { key: 'msec', field: 'end_time' },
  { key: 'time_iso8601', field: 'end_time' },
  { key: 'time_local', field: 'end_time' },
  { key: 'timestamp', field: 'end_time' },
  { key: '@timestamp', field: 'end_time' },
  { key: 'time', field: 'end_time' },
  { key: 'request_time', field: 'duration_s' },
  { key: 'status', field: 'code' },
  { key: 'request_uri', field: 'path' },
  { key: 'uri', field: 'path' },
  { key: 'path', field: 'path' },
  { key: 'request', field: 'request' },
  { key: 'http_user_agent', field: 'user_agent' },
  { key: 'user_agent', field: 'user_agent' },
  { key: 'content_type', field: 'content_type' },
  { key: 'sent_http_grpc_status', field: 'grpc_status' },
  { key: 'grpc_status', field: 'grpc_status' },
  { key: 'host', field: 'authority' },
  { key: 'http_host', field: 'authority' },
  { key: 'server_name', field: 'authority' },
  { key: 'proxy_upstream_name', field: 'upstream_cluster' },
  { key: 'upstream', field: 'upstream_cluster' },
  { key: 'route', field: 'route' },
  { key: 'trace_id', field: 'trace_id' },
  { key: 'opentelemetry_trace_id', field: 'trace_id' },
  { key: 'request_id', field: 'request_id' },
  { key: 'req_id', field: 'request_id' },
]

/** Decodes one JSON object a line. Values may be numbers or strings: Envoy's older JSON writes all as strings. */
export function createJsonDecoder(keys: readonly KeyField[]): LineDecoder {
  const columns = keys.map(({ key, field }) => ({ key, place: placeOf(field), steps: key.split('.') }))
  // Where each key's value goes; a key that is written twice means its first field.
  const slots = new Map<string, number>()
  for (const { key } of columns) if (!slots.has(key)) slots.set(key, slots.size)
  const targets = columns.map(({ key, place }) => ({ slot: slots.get(key) ?? 0, place }))
  const readFlat = createFlatReader(slots)
  const values: unknown[] = [...slots].map(() => undefined)
  const raw = emptyFields()
  return (text, from, to) => {
    values.fill(undefined)
    if (!readFlat(text, from, to, values)) {
      values.fill(undefined)
      const object = objectOf(text.slice(from, to))
      if (object === undefined) return 'not-json'
      columns.forEach(({ key, steps }, i) => {
        values[targets[i]?.slot ?? 0] = Object.hasOwn(object, key) ? object[key] : nested(object, steps)
      })
    }
    raw.fill(undefined)
    for (const { slot, place } of targets) {
      const value = values[slot]
      if (value !== undefined && value !== null && value !== '' && value !== '-') raw[place] ??= value
    }
    return recordOf(raw)
  }
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  if (line.charCodeAt(0) !== 123 && !line.trimStart().startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(line)
    return isObject(parsed) ? parsed : undefined
  } catch {
    // What is wrong with it stands in the line itself, which is reported by number.
    return undefined
  }
}

function nested(object: Readonly<Record<string, unknown>>, steps: readonly string[]): unknown {
  if (steps.length < 2) return undefined
  let value: unknown = object
  for (const step of steps) {
    if (!isObject(value)) return undefined
    value = value[step]
  }
  return value
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
