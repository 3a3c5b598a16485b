import { describe, expect, test } from 'vitest'
import { DAY, later, type Range, unixSeconds } from '../../src/base/index.ts'
import type * as wire from '../../src/contract/index.ts'
import type { PlannedJourney } from '../../src/service/journeys/plan.ts'
import { providerLedger } from '../../src/service/journeys/providers.ts'
import { simulate } from '../../src/service/journeys/simulate.ts'
import { minutesIn, studyOf } from '../../src/service/journeys/study.ts'
import { type Estate, estateOf, journey, NOVEMBER } from './journey-estate.ts'

const minutes = (from: number, count: number): Range => ({
  from: unixSeconds(from),
  to: unixSeconds(from + count * 60),
})
const NOW = later(NOVEMBER, 10 * DAY)
const FALLBACK =
  '{ any: [{ slo: pay, where: { cloud_provider: aws } }, { slo: pay, where: { cloud_provider: gcp } }] }'
const SERIES = '{ all: [{ slo: pay }, { slo: ship }] }'

function only({ journeys }: Estate): PlannedJourney {
  const [planned] = journeys
  if (!planned) throw new Error('there is no journey')
  return planned
}

/** Minutes in which everybody was let down, over the journey's window. */
function spent({ keeper }: Estate, now: number): number | undefined {
  return keeper.timelines.evaluate(unixSeconds(now))[0]?.windows[0]?.counts.bad
}

describe('minutes of a journey', () => {
  test('are read once for all journeys that rest on the same SLO', async () => {
    const estate = estateOf(journey('a', SERIES) + journey('b', FALLBACK) + journey('c', '{ slo: pay }'))
    // Not around midnight, where minutes are of two days.
    const now = NOW + 3 * 3_600
    estate.cover(now)
    await estate.learn(now)
    const reads = estate.reads()
    await estate.learn(now + 60, [minutes(now - 60, 1)])
    // Two SLOs, whatever rests on them.
    expect(estate.reads() - reads).toBe(2)
  })

  test('change with what was written late, and only then', async () => {
    const estate = estateOf(journey('buy', SERIES))
    estate.cover(NOW)
    await estate.learn(NOW)
    expect(spent(estate, NOW)).toBe(0)
    const late = minutes(NOW - 3 * DAY, 10)
    estate.fail('pay', 'aws', late, 100)
    await estate.learn(NOW + 5)
    expect(spent(estate, NOW + 5)).toBe(0)
    await estate.learn(NOW + 10, [late])
    expect(spent(estate, NOW + 10)).toBe(5)
    // What is told again and says the same changes nothing.
    await estate.learn(NOW + 15, [late])
    await estate.learn(NOW + 20, [late])
    expect(spent(estate, NOW + 20)).toBe(5)
    estate.fail('pay', 'aws', late, 50)
    await estate.learn(NOW + 25, [late])
    expect(spent(estate, NOW + 25)).toBe(2.5)
  })

  test('come to the same minute by minute as when all of it is read at once', async () => {
    const one = estateOf(journey('buy', SERIES))
    let now: number = NOW
    one.cover(now)
    await one.learn(now)
    for (let tick = 0; tick < 130; tick++) {
      now += 60
      const fresh = minutes(now - 60, 1)
      one.fail('pay', 'aws', fresh, (tick * 37) % 50)
      one.fail('ship', 'gcp', fresh, tick % 3 === 0 ? 10 : 0)
      one.cover(now)
      await one.learn(now, [minutes(now - 180, 3)])
    }
    const bad = spent(one, now)
    const again = estateOf(journey('buy', SERIES), unixSeconds(now))
    for (let tick = 0; tick < 130; tick++) {
      const fresh = minutes(NOW + tick * 60, 1)
      again.fail('pay', 'aws', fresh, (tick * 37) % 50)
      again.fail('ship', 'gcp', fresh, tick % 3 === 0 ? 10 : 0)
    }
    again.cover(now)
    await again.learn(now)
    expect(bad).toBeGreaterThan(10)
    expect(spent(again, now)).toBe(bad)
  })

  test('wait for a part that is not heard of yet, and then go on without it', async () => {
    const estate = estateOf(journey('buy', SERIES))
    estate.cover(NOW - 300)
    estate.fail('pay', 'aws', minutes(NOW - 200, 3), 100)
    await estate.learn(NOW)
    const [evaluation] = estate.keeper.timelines.evaluate(NOW)
    expect(evaluation?.windows[0]?.counts.bad).toBe(0)
    expect(evaluation?.windows[0]?.coverage.completeThrough ?? 0).toBeLessThanOrEqual(NOW - 300)
  })
})

