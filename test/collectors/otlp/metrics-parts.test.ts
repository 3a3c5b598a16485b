import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { microseconds } from '../../../src/base/index.ts'
import { type Buckets, bucketsAdded, place } from '../../../src/collectors/otlp/metrics-buckets.ts'
import { decodeShard, encodeShard, type Shard } from '../../../src/collectors/otlp/metrics-memory.ts'
import { certaintyOf, ResolutionSeen } from '../../../src/collectors/otlp/metrics-resolution.ts'
import { MOST_MINUTES, spread } from '../../../src/collectors/otlp/metrics-spread.ts'
import { BINS, binAtEdge, binLower, binOf, countBelow, HistogramBuilder } from '../../../src/traffic/index.ts'

const HOUR_US = 3_600_000_000
const T = 1_790_000_040_000_000

describe('a stretch is charged to its minutes', () => {
  const stretch = fc.record({
    counts: fc.array(fc.oneof(fc.nat(5), fc.nat(1_000_000), fc.nat(2 ** 40)), {
      minLength: 1,
      maxLength: 12,
    }),
    from: fc.nat(HOUR_US),
    length: fc.oneof(fc.nat(90_000_000), fc.nat(24 * HOUR_US)),
  })

  test('in whole numbers that add up exactly, each part by itself, within the stretch', () => {
    fc.assert(
      fc.property(stretch, ({ counts, from, length }) => {
        const charges = spread(counts, { fromUs: T + from, toUs: T + from + length })
        const sums = counts.map((_, i) => charges.reduce((sum, charge) => sum + (charge.counts[i] ?? 0), 0))
        expect(sums).toEqual(counts)
        expect(charges.length).toBeLessThanOrEqual(MOST_MINUTES)
        expect(charges.flatMap((charge) => charge.counts).every((count) => count >= 0)).toBe(true)
        for (const { minute } of charges) {
          expect(minute % 60).toBe(0)
          expect((minute + 60) * 1e6).toBeGreaterThanOrEqual(T + from)
          if (length > 0) expect(minute * 1e6).toBeLessThan(T + from + length)
        }
      }),
    )
  })

  test('each minute gets its share of the time, to less than one event', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.nat(59_999_999),
        fc.integer({ min: 1, max: HOUR_US }),
        (total, from, length) => {
          const start = T - (T % 60_000_000) + from
          for (const { minute, counts } of spread([total], { fromUs: start, toUs: start + length })) {
            const inside = Math.min(start + length, (minute + 60) * 1e6) - Math.max(start, minute * 1e6)
            expect(Math.abs((counts[0] ?? 0) - (total * inside) / length)).toBeLessThan(1)
          }
        },
      ),
    )
  })

  test('what ended with a minute belongs to that minute, an instant to its own', () => {
    const minute = T / 1e6 - ((T / 1e6) % 60)
    const us = minute * 1e6
    expect(spread([5], { fromUs: us - 60e6, toUs: us })).toEqual([{ minute: minute - 60, counts: [5] }])
    expect(spread([5], { fromUs: us + 1, toUs: us + 1 })).toEqual([{ minute, counts: [5] }])
    expect(spread([6], { fromUs: us - 30e6, toUs: us + 30e6 })).toEqual([
      { minute: minute - 60, counts: [3] },
      { minute, counts: [3] },
    ])
  })
})

/** Edges of our layout, from a microsecond to hours. */
const edge = fc.integer({ min: 1, max: 800 }).map((bin) => binLower(bin))

function histogramOf(buckets: Buckets, max?: number): ReturnType<HistogramBuilder['build']> {
  const builder = new HistogramBuilder()
  for (const { counted, count } of place(buckets, max)) builder.add(binOf(counted), count)
  return builder.build()
}

