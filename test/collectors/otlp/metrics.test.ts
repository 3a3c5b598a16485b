import { describe, expect, test } from 'vitest'
import { binAtEdge } from '../../../src/traffic/index.ts'
import {
  attributes,
  BOUNDS,
  CUMULATIVE,
  counts,
  createCounting,
  DELTA,
  deliver,
  durationMetric,
  NOW,
  nano,
  openSignal,
  requestOf,
  SHOP,
  sumMetric,
  toJson,
  toProtobuf,
} from './metrics-support.ts'

const MINUTE = NOW - (NOW % 60)
const PLACE = 'cloud_provider=aws,cloud_region=eu-west-1'
const NONE = BOUNDS.map(() => 0).concat(0)
/** So many in the bucket up to 100 ms, so many in the last. */
const durations = (fast: number, endless = 0): number[] =>
  NONE.map((_, i) => (i === 5 ? fast : i === 14 ? endless : 0))

describe('what is counted', () => {
  test('deltas of http.server.request.duration are requests with outcome, reason and duration', () => {
    const signal = openSignal(new Map())
    const into = createCounting()
    const told = deliver(
      signal,
      into,
      requestOf(
        durationMetric(DELTA, [
          { start: MINUTE - 60, time: MINUTE, counts: durations(7, 1) },
          {
            start: MINUTE - 60,
            time: MINUTE,
            counts: durations(2),
            attributes: { 'http.response.status_code': 503, 'http.route': '/pay' },
          },
          {
            start: MINUTE - 60,
            time: MINUTE,
            counts: durations(3),
            attributes: { 'http.response.status_code': 404, 'http.route': '/pay', 'error.type': '404' },
          },
        ]),
      ),
    )
    expect(told).toEqual({ items: 3, rejected: 0, message: '' })
    const series = `${PLACE},operation=/pay,service_name=shop ${MINUTE - 60}`
    expect(counts(into)).toEqual({
      [`${series} good 2xx`]: 8,
      [`${series} bad http-503`]: 2,
      [`${series} good http-404`]: 3,
    })
    const edge = binAtEdge(100_000) ?? 0
    expect(into.durations()).toEqual(
      new Map([
        [edge - 1, 12],
        [990, 1],
      ]),
    )
  })

  test('JSON says the same as protobuf', () => {
    const request = requestOf(
      durationMetric(DELTA, [
        { start: MINUTE - 90, time: MINUTE, counts: durations(7, 1), more: { max: 12.5 } },
      ]),
    )
    const [a, b] = [createCounting(), createCounting()]
    const readings = [
      openSignal(new Map()).read(toProtobuf(request), 'protobuf'),
      openSignal(new Map()).read(toJson(request), 'json'),
    ]
    readings.forEach((reading, i) => {
      if (reading.kind === 'failed') throw new Error(reading.error)
      reading.value.count(i === 0 ? a : b)
    })
    expect(counts(a)).toEqual(counts(b))
    expect(a.durations()).toEqual(b.durations())
    expect([...a.remembered]).toEqual([...b.remembered])
  })

  test('the older names, in milliseconds, and calls of every generation', () => {
    const signal = openSignal(new Map())
    const into = createCounting()
    const point = (plain: Record<string, string | number>) => ({
      startTimeUnixNano: nano(MINUTE - 60),
      timeUnixNano: nano(MINUTE),
      count: 2,
      bucketCounts: [1, 1, 0],
      explicitBounds: [100, 300],
      attributes: attributes(plain),
    })
    const metric = (name: string, points: readonly object[]) => ({
      name,
      histogram: { aggregationTemporality: DELTA, dataPoints: points },
    })
    const old = metric('http.server.duration', [point({ 'http.status_code': 500, 'http.route': '/a' })])
    const calls = metric('rpc.server.duration', [
      point({ 'rpc.system': 'grpc', 'rpc.service': 's.S', 'rpc.method': 'M', 'rpc.grpc.status_code': 14 }),
      point({ 'rpc.system': 'grpc', 'rpc.service': 's.S', 'rpc.method': 'M', 'rpc.grpc.status_code': 0 }),
    ])
    const named = metric('rpc.server.call.duration', [
      point({ 'rpc.system.name': 'grpc', 'rpc.method': 's.S/M', 'rpc.response.status_code': 'NOT_FOUND' }),
      point({ 'rpc.system.name': 'grpc', 'rpc.method': 's.S/M', 'rpc.status_code': 'DEADLINE_EXCEEDED' }),
      point({ 'rpc.system.name': 'grpc', 'rpc.method': 's.S/M', 'error.type': 'UNAVAILABLE' }),
      point({
        'rpc.system.name': 'grpc',
        'rpc.method': 'grpc.health.v1.Health/Check',
        'rpc.status_code': 'OK',
      }),
    ])
    deliver(signal, into, requestOf(old, { 'service.name': 'old' }))
    deliver(signal, into, requestOf(calls, { 'service.name': 'calls' }))
    deliver(signal, into, requestOf(named, { 'service.name': 'named' }))
    const at = MINUTE - 60
    expect(counts(into)).toEqual({
      [`operation=/a,service_name=old ${at} bad http-500`]: 2,
      [`operation=/s.S/M,service_name=calls ${at} bad grpc-unavailable`]: 2,
      [`operation=/s.S/M,service_name=calls ${at} good grpc-ok`]: 2,
      [`operation=/s.S/M,service_name=named ${at} good grpc-not-found`]: 2,
      [`operation=/s.S/M,service_name=named ${at} bad grpc-deadline-exceeded`]: 2,
      [`operation=/s.S/M,service_name=named ${at} bad error`]: 2,
      [`operation=/grpc.health.v1.Health/Check,service_name=named ${at} ignored health-check`]: 2,
    })
    // 100 ms, 300 ms by the convention's unit of the older names; 100 s, 300 s by the newer one's.
    const edges = [100_000, 300_000, 100e6, 300e6].map((us) => (binAtEdge(us) ?? 0) - 1)
    expect([...into.durations().keys()].sort((a, b) => a - b)).toEqual(edges)
  })

  test('a process that writes both generations of a metric is counted once, by the newer', () => {
    const signal = openSignal(new Map())
    const into = createCounting()
    const older = durationMetric(DELTA, [{ start: MINUTE - 60, time: MINUTE, counts: durations(5) }], {
      name: 'http.server.duration',
    })
    const newer = durationMetric(DELTA, [{ start: MINUTE - 60, time: MINUTE, counts: durations(5) }])
    const both = requestOf(older)
    const scope = (both['resourceMetrics'] as { scopeMetrics: { metrics: unknown[] }[] }[])[0]
      ?.scopeMetrics[0]
    scope?.metrics.push(newer)
    deliver(signal, into, both)
    // And when they come apart, even after a restart of ours.
    const later = durationMetric(DELTA, [{ start: MINUTE, time: MINUTE + 30, counts: durations(5) }], {
      name: 'http.server.duration',
    })
    deliver(openSignal(into.remembered), into, requestOf(later))
    expect(into.total()).toBe(5)
    expect(signal.numbers().doubles).toBe(1)
  })

  test('a client that left is judged by how long its bucket lasted at least', () => {
    const signal = openSignal(new Map())
    const into = createCounting()
    deliver(
      signal,
      into,
      requestOf(
        durationMetric(DELTA, [
          {
            start: MINUTE - 60,
            time: MINUTE,
            counts: durations(7, 2),
            attributes: { 'http.response.status_code': 499 },
          },
        ]),
      ),
    )
    expect(into.total('ignored')).toBe(7)
    expect(into.total('bad')).toBe(2)
  })

  test('requests of which a trace is known are examples, each once', () => {
    const clock = { now: MINUTE - 100 }
    const into = createCounting()
    const signal = openSignal(into.remembered, { now: () => clock.now })
    clock.now = MINUTE
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const example = { timeUnixNano: nano(MINUTE - 30), asDouble: 0.0734 }
    const point = (time: number) => ({
      start: MINUTE - 60,
      time,
      counts: durations(time - MINUTE + 70),
      attributes: { 'http.response.status_code': 500, 'http.route': '/pay' },
      more: {
        exemplars: [
          { ...example, traceId: Buffer.from(traceId, 'hex').toString('base64') },
          { ...example, traceId: Buffer.alloc(16).toString('base64') },
          example,
        ],
      },
    })
    deliver(signal, into, requestOf(durationMetric(CUMULATIVE, [point(MINUTE)])))
    deliver(signal, into, requestOf(durationMetric(CUMULATIVE, [point(MINUTE + 10)])))
    expect(into.total('bad')).toBe(80)
    expect(into.exemplars).toEqual([
      {
        source: 'otel',
        labels: { cloud_provider: 'aws', cloud_region: 'eu-west-1', service_name: 'shop', operation: '/pay' },
        atMs: (MINUTE - 30) * 1_000,
        outcome: 'bad',
        reason: 'http-500',
        duration: 73_400,
        traceId,
      },
    ])
  })

  test('a counter that the user names counts requests without durations', () => {
    const signal = openSignal(new Map(), {
      details: {
        metrics: [
          {
            name: 'shop.orders',
            status: 'result',
            values: { done: '200', failed: '500' },
            operation: 'kind',
            where: { stage: 'live' },
          },
        ],
      },
    })
    const into = createCounting()
    const point = (value: number, plain: Record<string, string>) => ({
      start: MINUTE - 60,
      time: MINUTE,
      value,
      attributes: { stage: 'live', ...plain },
    })
    deliver(
      signal,
      into,
      requestOf(
        sumMetric('shop.orders', DELTA, [
          point(5, { result: 'done', kind: 'card' }),
          point(2, { result: 'failed', kind: 'card' }),
          point(1, { result: 'lost', kind: 'card' }),
          point(9, { result: 'done', kind: 'card', stage: 'rehearsal' }),
        ]),
      ),
    )
    const series = `${PLACE},operation=card,service_name=shop ${MINUTE - 60}`
    expect(counts(into)).toEqual({
      [`${series} good 2xx`]: 5,
      [`${series} bad http-500`]: 2,
      [`${series} ignored no-status`]: 1,
    })
    expect(into.durations().size).toBe(0)
  })

  test('metrics that count no requests are passed over without a word', () => {
    const signal = openSignal(new Map())
    const into = createCounting()
    const told = deliver(
      signal,
      into,
      requestOf(sumMetric('process.cpu.time', CUMULATIVE, [{ start: 0, time: MINUTE, value: 3 }])),
    )
    expect(told).toEqual({ items: 1, rejected: 0, message: '' })
    expect(into.total()).toBe(0)
    // But when listening began.
    expect([...into.remembered]).toEqual([['otlp-metrics:otel', `${NOW}000000`]])
  })
})