describe('what a journey lost', () => {
  const outage = minutes(NOVEMBER + 5 * DAY, 60)

  test('is put down to parts, clouds and providers, and adds up', async () => {
    const estate = estateOf(journey('buy', SERIES))
    estate.cover(NOW)
    estate.fail('pay', 'aws', outage, 80)
    estate.fail('ship', 'gcp', minutes(outage.from + 1_800, 60), 33)
    const range = { from: NOVEMBER, to: NOW }
    const study = await studyOf(estate.sources(NOW), only(estate), range)
    const units = (keep: (cause: (typeof study.causes)[number]) => boolean): number =>
      study.causes.filter(keep).reduce((sum, cause) => sum + cause.units, 0)
    expect(units(() => true)).toBe(study.shortfall)
    // 40 % of an hour, and 16.5 % of an hour; half of what coincided is taken from each.
    expect(minutesIn(study.shortfall)).toBeCloseTo(24 + 9.9 - 30 * 0.4 * 0.165, 9)
    expect(minutesIn(units(({ leaf }) => leaf === 0))).toBeCloseTo(24 - 15 * 0.4 * 0.165, 9)
    expect(units(({ provider }) => provider === 'aws-elb')).toBe(units(({ leaf }) => leaf === 0))
    expect(new Set(study.causes.map(({ cloud }) => cloud))).toEqual(new Set(['aws', 'gcp']))
  })

  test('is nothing while a fallback holds', async () => {
    const estate = estateOf(journey('buy', FALLBACK))
    estate.cover(NOW)
    estate.fail('pay', 'aws', outage, 100)
    const study = await studyOf(estate.sources(NOW), only(estate), { from: NOVEMBER, to: NOW })
    expect(study).toMatchObject({ shortfall: 0, causes: [] })
  })
})

