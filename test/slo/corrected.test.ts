import { describe, expect, test } from 'vitest'
import { HOUR, type Labels, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import {
  type CalendarWindow,
  type Correction,
  correctionProblem,
  createTimelines,
} from '../../src/slo/index.ts'
import { feedAll, known, type Minute, MONDAY, objective, pagesOnly, rolling, slo } from './estate.ts'

const noon = unixSeconds(MONDAY + 12 * HOUR)
const day: CalendarWindow = {
  kind: 'calendar',
  name: 'day',
  unit: 'day',
  count: 1,
  start: '2026-01-01 00:00:00',
  zone: 'UTC',
}
const aws = { cloud_provider: 'aws' }
const gcp = { cloud_provider: 'gcp' }
const split = slo({
  splitBy: ['cloud_provider'],
  sources: ['edge'],
  windows: [rolling(7)],
  policy: pagesOnly,
  objectives: [objective({ allowed: perMillion(100_000) })],
})
const minutes: readonly Minute[] = [
  { at: noon / 60 - 30, labels: aws, good: 90, bad: 10 },
  { at: noon / 60 - 90, labels: gcp, good: 80, bad: 20 },
]

/** From so many hours after noon to so many. */
const hours = (from: number, to: number) => ({
  from: unixSeconds(noon + from * HOUR),
  to: unixSeconds(noon + to * HOUR),
})

function evaluate(change: Partial<Correction>, of: Partial<typeof split> = {}, measured = minutes) {
  const one = { ...split, ...of }
  const timelines = createTimelines([one], { now: noon })
  timelines.correct([{ id: 'c', kind: 'exclude', scope: {}, ranges: [hours(-3, 0)], ...change }])
  feedAll(timelines, [one], { now: noon, minutes: measured })
  known(timelines, noon)
  return timelines.evaluate(noon)
}

describe('a correction is named', () => {
  const named = (scope: Labels, of: Partial<typeof split> = {}) =>
    evaluate({ scope }, of).map((e) => [e.scope['cloud_provider'], e.windows[0]!.corrected?.corrections])

  test('by the whole and by the scope that it is about, and by no other scope', () => {
    expect(named(aws)).toEqual([
      [undefined, ['c']],
      ['aws', ['c']],
      ['gcp', undefined],
    ])
  })

  test('by no other cloud where it is about a region', () => {
    const change = { splitBy: ['cloud_provider', 'cloud_region'] }
    expect(named({ ...gcp, cloud_region: 'europe-west1' }, change)).toEqual([
      [undefined, ['c']],
      ['aws', undefined],
      ['gcp', ['c']],
    ])
  })

  test('by the whole where it is about what had no events', () => {
    expect(named({ cloud_provider: 'azure' })).toEqual([
      [undefined, ['c']],
      ['aws', undefined],
      ['gcp', undefined],
    ])
  })

  test('by nothing that it cannot be applied to', () => {
    expect(named({ k8s_cluster_name: 'blue' }).map(([, ids]) => ids)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(named({ ...aws, k8s_cluster_name: 'blue' }).map(([, ids]) => ids)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

test('forgiving a cloud and excluding a region of it takes the region out and makes the rest good', () => {
  const one = { ...split, splitBy: ['cloud_provider', 'cloud_region'] }
  const regions = ['us-east-1', 'eu-central-1'].map((cloud_region, i) => ({
    at: noon / 60 - 30,
    labels: { ...aws, cloud_region },
    good: 90 - 10 * i,
    bad: 10 + 10 * i,
  }))
  const timelines = createTimelines([one], { now: noon })
  const ranges = [hours(-1, 0)]
  timelines.correct([
    { id: 'forgiven', kind: 'forgive', scope: aws, ranges },
    { id: 'excluded', kind: 'exclude', scope: { ...aws, cloud_region: 'us-east-1' }, ranges },
  ])
  feedAll(timelines, [one], { now: noon, minutes: [...regions, minutes[1]!] })
  known(timelines, noon)
  // Of eu-central-1 all 100 are good; gcp keeps its 80 and 20.
  expect(timelines.evaluate(noon)[0]!.windows[0]!.counts).toEqual({ good: 180, bad: 20 })
})

describe('why a correction cannot be applied to an SLO as a whole', () => {
  const slices = { ...split, method: 'timeslices' as const }
  test.each([
    ['nothing stands against one of everything', {}, split, undefined],
    ['nor against one of a label that the SLO is split by', aws, split, undefined],
    ['it is not split by the label', { cloud_region: 'x' }, split, 'not-split'],
    ['it is split by one label of two', { ...aws, cloud_region: 'x' }, split, 'not-split'],
    ['slices are judged whole', aws, slices, 'slices'],
    ['of everything slices are corrected too', {}, slices, undefined],
    ['a label that slices are not split by comes first', { cloud_region: 'x' }, slices, 'not-split'],
  ] as const)('%s', (_name, scope, one, reason) => {
    expect(correctionProblem({ scope }, one)).toBe(reason)
    expect(correctionProblem({ scope, slos: ['s'] }, one)).toBe(reason)
    expect(correctionProblem({ scope, slos: ['other'] }, one)).toBeUndefined()
    expect(
      createTimelines([one], { now: noon }).correct([{ id: 'c', kind: 'forgive', scope, ranges: [] }]),
    ).toEqual(reason === undefined ? [] : [{ correction: 'c', slo: 's', reason }])
  })
})

describe('time that is excluded', () => {
  // A tenth of the time of a day is 8,640 seconds, and of an hour 360.
  const times = (ranges: Correction['ranges'], windows: typeof split.windows) =>
    evaluate({ ranges }, { windows }).map(({ windows: [w] }) => [w!.budget.time, w!.coverage.minutes])[0]

  test('before or after a window is none of its time', () => {
    expect(times([hours(-26, -24)], [rolling(1)])).toEqual([8640, 1440])
    expect(times([hours(-25, -23)], [rolling(1)])).toEqual([8280, 1380])
    expect(times([hours(-1, 1)], [rolling(1)])).toEqual([8280, 1380])
    expect(times([hours(0, 1)], [rolling(1)])).toEqual([8640, 1440])
  })

  test('is none of what is partly known, and none of what is missing', () => {
    const timelines = createTimelines([split], { now: noon })
    timelines.correct([{ id: 'c', kind: 'exclude', scope: {}, ranges: [hours(-3, -1)] }])
    const spans = [
      [-200, -2.5, 'known'],
      [-2.5, -2, 'partial'],
      [-2, -1.75, 'missing'],
      [-1.5, 0, 'known'],
    ] as const
    timelines.cover(
      'edge',
      spans.map(([from, to, state]) => ({ ...hours(from, to), state })),
    )
    feedAll(timelines, [split], { now: noon, minutes })
    const [window] = timelines.evaluate(noon)[0]!.windows
    expect(window!.coverage).toMatchObject({ minutes: 9960, known: 9960, partial: 0, missing: 0, failed: 0 })
    expect(window!.data).toBe('measured')
  })

  test('cuts through minutes of which no sum is told before they are held', () => {
    const old = [{ at: noon / 60 - 3 * 1440 + 20, labels: aws, good: 70, bad: 30 }]
    const asked = { range: hours(-74, -70) }
    for (const scope of [{}, aws])
      for (const kind of ['exclude', 'forgive'] as const) {
        const timelines = createTimelines([split], { now: noon })
        feedAll(timelines, [split], { now: noon, minutes: old })
        const count = (of: Labels) => timelines.counts('s', 'o', { ...asked, scope: of })
        expect([count({}), count(aws)]).toEqual([
          { good: 70, bad: 30 },
          { good: 70, bad: 30 },
        ])
        timelines.correct([{ id: 'c', kind, scope, ranges: [hours(-72.5, -71.5)] }])
        expect([count({}), count(aws)]).toEqual([undefined, undefined])
        feedAll(timelines, [split], { now: noon, minutes: old })
        const left = kind === 'exclude' ? { good: 0, bad: 0 } : { good: 100, bad: 0 }
        expect([count({}), count(aws)]).toEqual([left, left])
      }
  })

  test('is none of the time of a calendar window, also while it is still to come', () => {
    // Of the day 12 hours have gone by.
    expect(times([hours(6, 8)], [day])).toEqual([7920, 720])
    expect(times([hours(-1, 1)], [day])).toEqual([7920, 660])
    expect(times([hours(-14, -13)], [day])).toEqual([8640, 720])
    expect(times([hours(13, 14)], [day])).toEqual([8640, 720])
  })

  test('makes the budget of a calendar window that of the time that counts', () => {
    const of = (ranges: Correction['ranges']) =>
      evaluate({ ranges }, { windows: [day] })[0]!.windows[0]!.budget
    // 200 events in 12 of 24 hours, 400 if that goes on: 40 may be bad. With six hours less to come, 300: 30.
    expect(of([])).toMatchObject({ events: 40, spent: 30, left: 10 })
    expect(of([hours(4, 10)])).toMatchObject({ events: 30, spent: 30, left: 0 })
    // With six of the hours gone without any, 200 in six of 18 hours, which makes 600: 60.
    expect(of([hours(-12, -6)])).toMatchObject({ events: 60, spent: 30, left: 30 })
  })

  test('asks for the whole of a rolling window in slices that begin inside of it', () => {
    const slice = { width: seconds(7200), allowed: perMillion(0) }
    const one: Partial<typeof split> = {
      method: 'timeslices',
      objectives: [objective({ allowed: perMillion(100_000), slice })],
      windows: [{ kind: 'rolling', name: '5h', length: seconds(5 * HOUR) }],
    }
    // Two slices begin in the last five hours, and with a tenth of them may be bad; nothing is projected.
    const [window] = evaluate({ ranges: [] }, one)[0]!.windows
    expect(window!.counts).toEqual({ good: 1, bad: 1 })
    expect(window!.budget).toMatchObject({ events: 0.2, time: 1800 })
  })
})

test('slices are those of a window, whatever was corrected before it and will be after it', () => {
  const one: Partial<typeof split> = { method: 'timeslices', windows: [rolling(1)] }
  const counts = (kind: Correction['kind'], ranges: Correction['ranges']) =>
    evaluate({ kind, ranges }, one)[0]!.windows[0]!.counts
  const around = [hours(-30, -25), hours(1, 4)]
  expect([counts('exclude', around), counts('forgive', around)]).toEqual([
    { good: 1438, bad: 2 },
    { good: 1438, bad: 2 },
  ])
  expect(counts('exclude', [hours(-25, -1)])).toEqual({ good: 59, bad: 1 })
  expect(counts('forgive', [hours(-25, -1)])).toEqual({ good: 1439, bad: 1 })
})

test('corrections that follow one another without a gap take the time of both', () => {
  const ids = evaluate({ ranges: [hours(-2, -1), hours(-1, 0)] }, { windows: [rolling(1)] })
  expect(ids[0]!.windows[0]!.corrected!.corrections).toEqual(['c'])
  expect(ids[0]!.windows[0]!.counts).toEqual({ good: 0, bad: 0 })
  expect(ids[0]!.verdicts[0]!.long.counts).toEqual({ good: 0, bad: 0 })
  expect(evaluate({ ranges: [hours(-8 * 24, -24)] })[0]!.windows[0]!.counts).toEqual({
    good: 170,
    bad: 30,
  })
})