describe('buckets in the latency layout', () => {
  const explicit = fc
    .uniqueArray(edge, { minLength: 1, maxLength: 20 })
    .map((bounds) => bounds.toSorted((a, b) => a - b))
    .chain((bounds) =>
      fc
        .array(fc.nat(1_000), { minLength: bounds.length + 1, maxLength: bounds.length + 1 })
        .map((counts) => ({ kind: 'explicit', bounds, counts }) as const),
    )

  test('the count within any bound that is an edge is exact', () => {
    fc.assert(
      fc.property(explicit, (buckets) => {
        const histogram = histogramOf(buckets)
        let within = 0
        buckets.bounds.forEach((bound, i) => {
          within += buckets.counts[i] ?? 0
          expect(countBelow(histogram, microseconds(bound))).toBe(within)
        })
      }),
    )
  })

  test('bounds that are no edges disturb no others, and nothing is within a threshold that may not have been', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.double({ min: 1, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 }),
        edge,
        (drawn, threshold) => {
          const bounds = [...new Set([...drawn, threshold])].sort((a, b) => a - b)
          const counts = bounds.map((_, i) => i + 1).concat(1)
          const histogram = histogramOf({ kind: 'explicit', bounds, counts })
          const at = bounds.indexOf(threshold)
          const exact = counts.slice(0, at + 1).reduce((sum, count) => sum + count, 0)
          expect(countBelow(histogram, microseconds(threshold))).toBe(exact)
          for (const each of [10, 50_000, 300_000]) {
            const sure = counts.reduce(
              (sum, count, i) => sum + ((bounds[i] ?? Infinity) <= each ? count : 0),
              0,
            )
            expect(countBelow(histogram, microseconds(each))).toBeLessThanOrEqual(sure)
          }
        },
      ),
    )
  })

  test('what took longer than every bound is counted with the longest duration, when it is known', () => {
    const buckets = { kind: 'explicit', bounds: [100_000], counts: [0, 3] } as const
    expect(histogramOf(buckets).bins).toEqual([BINS - 1])
    expect(histogramOf(buckets, 2_345_678).bins).toEqual([binOf(2_345_678)])
    // A longest duration that contradicts the bounds says nothing.
    expect(histogramOf(buckets, 99_999).bins).toEqual([BINS - 1])
  })

  test('zeros of exponential histograms are the quickest, whatever is tiny or huge stays countable', () => {
    const base = { kind: 'exponential', zeroThreshold: 0, unit: 1e6 } as const
    expect(histogramOf({ ...base, scale: 3, offset: 0, counts: [], zeroCount: 4 })).toEqual({
      bins: [0],
      counts: [4],
    })
    const ends = histogramOf({ ...base, scale: -10, offset: -2, counts: [1, 1, 1, 1], zeroCount: 0 })
    expect(ends).toEqual({ bins: [0, binOf(1e6) - 1, BINS - 1], counts: [1, 1, 2] })
    expect(
      histogramOf({ ...base, scale: 20, offset: 2 ** 31 - 1, counts: [1], zeroCount: 0 }).counts,
    ).toEqual([1])
  })
})

/** An exponential histogram as an SDK makes it: the finest scale at which all values fit into a few buckets. */
function exponentialOf(
  values: readonly number[],
  scaleBefore: number,
  most = 20,
): Extract<Buckets, { kind: 'exponential' }> {
  const base = { kind: 'exponential', zeroThreshold: 0, unit: 1e6 } as const
  const positive = values.filter((value) => value > 0)
  const zeroCount = values.length - positive.length
  if (positive.length === 0) return { ...base, scale: scaleBefore, offset: 0, counts: [], zeroCount }
  for (let scale = scaleBefore; ; scale--) {
    const indices = positive.map((value) => Math.ceil(Math.log2(value) * 2 ** scale) - 1)
    const offset = Math.min(...indices)
    const size = Math.max(...indices) - offset + 1
    if (size > most) continue
    const counts = Array.from({ length: size }, () => 0)
    for (const index of indices) counts[index - offset] = (counts[index - offset] ?? 0) + 1
    return { ...base, scale, offset, counts, zeroCount }
  }
}

describe('running totals of exponential histograms', () => {
  const seconds = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1_000, noNaN: true }))

  test('what came between two points is what came, although the scale fell in between', () => {
    fc.assert(
      fc.property(
        fc.array(seconds, { maxLength: 40 }),
        fc.array(seconds, { maxLength: 40 }),
        (first, second) => {
          const before = exponentialOf(first, 8)
          const now = exponentialOf([...first, ...second], before.scale)
          const difference = bucketsAdded(before, now)
          if (difference.kind !== 'added' || difference.buckets.kind !== 'exponential')
            throw new Error(difference.kind)
          const total = difference.buckets.counts.reduce(
            (sum, count) => sum + count,
            difference.buckets.zeroCount,
          )
          expect(total).toBe(second.length)
          // Never more within a threshold than there were; never fewer than were within the threshold less one step.
          const histogram = histogramOf(difference.buckets)
          for (const threshold of [1_000, 100_000, 300_000, 10_000_000]) {
            const within = countBelow(histogram, microseconds(threshold))
            const step = 2 ** (2 ** -now.scale)
            const inside = (limit: number): number => second.filter((value) => value * 1e6 < limit).length
            expect(within).toBeLessThanOrEqual(inside(threshold * (1 + 1e-9)))
            expect(within).toBeGreaterThanOrEqual(inside((threshold / step) * (1 - 1e-9)))
          }
        },
      ),
    )
  })

  test('a bucket that fell, or a bound that changed, is seen', () => {
    const total = exponentialOf([1, 2, 3], 3)
    expect(bucketsAdded(total, exponentialOf([1, 2], 3)).kind).toBe('fell')
    expect(bucketsAdded(exponentialOf([0, 0], 3), exponentialOf([1, 2, 3], 3)).kind).toBe('fell')
    expect(bucketsAdded({ ...total, scale: 2 }, total).kind).toBe('unlike')
    const explicit = { kind: 'explicit', bounds: [1, 2], counts: [1, 1, 1] } as const
    expect(bucketsAdded(explicit, { ...explicit, bounds: [1, 3] }).kind).toBe('unlike')
    expect(bucketsAdded(explicit, { ...explicit, counts: [2, 0, 1] }).kind).toBe('fell')
    expect(bucketsAdded(explicit, total).kind).toBe('unlike')
  })

  test('buckets that the zero bucket grew over go into it', () => {
    const before = exponentialOf([0.001, 1], 0)
    const now = { ...exponentialOf([1, 1], 0), zeroCount: 2, zeroThreshold: 0.01 }
    const difference = bucketsAdded(before, now)
    expect(difference).toMatchObject({ kind: 'added', buckets: { zeroCount: 1, counts: [1] } })
  })
})

