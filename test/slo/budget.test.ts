import { describe, expect, test } from 'vitest'
import { DAY, HOUR, perMillion, ratio, seconds, unixSeconds } from '../../src/base/index.ts'
import { budgetOf, createTimelines, exhaustionOf, floorPercent } from '../../src/slo/index.ts'
import { feedAll, MONDAY, objective, pagesOnly, rolling, slo } from './estate.ts'

const month = { allowed: perMillion(1000), length: seconds(30 * DAY), elapsed: seconds(30 * DAY), scale: 1 }

describe('a budget', () => {
  test('of 99.9 % over 30 days is 43 minutes and 12 seconds', () => {
    expect(budgetOf({ good: 999_000, bad: 1000 }, month)).toEqual({
      events: 1000,
      spent: 1000,
      left: 0,
      leftRatio: 0,
      time: 2592,
      timeLeft: 0,
    })
  })

  test('of 99.95 % over a week is 5.04 minutes, rounded down to the second', () => {
    const week = { ...month, allowed: perMillion(500), length: seconds(7 * DAY), elapsed: seconds(7 * DAY) }
    expect(budgetOf({ good: 10, bad: 0 }, week)).toMatchObject({ time: 302, timeLeft: 302 })
  })

  test('of 95 % over two weeks is 16 hours and 48 minutes', () => {
    const weeks = {
      ...month,
      allowed: perMillion(50_000),
      length: seconds(14 * DAY),
      elapsed: seconds(14 * DAY),
    }
    expect(budgetOf({ good: 20_160, bad: 0 }, weeks)).toMatchObject({
      events: 1008,
      time: 16 * 3600 + 48 * 60,
    })
  })

  test('goes below zero and says by how much', () => {
    const budget = budgetOf({ good: 997_000, bad: 3000 }, month)
    expect(budget).toMatchObject({ left: -2000, leftRatio: -2, timeLeft: -5184 })
  })

  test('is subtracted before it is divided, so that what is left has no more digits than it needs', () => {
    const counts = { good: 32_704_128 - 39_235, bad: 39_235 }
    const budget = budgetOf(counts, month)
    expect(budget).toMatchObject({ events: 32_704.128, spent: 39_235, left: -6530.872 })
    expect(budget.leftRatio).toBe(-6530.872 / 32_704.128)
    const third = { ...month, elapsed: seconds(10 * DAY) }
    expect(budgetOf(counts, third)).toMatchObject({ events: 98_112.384, left: 58_877.384 })
  })

  test('beyond what a double holds exactly is still told from one more that is spent', () => {
    const counts = { good: 9e15 - 9e12, bad: 9e12 }
    const more = { good: counts.good - 1, bad: counts.bad + 1 }
    expect([budgetOf(counts, month).left, budgetOf(more, month).left]).toEqual([0, -1])
  })

  test('is left as time rounded down, above and below nothing', () => {
    const left = (bad: number, total: number) => budgetOf({ good: total - bad, bad }, month).timeLeft
    // 2,592 s less the bad share of 2,592,000 s.
    expect([left(1, 100_000), left(1, 7000), left(7, 7000), left(8, 7000)]).toEqual([2566, 2221, 0, -371])
    // 2,592 - 2,592,000 ÷ 999 is -2.59.
    expect(left(1, 999)).toBe(-3)
    expect(left(9e12, 9e15)).toBe(0)
    expect(left(9e12 + 1, 9e15)).toBe(-1)
  })

  test('of no bad events at all is whole, whatever the target allows', () => {
    expect(budgetOf({ good: 10, bad: 0 }, { ...month, allowed: perMillion(0) })).toEqual({
      events: 0,
      spent: 0,
      left: 0,
      leftRatio: 1,
      time: 0,
      timeLeft: 0,
    })
    expect(budgetOf({ good: 10, bad: 1 }, { ...month, allowed: perMillion(0) }).leftRatio).toBe(-Infinity)
  })

  test('as a calendar window begins is that of what was counted', () => {
    const beginning = { ...month, elapsed: seconds(0) }
    expect(budgetOf({ good: 999_000, bad: 1000 }, beginning)).toMatchObject({ events: 1000, left: 0 })
  })

  test('of a calendar window beyond what a double holds exactly is exact too', () => {
    const third = { ...month, elapsed: seconds(10 * DAY) }
    const counts = (bad: number) => ({ good: 9e14 - bad, bad })
    expect(budgetOf(counts(27e11), third)).toMatchObject({ left: 0, leftRatio: 0 })
    expect(budgetOf(counts(27e11 - 1), third).left).toBe(1)
    expect(budgetOf(counts(27e11 + 1), third).left).toBe(-1)
  })

  test('of as many bad as good events is known', () => {
    expect(budgetOf({ good: 5, bad: 5 }, month)).toMatchObject({ leftRatio: -499, timeLeft: -1_293_408 })
  })

  test('of nothing is not known', () => {
    const budget = budgetOf({ good: 0, bad: 0 }, month)
    expect(budget.leftRatio).toBeUndefined()
    expect(budget.timeLeft).toBeUndefined()
    expect(budget.time).toBe(2592)
  })

  test('of a calendar window that runs is measured against the whole window at the traffic so far', () => {
    const budget = budgetOf({ good: 99_900, bad: 100 }, { ...month, elapsed: seconds(3 * DAY) })
    expect(budget).toMatchObject({ events: 1000, spent: 100, left: 900, leftRatio: 0.9 })
  })

  test('counted in parts of slices is shown in slices', () => {
    const budget = budgetOf({ good: 43_190e9, bad: 10e9 }, { ...month, scale: 1e9 })
    expect(budget).toMatchObject({ events: 43.2, spent: 10, left: 33.2 })
  })
})

