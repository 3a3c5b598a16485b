import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { microseconds } from '../../src/base/index.ts'
import {
  createJudge,
  ENVOY_FLAGS,
  GRPC_NAMES,
  HEALTH_CHECK_AGENTS,
  type JudgeOptions,
  judge,
  type Outcome,
  REASONS,
  type RequestFacts,
} from '../../src/traffic/index.ts'

const said = (facts: RequestFacts, options: JudgeOptions = {}) => {
  const { outcome, reason } = judge(facts, options)
  return `${outcome} ${reason}`
}

// [flag, with the status Envoy sends, what it is; then the same flag with 200]
const FLAGS: readonly (readonly [string, number, string, string])[] = [
  ['UH', 503, 'bad flag-UH', 'bad flag-UH'],
  ['UF', 503, 'bad flag-UF', 'bad flag-UF'],
  ['UO', 503, 'bad flag-UO', 'bad flag-UO'],
  ['NR', 404, 'ignored flag-NR', 'ignored flag-NR'],
  ['NC', 503, 'bad flag-NC', 'bad flag-NC'],
  ['URX', 503, 'bad flag-URX', 'good 2xx'],
  ['DT', 0, 'bad flag-DT', 'good 2xx'],
  ['DC', 0, 'ignored client-left-early', 'ignored client-left-early'],
  ['DR', 0, 'ignored client-left-early', 'ignored client-left-early'],
  ['LH', 503, 'ignored flag-LH', 'ignored flag-LH'],
  ['UT', 504, 'bad flag-UT', 'bad flag-UT'],
  ['LR', 503, 'bad flag-LR', 'bad flag-LR'],
  ['UR', 503, 'bad flag-UR', 'bad flag-UR'],
  ['UC', 503, 'bad flag-UC', 'bad flag-UC'],
  ['DI', 200, 'good 2xx', 'good 2xx'],
  ['FI', 503, 'ignored flag-FI', 'ignored flag-FI'],
  ['RL', 429, 'ignored flag-RL', 'ignored flag-RL'],
  ['UAEX', 403, 'good 4xx', 'good 2xx'],
  ['RLSE', 500, 'bad flag-RLSE', 'bad flag-RLSE'],
  ['IH', 400, 'ignored flag-IH', 'ignored flag-IH'],
  ['SI', 408, 'ignored flag-SI', 'good 2xx'],
  ['DPE', 400, 'ignored flag-DPE', 'ignored flag-DPE'],
  ['UPE', 502, 'bad flag-UPE', 'bad flag-UPE'],
  ['UMSDR', 504, 'bad flag-UMSDR', 'bad flag-UMSDR'],
  ['RFCF', 200, 'good 2xx', 'good 2xx'],
  ['NFCF', 500, 'bad flag-NFCF', 'bad flag-NFCF'],
  ['OM', 503, 'bad flag-OM', 'bad flag-OM'],
  ['DF', 503, 'bad flag-DF', 'bad flag-DF'],
  ['DO', 503, 'bad flag-DO', 'bad flag-DO'],
  ['UDO', 503, 'bad flag-UDO', 'bad flag-UDO'],
]

describe('Envoy response flags', () => {
  test('the table covers every flag', () =>
    expect(FLAGS.map(([flag]) => flag).sort()).toEqual(ENVOY_FLAGS.map(({ short }) => short).sort()))

  test.each(FLAGS)('%s with %d is %s', (flag, code, expected, with200) => {
    const long = ENVOY_FLAGS.find(({ short }) => short === flag)?.long ?? ''
    expect(said({ code, flags: flag, duration: 1000 })).toBe(expected)
    expect(said({ code, flags: long, duration: 1000 })).toBe(expected)
    expect(said({ code, flags: `XYZ,${flag}`, duration: 1000 })).toBe(expected)
    expect(said({ code: 200, flags: flag, duration: 1000 })).toBe(with200)
  })

  test('of several flags the one that explains most names the reason, whatever their order', () => {
    expect(said({ code: 503, flags: 'URX,UF' })).toBe('bad flag-UF')
    expect(said({ code: 503, flags: 'UF,URX' })).toBe('bad flag-UF')
  })

  test('flags nobody knows are passed over', () => {
    expect(said({ code: 200, flags: 'MYFLAG' })).toBe('good 2xx')
    expect(said({ code: 503, flags: 'MYFLAG,OTHER' })).toBe('bad http-503')
  })

  test('an authorization service that failed is ours; its refusal is an answer', () => {
    expect(said({ code: 403, flags: 'UAEX', codeDetails: 'ext_authz_error' })).toBe('bad flag-UAEX')
    expect(said({ code: 403, flags: 'UAEX', codeDetails: 'ext_authz_denied' })).toBe('good 4xx')
  })

  test('an idle stream is the client with 408 and ours with 504', () => {
    expect(said({ code: 408, flags: 'SI' })).toBe('ignored flag-SI')
    expect(said({ code: 504, flags: 'SI' })).toBe('bad http-504')
  })

  test('a connection at its longest duration goes by the code', () => {
    expect(said({ code: 404, flags: 'DT' })).toBe('good http-404')
    expect(said({ code: 503, flags: 'DT' })).toBe('bad flag-DT')
    expect(said({ flags: 'DT' })).toBe('bad flag-DT')
  })

  test('an injected delay counts, but says nothing about how fast we are', () => {
    expect(judge({ code: 200, flags: 'DI', duration: 5e6 })).toEqual({
      outcome: 'good',
      reason: '2xx',
      timed: false,
    })
    expect(said({ code: 500, flags: 'DI' })).toBe('bad http-500')
  })
})

