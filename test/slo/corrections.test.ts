import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR, type Labels, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import { type Correction, createTimelines } from '../../src/slo/index.ts'
import {
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

const places: Labels[] = [
  { cloud_provider: 'aws', cloud_region: 'us-east-1' },
  { cloud_provider: 'aws', cloud_region: 'eu-central-1' },
  { cloud_provider: 'gcp', cloud_region: 'europe-west1' },
]
const scopes: Labels[] = [
  {},
  { cloud_provider: 'aws' },
  { cloud_provider: 'gcp' },
  { cloud_region: 'us-east-1' },
  { cloud_provider: 'aws', cloud_region: 'eu-central-1' },
]

const within = (scope: Labels, labels: Labels) =>
  Object.entries(scope).every(([k, v]) => v === '' || labels[k] === v)

/** What a reader of the corrections would count by hand, minute by minute. */
function byHand(
  minutes: readonly Minute[],
  scope: Labels,
  asked: { from: number; to: number; corrections: readonly Correction[] },
) {
  let good = 0
  let bad = 0
  for (const m of minutes) {
    const t = m.at * 60
    if (t < asked.from || t >= asked.to || !within(scope, m.labels)) continue
    const applies = (kind: Correction['kind']) =>
      asked.corrections.some(
        (c) =>
          c.kind === kind && within(c.scope, m.labels) && c.ranges.some((r) => r.from < t + 60 && r.to > t),
      )
    if (applies('exclude')) continue
    const forgiven = applies('forgive')
    good += m.good + (forgiven ? m.bad : 0)
    bad += forgiven ? 0 : m.bad
  }
  return { good, bad }
}

const one = slo({
  splitBy: ['cloud_provider', 'cloud_region'],
  sources: ['edge'],
  windows: [rolling(7)],
  policy: pagesOnly,
})
const now = unixSeconds(MONDAY + 12 * HOUR)

const drawnMinutes = fc.array(
  fc.record({
    age: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 7 * 1440 })),
    place: fc.integer({ min: 0, max: 2 }),
    good: fc.nat(1000),
    bad: fc.nat(100),
  }),
  { maxLength: 25 },
)
const drawnCorrections = fc.array(
  fc.record({
    kind: fc.constantFrom('exclude' as const, 'forgive' as const),
    scope: fc.constantFrom(...scopes),
    ago: fc.integer({ min: 0, max: 8 * 86_400 }),
    length: fc.integer({ min: 1, max: 2 * 86_400 }),
  }),
  { maxLength: 5 },
)

test('any corrections of any scopes, overlapping or not, count as by hand', () => {
  fc.assert(
    fc.property(drawnMinutes, drawnCorrections, (drawn, drafts) => {
      const minutes = drawn.map((d) => ({
        at: now / 60 - d.age,
        labels: places[d.place]!,
        good: d.good,
        bad: d.bad,
      }))
      const corrections = drafts.map((d, i): Correction => {
        const from = unixSeconds(now - d.ago)
        return {
          id: `c${i}`,
          kind: d.kind,
          scope: d.scope,
          ranges: [{ from, to: unixSeconds(from + d.length) }],
        }
      })
      const timelines = createTimelines([one], { now })
      expect(timelines.correct(corrections)).toEqual([])
      feedAll(timelines, [one], { now, minutes })
      known(timelines, now)
      for (const e of timelines.evaluate(now)) {
        const window = e.windows[0]!
        expect(window.counts).toEqual(byHand(minutes, e.scope, { ...window.range, corrections }))
        if (window.corrected) {
          const asItWas = byHand(minutes, e.scope, { ...window.range, corrections: [] })
          expect(window.corrected.counts).toEqual(asItWas)
        }
        for (const v of e.verdicts)
          for (const side of [v.long, v.short])
            expect(side.counts).toEqual(
              byHand(minutes, e.scope, { from: v.end - side.length, to: v.end, corrections }),
            )
      }
    }),
    { numRuns: propertyRuns },
  )
}, 600_000)

