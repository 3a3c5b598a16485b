import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { type CalendarWindow, calendarBoundary, isZone, windowBounds } from '../../src/slo/index.ts'

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
