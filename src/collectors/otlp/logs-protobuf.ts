import { type BodyValue, readAttribute, readBody } from './attributes-protobuf.ts'
import type { AttributeValue } from './attributes-resource.ts'
import type { LogFacts } from './logs-record.ts'
import { bytesTag, fixed64Tag, type WireFault, WireReader } from './wire.ts'

// Field numbers: opentelemetry-proto, collector/logs/v1/logs_service.proto, logs/v1/logs.proto.
const RESOURCE_LOGS = bytesTag(1)
const RESOURCE = bytesTag(1)
const SCOPE_LOGS = bytesTag(2)
const RESOURCE_ATTRIBUTES = bytesTag(1)
const LOG_RECORDS = bytesTag(2)
const TIME = fixed64Tag(1)
const BODY = bytesTag(5)
const ATTRIBUTES = bytesTag(6)
const TRACE_ID = bytesTag(9)
const OBSERVED = fixed64Tag(11)
const TRACE_ID_BYTES = 16
const NANOSECONDS_IN_MILLISECOND = 1_000_000

export interface LogTarget<R> {
  readonly resource: (attributes: ReadonlyMap<string, AttributeValue>) => R
  readonly record: (resource: R, facts: LogFacts) => void
}

/** Reads the log records of a request; gives why it is none, with the place. */
export function readProtobufLogs<R>(
  body: Uint8Array,
  target: LogTarget<R>,
): { readonly fault: WireFault; readonly at: number } | undefined {
  const reader = new WireReader()
  reader.begin(body)
  while (reader.next())
    if (reader.tag === RESOURCE_LOGS) {
      const outer = reader.enter()
      readResourceLogs(reader, target)
      reader.leave(outer)
    } else reader.skip()
  const { fault } = reader
  return fault === undefined ? undefined : { fault, at: reader.at }
}

function readResourceLogs<R>(reader: WireReader, target: LogTarget<R>): void {
  // The resource may stand behind its records, so it is looked for first.
  const start = reader.at
  const attributes = new Map<string, AttributeValue>()
  while (reader.next())
    if (reader.tag === RESOURCE) {
      const outer = reader.enter()
      while (reader.next())
        if (reader.tag === RESOURCE_ATTRIBUTES) readAttribute(reader, attributes)
        else reader.skip()
      reader.leave(outer)
    } else reader.skip()
  if (reader.fault !== undefined) return
  const resource = target.resource(attributes)
  reader.at = start
  while (reader.next())
    if (reader.tag === SCOPE_LOGS) {
      const outer = reader.enter()
      while (reader.next())
        if (reader.tag === LOG_RECORDS) {
          const facts = readRecord(reader)
          if (reader.fault === undefined) target.record(resource, facts)
        } else reader.skip()
      reader.leave(outer)
    } else reader.skip()
}

function readRecord(reader: WireReader): LogFacts {
  const outer = reader.enter()
  const attributes = new Map<string, AttributeValue>()
  let timeMs: number | undefined
  let observedMs: number | undefined
  let body: BodyValue
  let traceId: string | undefined
  while (reader.next())
    switch (reader.tag) {
      case TIME:
        timeMs = readInstant(reader)
        break
      case OBSERVED:
        observedMs = readInstant(reader)
        break
      case BODY:
        body = readBody(reader) ?? body
        break
      case ATTRIBUTES:
        readAttribute(reader, attributes, { nested: true })
        break
      case TRACE_ID:
        traceId = readTraceId(reader)
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return { timeMs, observedMs, attributes, body, traceId }
}

/** Milliseconds since 1970, cut; undefined for zero, which is how protobuf writes that there is none. */
function readInstant(reader: WireReader): number | undefined {
  const nanoseconds = reader.fixed64()
  return nanoseconds === 0 ? undefined : Math.floor(nanoseconds / NANOSECONDS_IN_MILLISECOND)
}

function readTraceId(reader: WireReader): string | undefined {
  const length = reader.length()
  const from = reader.at
  reader.at = from + length
  if (length !== TRACE_ID_BYTES) return undefined
  let hex = ''
  for (let at = from; at < reader.at; at++) hex += (reader.bytes[at] ?? 0).toString(16).padStart(2, '0')
  return /[^0]/.test(hex) ? hex : undefined
}
