import { describe, expect, test } from 'vitest'
import { cloudsOf, matches, monogram, select, sortOf, viewOf } from '../../dashboards/web/src/fleet/filter.ts'
import { fleetSentence, sentenceOf } from '../../dashboards/web/src/format/sentences.ts'
import { type Language, wordsOf } from '../../dashboards/web/src/words/index.ts'
import type { Evaluation, SloSummary, State } from '../../src/contract/index.ts'

function evaluation(state: State, left: number | null, change: { known?: number } = {}): Evaluation {
  const side = {
    length: 3600,
    good: 900,
    bad: 100,
    rate: state === 'burning' ? 14.8 : 1.8,
    over: state === 'burning',
  }
  return {
    scope: {},
    state,
    windows: [
      {
        window: '30d',
        range: { from: 0, to: 2_592_000 },
        bounds: { from: 0, to: 2_592_000 },
        good: 900,
        bad: 100,
        sli: left === null ? null : 0.99,
        budget: {
          events: 100,
          spent: 50,
          left: 50,
          leftRatio: left,
          time: 2592,
          timeLeft: 1296,
          interval: null,
        },
        coverage: {
          minutes: 43_200,
          known: change.known ?? 43_200,
          partial: 0,
          missing: 43_200 - (change.known ?? 43_200),
          failed: 0,
          ratio: 1,
          completeThrough: null,
          kind: change.known === 0 ? 'none' : 'full',
        },
        pace: { over: 21_600, rate: 1 },
        data: change.known === 0 ? 'no-data' : 'measured',
        corrected: null,
        exhaustion:
          left === null
            ? { kind: 'unknown' }
            : left < 0
              ? { kind: 'exhausted' }
              : state === 'ok'
                ? { kind: 'never' }
                : { kind: 'in', seconds: 41 * 3600 },
      },
    ],
    conditions: [],
    verdicts: [
      {
        rule: 'page-fast',
        severity: 'page',
        factor: 14.4,
        kind: state === 'burning' ? 'burning' : 'calm',
        long: side,
        short: { ...side, length: 300 },
        badUntilFiring: 0,
      },
      {
        rule: 'ticket-slow',
        severity: 'ticket',
        factor: 1,
        kind: 'calm',
        long: { ...side, length: 259_200 },
        short: { ...side, length: 21_600 },
        badUntilFiring: 4,
      },
    ],
  }
}

function slo(name: string, state: State, left: number | null, change: Partial<SloSummary> = {}): SloSummary {
  return {
    id: name,
    slo: name,
    objective: '0',
    name,
    service: 'shop',
    owner: 'team',
    indicator: 'availability',
    target: '99.9',
    window: '30d',
    method: 'occurrences',
    state,
    whole: evaluation(state, left),
    clouds: [],
    spark: [],
    incident: null,
    ...change,
  }
}

const fleet = [
  slo('calm', 'ok', 0.9),
  slo('dark', 'unknown', null),
  slo('gone', 'exhausted', -0.2),
  slo('hot', 'burning', 0.4),
  slo('hotter', 'burning', 0.1),
  slo('warm', 'watch', 0.3, { owner: 'payments' }),
]
const names = (search: Parameters<typeof select>[1]): string[] => select(fleet, search).map((s) => s.name)

describe('the list', () => {
  test('starts with what burns, the least budget first, and ends with what is well', () =>
    expect(names({})).toEqual(['hotter', 'hot', 'gone', 'warm', 'dark', 'calm']))

  test('sorts by a column up and down, what is not known always after what is', () => {
    expect(names({ sort: 'left' })).toEqual(['gone', 'hotter', 'warm', 'hot', 'calm', 'dark'])
    expect(names({ sort: '-name' })).toEqual(['warm', 'hotter', 'hot', 'gone', 'dark', 'calm'])
    expect(names({ sort: 'gone' })[0]).toBe('gone')
  })

  test('shows the states that are chosen, and all when none is', () => {
    expect(names({ state: 'burning,watch' })).toEqual(['hotter', 'hot', 'warm'])
    expect(names({ state: '' })).toHaveLength(6)
  })

  test('finds by every word, in any order and case', () => {
    expect(names({ q: 'PAY' })).toEqual(['warm'])
    expect(matches('Checkout availability', 'avail check')).toBe(true)
    expect(matches('Checkout availability', 'check latency')).toBe(false)
  })

  test('an address that asks for what does not exist shows the default', () => {
    expect(sortOf({ sort: 'colour' })).toEqual({ column: 'state', down: false })
    expect(viewOf({ view: 'globe' })).toBe('list')
  })
})

test('clouds stand in one order, the well-known first', () => {
  const one = (cloud: string): SloSummary =>
    slo(cloud, 'ok', 1, { clouds: [{ cloud, state: 'ok', sli: 1, leftRatio: 1 }] })
  expect(cloudsOf(['sakura', 'rack', 'azure', 'aws'].map(one))).toEqual(['aws', 'azure', 'rack', 'sakura'])
  expect(monogram('azure')).toBe('azr')
})

describe('sentences', () => {
  const say = (e: Evaluation, language: Language = 'en'): string =>
    sentenceOf(e, { words: wordsOf(language), language })

  test('name the window of the rate and the window of the forecast', () =>
    expect(say(evaluation('burning', 0.4))).toBe(
      'Burning 14.8× over 1 h: at the pace of the last 6 h, the rest of the 30 d budget is gone in 41 h.',
    ))

  test('tell no data from no traffic', () => {
    expect(say(evaluation('unknown', null, { known: 0 }))).toContain('Nothing was measured')
    expect(say(evaluation('unknown', null))).toContain('no traffic')
  })

  test('say how far a budget is overspent as the bar beside them does', () =>
    expect(say(evaluation('exhausted', -0.441))).toContain('overspent by 45\u202f%'))

  test('every state has its own in every language', () => {
    const states: readonly State[] = ['ok', 'watch', 'burning', 'exhausted', 'unknown']
    for (const language of ['en', 'ja'] as const)
      expect(
        new Set(states.map((s) => say(evaluation(s, s === 'exhausted' ? -0.1 : 0.5), language))).size,
      ).toBe(5)
  })

  test('the fleet is told by the service in English and by the same figures in Japanese', () => {
    const states = { ok: 1, watch: 1, burning: 2, exhausted: 1, unknown: 1 }
    const whole = { now: 0, sentence: '2 of 6 promises are burning.', states, slos: fleet }
    expect(fleetSentence(whole, { words: wordsOf('en'), language: 'en' })).toBe(
      '2 of 6 promises are burning.',
    )
    expect(fleetSentence(whole, { words: wordsOf('ja'), language: 'ja' })).toBe(
      'SLO 6 件のうち 2 件が燃焼中です。 最も深刻: hotter、残り 10\u202f%、あと 41 時間で枯渇。',
    )
  })
})
