import { describe, expect, test } from 'vitest'
import { DAY, HOUR, type Labels, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import { type CalendarWindow, createTimelines, type Slo } from '../../src/slo/index.ts'
import { feedAll, known, type Minute, MONDAY, objective, pagesOnly, rolling, slo } from './estate.ts'

const noon = unixSeconds(MONDAY + 12 * HOUR)
const week = slo({ windows: [rolling(7)], sources: ['edge'], policy: pagesOnly })
const day: CalendarWindow = {
  kind: 'calendar',
  name: 'day',
  unit: 'day',
  count: 1,
  start: '2026-01-01 00:00:00',
  zone: 'UTC',
}
const minute = (age: number, good: number, bad: number, labels: Labels = {}): Minute => ({
  at: noon / 60 - age,
  labels,
  good,
  bad,
})

function start(one: Slo, minutes: readonly Minute[]) {
  const timelines = createTimelines([one], { now: noon })
  const at = (later: number) => {
    const now = unixSeconds(noon + later)
    known(timelines, now)
    feedAll(timelines, [one], { now, minutes: minutes.filter((m) => m.at * 60 <= now) })
    return timelines.evaluate(now)
  }
  return { timelines, at }
}

describe('as time moves on', () => {
  test('a calendar window ends and the next begins, and a rolling one moves', () => {
    const { at } = start({ ...week, windows: [day, rolling(1)] }, [minute(60, 90, 10), minute(-721, 95, 5)])
    const bad = (later: number) => at(later)[0]!.windows.map((w) => [w.counts.bad, w.bounds.from - MONDAY])
    expect(bad(0)).toEqual([
      [10, 0],
      [10, -12 * HOUR],
    ])
    expect(bad(12 * HOUR - 60)).toEqual([
      [10, 0],
      [10, -60],
    ])
    expect(bad(12 * HOUR)).toEqual([
      [0, DAY],
      [10, 0],
    ])
    expect(bad(12 * HOUR + 120)).toEqual([
      [5, DAY],
      [15, 120],
    ])
    expect(bad(36 * HOUR)).toEqual([
      [0, 2 * DAY],
      [5, DAY],
    ])
  })

  test('a scope in which nothing happened for as long as any window looks back is no scope any more', () => {
    const aws = { cloud_provider: 'aws' }
    const { at } = start({ ...week, splitBy: ['cloud_provider'] }, [minute(5, 9, 1, aws), minute(6, 9, 1)])
    const scopes = (later: number) => at(later).map((e) => e.scope)
    expect(scopes(0)).toEqual([{}, aws])
    expect(scopes(6 * DAY)).toEqual([{}, aws])
    expect(scopes(8 * DAY)).toEqual([{}])
    expect(at(8 * DAY)[0]!.windows[0]!.counts).toEqual({ good: 0, bad: 0 })
  })

  test('a scope that comes while another goes is one from then on', () => {
    const gcp = { cloud_provider: 'gcp' }
    const { timelines, at } = start({ ...week, splitBy: ['cloud_provider'] }, [
      minute(5, 9, 1, { cloud_provider: 'aws' }),
      minute(-8 * 1440, 7, 3, gcp),
    ])
    at(0)
    expect(at(8 * DAY + 120).map((e) => [e.scope, e.windows[0]!.counts.bad])).toEqual([
      [{}, 3],
      [gcp, 3],
    ])
    at(20 * DAY)
    const range = { from: unixSeconds(noon + 20 * DAY - 600), to: unixSeconds(noon + 20 * DAY) }
    expect(timelines.counts('s', 'o', { scope: {}, range })).toEqual({ good: 0, bad: 0 })
    expect(timelines.counts('s', 'o', { scope: gcp, range })).toBeUndefined()
  })

  test('asked again about before, a calendar window is the one that held it', () => {
    const { timelines, at } = start({ ...week, windows: [day, rolling(1)] }, [minute(60, 90, 10)])
    at(0)
    at(DAY)
    const bounds = (later: number) =>
      timelines
        .evaluate(unixSeconds(noon + later))
        .map((e) => e.windows.map((w) => w.bounds.from - MONDAY))[0]
    expect(bounds(DAY)).toEqual([DAY, 12 * HOUR])
    expect(bounds(0)).toEqual([0, -12 * HOUR])
    expect(bounds(12 * HOUR)).toEqual([DAY, 0])
  })

  test('a window begins at the next hour while the minutes of the hour it begins in are not held', () => {
    const now = unixSeconds(noon + 17 * 60)
    const timelines = createTimelines([week], { now })
    known(timelines, now)
    const minutes = [minute(7 * 1440 - 20, 80, 20), minute(7 * 1440 - 50, 90, 10), minute(5, 95, 5)]
    const needs = timelines.needs(now)
    const edges = needs.find((n) => n.width === 60 && n.range.to < noon - DAY)!
    const scope = {}
    for (const { range, width } of [
      ...needs,
      { range: { from: edges.range.from, to: edges.range.to }, width: 3600 },
    ]) {
      if (range.from === edges.range.from && width === 60) continue
      const count = Math.floor((range.to - range.from) / width)
      const sums = (pick: (m: Minute) => number) =>
        Array.from({ length: count }, (_, i) =>
          minutes
            .filter((m) => Math.floor((m.at * 60 - range.from) / width) === i)
            .reduce((sum, m) => sum + pick(m), 0),
        )
      timelines.load('s', 'i', {
        scope,
        start: range.from,
        width,
        good: sums((m) => m.good),
        bad: sums((m) => m.bad),
      })
    }
    const [evaluation] = timelines.evaluate(now)
    // The week begins at 12:17, and from 13:00 on all is held: of the earlier minutes none lies there.
    expect(evaluation!.windows[0]!.range.from).toBe(noon - 7 * DAY + HOUR)
    expect(evaluation!.windows[0]!.counts).toEqual({ good: 95, bad: 5 })
    expect(evaluation!.state).toBe('exhausted')
    expect(timelines.changed(now)).toHaveLength(1)
    feedAll(timelines, [week], { now, minutes })
    const [exact] = timelines.evaluate(now)
    expect(exact!.windows[0]!.range.from).toBe(now - 7 * DAY)
    expect(exact!.windows[0]!.counts).toEqual({ good: 265, bad: 35 })
    expect(timelines.changed(now)).toEqual([])
  })

  test('only a scope that is new is told as changed when one appears', () => {
    const one = { ...week, splitBy: ['cloud_provider'] }
    const { timelines, at } = start(one, [minute(5, 9, 0, { cloud_provider: 'aws' })])
    const scopes = () => timelines.changed(noon).map((e) => e.scope['cloud_provider'])
    at(0)
    expect(scopes()).toEqual([undefined, 'aws'])
    const buckets = { start: unixSeconds(noon - 120), width: 60, good: [5], bad: [0] }
    timelines.load('s', 'i', { scope: { cloud_provider: 'gcp' }, ...buckets })
    expect(scopes()).toEqual(['gcp'])
    expect(scopes()).toEqual([])
  })

  test.each([
    ['events', {}],
    [
      'slices',
      { method: 'timeslices' as const, objectives: [objective({ slice: { width: seconds(300) } })] },
    ],
  ])('%s that are held are not needed again', (_name, change) => {
    const { timelines, at } = start({ ...week, ...change }, [minute(5, 9, 1)])
    at(0)
    const hours = (later: number) => {
      const needs = timelines.needs(unixSeconds(noon + later))
      return needs.map(({ width, range }) => [width, (range.from - noon) / 60, (range.to - noon) / 60])
    }
    let before = 0
    const old = (later: number) => hours(later).filter(([, from]) => from! < before / 60 - 10)
    // The hour in which the week begins is wanted by the minute, and each hour another one is.
    for (const later of [0, 30 * 60, HOUR, 2 * HOUR + 60, 5 * HOUR]) {
      for (const [width, from, to] of old(later)) {
        expect(width).toBe(60)
        expect(from).toBeLessThan(later / 60 - 7 * 1440 + 120)
        expect(to! - from!).toBeLessThanOrEqual(180)
      }
      at(later)
      before = later
      expect(old(later)).toEqual([])
    }
    const nineDays = 9 * DAY
    expect(hours(nineDays).length).toBeGreaterThan(0)
    at(nineDays)
    before = nineDays
    expect(old(nineDays)).toEqual([])
    timelines.touched('edge', { from: unixSeconds(noon + 5 * DAY), to: unixSeconds(noon + 5 * DAY + 60) })
    expect(old(nineDays).map(([, from]) => from)).toEqual([5 * 1440])
  })

  test.each([60, 420, 900, 7200])('slices of %i s are those of somebody who only came now', (width) => {
    const slice = { width: seconds(width), allowed: perMillion(100_000) }
    const one: Slo = {
      ...week,
      method: 'timeslices',
      splitBy: ['cloud_provider'],
      windows: [rolling(1)],
      objectives: [objective({ slice })],
    }
    const minutes = Array.from({ length: 200 }, (_, i) =>
      minute(1400 - i * 17, 10, i % 4, { cloud_provider: i % 3 === 0 ? 'aws' : 'gcp' }),
    )
    const { at } = start(one, minutes)
    at(0)
    for (const later of [HOUR, 5 * HOUR, 5 * HOUR + 1000, 30 * HOUR, 31 * HOUR]) {
      const now = unixSeconds(noon + later)
      const fresh = createTimelines([one], { now })
      known(fresh, now)
      feedAll(fresh, [one], { now, minutes: minutes.filter((m) => m.at * 60 <= now) })
      expect(at(later)).toEqual(fresh.evaluate(now))
    }
  })
})

describe('a correction of long ago', () => {
  // Two minutes of an hour that is held whole, with a correction that begins between them.
  const minutes = [minute(5 * 1440 - 20, 70, 30), minute(5 * 1440 - 40, 80, 20)]
  const from = unixSeconds(noon - 5 * DAY + 30 * 60)
  const to = unixSeconds(noon - 4 * DAY)
  const badAfter = (corrections: Parameters<ReturnType<typeof createTimelines>['correct']>[0]) => {
    const { timelines, at } = start(week, minutes)
    const before = at(0)[0]!.windows[0]!.counts.bad
    timelines.correct(corrections)
    const needs = timelines.needs(noon).filter((n) => n.range.to < noon - DAY)
    const after = at(0)[0]!.windows[0]!.counts.bad
    timelines.correct([])
    return {
      before,
      needs: needs.map((n) => [n.width, n.range]),
      after,
      lifted: at(0)[0]!.windows[0]!.counts.bad,
    }
  }

  test('needs the minutes of the hours that it cuts through, and of no others', () => {
    const hour = unixSeconds(noon - 5 * DAY)
    expect(badAfter([{ id: 'c', kind: 'exclude', scope: {}, ranges: [{ from, to }] }])).toEqual({
      before: 50,
      needs: [[60, { from: hour, to: unixSeconds(hour + HOUR) }]],
      after: 30,
      lifted: 50,
    })
  })

  test('on whole hours, or older than every window, needs none', () => {
    const ranges = [
      { from: unixSeconds(noon - 6 * DAY), to },
      { from: unixSeconds(noon - 20 * DAY + 60), to: unixSeconds(noon - 19 * DAY + 60) },
    ]
    expect(badAfter([{ id: 'c', kind: 'forgive', scope: {}, ranges }])).toEqual({
      before: 50,
      needs: [],
      after: 0,
      lifted: 50,
    })
  })

  test('where nothing was counted says no share of good events', () => {
    const { timelines, at } = start(week, [])
    timelines.correct([{ id: 'c', kind: 'exclude', scope: {}, ranges: [{ from, to }] }])
    expect(at(0)[0]!.windows[0]!.corrected).toMatchObject({ corrections: ['c'], sli: undefined })
  })
})

test('each SLO rests on its own sources, and each objective ends with its own slices', () => {
  const slices = (width: number) =>
    objective({ name: `${width}`, slice: { width: seconds(width), allowed: perMillion(0) } })
  const both: Slo = { ...week, id: 'both', method: 'timeslices', objectives: [slices(60), slices(7200)] }
  const other: Slo = { ...week, id: 'other', sources: ['apm'] }
  const now = unixSeconds(noon + HOUR + 30)
  const timelines = createTimelines([both, other], { now })
  known(timelines, now)
  feedAll(timelines, [both, other], { now, minutes: [] })
  expect(timelines.evaluate(now).map((e) => [e.slo, e.windows[0]!.range.to - noon, e.state])).toEqual([
    ['both', HOUR, 'ok'],
    ['both', 0, 'ok'],
    ['other', HOUR - 120, 'unknown'],
  ])
})

test('the running minute counts for burn rates once anything happened in it, in any scope', () => {
  const { at } = start({ ...week, splitBy: ['cloud_provider'] }, [
    minute(1, 10, 0, { cloud_provider: 'gcp' }),
    minute(0, 10, 0, { cloud_provider: 'aws' }),
  ])
  expect(at(0).map((e) => e.verdicts[0]!.end - noon)).toEqual([0, 0, 0])
  expect(at(30).map((e) => e.verdicts[0]!.end - noon)).toEqual([60, 60, 60])
  expect(at(30).map((e) => e.windows[0]!.range.to - noon)).toEqual([0, 0, 0])
  expect(at(90).map((e) => e.verdicts[0]!.end - noon)).toEqual([60, 60, 60])
})

test('a forecast ends with a calendar window', () => {
  const minutes = [minute(600, 1_000_000, 0), minute(-50, 9989, 11)]
  // Eleven hours are left; at a little over the even pace the budget lasts longer than that.
  const [evaluation] = start({ ...week, windows: [day] }, minutes).at(HOUR)
  expect(evaluation!.windows[0]!.exhaustion).toEqual({ kind: 'never' })
})

describe('what was counted in a range', () => {
  const slice = { width: seconds(300) }
  const one: Slo = {
    ...week,
    method: 'ratio-timeslices',
    objectives: [objective({ name: 'a', slice }), objective({ name: 'b', indicator: 'j', slice })],
  }
  const prepare = () => start(one, [minute(7, 1, 3)])

  test('is in slices, of the slices that the range touches, by the indicator of the objective', () => {
    const started = prepare()
    started.at(0)
    started.timelines.load('s', 'j', {
      scope: {},
      start: unixSeconds(noon - 600),
      width: 60,
      good: [1, 1, 1, 1, 1],
      bad: [1, 1, 1, 1, 1],
    })
    const count = (name: string, from: number, to: number) =>
      started.timelines.counts('s', name, {
        scope: {},
        range: { from: unixSeconds(noon - from), to: unixSeconds(noon - to) },
      })
    expect(count('a', 480, 420)).toEqual({ good: 0.25, bad: 0.75 })
    expect(count('a', 600, 299)).toEqual({ good: 1.25, bad: 0.75 })
    expect(count('b', 480, 420)).toEqual({ good: 0.5, bad: 0.5 })
    expect(count('c', 480, 420)).toBeUndefined()
    expect(count('a', 30 * DAY, 29 * DAY)).toBeUndefined()
  })

  test('of another source is not needed again when a source is written to', () => {
    const started = prepare()
    started.at(0)
    const range = { from: unixSeconds(noon - DAY), to: noon }
    const before = started.timelines.needs(noon)
    started.timelines.touched('apm', range)
    expect(started.timelines.needs(noon)).toEqual(before)
    started.timelines.touched('edge', range)
    expect(started.timelines.needs(noon)).not.toEqual(before)
    const nothing = { scope: {}, start: noon, width: 60, good: [1], bad: [0] }
    expect(() => started.timelines.load('unknown', 'i', nothing)).not.toThrow()
    expect(() => started.timelines.loaded({ ...before[0]!, slo: 'unknown' })).not.toThrow()
  })
})
