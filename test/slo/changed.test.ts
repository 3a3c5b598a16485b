import { describe, expect, test } from 'vitest'
import { DAY, HOUR, perMillion, ratio, seconds, unixSeconds } from '../../src/base/index.ts'
import {
  createTimelines,
  type Evaluation,
  type KnownSpan,
  type Slo,
  type Window,
} from '../../src/slo/index.ts'
import { MONDAY, objective, pagesOnly, rolling, rule, slo } from './estate.ts'

const now = MONDAY
const start = unixSeconds(now - 2 * DAY)
const MINUTES = 2 * 1440

/** What happened in the last two days: a thousand events a minute, so many of them bad by age in minutes. */
interface Situation {
  readonly name: string
  readonly events?: number
  readonly bad?: (age: number) => number
  /** Nothing is known of the last so many minutes. */
  readonly unknown?: number
  readonly state?: KnownSpan['state']
}

const situations: readonly Situation[] = [
  { name: 'all is well' },
  { name: 'spending faster than even', bad: (age) => (age <= 30 ? 2 : 0) },
  { name: 'spending at the even pace', bad: (age) => (age <= 30 ? 1 : 0) },
  { name: 'three times as fast as even', bad: (age) => (age <= 30 ? 3 : 0) },
  { name: 'nine times as fast as even', bad: (age) => (age <= 30 ? 9 : 0) },
  { name: 'fast', bad: (age) => (age <= 60 ? 15 : 0) },
  { name: 'fast, but over', bad: (age) => (age <= 60 && age > 5 ? 17 : 0) },
  { name: 'only just now', bad: (age) => (age <= 3 ? 100 : 0) },
  { name: 'slow', bad: (age) => (age <= 360 ? 7 : 0) },
  { name: 'fast and slow', bad: (age) => (age <= 150 ? 16 : 0) },
  { name: 'exactly the factor of the slow rule', bad: (age) => (age <= 360 ? 6 : 0) },
  { name: 'spent long ago', bad: (age) => (age > 2000 && age <= 2010 ? 900 : 0) },
  { name: 'a third spent long ago', bad: (age) => (age > 2000 && age <= 2001 ? 960 : 0) },
  { name: 'two thirds spent long ago', bad: (age) => (age > 2000 && age <= 2002 ? 960 : 0) },
  { name: 'exactly spent long ago', bad: (age) => (age > 2000 && age <= 2003 ? 960 : 0) },
  { name: 'spent, and slow', bad: (age) => (age <= 1440 ? 60 : 0) },
  { name: 'no traffic', events: 0 },
  { name: 'one event in a hundred minutes', events: 0, bad: (age) => (age % 100 === 50 ? 1 : 0) },
  { name: 'one failure just now', events: 0, bad: (age) => (age === 2 ? 1 : 0) },
  { name: 'two failures just now', events: 0, bad: (age) => (age === 2 ? 2 : 0) },
  { name: 'nothing known for three hours', events: 0, unknown: 180 },
  { name: 'nothing known for ten hours', events: 0, unknown: 600 },
  { name: 'nothing known at all', events: 0, unknown: MINUTES },
  { name: 'reading fails', events: 0, unknown: MINUTES, state: 'missing' },
  { name: 'reading fails for ten minutes', events: 0, unknown: 10, state: 'missing' },
  { name: 'reading fails for a part', events: 0, unknown: MINUTES, state: 'partial' },
]

function bucketsOf({ events = 1000, bad = () => 0 }: Situation) {
  const failed = Array.from({ length: MINUTES }, (_, i) => bad(MINUTES - i))
  const byHour = Array.from({ length: 48 }, (_, h) =>
    failed.slice(h * 60, h * 60 + 60).reduce((sum, count) => sum + count, 0),
  )
  const minutesFrom = (first: number) => ({
    start: unixSeconds(start + first * 60),
    width: 60,
    good: failed.slice(first).map((count) => Math.max(0, events - count)),
    bad: failed.slice(first),
  })
  const hours = {
    start,
    width: HOUR,
    good: byHour.map((count) => Math.max(0, events * 60 - count)),
    bad: byHour,
  }
  return { minutes: minutesFrom(0), lastMinutes: minutesFrom(MINUTES - 600), hours }
}

