import { describe, expect, test } from 'vitest'
import type { Series } from './messages.ts'
import { createDisk, createRig, NOW_MS, tally, within } from './rig.ts'

const COUNTER = { counters: [{ selector: 'http_requests_total', status: 'code', operation: 'handler' }] }
const MINUTE = 60_000
const START = NOW_MS - 10 * MINUTE

function requests(code: string, points: readonly (readonly [number, number])[], more = {}): Series {
  return {
    labels: {
      __name__: 'http_requests_total',
      code,
      handler: '/buy',
      job: 'shop',
      instance: 'a:80',
      ...more,
    },
    samples: points.map(([afterMs, value]) => ({ timestamp: START + afterMs, value })),
  }
}

const perMinute = (rows: Parameters<typeof tally>[0]): Record<string, number> =>
  tally(rows, ({ minute, reason }) => `${(minute * 1000 - START) / MINUTE} ${reason}`)

describe('a counter', () => {
  test('counts what it rose by, in the minute of the later point', () => {
    const { write, disk } = createRig(COUNTER)
    write([
      requests('200', [
        [15_000, 100],
        [45_000, 130],
        [75_000, 150],
      ]),
    ])
    write([
      requests('500', [
        [15_000, 1],
        [45_000, 4],
      ]),
    ])
    expect(perMinute(disk.rows)).toEqual({ '0 2xx': 30, '0 http-500': 3, '1 2xx': 20 })
    expect(disk.rows[0]?.labels).toEqual({ cloud_provider: 'aws', service_name: 'shop', operation: '/buy' })
  })

  test('charges a point on the edge of a minute to the minute that ends there', () => {
    const { write, disk } = createRig(COUNTER)
    write([
      requests('200', [
        [30_000, 0],
        [60_000, 5],
        [60_001, 7],
      ]),
    ])
    expect(perMinute(disk.rows)).toEqual({ '0 2xx': 5, '1 2xx': 2 })
  })

  test('counts from zero when it fell', () => {
    const { write, disk } = createRig(COUNTER)
    write([
      requests('200', [
        [0, 100],
        [15_000, 110],
        [30_000, 4],
        [45_000, 9],
      ]),
    ])
    expect(tally(disk.rows)).toEqual({ '2xx': 19 })
  })

  test('counts from zero when it says that it began after the last point, though it is larger', () => {
    const { write, disk } = createRig(COUNTER)
    write([
      requests('200', [
        [0, 100],
        [15_000, 110],
      ]),
    ])
    const { labels } = requests('200', [])
    write([{ labels, samples: [{ timestamp: START + 30_000, value: 200, startTimestamp: START + 20_000 }] }])
    expect(tally(disk.rows)).toEqual({ '2xx': 210 })
  })

  test('that says that it began while it was looked for is counted from its first point on', () => {
    const { write, disk } = createRig(COUNTER)
    const { labels } = requests('200', [])
    write([], { nowMs: START - 10_000 })
    write([{ labels, samples: [{ timestamp: START, value: 42 }], createdTimestamp: START - 5_000 }])
    const before = { ...labels, instance: 'old' }
    write([{ labels: before, samples: [{ timestamp: START, value: 1e9 }], createdTimestamp: START - 15_000 }])
    expect(tally(disk.rows)).toEqual({ '2xx': 42 })
  })

  test('that was looked for and was not there is counted from zero', () => {
    const { write, disk } = createRig(COUNTER)
    write([], { nowMs: START })
    write([requests('500', [[15_000, 3]])], { whole: true, absentAt: START })
    expect(tally(disk.rows)).toEqual({ 'http-500': 3 })
  })

  test('of a target that was scraped before without it is counted from zero, over a restart too', () => {
    const up = (afterMs: number, value = 1): Series => ({
      labels: { __name__: 'up', job: 'shop', instance: 'a:80' },
      samples: [{ timestamp: START + afterMs, value }],
    })
    const disk = createDisk()
    const first = createRig(COUNTER, disk)
    first.write([up(0), requests('200', [[0, 1_000]])], { nowMs: START + 10 })
    first.write([up(15_000), requests('404', [[15_000, 500]])])
    expect(tally(disk.rows)).toEqual({})
    const second = createRig(COUNTER, disk)
    second.write([requests('500', [[30_000, 2]]), up(30_000)])
    second.write([requests('503', [[30_000 + 301_000, 70]]), up(331_000)])
    expect(tally(disk.rows)).toEqual({ 'http-500': 2 })
  })

  test('that was silent for longer than an hour begins anew', () => {
    const { write, disk } = createRig(COUNTER)
    write([
      requests('200', [
        [-3_600_001, 100],
        [0, 500],
        [15_000, 503],
      ]),
    ])
    expect(tally(disk.rows)).toEqual({ '2xx': 3 })
  })

  test('takes neither markers of the end nor what is no total for a total', () => {
    const { write, disk } = createRig(COUNTER)
    const points: [number, number][] = [
      [0, 10],
      [15_000, Number.NaN],
      [30_000, -1],
      [45_000, Infinity],
      [60_000, 12],
    ]
    expect(write([requests('200', points)])).toMatchObject({ samples: 5 })
    expect(tally(disk.rows)).toEqual({ '2xx': 2 })
  })

  test('loses nothing of fractions', () => {
    const { write, disk } = createRig(COUNTER)
    write([
      requests(
        '200',
        Array.from({ length: 101 }, (_, i) => [i * 1_000, i * 0.1] as const),
      ),
    ])
    expect(tally(disk.rows)).toEqual({ '2xx': 10 })
  })

  test('counts a point that comes again once, and says so when it differs', () => {
    const { write, disk } = createRig(COUNTER)
    write([
      requests('200', [
        [0, 0],
        [15_000, 5],
      ]),
    ])
    expect(write([requests('200', [[15_000, 5]])])).toMatchObject({ samples: 1, faults: new Map() })
    const again = write([
      requests('200', [
        [15_000, 6],
        [30_000, 8],
      ]),
    ])
    expect([again.samples, ...again.faults.values()]).toEqual([1, 1])
    expect(tally(disk.rows)).toEqual({ '2xx': 8 })
  })

  test('has counted what an older point tells, and takes it as written', () => {
    const { write, disk } = createRig(COUNTER)
    write([
      requests('200', [
        [0, 0],
        [30_000, 9],
      ]),
    ])
    expect(write([requests('200', [[15_000, 5]])])).toMatchObject({ samples: 1, faults: new Map() })
    expect(tally(disk.rows)).toEqual({ '2xx': 9 })
  })

  test('goes on after a restart where it was', () => {
    const disk = createDisk()
    createRig(COUNTER, disk).write([
      requests('200', [
        [0, 100],
        [15_000, 110],
      ]),
    ])
    createRig(COUNTER, disk).write([requests('200', [[30_000, 125]])])
    expect(tally(disk.rows)).toEqual({ '2xx': 25 })
  })

  test('that nobody asks about is written all the same', () => {
    const { write, disk } = createRig(COUNTER)
    const written = write([{ labels: { __name__: 'up' }, samples: [{ timestamp: START, value: 1 }] }])
    expect(written).toMatchObject({ samples: 1, faults: new Map() })
    expect([...disk.remembered.keys()].filter((key) => key.startsWith('p'))).toEqual([])
  })

  test('is not followed beyond the bound, and that is said', () => {
    const { write } = createRig({ ...COUNTER, maxCounters: 1 })
    const written = write([requests('200', [[0, 1]]), requests('500', [[0, 1]])])
    expect([...written.faults]).toEqual([['more series are selected than maxCounters allows', 1]])
  })

  test('of the future is refused', () => {
    const { write } = createRig(COUNTER)
    expect(write([requests('200', [[10 * MINUTE + 601_000, 1]])]).faults.size).toBe(1)
  })
})

