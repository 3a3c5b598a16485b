import { describe, expect, test } from 'vitest'
import { filterOf, isRelevant, type Level, meaningsOf } from '../../../src/collectors/envoy-stats/names.ts'

function check(names: readonly string[], level: Level = 'upstream'): Record<string, unknown> {
  return Object.fromEntries(meaningsOf(names, level))
}

describe('names of clusters', () => {
  test('may have dots, bars and semicolons', () => {
    for (const scope of ['web', 'orders.v1|blue', 'outbound|80||web.shop.svc.cluster.local', 'a;b', 'grpc'])
      expect(check([`cluster.${scope}.upstream_rq_503`])).toEqual({
        [`cluster.${scope}.upstream_rq_503`]: { kind: 'code', scope, code: 503 },
      })
  })

  test('that repeat the requests of a cluster are passed over', () => {
    const repeats = ['internal', 'external', 'canary', 'retry', 'zone.us-east-1a.us-east-1b', 'some_alt_name']
    const names = [
      'cluster.a.upstream_rq_total',
      ...repeats.map((each) => `cluster.a.${each}.upstream_rq_200`),
    ]
    expect(Object.keys(check(names))).toEqual(['cluster.a.upstream_rq_total'])
    expect(check(['cluster.a.internal.upstream_rq_200'])).toEqual({})
  })

  test('that only look like a repeat are clusters when they have statistics of their own', () => {
    const names = [
      'cluster.pay.upstream_rq_total',
      'cluster.pay.internal.upstream_rq_total',
      'cluster.pay.internal.upstream_rq_200',
      'cluster.pay.internal.internal.upstream_rq_200',
    ]
    expect(check(names)['cluster.pay.internal.upstream_rq_200']).toEqual({
      kind: 'code',
      scope: 'pay.internal',
      code: 200,
    })
    expect(check(names)['cluster.pay.internal.internal.upstream_rq_200']).toBeUndefined()
  })

  test('classes, attempts and codes out of range are not counted', () => {
    const names = ['5xx', '20', '2000', '600', '099', 'completed', 'retry'].map(
      (end) => `cluster.a.upstream_rq_${end}`,
    )
    expect(check(names)).toEqual({})
  })
})

describe('names of gRPC methods', () => {
  test('have the service with its dots, the method and the status', () => {
    const name = 'cluster.orders.v1|blue.grpc.shop.v1.Orders.Buy.14'
    expect(check(['cluster.orders.v1|blue.upstream_rq_total', name])[name]).toEqual({
      kind: 'grpc',
      scope: 'orders.v1|blue',
      service: 'shop.v1.Orders',
      method: 'Buy',
      status: 14,
    })
  })

  test('are split where the cluster is real, though both sides may have grpc in their names', () => {
    const health = 'cluster.c.grpc.grpc.health.v1.Health.Check.0'
    expect(check(['cluster.c.upstream_rq_total', health])[health]).toMatchObject({
      scope: 'c',
      service: 'grpc.health.v1.Health',
    })
    const inner = 'cluster.a.grpc.internal.grpc.shop.Orders.Buy.0'
    expect(check(['cluster.a.grpc.internal.upstream_rq_total', inner])[inner]).toMatchObject({
      scope: 'a.grpc.internal',
      service: 'shop.Orders',
    })
    expect(check([health])[health]).toMatchObject({ scope: 'c' })
  })

  test('may be missing, when Envoy adds all methods up', () => {
    expect(check(['cluster.c.grpc.5'])['cluster.c.grpc.5']).toMatchObject({
      scope: 'c',
      service: undefined,
      status: 5,
    })
  })

  test('success, failure, total and grpc-web repeats are not counted', () => {
    const names = [
      'cluster.c.upstream_rq_total',
      ...['success', 'failure', 'total', '17', '016'].map((end) => `cluster.c.grpc.S.M.${end}`),
    ]
    expect(Object.keys(check([...names, 'cluster.c.grpc-web.S.M.0']))).toEqual([
      'cluster.c.upstream_rq_total',
    ])
  })

  test('have histograms of their own', () => {
    expect(check(['cluster.c.grpc.a.S.M.upstream_rq_time'])).toEqual({
      'cluster.c.grpc.a.S.M.upstream_rq_time': { kind: 'time', scope: 'c', service: 'a.S', method: 'M' },
    })
  })
})

describe('names of listeners', () => {
  test('have a stat prefix with dots, and classes', () => {
    expect(
      check(['http.edge.in.downstream_rq_5xx', 'http.edge.in.downstream_rq_time'], 'downstream'),
    ).toEqual({
      'http.edge.in.downstream_rq_5xx': { kind: 'code', scope: 'edge.in', code: 599 },
      'http.edge.in.downstream_rq_time': {
        kind: 'time',
        scope: 'edge.in',
        service: undefined,
        method: undefined,
      },
    })
  })

  test('the same per listener is a repeat', () => {
    expect(check(['listener.0.0.0.0_80.http.edge.downstream_rq_2xx'], 'downstream')).toEqual({})
  })
})

test('the filter asks for what is understood, and for nothing that is not', () => {
  const asked = (level: Level, name: string): boolean => new RegExp(filterOf(level)).test(name)
  for (const [level, name] of [
    ['upstream', 'cluster.a.b.upstream_rq_503'],
    ['upstream', 'cluster.a.upstream_rq_time'],
    ['upstream', 'cluster.a.upstream_rq_timeout'],
    ['upstream', 'cluster.a.grpc.s.S.M.16'],
    ['upstream', 'cluster.a.grpc.0'],
    ['upstream', 'cluster.a.grpc.s.S.M.request_message_count'],
    ['upstream', 'cluster.a.grpc.s.S.M.upstream_rq_time'],
    ['downstream', 'http.in.downstream_rq_5xx'],
    ['downstream', 'http.in.downstream_rq_time'],
  ] as const) {
    expect(asked(level, name), name).toBe(true)
    expect(isRelevant(name, level), name).toBe(true)
  }
  for (const name of [
    'cluster.a.upstream_rq_2xx',
    'cluster.a.upstream_cx_total',
    'cluster.a.grpc.s.S.M.success',
  ])
    expect([asked('upstream', name), isRelevant(name, 'upstream')], name).toEqual([false, false])
})
