import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type FoldOptions,
  fold,
  type ScopeState,
  settle,
  type Tally,
} from '../../../src/collectors/envoy-stats/fold.ts'
import { type Level, meaningsOf } from '../../../src/collectors/envoy-stats/names.ts'
import { binOf, createJudge, type Histogram } from '../../../src/traffic/index.ts'

const options: FoldOptions = { judge: createJudge(), isGrpcOnly: (scope) => scope === 'pure' }
const histogram = (...ms: number[]): Histogram => {
  const sums = new Map<number, number>()
  for (const each of ms) sums.set(binOf(each * 1000), (sums.get(binOf(each * 1000)) ?? 0) + 1)
  const bins = [...sums.keys()].sort((a, b) => a - b)
  return { bins, counts: bins.map((bin) => sums.get(bin) ?? 0) }
}

/** Folds scrapes one after the other; each gives what it added, and the gauges as they are. */
function run(scrapes: readonly Scrape[], level: Level = 'upstream'): readonly Tally[][] {
  const states = new Map<string, ScopeState>()
  const names = new Set(
    scrapes.flatMap(({ added = {}, times = {}, gauges = {} }) => [
      ...Object.keys(added),
      ...Object.keys(times),
      ...Object.keys(gauges),
    ]),
  )
  return scrapes.map(({ added = {}, times = {}, gauges = {} }) => {
    const totals = { counters: new Map(Object.entries(added)), histograms: new Map(Object.entries(times)) }
    return [
      ...fold(
        totals,
        { meanings: meaningsOf(names, level), gauges: new Map(Object.entries(gauges)) },
        states,
        options,
      ),
    ]
  })
}

interface Scrape {
  readonly added?: Record<string, number>
  readonly times?: Record<string, Histogram>
  readonly gauges?: Record<string, number>
}

function counts(tallies: readonly (readonly Tally[])[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { operation, reason, count } of tallies.flat()) {
    const key = operation === undefined ? reason : `${operation} ${reason}`
    if (count > 0) sums[key] = (sums[key] ?? 0) + count
  }
  return sums
}

function durations(tallies: readonly (readonly Tally[])[]): Record<string, number[]> {
  const all: Record<string, number[]> = {}
  for (const { operation, reason, latency } of tallies.flat()) {
    const key = operation === undefined ? reason : `${operation} ${reason}`
    latency?.bins.forEach((bin, i) =>
      (all[key] ??= []).push(...Array.from({ length: latency.counts[i] ?? 0 }, () => bin)),
    )
  }
  return all
}

