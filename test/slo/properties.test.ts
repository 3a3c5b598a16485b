import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, HOUR, perMillion, ratio, seconds, type UnixSeconds, unixSeconds } from '../../src/base/index.ts'
import { createTimelines, type Evaluation, type Slo, type Window } from '../../src/slo/index.ts'
import {
  answerOf,
  feedAll,
  known,
  type Minute,
  MONDAY,
  objective,
  pagesOnly,
  propertyRuns,
  rolling,
  slo,
} from './estate.ts'

const labelsOf = [
  { cloud_provider: 'aws', cloud_region: 'us-east-1' },
  { cloud_provider: 'aws', cloud_region: 'eu-central-1' },
  { cloud_provider: 'gcp', cloud_region: 'europe-west1' },
]

/** Minutes by age before `now`, most of them recent. */
const drawnMinutes = fc.array(
  fc.record({
    age: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 30 * 1440 })),
    place: fc.integer({ min: 0, max: 2 }),
    good: fc.integer({ min: 0, max: 1000 }),
    bad: fc.integer({ min: 0, max: 100 }),
  }),
  { maxLength: 40 },
)

type Drawn = readonly { age: number; place: number; good: number; bad: number }[]

const minutesOf = (drawn: Drawn, now: number): Minute[] =>
  drawn.map((d) => ({
    at: Math.floor(now / 60) - d.age,
    labels: labelsOf[d.place]!,
    good: d.good,
    bad: d.bad,
  }))

function evaluateAll(one: Slo, minutes: readonly Minute[], now: UnixSeconds): readonly Evaluation[] {
  const timelines = createTimelines([one], { now })
  known(timelines, now)
  feedAll(timelines, [one], { now, minutes })
  return timelines.evaluate(now)
}

const split = slo({
  splitBy: ['cloud_provider', 'cloud_region'],
  sources: ['edge'],
  windows: [rolling(30), rolling(7)],
  policy: pagesOnly,
})
const check = <Drawn>(property: fc.IProperty<Drawn>): void => fc.assert(property, { numRuns: propertyRuns })
const PATIENT = 600_000

const month: Window = {
  kind: 'calendar',
  name: 'month',
  unit: 'month',
  count: 1,
  start: '2026-01-01 00:00:00',
  zone: 'Asia/Kathmandu',
}

test(
  'the order in which data arrives, in what pieces and how often, changes nothing',
  () => {
    const pieces = fc.array(fc.record({ from: fc.nat(3 * 1440), length: fc.integer({ min: 1, max: 700 }) }), {
      maxLength: 8,
    })
    check(
      fc.property(drawnMinutes, pieces, fc.nat(DAY), (drawn, order, offset) => {
        const now = unixSeconds(MONDAY + offset)
        const minutes = minutesOf(drawn, now)
        const timelines = createTimelines([split], { now })
        known(timelines, now)
        const hand = (range: { from: number; to: number }): void => {
          const asked = { range: { from: unixSeconds(range.from), to: unixSeconds(range.to) }, width: 60 }
          for (const answer of answerOf(minutes, asked, split.splitBy)) timelines.load('s', 'i', answer)
        }
        const end = Math.floor(now / 60) * 60
        for (const piece of order)
          hand({ from: end - piece.from * 60, to: end - piece.from * 60 + piece.length * 60 })
        feedAll(timelines, [split], { now, minutes })
        for (const piece of order.toReversed())
          hand({ from: end - piece.from * 60, to: end - piece.from * 60 + piece.length * 60 })
        for (const need of timelines.needs(now)) {
          for (const answer of answerOf(minutes, need, split.splitBy)) timelines.load('s', 'i', answer)
          timelines.loaded(need)
        }
        expect(timelines.evaluate(now)).toEqual(evaluateAll(split, minutes, now))
      }),
    )
  },
  PATIENT,
)

test(
  'what is said does not depend on when it is asked, only on how long ago things happened',
  () => {
    check(
      fc.property(drawnMinutes, fc.integer({ min: 1, max: 200 * 1440 }), (drawn, later) => {
        const now = unixSeconds(MONDAY + 17 * 60)
        const then = unixSeconds(now + later * 60)
        const shift = (e: Evaluation) => ({
          ...e,
          now: 0,
          windows: e.windows.map((w) => ({
            ...w,
            range: 0,
            bounds: 0,
            coverage: { ...w.coverage, completeThrough: 0 },
          })),
          verdicts: e.verdicts.map((v) => ({ ...v, end: 0 })),
        })
        expect(evaluateAll(split, minutesOf(drawn, then), then).map(shift)).toEqual(
          evaluateAll(split, minutesOf(drawn, now), now).map(shift),
        )
      }),
    )
  },
  PATIENT,
)

test(
  'merging the clouds and then measuring is measuring each and adding up',
  () => {
    check(
      fc.property(drawnMinutes, fc.nat(3 * DAY), (drawn, offset) => {
        const now = unixSeconds(MONDAY + offset)
        const evaluations = evaluateAll(split, minutesOf(drawn, now), now)
        const sumOf = (level: number, pick: (e: Evaluation) => number): number =>
          evaluations
            .filter((e) => Object.keys(e.scope).length === level)
            .reduce((sum, e) => sum + pick(e), 0)
        for (const pick of [
          (e: Evaluation) => e.windows[0]!.counts.good,
          (e: Evaluation) => e.windows[1]!.counts.bad,
          (e: Evaluation) => e.windows[0]!.budget.events,
          (e: Evaluation) => e.verdicts[0]!.short.counts.bad,
          (e: Evaluation) => e.verdicts[1]!.long.counts.good,
        ]) {
          expect(sumOf(1, pick)).toBeCloseTo(sumOf(0, pick), 6)
          expect(sumOf(2, pick)).toBeCloseTo(sumOf(0, pick), 6)
        }
      }),
    )
  },
  PATIENT,
)

