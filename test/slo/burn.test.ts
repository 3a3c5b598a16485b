import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY, HOUR, perMillion, ratio, seconds } from '../../src/base/index.ts'
import {
  badUntilFiring,
  burnRate,
  burnsAtLeast,
  createTimelines,
  detectionSeconds,
  factorFor,
  judgeRule,
  type Rational,
  scalePolicy,
  scaleRule,
  shortFor,
  spentWhenFiring,
} from '../../src/slo/index.ts'
import { feedAll, google30d, known, MONDAY, pagesOnly, propertyRuns, rule, slo } from './estate.ts'

const percent = (text: number): Rational => ({ num: Math.round(text * 10), den: 1000 })
const value = ({ num, den }: Rational): number => num / den
const DAYS = (days: number) => seconds(days * DAY)
const HOURS = (hours: number) => seconds(hours * HOUR)

describe('factors: budget share × period ÷ long window', () => {
  test.each([
    [
      'Google, 30 days',
      30,
      [
        [2, 1, 14.4],
        [5, 6, 6],
        [10, 24, 3],
        [10, 72, 1],
      ],
    ],
    [
      'Google, 28 days',
      28,
      [
        [2, 1, 13.44],
        [5, 6, 5.6],
        [10, 24, 2.8],
        [10, 72, 14 / 15],
      ],
    ],
    [
      'seven days, 8/12.5/20/42 %',
      7,
      [
        [8, 1, 13.44],
        [12.5, 6, 3.5],
        [20, 24, 1.4],
        [42, 72, 0.98],
      ],
    ],
    [
      'Datadog, seven days',
      7,
      [
        [10, 1, 16.8],
        [20, 6, 5.6],
        [40, 24, 2.8],
      ],
    ],
    [
      'Datadog, 90 days',
      90,
      [
        [1, 1, 21.6],
        [3, 6, 10.8],
        [5, 24, 4.5],
      ],
    ],
  ])('%s', (_name, period, rules) => {
    for (const [share, long, factor] of rules)
      expect(value(factorFor(percent(share!), DAYS(period), HOURS(long!)))).toBe(factor)
  })

  test('scaled from 30 days to 28 and back a policy is what it was', () => {
    const there = google30d.rules.map((r) => scaleRule(r, DAYS(30), DAYS(28)))
    expect(there.map((r) => r.factor)).toEqual([
      { num: 336, den: 25 },
      { num: 28, den: 5 },
      { num: 14, den: 5 },
      { num: 14, den: 15 },
    ])
    const back = there.map((r) => scaleRule(r, DAYS(28), DAYS(30)))
    expect(back.map((r) => value(r.factor))).toEqual([14.4, 6, 3, 1])
    expect(scalePolicy(google30d, DAYS(30), DAYS(28))).toEqual({ ...google30d, rules: there })
  })

  test('the short window is a twelfth of the long one', () => {
    expect([1, 6, 24, 72].map((h) => shortFor(HOURS(h)))).toEqual([300, 1800, 7200, 21_600])
  })

  test('each rule of the Google policy fires when its share of the budget is spent', () => {
    expect(google30d.rules.map((r) => spentWhenFiring(r, DAYS(30)))).toEqual([0.02, 0.05, 0.1, 0.1])
  })
})

describe('detection time, as the SRE workbook works it out', () => {
  const detect = (long: number, factor: Rational, share: number) =>
    detectionSeconds(rule('x', [long, 60, factor.num, factor.den]), {
      allowed: perMillion(1000),
      share: ratio(share),
    })
  const one = { num: 1, den: 1 }

  test('a ten-minute window at rate 1 sees a full outage after 0.6 s, one of 36 hours after 129.6 s', () => {
    expect([detect(600, one, 1), detect(36 * HOUR, one, 1)]).toEqual([0.6, 129.6])
  })

  test('15 % errors at 14.4 over an hour are seen after 5.76 minutes', () => {
    expect(detect(HOUR, { num: 144, den: 10 }, 0.15)).toBe(345.6)
  })

  test('36 over an hour spends 5 % of 30 days, and clears 58 minutes after a full outage was seen', () => {
    const factor = { num: 36, den: 1 }
    expect(spentWhenFiring(rule('x', [HOUR, 60, 36, 1]), DAYS(30))).toBe(0.05)
    expect(Math.round((HOUR - detect(HOUR, factor, 1)!) / 60)).toBe(58)
  })

  test('failing exactly at the factor is seen when the long window is over', () => {
    expect(detect(HOUR, { num: 36, den: 1 }, 0.036)).toBe(HOUR)
  })

  test('a steady 3.5 % slips under 36 for ever', () => {
    expect(detect(HOUR, { num: 36, den: 1 }, 0.035)).toBeUndefined()
  })
})