describe('gRPC', () => {
  const EXPECTED = [
    'good grpc-ok',
    'ignored client-left-early',
    'bad grpc-unknown',
    'good grpc-invalid-argument',
    'bad grpc-deadline-exceeded',
    'good grpc-not-found',
    'good grpc-already-exists',
    'good grpc-permission-denied',
    'good grpc-resource-exhausted',
    'good grpc-failed-precondition',
    'good grpc-aborted',
    'good grpc-out-of-range',
    'bad grpc-unimplemented',
    'bad grpc-internal',
    'bad grpc-unavailable',
    'bad grpc-data-loss',
    'good grpc-unauthenticated',
  ]
  test.each(EXPECTED.map((expected, code) => [code, expected] as const))('%d is %s', (code, expected) => {
    const name = GRPC_NAMES[code] ?? ''
    const snake = name.replaceAll('-', '_').toUpperCase()
    const camel = name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    for (const grpcStatus of [code, String(code), snake, camel])
      expect(said({ code: 200, grpcStatus })).toBe(expected)
  })

  test('Envoy writes cancelled with one l, and OK as OK', () => {
    expect(said({ code: 200, grpcStatus: 'Canceled' })).toBe('ignored client-left-early')
    expect(said({ code: 200, grpcStatus: 'OK' })).toBe('good grpc-ok')
  })

  test('a status that gRPC does not have is UNKNOWN', () => {
    expect(said({ code: 200, grpcStatus: 17 })).toBe('bad grpc-unknown')
    expect(said({ code: 200, grpcStatus: 'Whatever' })).toBe('bad grpc-unknown')
  })

  test('no status on a gRPC request is a stream that was cut', () => {
    const contentType = 'application/grpc+proto'
    expect(said({ code: 200, contentType })).toBe('bad grpc-no-status')
    expect(said({ code: 200, contentType, grpcStatus: '-' })).toBe('bad grpc-no-status')
    expect(said({ code: 200, contentType, flags: 'DC', duration: 5 })).toBe('ignored client-left-early')
    expect(said({ code: 200, contentType, flags: 'UC' })).toBe('bad flag-UC')
    expect(said({ code: 200, contentType, flags: 'DPE' })).toBe('ignored flag-DPE')
  })

  test('the status decides, not the HTTP 200 that carries it; a server flag goes before both', () => {
    expect(said({ code: 200, grpcStatus: 14 })).toBe('bad grpc-unavailable')
    expect(said({ code: 200, grpcStatus: 0, flags: 'UT' })).toBe('bad flag-UT')
    expect(said({ code: 200, grpcStatus: 14, flags: 'RL' })).toBe('ignored flag-RL')
    expect(said({ code: 200, grpcStatus: 12, flags: 'NR' })).toBe('ignored flag-NR')
  })
})

describe('health checks', () => {
  test.each([
    [{ path: '/grpc.health.v1.Health/Check', grpcStatus: 2 }],
    [{ path: '/grpc.health.v1.Health/Watch', grpcStatus: 14, flags: 'UC' }],
    [{ path: '/AWS.ALB/healthcheck', grpcStatus: 12 }],
    [{ rpcService: 'grpc.health.v1.Health', grpcStatus: 2 }],
    [{ code: 503, userAgent: 'Envoy/HC' }],
    [{ code: 500, userAgent: 'kube-probe/1.29' }],
    [{ code: 500, userAgent: 'ELB-HealthChecker/2.0' }],
    [{ code: 500, userAgent: 'grpc_health_probe/0.4' }],
  ])('%j never counts', (facts) => expect(said(facts)).toBe('ignored health-check'))

  test('every agent listed is known', () => {
    for (const userAgent of HEALTH_CHECK_AGENTS)
      expect(said({ code: 200, userAgent: `${userAgent}1` })).toBe('ignored health-check')
  })

  test('a source adds its own paths and agents', () => {
    const options = { paths: ['/healthz', '/internal/*'], agents: ['OurProbe'] }
    expect(said({ code: 500, path: '/healthz?verbose' }, options)).toBe('ignored health-check')
    expect(said({ code: 500, path: '/internal/x/y' }, options)).toBe('ignored health-check')
    expect(said({ code: 500, userAgent: 'OurProbe (v2)' }, options)).toBe('ignored health-check')
    expect(said({ code: 500, path: '/healthzz' }, options)).toBe('bad http-500')
    expect(said({ code: 500, path: '/healthz' })).toBe('bad http-500')
  })
})

