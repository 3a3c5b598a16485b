import { failed, ok, type Result } from '../../base/index.ts'
import { type Decoder, emptyFields, type Field, placeOf, recordOf } from './record.ts'

/** What Envoy writes when no format is configured. Source: Envoy, access logging, default format string. */
export const ENVOY_DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% ' +
  '%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% ' +
  '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"'

const OPERATOR = /%([A-Z_]+)(?:\(([^)]*)\))?(?::\d+)?%/g

const PLAIN: ReadonlyMap<string, Field> = new Map([
  ['START_TIME', 'start_time'],
  ['EMIT_TIME', 'end_time'],
  ['DURATION', 'duration_ms'],
  ['RESPONSE_CODE', 'code'],
  ['RESPONSE_FLAGS', 'flags'],
  ['RESPONSE_FLAGS_LONG', 'flags'],
  ['RESPONSE_CODE_DETAILS', 'code_details'],
  ['GRPC_STATUS', 'grpc_status'],
  ['GRPC_STATUS_NUMBER', 'grpc_status'],
  ['ROUTE_NAME', 'route'],
  ['UPSTREAM_CLUSTER', 'upstream_cluster'],
  ['UPSTREAM_CLUSTER_RAW', 'upstream_cluster'],
  ['ACCESS_LOG_TYPE', 'log_type'],
  ['TRACE_ID', 'trace_id'],
])
const REQUEST_HEADERS: ReadonlyMap<string, Field> = new Map([
  [':path', 'path'],
  ['x-envoy-original-path', 'path'],
  [':authority', 'authority'],
  ['host', 'authority'],
  ['user-agent', 'user_agent'],
  ['content-type', 'content_type'],
  ['x-request-id', 'request_id'],
  ['x-b3-traceid', 'trace_id'],
])
const COMMON_UNITS: ReadonlyMap<string, Field> = new Map([
  ['ms', 'duration_ms'],
  ['us', 'duration_us'],
  ['ns', 'duration_ns'],
])

/**
 * What an Envoy operator gives, `%DURATION%` or `%REQ(:PATH)%`; undefined for operators that say nothing about an
 * SLO, which is most of them.
 */
export function fieldOfOperator(operator: string): Field | undefined {
  const parts = new RegExp(`^${OPERATOR.source}$`).exec(operator)
  return parts === null ? undefined : fieldOf(parts[1] ?? '', parts[2] ?? '')
}

/**
 * Decodes lines of a text format. The text between two operators ends the first one's value, so a client's header
 * may hold anything but the text that follows it in the format. Fails when the format cannot give a count.
 */
export function createEnvoyTextDecoder(format: string): Result<Decoder, string> {
  const parsed = partsOf(format.replace(/\r?\n$|\\n$/, ''))
  if (parsed.kind === 'failed') return parsed
  const { before, parts } = parsed.value
  const raw = emptyFields()
  return ok((line) => {
    if (!line.startsWith(before)) return 'not-the-format'
    raw.fill(undefined)
    let at = before.length
    for (const { place, after } of parts) {
      const end = after === '' ? line.length : line.indexOf(after, at)
      if (end < 0) return 'not-the-format'
      if (place !== undefined && raw[place] === undefined) raw[place] = valueOf(line, at, end)
      at = end + after.length
    }
    // Envoy's default format has grown at the end before; what follows is passed over.
    return recordOf(raw)
  })
}

interface Part {
  readonly place: number | undefined
  /** The text that follows; empty only at the end of the line. */
  readonly after: string
}

function partsOf(format: string): Result<{ before: string; parts: readonly Part[] }, string> {
  const found = [...format.matchAll(OPERATOR)]
  const fields = found.map((match) => fieldOf(match[1] ?? '', match[2] ?? ''))
  const ends = [...found.slice(1).map((match) => match.index), format.length]
  const parts: Part[] = found.map((match, i) => {
    const field = fields[i]
    return {
      place: field === undefined ? undefined : placeOf(field),
      after: format.slice(match.index + match[0].length, ends[i]),
    }
  })
  const touching = parts.findIndex((part, i) => part.after === '' && i < parts.length - 1)
  if (touching >= 0)
    return failed(`write something between ${found[touching]?.[0]} and ${found[touching + 1]?.[0]}`)
  if (!fields.includes('start_time') && !fields.includes('end_time'))
    return failed('the format has no time: add %START_TIME%')
  if (!fields.some((field) => field === 'code' || field === 'grpc_status'))
    return failed('the format has no status: add %RESPONSE_CODE%')
  const clock = found.find((match) => match[1] === 'START_TIME' && !readableTime(match[2] ?? ''))
  if (clock !== undefined)
    return failed(`${clock[0]} writes a time that cannot be read: write %START_TIME% or %START_TIME(%s.%3f)%`)
  return ok({ before: format.slice(0, found[0]?.index ?? 0), parts })
}

function fieldOf(name: string, argument: string): Field | undefined {
  if (name === 'REQ') return headerField(argument)
  if (name === 'TRAILER' || name === 'RESP')
    return argument.toLowerCase() === 'grpc-status' ? 'grpc_status' : undefined
  if (name === 'COMMON_DURATION') {
    const [from, to, unit] = argument.split(':')
    return from === 'DS_RX_BEG' && to === 'DS_TX_END' ? COMMON_UNITS.get(unit ?? '') : undefined
  }
  return PLAIN.get(name)
}

// `X-ENVOY-ORIGINAL-PATH?:PATH` is the first header, or else the second.
function headerField(argument: string): Field | undefined {
  for (const header of argument.toLowerCase().split('?')) {
    const field = REQUEST_HEADERS.get(header)
    if (field !== undefined) return field
  }
  return undefined
}

function readableTime(format: string): boolean {
  return (
    format === '' ||
    /^%s(?:\.?%[1369]?f)?$/.test(format) ||
    /^%Y-%m-%d[T ]%(?:H:%M:%S|T)(?:\.%[1-9]?f|\.%E\dS)?(?:Z|%z|%Ez)$/.test(format)
  )
}

function valueOf(line: string, from: number, to: number): string | undefined {
  if (to === from || (to === from + 1 && line.charCodeAt(from) === 45)) return undefined
  return line.slice(from, to)
}