describe('HTTP clusters', () => {
  test('count each status once, and Envoy’s own replies refine a reason only', () => {
    const added = {
      'cluster.a.upstream_rq_200': 90,
      'cluster.a.upstream_rq_404': 3,
      'cluster.a.upstream_rq_500': 2,
      'cluster.a.upstream_rq_503': 5,
      'cluster.a.upstream_rq_504': 4,
      'cluster.a.upstream_rq_timeout': 3,
      'cluster.a.upstream_rq_pending_overflow': 2,
      'cluster.a.upstream_cx_none_healthy': 1,
    }
    expect(counts(run([{ added }]))).toEqual({
      '2xx': 90,
      'http-404': 3,
      'http-500': 2,
      'flag-UO': 2,
      'flag-UH': 1,
      'http-503': 2,
      'flag-UT': 3,
      'http-504': 1,
    })
  })

  test('a reply seen one scrape before its status still explains it, later ones do not', () => {
    const timeout = { 'cluster.a.upstream_rq_timeout': 1 }
    const status = { 'cluster.a.upstream_rq_504': 1 }
    expect(counts(run([{ added: timeout }, { added: status }]))).toEqual({ 'flag-UT': 1 })
    expect(counts(run([{ added: timeout }, {}, { added: status }]))).toEqual({ 'http-504': 1 })
  })

  test('durations go to failures first, fastest first, and never to what Envoy timed out itself', () => {
    const added = {
      'cluster.a.upstream_rq_200': 3,
      'cluster.a.upstream_rq_500': 1,
      'cluster.a.upstream_rq_504': 2,
      'cluster.a.upstream_rq_timeout': 2,
    }
    const times = { 'cluster.a.upstream_rq_time': histogram(2, 20, 200, 400) }
    expect(durations(run([{ added, times }, {}]))).toEqual({
      'http-500': [binOf(2_000)],
      '2xx': [20, 200, 400].map((ms) => binOf(ms * 1000)),
    })
  })

  test('durations that come with the next scrape are waited for', () => {
    const first = {
      added: { 'cluster.a.upstream_rq_200': 1, 'cluster.a.upstream_rq_500': 1 },
      times: { 'cluster.a.upstream_rq_time': histogram(400) },
    }
    const second = { times: { 'cluster.a.upstream_rq_time': histogram(2) } }
    expect(durations(run([first, second, {}]))).toEqual({
      'http-500': [binOf(2_000)],
      '2xx': [binOf(400_000)],
    })
  })

  test('as many durations come out as went in', () => {
    const scrape = fc.record({
      ok: fc.nat(5),
      failed: fc.nat(5),
      times: fc.array(fc.nat(900), { maxLength: 8 }),
    })
    fc.assert(
      fc.property(fc.array(scrape, { maxLength: 12 }), (scrapes) => {
        const all = [...scrapes, { ok: 0, failed: 0, times: [] }].map(({ ok, failed, times }) => ({
          added: { 'cluster.a.upstream_rq_200': ok, 'cluster.a.upstream_rq_500': failed },
          times: times.length > 0 ? { 'cluster.a.upstream_rq_time': histogram(...times) } : {},
        }))
        const told = Object.values(durations(run(all)))
          .flat()
          .sort((a, b) => a - b)
        const sent = scrapes.flatMap(({ times }) => times.map((ms) => binOf(ms * 1000))).sort((a, b) => a - b)
        expect(told).toEqual(sent)
      }),
    )
  })
})