const HISTOGRAM = { histograms: [{ selector: 'http_request_duration_seconds', status: 'code' }] }

/** Buckets of one instant: counts at or below 0.1 s, 0.3 s, and all. */
function buckets(afterMs: number, [a, b, all]: readonly [number, number, number], more = {}): Series[] {
  const labels = { code: '200', job: 'shop', instance: 'a:80', ...more }
  const at = (value: number) => [{ timestamp: START + afterMs, value }]
  const name = 'http_request_duration_seconds'
  return [
    { labels: { __name__: `${name}_bucket`, le: '0.1', ...labels }, samples: at(a) },
    { labels: { __name__: `${name}_bucket`, le: '0.3', ...labels }, samples: at(b) },
    { labels: { __name__: `${name}_bucket`, le: '+Inf', ...labels }, samples: at(all) },
    { labels: { __name__: `${name}_count`, ...labels }, samples: at(all) },
    { labels: { __name__: `${name}_sum`, ...labels }, samples: at(all * 0.2) },
  ]
}

describe('a histogram', () => {
  test('counts requests with durations that are exact at its bounds', () => {
    const { write, disk } = createRig(HISTOGRAM)
    write(buckets(0, [10, 20, 30]))
    write(buckets(15_000, [12, 25, 40]))
    expect(tally(disk.rows)).toEqual({ '2xx': 10 })
    expect([within(disk.rows, 100), within(disk.rows, 300), within(disk.rows, 99_000)]).toEqual([2, 5, 5])
  })

  test('waits until its buckets are there, however they come', () => {
    const { write, disk } = createRig(HISTOGRAM)
    for (const series of buckets(0, [10, 20, 30]).reverse()) write([series])
    const later = buckets(15_000, [12, 25, 40])
    for (const series of later.slice(1)) write([series])
    expect(tally(disk.rows)).toEqual({})
    write(later.slice(0, 1))
    expect([tally(disk.rows), within(disk.rows, 100)]).toEqual([{ '2xx': 10 }, 2])
  })

  test('passes over an instant of which a bucket never came', () => {
    const { write, disk } = createRig(HISTOGRAM)
    write(buckets(0, [10, 20, 30]))
    write(buckets(15_000, [12, 25, 40]).slice(1))
    write(buckets(30_000, [13, 27, 44]))
    write(buckets(45_000, [14, 28, 45]))
    expect([tally(disk.rows), within(disk.rows, 300)]).toEqual([{ '2xx': 15 }, 8])
  })

  test('goes on with the bounds that it has when some are gone', () => {
    const { write, disk } = createRig(HISTOGRAM)
    write(buckets(0, [10, 20, 30]))
    for (let i = 1; i <= 4; i++) write(buckets(i * 15_000, [0, 20 + i, 30 + 2 * i]).slice(1))
    expect(tally(disk.rows)['2xx']).toBeGreaterThanOrEqual(4)
    expect(within(disk.rows, 300) * 2).toBe(tally(disk.rows)['2xx'])
  })

  test('counts from zero when it fell', () => {
    const { write, disk } = createRig(HISTOGRAM)
    write(buckets(0, [10, 20, 30]))
    write(buckets(15_000, [1, 2, 3]))
    expect([tally(disk.rows), within(disk.rows, 300)]).toEqual([{ '2xx': 3 }, 2])
  })

  test('goes on after a restart in the middle of an instant', () => {
    const disk = createDisk()
    const first = createRig(HISTOGRAM, disk)
    first.write(buckets(0, [10, 20, 30]))
    const later = buckets(15_000, [12, 25, 40])
    first.write(later.slice(0, 2))
    createRig(HISTOGRAM, disk).write(later.slice(2))
    expect([tally(disk.rows), within(disk.rows, 300)]).toEqual([{ '2xx': 10 }, 5])
  })

  test('without buckets counts requests whose durations are unknown', () => {
    const { write, disk } = createRig(HISTOGRAM)
    for (const each of [0, 1, 2]) write(buckets(each * 15_000, [0, 0, 30 + each]).slice(3))
    expect([tally(disk.rows), within(disk.rows, 99_000)]).toEqual([{ '2xx': 2 }, 0])
  })

  test('native: counts each bucket with the longest that it can hold', () => {
    const { write, disk } = createRig(HISTOGRAM)
    const labels = { __name__: 'http_request_duration_seconds', code: '503', job: 'shop' }
    const native = (afterMs: number, deltas: readonly number[]): Series => {
      let [sum, each] = [0, 0]
      for (const delta of deltas) sum += each += delta
      return {
        labels,
        histograms: [
          {
            countInt: sum,
            sum: 1,
            schema: 0,
            zeroThreshold: 1e-9,
            zeroCountInt: 0,
            positiveSpans: [{ offset: -2, length: deltas.length }],
            positiveDeltas: deltas,
            timestamp: START + afterMs,
          },
        ],
      }
    }
    // Buckets end at 0.25 s, 0.5 s and 1 s.
    write([native(0, [1, 0, 0])])
    write([native(15_000, [3, 1, -3])])
    expect(tally(disk.rows)).toEqual({ 'http-503': 5 })
    expect([within(disk.rows, 250), within(disk.rows, 500), within(disk.rows, 1_000)]).toEqual([0 + 2, 5, 5])
  })
})