test('every two corrections of the same time, of any scopes, count as by hand', () => {
  const minutes = places.flatMap((labels, i) => [
    { at: now / 60 - 30, labels, good: 10 ** i, bad: 3 * 10 ** i },
    { at: now / 60 - 20, labels, good: 20 ** i, bad: 7 * 10 ** i },
    { at: now / 60 - 10, labels, good: 30 ** i, bad: 5 * 10 ** i },
  ])
  const timelines = createTimelines([one], { now })
  known(timelines, now)
  feedAll(timelines, [one], { now, minutes })
  const kinds = ['exclude', 'forgive'] as const
  const asked = [...scopes, { cloud_provider: 'gcp', cloud_region: 'us-east-1' }, { cloud_region: '' }]
  const choices = kinds.flatMap((kind) => asked.map((scope) => ({ kind, scope })))
  const range = (from: number, to: number) => ({
    from: unixSeconds(now - from * 60),
    to: unixSeconds(now - to * 60),
  })
  for (const [i, first] of choices.entries())
    for (const second of choices.slice(i)) {
      // Only the first, both, only the second; and twice what lies elsewhere.
      const corrections = [
        { id: 'first', ...first, ranges: [range(35, 15), range(9000, 8000)] },
        { id: 'second', ...second, ranges: [range(5, 5), range(25, 5), range(8500, 8400)] },
      ]
      expect(timelines.correct(corrections)).toEqual([])
      for (const e of timelines.evaluate(now)) {
        const window = e.windows[0]!
        const counted = byHand(minutes, e.scope, { ...window.range, corrections })
        expect([first, second, e.scope, window.counts]).toEqual([first, second, e.scope, counted])
        for (const { long, end } of e.verdicts)
          expect(long.counts).toEqual(
            byHand(minutes, e.scope, { from: end - long.length, to: end, corrections }),
          )
      }
    }
})

describe('a correction', () => {
  const range = { from: unixSeconds(now - 3 * HOUR), to: unixSeconds(now - 2 * HOUR) }
  const minutes = [
    { at: now / 60 - 150, labels: places[0]!, good: 0, bad: 10 },
    { at: now / 60 - 30, labels: places[2]!, good: 90, bad: 0 },
  ]
  const evaluate = (correction: Partial<Correction>, change: Parameters<typeof slo>[0] = {}) => {
    const changed = { ...one, ...change }
    const timelines = createTimelines([changed], { now })
    const problems = timelines.correct([
      { id: 'c', kind: 'exclude', scope: {}, ranges: [range], ...correction },
    ])
    feedAll(timelines, [changed], { now, minutes })
    known(timelines, now)
    return { problems, evaluations: timelines.evaluate(now) }
  }

  test('that excludes takes the time out too', () => {
    const [whole] = evaluate({}).evaluations
    expect(whole!.windows[0]!.coverage).toMatchObject({ minutes: 7 * 1440 - 60, known: 7 * 1440 - 60 })
    expect(whole!.windows[0]!.corrected).toMatchObject({
      corrections: ['c'],
      counts: { good: 90, bad: 10 },
      sli: 0.9,
    })
  })

  test('that excludes makes the budget of time smaller, one that forgives does not', () => {
    const time = (kind: Correction['kind']) => evaluate({ kind }).evaluations[0]!.windows[0]!.budget.time
    expect([time('exclude'), time('forgive')]).toEqual([601, 604])
  })

  test('is named where it touches the window, and once', () => {
    const touching = (ranges: Correction['ranges']) =>
      evaluate({ ranges }).evaluations[0]!.windows[0]!.corrected?.corrections
    const week = { from: unixSeconds(now - 7 * 24 * HOUR), to: now }
    const before = { from: unixSeconds(week.from - HOUR), to: week.from }
    const after = { from: now, to: unixSeconds(now + HOUR) }
    expect(touching([before, after])).toBeUndefined()
    expect(touching([range, { from: unixSeconds(range.to + 60), to: unixSeconds(range.to + 120) }])).toEqual([
      'c',
    ])
    expect(touching([{ from: before.from, to: unixSeconds(week.from + 60) }])).toEqual(['c'])
  })

  test('of other SLOs changes nothing here', () => {
    const [whole] = evaluate({ slos: ['other'] }).evaluations
    expect(whole!.windows[0]!.counts).toEqual({ good: 90, bad: 10 })
    expect(whole!.windows[0]!.corrected).toBeUndefined()
  })

  test('by a label that the SLO is not split by is said to be impossible', () => {
    const { problems, evaluations } = evaluate({ scope: { k8s_cluster_name: 'blue' } })
    expect(problems).toEqual([{ correction: 'c', slo: 's', reason: 'not-split' }])
    expect(evaluations[0]!.windows[0]!.counts.bad).toBe(10)
  })

  test('of a part of judged slices is impossible, and of the part itself it is not', () => {
    const { problems, evaluations } = evaluate(
      { scope: { cloud_provider: 'aws' } },
      {
        method: 'timeslices',
        objectives: [objective({ slice: { width: seconds(60), allowed: perMillion(0) } })],
      },
    )
    expect(problems).toEqual([{ correction: 'c', slo: 's', reason: 'slices' }])
    expect(evaluations.map((e) => [e.scope['cloud_provider'], e.windows[0]!.counts.bad])).toEqual([
      [undefined, 1],
      ['aws', 0],
      ['aws', 0],
      ['gcp', 0],
      ['gcp', 0],
    ])
    expect(evaluations[1]!.windows[0]!.counts.good).toBe(7 * 1440 - 60)
  })
})
