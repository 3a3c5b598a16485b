import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, HOUR, type Labels, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import {
  type Correction,
  createTimelines,
  history,
  historyReads,
  type ScopedBuckets,
  type Slo,
  type Window,
} from '../../src/slo/index.ts'
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

const month: Window = {
  kind: 'calendar',
  name: 'month',
  unit: 'month',
  count: 1,
  start: '2026-01-01 00:00:00',
  zone: 'Asia/Tokyo',
}
const everything: Labels = {}

/** Hours for the past and minutes for the last day, as they are read for a graph. */
function partsOf(minutes: readonly Minute[], from: number, to: number) {
  const middle = to - (to % HOUR) - DAY
  return [
    ...answerOf(minutes, { range: { from: unixSeconds(from), to: unixSeconds(middle) }, width: HOUR }, []),
    ...answerOf(minutes, { range: { from: unixSeconds(middle), to: unixSeconds(to) }, width: 60 }, []),
  ]
}

const drawn = fc.array(
  fc.record({
    age: fc.integer({ min: 1, max: 9 * 1440 }),
    good: fc.integer({ min: 1, max: 1000 }),
    bad: fc.nat(50),
  }),
  { minLength: 1, maxLength: 40 },
)

test('every point of a graph is what the evaluation said then', () => {
  const kinds = fc.constantFrom<Partial<Slo>>(
    { windows: [rolling(7)] },
    { windows: [month] },
    {
      windows: [rolling(1)],
      method: 'timeslices',
      objectives: [objective({ slice: { width: seconds(60), allowed: perMillion(20_000) } })],
    },
  )
  fc.assert(
    fc.property(drawn, kinds, fc.integer({ min: 0, max: 23 }), (ages, kind, hour) => {
      const one = slo({ policy: pagesOnly, ...kind })
      const now = unixSeconds(MONDAY + hour * HOUR)
      const minutes = ages.map((m) => ({
        at: now / 60 - m.age,
        labels: everything,
        good: m.good,
        bad: m.bad,
      }))
      // Something in each part, so that each is answered.
      minutes.push({ at: now / 60 - 1, labels: everything, good: 1, bad: 0 })
      minutes.push({ at: now / 60 - 40 * 1440, labels: everything, good: 1, bad: 0 })
      const slices = one.method !== 'occurrences'
      const from = now - (slices ? 2 : 41) * DAY
      const parts = slices
        ? answerOf(minutes, { range: { from: unixSeconds(from), to: now }, width: 60 }, [])
        : partsOf(minutes, from, now)
      const range = { from: unixSeconds(now - 5 * HOUR), to: now }
      const course = history(one, one.objectives[0]!, parts, { range, step: HOUR, now })
      course.start.forEach((start, i) => {
        const end = unixSeconds(start + HOUR)
        const timelines = createTimelines([one], { now: end })
        feedAll(timelines, [one], { now: end, minutes: minutes.filter((m) => m.at * 60 < end) })
        const evaluation = timelines.evaluate(end)[0]!
        const window = evaluation.windows[0]!
        // As a calendar window ends the evaluation is already of the next one, and the graph shows how it ended.
        if (window.range.to > window.range.from) expect(course.left[i]).toEqual(window.budget.leftRatio)
        expect(course.rules.map((r) => [r.long[i], r.short[i]])).toEqual(
          evaluation.verdicts.map((v) => [v.long.rate, v.short.rate]),
        )
      })
    }),
    { numRuns: Math.ceil(propertyRuns / 4) },
  )
}, 600_000)

const steady = (bad: number): Minute[] =>
  Array.from({ length: 9 * 1440 }, (_, i) => ({
    at: MONDAY / 60 - 9 * 1440 + i,
    labels: everything,
    good: 1000 - bad,
    bad,
  }))

test('spending twice too fast, a rolling budget lasts half of what is left of its window', () => {
  const one = slo({ windows: [rolling(1)], objectives: [objective({ allowed: perMillion(10_000) })] })
  const minutes = [...steady(0).slice(0, -360), ...steady(20).slice(-360)]
  const parts = answerOf(
    minutes,
    { range: { from: unixSeconds(MONDAY - 2 * DAY), to: MONDAY }, width: 60 },
    [],
  )
  const range = { from: unixSeconds(MONDAY - DAY), to: MONDAY }
  const { projection, ideal } = history(one, one.objectives[0]!, parts, { range, step: HOUR, now: MONDAY })
  expect(projection).toEqual({ from: MONDAY, left: 0.5, to: MONDAY + 6 * HOUR, leftThen: 0 })
  expect(ideal).toBeUndefined()
})

