import { describe, expect, test } from 'vitest'
import { PushCoverage } from '../../../src/collectors/push/coverage.ts'
import { MINUTE, start } from './rig.ts'

const T = MINUTE * 1000
const SECOND = 1_000
const seen = { events: 1, rejected: 0 }

function create(before?: string, startedAt = T): PushCoverage {
  return new PushCoverage({ source: 'apm', start: startedAt, silenceMs: 180_000, lagMs: 10_000, before })
}

/** Spans as `+1..+2 known`: minutes from the beginning. */
function told(coverage: PushCoverage, now: number): readonly string[] {
  return coverage
    .settle(now)
    .map(({ from, to, state, reason }) =>
      `+${(from - MINUTE) / 60}..+${(to - MINUTE) / 60} ${state} ${reason}`.trim(),
    )
}

/** A delivery each ten seconds from one instant to the other, in seconds after the beginning. */
function deliver(coverage: PushCoverage, from: number, to: number): void {
  for (let at = from; at <= to; at += 10) coverage.delivered(T + at * SECOND, seen)
}

describe('what is known of a source that pushes', () => {
  test('is nothing before the first delivery', () => {
    const coverage = create()
    expect(told(coverage, T + 600 * SECOND)).toEqual([])
    expect(coverage.through).toBeUndefined()
    expect(coverage.state(T)).toBe('')
  })

  test('are whole minutes after the first delivery, once what is on its way had time to come', () => {
    const coverage = create()
    deliver(coverage, 70, 185)
    expect(told(coverage, T + 129 * SECOND)).toEqual(
      ['+1..+2 partial receiving began at 13:35:10'].slice(0, 0),
    )
    expect(told(coverage, T + 130 * SECOND)).toEqual([
      expect.stringMatching(/^\+1\.\.\+2 partial receiving began at/),
    ])
    expect(told(coverage, T + 195 * SECOND)).toEqual(['+2..+3 known'])
  })

  test('waits when nobody sends: a quiet minute is known when the next delivery comes soon', () => {
    const coverage = create()
    deliver(coverage, 0, 60)
    expect(told(coverage, T + 200 * SECOND)).toEqual(['+0..+1 known'])
    coverage.delivered(T + 230 * SECOND, seen)
    expect(told(coverage, T + 230 * SECOND)).toEqual(['+1..+3 known'])
  })

  test('is missing after too long a silence, minute by minute, and known again afterwards', () => {
    const coverage = create()
    deliver(coverage, 0, 90)
    expect(told(coverage, T + 271 * SECOND)).toEqual([
      '+0..+1 known',
      expect.stringMatching(/^\+1\.\.\+2 partial nothing was received since /),
      expect.stringMatching(/^\+2\.\.\+4 missing nothing was received since /),
    ])
    expect(told(coverage, T + 311 * SECOND)).toEqual([expect.stringMatching(/^\+4\.\.\+5 missing/)])
    deliver(coverage, 330, 480)
    expect(told(coverage, T + 490 * SECOND)).toEqual([
      expect.stringMatching(/^\+5\.\.\+6 partial nothing was received/),
      '+6..+8 known',
    ])
  })

  test('is partial where something was turned away, or could not be used', () => {
    const coverage = create()
    deliver(coverage, 0, 240)
    coverage.trouble(T + 61 * SECOND, 'deliveries were turned away')
    coverage.delivered(T + 125 * SECOND, { events: 10, rejected: 90 })
    coverage.delivered(T + 185 * SECOND, { events: 999, rejected: 1 })
    expect(told(coverage, T + 250 * SECOND)).toEqual([
      '+0..+1 known',
      '+1..+2 partial deliveries were turned away',
      '+2..+3 partial 90 of 106 events could not be used',
      '+3..+4 known',
    ])
  })

  test('goes on after a restart: what the last run had heard is known, the time between is not', () => {
    const first = create()
    deliver(first, 0, 200)
    told(first, T + 70 * SECOND)
    const second = create(first.state(T + 200 * SECOND), T + 400 * SECOND)
    deliver(second, 400, 560)
    expect(told(second, T + 560 * SECOND)).toEqual([
      '+1..+3 known',
      '+3..+4 partial the receiver did not run',
      '+4..+6 missing the receiver did not run',
      '+6..+7 partial the receiver did not run',
      '+7..+9 known',
    ])
  })

  test('a clock that is set back begins anew', () => {
    const coverage = create()
    deliver(coverage, 86_400, 86_500)
    told(coverage, T + 86_500 * SECOND)
    deliver(coverage, 60, 200)
    expect(told(coverage, T + 200 * SECOND)).toEqual(['+1..+3 known'])
  })

  test('a state that is not understood is none', () => {
    const coverage = create('{"cursor":"x"}')
    deliver(coverage, 0, 60)
    expect(told(coverage, T + 70 * SECOND)).toEqual(['+0..+1 known'])
  })
})

test('coverage is written with the counts, and while nobody sends', async () => {
  const { world, ledger, send } = await start()
  for (let i = 0; i < 20; i++) {
    void send(`${i}`)
    await world.advance(10_000)
  }
  await world.advance(400_000)
  const spans = ledger.steps.flatMap(({ coverage = [] }) => coverage)
  const known = spans.filter(({ state }) => state === 'known')
  expect(known.length).toBeGreaterThan(0)
  expect(spans.at(-1)).toMatchObject({ source: 'apm', state: 'missing' })
  for (const [i, span] of spans.entries()) if (i > 0) expect(span.from).toBe(spans[i - 1]?.to)
})
