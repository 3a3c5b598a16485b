import { expect, test } from 'vitest'
import { everyMinute, parseSchedule } from '../../../src/collectors/pull/index.ts'

const MONDAY = Date.parse('2026-11-16T10:20:30Z')

function next(expression: string, after: string | number, times = 1): string {
  const schedule = parseSchedule(expression)
  if (schedule.kind === 'failed') throw new Error(schedule.error)
  let at = typeof after === 'number' ? after : Date.parse(after)
  for (let i = 0; i < times; i++) at = schedule.value.next(at) ?? Number.NaN
  return new Date(at).toISOString()
}

test('a schedule of five fields fires at whole minutes', () => {
  expect(next('*/5 * * * *', MONDAY)).toBe('2026-11-16T10:25:00.000Z')
  expect(next('*/5 * * * *', '2026-11-16T10:25:00Z')).toBe('2026-11-16T10:30:00.000Z')
})

test('a schedule of six fields begins with the second', () => {
  expect(next('10,40 * * * * *', MONDAY)).toBe('2026-11-16T10:20:40.000Z')
  expect(next('10,40 * * * * *', MONDAY, 2)).toBe('2026-11-16T10:21:10.000Z')
})

test('days, months and years are passed over in UTC', () => {
  expect(next('0 3 * * 6', MONDAY)).toBe('2026-11-21T03:00:00.000Z')
  expect(next('0 0 1 1 *', MONDAY)).toBe('2027-01-01T00:00:00.000Z')
  expect(next('0 0 29 2 *', MONDAY)).toBe('2028-02-29T00:00:00.000Z')
})

test.each(['99 * * * *', 'abc', '', '0 0 L * *', '0 0 31 2 *'])('%j is no schedule', (text) => {
  expect(parseSchedule(text).kind).toBe('failed')
})

test('sources without a schedule of their own are spread over the minute', () => {
  const seconds = new Set(['prom-aws', 'prom-gcp', 'prom-azure', 'rack'].map((name) => everyMinute(name)))
  expect(seconds.size).toBeGreaterThan(1)
})
