import { describe, expect, test } from 'vitest'
import { createAccessLogReader } from '../../../src/collectors/envoy-push/access-log.ts'
import { createJudge } from '../../../src/traffic/index.ts'
import { ACCESS_LOGS, encode, pairs, STRUCT, structOf } from './schema.ts'

const ALL = { tags: true, filterState: true, metadata: true }
const START = { seconds: 1_790_000_000, nanos: 250_000_000 }
const judge = createJudge()

function read(plain: object): ReturnType<ReturnType<typeof createAccessLogReader>> {
  return createAccessLogReader(ALL)(encode(ACCESS_LOGS, plain))
}

interface HttpParts {
  readonly common?: object
  readonly request?: object
  readonly response?: object
}

function http({ common, request, response }: HttpParts): object {
  return {
    http_logs: {
      log_entry: [
        { common: { start_time: START, ...common }, request: { ...request }, response: { ...response } },
      ],
    },
  }
}

/** What one entry is judged as. */
function reasonOf(parts: HttpParts): string {
  const entry = read(http(parts))?.entries[0]
  if (entry === undefined) return 'rejected'
  const { outcome, reason } = judge(entry)
  return `${outcome} ${reason}`
}

describe('an entry', () => {
  test('says how a request ended, when, and how long it took', () => {
    const entry = read(
      http({
        common: { duration: { seconds: 1, nanos: 300_000_999 }, upstream_cluster: 'web', route_name: 'cart' },
        request: { authority: 'shop.example.com', path: '/cart?x=1', user_agent: 'curl', request_id: 'r-1' },
        response: { code: { value: 503 }, code_details: 'upstream_reset' },
      }),
    )?.entries[0]
    expect(entry).toMatchObject({
      endMs: 1_790_000_001_550,
      duration: 1_300_000,
      code: 503,
      codeDetails: 'upstream_reset',
      upstreamCluster: 'web',
      route: 'cart',
      authority: 'shop.example.com',
      path: '/cart?x=1',
      userAgent: 'curl',
      requestId: 'r-1',
      flags: undefined,
    })
  })

  test('takes the time to the last byte where there is no duration', () => {
    const entry = read(http({ common: { last_byte: { nanos: 7_000_000 } } }))?.entries[0]
    expect(entry?.duration).toBe(7_000)
  })

  test('has the path that the client asked for, before it was rewritten', () => {
    expect(read(http({ request: { path: '/v2/x', original_path: '/x' } }))?.entries[0]?.path).toBe('/x')
  })

  test.each([
    [{ response: { code: { value: 200 } } }, 'good 2xx'],
    [{ response: { code: { value: 500 } } }, 'bad http-500'],
    [{ response: { code: { value: 404 } } }, 'good http-404'],
    [{}, 'ignored client-left-early'],
    [{ common: { duration: { seconds: 30 } } }, 'bad client-left-late'],
    [
      { common: { response_flags: { f6: true, f16: true } }, response: { code: { value: 503 } } },
      'bad flag-UF',
    ],
    [{ common: { response_flags: { f3: true } }, response: { code: { value: 504 } } }, 'bad flag-UT'],
    [{ common: { response_flags: { f28: true } } }, 'ignored client-left-early'],
    [{ common: { response_flags: { f13: { reason: 1 } } }, response: { code: { value: 403 } } }, 'good 4xx'],
    [
      {
        common: { response_flags: { f13: { reason: 1 } } },
        response: { code: { value: 403 }, code_details: 'ext_authz_error' },
      },
      'bad flag-UAEX',
    ],
    [{ common: { response_flags: { f13: {} } }, response: { code: { value: 200 } } }, 'good 2xx'],
    [
      { request: { user_agent: 'kube-probe/1.31' }, response: { code: { value: 503 } } },
      'ignored health-check',
    ],
    [{ common: { access_log_type: 6 }, response: { code: { value: 200 } } }, 'good 2xx'],
    [{ common: { access_log_type: 4 }, response: { code: { value: 200 } } }, 'ignored not-final'],
    [{ common: { access_log_type: 5 }, response: { code: { value: 200 } } }, 'ignored not-final'],
    [{ common: { intermediate: true }, response: { code: { value: 200 } } }, 'ignored not-final'],
  ])('%j is %s', (parts, expected) => {
    expect(reasonOf(parts)).toBe(expected)
  })

  test.each([
    [{ trailers: pairs({ 'grpc-status': '14' }) }, 'bad grpc-unavailable'],
    [{ headers: pairs({ 'grpc-status': '14', 'content-type': 'application/grpc' }) }, 'bad grpc-unavailable'],
    [{ trailers: pairs({ 'grpc-status': '5' }) }, 'good grpc-not-found'],
    [{ trailers: pairs({ 'grpc-status': '0' }) }, 'good grpc-ok'],
    [{ headers: pairs({ 'content-type': 'application/grpc+proto' }) }, 'bad grpc-no-status'],
  ])('of a gRPC call inside HTTP 200 is judged by its status: %j', (response, expected) => {
    expect(reasonOf({ response: { code: { value: 200 }, ...response } })).toBe(expected)
  })

  test('of a gRPC request is known by what the client sent', () => {
    const request = { headers: pairs({ 'content-type': 'application/grpc' }) }
    expect(reasonOf({ request, response: { code: { value: 200 } } })).toBe('bad grpc-no-status')
  })

  test('without a time is rejected, and the others count', () => {
    const message = read({
      http_logs: { log_entry: [{ response: { code: { value: 200 } } }, { common: { start_time: START } }] },
    })
    expect(message?.rejected).toBe(1)
    expect(message?.entries).toHaveLength(1)
  })

  test('carries a trace id where Envoy logs the header', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const entry = read(http({ request: { headers: pairs({ traceparent }) } }))?.entries[0]
    expect(entry?.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736')
  })
})

