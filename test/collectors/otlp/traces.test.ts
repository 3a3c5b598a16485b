import { describe, expect, test } from 'vitest'
import type { TraceSettings } from '../../../src/collectors/otlp/traces.ts'
import type { Plain } from './fuzz-messages.ts'
import { createCounting, take, told } from './traces-counting.ts'
import { http, jsonRequest, SERVICE, type TestSpan, toJson, toProtobuf, traceSignal } from './traces-spans.ts'

interface Case {
  readonly options?: Partial<TraceSettings['options']>
  readonly labels?: Record<string, string>
  readonly resource?: Readonly<Record<string, Plain>>
}

/** What spans count as; the same whichever way they are encoded. */
function counts(
  spans: readonly TestSpan[],
  { options = {}, labels = {}, resource = SERVICE }: Case = {},
): string[] {
  const request = jsonRequest(spans, resource)
  const [fromProtobuf, fromJson] = (['protobuf', 'json'] as const).map((encoding) => {
    const { into, counted } = createCounting()
    const body = encoding === 'json' ? toJson(request) : toProtobuf(request)
    const answer = take(traceSignal(options, labels), body, { into, encoding })
    const { rows, rejected } = counted()
    return [
      ...told(rows),
      ...(rejected === 0 ? [] : [`rejected ${rejected}`]),
      ...(answer.endsWith('taken') ? [] : [answer]),
    ]
  })
  expect(fromJson).toEqual(fromProtobuf)
  return fromProtobuf ?? []
}

describe('which spans are requests', () => {
  test('a server span is one event in the minute of its end', () => {
    expect(counts([{ ...http(200), start: -0.5, end: 0.5 }])).toEqual([
      'op=/pay,service=cart 12:00 good 2xx 1',
    ])
    expect(counts([{ ...http(200), start: -2, end: -0.000_001 }])).toEqual([
      'op=/pay,service=cart 11:59 good 2xx 1',
    ])
  })

  test('spans of other kinds are not, unless consumers are asked for', () => {
    const kinds = [0, 1, 2, 3, 4, 5].map((kind) => ({ ...http(200), kind }))
    expect(counts(kinds)).toEqual(['op=/pay,service=cart 12:00 good 2xx 1'])
    expect(counts(kinds, { options: { consumers: true } })).toEqual(['op=/pay,service=cart 12:00 good 2xx 2'])
  })
})

/** What one span is judged as. */
function judged(span: TestSpan, options: Case['options'] = {}): string {
  const [row = ''] = counts([span], { options })
  return row.split(' ').slice(2, 4).join(' ')
}

