import { LATEST_MS, LONGEST_US, type RequestRecord } from '../request/record.ts'
import { instantOf } from './time.ts'

/** What one line of an access log says. */
export type LogRecord = RequestRecord

/** Why a line is no record. Counted by reason; the first ones are shown with their line numbers. */
export type Rejection = (typeof REJECTION_NAMES)[number]

export const REJECTION_NAMES = [
  'not-json',
  'not-the-format',
  'no-time',
  'no-status',
  'line-too-long',
  'too-old',
] as const

export const REJECTIONS: Readonly<Record<Rejection, string>> = {
  'not-json': 'the line is no JSON object',
  'not-the-format': 'the line does not have the shape of the format',
  'no-time': 'the line has no time that can be read',
  'no-status': 'the line has neither a status, nor a gRPC status, nor response flags',
  'line-too-long': 'the line is longer than 1 MiB',
  'too-old': 'the event is older than what the ledger keeps',
}

export type Decoder = (line: string) => LogRecord | Rejection

/** Decodes the line `text[from, to)`. Undefined: it is about the file, and no record. */
export type LineDecoder = (text: string, from: number, to: number) => LogRecord | Rejection | undefined

/** What a key or a column of a log can mean. The unit of a duration is in its name. */
export const FIELDS = [
  'start_time',
  'end_time',
  'duration_s',
  'duration_ms',
  'duration_us',
  'duration_ns',
  'code',
  'flags',
  'code_details',
  'grpc_status',
  'content_type',
  'path',
  'request',
  'user_agent',
  'log_type',
  'authority',
  'upstream_cluster',
  'route',
  'service',
  'trace_id',
  'request_id',
] as const

export type Field = (typeof FIELDS)[number]

/** The raw value of each field, at the field's place in `FIELDS`. Reused from line to line. */
export type RawFields = unknown[]

export function emptyFields(): RawFields {
  return FIELDS.map(() => undefined)
}

export function isField(text: string): text is Field {
  return FIELDS.some((field) => field === text)
}

/** The place of a field among the raw ones. */
export function placeOf(field: Field): number {
  return FIELDS.indexOf(field)
}

/** Microseconds in one unit, for each of the four durations, with their places. */
const DURATIONS: readonly (readonly [number, number])[] = [
  [placeOf('duration_ms'), 1_000],
  [placeOf('duration_s'), 1_000_000],
  [placeOf('duration_us'), 1],
  [placeOf('duration_ns'), 0.001],
]
const P = {
  start: placeOf('start_time'),
  end: placeOf('end_time'),
  code: placeOf('code'),
  flags: placeOf('flags'),
  codeDetails: placeOf('code_details'),
  grpcStatus: placeOf('grpc_status'),
  contentType: placeOf('content_type'),
  path: placeOf('path'),
  request: placeOf('request'),
  userAgent: placeOf('user_agent'),
  logType: placeOf('log_type'),
  authority: placeOf('authority'),
  upstreamCluster: placeOf('upstream_cluster'),
  route: placeOf('route'),
  service: placeOf('service'),
  traceId: placeOf('trace_id'),
  requestId: placeOf('request_id'),
} as const

/**
 * Makes a record of raw values. `null`, `""` and `"-"` are how Envoy and web servers write that there is none.
 * A log that has the start and the duration ends at their sum; one that has only one instant ends there.
 */
export function recordOf(raw: RawFields): LogRecord | Rejection {
  const duration = durationOf(raw)
  let endMs = instantOf(raw[P.end])
  if (endMs === undefined) {
    const startMs = instantOf(raw[P.start])
    if (startMs === undefined) return 'no-time'
    endMs = startMs + Math.floor((duration ?? 0) / 1000)
  }
  if (!(endMs >= 0 && endMs < LATEST_MS)) return 'no-time'
  const code = numberOf(raw[P.code])
  const flags = textOf(raw[P.flags])
  const grpcStatus = statusOf(raw[P.grpcStatus])
  if (code === undefined && flags === undefined && grpcStatus === undefined) return 'no-status'
  return {
    endMs,
    duration,
    code,
    flags,
    grpcStatus,
    codeDetails: textOf(raw[P.codeDetails]),
    contentType: textOf(raw[P.contentType]),
    path: textOf(raw[P.path]) ?? pathOfRequest(textOf(raw[P.request])),
    userAgent: textOf(raw[P.userAgent]),
    logType: statusOf(raw[P.logType]),
    authority: textOf(raw[P.authority]),
    upstreamCluster: textOf(raw[P.upstreamCluster]),
    route: textOf(raw[P.route]),
    service: textOf(raw[P.service]),
    traceId: textOf(raw[P.traceId]),
    requestId: textOf(raw[P.requestId]),
  }
}

/** The path in a request line, `GET /cart HTTP/1.1`; undefined when what the client sent was none. */
export function pathOfRequest(request: string | undefined): string | undefined {
  if (request === undefined) return undefined
  const from = request.indexOf(' ')
  const method = from > 0 ? request.slice(0, from) : ''
  if (!/^[A-Z]{3,}$/.test(method)) return undefined
  const to = request.lastIndexOf(' HTTP/')
  const path = request.slice(from + 1, to > from ? to : undefined).trim()
  return path === '' ? undefined : path
}

function durationOf(raw: RawFields): number | undefined {
  for (const [place, microseconds] of DURATIONS) {
    const value = raw[place]
    if (value === undefined) continue
    const number = numberOf(value)
    // Clocks that step back make negative durations: the request took no time that we know to be longer than 0.
    if (number !== undefined && number * microseconds <= LONGEST_US)
      return Math.max(0, Math.round(number * microseconds))
  }
  return undefined
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' || value === '-' ? undefined : value
  return typeof value === 'number' ? String(value) : undefined
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || !/^-?\d+(?:\.\d+)?$/.test(value)) return undefined
  return Number(value)
}

function statusOf(value: unknown): number | string | undefined {
  return typeof value === 'number' ? value : textOf(value)
}
