import { expect, test } from 'vitest'
import { labelsKey, unixSeconds } from '../../src/base/index.ts'
import { createDraws } from '../../src/cli/dev/estate/draws.ts'
import { createEstate, ordinaryPerMinute } from '../../src/cli/dev/estate/estate.ts'
import { LIVE_FAULT_AFTER, LIVE_FAULT_FOR } from '../../src/cli/dev/estate/faults.ts'
import { recordedAs } from '../../src/cli/dev/estate/recorded.ts'
import { activityAt } from '../../src/cli/dev/estate/rhythm.ts'
import { drawMs, shapeOf } from '../../src/cli/dev/estate/shape.ts'
import { ENDINGS, SHOP } from '../../src/cli/dev/estate/shop.ts'

const liveFrom = unixSeconds(1_790_000_000)
const DAY = 86_400
/** 2026-09-21 is a Monday; its midnight in Japan. */
const MONDAY_IN_JAPAN = Math.floor((1_789_916_400 + 9 * 3_600) / DAY) * DAY - 9 * 3_600

test('eight services run in four clouds and regions as about fifty series', () => {
  const { series } = createEstate({ seed: 1, liveFrom })
  expect(new Set(series.map((each) => each.service.name)).size).toBe(8)
  expect(new Set(series.map((each) => each.place.provider))).toEqual(new Set(['aws', 'gcp', 'azure', 'rack']))
  expect(series.length).toBeGreaterThan(40)
  expect(series.length).toBeLessThan(70)
  expect(new Set(series.map((each) => labelsKey(recordedAs(each, ENDINGS.ok).labels))).size).toBe(
    series.length,
  )
})

test('shares add up to all of the traffic', () => {
  for (const service of SHOP) {
    expect(service.runsIn.reduce((sum, each) => sum + each.share, 0)).toBeCloseTo(1)
    expect(service.operations.reduce((sum, each) => sum + each.share, 0)).toBeCloseTo(1)
  }
})

test('people sleep at four in the morning and shop after dinner, by the clock of Japan', () => {
  const night = activityAt('people', MONDAY_IN_JAPAN + 4.5 * 3_600, 9)
  const evening = activityAt('people', MONDAY_IN_JAPAN + 21.5 * 3_600, 9)
  expect(evening / night).toBeGreaterThan(8)
  expect(activityAt('machines', MONDAY_IN_JAPAN, 9)).toBe(1)
})

test('the weekend is busier than the week, and the average of a week is one', () => {
  const dayAverage = (day: number): number => {
    let sum = 0
    for (let minute = 0; minute < 1_440; minute++) {
      sum += activityAt('people', MONDAY_IN_JAPAN + day * DAY + minute * 60, 9)
    }
    return sum / 1_440
  }
  const days = [0, 1, 2, 3, 4, 5, 6].map(dayAverage)
  expect(days[6]).toBeGreaterThan((days[2] ?? 0) * 1.15)
  expect(days.reduce((a, b) => a + b, 0) / 7).toBeCloseTo(1, 1)
})

test('another seed gives another day, the same seed the same', () => {
  const rates = (seed: number): number[] =>
    createEstate({ seed, liveFrom }).series.map((each) => ordinaryPerMinute(each, liveFrom))
  expect(rates(1)).toEqual(rates(1))
  expect(rates(1)).not.toEqual(rates(2))
})

test('the live fault takes one cloud from checkout, half a minute after the start, and heals', () => {
  const estate = createEstate({ seed: 1, liveFrom })
  const range = { from: liveFrom, to: unixSeconds(liveFrom + 600) }
  const live = estate.faultsIn(range).filter((fault) => fault.range.from > liveFrom)
  expect(live).toHaveLength(1)
  expect(live[0]?.where).toEqual({ service: 'checkout', provider: 'gcp' })
  expect(live[0]?.range).toEqual({
    from: liveFrom + LIVE_FAULT_AFTER,
    to: liveFrom + LIVE_FAULT_AFTER + LIVE_FAULT_FOR,
  })
})

test('a later run that keeps the anchor keeps the past', () => {
  const past = { from: unixSeconds(liveFrom - 20 * DAY), to: liveFrom }
  const first = createEstate({ seed: 1, liveFrom })
  const later = createEstate({ seed: 1, liveFrom: unixSeconds(liveFrom + 3 * DAY), anchor: liveFrom })
  expect(later.faultsIn(past)).toEqual(first.faultsIn(past))
  expect(first.faultsIn(past).length).toBeGreaterThan(5)
})

test('wherever the four weeks of faults are cut, each is there', () => {
  const estate = createEstate({ seed: 1, liveFrom })
  const names = (days: number): Set<string> =>
    new Set(
      estate
        .faultsIn({ from: unixSeconds(liveFrom + (days - 30) * DAY), to: unixSeconds(liveFrom + days * DAY) })
        .map((fault) => fault.name),
    )
  const past = names(0)
  for (const days of [5, 17, 28, 90]) for (const name of past) expect(names(days)).toContain(name)
})

test('few requests are slow, as many as the operation says, whether drawn one by one or at once', () => {
  const operation = SHOP[0]?.operations[0]
  if (!operation) throw new Error('the shop has no operation')
  const pace = { body: 1, slow: 1, tail: 4 }
  const draws = createDraws()
  draws.start(7)
  const drawn = 40_000
  let slow = 0
  for (let i = 0; i < drawn; i++) {
    if (drawMs(operation.latency, { pace, takes: 'served' }, draws) >= operation.latency.slowFromMs) slow++
  }
  const shape = shapeOf(operation.latency, pace)
  const at = shape.ms.findLastIndex((ms) => ms < operation.latency.slowFromMs)
  expect(1 - (shape.upTo[at] ?? 0)).toBeCloseTo(operation.latency.slowShare * 4, 6)
  expect(slow / drawn).toBeCloseTo(operation.latency.slowShare * 4, 2)
})

test('drawn numbers have the mean that was asked for', () => {
  const draws = createDraws()
  draws.start(3)
  const mean = (draw: () => number): number => {
    let sum = 0
    for (let i = 0; i < 20_000; i++) sum += draw()
    return sum / 20_000
  }
  expect(mean(() => draws.poisson(0.2))).toBeCloseTo(0.2, 1)
  expect(mean(() => draws.poisson(7))).toBeCloseTo(7, 0)
  expect(mean(() => draws.poisson(300))).toBeCloseTo(300, -1)
  expect(mean(() => draws.binomial(10, 0.3))).toBeCloseTo(3, 0)
  expect(mean(() => draws.binomial(1_000, 0.9))).toBeCloseTo(900, -1)
  expect(draws.binomial(5, 1)).toBe(5)
  expect(draws.binomial(5, 0)).toBe(0)
})