describe('what cannot be used is refused, with why', () => {
  const good = { start: MINUTE - 60, time: MINUTE, counts: durations(1) }
  const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['a gauge', { histogram: undefined, gauge: { dataPoints: [{}] } }, 'it is a gauge'],
    ['a summary', { histogram: undefined, summary: { dataPoints: [{}] } }, 'it is a summary'],
    ['a unit of space', { unit: 'By' }, 'its unit is no unit of time'],
    [
      'a sum that may fall',
      { histogram: undefined, sum: { aggregationTemporality: 2, dataPoints: [{}] } },
      'it is a sum that may fall',
    ],
  ]
  test.each(cases)('%s', (_, more, why) => {
    const told = deliver(
      openSignal(new Map()),
      createCounting(),
      requestOf(durationMetric(DELTA, [good], more)),
    )
    expect(told.rejected).toBe(1)
    expect(told.message).toContain(`1 of http.server.request.duration: ${why}`)
  })

  const points: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['no time', { timeUnixNano: 0 }, 'no time'],
    ['a time in the future', { timeUnixNano: nano(NOW + 1_000) }, 'in the future'],
    ['a time long ago', { timeUnixNano: nano(NOW - 100_000) }, 'too old'],
    ['too few buckets', { bucketCounts: [1] }, 'do not fit'],
    ['bounds that fall', { explicitBounds: [...BOUNDS.slice(0, 13), 1] }, 'do not rise'],
    ['more in buckets than there are', { count: 0 }, 'more than its count'],
    ['a count beyond what is exact', { count: '9007199254740993' }, 'no whole number'],
  ]
  test.each(points)('a point with %s', (_, more, why) => {
    const into = createCounting()
    const metric = durationMetric(DELTA, [
      { ...good, more },
      { ...good, time: MINUTE - 1 },
    ])
    const told = deliver(openSignal(new Map()), into, requestOf(metric))
    expect(told.message).toContain(why)
    expect(told).toMatchObject({ items: 2, rejected: 1 })
    expect(into.total()).toBe(1)
    expect(into.rejected()).toBe(1)
  })

  test('a temporality that nobody knows', () => {
    const told = deliver(openSignal(new Map()), createCounting(), requestOf(durationMetric(0, [good])))
    expect(told).toMatchObject({ rejected: 1 })
  })

  test('durations below zero', () => {
    const metric = {
      name: 'http.server.request.duration',
      exponentialHistogram: {
        aggregationTemporality: DELTA,
        dataPoints: [{ timeUnixNano: nano(MINUTE), count: 1, negative: { offset: 0, bucketCounts: [1] } }],
      },
    }
    const told = deliver(openSignal(new Map()), createCounting(), requestOf(metric))
    expect(told.message).toContain('durations below zero')
  })

  test('a body that is no request says so', () => {
    const signal = openSignal(new Map())
    const text = new TextEncoder()
    expect(signal.read(Uint8Array.from([10, 200]), 'protobuf')).toMatchObject({ kind: 'failed' })
    for (const body of ['{', '[]', '{"resourceMetrics":{}}', '{"resourceMetrics":[1]}', '"x"'])
      expect(signal.read(text.encode(body), 'json')).toMatchObject({ kind: 'failed' })
    expect(signal.read(text.encode('{}'), 'json')).toMatchObject({ kind: 'ok', value: { items: 0 } })
    expect(signal.read(new Uint8Array(0), 'protobuf')).toMatchObject({ kind: 'ok', value: { items: 0 } })
  })

  test('more points than anybody sends are refused before they fill the memory', () => {
    const bytes = Uint8Array.from({ length: 240_000 }, (_, i) => (i % 2 === 0 ? 10 : 0))
    // A hundred and twenty thousand empty points inside a wanted metric.
    const wrap = (field: number, inner: Uint8Array): Uint8Array => {
      const length: number[] = []
      for (let left = inner.length; ; left = Math.floor(left / 128)) {
        if (left < 128) {
          length.push(left)
          break
        }
        length.push((left % 128) + 128)
      }
      return Uint8Array.from([...[field * 8 + 2], ...length, ...inner])
    }
    const name = wrap(1, new TextEncoder().encode('http.server.request.duration'))
    const metric = Uint8Array.from([...name, ...wrap(9, bytes)])
    const body = wrap(1, wrap(2, wrap(2, metric)))
    const reading = openSignal(new Map()).read(body, 'protobuf')
    expect(reading).toMatchObject({ kind: 'failed', error: expect.stringContaining('100000') })
  })
})

