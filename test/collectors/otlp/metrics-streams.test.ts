import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Counted,
  CUMULATIVE,
  counts,
  createCounting,
  DELTA,
  deliver,
  durationMetric,
  openSignal,
  type PlainPoint,
  requestOf,
  sumMetric,
} from './metrics-support.ts'

// A service is made up that counts requests, exports, loses exports, sends them twice and late, and is restarted, while
// Nines is restarted too; what is counted in the end is what was made.

const T0 = 1_790_000_007
const BUCKETS = 15

/** What one export period of one process adds: for each of some series so many in some bucket. */
interface Period {
  readonly seconds: number
  readonly added: readonly { readonly series: number; readonly bucket: number; readonly count: number }[]
  /** What becomes of the export: how many later exports overtake it, and how often it comes. */
  readonly lost: boolean
  readonly overtaken: number
  readonly copies: number
}

const period: fc.Arbitrary<Period> = fc.record({
  seconds: fc.integer({ min: 1, max: 200 }),
  added: fc.array(
    fc.record({
      series: fc.nat(3),
      bucket: fc.nat(BUCKETS - 1),
      count: fc.integer({ min: 1, max: 50 }),
    }),
    { maxLength: 6 },
  ),
  lost: fc.boolean(),
  overtaken: fc.nat(2),
  copies: fc.integer({ min: 1, max: 2 }),
})
const processes = fc.array(fc.array(period, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })

interface Export {
  readonly time: number
  readonly metric: Readonly<Record<string, unknown>>
}

const nothing = (): number[] => Array.from({ length: BUCKETS }, () => 0)
const attributesOf = (series: number) => ({
  'http.response.status_code': series === 3 ? 500 : 200,
  'http.route': `/route-${series}`,
})

/** The exports of one process that starts at `start`. `starts`: all series begin with it, or each when it is first counted. */
function exportsOf(
  periods: readonly Period[],
  start: number,
  { temporality, starts }: { temporality: number; starts: 'process' | 'series' },
): readonly Export[] {
  const totals = new Map<number, { readonly since: number; counts: number[] }>()
  let at = start
  return periods.map(({ seconds, added }) => {
    const from = at
    at += seconds
    if (temporality === DELTA) totals.clear()
    for (const { series, bucket, count } of added) {
      const begun = starts === 'series' && temporality === CUMULATIVE ? from + 0.5 : start
      const total = totals.get(series) ?? { since: begun, counts: nothing() }
      totals.set(series, total)
      total.counts[bucket] = (total.counts[bucket] ?? 0) + count
    }
    const points = [...totals].map(
      ([series, total]): PlainPoint => ({
        start: temporality === DELTA ? from : total.since,
        time: at,
        counts: [...total.counts],
        attributes: attributesOf(series),
      }),
    )
    return { time: at, metric: durationMetric(temporality, points) }
  })
}

/** In which order exports come: lost ones not, others late or twice. The last one always comes. */
function delivered(
  periods: readonly Period[],
  exports: readonly Export[],
  lossy: boolean,
): readonly Export[] {
  const last = exports.length - 1
  return exports
    .flatMap((each, i) => {
      const { lost, overtaken, copies } = periods[i] ?? { lost: false, overtaken: 0, copies: 1 }
      if (lossy && lost && i < last) return []
      return Array.from({ length: copies }, (_, copy) => ({
        each,
        place: i + overtaken * (copy + 1) + 0.5 * copy,
      }))
    })
    .toSorted((a, b) => a.place - b.place)
    .map(({ each }) => each)
}

const made = (all: readonly (readonly Period[])[]): number =>
  all.flat(2).reduce((sum, { added }) => sum + added.reduce((n, { count }) => n + count, 0), 0)

