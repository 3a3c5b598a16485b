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

const within = (scope: Labels, labels: Labels) => Object.entries(scope).every(([k, v]) => labels[k] === v)

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
