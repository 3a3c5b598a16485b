import { expect, test } from 'vitest'
import { labelsKey, unixSeconds } from '../../src/base/index.ts'
import { createDraws } from '../../src/cli/dev/estate/draws.ts'
import { createEstate, ordinaryPerMinute } from '../../src/cli/dev/estate/estate.ts'
import { LIVE_FAULT_AFTER } from '../../src/cli/dev/estate/faults.ts'
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
  expect(evening / night).toBeGreaterThan(5)
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

test('the live fault takes one cloud from checkout, half a minute after the start, for about a minute', () => {
  const estate = createEstate({ seed: 1, liveFrom })
  const range = { from: liveFrom, to: unixSeconds(liveFrom + 600) }
  const live = estate.faultsIn(range).filter((fault) => fault.range.from > liveFrom)
  expect(live).toHaveLength(1)
  expect(live[0]?.where).toEqual({ service: 'checkout', provider: 'gcp' })
  const { from = 0, to = 0 } = live[0]?.range ?? {}
  expect(from).toBe(liveFrom + LIVE_FAULT_AFTER)
  expect(to - from).toBeGreaterThan(45)
  expect(to - from).toBeLessThan(90)
})

test('at whatever hour of the week it starts, the live fault pages, and leaves no slower rule burning', () => {
  // 99.9 %: one in a thousand may fail, and few in ten thousand fail on an ordinary day.
  const allowed = 0.001
  const ordinary = 0.0003
  for (let hour = 0; hour < 168; hour++) {
    const start = unixSeconds(liveFrom + hour * 3_600)
    const estate = createEstate({ seed: 1, liveFrom: start })
    const hit = estate.series.filter(
      ({ service, place }) => service.name === 'checkout' && place.provider === 'gcp',
    )
    const perMinute = (at: number): number => hit.reduce((n, each) => n + ordinaryPerMinute(each, at), 0)
    const [fault] = estate
      .faultsIn({ from: start, to: unixSeconds(start + 300) })
      .filter(({ range }) => range.from > start)
    const { from = 0, to = 0 } = fault?.range ?? {}
    const failed = (perMinute(from) * (to - from)) / 60
    const rate = (hours: number): number => {
      let all = 0
      for (let minute = 0; minute < hours * 60; minute += 5) all += 5 * perMinute(from - minute * 60)
      return (failed / all + ordinary) / allowed
    }
    // Far enough from each threshold that the luck of the draw does not cross it.
    expect(rate(1), `${hour}: 1 h`).toBeGreaterThan(14.4 * 1.1)
    expect(rate(6), `${hour}: 6 h`).toBeLessThan(6 * 0.92)
    expect(rate(24), `${hour}: 1 d`).toBeLessThan(3 * 0.8)
    expect(rate(72), `${hour}: 3 d`).toBeLessThan(1 * 0.95)
  }
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