describe('a client that left', () => {
  test('is ignored below ten seconds and bad from there', () => {
    expect(said({ code: 0, flags: 'DC', duration: 9_999_000 })).toBe('ignored client-left-early')
    expect(said({ code: 0, flags: 'DC', duration: 10_000_000 })).toBe('bad client-left-late')
    expect(said({ code: 200, grpcStatus: 1, duration: 10_000_000 })).toBe('bad client-left-late')
  })

  test('the source sets its patience', () => {
    const abort = microseconds(300_000)
    expect(said({ code: 0, duration: 300_000 }, { abort })).toBe('bad client-left-late')
    expect(said({ code: 0, duration: 299_999 }, { abort })).toBe('ignored client-left-early')
    expect(said({ code: 0, duration: 1e9 }, { abort: 'never' })).toBe('ignored client-left-early')
  })

  test('an unknown duration proves no waiting', () =>
    expect(said({ code: 0, flags: 'DC' })).toBe('ignored client-left-early'))

  test('Nginx and ALB say it with a status', () => {
    expect(said({ code: 499, duration: 20_000_000 })).toBe('bad client-left-late')
    expect(said({ code: 460 })).toBe('ignored client-left-early')
  })
})

describe('by code', () => {
  test.each([
    [100, 'good 1xx'],
    [101, 'good 1xx'],
    [204, 'good 2xx'],
    [302, 'good 3xx'],
    [400, 'good 4xx'],
    [404, 'good http-404'],
    [408, 'good http-408'],
    [429, 'good http-429'],
    [500, 'bad http-500'],
    [501, 'bad http-501'],
    [502, 'bad http-502'],
    [503, 'bad http-503'],
    [504, 'bad http-504'],
    [505, 'bad 5xx'],
    [561, 'bad 5xx'],
    [0, 'ignored client-left-early'],
    [999, 'ignored no-status'],
    [42, 'ignored no-status'],
  ])('%d is %s', (code, expected) => expect(said({ code })).toBe(expected))

  test('a source judges reasons otherwise', () =>
    expect(said({ code: 429 }, { outcomes: { 'http-429': 'bad' } })).toBe('bad http-429'))

  test('the duration of an upgraded connection is not a latency', () =>
    expect(judge({ code: 101 }).timed).toBe(false))
})

describe('records', () => {
  test('only the final record of a request counts', () => {
    for (const logType of ['DownstreamStart', 'DownstreamPeriodic', 'UpstreamEnd', 4, 5, 9, 'TcpPeriodic'])
      expect(said({ code: 200, logType })).toBe('ignored not-final')
    for (const logType of ['DownstreamEnd', 6, '6', 'NotSet', 0, '-', ''])
      expect(said({ code: 200, logType })).toBe('good 2xx')
  })

  test('a TCP connection is good unless Envoy says otherwise', () => {
    expect(said({ code: 0, logType: 'TcpConnectionEnd', flags: '-' })).toBe('good tcp')
    expect(said({ code: 0, logType: 'TcpConnectionEnd', flags: 'UF' })).toBe('bad flag-UF')
  })

  test('a record without any status is ignored and says so', () => expect(said({})).toBe('ignored no-status'))

  test('where a source says without a status whether it failed, it is believed; a status says it better', () => {
    expect(said({ failed: true })).toBe('bad error')
    expect(said({ failed: false })).toBe('good ok')
    expect(said({ failed: true, code: 404 })).toBe('good http-404')
    expect(said({ failed: false, grpcStatus: 14 })).toBe('bad grpc-unavailable')
  })

  test('what a source knows to be a probe is a health check', () =>
    expect(said({ code: 503, probe: true })).toBe('ignored health-check'))
})

test('whatever the facts, there is an outcome, and it is the one of its reason', () => {
  const known = new Map<string, Outcome>(REASONS.map(({ reason, outcome }) => [reason, outcome]))
  expect(known.size).toBe(REASONS.length)
  const flags = fc
    .array(fc.constantFrom(...ENVOY_FLAGS.flatMap(({ short, long }) => [short, long]), 'ZZ', '', '-'), {
      maxLength: 4,
    })
    .map((names) => names.join(','))
  const facts = fc.record<RequestFacts>(
    {
      code: fc.oneof(fc.integer({ min: 0, max: 700 }), fc.double()),
      flags: fc.oneof(flags, fc.string()),
      codeDetails: fc.constantFrom('ext_authz_error', 'via_upstream'),
      grpcStatus: fc.oneof(fc.integer({ min: -3, max: 30 }), fc.string()),
      contentType: fc.constantFrom('application/grpc', 'text/html'),
      path: fc.string(),
      userAgent: fc.string(),
      logType: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.string()),
      duration: fc.double(),
      failed: fc.boolean(),
      probe: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  const judgement = createJudge()
  fc.assert(
    fc.property(facts, (each) => {
      const { outcome, reason } = judgement(each)
      expect(known.get(reason)).toBe(outcome)
    }),
  )
})