describe('how a span is judged', () => {
  test.each<[string, TestSpan, string]>([
    ['an HTTP status', http(503), 'bad http-503'],
    ['its older name', { attributes: { 'http.status_code': 502 } }, 'bad http-502'],
    ['the newer of two, wherever it stands', http(200, { 'http.status_code': 500 }), 'good 2xx'],
    ['a status that is a text, as Envoy writes it', http('404'), 'good http-404'],
    ['a status that its span calls an error', { ...http(404), status: 2 }, 'good http-404'],
    ['a status that its span calls good', { ...http(500), status: 1 }, 'bad http-500'],
    ['a gRPC status', { attributes: { 'rpc.grpc.status_code': 14 } }, 'bad grpc-unavailable'],
    ['its name', { attributes: { 'rpc.status_code': 'NOT_FOUND' } }, 'good grpc-not-found'],
    [
      'its name of a while',
      { attributes: { 'rpc.response.status_code': 'DEADLINE_EXCEEDED' } },
      'bad grpc-deadline-exceeded',
    ],
    ['a gRPC failure inside HTTP 200', http(200, { 'rpc.grpc.status_code': 13 }), 'bad grpc-internal'],
    [
      'a gRPC call without status, by its span',
      { ...http(200, { 'rpc.system': 'grpc' }), status: 2 },
      'bad error',
    ],
    ['nothing', { name: 'job' }, 'good ok'],
    ['the status of the span', { name: 'job', status: 2 }, 'bad error'],
    ['the type of an error', { attributes: { 'error.type': 'timeout' } }, 'bad error'],
    [
      'a developer who says that it is none',
      { attributes: { 'error.type': 'timeout' }, status: 1 },
      'good ok',
    ],
    ["Envoy's flags", http(503, { response_flags: 'UF,URX' }), 'bad flag-UF'],
    ['no flags', http(200, { response_flags: '-' }), 'good 2xx'],
    ['a client that left at once', http(499), 'ignored client-left-early'],
    ['a client that left after ten seconds', { ...http(499), end: 10 }, 'bad client-left-late'],
    [
      'a call that was cancelled late',
      { attributes: { 'rpc.grpc.status_code': 1 }, end: 11 },
      'bad client-left-late',
    ],
    ['a prober', http(503, { 'user_agent.original': 'kube-probe/1.31' }), 'ignored health-check'],
    ['somebody like a prober', http(503, { 'user_agent.original': 'Go-http-client/1.1' }), 'bad http-503'],
    ['a test', http(503, { 'user_agent.synthetic.type': 'test' }), 'ignored health-check'],
    ['a bot', http(503, { 'user_agent.synthetic.type': 'bot' }), 'bad http-503'],
    ['a path of health checks', http(200, { 'url.path': '/AWS.ALB/healthcheck' }), 'ignored health-check'],
    [
      'a URL of health checks',
      http(200, { 'http.url': 'http://a:1/AWS.ALB/healthcheck' }),
      'ignored health-check',
    ],
    [
      'the health service',
      {
        attributes: {
          'rpc.service': 'grpc.health.v1.Health',
          'rpc.method': 'Check',
          'rpc.grpc.status_code': 12,
        },
      },
      'ignored health-check',
    ],
    [
      'its full name',
      { attributes: { 'rpc.method': 'grpc.health.v1.Health/Watch', 'rpc.status_code': 'OK' } },
      'ignored health-check',
    ],
  ])('by %s', (_, span, expected) => expect(judged(span)).toBe(expected))

  test('a source judges reasons otherwise, and has health checks of its own', () => {
    expect(judged(http(429), { outcomes: { 'http-429': 'bad' } })).toBe('bad http-429')
    const healthChecks = { paths: ['/livez', '/-/*'], agents: ['my-prober'] }
    expect(judged(http(200, { 'url.path': '/livez?full' }), { healthChecks })).toBe('ignored health-check')
    expect(judged(http(200, { 'url.path': '/-/ready' }), { healthChecks })).toBe('ignored health-check')
    expect(judged(http(200, { 'user_agent.original': 'my-prober/2' }), { healthChecks })).toBe(
      'ignored health-check',
    )
    expect(judged(http(200, { 'url.path': '/lives' }), { healthChecks })).toBe('good 2xx')
  })

  test('disagreements are counted', () => {
    const signal = traceSignal()
    const { into } = createCounting()
    take(
      signal,
      toProtobuf(
        jsonRequest([
          { ...http(404), status: 2 },
          { ...http(500), status: 2 },
        ]),
      ),
      { into },
    )
    expect(signal.numbers()).toEqual({ duplicates: 0, disagreements: 1 })
  })
})

/** The operation of one span. */
function operation(span: TestSpan, operations: readonly string[] = []): string {
  return /op=(.*),service/.exec(counts([span], { options: { operations } })[0] ?? '')?.[1] ?? ''
}

describe('how a span is named', () => {
  test.each<[string, TestSpan, string]>([
    [
      'a method with its service',
      { attributes: { 'rpc.service': 'shop.Cart', 'rpc.method': 'Add' } },
      '/shop.Cart/Add',
    ],
    ['a full method', { attributes: { 'rpc.method': 'shop.Cart/Add' } }, '/shop.Cart/Add'],
    ['a route', { name: 'GET', attributes: { 'http.route': '/users/{id}' } }, '/users/{id}'],
    ['a name with a path', { name: 'GET /users/1234567' }, '/users/{id}'],
    ['a name of words', { name: 'import batch 8812 done' }, 'import batch {id} done'],
    ['a name of one word', { name: 'GET' }, 'GET'],
    ['a name that is a method', { name: 'shop.Cart/Add' }, 'shop.Cart/Add'],
    ['an empty route', { name: 'GET', attributes: { 'http.route': '' } }, 'GET'],
    ['a name that is too long', { name: 'x'.repeat(300) }, '{id}'],
  ])('%s', (_, span, expected) => expect(operation(span)).toBe(expected))

  test('patterns refine names', () =>
    expect(operation({ name: 'GET /shop/tokyo/cart' }, ['/shop/{city}/cart'])).toBe('/shop/{city}/cart'))

  test('the resource gives the labels, in the newest of their names; what the source says comes after', () => {
    const resource = {
      'service.name': 'cart',
      'service.namespace': 'shop',
      'service.version': '1.2.3',
      'cloud.provider': 'gcp',
      'cloud.region': 'asia-northeast1',
      'cloud.account.id': 'prod-1',
      'k8s.cluster.name': 'tokyo',
      'deployment.environment': 'old',
      'deployment.environment.name': 'production',
    }
    expect(counts([http(200)], { resource, labels: { cloud_provider: 'aws', team: 'edge' } })).toEqual([
      'cloud_account_id=prod-1,cloud_provider=gcp,cloud_region=asia-northeast1,deployment_environment=production,' +
        'k8s_cluster_name=tokyo,op=/pay,service=cart,service_namespace=shop,team=edge 12:00 good 2xx 1',
    ])
  })

  test('services may be mapped, fixed, or named by an attribute of the span, the authority or the gRPC service', () => {
    const rule = { kind: 'from', map: {}, otherwise: 'other', field: '', pattern: '' } as const
    const service = (service: TraceSettings['options']['service'], more = {}) =>
      /service=(\S*)/.exec(counts([http(200, more)], { options: { service } })[0] ?? '')?.[1]
    expect(service({ kind: 'fixed', name: 'shop' })).toBe('shop')
    expect(service({ ...rule, from: 'field', field: 'service.name', map: { cart: 'basket' } })).toBe('basket')
    expect(service({ ...rule, from: 'field', field: 'app' }, { app: 'pay' })).toBe('pay')
    expect(service({ ...rule, from: 'field', field: 'app' })).toBe('other')
    expect(service({ ...rule, from: 'authority' }, { 'server.address': 'Shop.example.com' })).toBe(
      'shop.example.com',
    )
    expect(
      service({ ...rule, from: 'upstream_cluster' }, { upstream_cluster: 'outbound|80||cart.shop.svc' }),
    ).toBe('cart')
    expect(service({ ...rule, from: 'grpc_service' }, { 'rpc.method': 'shop.Cart/Add' })).toBe('shop.Cart')
  })
})

