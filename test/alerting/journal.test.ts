import fc from 'fast-check'
import { expect, test } from 'vitest'
import { act, EMPTY_STATE, fold, incidentsOf, step } from '../../src/alerting/index.ts'
import { seconds, unixSeconds } from '../../src/base/index.ts'
import { runs } from '../property-runs.ts'
import { evaluationAt, minute, PAGE, readTimeline, run, scopesOf, sloWith, TICKET } from './timeline.ts'

const rates = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 15 }), fc.constantFrom('0', '1', '5', '100', '-')),
  { minLength: 1, maxLength: 8 },
)
const timelines = fc
  .tuple(rates, rates, rates)
  .map((all) =>
    ['aws/tokyo', 'aws/osaka', 'gcp']
      .map((place, i) => `${place}: ${(all[i] ?? []).map(([times, rate]) => `${times}x${rate}`).join(' ')}`)
      .join('\n'),
  )
const viaJson = <T>(value: T): T => JSON.parse(JSON.stringify(value))

test('folding the journal gives the state, at every step and over every restart', () => {
  fc.assert(
    fc.property(timelines, fc.integer({ min: 0, max: 3 }), (timeline, after) => {
      const slo = sloWith([PAGE, { ...TICKET, after: seconds(after * 60) }])
      const { state, journal } = run(timeline, {
        slo,
        // A restart forgets everything but the journal.
        between: (now, at) => (at % 7 === 0 ? [viaJson(now), []] : [now, []]),
      })
      expect(fold(EMPTY_STATE, viaJson(journal))).toEqual(state)
      expect(JSON.stringify(fold(EMPTY_STATE, viaJson(journal)))).toBe(JSON.stringify(state))
      const half = Math.floor(journal.length / 2)
      expect(fold(fold(EMPTY_STATE, journal.slice(0, half)), journal.slice(half))).toEqual(state)
    }),
    runs(0.2),
  )
})

test('whatever happens: at most one open incident an objective, its numbers sound, its seq without holes', () => {
  fc.assert(
    fc.property(timelines, (timeline) => {
      const { state, journal, decisions } = run(timeline)
      expect(incidentsOf(state).filter((incident) => incident.state === 'open').length).toBeLessThanOrEqual(1)
      for (const { incident, seq } of state.incidents) {
        expect(incident.badEvents).toBeGreaterThanOrEqual(0)
        expect(incident.startedAt).toBeLessThanOrEqual(incident.openedAt)
        expect(incident.members.some((member) => member.firing)).toBe(
          incident.state === 'open' && state.alerts.some((alert) => alert.state === 'firing'),
        )
        const seqs = journal.flatMap(({ data }) =>
          'seq' in data && data.incident === incident.id ? [data.seq] : [],
        )
        expect(seqs).toEqual(Array.from({ length: seq }, (_, i) => i + 1))
        const told = decisions.filter((one) => one.incident === incident.id && one.reason !== 'nothing')
        expect(told.map((one) => one.seq)).toEqual(seqs)
      }
    }),
    runs(0.2),
  )
})

test('the same evaluations give the same bytes, in whatever order they come', () => {
  const timeline = readTimeline('aws/tokyo: 30x0 30x100\naws/osaka: 60x0\ngcp: 40x0 20x5')
  const slo = sloWith()
  const once = (order: 1 | -1): string => {
    let state = EMPTY_STATE
    const said: unknown[] = []
    for (let at = 1; at <= timeline.minutes; at++) {
      const evaluations = scopesOf(timeline).map((scope) => evaluationAt(timeline, slo, scope, at))
      const ordered = order === 1 ? evaluations : evaluations.toReversed()
      const result = step(state, { evaluations: ordered, slos: [slo], now: minute(at) })
      state = result.state
      said.push(result.events, result.decisions)
    }
    return JSON.stringify([state, said])
  }
  expect(once(1)).toBe(once(1))
  expect(once(-1)).toBe(once(1))
})

test('a step costs nothing and changes nothing while all is calm', () => {
  const timeline = readTimeline('aws: 60x0')
  const slo = sloWith()
  const evaluations = scopesOf(timeline).map((scope) => evaluationAt(timeline, slo, scope, 30))
  const result = step(EMPTY_STATE, { evaluations, slos: [slo], now: minute(30) })
  expect(result.state).toBe(EMPTY_STATE)
  expect(result.decisions).toEqual([])
})

