import { describe, expect, test } from 'vitest'
import type { LogSettings } from '../../../src/collectors/otlp/logs.ts'
import { anyValue, keyValues, LogRequest, type Plain } from './fuzz-messages.ts'
import { logSignal } from './logs-records.ts'
import { createCounting, take, told } from './traces-counting.ts'
import { nanoseconds } from './traces-spans.ts'

interface TestRecord {
  /** Seconds from noon. */
  readonly time?: number
  readonly observed?: number
  readonly attributes?: Readonly<Record<string, Plain>>
  readonly body?: Plain
  readonly traceId?: string
}

interface Case {
  readonly options?: Partial<LogSettings['options']>
  readonly resource?: Readonly<Record<string, Plain>>
}

function request(records: readonly TestRecord[], resource: Readonly<Record<string, Plain>> = {}): object {
  return {
    resourceLogs: [
      {
        resource: { attributes: keyValues(resource) },
        scopeLogs: [
          {
            logRecords: records.map(({ time, observed, attributes = {}, body, traceId }) => ({
              ...(time === undefined ? {} : { timeUnixNano: String(nanoseconds(time)) }),
              ...(observed === undefined ? {} : { observedTimeUnixNano: String(nanoseconds(observed)) }),
              ...(body === undefined ? {} : { body: anyValue(body) }),
              ...(traceId === undefined ? {} : { traceId }),
              attributes: keyValues(attributes),
            })),
          },
        ],
      },
    ],
  }
}

function toProtobuf(body: object): Uint8Array {
  const plain = JSON.parse(JSON.stringify(body), (key, value) =>
    key === 'traceId' ? Buffer.from(value, 'hex').toString('base64') : value,
  )
  return LogRequest.encode(LogRequest.fromObject(plain)).finish()
}

function taken(records: readonly TestRecord[], { options = {}, resource = {} }: Case = {}) {
  const body = request(records, resource)
  const [fromProtobuf, fromJson] = (['protobuf', 'json'] as const).map((encoding) => {
    const { into, counted } = createCounting()
    const bytes = encoding === 'json' ? Buffer.from(JSON.stringify(body)) : toProtobuf(body)
    const answer = take(logSignal(options), bytes, { into, encoding })
    const { rows, exemplars, rejected } = counted()
    return { answer, rows: told(rows), exemplars, rejected, latency: rows.map((row) => row.latency) }
  })
  expect(fromJson).toEqual(fromProtobuf)
  return fromProtobuf!
}

const ENVOY = {
  authority: 'Shop.example.com:443',
  path: '/v1/users/17?full=1',
  response_code: '200',
  response_flags: '-',
  duration: '250',
}

describe('access logs as log records', () => {
  test("the attributes that Envoy's logger writes, all of them texts, are one event when the request ended", () => {
    const { rows, latency } = taken([{ time: -0.1, attributes: ENVOY }])
    expect(rows).toEqual(['cloud_provider=aws,op=/v1/users/{user},service=shop.example.com 12:00 good 2xx 1'])
    expect(latency).toEqual([{ bins: [1 + 5 * 90 + 15], counts: [1] }])
  })

  test('the body may be a map, a line of JSON, or a line of the default format', () => {
    const line =
      '[2026-03-14T12:00:00.000Z] "GET /v1/users/17 HTTP/2" 503 UF 0 226 100 - "-" "curl" "id" "shop.example.com" "-"'
    for (const body of [
      { ...ENVOY, response_code: 503, response_flags: 'UF' },
      JSON.stringify({
        ...ENVOY,
        response_code: 503,
        response_flags: 'UF',
        start_time: '2026-03-14T12:00:00Z',
      }),
      line,
    ])
      expect(taken([{ time: 0, body }]).rows).toEqual([
        'cloud_provider=aws,op=/v1/users/{user},service=shop.example.com 12:00 bad flag-UF 1',
      ])
  })

  test('keys can be named, also those of maps within', () => {
    const { rows } = taken([{ time: 0, body: { request: { route: '/pay' }, took: 3, answer: 429 } }], {
      options: {
        fields: [
          { key: 'answer', field: 'code' },
          { key: 'request.route', field: 'route' },
          { key: 'took', field: 'duration_ms' },
        ],
        service: { kind: 'fixed', name: 'edge' },
      },
    })
    expect(rows).toEqual(['cloud_provider=aws,op=/pay,service=edge 12:00 good http-429 1'])
  })

  test('a gRPC failure inside HTTP 200 is bad, and health checks do not count', () => {
    const { rows } = taken([
      { time: 0, attributes: { ...ENVOY, path: '/shop.Cart/Add', grpc_status_number: '14' } },
      { time: 0, attributes: { ...ENVOY, path: '/grpc.health.v1.Health/Check', grpc_status_number: 14 } },
      { time: 0, attributes: { ...ENVOY, user_agent: 'kube-probe/1.31', path: '/' } },
    ])
    expect(rows).toEqual([
      'cloud_provider=aws,op=/,service=shop.example.com 12:00 ignored health-check 1',
      'cloud_provider=aws,op=/grpc.health.v1.Health/Check,service=shop.example.com 12:00 ignored health-check 1',
      'cloud_provider=aws,op=/shop.Cart/Add,service=shop.example.com 12:00 bad grpc-unavailable 1',
    ])
  })

  test('the resource names the cloud and the service', () => {
    const { rows } = taken([{ time: 0, attributes: ENVOY }], {
      resource: { 'service.name': 'edge', 'cloud.provider': 'gcp', 'cloud.region': 'asia-northeast1' },
      options: {
        service: {
          kind: 'from',
          from: 'field',
          field: 'service.name',
          map: {},
          otherwise: 'unknown',
          pattern: '',
        },
      },
    })
    expect(rows).toEqual([
      'cloud_provider=gcp,cloud_region=asia-northeast1,op=/v1/users/{user},service=edge 12:00 good 2xx 1',
    ])
  })

  test('a record without a time ended when it was observed', () =>
    expect(taken([{ observed: 61, attributes: ENVOY }]).rows).toEqual([
      'cloud_provider=aws,op=/v1/users/{user},service=shop.example.com 12:01 good 2xx 1',
    ]))

  test('what cannot be counted is rejected, and its sender told why', () => {
    const { answer, rejected } = taken([
      { attributes: ENVOY },
      { time: 0, body: 'the server has started' },
      { time: -90_000, attributes: ENVOY },
      { time: 400, attributes: ENVOY },
      { time: 0, attributes: ENVOY },
    ])
    expect(rejected).toBe(4)
    expect(answer).toBe(
      '5 taken, 4 rejected: no time (1), no access log, for want of a status, a gRPC status or response flags (1), ' +
        'ended longer ago than this source takes (1), the end more than five minutes in the future (1)',
    )
  })

  test('bad requests are shown with their trace', () => {
    const traceId = '0123456789abcdef0123456789abcdef'
    const { exemplars } = taken([{ time: 0, attributes: { ...ENVOY, response_code: '500' }, traceId }])
    expect(exemplars).toMatchObject([{ source: 'edge', outcome: 'bad', reason: 'http-500', traceId }])
  })

  test('what is no request is refused with the place', () => {
    const { into } = createCounting()
    expect(take(logSignal(), Uint8Array.from([10, 5, 18]), { into })).toBe(
      'the body is no ExportLogsServiceRequest: a field is longer than what holds it, near byte 2',
    )
    expect(take(logSignal(), Buffer.from('{"resourceLogs":{}}'), { into, encoding: 'json' })).toBe(
      'the body has no list resourceLogs',
    )
  })
})