describe('a correction of 24 hours in a week, the two ways it can be meant', () => {
  test('60 bad minutes of the 8,640 that are left, or of 10,080', () => {
    const share = (bad: number, total: number) => floorPercent(ratio((total - bad) / total), 3)
    expect([share(60, 8640), share(60, 10_080)]).toEqual(['99.305', '99.404'])
  })
})

describe('a share in percent, rounded down', () => {
  test.each([
    [1435 / 1440, 3, '99.652'],
    [1430 / 1440, 3, '99.305'],
    [0.99999999, 3, '99.999'],
    [1, 3, '100.000'],
    [0.29, 0, '29'],
    [0.289999999, 0, '28'],
    [0.999, 1, '99.9'],
    [-0.001, 0, '-1'],
    [-2.0000001, 1, '-200.1'],
  ])('%f with %i decimals is %s', (share, decimals, text) => {
    expect(floorPercent(ratio(share), decimals)).toBe(text)
  })
})

describe('how long a budget lasts, as the SRE workbook has it', () => {
  const days30 = seconds(30 * DAY)
  const lasts = (rate: number, share = 1) =>
    exhaustionOf({ share, sign: 1 }, rate, { length: days30, remaining: undefined })

  test.each([
    [2, 15 * DAY],
    [10, 3 * DAY],
    // 20.5 hours, which a rule with factor 36 would let pass.
    [35, 74_057],
    // 43.2 minutes.
    [1000, 2592],
  ])('at rate %i: %i seconds', (rate, length) => {
    expect(lasts(rate)).toEqual({ kind: 'in', seconds: length })
  })

  test('at the even pace or below: never', () => {
    expect([lasts(1), lasts(0.5), lasts(0)]).toEqual([
      { kind: 'never' },
      { kind: 'never' },
      { kind: 'never' },
    ])
  })

  test('half of it lasts half as long', () => {
    expect(lasts(10, 0.5)).toEqual({ kind: 'in', seconds: 1.5 * DAY })
  })

  test('of nothing, or without a rate, is not known', () => {
    const time = { length: days30, remaining: undefined }
    expect(exhaustionOf({ share: undefined, sign: 1 }, 10, time)).toEqual({ kind: 'unknown' })
    expect(exhaustionOf({ share: 1, sign: 1 }, undefined, time)).toEqual({ kind: 'unknown' })
  })

  test('once nothing is left: exhausted, at any rate', () => {
    const time = { length: days30, remaining: undefined }
    expect(exhaustionOf({ share: 0, sign: 0 }, 0, time)).toEqual({ kind: 'exhausted' })
    expect(exhaustionOf({ share: -1, sign: -1 }, undefined, time)).toEqual({ kind: 'exhausted' })
  })

  test('longer than a calendar window still runs: never', () => {
    const time = { length: days30, remaining: seconds(2 * DAY) }
    expect(exhaustionOf({ share: 1, sign: 1 }, 10, time)).toEqual({ kind: 'never' })
    expect(exhaustionOf({ share: 0.5, sign: 1 }, 10, time)).toEqual({ kind: 'in', seconds: 1.5 * DAY })
    const justEnough = { length: days30, remaining: seconds(3 * DAY) }
    expect(exhaustionOf({ share: 1, sign: 1 }, 10, justEnough)).toEqual({ kind: 'never' })
  })
})

test('what is left is 100 × (SLI - target) ÷ (100 - target), in percent', () => {
  expect(budgetOf({ good: 9995, bad: 5 }, month).leftRatio).toBe(0.5)
})

describe('what is not measured', () => {
  const now = unixSeconds(MONDAY + 12 * HOUR)
  const one = slo({
    windows: [rolling(1)],
    policy: pagesOnly,
    sources: ['edge'],
    objectives: [objective({ allowed: perMillion(10_000) })],
  })
  const budgetWith = (knownMinutes: number, counts: { readonly good: number; readonly bad: number }) => {
    const timelines = createTimelines([one], { now })
    const span = { from: unixSeconds(now - knownMinutes * 60), to: now, state: 'known' as const }
    timelines.cover('edge', [span])
    feedAll(timelines, [one], { now, minutes: [{ at: now / 60 - 5, labels: {}, ...counts }] })
    return timelines.evaluate(now)[0]!.windows[0]!.budget
  }

  test('makes the budget an interval: from all of it bad to all of it good, at the traffic that was seen', () => {
    // Half of the day is known, and had 720 events: the other half is taken to have had 720 too.
    const { interval, leftRatio } = budgetWith(720, { good: 717, bad: 3 })
    expect(leftRatio).toBe(1 - 3 / 7.2)
    expect(interval).toEqual({ low: (14.4 - 723) / 14.4, high: (14.4 - 3) / 14.4 })
  })

  test('is nothing while all is known, and unlimited without anything to go by', () => {
    expect(budgetWith(1440, { good: 717, bad: 3 }).interval).toBeUndefined()
    expect(budgetWith(0, { good: 717, bad: 3 }).interval).toBeUndefined()
    expect(budgetWith(720, { good: 0, bad: 0 }).interval).toBeUndefined()
  })
})