describe('exactly on the factor', () => {
  test('9,840 combinations that lie exactly on a factor fire, and with one bad event less none does', () => {
    const allowed = [10_000, 5_000, 1_000, 500]
    const factors: Rational[] = [
      { num: 144, den: 10 },
      { num: 6, den: 1 },
      { num: 3, den: 1 },
      { num: 1, den: 1 },
    ]
    let combinations = 0
    let missedByRatios = 0
    for (const a of allowed)
      for (const factor of factors)
        for (let k = 1; k <= 615; k++) {
          // The least total, times k, of which exactly factor × allowed is a whole number of bad events.
          const total = k * 10_000
          const bad = (total * a * factor.num) / (1e6 * factor.den)
          expect(Number.isInteger(bad)).toBe(true)
          combinations++
          const counts = { good: total - bad, bad }
          if (!burnsAtLeast(counts, perMillion(a), factor)) throw new Error(`${bad} of ${total}`)
          if (burnsAtLeast({ good: total - bad, bad: bad - 1 }, perMillion(a), factor))
            throw new Error(`${bad - 1} of ${total - 1}`)
          if (!(bad / total / (1 - (1 - a / 1e6)) >= value(factor))) missedByRatios++
        }
    expect(combinations).toBe(9_840)
    // What the comparison is for: ratios of doubles get many of these wrong.
    expect(missedByRatios).toBeGreaterThan(3_000)
  })

  test('beyond 2^53 too', () => {
    const bad = 144 * 10 ** 9
    const counts = { good: 10 ** 13 - bad, bad }
    const terms = [perMillion(1000), { num: 144, den: 10 }] as const
    expect(burnsAtLeast(counts, ...terms)).toBe(true)
    expect(burnsAtLeast({ good: counts.good + 1, bad }, ...terms)).toBe(false)
  })

  test('where doubles round the products to be equal, or one event apart, too', () => {
    // bad × 10^7 against total × 144,000: the same number, and then one product that is larger by 64,000.
    const factor = { num: 144, den: 10 }
    const exact = { good: 5_204_314_588_395_625 - 74_942_130_072_897, bad: 74_942_130_072_897 }
    expect(BigInt(exact.bad) * 10_000_000n).toBe(5_204_314_588_395_625n * 144_000n)
    expect(burnsAtLeast(exact, perMillion(1000), factor)).toBe(true)
    const below = { good: 4_676_541_963_537_362 - 67_342_204_274_938, bad: 67_342_204_274_938 }
    expect(BigInt(below.bad) * 10_000_000n < 4_676_541_963_537_362n * 144_000n).toBe(true)
    expect(burnsAtLeast(below, perMillion(1000), factor)).toBe(false)
    const terms = { allowed: perMillion(1000), factor, minBadEvents: 0 }
    expect(badUntilFiring({ long: exact, short: exact }, terms)).toBe(0)
    expect(badUntilFiring({ long: below, short: below }, terms)).toBe(1)
  })

  test('the shown rate is the factor too', () => {
    expect(burnRate({ good: 9856, bad: 144 }, perMillion(1000))).toBe(14.4)
    expect(burnRate({ good: 0, bad: 0 }, perMillion(1000))).toBeUndefined()
    expect(burnRate({ good: 5, bad: 0 }, perMillion(1000))).toBe(0)
  })

  test('without a bad event nothing burns, whatever the target allows', () => {
    expect(burnsAtLeast({ good: 5, bad: 0 }, perMillion(0), { num: 1, den: 1 })).toBe(false)
    expect(burnsAtLeast({ good: 5, bad: 1 }, perMillion(0), { num: 1, den: 1 })).toBe(true)
    expect(burnRate({ good: 5, bad: 0 }, perMillion(0))).toBe(0)
  })
})