const BOTH = {
  counters: [
    {
      selector: 'grpc_server_handled_total',
      grpcStatus: 'grpc_code',
      operation: ['grpc_service', 'grpc_method'],
      durations: { selector: 'grpc_server_handling_seconds' },
    },
  ],
}

describe('a counter with a histogram that does not say how requests ended', () => {
  const method = { grpc_service: 'shop.Cart', grpc_method: 'Add', job: 'cart', instance: 'a:80' }
  const at = (afterMs: number, value: number) => [{ timestamp: START + afterMs, value }]
  const handled = (code: string, afterMs: number, value: number): Series => ({
    labels: { __name__: 'grpc_server_handled_total', grpc_code: code, ...method },
    samples: at(afterMs, value),
  })
  const took = (afterMs: number, values: readonly [number, number]): Series[] => [
    {
      labels: { __name__: 'grpc_server_handling_seconds_bucket', le: '0.1', ...method },
      samples: at(afterMs, values[0]),
    },
    {
      labels: { __name__: 'grpc_server_handling_seconds_bucket', le: '+Inf', ...method },
      samples: at(afterMs, values[1]),
    },
  ]

  test('counts each request once, and takes failures to be the fastest', () => {
    const { write, disk } = createRig(BOTH)
    write([...took(0, [0, 0]), handled('OK', 0, 0), handled('Unavailable', 0, 0)])
    write([...took(15_000, [80, 100]), handled('OK', 15_000, 90), handled('Unavailable', 15_000, 10)])
    expect(tally(disk.rows, ({ outcome, reason }) => `${outcome} ${reason}`)).toEqual({
      'bad grpc-unavailable': 10,
      'good grpc-ok': 90,
    })
    const good = disk.rows.filter(({ outcome }) => outcome === 'good')
    expect([within(good, 100), within(disk.rows, 100)]).toEqual([70, 80])
    expect(disk.rows[0]?.labels['operation']).toBe('/shop.Cart/Add')
  })

  test('gives failures that came later the next durations, over a restart too', () => {
    const disk = createDisk()
    const first = createRig(BOTH, disk)
    first.write([...took(0, [0, 0]), handled('OK', 0, 0), handled('Unavailable', 0, 0)])
    first.write(took(15_000, [10, 10]))
    first.write([handled('OK', 15_000, 5), handled('Unavailable', 15_000, 5)])
    createRig(BOTH, disk).write([...took(30_000, [20, 20]), handled('OK', 30_000, 15)])
    const good = disk.rows.filter(({ outcome }) => outcome === 'good')
    expect([tally(good), within(good, 100)]).toEqual([{ 'grpc-ok': 15 }, 15])
  })
})

describe('a question', () => {
  test('is answered with what the series of its selector rose by', () => {
    const { write, ask, disk } = createRig({})
    ask('http_requests_total{code!~"5.."}', 'http_requests_total', 'sum(http_requests_total{job="other"})')
    write([
      requests('200', [
        [0, 10],
        [15_000, 14],
        [75_000, 20],
      ]),
      requests('500', [
        [0, 0],
        [15_000, 2],
      ]),
    ])
    const sums: Record<string, number> = {}
    for (const { key, minute, value } of disk.counts) {
      const name = `${key} ${(minute * 1000 - START) / MINUTE}`
      sums[name] = (sums[name] ?? 0) + value
    }
    expect(sums).toEqual({
      'http_requests_total{code!~"5.."} 0': 4,
      'http_requests_total{code!~"5.."} 1': 6,
      'http_requests_total 0': 6,
      'http_requests_total 1': 6,
    })
    expect(disk.rows).toEqual([])
  })
})
