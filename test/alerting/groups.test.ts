import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AlertingState,
  act,
  DEFAULT_SETTINGS,
  EMPTY_STATE,
  fold,
  incidentsOf,
} from '../../src/alerting/index.ts'
import { seconds } from '../../src/base/index.ts'
import type { Evaluation } from '../../src/slo/index.ts'
import { runs } from '../property-runs.ts'
import { type Estate, lostAlerts, runEstate } from './estate.ts'
import { minute } from './timeline.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const

const happened = fc
  .array(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom('0', '0', '5', '100', '-')), {
      minLength: 1,
      maxLength: 6,
    }),
    { minLength: 3, maxLength: 3 },
  )
  .map((places) =>
    ['aws/tokyo', 'aws/osaka', 'gcp']
      .map(
        (place, i) => `${place}: ${(places[i] ?? []).map(([times, rate]) => `${times}x${rate}`).join(' ')}`,
      )
      .join('\n'),
  )

/** SLOs that rest on each other anyhow, in circles too. */
const estates: fc.Arbitrary<Estate> = fc
  .tuple(
    ...NAMES.map(() =>
      fc.record({
        happened,
        service: fc.constantFrom('cart', 'pay', 'web', 'mail'),
        indicator: fc.constantFrom('availability' as const, 'latency' as const),
        on: fc.subarray([...NAMES], { maxLength: 2 }),
        splitBy: fc.constantFrom<string[]>([], ['cloud_provider'], ['cloud_provider', 'cloud_region']),
      }),
    ),
  )
  .map((members) => Object.fromEntries(members.map((member, i) => [NAMES[i] ?? '', member])))

const viaJson = <T>(value: T): T => JSON.parse(JSON.stringify(value))

test('whatever happens, every alert that fires is in exactly one open incident, over restarts too', () => {
  fc.assert(
    fc.property(estates, fc.integer({ min: 3, max: 9 }), (estate, every) => {
      const run = runEstate(estate, {
        // Numbers are written down seldom, so that what belongs together must be written for its own sake.
        settings: { ...DEFAULT_SETTINGS, measureEvery: seconds(600) },
        between: (state, at, journal) => {
          expect(lostAlerts(state)).toEqual([])
          // A restart forgets everything but the journal.
          if (at % every !== 0) return state
          const again = fold(EMPTY_STATE, viaJson(journal))
          expect(JSON.stringify(again)).toBe(JSON.stringify(state))
          return again
        },
      })
      for (const { incident, seq } of run.state.incidents) {
        const seqs = run.journal.flatMap(({ data }) =>
          'seq' in data && data.incident === incident.id ? [data.seq] : [],
        )
        expect(seqs).toEqual(Array.from({ length: seq }, (_, i) => i + 1))
        const told = run.decisions.filter((one) => one.incident === incident.id && one.reason !== 'nothing')
        expect(told.map((one) => one.seq)).toEqual(seqs)
      }
    }),
    runs(0.12),
  )
})

test('the order in which evaluations come changes nothing', () => {
  const byHash = (all: readonly Evaluation[]): readonly Evaluation[] =>
    all.toSorted((a, b) => hash(JSON.stringify([a.slo, a.scope])) - hash(JSON.stringify([b.slo, b.scope])))
  fc.assert(
    fc.property(estates, (estate) => {
      const once = runEstate(estate)
      for (const shuffle of [byHash, (all: readonly Evaluation[]) => all.toReversed()]) {
        const other = runEstate(estate, { shuffle })
        expect(JSON.stringify([other.journal, other.decisions])).toBe(
          JSON.stringify([once.journal, once.decisions]),
        )
      }
    }),
    runs(0.06),
  )
})

test('an incident is closed into another at most once, into one that is open, and comes out at most once', () => {
  fc.assert(
    fc.property(estates, (estate) => {
      const run = runEstate(estate, { between: heldByParents })
      for (const incident of incidentsOf(run.state)) {
        const kinds = incident.timeline.map((entry) => entry.kind)
        const merged = kinds.filter((kind) => kind === 'merged').length
        const reopened = kinds.filter((kind) => kind === 'reopened').length
        expect(merged).toBeLessThanOrEqual(1 + reopened)
        const parents = incidentsOf(run.state).filter(({ children }) => children.includes(incident.id))
        if (incident.parent !== undefined) expect(parents.map(({ id }) => id)).toContain(incident.parent)
      }
    }),
    runs(0.12),
  )
})

function heldByParents(state: AlertingState, at: number): AlertingState {
  for (const { parent, resolvedAt } of incidentsOf(state))
    if (parent !== undefined && resolvedAt === minute(at))
      expect(incidentsOf(state).find(({ id }) => id === parent)?.state).toBe('open')
  return state
}

test('whatever people do in between, no alert is lost and the journal tells it', () => {
  const actions = fc.constantFrom('resolve', 'acknowledge', 'reopen', 'unacknowledge' as const)
  fc.assert(
    fc.property(
      estates,
      fc.array(fc.tuple(fc.nat(60), fc.nat(5), actions), { maxLength: 6 }),
      (estate, done) => {
        const run = runEstate(estate, {
          between: (before, at, journal) => {
            let state = before
            for (const [when, which, kind] of done) {
              const incident = incidentsOf(state)[which]?.id
              if (when !== at || incident === undefined) continue
              const result = act(state, { kind, incident, by: 'aya' }, minute(at))
              if (result.kind === 'failed') continue
              state = result.value.state
              journal.push(...result.value.events)
            }
            // What fires again is told by the next step.
            if (state === before) expect(lostAlerts(state)).toEqual([])
            return state
          },
        })
        expect(fold(EMPTY_STATE, viaJson(run.journal))).toEqual(run.state)
      },
    ),
    runs(0.12),
  )
})

function hash(text: string): number {
  let sum = 7
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 1_000_003
  return sum
}