/** Delivers them; from time to time the service is stopped and goes on with what it remembers. */
function take(exports: readonly Export[], into: Counted, restarts: readonly boolean[] = []): void {
  const clock = { now: T0 }
  const open = () => openSignal(new Map(into.remembered), { now: () => clock.now })
  let signal = open()
  // The first request says when listening began, whatever it holds.
  deliver(signal, into, requestOf(durationMetric(DELTA, [])))
  exports.forEach((each, i) => {
    clock.now = Math.max(clock.now, each.time)
    if (restarts[i] === true) signal = open()
    expect(deliver(signal, into, requestOf(each.metric))).toMatchObject({ rejected: 0 })
  })
}

/** The processes one after another, each restarted a few seconds after the one before ended. */
function oneAfterAnother(
  all: readonly (readonly Period[])[],
  how: { temporality: number; starts: 'process' | 'series'; lossy: boolean },
): readonly Export[] {
  let start = T0 + 3
  return all.flatMap((periods) => {
    const exports = exportsOf(periods, start, how)
    start += periods.reduce((sum, { seconds }) => sum + seconds, 0) + 5
    return delivered(periods, exports, how.lossy)
  })
}

/** Each run plays through a whole history. */
const FEW = { numRuns: 15 }

const restarts = fc.array(fc.boolean(), { minLength: 64, maxLength: 64 })

describe('what is counted is what happened', () => {
  test.each(['process', 'series'] as const)(
    'from running totals that begin with their %s, over loss, repetition, overtaking and restarts of both sides',
    (starts) => {
      fc.assert(
        fc.property(processes, restarts, (all, when) => {
          const into = createCounting()
          take(oneAfterAnother(all, { temporality: CUMULATIVE, starts, lossy: true }), into, when)
          expect(into.total()).toBe(made(all))
          const inBuckets = [...into.durations().values()].reduce((sum, count) => sum + count, 0)
          expect(inBuckets).toBe(made(all))
        }),
        FEW,
      )
    },
  )

  test('from deltas, over repetition, overtaking and restarts of both sides', () => {
    fc.assert(
      fc.property(processes, restarts, (all, when) => {
        const into = createCounting()
        take(oneAfterAnother(all, { temporality: DELTA, starts: 'process', lossy: false }), into, when)
        expect(into.total()).toBe(made(all))
      }),
      FEW,
    )
  })

  test('deltas and running totals say the same of every minute', () => {
    fc.assert(
      fc.property(processes, (all) => {
        // In order, and with something to export from the first period on: before that, nobody exports a zero.
        const quiet = all.map((periods) =>
          periods.map(({ seconds, added }, i) => ({
            seconds,
            added: i === 0 ? [...added, { series: 0, bucket: 0, count: 1 }] : added,
            lost: false,
            overtaken: 0,
            copies: 1,
          })),
        )
        const [deltas, totals] = [createCounting(), createCounting()]
        const how = { starts: 'process', lossy: false } as const
        take(oneAfterAnother(quiet, { temporality: DELTA, ...how }), deltas)
        take(oneAfterAnother(quiet, { temporality: CUMULATIVE, ...how }), totals)
        expect(counts(totals)).toEqual(counts(deltas))
        expect(totals.durations()).toEqual(deltas.durations())
      }),
      FEW,
    )
  })

  test('of processes that look alike and live at the same time', () => {
    fc.assert(
      fc.property(processes, restarts, (all, when) => {
        const into = createCounting()
        const exports = all
          .flatMap((periods, i) =>
            delivered(
              periods,
              exportsOf(periods, T0 + 3 + i, { temporality: CUMULATIVE, starts: 'process' }),
              true,
            ),
          )
          .map((each, i) => ({ each, i }))
          .toSorted((a, b) => a.each.time - b.each.time || a.i - b.i)
        take(
          exports.map(({ each }) => each),
          into,
          when,
        )
        expect(into.total()).toBe(made(all))
      }),
      FEW,
    )
  })
})

