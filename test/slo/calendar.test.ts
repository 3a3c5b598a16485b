import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import {
  type CalendarWindow,
  calendarBoundary,
  instantsIn,
  isZone,
  wallTime,
  windowBounds,
} from '../../src/slo/index.ts'

interface Fixture {
  readonly zone: string
  readonly unit: CalendarWindow['unit']
  readonly count: number
  readonly start: string
  readonly first: number
  readonly boundaries: readonly number[]
}

const path = `${import.meta.dirname}/../fixtures/slo/calendar-boundaries.json`
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly Fixture[] }

const calendar = (unit: CalendarWindow['unit'], start: string, zone: string, count = 1): CalendarWindow => ({
  kind: 'calendar',
  name: unit,
  unit,
  count,
  start,
  zone,
})

const at = (text: string) => unixSeconds(Date.parse(text) / 1000)
const show = (instant: number) => new Date(instant * 1000).toISOString().replace('.000', '')

test.each(cases)('every $unit from $start in $zone begins where zoneinfo says', (fixture) => {
  const window = calendar(fixture.unit, fixture.start, fixture.zone, fixture.count)
  const mine = fixture.boundaries.map((_, i) => calendarBoundary(window, fixture.first + i))
  expect(mine.join()).toBe(fixture.boundaries.join())
})

test.each(cases)('each instant in $zone lies in exactly the $unit that begins last before it', (fixture) => {
  const window = calendar(fixture.unit, fixture.start, fixture.zone, fixture.count)
  for (let i = 0; i + 1 < fixture.boundaries.length; i += 23) {
    const from = fixture.boundaries[i]!
    const to = fixture.boundaries.slice(i + 1).find((b) => b > from)!
    for (const now of [from, Math.floor((from + to) / 2), to - 1])
      expect(windowBounds(window, unixSeconds(now))).toEqual({ from, to })
  }
})

test('where clocks go forward over the start, the window begins at the moment they do', () => {
  const window = calendar('day', '2026-01-01 02:30:00', 'America/New_York')
  const { from, to } = windowBounds(window, at('2026-03-08T12:00:00Z'))
  expect([show(from), show(to)]).toEqual(['2026-03-08T07:00:00Z', '2026-03-09T06:30:00Z'])
})

test('where clocks go back over the start, the window begins the first time they show it', () => {
  const window = calendar('day', '2026-01-01 01:30:00', 'America/New_York')
  const { from, to } = windowBounds(window, at('2026-11-01T12:00:00Z'))
  expect([show(from), show(to)]).toEqual(['2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z'])
})

test('a day on which clocks go back has 25 hours, and hours have sixty minutes each', () => {
  const day = windowBounds(
    calendar('day', '2026-01-01 00:00:00', 'Europe/Berlin'),
    at('2026-10-25T12:00:00Z'),
  )
  expect(day.to - day.from).toBe(25 * 3600)
  const hour = windowBounds(
    calendar('hour', '2026-01-01 00:00:00', 'Europe/Berlin'),
    at('2026-10-25T01:30:00Z'),
  )
  expect([show(hour.from), show(hour.to)]).toEqual(['2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'])
})

test('the day that Samoa left out is not a window', () => {
  const window = calendar('day', '2011-12-28 00:00:00', 'Pacific/Apia')
  expect(show(windowBounds(window, at('2011-12-30T09:00:00Z')).to)).toBe('2011-12-30T10:00:00Z')
  expect(show(windowBounds(window, at('2011-12-30T10:00:00Z')).to)).toBe('2011-12-31T10:00:00Z')
})

test('month overflow: the 31st of February is the 3rd of March, and the next boundary is the 31st again', () => {
  const window = calendar('month', '2026-01-31 00:00:00', 'UTC')
  expect([0, 1, 2, 3].map((k) => show(calendarBoundary(window, k)))).toEqual([
    '2026-01-31T00:00:00Z',
    '2026-03-03T00:00:00Z',
    '2026-03-31T00:00:00Z',
    '2026-05-01T00:00:00Z',
  ])
})

test('zones are those of the IANA database', () => {
  expect(['Asia/Tokyo', 'UTC', 'Mars/Olympus', ''].map(isZone)).toEqual([true, true, false, false])
})

test('several months, quarters and weeks at a time are one window', () => {
  const bounds = (unit: CalendarWindow['unit'], count: number) => {
    const { from, to } = windowBounds(
      calendar(unit, '2026-01-01 00:00:00', 'UTC', count),
      at('2026-08-15T00:00:00Z'),
    )
    return [show(from), show(to)]
  }
  expect(bounds('month', 2)).toEqual(['2026-07-01T00:00:00Z', '2026-09-01T00:00:00Z'])
  expect(bounds('quarter', 2)).toEqual(['2026-07-01T00:00:00Z', '2027-01-01T00:00:00Z'])
  expect(bounds('week', 2)).toEqual(['2026-08-13T00:00:00Z', '2026-08-27T00:00:00Z'])
})

test('a wall clock shows a time first when clocks go back, and the next one when they go forward over it', () => {
  const berlin = instantsIn('Europe/Berlin')
  const first = (text: string) => show(berlin(wallTime(text)))
  expect(first('2026-07-01 12:00:00')).toBe('2026-07-01T10:00:00Z')
  expect(first('2026-10-25 02:30:00')).toBe('2026-10-25T00:30:00Z')
  expect(first('2026-10-25 03:00:00')).toBe('2026-10-25T02:00:00Z')
  // At one o'clock in universal time the clocks go from two to three.
  expect(first('2026-03-29 02:30:00')).toBe('2026-03-29T01:00:00Z')
  expect(first('2026-03-29 03:30:00')).toBe('2026-03-29T01:30:00Z')
})

test('wall clocks subtract like instants, and are read in one way only', () => {
  expect(wallTime('2026-01-02 00:00:01') - wallTime('2026-01-01 00:00:00')).toBe(86_401)
  expect(wallTime('2026-01-01T00:00:00')).toBe(wallTime('2026-01-01 00:00:00'))
  for (const text of ['2026-1-1 00:00:00', 'on 2026-01-01 00:00:00', '2026-01-01 00:00:00Z', '2026-01-01'])
    expect(() => wallTime(text)).toThrow(`Cannot read ${text} as YYYY-MM-DD HH:MM:SS`)
})
