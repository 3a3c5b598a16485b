import type { AttributeValue } from './attributes-resource.ts'
import {
  anyValueOf,
  attributesOf,
  entriesOf,
  gather,
  isObject,
  type JsonObject,
  listIn,
  uint64Of,
} from './json.ts'
import type { LogTarget } from './logs-protobuf.ts'
import type { LogFacts } from './logs-record.ts'

const NANOSECONDS_IN_MILLISECOND = 1_000_000n

/** Reads the log records of a request in OTLP's JSON. Unknown fields are passed over; gives what is wrong. */
export function readJsonLogs<R>(body: unknown, target: LogTarget<R>): string | undefined {
  const resourceLogs = isObject(body) ? listIn(body, 'resourceLogs') : undefined
  if (resourceLogs === undefined) return 'the body has no list resourceLogs'
  for (const each of resourceLogs) {
    if (!isObject(each)) return 'an element of resourceLogs is no object'
    const scopeLogs = listIn(each, 'scopeLogs')
    const attributes = attributesOf(each['resource'])
    if (scopeLogs === undefined || attributes === undefined) return 'scopeLogs or attributes is no list'
    const resource = target.resource(attributes)
    for (const scope of scopeLogs) {
      const records = isObject(scope) ? listIn(scope, 'logRecords') : undefined
      if (records === undefined) return 'an element of scopeLogs has no list of logRecords'
      for (const record of records) {
        if (!isObject(record)) return 'a log record is no object'
        const facts = factsOf(record)
        if (facts === undefined) return 'the attributes of a log record are no list'
        target.record(resource, facts)
      }
    }
  }
  return undefined
}

function factsOf(record: JsonObject): LogFacts | undefined {
  const list = listIn(record, 'attributes')
  if (list === undefined) return undefined
  const attributes = new Map<string, AttributeValue>()
  gather(list, { into: attributes, prefix: '', depth: 0 })
  const { traceId, body } = record
  const isId = typeof traceId === 'string' && /^[0-9a-f]{32}$/i.test(traceId) && /[^0]/.test(traceId)
  return {
    timeMs: millisecondsOf(record['timeUnixNano']),
    observedMs: millisecondsOf(record['observedTimeUnixNano']),
    attributes,
    body: entriesOf(body) ?? anyValueOf(body),
    traceId: isId ? traceId.toLowerCase() : undefined,
  }
}

function millisecondsOf(value: unknown): number | undefined {
  const nanoseconds = uint64Of(value) ?? 0n
  return nanoseconds === 0n ? undefined : Number(nanoseconds / NANOSECONDS_IN_MILLISECOND)
}