describe('a running total that began before we did', () => {
  const total = (time: number, value: number, more: { start?: number; code?: number } = {}) => ({
    start: more.start ?? T0 - 1_000,
    time,
    value,
    attributes: { 'http.response.status_code': more.code ?? 200 },
  })
  const metric = (...points: readonly ReturnType<typeof total>[]) =>
    requestOf(sumMetric('http.server.request.duration', CUMULATIVE, points))

  function counted(...requests: readonly ReturnType<typeof metric>[]) {
    const into = createCounting()
    const signal = openSignal(new Map(), { now: () => T0 })
    for (const request of requests) deliver(signal, into, request)
    return { into, signal }
  }

  test('is a baseline: only what it rises by is counted', () => {
    const { into, signal } = counted(metric(total(T0 + 10, 1_000)), metric(total(T0 + 70, 1_007)))
    expect(into.total()).toBe(7)
    expect(signal.numbers()).toMatchObject({ baselines: 1, used: 2 })
  })

  test('but a series that comes later was zero before, even in an old process', () => {
    const { into } = counted(
      metric(total(T0 + 10, 1_000)),
      metric(total(T0 + 70, 1_007), total(T0 + 70, 3, { code: 500 })),
    )
    expect(into.total('good')).toBe(7)
    expect(into.total('bad')).toBe(3)
  })

  test('and the two halves of a first export that was cut in two are baselines both', () => {
    const { into } = counted(metric(total(T0 + 10, 1_000)), metric(total(T0 + 10, 50, { code: 500 })))
    expect(into.total()).toBe(0)
  })

  test('when it falls, it began anew', () => {
    const { into, signal } = counted(
      metric(total(T0 + 10, 1_000)),
      metric(total(T0 + 70, 40)),
      metric(total(T0 + 130, 45)),
    )
    expect(into.total()).toBe(45)
    expect(signal.numbers().resets).toBe(1)
  })

  test('without a start the same holds', () => {
    const { into } = counted(
      metric(total(T0 + 10, 1_000, { start: 0 })),
      metric(total(T0 + 70, 1_003, { start: 0 })),
      metric(total(T0 + 130, 2, { start: 0 })),
    )
    expect(into.total()).toBe(5)
  })

  test('one that begins where it is told goes on from where it was known', () => {
    // As a collector tells it that was restarted itself: it knows the value, not since when.
    const { into } = counted(
      metric(total(T0 + 10, 1_000)),
      metric(total(T0 + 70, 1_004)),
      metric(total(T0 + 130, 1_010, { start: T0 + 130 })),
      metric(total(T0 + 190, 1_012, { start: T0 + 130 })),
    )
    expect(into.total()).toBe(12)
  })

  test('and is a baseline when nothing was known', () => {
    const { into } = counted(
      metric(total(T0 + 130, 1_010, { start: T0 + 130 })),
      metric(total(T0 + 190, 1_012, { start: T0 + 130 })),
    )
    expect(into.total()).toBe(2)
  })

  test('but where other series of the process have a start, it was first counted in that instant', () => {
    const { into } = counted(
      metric(total(T0 + 60, 5, { start: T0 + 1 }), total(T0 + 60, 2, { start: T0 + 60, code: 500 })),
      metric(total(T0 + 120, 6, { start: T0 + 1 }), total(T0 + 120, 3, { start: T0 + 60, code: 500 })),
    )
    expect(into.total('good')).toBe(6)
    expect(into.total('bad')).toBe(3)
  })

  test('one that goes on under a new start is not counted twice when its first point comes late', () => {
    const { into } = counted(
      metric(total(T0 + 10, 1_000)),
      metric(total(T0 + 130, 1_010)),
      metric(total(T0 + 70, 1_004, { start: T0 + 70 })),
      metric(total(T0 + 190, 1_012, { start: T0 + 70 })),
    )
    expect(into.total()).toBe(12)
  })

  test('a point without a value changes nothing', () => {
    const ended = total(T0 + 70, 0)
    const { into } = counted(
      metric(total(T0 + 10, 1_000)),
      requestOf(sumMetric('http.server.request.duration', CUMULATIVE, [{ ...ended, more: { flags: 1 } }])),
      metric(total(T0 + 130, 1_001)),
    )
    expect(into.total()).toBe(1)
  })
})

