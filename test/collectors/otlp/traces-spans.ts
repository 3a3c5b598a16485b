import { seconds } from '../../../src/base/index.ts'
import {
  createTraceSignal,
  type TraceSettings,
  type TraceSignal,
} from '../../../src/collectors/otlp/traces.ts'
import { keyValues, type Plain, TraceRequest } from './fuzz-messages.ts'
import { NOON } from './traces-counting.ts'

/** A span as a test writes it. Times are seconds from noon; ids are numbers. */
export interface TestSpan {
  readonly name?: string
  readonly kind?: number
  readonly start?: number
  readonly end?: number
  readonly attributes?: Readonly<Record<string, Plain>>
  readonly status?: number
  readonly traceState?: string
  readonly trace?: number
  readonly id?: number
}

export const SERVICE = { 'service.name': 'cart' }

export function nanoseconds(fromNoon: number): bigint {
  return BigInt(NOON) * 1_000_000_000n + BigInt(Math.round(fromNoon * 1e6)) * 1_000n
}

export function hex(value: number, bytes: number): string {
  return value.toString(16).padStart(bytes * 2, '0')
}

/** The request in OTLP's JSON. */
export function jsonRequest(
  spans: readonly TestSpan[],
  resource: Readonly<Record<string, Plain>> = SERVICE,
): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: 'test' }, spans: spans.map(jsonSpan) }],
      },
    ],
  }
}

let nextId = 1

function jsonSpan(span: TestSpan): object {
  const { name = 'GET', kind = 2, start = 0, end = start + 0.1, attributes = {}, status, traceState } = span
  return {
    traceId: hex(span.trace ?? 7, 16),
    spanId: hex(span.id ?? nextId++, 8),
    name,
    kind,
    startTimeUnixNano: String(nanoseconds(start)),
    endTimeUnixNano: String(nanoseconds(end)),
    attributes: keyValues(attributes),
    ...(status === undefined ? {} : { status: { code: status } }),
    ...(traceState === undefined ? {} : { traceState }),
  }
}

/** A request in protobuf from its JSON form, whose ids are hexadecimal. */
export function toProtobuf(request: object): Uint8Array {
  const withBytes = JSON.parse(JSON.stringify(request), (key, value) =>
    key === 'traceId' || key === 'spanId' ? Buffer.from(value, 'hex').toString('base64') : value,
  )
  return TraceRequest.encode(TraceRequest.fromObject(withBytes)).finish()
}

export function toJson(request: object): Uint8Array {
  return Buffer.from(JSON.stringify(request))
}

export function traceSignal(options: Partial<TraceSettings['options']> = {}, labels = {}): TraceSignal {
  return createTraceSignal(traceSettings(options, labels))
}

export function traceSettings(options: Partial<TraceSettings['options']> = {}, labels = {}): TraceSettings {
  return {
    source: 'spans',
    labels,
    now: () => NOON,
    options: {
      service: {
        kind: 'from',
        from: 'field',
        field: 'service.name',
        map: {},
        otherwise: 'unknown_service',
        pattern: '',
      },
      operations: [],
      abort: undefined,
      healthChecks: { paths: [], agents: [] },
      outcomes: {},
      duplicates: { most: 1_000, window: seconds(300) },
      late: seconds(86_400),
      ...options,
    },
  }
}

/** A server span with an HTTP status. */
export const http = (code: Plain, more: Record<string, Plain> = {}): TestSpan => ({
  attributes: { 'http.route': '/pay', 'http.response.status_code': code, ...more },
})
