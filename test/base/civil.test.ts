import fc from 'fast-check'
import { expect, test } from 'vitest'
import { civilDate, isoMinute, unixSeconds } from '../../src/base/index.ts'
import { runs } from '../property-runs.ts'

test('every date from year 1 to 9999 is the one that the platform says', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (at) => {
      const date = new Date(at * 1000)
      expect(civilDate(unixSeconds(at))).toEqual({
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
      })
    }),
    runs(10),
  )
})

test('an instant reads as its minute in UTC', () => {
  expect(isoMinute(unixSeconds(1_709_210_100))).toBe('2024-02-29 12:35 UTC')
  expect(isoMinute(unixSeconds(-1))).toBe('1969-12-31 23:59 UTC')
})
