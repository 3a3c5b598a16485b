import { describe, expect, test } from 'vitest'
import { type CoverageTracker, createCoverage } from '../../../src/collectors/envoy-stats/coverage.ts'

const MINUTE = 60_000
const GRACE = 20_000

function check(work: (coverage: CoverageTracker) => void, until: number): readonly string[] {
  const coverage = createCoverage('edge', 0)
  work(coverage)
  return coverage
    .settle(until, GRACE)
    .map(
      ({ from, to, state, reason }) =>
        `${from / 60}-${to / 60} ${state}${reason === '' ? '' : `: ${reason}`}`,
    )
}

function scrapes(coverage: CoverageTracker, target: string, from: number, to: number): void {
  for (let at = from; at + 5_000 <= to; at += 5_000) coverage.bracket(target, { from: at, to: at + 5_000 })
}

describe('coverage', () => {
  test('of a minute is known when scrapes bracket it', () => {
    const spans = check(
      (coverage) => {
        coverage.join('a', 0)
        scrapes(coverage, 'a', 0, 3 * MINUTE + 10_000)
      },
      3 * MINUTE + 12_000,
    )
    expect(spans).toEqual(['0-3 known'])
  })

  test('waits for a late scrape, and no longer than the grace', () => {
    const work = (coverage: CoverageTracker): void => {
      coverage.join('a', 0)
      scrapes(coverage, 'a', 0, MINUTE - 5_000)
    }
    expect(check(work, MINUTE + GRACE - 1)).toEqual([])
    expect(check(work, MINUTE + GRACE)).toEqual(['0-1 partial: a: not read'])
  })

  test('is missing while a target fails, with the reason, and partial at the edges', () => {
    const spans = check((coverage) => {
      coverage.join('a', 0)
      scrapes(coverage, 'a', 0, MINUTE + 30_000)
      for (let at = 95_000; at < 230_000; at += 5_000) coverage.fail('a', at, 'connection refused by a')
      coverage.bracket('a', { from: 90_000, to: 235_000 })
      scrapes(coverage, 'a', 235_000, 6 * MINUTE)
    }, 6 * MINUTE)
    expect(spans).toEqual([
      '0-1 known',
      '1-2 partial: a: connection refused by a',
      '2-3 missing: a: connection refused by a',
      '3-4 partial: a: connection refused by a',
      '4-6 known',
    ])
  })

  test('of several targets is partial when some fail, and missing when all do', () => {
    const spans = check(
      (coverage) => {
        for (const target of ['a', 'b']) coverage.join(target, 0)
        scrapes(coverage, 'a', 0, MINUTE)
        coverage.fail('b', 1_000, 'no route to b')
        for (const target of ['a', 'b']) coverage.fail(target, 70_000, `no route to ${target}`)
      },
      2 * MINUTE + GRACE,
    )
    expect(spans).toEqual([
      '0-1 partial: b: no route to b',
      '1-2 missing: a: no route to a; b: no route to b',
    ])
  })

  test('tells a loss, though scrapes bracket the minute', () => {
    const spans = check((coverage) => {
      coverage.join('a', 0)
      scrapes(coverage, 'a', 0, 30_000)
      coverage.bracket('a', { from: 30_000, to: 35_000, loss: 'Envoy restarted' })
      scrapes(coverage, 'a', 35_000, 2 * MINUTE)
    }, 2 * MINUTE)
    expect(spans).toEqual(['0-1 partial: a: Envoy restarted', '1-2 known'])
  })

  test('asks of a target only the time that it was there', () => {
    const spans = check((coverage) => {
      coverage.join('a', 0)
      scrapes(coverage, 'a', 0, 3 * MINUTE)
      coverage.join('b', 90_000)
      scrapes(coverage, 'b', 90_000, 150_000)
      coverage.leave('b', 150_000)
    }, 3 * MINUTE)
    expect(spans).toEqual(['0-3 known'])
  })

  test('without targets is missing, with the reason', () => {
    expect(check((coverage) => coverage.blind('envoy.example.com does not resolve'), MINUTE)).toEqual([
      '0-1 missing: envoy.example.com does not resolve',
    ])
  })

  test('goes on where an earlier run left off, and tells the gap between', () => {
    const coverage = createCoverage('edge', 20 * MINUTE + 30_000)
    coverage.rejoin('a', { from: 15 * MINUTE + 20_000, to: 17 * MINUTE + 30_000 })
    coverage.bracket('a', { from: 17 * MINUTE + 30_000, to: 20 * MINUTE + 31_000 })
    scrapes(coverage, 'a', 20 * MINUTE + 31_000, 22 * MINUTE + 10_000)
    const spans = coverage
      .settle(22 * MINUTE, GRACE)
      .map(({ from, to, state }) => `${from / 60}-${to / 60} ${state}`)
    expect(spans).toEqual([
      '15-16 partial',
      '16-17 known',
      '17-18 partial',
      '18-20 missing',
      '20-21 partial',
      '21-22 known',
    ])
  })
})
