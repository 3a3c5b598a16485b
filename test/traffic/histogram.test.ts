import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { microseconds } from '../../src/base/index.ts'
import {
  BINS,
  binAtEdge,
  binLower,
  binOf,
  binUpper,
  countBelow,
  formatDuration,
  type Histogram,
  HistogramBuilder,
  mergeHistograms,
  parseThreshold,
  quantileOf,
  totalOf,
} from '../../src/traffic/index.ts'

const duration = fc.oneof(
  fc.double({ min: 0, max: 2e11, noNaN: true }),
  fc.integer({ min: 0, max: 3_600_000_000 }),
  fc.integer({ min: 0, max: 60_000 }).map((ms) => ms * 1000),
  fc.integer({ min: 0, max: BINS - 1 }).map((bin) => binLower(bin)),
)
const durations = fc.array(duration, { maxLength: 60 })

function histogramOf(values: readonly number[]): Histogram {
  const builder = new HistogramBuilder()
  for (const value of values) builder.add(binOf(value))
  return builder.build()
}

describe('the layout', () => {
  test('its bins follow each other without gap or overlap, and each holds its own edges', () => {
    expect(binLower(0)).toBe(0)
    expect(binLower(1)).toBe(1)
    expect(binUpper(BINS - 1)).toBe(Infinity)
    for (let bin = 1; bin < BINS; bin++) {
      const lower = binLower(bin)
      expect(binUpper(bin - 1)).toBe(lower)
      expect(lower).toBeGreaterThan(binLower(bin - 1))
      expect(binOf(lower)).toBe(bin)
      expect(binAtEdge(lower)).toBe(bin)
    }
    expect(binLower(BINS - 1)).toBe(99e9)
  })

  test('every duration lies in its bin', () => {
    fc.assert(
      fc.property(duration, (us) => {
        const bin = binOf(us)
        expect(binLower(bin)).toBeLessThanOrEqual(us)
        expect(us).toBeLessThan(binUpper(bin))
      }),
    )
  })

  test('the doubles next to an edge are on their own side', () => {
    for (let bin = 2; bin < 200; bin++) {
      const edge = binLower(bin)
      expect(binOf(edge * (1 - Number.EPSILON))).toBe(bin - 1)
    }
  })

  test('edges are the decimals that people write', () =>
    expect([binLower(binOf(1.1)), binLower(binOf(305_000)), binUpper(binOf(305_000))]).toEqual([
      1.1, 300_000, 310_000,
    ]))

  test('what is less than nothing, or no number, is in the first bin', () => {
    expect(binOf(-5)).toBe(0)
    expect(binOf(Number.NaN)).toBe(0)
    expect(binOf(Infinity)).toBe(BINS - 1)
  })

  test('every threshold of two significant digits is an edge', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 0, max: 2 }),
        fc.constantFrom('us', 'ms', 's'),
        (digits, zeros, unit) => {
          const read = parseThreshold(`${digits}${'0'.repeat(zeros)}${unit}`)
          if (read.kind === 'failed') throw new Error(read.error)
          expect(binAtEdge(read.value)).toBeDefined()
        },
      ),
    )
  })
})

describe('counting', () => {
  test('merging is associative and commutative, and adds up', () => {
    fc.assert(
      fc.property(durations, durations, durations, (a, b, c) => {
        const [x, y, z] = [histogramOf(a), histogramOf(b), histogramOf(c)]
        const together = histogramOf([...a, ...b, ...c])
        expect(mergeHistograms(x, mergeHistograms(y, z))).toEqual(together)
        expect(mergeHistograms(mergeHistograms(z, y), x)).toEqual(together)
        expect(totalOf(together)).toBe(a.length + b.length + c.length)
      }),
    )
  })

  test('below an edge it counts what took less, as a look at each does', () => {
    fc.assert(
      fc.property(durations, fc.integer({ min: 0, max: BINS - 1 }), (values, bin) => {
        const edge = microseconds(binLower(bin))
        expect(countBelow(histogramOf(values), edge)).toBe(values.filter((value) => value < edge).length)
      }),
    )
  })

  test('300 ms is not within 300 ms; 299.999 ms is', () => {
    const edge = microseconds(300_000)
    expect(countBelow(histogramOf([300_000]), edge)).toBe(0)
    expect(countBelow(histogramOf([299_999]), edge)).toBe(1)
  })

  test('a threshold that is no edge is a bug', () =>
    expect(() => countBelow(histogramOf([1]), microseconds(301_000))).toThrow(/no edge/))

  test('a quantile lies between the edges it names', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const sorted = values.toSorted((a, b) => a - b)
          const exact =
            sorted[Math.min(values.length, Math.max(1, Math.ceil(share * values.length))) - 1] ?? 0
          const found = quantileOf(histogramOf(values), share)
          expect(found && found.lower <= exact && exact < found.upper).toBe(true)
        },
      ),
    )
    expect(quantileOf({ bins: [], counts: [] }, 0.5)).toBeUndefined()
  })

  test('weights count as often', () => {
    const builder = new HistogramBuilder()
    builder.add(500, 3)
    builder.add(2, 1)
    builder.add(990, 2)
    expect(builder.build()).toEqual({ bins: [2, 500, 990], counts: [1, 3, 2] })
  })
})

describe('thresholds', () => {
  test.each([
    ['300ms', 300_000],
    ['1.5s', 1_500_000],
    ['1.1s', 1_100_000],
    ['250us', 250],
    ['2m', 120_000_000],
    ['0.30s', 300_000],
    ['1.25m', 75_000_000],
    ['1us', 1],
    ['99000s', 99e9],
    [' 10 ms ', 10_000],
  ])('%s is %d µs', (text, us) => expect(parseThreshold(text)).toEqual({ kind: 'ok', value: us }))

  test.each([
    ['125ms', 'write 120ms or 130ms'],
    ['1.05s', 'write 1s or 1.1s'],
    ['995ms', 'write 990ms or 1s'],
    ['1.5us', 'write 1us or 2us'],
    ['999us', 'write 990us or 1ms'],
    ['0s', 'shorter than 1us'],
    ['100000s', 'longer than 99000s'],
    ['fast', 'is no duration'],
    ['300', 'is no duration'],
    ['-3ms', 'is no duration'],
  ])('%s is refused: %s', (text, why) => {
    const read = parseThreshold(text)
    expect(read.kind === 'failed' ? read.error : '').toContain(why)
  })

  test('what is formatted is read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 990 }), (bin) => {
        const us = binLower(bin)
        fc.pre(Number.isInteger(us))
        expect(parseThreshold(formatDuration(us))).toEqual({ kind: 'ok', value: us })
      }),
    )
  })
})