describe('how sure a count within a threshold is', () => {
  test('exact on a bound of every histogram, else at most what is below the next bound', () => {
    const seen = new ResolutionSeen()
    seen.see({ kind: 'explicit', bounds: [100_000, 250_000, 1_000_000], counts: [] })
    expect(certaintyOf(microseconds(250_000), seen.seen())).toEqual({ kind: 'exact' })
    expect(certaintyOf(microseconds(300_000), seen.seen())).toEqual({ kind: 'bounded', atMost: 1_000_000 })
    expect(certaintyOf(microseconds(2_000_000), seen.seen())).toEqual({ kind: 'bounded', atMost: undefined })
    seen.see({ kind: 'explicit', bounds: [251_000], counts: [] })
    expect(certaintyOf(microseconds(250_000), seen.seen())).toEqual({ kind: 'bounded', atMost: 260_000 })
  })

  test('of exponential histograms at most a step above', () => {
    const seen = new ResolutionSeen()
    for (const scale of [5, 3])
      seen.see({
        kind: 'exponential',
        scale,
        offset: 0,
        counts: [],
        zeroCount: 0,
        zeroThreshold: 0,
        unit: 1e6,
      })
    // 300 ms × 2 ** (1 / 8) is 327 ms.
    expect(certaintyOf(microseconds(300_000), seen.seen())).toEqual({ kind: 'bounded', atMost: 330_000 })
    expect(seen.seen()).toMatchObject({ scale: 3, hasUntimed: false })
    expect(binAtEdge(330_000)).toBeDefined()
  })
})

describe('what is remembered', () => {
  const buckets: fc.Arbitrary<Buckets | undefined> = fc.oneof(
    fc.constant(undefined),
    fc
      .constantFrom([1, 2], [0.5])
      .map((bounds) => ({ kind: 'explicit' as const, bounds, counts: [...bounds, 3] })),
    fc.record({
      kind: fc.constant('exponential' as const),
      scale: fc.integer({ min: -10, max: 20 }),
      offset: fc.integer(),
      counts: fc.array(fc.nat()),
      zeroCount: fc.nat(),
      zeroThreshold: fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs),
      unit: fc.constantFrom(1_000, 1e6),
    }),
  )
  const instant = fc.nat(2 ** 31).map((n) => T + n)
  const shard: fc.Arbitrary<Shard> = fc.record({
    forgotten: instant,
    preferred: fc.array(fc.string()).map((all) => new Set(all)),
    metrics: fc
      .dictionary(
        fc.string({ minLength: 1 }),
        fc.record({
          first: instant,
          before: instant,
          last: instant,
          starts: fc
            .array(
              fc.tuple(
                instant,
                fc.record({
                  first: instant,
                  whole: fc.boolean(),
                  series: fc
                    .dictionary(fc.string(), fc.record({ timeUs: instant, count: fc.nat(), buckets }))
                    .map((plain) => new Map(Object.entries(plain))),
                }),
              ),
            )
            .map((pairs) => new Map(pairs)),
          ends: fc.dictionary(fc.string(), fc.array(instant)).map((plain) => new Map(Object.entries(plain))),
        }),
      )
      .map((plain) => new Map(Object.entries(plain))),
  })

  test('comes back as it was', () => {
    fc.assert(
      fc.property(shard, (each) => {
        expect(decodeShard(encodeShard(each))).toEqual(each)
      }),
      { numRuns: 20 },
    )
  })

  test('and is not believed when it is damaged', () => {
    for (const text of ['', '{}', 'null', '[1]', '{"version":2}', '{"version":1,"metrics":[[1]]}'])
      expect(decodeShard(text)).toBeUndefined()
  })
})
