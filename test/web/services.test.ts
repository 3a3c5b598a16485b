import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  errorRatios,
  failing,
  frequency,
  measuredShare,
  ratesOf,
} from '../../dashboards/web/src/services/figures.ts'
import { nextSort, select, sortOf, worstOf } from '../../dashboards/web/src/services/filter.ts'
import { wordsOf } from '../../dashboards/web/src/words/index.ts'
import type { ServiceSummary } from '../../src/contract/index.ts'

const voice = { words: wordsOf('en'), language: 'en' } as const

function summary(given: Partial<ServiceSummary>): ServiceSummary {
  const { good = 0, bad = 0 } = given
  return {
    service: 'pay',
    name: given.service ?? 'pay',
    source: 'edge',
    good,
    bad,
    ignored: 0,
    errorRatio: good + bad === 0 ? null : bad / (good + bad),
    latency: { p50: null, p90: null, p95: null, p99: null, p999: null, timed: 0 },
    data: good + bad === 0 ? 'no-data' : 'measured',
    coverage: {
      minutes: 60,
      known: 60,
      partial: 0,
      missing: 0,
      failed: 0,
      ratio: 1,
      completeThrough: null,
      kind: 'full',
    },
    clouds: ['aws'],
    spark: { requests: [], bad: [] },
    slos: [],
    ...given,
  }
}

const three = [
  summary({ service: 'search', good: 990, bad: 10 }),
  summary({ service: 'cart', good: 5_000, bad: 1, source: 'apm' }),
  summary({ service: 'batch', clouds: ['gcp'] }),
]

describe('the list of services', () => {
  test('shows what fails most first, and what is not known last whichever way it is sorted', () => {
    const names = (sort?: string): string[] =>
      select(three, sort === undefined ? {} : { sort }).map(({ service }) => service)
    expect(names()).toEqual(['search', 'cart', 'batch'])
    expect(names('errors')).toEqual(['cart', 'search', 'batch'])
    expect(names('-requests')).toEqual(['cart', 'search', 'batch'])
    expect(names('name')).toEqual(['batch', 'cart', 'search'])
  })

  test('finds a service by its name, its source or its cloud', () => {
    expect(select(three, { q: 'apm' }).map(({ service }) => service)).toEqual(['cart'])
    expect(select(three, { q: 'gcp' }).map(({ service }) => service)).toEqual(['batch'])
    expect(select(three, { q: 'gcp edge batch' })).toHaveLength(1)
  })

  test('a click sorts figures from the largest and names from the first letter, and then turns round', () => {
    expect(nextSort({}, 'p95')).toBe('-p95')
    expect(nextSort({ sort: '-p95' }, 'p95')).toBe('p95')
    expect(nextSort({}, 'name')).toBe('name')
    expect(nextSort({ sort: 'name' }, 'name')).toBe('-name')
    expect(sortOf({ sort: 'nonsense' })).toEqual({ column: 'errors', down: true })
  })

  test('names the worst only when something failed', () => {
    expect(worstOf(three)?.service).toBe('search')
    expect(worstOf([summary({ good: 5 })])).toBeUndefined()
  })
})

describe('figures of services', () => {
  test('a share that failed is rounded towards the worse, and never to nothing', () => {
    expect(failing(0, voice)).toBe('0\u202f%')
    expect(failing(null, voice)).toBe('–')
    expect(failing(0.000_001, voice)).toBe('< 0.001\u202f%')
    expect(failing(0.000_318, voice)).toBe('0.032\u202f%')
    expect(failing(0.009_999, voice)).toBe('1.000\u202f%')
    expect(failing(1, voice)).toBe('100.0\u202f%')
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1, noNaN: true }), (ratio) => {
        const said = failing(ratio, voice)
        const percent = Number(said.replace(/[^\d.]/g, ''))
        expect(percent).toBeGreaterThan(0)
        if (!said.startsWith('<')) expect(percent).toBeGreaterThanOrEqual(ratio * 100 - 1e-6)
      }),
    )
  })

  test('what was measured is never shown as more than it was', () => {
    expect(measuredShare(0.999_99, voice)).toBe('99.99\u202f%')
    expect(measuredShare(1, voice)).toBe('100\u202f%')
    expect(measuredShare(0.429, voice)).toBe('42\u202f%')
  })

  test('what comes seldom is told by the minute or the hour', () => {
    expect(frequency(12.34, voice)).toBe('12.3/s')
    expect(frequency(0.05, voice)).toBe('3/min')
    expect(frequency(0.001, voice)).toBe('3.6/h')
    expect(frequency(0, voice)).toBe('0/s')
    expect(frequency(null, voice)).toBe('–')
  })

  test('a rate is over the minutes that are known, and there is none where nothing is', () => {
    expect(ratesOf([600, 300, null, 0], [10, 5, 0, 10], 600)).toEqual([1, 1, null, 0])
  })

  test('requests of a minute that nobody has told of yet make no rate at the end of a chart', () => {
    expect(ratesOf([600, 50], [10, 0], 600)).toEqual([1, null])
  })

  test('without requests there is no share of failing ones', () => {
    expect(errorRatios([9, 0, null], [1, 0, null])).toEqual([0.1, null, null])
  })
})
