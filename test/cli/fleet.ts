import type { Fleet, SloSummary, State } from '../../src/contract/index.ts'

const now = 1_790_000_040

/** A fleet of three promises whose numbers are easy to check by hand. */
export const fleetOfThree: Fleet = {
  now,
  sentence: '1 of 3 promises is burning. Worst: checkout availability, 42.1 % left, gone in 41 h.',
  states: { ok: 1, watch: 0, burning: 1, exhausted: 0, unknown: 1 },
  slos: [
    summary({
      id: 'checkout-availability',
      name: 'checkout availability',
      state: 'burning',
      good: 30_720_000,
      bad: 12_934,
      left: 0.4219,
      gone: 147_600,
    }),
    summary({
      id: 'search-fast',
      name: 'search | 300 ms',
      state: 'ok',
      good: 999_949,
      bad: 51,
      left: 0.949,
      gone: undefined,
    }),
    summary({
      id: 'reports',
      name: '=レポート',
      state: 'unknown',
      good: 0,
      bad: 0,
      left: undefined,
      gone: undefined,
    }),
  ],
}

interface Given {
  readonly id: string
  readonly name: string
  readonly state: State
  readonly good: number
  readonly bad: number
  readonly left: number | undefined
  readonly gone: number | undefined
}

function summary({ id, name, state, good, bad, left, gone }: Given): SloSummary {
  const total = good + bad
  return {
    id,
    slo: id,
    objective: '0',
    name,
    service: 'shop',
    owner: 'team-shop',
    indicator: 'availability',
    target: '99.9',
    window: '30d',
    method: 'occurrences',
    spark: [],
    incident: state === 'burning' ? 'INC-2026-0001' : null,
    clouds:
      total > 0
        ? [
            { cloud: 'aws', state: 'ok', sli: 0.99995, leftRatio: 0.95 },
            { cloud: 'gcp', state, sli: 0.9985, leftRatio: -0.5 },
          ]
        : [],
    state,
    whole: {
      scope: {},
      state,
      verdicts: [],
      conditions: [],
      windows: [
        {
          window: '30d',
          range: { from: now - 2_592_000, to: now },
          bounds: { from: now - 2_592_000, to: now },
          good,
          bad,
          sli: total > 0 ? good / total : null,
          budget: {
            events: total / 1000,
            spent: bad,
            left: total / 1000 - bad,
            leftRatio: left ?? null,
            time: 2_592,
            timeLeft: left === undefined ? null : Math.floor(2_592 * left),
            interval: null,
          },
          coverage: {
            minutes: 43_200,
            known: 43_180,
            partial: 0,
            missing: 20,
            failed: 0,
            ratio: 43_180 / 43_200,
            completeThrough: now,
            kind: 'partial',
          },
          pace: { over: 21_600, rate: 1 },
          data: 'partial',
          corrected: null,
          exhaustion:
            gone === undefined ? { kind: total > 0 ? 'never' : 'unknown' } : { kind: 'in', seconds: gone },
        },
      ],
    },
  }
}