function prepared(situation: Situation) {
  const { unknown = 0, state } = situation
  const known = {
    from: unixSeconds(start - DAY),
    to: unixSeconds(now - unknown * 60),
    state: 'known' as const,
  }
  const spans: readonly KnownSpan[] =
    state === undefined ? [known] : [known, { from: known.to, to: now, state }]
  return { name: situation.name, spans, ...bucketsOf(situation) }
}
const all = situations.map(prepared)

function createIn(one: Slo) {
  const timelines = createTimelines([one], { now })
  const be = ({ hours, minutes, lastMinutes, spans }: (typeof all)[number]): Evaluation => {
    const answers = one.method === 'occurrences' ? [hours, lastMinutes] : [minutes]
    for (const answer of answers) timelines.load('s', 'i', { scope: {}, ...answer })
    timelines.cover('edge', [{ from: unixSeconds(0), to: now, state: 'missing' }])
    timelines.cover('edge', spans)
    return timelines.evaluate(now)[0]!
  }
  return { timelines, be }
}

const twoDays: Window = {
  kind: 'calendar',
  name: '2d',
  unit: 'day',
  count: 2,
  start: '2026-11-07 06:00:00',
  zone: 'UTC',
}
const saying = (e: Evaluation) =>
  JSON.stringify([e.state, e.verdicts.map((v) => v.kind), e.conditions?.map((c) => c.kind)])
const conditionsOn = {
  blind: [
    { name: 'blind', severity: 'ticket', kind: 'blind', share: perMillion(10_000_000) },
    { name: 'very-blind', severity: 'page', kind: 'blind', share: perMillion(100_000_000) },
  ],
  budget: [
    { name: 'half', severity: 'ticket', kind: 'spent', share: perMillion(500_000) },
    { name: 'soon', severity: 'page', kind: 'exhausts-within', within: seconds(6 * HOUR) },
    { name: 'gone', severity: 'page', kind: 'exhausted' },
    { name: 'blind', severity: 'ticket', kind: 'blind', share: perMillion(10_000_000) },
  ],
} as const

describe.each<readonly [string, Partial<Slo>]>([
  ['of two days', {}],
  ['of two calendar days', { windows: [twoDays] }],
  ['with a floor of two bad events', { minBadEvents: 2 }],
  ['with a floor of a thousand bad events', { minBadEvents: 1000 }],
  ['with conditions on what is known', { policy: { ...pagesOnly, conditions: conditionsOn.blind } }],
  ['with conditions on its budget', { policy: { ...pagesOnly, conditions: conditionsOn.budget } }],
  ['with a rule below the even pace', { policy: { ...pagesOnly, rules: [rule('slow', [HOUR, 300, 1, 2])] } }],
  [
    'with a rule whose short window is the longer one',
    { policy: { ...pagesOnly, rules: [rule('odd', [300, HOUR, 14, 1])] } },
  ],
  ['that asks for confidence', { confidence: ratio(0.95) }],
  [
    'in slices',
    {
      method: 'timeslices',
      objectives: [objective({ slice: { width: seconds(60), allowed: perMillion(5_000) } })],
    },
  ],
  [
    'in shares of slices',
    {
      method: 'ratio-timeslices',
      minBadEvents: 1,
      objectives: [objective({ slice: { width: seconds(300) } })],
    },
  ],
])('an objective %s', (_name, change) => {
  const one = slo({ sources: ['edge'], policy: pagesOnly, windows: [rolling(2)], ...change })
  // From one to the next, to the one after that, and so on: each is followed by several others.
  test.each([1, 4])(
    'is told as changed when its state or a verdict is another, and only then (%i)',
    (stride) => {
      const { timelines, be } = createIn(one)
      let before = ''
      for (let i = 0; i <= all.length; i++) {
        const situation = all[(i * stride) % all.length]!
        const evaluation = be(situation)
        const expected = saying(evaluation) === before ? [] : [evaluation]
        before = saying(evaluation)
        expect([situation.name, timelines.changed(now)]).toEqual([situation.name, expected])
        expect(timelines.changed(now)).toEqual([])
      }
    },
  )
})
