import { describe, expect, test } from 'vitest'
import { DAY, HOUR, perMillion, seconds, type UnixSeconds, unixSeconds } from '../../src/base/index.ts'
import { createTimelines, type Timelines } from '../../src/slo/index.ts'
import { feedAll, known, type Minute, MONDAY, objective, pagesOnly, rolling, slo } from './estate.ts'

const noon = unixSeconds(MONDAY + 12 * HOUR)
const week = slo({ windows: [rolling(7)], sources: ['edge'], policy: pagesOnly })
const minute = (age: number, good: number, bad: number): Minute => ({
  at: noon / 60 - age,
  labels: {},
  good,
  bad,
})

/** A number of its own for each minute, and every minute has bad ones. */
const busy = (age: number): Minute =>
  minute(age, 1000 + ((Math.abs(age) * 7919) % 997), 1 + ((Math.abs(age) * 104_729) % 89))

const sumOf = (minutes: readonly Minute[], from: number, to: number) => {
  const inside = minutes.filter((m) => m.at * 60 >= from && m.at * 60 < to)
  return {
    good: inside.reduce((sum, m) => sum + m.good, 0),
    bad: inside.reduce((sum, m) => sum + m.bad, 0),
  }
}

function countsOf(timelines: Timelines, from: number, to: number) {
  const range = { from: unixSeconds(from), to: unixSeconds(to) }
  return timelines.counts('s', 'o', { scope: {}, range })
}

function started(minutes: readonly Minute[], one = week, now: UnixSeconds = noon) {
  const timelines = createTimelines([one], { now })
  known(timelines, now)
  feedAll(timelines, [one], { now, minutes })
  return timelines
}

describe('minutes that a window begins among as they leave the last hours', () => {
  // The last nine hours are held by the minute; this window is an hour longer, and so begins among those that just left.
  const one = { ...week, windows: [{ kind: 'rolling' as const, name: '10h', length: seconds(10 * HOUR) }] }
  const minutes = Array.from({ length: 24 * 60 }, (_, i) => busy(12 * 60 - i))

  test('are kept, and each window is exact without reading them again', () => {
    const timelines = started(
      minutes.filter((m) => m.at * 60 < noon),
      one,
    )
    const size = timelines.size().bytes
    for (let step = 1; step <= 8; step++) {
      const now = unixSeconds(noon + step * (HOUR + 420))
      known(timelines, now)
      const old = timelines.needs(now).filter((need) => need.range.to <= now - 2 * HOUR)
      expect(old).toEqual([])
      feedAll(timelines, [one], { now, minutes: minutes.filter((m) => m.at * 60 < now) })
      const [window] = timelines.evaluate(now)[0]!.windows
      expect(window!.range.to - window!.range.from).toBe(10 * HOUR)
      expect(window!.counts).toEqual(sumOf(minutes, window!.range.from, window!.range.to))
    }
    // What no window begins among any more is let go of.
    expect(timelines.size().bytes).toBeLessThanOrEqual(size)
  })
})