test(
  'within a calendar window what is spent never falls',
  () => {
    const one = slo({ windows: [month], sources: ['edge'], policy: pagesOnly })
    check(
      fc.property(
        drawnMinutes,
        fc.array(fc.integer({ min: 60, max: 9 * HOUR }), { maxLength: 5 }),
        (drawn, steps) => {
          let now = unixSeconds(MONDAY)
          const minutes = minutesOf(drawn, MONDAY + 2 * DAY)
          const timelines = createTimelines([one], { now })
          let spent = 0
          for (const step of steps) {
            now = unixSeconds(now + step)
            feedAll(timelines, [one], { now, minutes: minutes.filter((m) => m.at * 60 < now) })
            known(timelines, now)
            const [window] = timelines.evaluate(now)[0]!.windows
            expect(window!.budget.spent).toBeGreaterThanOrEqual(spent)
            // 2026-11-01 at midnight there is 18:15 the day before, universal time: inside an hour.
            const from = Date.parse('2026-10-31T18:15:00Z') / 1000
            const bad = minutes.filter((m) => m.at * 60 >= from && m.at * 60 < window!.range.to)
            expect(window!.budget.spent).toBe(bad.reduce((sum, m) => sum + m.bad, 0))
            spent = window!.budget.spent
          }
        },
      ),
    )
  },
  PATIENT,
)

test(
  'slices are what judging every slice by itself gives',
  () => {
    const widths = fc.constantFrom(60, 300, 900, 420, 2 * HOUR)
    check(
      fc.property(drawnMinutes, widths, fc.boolean(), fc.nat(DAY), (drawn, width, ratios, offset) => {
        const one = slo({
          method: ratios ? 'ratio-timeslices' : 'timeslices',
          objectives: [objective({ slice: { width: seconds(width), allowed: perMillion(50_000) } })],
          windows: [rolling(7)],
          policy: pagesOnly,
          sources: ['edge'],
        })
        const now = unixSeconds(MONDAY + offset)
        const minutes = minutesOf(drawn, now)
        const [evaluation] = evaluateAll(one, minutes, now)
        const [window] = evaluation!.windows
        const slices = new Map<number, { good: number; bad: number }>()
        for (const m of minutes) {
          const slice = Math.floor((m.at * 60) / width) * width
          if (slice < window!.range.from || slice >= window!.range.to) continue
          const counts = slices.get(slice) ?? { good: 0, bad: 0 }
          slices.set(slice, { good: counts.good + m.good, bad: counts.bad + m.bad })
        }
        let bad = 0
        for (const s of slices.values()) {
          const share = s.good + s.bad === 0 ? 0 : s.bad / (s.good + s.bad)
          bad += ratios ? share : s.bad * 20 > s.good + s.bad ? 1 : 0
        }
        expect(window!.range.to).toBe(Math.floor(now / width) * width)
        expect(window!.counts.bad).toBeCloseTo(bad, 6)
        expect(window!.counts.good + window!.counts.bad).toBeCloseTo(
          (window!.range.to - Math.ceil(window!.range.from / width) * width) / width,
          6,
        )
      }),
    )
  },
  PATIENT,
)

test(
  'what changed is what evaluating everything says is other than before',
  () => {
    const kinds = fc.constantFrom<Partial<Slo>>(
      { minBadEvents: 20 },
      { confidence: ratio(0.9) },
      { noData: 'bad', minBadEvents: 3 },
      { noData: 'good', windows: [month] },
      {
        method: 'timeslices',
        objectives: [objective({ slice: { width: seconds(300), allowed: perMillion(10_000) } })],
      },
      {
        method: 'ratio-timeslices',
        minBadEvents: 2,
        objectives: [objective({ slice: { width: seconds(60) } })],
      },
    )
    const ticks = fc.array(fc.tuple(fc.integer({ min: 20, max: 4 * HOUR }), fc.nat(200), fc.nat(2)), {
      maxLength: 3,
    })
    check(
      fc.property(drawnMinutes, ticks, kinds, (drawn, steps, kind) => {
        let now = unixSeconds(MONDAY)
        const one: Slo = { ...split, ...kind }
        const minutes = minutesOf(drawn, now)
        const timelines = createTimelines([one], { now })
        const sale = { from: unixSeconds(now - 2 * HOUR), to: unixSeconds(now + HOUR) }
        timelines.correct([{ id: 'sale', kind: 'exclude', scope: { cloud_provider: 'gcp' }, ranges: [sale] }])
        const saying = (e: Evaluation) => JSON.stringify([e.state, e.verdicts.map((v) => v.kind)])
        const before = new Map<string, string>()
        for (const [step, bad, place] of steps) {
          now = unixSeconds(now + step)
          minutes.push({ at: Math.floor(now / 60), labels: labelsOf[place]!, good: 1000, bad })
          if (step % 5 > 0) known(timelines, now - (step % 3) * HOUR)
          feedAll(timelines, [one], { now, minutes })
          const all = timelines.evaluate(now)
          const other = all.filter((e) => before.get(JSON.stringify(e.scope)) !== saying(e))
          expect(timelines.changed(now)).toEqual(other)
          for (const e of all) before.set(JSON.stringify(e.scope), saying(e))
        }
      }),
    )
  },
  PATIENT,
)
