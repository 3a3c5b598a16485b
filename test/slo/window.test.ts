import { expect, test } from 'vitest'
import { HOUR, seconds, unixSeconds } from '../../src/base/index.ts'
import {
  type CalendarWindow,
  createTimelines,
  type Slo,
  type Window,
  windowBounds,
} from '../../src/slo/index.ts'
import { feedAll, known, MONDAY, pagesOnly, rolling, slo } from './estate.ts'

const calendar = (unit: CalendarWindow['unit'], count = 1, zone = 'UTC'): CalendarWindow => ({
  kind: 'calendar',
  name: unit,
  unit,
  count,
  start: '2026-01-01 00:00:00',
  zone,
})

function evaluateWith(change: Partial<Slo>, now: number, ages: readonly number[]) {
  const one = slo({ sources: ['edge'], policy: pagesOnly, ...change })
  const at = unixSeconds(now)
  const timelines = createTimelines([one], { now: at })
  known(timelines, at)
  const minutes = ages.map((age) => ({ at: now / 60 - age, labels: {}, good: 990, bad: 10 }))
  feedAll(timelines, [one], { now: at, minutes })
  return timelines.evaluate(at)[0]!.windows[0]!
}

test.each([
  ['minute', 45],
  ['hour', 5],
  ['day', 1],
  ['week', 1],
  ['month', 1],
  ['quarter', 1],
  ['year', 1],
] as const)('the first minute of a calendar %s (%i) still counts in its last', (unit, count) => {
  const window = calendar(unit, count)
  const { from, to } = windowBounds(window, unixSeconds(Date.parse('2026-07-31T12:00:00Z') / 1000))
  const now = to - 60
  const first = (now - from) / 60
  // The minute before it is another window's.
  const { counts, range } = evaluateWith({ windows: [window] }, now, [first, first + 1])
  expect(range.from).toBe(from)
  expect(counts).toEqual({ good: 990, bad: 10 })
})

test('the first minute of the day on which clocks go back still counts in its last', () => {
  const window = calendar('day', 1, 'America/New_York')
  const bounds = windowBounds(window, unixSeconds(Date.parse('2026-11-01T12:00:00Z') / 1000))
  expect(bounds.to - bounds.from).toBe(25 * HOUR)
  expect(evaluateWith({ windows: [window] }, bounds.to - 60, [25 * 60 - 1]).counts.bad).toBe(10)
})

test.each([
  ['30 days', rolling(30), 360],
  ['a day', rolling(1), 12],
  ['an hour', { kind: 'rolling', name: '1h', length: seconds(HOUR) }, 1],
  ['a calendar hour', calendar('minute', 60), 1],
] as const)('without rules the pace of %s is that of its last 120th', (_name, window: Window, minutes) => {
  const now = MONDAY + 30 * 60
  // Ten bad events of a thousand are ten times the even pace, and nothing against a million good ones earlier.
  const forecast = (age: number) => {
    const one = slo({ sources: ['edge'], policy: { ...pagesOnly, rules: [] }, windows: [window] })
    const timelines = createTimelines([one], { now: unixSeconds(now) })
    known(timelines, now)
    const minutesOf = [
      { at: now / 60 - 20, labels: {}, good: minutes > 15 ? 0 : 1_000_000, bad: 0 },
      { at: now / 60 - 400, labels: {}, good: minutes > 15 ? 1_000_000 : 0, bad: 0 },
      { at: now / 60 - age, labels: {}, good: 990, bad: 10 },
    ]
    feedAll(timelines, [one], { now: unixSeconds(now), minutes: minutesOf })
    return timelines.evaluate(unixSeconds(now))[0]!.windows[0]!.exhaustion.kind
  }
  expect([forecast(minutes), forecast(minutes + 1)]).toEqual(['in', 'never'])
})
