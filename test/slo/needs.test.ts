import { describe, expect, test } from 'vitest'
import { DAY, HOUR, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import {
  type CalendarWindow,
  createTimelines,
  type KnownSpan,
  type Slo,
  type Timelines,
} from '../../src/slo/index.ts'
import {
  feedAll,
  google30d,
  known,
  type Minute,
  MONDAY,
  objective,
  pagesOnly,
  rolling,
  rule,
  slo,
} from './estate.ts'

const noon = unixSeconds(MONDAY + 12 * HOUR)
/** Seventeen minutes past twelve. */
const now = unixSeconds(noon + 17 * 60)

const calendar = (unit: CalendarWindow['unit'], zone: string): CalendarWindow => ({
  kind: 'calendar',
  name: unit,
  unit,
  count: 1,
  start: '2026-01-01 00:00:00',
  zone,
})

/** What is needed, in hours from noon: `[seconds a bucket, from, to]`. */
const needsOf = (timelines: Timelines, at = now) =>
  timelines.needs(at).map((n) => [n.width, (n.range.from - noon) / HOUR, (n.range.to - noon) / HOUR])
const needed = (change: Partial<Slo>) =>
  needsOf(createTimelines([slo({ policy: pagesOnly, sources: ['edge'], ...change })], { now }))

const slices = (width: number): Partial<Slo> => ({
  method: 'timeslices',
  objectives: [objective({ slice: { width: seconds(width), allowed: perMillion(100_000) } })],
})

describe('what is needed at first', () => {
  // Sources may be two hours late, so that a window may begin up to two hours earlier. With rules over six hours at
  // most the minutes of the last eight are held, of the running hour, and of one that an hour's turn may need.
  test('is hours for the past, and minutes for the last hours and for those that a window begins inside of', () => {
    expect(needed({ windows: [rolling(7)] })).toEqual([
      [3600, -7 * 24 + 2, -9],
      [60, -7 * 24 - 2, -7 * 24 + 2],
      [60, -9, 0.3],
    ])
  })

  test('is nothing but hours for the past where a calendar window begins on an hour', () => {
    expect(needed({ windows: [calendar('month', 'UTC')] })).toEqual([
      [3600, -8 * 24 - 12, -9],
      [60, -9, 0.3],
    ])
  })

  test('is as far back as the longest burn window, where that is longer than the windows', () => {
    const policy = { ...pagesOnly, rules: [rule('ticket-long', [20 * DAY, HOUR, 1, 1])] }
    const first = needed({ windows: [calendar('day', 'UTC')], policy })[0]
    expect(first![1]).toBe(-20 * 24 + 2)
    expect(needed({ windows: [calendar('day', 'UTC')], policy })[1]).toEqual([60, -20 * 24 - 2, -20 * 24 + 2])
  })

  test('is the minutes of the hour in which a calendar window begins, where it begins inside of one', () => {
    // Midnight of the first of November in Kathmandu is 18:15 the day before in universal time.
    expect(needed({ windows: [calendar('month', 'Asia/Kathmandu')] })).toEqual([
      [3600, -8 * 24 - 17, -9],
      [60, -8 * 24 - 18, -8 * 24 - 17],
      [60, -9, 0.3],
    ])
  })

  test('is a day of minutes at a time, as many as three, and no hours of slices', () => {
    expect(needed({ windows: [rolling(3)], policy: google30d })).toEqual([
      [60, -75, -60],
      [60, -60, -36],
      [60, -36, -12],
      [60, -12, 0.3],
    ])
    expect(needed({ windows: [rolling(1)], ...slices(300) })).toEqual([
      [60, -26, -12],
      [60, -12, 0.25],
    ])
  })

  test('of slices that do not divide an hour is all of the time, in whole slices', () => {
    const week = needed({ windows: [rolling(7)], ...slices(420) })
    const width = 420 / HOUR
    const first = week[0]![1]!
    // A week and two hours are 1,458 slices.
    expect(first).toBeLessThanOrEqual(-7 * 24 - 2)
    expect(first).toBeGreaterThan(-7 * 24 - 2 - 4 * width)
    for (const [i, [bucket, from, to]] of week.entries()) {
      expect([bucket, from]).toEqual([60, i === 0 ? first : week[i - 1]![2]])
      expect(to! - from!).toBeLessThanOrEqual(24)
    }
    expect(week).toHaveLength(8)
    expect(week.at(-1)![2]).toBe((Math.floor(now / 420) * 420 - noon) / HOUR)
  })
})

describe('what is needed once', () => {
  const week = slo({ windows: [rolling(7)], policy: pagesOnly, sources: ['edge'] })
  const start = (one: Slo, minutes: readonly Minute[] = []) => {
    const timelines = createTimelines([one], { now })
    known(timelines, now)
    feedAll(timelines, [one], { now, minutes })
    return timelines
  }
  const last = [[60, 0.25, 0.3]]

  test('it is known when reading failed is nothing more of events, and minutes of slices', () => {
    const spans: readonly KnownSpan[] = [
      { from: unixSeconds(noon - 50 * HOUR), to: unixSeconds(noon - 48.5 * HOUR), state: 'missing' },
    ]
    const events = start(week)
    events.cover('edge', spans)
    expect(needsOf(events)).toEqual(last)
    const inSlices = start({ ...week, ...slices(300) })
    expect(needsOf(inSlices)).toEqual([])
    inSlices.cover('edge', spans)
    expect(needsOf(inSlices)).toEqual([[60, -49, -48]])
  })

  test('time is corrected is the minutes of the hours it cuts through, of slices of seven minutes nothing', () => {
    const range = { from: unixSeconds(noon - 50.5 * HOUR), to: unixSeconds(noon - 48 * HOUR) }
    const correction = { id: 'c', kind: 'exclude' as const, scope: {}, ranges: [range] }
    const events = start(week)
    events.correct([correction])
    expect(needsOf(events)).toEqual([[60, -51, -50], ...last])
    const long = { from: unixSeconds(noon - 7.02 * DAY), to: range.to }
    const inSlices = start({ ...week, ...slices(420) })
    const before = needsOf(inSlices)
    inSlices.correct([{ ...correction, ranges: [range, long] }])
    expect(needsOf(inSlices)).toEqual(before)
  })

  test('the ledger was written to is the hours and minutes that were', () => {
    const timelines = start(week)
    const written = { from: unixSeconds(noon - 100.5 * HOUR), to: unixSeconds(noon - 99.5 * HOUR) }
    timelines.touched('edge', written)
    expect(needsOf(timelines)).toEqual([[3600, -101, -99], ...last])
    timelines.touched('edge', { from: unixSeconds(noon - 3.5 * HOUR), to: unixSeconds(noon - 3 * HOUR + 30) })
    expect(needsOf(timelines)).toEqual([
      [3600, -101, -99],
      [60, -3.5, -3 + 1 / 60],
      [60, 0.25, 0.3],
    ])
  })

  test('only a part of an hour was loaded is that hour, after it left the minutes', () => {
    const timelines = createTimelines([week], { now })
    const [hours, edges, recent] = timelines.needs(now)
    for (const need of [hours!, edges!]) timelines.loaded(need)
    // Two stretches that end and begin inside of the hour from nine to ten in the morning.
    const hole = { from: unixSeconds(noon - 2.75 * HOUR), to: unixSeconds(noon - 2.25 * HOUR) }
    timelines.loaded({ ...recent!, range: { from: recent!.range.from, to: hole.from } })
    timelines.loaded({ ...recent!, range: { from: hole.to, to: recent!.range.to } })
    expect(needsOf(timelines)).toEqual([[60, -2.75, -2.25], ...last])
    const later = unixSeconds(now + 10 * HOUR)
    const hoursOf = needsOf(timelines, later).filter(([width]) => width === 3600)
    // The hour that ran at first was not over then.
    expect(hoursOf).toEqual([
      [3600, -3, -2],
      [3600, 0, 1],
    ])
  })
})

describe('a source that is nearly two hours late', () => {
  const late = 119 * 60
  test.each([
    ['events', {}],
    ['slices of an hour and a half', slices(5400)],
    ['slices of seven minutes', slices(420)],
  ] as const)('is measured from the first minute of a rule of the whole window, in %s', (_name, change) => {
    const month = rule('page-month', [30 * DAY, HOUR, 1, 1000])
    const one = slo({ sources: ['edge'], policy: { ...google30d, rules: [month] }, ...change })
    const width = one.objectives[0]!.slice?.width ?? 60
    const reported = Math.floor((now - late) / width) * width
    const from = Math.floor((reported - 30 * DAY) / width) * width
    const minutes = [from / 60 - 1, from / 60].map((at) => ({ at, labels: {}, good: 0, bad: 1 }))
    const timelines = createTimelines([one], { now })
    feedAll(timelines, [one], { now, minutes })
    known(timelines, reported)
    const [verdict] = timelines.evaluate(now)[0]!.verdicts
    expect(verdict!.end).toBe(reported)
    expect(verdict!.long.counts.bad).toBe(1)
  })
})

describe('minutes are held', () => {
  const isHeld = (change: Partial<Slo>, hours: number) => {
    const one = slo({ policy: pagesOnly, windows: [rolling(30)], ...change })
    const timelines = createTimelines([one], { now })
    feedAll(timelines, [one], { now, minutes: [{ at: now / 60 - 5, labels: {}, good: 1, bad: 0 }] })
    const from = unixSeconds(noon + hours * HOUR)
    const range = { from, to: unixSeconds(from + 60) }
    return timelines.counts('s', 'o', { scope: {}, range }) !== undefined
  }

  test('as far back as the longest burn window and a late source reach, and at most three days of them', () => {
    expect([isHeld({}, -8.5), isHeld({}, -9.5)]).toEqual([true, false])
    expect([isHeld({ policy: google30d }, -74.5), isHeld({ policy: google30d }, -75.5)]).toEqual([
      true,
      false,
    ])
    const rules = [...google30d.rules, rule('ticket-month', [20 * DAY, DAY, 1, 1])]
    const month = { policy: { ...google30d, rules } }
    expect([isHeld(month, -74.5), isHeld(month, -75.5)]).toEqual([true, false])
    const none = { policy: { ...google30d, rules: [] } }
    expect([isHeld(none, -8.5), isHeld(none, -9.5)]).toEqual([true, false])
  })

  test.each([
    ['six hours of burn windows', pagesOnly, 12],
    ['three days of burn windows', google30d, 78],
  ] as const)('in eight bytes each, as hours are before %s', (_name, policy, recent) => {
    const one = slo({ policy, windows: [rolling(30)] })
    const timelines = createTimelines([one], { now })
    feedAll(timelines, [one], { now, minutes: [{ at: now / 60 - 5, labels: {}, good: 1, bad: 0 }] })
    const edges = 5 * 61 * 16
    const bytes = 8 * (60 * recent + 30 * 24 + 8 - recent) + edges
    expect(timelines.size().bytes).toBeLessThan(bytes)
    expect(timelines.size().bytes).toBeGreaterThan(0.9 * bytes)
  })
})