test('what happened in a gap is charged to all of its minutes', () => {
  const into = createCounting()
  const clock = { now: T0 }
  const signal = openSignal(new Map(), { now: () => clock.now })
  const began = T0 - (T0 % 60) + 60
  const at = (time: number, value: number) =>
    requestOf(
      sumMetric('http.server.request.duration', CUMULATIVE, [
        { start: began, time, value, attributes: { 'http.response.status_code': 200 } },
      ]),
    )
  clock.now = T0 + 1_200
  deliver(signal, into, at(began + 60, 60))
  deliver(signal, into, at(began + 660, 660))
  const perMinute = Object.values(counts(into))
  expect(perMinute).toEqual(Array.from({ length: 11 }, () => 60))
})

test('totals beyond the bound are given up, silent ones first, and come back as baselines', () => {
  const into = createCounting()
  const clock = { now: T0 }
  const signal = openSignal(into.remembered, { now: () => clock.now, mostTotals: 10 })
  const of = (pod: number, time: number, value: number) =>
    requestOf(
      sumMetric('http.server.request.duration', CUMULATIVE, [
        { start: T0 + 1, time, value, attributes: { 'http.response.status_code': 200 } },
      ]),
      { 'service.name': 'shop', 'k8s.pod.name': `pod-${pod}` },
    )
  clock.now = T0 + 120
  for (let pod = 0; pod < 12; pod++) deliver(signal, into, of(pod, T0 + 60 + pod, 100))
  expect(into.total()).toBe(1_200)
  expect(signal.numbers().forgotten).toBeGreaterThan(0)
  // Pod 0 was given up: what it held is not counted again, what it gains from now on is.
  deliver(signal, into, of(0, T0 + 100, 105))
  expect(into.total()).toBe(1_200)
  deliver(signal, into, of(0, T0 + 110, 107))
  expect(into.total()).toBe(1_202)
  // The one that came last is still known.
  deliver(signal, into, of(11, T0 + 110, 101))
  expect(into.total()).toBe(1_203)
})

test('of a process that is restarted again and again without a name of its own, the old totals are given up', () => {
  const into = createCounting()
  const clock = { now: T0 }
  const signal = openSignal(into.remembered, { now: () => clock.now, mostTotals: 20 })
  const at = (start: number, time: number, value: number) =>
    requestOf(
      sumMetric('http.server.request.duration', CUMULATIVE, [
        { start, time, value, attributes: { 'http.response.status_code': 200 } },
      ]),
    )
  for (let life = 0; life < 100; life++) {
    const start = T0 + life * 120 + 1
    clock.now = start + 100
    deliver(signal, into, at(start, start + 40, 5))
    deliver(signal, into, at(start, start + 80, 8))
  }
  expect(into.total()).toBe(800)
  expect(signal.numbers().followed).toBeLessThanOrEqual(20)
  expect(Math.max(...[...into.remembered.values()].map((text) => text.length))).toBeLessThan(2_000)
})

test('after a damaged memory nothing is counted twice', () => {
  const into = createCounting()
  const at = (time: number, value: number) =>
    requestOf(
      sumMetric('http.server.request.duration', CUMULATIVE, [
        { start: T0 + 1, time, value, attributes: { 'http.response.status_code': 200 } },
      ]),
    )
  deliver(openSignal(into.remembered, { now: () => T0 }), into, at(T0 + 60, 10))
  for (const key of into.remembered.keys())
    if (key.includes(':', 13)) into.remembered.set(key, '{"version":1')
  const signal = openSignal(new Map(into.remembered), { now: () => T0 + 90 })
  deliver(signal, into, at(T0 + 120, 25))
  deliver(signal, into, at(T0 + 180, 26))
  expect(into.total()).toBe(11)
})