test('what the resource says outranks the labels of the DataSource', () => {
  const into = createCounting()
  const signal = openSignal(new Map(), { labels: { cloud_provider: 'gcp', rack: 'r1' } })
  const resource = { ...SHOP, 'deployment.environment': 'live', 'k8s.cluster.name': 'k1' }
  const metric = durationMetric(DELTA, [{ start: MINUTE - 60, time: MINUTE, counts: durations(1) }])
  deliver(signal, into, requestOf(metric, resource))
  expect([...into.cells.keys()][0]).toContain(
    'cloud_provider=aws,cloud_region=eu-west-1,deployment_environment=live,k8s_cluster_name=k1',
  )
  expect([...into.cells.keys()][0]).toContain('rack=r1')
})

describe('what the sources page says', () => {
  const targets = (...metrics: readonly ReturnType<typeof durationMetric>[]) => {
    const signal = openSignal(new Map())
    for (const metric of metrics) deliver(signal, createCounting(), requestOf(metric))
    return signal.targets?.().map(({ detail }) => detail)
  }
  const point = { start: MINUTE - 60, time: MINUTE, counts: durations(1) }

  test('nothing while nothing came', () => {
    expect(targets()).toEqual([])
  })

  test('which thresholds are exact for all histograms that came', () => {
    const other = { ...point, time: MINUTE - 1, counts: [1, 2, 3], more: { explicitBounds: [0.1, 0.123] } }
    expect(targets(durationMetric(DELTA, [point]), durationMetric(DELTA, [other, other]))).toEqual([
      '3 data points, 1 series followed, 1 came again or late',
      'exact within 100ms; between them at least what is said',
    ])
  })

  test('how much shorter a threshold counts with exponential histograms', () => {
    const dataPoint = {
      timeUnixNano: nano(MINUTE),
      count: 2,
      scale: 3,
      positive: { offset: -8, bucketCounts: [1, 1] },
    }
    const exponential = {
      name: 'http.server.request.duration',
      exponentialHistogram: { aggregationTemporality: DELTA, dataPoints: [dataPoint] },
    }
    expect(targets(exponential)?.[1]).toBe(
      'exponential histograms: a threshold counts as up to 8.3 % shorter',
    )
  })

  test('that totals which began before us are counted from now on', () => {
    const old = sumMetric('http.server.request.duration', CUMULATIVE, [
      { start: MINUTE - 600, time: MINUTE, value: 7, attributes: { 'http.response.status_code': 200 } },
    ])
    expect(targets(old)?.[0]).toContain('1 began before us and are counted from now on')
  })
})