describe('a replay of the past', () => {
  const from = NOVEMBER + 2 * DAY
  const outage = minutes(from + 3_600, 60)
  const ask = async (tree: string, asked: wire.WhatIf, prepare?: (estate: Estate) => void) => {
    const estate = estateOf(journey('buy', tree))
    estate.cover(NOW)
    prepare?.(estate)
    return simulate(estate.sources(NOW), {
      shown: estate.shown(NOW),
      planned: only(estate),
      asked: { ...asked, from, to: from + DAY },
    })
  }
  const aws = (estate: Estate): void => estate.fail('pay', 'aws', outage, 100)

  test('has figures over one range, which divide into each other', async () => {
    const { before, after } = await ask(SERIES, { target: '99.5' }, aws)
    for (const side of [before, after]) {
      expect(side.badMinutes).toBe(30)
      expect(side.sli).toBeCloseTo(1 - 30 / 1_440, 12)
      expect(side.allowedMinutes).toBeCloseTo(1_440 * (1 - Number(side.target) / 100), 9)
      expect(side.leftRatio).toBeCloseTo(1 - side.badMinutes / side.allowedMinutes, 12)
      expect(side.left.at(-1)).toBe(side.leftRatio)
      expect(side.left[0]).toBe(1)
    }
    expect([before.target, after.target]).toEqual(['99.9', '99.5'])
  })

  test('fires once for an outage that comes and goes', async () => {
    const { before } = await ask(SERIES, {}, (estate) => {
      // Five bad minutes, five good ones, for three hours.
      for (let i = 0; i < 18; i++) estate.fail('pay', 'aws', minutes(outage.from + i * 600, 5), 60)
    })
    const pages = before.alerts.filter(({ severity }) => severity === 'page')
    expect(new Set(pages.map(({ rule }) => rule)).size).toBe(pages.length)
    for (const { from: first, to } of before.alerts) {
      expect(first).toBeGreaterThanOrEqual(outage.from)
      expect(to ?? 0).toBeGreaterThan(first)
    }
  })

  test('with a cloud gone counts what was good there as bad', async () => {
    const gone = [{ cloud: 'aws', ...outage }]
    expect((await ask(SERIES, { gone })).after.badMinutes).toBeCloseTo(60 * 0.75, 9)
    expect((await ask(FALLBACK, { gone })).after).toMatchObject({ badMinutes: 0, alerts: [] })
    const both = [...gone, { cloud: 'gcp', ...outage }]
    expect((await ask(FALLBACK, { gone: both })).after.badMinutes).toBe(60)
  })

  test('without a part, with one more and with a stand-in', async () => {
    expect((await ask(SERIES, { drop: ['pay'] }, aws)).after.badMinutes).toBe(0)
    const { after } = await ask(SERIES, { add: [{ name: 'sms', percent: '99' }] })
    expect(after.badMinutes).toBeCloseTo(14.4, 6)
    const standby = [{ leaf: 'pay', percent: '90' }]
    expect((await ask(SERIES, { standby }, aws)).after.badMinutes).toBeCloseTo(3, 6)
  })

  test('with its routes weighed otherwise', async () => {
    const tree = FALLBACK.replace('any', 'routes')
    const { before, after } = await ask(tree, { routing: { aws: 10, gcp: 90 } }, aws)
    expect(before.badMinutes).toBeCloseTo(30, 9)
    expect(after.badMinutes).toBeCloseTo(6, 9)
  })

  test.each([
    [{ drop: ['mail'] }, 'buy has no part mail: it has pay, ship'],
    [{ target: '101' }, '101 is not a percentage such as 99.95'],
    [{ add: [{ name: 'sms', percent: 'most' }] }, 'most is not a percentage such as 99.95'],
  ])('of %j is refused in words', async (asked, words) => {
    await expect(ask(SERIES, asked)).rejects.toThrow(words)
  })
})

describe('the account of a provider', () => {
  const account = async (failing: number, month: string | undefined = '2026-11') => {
    const estate = estateOf(journey('buy', SERIES))
    estate.cover(NOW)
    estate.fail('pay', 'aws', minutes(NOVEMBER + DAY, failing), 100)
    estate.fail('pay', 'gcp', minutes(NOVEMBER + 2 * DAY, 500), 100)
    const asked = { shown: estate.shown(NOW), month, inputsOf: () => [] }
    return (await providerLedger(estate.ledger, asked)).providers[0]
  }

  test.each([
    // Of 43,200 minutes 99.99 % leaves 4.32, 99 % leaves 432 and 95 % leaves 2,160.
    [4, false, null],
    [5, true, '10'],
    [432, true, '10'],
    [433, true, '25'],
    [2_161, true, '100'],
  ])('after %i bad minutes in a month', async (failing, breached, percent) => {
    const found = await account(failing)
    expect(found).toMatchObject({ name: 'aws-elb', badMinutes: failing, breached, slos: ['pay'] })
    expect(found?.allowedMinutes).toBeCloseTo(4.32, 9)
    expect(found?.credit?.percent ?? null).toBe(percent)
  })

  test('holds the worst minutes with traces, of its own cloud alone, and the part of the month that was measured', async () => {
    const found = await account(3)
    expect(found?.evidence.map(({ minute, bad }) => [minute - NOVEMBER, bad])).toEqual([
      [DAY, 100],
      [DAY + 60, 100],
      [DAY + 120, 100],
    ])
    expect(found?.evidence[0]?.traceIds).toEqual([`trace-${NOVEMBER + DAY}`])
    expect(found).toMatchObject({ coverage: 1, measuredMinutes: 14_400, good: 1_439_700, bad: 300 })
  })

  test('of a month of which nothing is known says nothing', async () => {
    const found = await account(3, '2026-12')
    expect(found).toMatchObject({
      measured: null,
      coverage: null,
      measuredMinutes: 0,
      breached: false,
      credit: null,
    })
    expect((await account(3, undefined))?.badMinutes).toBe(3)
  })
})