test('in a calendar window the even pace is a line from all to nothing', () => {
  const day: Window = { ...month, name: 'day', unit: 'day', zone: 'UTC' }
  const one = slo({ windows: [day] })
  const now = unixSeconds(MONDAY - 6 * HOUR)
  const parts = answerOf(
    steady(0),
    { range: { from: unixSeconds(MONDAY - 2 * DAY), to: now }, width: 60 },
    [],
  )
  const range = { from: unixSeconds(MONDAY - DAY), to: now }
  const course = history(one, one.objectives[0]!, parts, { range, step: 6 * HOUR, now })
  expect(course.ideal).toEqual([0.75, 0.5, 0.25])
  expect(course.left).toEqual([1, 1, 1])
  expect(course.projection).toEqual({ from: now, left: 1, to: MONDAY, leftThen: 1 })
})

test('what is not known is left out of the graph, and what is quiet is not', () => {
  const one = slo({ windows: [rolling(1)] })
  const minutes = steady(0).filter((m) => m.at * 60 < MONDAY - 4 * HOUR)
  const parts = answerOf(
    minutes,
    { range: { from: unixSeconds(MONDAY - 2 * DAY), to: MONDAY }, width: 60 },
    [],
  )
  const range = { from: unixSeconds(MONDAY - 6 * HOUR), to: MONDAY }
  const known = [[{ from: unixSeconds(0), to: unixSeconds(MONDAY - 2 * HOUR), state: 'known' as const }]]
  const course = history(one, one.objectives[0]!, parts, { range, step: 2 * HOUR, now: MONDAY, known })
  expect(course.good).toEqual([120_000, 0, undefined])
  expect(course.bad).toEqual([0, 0, undefined])
})

test('slices are not judged from buckets longer than they are', () => {
  const one = slo({ method: 'timeslices', objectives: [objective({ slice: { width: seconds(60) } })] })
  const part = { start: MONDAY, width: HOUR, good: [1], bad: [0] }
  const range = { from: MONDAY, to: unixSeconds(MONDAY + HOUR) }
  expect(() => history(one, one.objectives[0]!, [part], { range, step: HOUR, now: MONDAY })).toThrow(
    'Cannot judge slices of 60 s from buckets of 3600 s',
  )
})

const clouds: Labels[] = [
  { cloud_provider: 'aws', cloud_region: 'us-east-1' },
  { cloud_provider: 'aws', cloud_region: 'eu-central-1' },
  { cloud_provider: 'gcp', cloud_region: 'europe-west1' },
]
const scopes: Labels[] = [
  {},
  { cloud_provider: 'aws' },
  { cloud_provider: 'gcp', cloud_region: 'europe-west1' },
  { cloud_region: 'us-east-1' },
]
const byCloud = slo({
  policy: pagesOnly,
  splitBy: ['cloud_provider', 'cloud_region'],
  sources: ['edge'],
  windows: [rolling(7)],
})

/** What a ledger of these minutes answers to the reads of a history of the last hours, for all scopes. */
function readFor(minutes: readonly Minute[], now: number, corrections: readonly Correction[]) {
  const range = { from: unixSeconds(now - 41 * DAY), to: unixSeconds(now) }
  return historyReads(range, unixSeconds(now - (now % HOUR) - DAY), corrections).flatMap((read) =>
    answerOf(minutes, read, byCloud.splitBy).map((answer) => ({ ...answer, width: read.width })),
  )
}

const ofScope = (read: readonly ScopedBuckets[], scope: Labels) =>
  read.filter((each) => JSON.stringify(each.scope) === JSON.stringify(scope))

test('every point of a corrected graph is what the corrected evaluation said then', () => {
  const kinds = fc.constantFrom<Partial<Slo>>({}, { windows: [month] })
  const drafts = fc.array(
    fc.record({
      kind: fc.constantFrom('exclude' as const, 'forgive' as const),
      scope: fc.constantFrom(...scopes),
      ago: fc.integer({ min: 0, max: 8 * DAY }),
      length: fc.integer({ min: 1, max: 2 * DAY }),
      slos: fc.constantFrom(undefined, ['s'], ['other']),
    }),
    { minLength: 1, maxLength: 4 },
  )
  fc.assert(
    fc.property(
      drawn,
      kinds,
      drafts,
      fc.constantFrom(...scopes.slice(0, 3)),
      (ages, kind, drawnOnes, scope) => {
        const one: Slo = { ...byCloud, ...kind }
        const now = unixSeconds(MONDAY + 12 * HOUR)
        const corrections = drawnOnes.map(({ ago, length, slos, ...rest }, i): Correction => {
          const from = unixSeconds(now - ago)
          return {
            id: `c${i}`,
            ...rest,
            ranges: [{ from, to: unixSeconds(from + length) }],
            ...(slos ? { slos } : {}),
          }
        })
        // Each scope has something before the first point, so that it is one.
        const minutes = clouds.flatMap((labels, place) => [
          ...ages
            .filter((m) => m.age % 3 === place)
            .map(({ age, ...counts }) => ({ at: now / 60 - age, labels, ...counts })),
          { at: now / 60 - 1, labels, good: 1, bad: 0 },
          { at: now / 60 - 360, labels, good: 1, bad: 0 },
        ])
        const parts = readFor(minutes, now, corrections)
        const range = { from: unixSeconds(now - 4 * HOUR), to: now }
        const options = { range, step: HOUR, now, corrections, scope, parts }
        const course = history(one, one.objectives[0]!, ofScope(parts, scope), options)
        course.start.forEach((start, i) => {
          const end = unixSeconds(start + HOUR)
          const timelines = createTimelines([one], { now: end })
          timelines.correct(corrections)
          feedAll(timelines, [one], { now: end, minutes: minutes.filter((m) => m.at * 60 < end) })
          known(timelines, end)
          const evaluation = timelines
            .evaluate(end)
            .find((e) => JSON.stringify(e.scope) === JSON.stringify(scope))!
          expect(course.left[i]).toEqual(evaluation.windows[0]!.budget.leftRatio)
          expect(course.rules.map((r) => [r.long[i], r.short[i]])).toEqual(
            evaluation.verdicts.map((v) => [v.long.rate, v.short.rate]),
          )
        })
      },
    ),
    { numRuns: Math.ceil(propertyRuns / 4) },
  )
}, 600_000)