describe('sampling', () => {
  const sampled = (traceState: string, times: number): TestSpan[] =>
    Array.from({ length: times }, () => ({ ...http(200), traceState }))

  test('a span that says how many it stands for counts as so many', () => {
    expect(counts(sampled('ot=th:c;rv:0123456789abcd', 3))).toEqual([
      'op=/pay,service=cart 12:00 good 2xx 12',
    ])
    expect(counts(sampled('vendor=1,ot=th:0', 2))).toEqual(['op=/pay,service=cart 12:00 good 2xx 2'])
  })

  test('fractions are carried, so that the sum is right to one', () => {
    // 1 of 3 is kept: the threshold is two thirds of 2^56.
    expect(counts(sampled('ot=th:aaaaaaaaaaaaab', 10))).toEqual(['op=/pay,service=cart 12:00 good 2xx 30'])
    // 2 of 3 are kept, so each stands for one and a half.
    expect(counts(sampled('ot=th:55555555555555', 9))).toEqual(['op=/pay,service=cart 12:00 good 2xx 13'])
    expect(counts(sampled('ot=th:55555555555555', 10))).toEqual(['op=/pay,service=cart 12:00 good 2xx 15'])
  })

  test('a span that does not say how many were left out is marked', () => {
    const marked = ['op=/pay,sampled=true,service=cart 12:00 good 2xx 1']
    expect(counts(sampled('ot=p:3;r:5', 1))).toEqual(marked)
    expect(counts(sampled('ot=th:xyz', 1))).toEqual(marked)
    expect(counts([http(200, { 'sampler.type': 'probabilistic' })])).toEqual(marked)
    expect(counts([http(200)], { resource: { ...SERVICE, 'sampling.probability': 0.1 } })).toEqual(marked)
    expect(counts(sampled('ot=th:c', 1), { options: { weigh: false } })).toEqual(marked)
  })

  test('one that keeps all, or says nothing, is not', () => {
    const plain = ['op=/pay,service=cart 12:00 good 2xx 1']
    expect(counts([http(200, { 'sampler.type': 'const' })])).toEqual(plain)
    expect(counts(sampled('other=1', 1))).toEqual(plain)
    expect(counts(sampled('ot=rv:0123456789abcd', 1))).toEqual(plain)
    expect(counts(sampled('ot=th:0', 1), { options: { weigh: false } })).toEqual(plain)
  })

  test('a span that stands for more than a million is a mistake', () =>
    expect(counts(sampled('ot=th:ffffffffffffff', 1))).toEqual([
      'rejected 1',
      '1 taken, 1 rejected: said to stand for more than a million spans (1)',
    ]))
})

describe('what cannot be counted', () => {
  test('is rejected, and its sender told why', () => {
    const spans = [
      { ...http(200), start: 0, end: -1 },
      { ...http(200), start: 299, end: 300 },
      { ...http(200), start: 299, end: 301 },
      { ...http(200), start: -86_500, end: -86_401 },
      { ...http(200), start: -86_500, end: -86_400 },
    ]
    expect(counts(spans)).toEqual([
      'op=/pay,service=cart 12:00 good 2xx 1',
      'op=/pay,service=cart 12:05 good 2xx 1',
      'rejected 3',
      '5 taken, 3 rejected: the end before the start (1), the end more than five minutes in the future (1), ' +
        'ended longer ago than this source takes (1)',
    ])
  })

  test('a span without times is rejected, if it is a request', () => {
    const { into } = createCounting()
    const spans = [{ kind: 2 }, { kind: 3 }, { kind: 2, startTimeUnixNano: '1', endTimeUnixNano: '0' }]
    const body = toJson({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
    expect(take(traceSignal(), body, { into, encoding: 'json' })).toBe(
      '3 taken, 2 rejected: no start or no end (2)',
    )
  })
})