describe('what comes late', () => {
  const minutes = Array.from({ length: 11_000 }, (_, i) => busy(i + 1)).filter((m) => m.at % 3 === 0)
  const bucketsOf = (from: number, values: readonly (readonly [number, number])[], width = 60) => ({
    scope: {},
    start: unixSeconds(from),
    width,
    good: values.map(([good]) => good),
    bad: values.map(([, bad]) => bad),
  })
  const changed = (from: number, count: number) =>
    Array.from({ length: count }, (_, i): [number, number] => [i + 5, 2 * i + 1]).map(
      ([good, bad], i): Minute => ({ at: from / 60 + i, labels: {}, good, bad }),
    )
  const withLate = (late: readonly Minute[]) => {
    const at = new Set(late.map((m) => m.at))
    return [...minutes.filter((m) => !at.has(m.at)), ...late]
  }
  const load = (timelines: Timelines, late: readonly Minute[]) =>
    timelines.load(
      's',
      'i',
      bucketsOf(
        late[0]!.at * 60,
        late.map((m) => [m.good, m.bad]),
      ),
    )

  test.each([
    ['at its beginning', 0, 10],
    ['inside of it', 25, 10],
    ['at its end', 50, 10],
    ['all of it', 0, 60],
  ])('for an hour whose minutes are held, %s, is counted minute by minute', (_name, first, count) => {
    const timelines = started(minutes)
    const hour = noon - 7 * DAY
    const late = changed(hour + first * 60, count)
    load(timelines, late)
    const all = withLate(late)
    for (const [from, to] of [
      [0, 60],
      [0, 24],
      [24, 36],
      [36, 60],
      [first, first + count],
      [49, 51],
    ] as const)
      expect(countsOf(timelines, hour + from * 60, hour + to * 60)).toEqual(
        sumOf(all, hour + from * 60, hour + to * 60),
      )
    expect(countsOf(timelines, hour, noon)).toEqual(sumOf(all, hour, noon))
  })

  test('for whole hours is counted, and the hours of which only a part came are needed again', () => {
    const timelines = started(minutes)
    const before = timelines.needs(noon)
    const begin = noon - 3 * DAY
    const late = changed(begin + 30 * 60, 4 * 60)
    load(timelines, late)
    // Both torn hours are as they were, and the three between them are new.
    expect(countsOf(timelines, begin, begin + HOUR)).toEqual(sumOf(minutes, begin, begin + HOUR))
    expect(countsOf(timelines, begin + HOUR, begin + 4 * HOUR)).toEqual(
      sumOf(late, begin + HOUR, begin + 4 * HOUR),
    )
    expect(countsOf(timelines, begin + 4 * HOUR, begin + 5 * HOUR)).toEqual(
      sumOf(minutes, begin + 4 * HOUR, begin + 5 * HOUR),
    )
    const hours = timelines.needs(noon).filter((need) => need.width === 3600)
    expect(hours.map(({ range }) => [(range.from - begin) / HOUR, (range.to - begin) / HOUR])).toEqual([
      [0, 1],
      [4, 5],
    ])
    feedAll(timelines, [week], { now: noon, minutes: withLate(late) })
    expect(timelines.needs(noon)).toEqual(before)
    expect(countsOf(timelines, begin, noon)).toEqual(sumOf(withLate(late), begin, noon))
  })

  test('by the hour changes only hours of which no minutes are held', () => {
    const timelines = started(minutes)
    // Nine hours are held by the minute.
    const edge = noon - 9 * HOUR
    timelines.load(
      's',
      'i',
      bucketsOf(
        edge - 2 * HOUR,
        [
          [10, 1],
          [20, 2],
          [40, 4],
          [80, 8],
        ],
        3600,
      ),
    )
    expect(countsOf(timelines, edge - 2 * HOUR, edge - HOUR)).toEqual({ good: 10, bad: 1 })
    expect(countsOf(timelines, edge - HOUR, edge)).toEqual({ good: 20, bad: 2 })
    expect(countsOf(timelines, edge, edge + 2 * HOUR)).toEqual(sumOf(minutes, edge, edge + 2 * HOUR))
  })
})