test('a history reads hours, and the minutes of those that a correction begins or ends inside of', () => {
  const at = (hours: number) => unixSeconds(MONDAY + hours * HOUR)
  const corrections = [
    { id: 'c', kind: 'exclude' as const, scope: {}, ranges: [{ from: at(2.5), to: at(5) }] },
    { id: 'd', kind: 'forgive' as const, scope: {}, ranges: [{ from: at(2.75), to: at(30.5) }] },
  ]
  expect(historyReads({ from: at(0), to: at(12) }, at(8), corrections)).toEqual([
    { range: { from: at(0), to: at(2) }, width: HOUR },
    { range: { from: at(2), to: at(3) }, width: 60 },
    { range: { from: at(3), to: at(8) }, width: HOUR },
    { range: { from: at(8), to: at(12) }, width: 60 },
  ])
  expect(historyReads({ from: at(0), to: at(2) }, at(0), [])).toEqual([
    { range: { from: at(0), to: at(2) }, width: 60 },
  ])
})

const quiet = steady(0).slice(-1440)
const outage = quiet.map((m) => (m.at * 60 < MONDAY - HOUR ? m : { ...m, good: 0, bad: 1000 }))
const lastHour = { from: unixSeconds(MONDAY - HOUR), to: MONDAY }

function courseWith(kind: Correction['kind'], change: Partial<Slo> = {}) {
  const one = slo({ windows: [rolling(1)], ...change })
  const read = answerOf(outage, { range: { from: unixSeconds(MONDAY - 2 * DAY), to: MONDAY }, width: 60 }, [])
  return history(one, one.objectives[0]!, read, {
    range: { from: unixSeconds(MONDAY - 2 * HOUR), to: MONDAY },
    step: HOUR,
    now: MONDAY,
    corrections: [{ id: 'c', kind, scope: {}, ranges: [lastHour] }],
  })
}

test('an outage that is excluded is no event, and one that is forgiven is good', () => {
  expect(courseWith('exclude')).toMatchObject({ good: [60_000, 0], bad: [0, 0], left: [1, 1] })
  expect(courseWith('forgive')).toMatchObject({ good: [60_000, 60_000], bad: [0, 0], left: [1, 1] })
})

test('slices are corrected whole', () => {
  const change: Partial<Slo> = {
    method: 'timeslices',
    objectives: [objective({ slice: { width: seconds(1800), allowed: perMillion(0) } })],
  }
  expect(courseWith('exclude', change)).toMatchObject({ good: [2, 0], bad: [0, 0] })
  expect(courseWith('forgive', change)).toMatchObject({ good: [2, 2], bad: [0, 0] })
})

test('time that is excluded asks for no part of a calendar budget', () => {
  const day: Window = { ...month, name: 'day', unit: 'day', zone: 'UTC' }
  // The last hour of 24 does not count: after 22 of the 23 others a 23rd is left, and then nothing.
  const { ideal, projection } = courseWith('exclude', { windows: [day] })
  expect(ideal).toEqual([0, 0])
  expect(projection).toMatchObject({ left: 1, leftThen: 1 })
})

test('where nothing is known, time that is excluded is nothing, not unknown', () => {
  const one = slo({ windows: [rolling(1)] })
  const course = history(one, one.objectives[0]!, [], {
    range: { from: unixSeconds(MONDAY - 2 * HOUR), to: MONDAY },
    step: HOUR,
    now: MONDAY,
    known: [[{ from: unixSeconds(0), to: unixSeconds(MONDAY - 2 * HOUR), state: 'known' }]],
    corrections: [{ id: 'c', kind: 'exclude', scope: {}, ranges: [lastHour] }],
  })
  expect(course.good).toEqual([undefined, 0])
})