test('entries that this version cannot read are counted, and others are left to their owners', () => {
  const entry = (kind: string, data: unknown) => ({ at: minute(1), kind, data })
  const state = fold(EMPTY_STATE, [
    entry('incident', { kind: 'from-the-future', incident: 'INC-2026-0001' }),
    entry('incident', null),
    entry('incident', { kind: 'resolved', incident: 'INC-2026-0009', seq: 2, text: '', reading: {} }),
    entry('notification', { kind: 'sent' }),
  ])
  expect(state).toEqual({ ...EMPTY_STATE, unread: 3 })
})

test('an SLO that is no longer defined closes its incident and keeps its history', () => {
  const { state } = run('aws: 30x0 10x100')
  const { state: after, decisions } = step(state, { evaluations: [], slos: [], now: minute(50) })
  const [incident] = incidentsOf(after)
  expect(incident?.state).toBe('resolved')
  expect(incident?.timeline.at(-1)?.text).toBe('Closed: the SLO is no longer defined.')
  expect(after.alerts).toEqual([])
  expect(decisions.map((decision) => decision.reason)).toEqual(['resolved'])
})

test('a clock that jumps a day ahead or back decides nothing by itself', () => {
  const timeline = readTimeline('aws: 30x0 30x100')
  const slo = sloWith()
  const { state } = run('aws: 30x0 20x100', { slo })
  for (const jump of [86_400, -86_400, 3_600, -3_600]) {
    const evaluations = scopesOf(timeline).map((scope) => evaluationAt(timeline, slo, scope, 51))
    const { decisions } = step(state, { evaluations, slos: [slo], now: unixSeconds(minute(51) + jump) })
    expect(decisions.map((decision) => decision.reason)).toEqual([jump > 0 ? 'repeat' : 'nothing'])
  }
})

test('people acknowledge, mute, write notes and end incidents, and doing it twice changes nothing', () => {
  let { state } = run('aws: 30x0 10x100')
  const incident = 'INC-2026-0001'
  const journal = run('aws: 30x0 10x100').journal.slice()
  const perform = (action: Parameters<typeof act>[1]) => {
    const result = act(state, action, minute(41))
    if (result.kind === 'failed') return result.error
    state = result.value.state
    journal.push(...result.value.events)
    return result.value.decision?.reason
  }
  expect(perform({ kind: 'acknowledge', incident, by: 'aya' })).toBe('person')
  expect(perform({ kind: 'acknowledge', incident, by: 'ben' })).toBeUndefined()
  expect(perform({ kind: 'note', incident, by: 'aya', text: ' rolled back ' })).toBe('person')
  expect(perform({ kind: 'note', incident, by: 'aya', text: '  ' })).toBe('A note needs some words')
  expect(perform({ kind: 'mute', incident, by: 'aya', until: minute(60) })).toBe('person')
  expect(perform({ kind: 'mute', incident, by: 'aya', until: minute(3) })).toBe(
    'A mute must end in the future',
  )
  expect(perform({ kind: 'acknowledge', incident: 'INC-1', by: 'aya' })).toBe('There is no incident INC-1')
  const [now] = incidentsOf(state)
  expect(now?.acknowledged).toEqual({ by: 'aya', at: minute(41) })
  expect(now?.mutedUntil).toBe(minute(60))
  expect(now?.timeline.map((entry) => `${entry.kind} ${entry.by ?? ''}`)).toEqual([
    'opened ',
    'acknowledged aya',
    'note aya',
    'muted aya',
  ])
  expect(perform({ kind: 'resolve', incident, by: 'aya' })).toBe('resolved')
  expect(incidentsOf(state)[0]?.state).toBe('resolved')
  expect(state.alerts).toEqual([])
  expect(fold(EMPTY_STATE, viaJson(journal))).toEqual(state)
})

test('a muted incident is followed in silence, but for its end', () => {
  const { decisions } = run('aws: 30x0 40x100 20x0\ngcp: 50x0 20x100 20x0', {
    between: (state, at) => {
      if (at !== 35) return [state, []]
      const result = act(
        state,
        { kind: 'mute', incident: 'INC-2026-0001', by: 'aya', until: minute(500) },
        minute(at),
      )
      return result.kind === 'ok' ? [result.value.state, result.value.events] : [state, []]
    },
  })
  const reasons = new Set(decisions.filter((one) => one.at > minute(35)).map((one) => one.reason))
  expect([...reasons].sort()).toEqual(['nothing', 'resolved', 'silenced'])
})