describe('what is declared complete', () => {
  const needs = (timelines: Timelines, now: UnixSeconds = noon) =>
    timelines.needs(now).map((n) => [n.width, (n.range.from - noon) / HOUR, (n.range.to - noon) / HOUR])
  const declare = (timelines: Timelines, width: number, from: number, to: number) =>
    timelines.loaded({
      slo: 's',
      width: seconds(width),
      range: { from: unixSeconds(noon + from * HOUR), to: unixSeconds(noon + to * HOUR) },
      at: noon,
    })

  test('by the hour are hours, and no minutes of them', () => {
    const timelines = createTimelines([week], { now: noon })
    declare(timelines, 3600, -171, 0)
    expect(needs(timelines).filter(([, from]) => from! < -8)).toEqual([
      [60, -170, -166],
      [60, -9, expect.any(Number)],
    ])
    // What then leaves the last hours was never held.
    expect(needs(timelines, unixSeconds(noon + 5 * HOUR)).filter(([width]) => width === 3600)).toEqual([
      [3600, -9, -4],
    ])
  })

  test('of a part of an hour, or of no whole one, is not that hour', () => {
    const timelines = started([])
    const range = { from: unixSeconds(noon - 50 * HOUR), to: unixSeconds(noon - 48 * HOUR) }
    timelines.touched('edge', range)
    declare(timelines, 60, -50, -49.5)
    declare(timelines, 3600, -49.75, -48.25)
    expect(needs(timelines).filter(([width]) => width === 3600)).toEqual([[3600, -50, -48]])
    declare(timelines, 60, -50, -49)
    expect(needs(timelines).filter(([width]) => width === 3600)).toEqual([[3600, -49, -48]])
    declare(timelines, 3600, -49, -48)
    expect(needs(timelines).filter(([width]) => width === 3600)).toEqual([])
  })

  test('by the hour is nothing of slices, which are judged from minutes', () => {
    const slice = { width: seconds(300), allowed: perMillion(0) }
    const one = { ...week, method: 'timeslices' as const, objectives: [objective({ slice })] }
    const timelines = createTimelines([one], { now: noon })
    const before = needs(timelines)
    declare(timelines, 3600, -171, 0)
    timelines.load('s', 'i', {
      scope: {},
      start: unixSeconds(noon - 20 * HOUR),
      width: 3600,
      good: [0],
      bad: [5],
    })
    expect(needs(timelines)).toEqual(before)
    expect(timelines.evaluate(noon)[0]!.windows[0]!.counts.bad).toBe(0)
  })
})

describe('very many events', () => {
  const many = 3_000_000_000
  const day = { ...week, windows: [rolling(7), rolling(1)] }

  test('are counted exactly when the running sums pass 2^32, in the running minute too', () => {
    const minutes = [minute(5, many - 7, 7), minute(-13 * 60 - 10, 5, many), minute(-13 * 60 - 20, many, 3)]
    const timelines = started(minutes.slice(0, 1), day)
    const at = (later: number) => {
      const now = unixSeconds(noon + later)
      known(timelines, now)
      feedAll(timelines, [day], { now, minutes: minutes.filter((m) => m.at * 60 <= now) })
      return timelines.evaluate(now)[0]!
    }
    // The first of them has left the minutes when the next comes, and the sums have gone on from it.
    for (const later of [5 * HOUR, 10 * HOUR])
      expect(at(later).windows[0]!.counts).toEqual({ good: many - 7, bad: 7 })
    const first = at(13 * HOUR + 10 * 60 + 30)
    expect([first.verdicts[0]!.end - noon, first.verdicts[0]!.long.counts]).toEqual([
      13 * HOUR + 11 * 60,
      { good: 5, bad: many },
    ])
    const second = at(13 * HOUR + 30 * 60)
    expect(second.verdicts[0]!.long.counts).toEqual({ good: many + 5, bad: many + 3 })
    expect(second.windows[0]!.counts).toEqual({ good: 2 * many - 2, bad: many + 10 })
  })

  test('are counted exactly when they are 2^32, and what was counted before stays', () => {
    const minutes = [minute(30, 90, 10), minute(29, 80, 20), minute(20, 2 ** 32 - 5, 5), minute(3, 70, 30)]
    const timelines = started(minutes)
    for (const { at, good, bad } of minutes)
      expect(countsOf(timelines, at * 60, at * 60 + 60)).toEqual({ good, bad })
    expect(countsOf(timelines, noon - HOUR, noon)).toEqual(sumOf(minutes, noon - HOUR, noon))
    const alone = started([minute(20, 2 ** 32, 0)])
    expect(countsOf(alone, noon - 1200, noon - 1140)).toEqual({ good: 2 ** 32, bad: 0 })
  })

  test('a minute that comes after others and not next to them is that minute', () => {
    const timelines = createTimelines([week], { now: noon })
    for (const m of [minute(30, 9, 1), minute(25, 8, 2), minute(10, 7, 3)])
      timelines.load('s', 'i', {
        scope: {},
        start: unixSeconds(m.at * 60),
        width: 60,
        good: [m.good],
        bad: [m.bad],
      })
    const found = [31, 30, 29, 26, 25, 24, 11, 10, 9].map((age) => {
      const from = noon - age * 60
      return countsOf(timelines, from, from + 60)!.bad
    })
    expect(found).toEqual([0, 1, 0, 0, 2, 0, 0, 3, 0])
  })
})