describe('gRPC clusters', () => {
  const buy = (status: number): string => `cluster.a.grpc.shop.v1.Orders.Buy.${status}`
  const status = (code: number): string => `cluster.a.upstream_rq_${code}`

  test('count gRPC statuses, not the HTTP 200s that carry them', () => {
    const added = { [status(200)]: 12, [buy(0)]: 9, [buy(14)]: 2, [buy(5)]: 1 }
    expect(counts(run([{ added }, {}, {}]))).toEqual({
      '/shop.v1.Orders/Buy grpc-ok': 9,
      '/shop.v1.Orders/Buy grpc-unavailable': 2,
      '/shop.v1.Orders/Buy grpc-not-found': 1,
    })
  })

  test('count a timeout once, though it is a 504 and a status 14', () => {
    const added = { [status(504)]: 1, 'cluster.a.upstream_rq_timeout': 1, [buy(14)]: 1 }
    expect(counts(run([{ added }, {}, {}]))).toEqual({ '/shop.v1.Orders/Buy grpc-unavailable': 1 })
    // The two may also fall into two scrapes, either way round.
    expect(counts(run([{ added: { [status(504)]: 1 } }, { added: { [buy(14)]: 1 } }, {}]))).toEqual({
      '/shop.v1.Orders/Buy grpc-unavailable': 1,
    })
  })

  test('count as HTTP what no gRPC status explains once nothing is under way', () => {
    const active = 'cluster.a.upstream_rq_active'
    const scrapes = [
      { added: { [status(200)]: 10, [buy(0)]: 4 }, gauges: { [active]: 3 } },
      { gauges: { [active]: 3 } },
      { added: { [buy(0)]: 3 }, gauges: { [active]: 0 } },
    ]
    const [, second = [], third = []] = run(scrapes)
    expect(counts([second])).toEqual({ '2xx': 3 })
    expect(counts([third])).toEqual({ '/shop.v1.Orders/Buy grpc-ok': 3 })
  })

  test('count other statuses as HTTP at once', () => {
    const added = { [status(404)]: 2, [status(500)]: 1, [buy(0)]: 1, [status(200)]: 1 }
    expect(counts([run([{ added }])[0] ?? []])).toMatchObject({ 'http-404': 2, 'http-500': 1 })
  })

  test('health checks do not count', () => {
    const added = {
      'cluster.a.grpc.grpc.health.v1.Health.Check.0': 7,
      [status(200)]: 7,
      'cluster.a.upstream_rq_total': 7,
    }
    const all = run([{ added }, {}])
    expect(counts(all)).toEqual({ '/grpc.health.v1.Health/Check health-check': 7 })
    expect(new Set(all.flat().map(({ outcome }) => outcome))).toEqual(new Set(['ignored']))
  })

  test('where all is gRPC, a 200 without a status is a client that left', () => {
    const added = { 'cluster.pure.upstream_rq_200': 3, 'cluster.pure.grpc.S.M.0': 2 }
    expect(counts(run([{ added }, {}]))).toEqual({ '/S/M grpc-ok': 2, 'client-left-early': 1 })
  })

  test('a method’s own histogram is used instead of the cluster’s', () => {
    const added = { [status(200)]: 3, [buy(0)]: 2, [buy(14)]: 1 }
    const times = {
      'cluster.a.grpc.shop.v1.Orders.Buy.upstream_rq_time': histogram(1, 30, 400),
      'cluster.a.upstream_rq_time': histogram(1, 31, 401),
    }
    expect(durations(run([{ added, times }, {}]))).toEqual({
      '/shop.v1.Orders/Buy grpc-unavailable': [binOf(1_000)],
      '/shop.v1.Orders/Buy grpc-ok': [binOf(30_000), binOf(400_000)],
    })
  })

  test('without one, the cluster’s durations stand beside the methods', () => {
    const added = { [status(200)]: 3, [buy(0)]: 2, [buy(13)]: 1 }
    const times = { 'cluster.a.upstream_rq_time': histogram(1, 31, 401) }
    expect(durations(run([{ added, times }, {}]))).toEqual({
      'grpc-internal': [binOf(1_000)],
      'grpc-ok': [binOf(31_000), binOf(401_000)],
    })
  })

  test('what was open when a process ended is HTTP, but for what was under way', () => {
    const states = new Map<string, ScopeState>()
    const added = {
      counters: new Map([
        [status(200), 5],
        [buy(0), 1],
      ]),
      histograms: new Map(),
    }
    const active = 'cluster.a.upstream_rq_active'
    const meanings = meaningsOf([status(200), buy(0), active], 'upstream')
    fold(added, { meanings, gauges: new Map([[active, 1]]) }, states, options)
    // One of the five was explained at the scrape only after its 200 was noted.
    expect(counts([settle(states, options)])).toEqual({ '2xx': 3 })
    expect(counts([settle(states, options)])).toEqual({})
  })

  test('nothing is counted twice, however the scrapes cut through the calls', () => {
    // Each call charges its 200 when headers pass and its status when it ends; scrapes read statuses first.
    const event = fc.constantFrom('start', 'headers', 'end', 'scrape')
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        let [waiting, answering, calls] = [0, 0, 0]
        let added: Record<string, number> = {}
        const scrapes: Scrape[] = []
        const scrape = (): void => {
          scrapes.push({ added, gauges: { 'cluster.a.upstream_rq_active': waiting + answering } })
          added = {}
        }
        const charge = (name: string): void => {
          added[name] = (added[name] ?? 0) + 1
        }
        charge('cluster.a.grpc.shop.v1.Orders.Buy.request_message_count')
        for (const each of events) {
          if (each === 'start') waiting++
          if (each === 'headers' && waiting > 0) {
            waiting--
            answering++
            charge(status(200))
          }
          if (each === 'end' && answering > 0) {
            answering--
            calls++
            charge(buy(0))
          }
          if (each === 'scrape') scrape()
        }
        scrape()
        scrape()
        expect(counts(run(scrapes))).toEqual(calls > 0 ? { '/shop.v1.Orders/Buy grpc-ok': calls } : {})
      }),
    )
  })
})

test('listeners count classes', () => {
  const added = {
    'http.edge.downstream_rq_2xx': 5,
    'http.edge.downstream_rq_4xx': 1,
    'http.edge.downstream_rq_5xx': 2,
  }
  expect(counts(run([{ added }], 'downstream'))).toEqual({ '2xx': 5, '4xx': 1, '5xx': 2 })
})
