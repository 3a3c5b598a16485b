import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { perMillion, ratio } from '../../src/base/index.ts'
import { createTimelines, lowerBurnRate, lowerShare, surelyExceeds } from '../../src/slo/index.ts'
import { feedAll, MONDAY, propertyRuns, slo } from './estate.ts'

describe('the share of bad events that is exceeded with some confidence', () => {
  test.each([
    [1, 7, 0.95, 1 - 0.95 ** (1 / 7)],
    [10, 10, 0.95, 0.05 ** (1 / 10)],
    [1, 10, 0.975, 1 - 0.975 ** (1 / 10)],
    // The interval 0.0490 to 0.1762 of ten in a hundred stands in many textbooks.
    [10, 100, 0.975, 0.04900468],
    [1, 1_000_000, 0.95, 1 - 0.95 ** 1e-6],
  ])('%i of %i with %f', (bad, total, confidence, expected) => {
    expect(lowerShare(bad, total, ratio(confidence)) / expected).toBeCloseTo(1, 6)
  })

  test('comes closer to what was measured the more was measured', () => {
    const shares = [7, 70, 700, 7000].map((n) => lowerShare(n / 7, n, ratio(0.95)))
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(shares[3]).toBeGreaterThan(0.135)
  })

  test('is surely exceeded up to there, and not beyond', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.nat(1e6),
        fc.constantFrom(0.8, 0.95, 0.99),
        (bad, good, c) => {
          const share = lowerShare(bad, good + bad, ratio(c))
          expect(surelyExceeds({ good, bad }, share * (1 - 1e-9), ratio(c))).toBe(true)
          expect(surelyExceeds({ good, bad }, share * (1 + 1e-9), ratio(c))).toBe(false)
        },
      ),
      { numRuns: propertyRuns },
    )
  })

  test('is exceeded with less confidence the higher the share is, beyond what was measured too', () => {
    // With 30 % bad, one of seven or more is bad with a probability of 1 - 0.7^7, which is 0.918.
    const exceeds = (share: number, confidence: number) =>
      surelyExceeds({ good: 6, bad: 1 }, share, ratio(confidence))
    expect([exceeds(0.3, 0.082), exceeds(0.3, 0.083)]).toEqual([true, false])
    expect([exceeds(0, 1), exceeds(1, 0.01), exceeds(2, 0.01)]).toEqual([true, false, false])
    expect(surelyExceeds({ good: 7, bad: 0 }, 0, ratio(0.5))).toBe(false)
  })

  test.each([1, 2, 5, 9, 10, 11, 12, 40, 300, 5000])('is a root where all or one of %i are bad', (n) => {
    // All n are bad with a probability of p^n, and none with one of (1 - p)^n.
    expect(lowerShare(n, n, ratio(0.95)) / 0.05 ** (1 / n)).toBeCloseTo(1, 11)
    expect(lowerShare(1, n, ratio(0.95)) / (1 - 0.95 ** (1 / n))).toBeCloseTo(1, 11)
  })

  test('makes so many bad events or more as improbable as it says', () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(29), (total, draw) => {
        const bad = (draw % total) + 1
        const p = lowerShare(bad, total, ratio(0.95))
        let tail = 0
        for (let k = bad; k <= total; k++) tail += choose(total, k) * p ** k * (1 - p) ** (total - k)
        expect(tail).toBeCloseTo(0.05, 9)
      }),
      { numRuns: propertyRuns },
    )
  })
})

test('as a burn rate: one failure of seven is a rate of 143, and surely one of 7.3', () => {
  expect(lowerBurnRate({ good: 6, bad: 1 }, perMillion(1000), ratio(0.95))).toBeCloseTo(7.301, 3)
  expect(lowerBurnRate({ good: 6, bad: 0 }, perMillion(1000), ratio(0.95))).toBe(0)
  expect(lowerBurnRate({ good: 6, bad: 0 }, perMillion(0), ratio(0.95))).toBe(0)
  expect(lowerBurnRate({ good: 0, bad: 0 }, perMillion(1000), ratio(0.95))).toBeUndefined()
})

test('an SLO that asks for confidence is not paged by one failure of seven, and is by two', () => {
  const one = slo({ confidence: ratio(0.95) })
  const judge = (bad: number) => {
    const timelines = createTimelines([one], { now: MONDAY })
    feedAll(timelines, [one], {
      now: MONDAY,
      minutes: [{ at: MONDAY / 60 - 2, labels: {}, good: 7 - bad, bad }],
    })
    const [verdict] = timelines.evaluate(MONDAY)[0]!.verdicts
    return [verdict!.kind, verdict!.long.over, Math.round(verdict!.long.surely!), verdict!.badUntilFiring]
  }
  expect(judge(0)).toEqual(['calm', false, 0, 2])
  expect(judge(1)).toEqual(['calm', true, 7, 1])
  expect(judge(2)).toEqual(['burning', true, 53, 0])
  expect(judge(3)).toEqual(['burning', true, 129, 0])
})
