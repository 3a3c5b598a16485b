import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { duration, indicatorName, span, windowName } from '../../dashboards/web/src/format/durations.ts'
import {
  count,
  latency,
  level,
  percent,
  rate,
  sharePercent,
} from '../../dashboards/web/src/format/numbers.ts'
import { frozen, readRange, shifted, zoomed } from '../../dashboards/web/src/format/range.ts'
import { readScope, scopeText } from '../../dashboards/web/src/format/scope.ts'
import { fromInput, instant, toInput } from '../../dashboards/web/src/format/time.ts'
import { wordsOf } from '../../dashboards/web/src/words/index.ts'
import { labelsKey } from '../../src/base/index.ts'

const words = wordsOf('en')
const NOW = 1_790_000_000

describe('numbers', () => {
  test('a budget is rounded down, never up', () => {
    expect(percent(0.4299, 0, 'en')).toBe('42\u202f%')
    expect(percent(-0.001, 0, 'en')).toBe('−1\u202f%')
    expect(percent(0.29, 0, 'en')).toBe('29\u202f%')
  })

  test('a service level short of its target never reads as the target', () => {
    expect(level(0.999996, { target: '99.9', events: 1e9 }, 'en')).toBe('99.999\u202f%')
    expect(level(1, { target: '99.9', events: 1e9 }, 'en')).toBe('100.000\u202f%')
  })

  test('a service level has no more digits than its events can bear', () => {
    expect(level(0.98, { target: '99', events: 50 }, 'en')).toBe('98\u202f%')
    expect(level(0.98765, { target: '99', events: 1e6 }, 'en')).toBe('98.76\u202f%')
  })

  test('shares, rates, counts and latencies read as people say them', () => {
    expect(sharePercent(0.0634, 'en')).toBe('6.3\u202f%')
    expect(sharePercent(0.00041, 'en')).toBe('0.041\u202f%')
    expect(rate(14.84, 'en')).toBe('14.8×')
    expect(rate(0.04, 'en')).toBe('0.04×')
    expect(count(12_934, 'en')).toBe('12,934')
    expect(count(1_240_000, 'ja')).toBe('124万')
    expect(latency(300, 'en')).toBe('300\u202fms')
    expect(latency(1500, 'en')).toBe('1.5\u202fs')
  })
})

describe('lengths of time', () => {
  test('are one number with one unit, rounded down', () => {
    expect(duration(45, words, 'en')).toBe('45 s')
    expect(duration(18 * 60 + 59, words, 'en')).toBe('18 min')
    expect(duration(41 * 3600 + 10, words, 'en')).toBe('41 h')
    expect(duration(9.9 * 86_400, words, 'en')).toBe('9 d')
  })

  test('that are settings stand in the unit that holds them exactly', () => {
    expect(span(3600, words, 'en')).toBe('1 h')
    expect(span(5400, words, 'en')).toBe('90 min')
    expect(span(259_200, words, 'en')).toBe('3 d')
  })

  test('windows and indicators are said in the language of the page', () => {
    expect(windowName('30d', words)).toBe('30 d')
    expect(windowName('4w', wordsOf('ja'))).toBe('28 日')
    expect(windowName('fiscal-year', words)).toBe('fiscal-year')
    expect(indicatorName('within 300ms', wordsOf('ja'))).toBe('300\u202fms 以内')
    expect(indicatorName('freshness', words)).toBe('freshness')
  })
})

describe('the range in the address', () => {
  test('is relative or fixed, and anything else means the window', () => {
    expect(readRange({ from: 'now-6h' }, NOW)).toEqual({ from: NOW - 21_600, to: NOW })
    expect(readRange({ from: '1789990000', to: '1789999000' }, NOW)).toEqual({
      from: 1_789_990_000,
      to: 1_789_999_000,
    })
    expect(readRange({}, NOW)).toBeUndefined()
    expect(readRange({ from: 'yesterday' }, NOW)).toBeUndefined()
    expect(readRange({ from: 'now', to: 'now-1h' }, NOW)).toBeUndefined()
  })

  test('a frozen link reads back as what was shown', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1e9, max: NOW - 60 }),
        fc.integer({ min: 60, max: 1e7 }),
        (from, length) => {
          const range = { from, to: from + length }
          expect(readRange(frozen(range), NOW)).toEqual(range)
        },
      ),
    ))

  test('shifting and zooming never look beyond now', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 1e7 }),
        fc.integer({ min: 0, max: 1e7 }),
        fc.constantFrom<-1 | 1>(-1, 1),
        (length, ago, direction) => {
          const range = { from: NOW - ago - length, to: NOW - ago }
          expect(shifted(range, direction, NOW).to).toBeLessThanOrEqual(NOW)
          expect(zoomed(range, direction === 1 ? 'in' : 'out', NOW).to).toBeLessThanOrEqual(NOW)
          expect(zoomed(range, 'in', NOW).to - zoomed(range, 'in', NOW).from).toBeGreaterThanOrEqual(599)
        },
      ),
    ))
})

describe('the scope in the address', () => {
  const labels = fc.dictionary(
    fc.stringMatching(/^[a-z_\\,=]{1,8}$/),
    fc.stringMatching(/^[a-z0-9\\,= -]{1,12}$/),
    {
      maxKeys: 4,
    },
  )

  test('is spelt as the service spells it', () =>
    fc.assert(
      fc.property(labels, (scope) => {
        expect(scopeText(scope)).toBe(labelsKey(scope))
      }),
    ))

  test('reads back as it was', () =>
    fc.assert(
      fc.property(labels, (scope) => {
        expect(readScope(scopeText(scope))).toEqual({ ...scope })
      }),
    ))

  test('of nonsense is the whole', () => {
    expect(readScope('')).toEqual({})
    expect(readScope('aws')).toEqual({})
  })
})

describe('clocks', () => {
  test('write one instant by the wall clock that was chosen', () => {
    const at = Date.UTC(2026, 10, 20, 5, 3) / 1000
    expect(instant(at, 'minute', { language: 'en', zone: 'jst' })).toBe('14:03')
    expect(instant(at, 'minute', { language: 'en', zone: 'utc' })).toBe('05:03')
    expect(instant(at, 'day', { language: 'ja', zone: 'jst' })).toBe('11月20日')
  })

  test('a time typed into a field is the instant that the field shows', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1e7, max: 6e7 }),
        fc.constantFrom('utc' as const, 'jst' as const),
        (minute, zone) => {
          expect(fromInput(toInput(minute * 60, zone), zone)).toBe(minute * 60)
        },
      ),
    ))

  test('a field that is no time is no instant', () => expect(fromInput('soon', 'utc')).toBeUndefined())
})