describe('a TCP connection', () => {
  const tcp = (common: object): string => {
    const message = read({ tcp_logs: { log_entry: [{ common: { start_time: START, ...common } }] } })
    const entry = message?.entries[0]
    return entry === undefined ? 'rejected' : `${judge(entry).outcome} ${judge(entry).reason}`
  }

  test.each([
    [{}, 'good tcp'],
    [{ access_log_type: 3 }, 'good tcp'],
    [{ access_log_type: 2 }, 'ignored not-final'],
    [{ intermediate: true }, 'ignored not-final'],
    [{ response_flags: { f6: true } }, 'bad flag-UF'],
  ])('%j is %s', (common, expected) => {
    expect(tcp(common)).toBe(expected)
  })
})

describe('a message', () => {
  test('says who sends it, once', () => {
    const node = {
      id: 'sidecar~10.0.0.7',
      cluster: 'edge',
      locality: { region: 'eu-west-1', zone: 'eu-west-1a' },
      metadata: structOf({ NAMESPACE: 'shop', LABELS: { 'app.kubernetes.io/name': 'cart' } }),
    }
    const message = read({ identifier: { node, log_name: 'all' } })
    expect(message).toMatchObject({
      logName: 'all',
      node: { id: 'sidecar~10.0.0.7', cluster: 'edge', region: 'eu-west-1', zone: 'eu-west-1a' },
    })
    expect(message?.node?.metadata.get('NAMESPACE')).toBe('shop')
    expect(read(http({}))?.node).toBeUndefined()
  })

  test('carries tags, metadata and filter state for labels', () => {
    const state = encode(STRUCT, structOf({ workload: 'cart', ready: true, weight: 2 }))
    const extras = read(
      http({
        common: {
          custom_tags: pairs({ tenant: 'acme' }),
          metadata: { filters: [{ key: 'istio', value: structOf({ service: 'cart' }) }] },
          filter_state: [
            { key: 'peer', value: { type_url: 'type.googleapis.com/google.protobuf.Struct', value: state } },
            { key: 'odd', value: { type_url: 'x/y.Z', value: state } },
            {
              key: 'text',
              value: {
                type_url: 'type.googleapis.com/google.protobuf.StringValue',
                value: Buffer.from([10, 2, 104, 105]),
              },
            },
          ],
        },
      }),
    )?.entries[0]?.extras
    expect(extras?.tags.get('tenant')).toBe('acme')
    expect(extras?.metadata.get('istio')).toEqual(new Map([['service', 'cart']]))
    expect(extras?.filterState).toEqual(
      new Map<string, unknown>([
        ['peer', new Map(Object.entries({ workload: 'cart', ready: 'true', weight: '2' }))],
        ['text', 'hi'],
      ]),
    )
  })

  test('that is none is told from one that is empty', () => {
    const readBytes = createAccessLogReader(ALL)
    expect(readBytes(Buffer.from('GET / HTTP/1.1\r\n'))).toBeUndefined()
    expect(readBytes(Buffer.alloc(0))).toEqual({
      node: undefined,
      logName: undefined,
      entries: [],
      rejected: 0,
    })
  })
})