describe('how many failures it would take', () => {
  const terms = { allowed: perMillion(1000), factor: { num: 144, den: 10 }, minBadEvents: 0 }

  test('with nothing counted at all, one', () => {
    const none = { good: 0, bad: 0 }
    expect(badUntilFiring({ long: none, short: none }, terms)).toBe(1)
  })

  test('exactly on an even pace that comes out whole, no more than that', () => {
    const even = { ...terms, factor: { num: 1, den: 1 } }
    const until = (good: number) => badUntilFiring({ long: { good, bad: 0 }, short: { good, bad: 0 } }, even)
    // One of a thousand is allowed.
    expect([until(999), until(1000), until(4 * 999), until(4 * 999 + 1)]).toEqual([1, 2, 4, 5])
    expect([until(1e14 * 999), until(1e14 * 999 + 16)]).toEqual([1e14, 1e14 + 1])
  })

  test('a factor that asks for more than everything bad is out of reach', () => {
    const counts = { good: 10, bad: 10 }
    const asked = { ...terms, allowed: perMillion(100_000) }
    expect(badUntilFiring({ long: counts, short: counts }, asked)).toBeUndefined()
  })

  test.each([1, 1e14])('with %i times as many events too', (times) => {
    // Everything must be bad for this factor: nothing good may be in either window.
    const asked = { ...terms, allowed: perMillion(100_000), factor: { num: 10, den: 1 } }
    const none = { good: 0, bad: 0 }
    const good = { good: times, bad: 0 }
    const bad = { good: 0, bad: times }
    const until = (long: typeof none, short: typeof none) => badUntilFiring({ long, short }, asked)
    expect([until(good, good), until(none, good), until(good, none)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect([until(bad, bad), until(none, bad), until(bad, none)]).toEqual([0, 1, 1])
    const beyond = { ...asked, factor: { num: 11, den: 1 } }
    expect(badUntilFiring({ long: bad, short: bad }, beyond)).toBeUndefined()
    expect(badUntilFiring({ long: good, short: good }, { ...asked, allowed: perMillion(0) })).toBe(1)
  })

  test('beyond 2^53 it is still the least number', () => {
    const count = fc.integer({ min: 0, max: 2 ** 45 })
    fc.assert(
      fc.property(count, count, fc.constantFrom(...google30d.rules), (good, bad, { factor }) => {
        const counts = { good: good * 16, bad: bad % 1e11 }
        const until = badUntilFiring({ long: counts, short: counts }, { ...terms, factor })!
        const fires = (more: number) =>
          burnsAtLeast({ ...counts, bad: counts.bad + more }, terms.allowed, factor)
        expect(fires(until)).toBe(true)
        if (until > 0) expect(fires(until - 1)).toBe(false)
      }),
      { numRuns: propertyRuns },
    )
  })

  test('at least as many as the floor asks for', () => {
    const counts = { good: 10, bad: 1 }
    expect(badUntilFiring({ long: counts, short: counts }, { ...terms, minBadEvents: 5 })).toBe(4)
  })

  test('it is the least number that fires', () => {
    const side = fc.record({ good: fc.integer({ min: 0, max: 1e7 }), bad: fc.integer({ min: 0, max: 1e4 }) })
    fc.assert(
      fc.property(
        fc.record({ long: side, short: side }),
        fc.constantFrom(500, 1_000, 10_000, 50_000),
        fc.constantFrom(...google30d.rules),
        fc.record({
          minBadEvents: fc.integer({ min: 0, max: 20 }),
          confidence: fc.constantFrom(undefined, ratio(0.9), ratio(0.99)),
        }),
        ({ long, short }, a, r, asked) => {
          const judgedWith = (more: number) =>
            judgeRule(
              r,
              {
                long: { counts: { good: long.good, bad: long.bad + more }, blind: false },
                short: { counts: { good: short.good, bad: short.bad + more }, blind: false },
              },
              { ...asked, allowed: perMillion(a), scale: 1, end: MONDAY },
            )
          const until = judgedWith(0).badUntilFiring!
          expect(judgedWith(until).kind).toBe('burning')
          expect(judgedWith(until).badUntilFiring).toBe(0)
          if (until > 0) expect(judgedWith(until - 1).kind).toBe('calm')
        },
      ),
      { numRuns: propertyRuns },
    )
  }, 600_000)
})

describe('a rule', () => {
  const fast = google30d.rules[0]!
  const judge = (
    bad: number,
    terms: {
      minBadEvents?: number
      scale?: number
      confidence?: number
      allowed?: number
      events?: number
    } = {},
  ) => {
    const { minBadEvents = 0, scale = 1, confidence, allowed = 1000, events = 10 } = terms
    const counts = { good: events * scale - bad, bad }
    return judgeRule(
      fast,
      { long: { counts, blind: false }, short: { counts, blind: false } },
      {
        allowed: perMillion(allowed),
        minBadEvents,
        confidence: confidence === undefined ? undefined : ratio(confidence),
        scale,
        end: MONDAY,
      },
    )
  }

  test('fires with as many bad events as the floor asks for, and not with one less', () => {
    expect([judge(2, { minBadEvents: 2 }).kind, judge(1, { minBadEvents: 2 }).kind]).toEqual([
      'burning',
      'calm',
    ])
  })

  test('has no data while either of its windows is blind', () => {
    const counts = { good: 5, bad: 5 }
    const terms = { allowed: perMillion(1000), minBadEvents: 0, confidence: undefined, scale: 1, end: MONDAY }
    const kind = (long: boolean, short: boolean) =>
      judgeRule(fast, { long: { counts, blind: long }, short: { counts, blind: short } }, terms).kind
    expect([kind(false, false), kind(true, false), kind(false, true), kind(true, true)]).toEqual([
      'burning',
      'no-data',
      'no-data',
      'no-data',
    ])
  })

  test('that is out of reach says so', () => {
    expect(judge(1, { allowed: 100_000 }).badUntilFiring).toBeUndefined()
  })

  test('on slices counted in parts is shown and told in slices', () => {
    const { long, kind, badUntilFiring: until } = judge(0.1e9, { scale: 1e9 })
    expect(long.counts).toEqual({ good: 9.9, bad: 0.1 })
    // 1.44 % of ten slices and a little more: one more bad slice is enough.
    expect([kind, until]).toEqual(['calm', 1])
    expect(judge(0.2e9, { scale: 1e9, minBadEvents: 3 }).badUntilFiring).toBe(3)
    expect(judge(3e9, { scale: 1e9, minBadEvents: 3 }).kind).toBe('burning')
  })

  test('that no number of failures can make sure of says so', () => {
    // 14.4 times 6.94445 % is everything and more.
    expect(judge(10, { confidence: 0.95, allowed: 69_445 }).badUntilFiring).toBeUndefined()
    expect(judge(10, { confidence: 0.95, allowed: 1e6 / 14.4 }).badUntilFiring).toBeUndefined()
  })

  test('says how sure its rate is only when confidence is asked for and something was counted', () => {
    expect(judge(1).long).not.toHaveProperty('surely')
    expect(judge(1, { confidence: 0.95 }).long.surely).toBeCloseTo(5.116, 3)
    expect(judge(0, { confidence: 0.95, events: 0 }).long).not.toHaveProperty('surely')
  })
})

describe('the state', () => {
  const now = MONDAY
  const stateOf = (times: number, bad: number) => {
    const one = slo({ sources: ['edge'], policy: pagesOnly })
    const timelines = createTimelines([one], { now })
    known(timelines, now)
    const minutes = [
      { at: now / 60 - 20_000, labels: {}, good: 1000 * times, bad: 0 },
      { at: now / 60 - 10, labels: {}, good: 1000 * times - bad, bad },
    ]
    feedAll(timelines, [one], { now, minutes })
    const [evaluation] = timelines.evaluate(now)
    expect(timelines.changed(now)).toEqual([evaluation])
    return evaluation!.state
  }

  test.each([2, 1e12])('is watch above the even pace, not on it (of %i thousand events)', (times) => {
    expect([stateOf(times, times), stateOf(times, times * 1.5)]).toEqual(['ok', 'watch'])
  })
})

test('a forecast rests on the usual pace, and in an incident on the fastest rule that fires', () => {
  const forecast = (bad: (age: number) => number) => {
    const one = slo({ sources: ['edge'], policy: pagesOnly })
    const timelines = createTimelines([one], { now: MONDAY })
    known(timelines, MONDAY)
    const minutes = Array.from({ length: 2000 }, (_, i) => ({
      at: MONDAY / 60 - 1 - i,
      labels: {},
      good: 1000 - bad(i + 1),
      bad: bad(i + 1),
    }))
    feedAll(timelines, [one], { now: MONDAY, minutes })
    const { pace } = timelines.evaluate(MONDAY)[0]!.windows[0]!
    return [pace.over, pace.rate]
  }
  // Of half an hour, while nothing fires.
  expect(forecast((age) => (age <= 30 ? 2 : 0))).toEqual([1800, 2])
  // The slow rule fires, at its rate of six hours; then the fast one too, at its rate of one.
  expect(forecast((age) => (age <= 360 && age > 15 ? 15 : age <= 15 ? 6 : 0))).toEqual([6 * HOUR, 14.625])
  expect(forecast((age) => (age <= 60 && age > 6 ? 40 : age <= 6 ? 20 : 0))).toEqual([HOUR, 38])
  // A rule that fires more slowly than the usual pace changes nothing.
  expect(forecast((age) => (age <= 30 ? 80 : 0))).toEqual([1800, 80])
})
