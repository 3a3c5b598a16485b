import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import { createTimelines, type KnownSpan, type Slo } from '../../src/slo/index.ts'
import {
  feedAll,
  google30d,
  type Minute,
  MONDAY,
  objective,
  pagesOnly,
  propertyRuns,
  rolling,
  slo,
} from './estate.ts'

const now = unixSeconds(MONDAY + 12 * HOUR)
const day = slo({ windows: [rolling(1)], sources: ['edge'], policy: pagesOnly })

const minute = (age: number, good: number, bad: number): Minute => ({
  at: now / 60 - age,
  labels: {},
  good,
  bad,
})
const span = (from: number, to: number, state: KnownSpan['state']): KnownSpan => ({
  from: unixSeconds(now - from * 60),
  to: unixSeconds(now - to * 60),
  state,
})

function evaluateWith(one: Slo, minutes: readonly Minute[], spans: readonly KnownSpan[]) {
  const timelines = createTimelines([one], { now })
  timelines.cover('edge', spans)
  feedAll(timelines, [one], { now, minutes })
  const [evaluation] = timelines.evaluate(now)
  // What is told of changes is judged by the same numbers.
  expect(timelines.changed(now)).toEqual([evaluation])
  return evaluation!
}

/** What is known of each minute of the last day, oldest first; undefined: nothing was reported. */
function statesOf(spans: readonly KnownSpan[]): (KnownSpan['state'] | undefined)[] {
  const states: (KnownSpan['state'] | undefined)[] = Array.from({ length: 1440 }, () => undefined)
  for (const { from, to, state } of spans)
    for (let t = Math.max(from, now - 86_400); t < Math.min(to, now); t += 60)
      states[(t - (now - 86_400)) / 60] = state
  return states
}

const drawnSpans = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 600 }), fc.nat(2)), {
    maxLength: 6,
  })
  .map((drawn) => [
    ...drawn.map(([age, length, s]) =>
      span(age, Math.max(0, age - length), (['known', 'partial', 'missing'] as const)[s]!),
    ),
    // The last minute is reported, so that the window ends at now.
    span(1, 0, 'known'),
  ])
const drawnMinutes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 1440 }), fc.nat(90), fc.nat(10)), { maxLength: 30 })
  .map((drawn) => drawn.map((each) => minute(...each)))

function firstReported(spans: readonly KnownSpan[]): number {
  return Math.min(...spans.map((s) => s.from))
}

test('minutes without data count as average minutes, good or bad as the SLO says, or not at all', () => {
  const kinds = fc.constantFrom('freeze' as const, 'good' as const, 'bad' as const)
  fc.assert(
    fc.property(drawnMinutes, drawnSpans, kinds, (minutes, spans, noData) => {
      const { counts } = evaluateWith({ ...day, noData }, minutes, spans).windows[0]!
      const good = minutes.reduce((sum, m) => sum + m.good, 0)
      const bad = minutes.reduce((sum, m) => sum + m.bad, 0)
      const first = firstReported(spans)
      const missing = statesOf(spans).filter(
        (state, i) => now - 86_400 + i * 60 >= first && (state === undefined || state === 'missing'),
      ).length
      // A bad minute weighs something even where no traffic says what; a good one without traffic is nothing.
      const average = (good + bad) / (1440 - missing) || (noData === 'bad' ? 1 : 0)
      const assumed = noData === 'freeze' ? 0 : Math.round(average * missing)
      expect(counts).toEqual({
        good: good + (noData === 'good' ? assumed : 0),
        bad: bad + (noData === 'bad' ? assumed : 0),
      })
    }),
    { numRuns: propertyRuns },
  )
}, 600_000)

test.each([
  // Half of the day is missing after a first report at its beginning: 719 minutes, each like the 721 others.
  ['freeze', [minute(1, 720, 1)], 0, { good: 720, bad: 1 }],
  ['good', [minute(1, 720, 1)], 0, { good: 720 + 719, bad: 1 }],
  ['bad', [minute(1, 720, 1)], 0, { good: 720, bad: 1 + 719 }],
  ['good', [minute(1, 1441, 1)], 0, { good: 1441 + 1438, bad: 1 }],
  ['bad', [], 0, { good: 0, bad: 719 }],
  ['good', [], 0, { good: 0, bad: 0 }],
  ['bad', [minute(1, 1441, 1)], 0, { good: 1441, bad: 1 + 1438 }],
  // Of what lies before the first report nothing was promised.
  ['bad', [minute(1, 720, 1)], 1, { good: 720, bad: 1 }],
] as const)('a day that is half unknown, where no data is %s', (noData, minutes, skipped, counts) => {
  const spans = [span(1440, 1439, 'known'), span(720, 0, 'known')].slice(skipped)
  const { windows } = evaluateWith({ ...day, noData }, minutes, spans)
  expect(windows[0]!.counts).toEqual(counts)
  expect(windows[0]!.budget.interval !== undefined).toBe(noData === 'freeze' && minutes.length > 0)
})

test.each([
  // Of nothing there is no average: what counts as bad weighs one event a minute, what counts as good nothing.
  ['bad', [], { good: 0, bad: 1440 }],
  ['bad', [minute(5, 70, 30)], { good: 70, bad: 30 + 1440 }],
  ['good', [], { good: 0, bad: 0 }],
  ['good', [minute(5, 70, 30)], { good: 70, bad: 30 }],
] as const)('a day of which nothing could be read, where no data is %s', (noData, minutes, counts) => {
  const { windows } = evaluateWith({ ...day, noData }, minutes, [span(1440, 0, 'missing')])
  expect(windows[0]!.counts).toEqual(counts)
})

test('nothing is promised before each of the sources was reported on', () => {
  const one: Slo = { ...day, noData: 'bad', sources: ['edge', 'apm'] }
  const timelines = createTimelines([one], { now })
  timelines.cover('edge', [span(1440, 0, 'known')])
  timelines.cover('apm', [span(600, 500, 'known'), span(400, 0, 'known')])
  feedAll(timelines, [one], { now, minutes: [minute(1, 1340, 0)] })
  // One event a known minute; a hundred minutes are missing after the first report of the second source.
  expect(timelines.evaluate(now)[0]!.windows[0]!.counts).toEqual({ good: 1340, bad: 100 })
})

test('the interval takes minutes that are partly known for measured and for unmeasured', () => {
  const one = { ...day, objectives: [objective({ allowed: perMillion(10_000) })] }
  const spans = [span(1440, 720, 'known'), span(720, 0, 'partial')]
  const { interval } = evaluateWith(one, [minute(5, 1426, 14)], spans).windows[0]!.budget
  // 1,440 events in 1,440 minutes; half as many may be hidden in the partial ones.
  expect(interval!.low).toBeCloseTo((21.6 - 734) / 21.6, 9)
  expect(interval!.high).toBeCloseTo((21.6 - 14) / 21.6, 9)
})

test('slices without events are good where all is known, and what the SLO says where it is not', () => {
  const kinds = fc.constantFrom('freeze' as const, 'good' as const, 'bad' as const)
  const methods = fc.constantFrom('timeslices' as const, 'ratio-timeslices' as const)
  fc.assert(
    fc.property(
      drawnMinutes,
      drawnSpans,
      fc.record({ noData: kinds, method: methods, width: fc.constantFrom(60, 300, 600) }),
      (minutes, spans, { width, ...change }) => {
        const slice = { width: seconds(width), allowed: perMillion(100_000) }
        const one: Slo = { ...day, ...change, objectives: [objective({ slice })] }
        const { counts } = evaluateWith(one, minutes, spans).windows[0]!
        const states = statesOf(spans)
        const first = firstReported(spans)
        const said = { good: 0, bad: 0 }
        for (let from: number = now - 86_400; from < now; from += width) {
          const inside = minutes.filter((m) => m.at * 60 >= from && m.at * 60 < from + width)
          const good = inside.reduce((sum, m) => sum + m.good, 0)
          const bad = inside.reduce((sum, m) => sum + m.bad, 0)
          const place = (from - (now - 86_400)) / 60
          const known = states.slice(place, place + width / 60).every((state) => state === 'known')
          let share = 0
          if (good + bad > 0) {
            share = bad / (good + bad)
            if (change.method === 'timeslices') share = share > 0.1 ? 1 : 0
          } else if (!known) {
            // Before the first report nothing was promised.
            if (change.noData === 'freeze' || from + width <= first) continue
            share = change.noData === 'bad' ? 1 : 0
          }
          said.good += 1 - share
          said.bad += share
        }
        expect(counts.good).toBeCloseTo(said.good, 6)
        expect(counts.bad).toBeCloseTo(said.bad, 6)
      },
    ),
    { numRuns: propertyRuns },
  )
}, 600_000)

describe('what numbers rest on', () => {
  const all = [span(2000, 0, 'known')]
  test.each([
    ['events, and all is known: measured', [minute(5, 10, 0)], all, ['measured', 'ok']],
    ['nothing happened, and that is known: no traffic', [], all, ['no-traffic', 'ok']],
    ['half is known: partial', [], [span(720, 0, 'known')], ['partial', 'ok']],
    ['half is known in part: partial', [], [span(720, 0, 'partial')], ['partial', 'ok']],
    ['one minute is missing: partial', [], [...all, span(9, 8, 'missing')], ['partial', 'ok']],
    ['one minute is partial: partial', [], [...all, span(9, 8, 'partial')], ['partial', 'ok']],
    [
      'some partial, as much missing: partial',
      [minute(5, 10, 0)],
      [...all, span(9, 8, 'partial'), span(20, 19, 'missing')],
      ['partial', 'ok'],
    ],
    ['events that no report covers: partial', [minute(5, 10, 0)], [], ['partial', 'ok']],
    ['nothing was reported: no data', [], [], ['no-data', 'unknown']],
    ['reading failed: error', [], [span(2000, 0, 'missing')], ['error', 'unknown']],
    ['reading failed for a while: error', [], [span(20, 10, 'missing')], ['error', 'unknown']],
  ] as const)('%s', (_name, minutes, spans, told) => {
    const evaluation = evaluateWith(day, minutes, spans)
    expect([evaluation.windows[0]!.data, evaluation.state]).toEqual(told)
  })

  test('the SLI is the share of good events, and nothing without any', () => {
    expect(evaluateWith(day, [minute(5, 75, 25)], all).windows[0]!.sli).toBe(0.75)
    expect(evaluateWith(day, [minute(5, 5, 5)], all).windows[0]!.sli).toBe(0.5)
    expect(evaluateWith(day, [], all).windows[0]!.sli).toBeUndefined()
  })
})

describe('a burn rule', () => {
  test.each([
    ['is calm where nothing happened and that is known', [span(2000, 0, 'known')], 'calm'],
    ['is calm where it is known in part', [span(2000, 0, 'partial')], 'calm'],
    ['knows nothing where reading failed', [span(2000, 0, 'missing')], 'no-data'],
    ['knows nothing where nothing was reported', [], 'no-data'],
    ['knows nothing of what was reported too long ago', [span(2000, 130, 'known')], 'no-data'],
    ['follows what was reported some time ago', [span(2000, 100, 'known')], 'calm'],
  ] as const)('%s', (_name, spans, kind) => {
    expect(evaluateWith(day, [], spans).verdicts.map((v) => v.kind)).toEqual([kind, kind])
  })

  test('is calm on events that no report covers', () => {
    const { verdicts } = evaluateWith(day, [minute(2, 10, 0)], [])
    expect(verdicts.map((v) => v.kind)).toEqual(['calm', 'calm'])
  })

  test('knows nothing, however long it looks, where all that was reported ended too long ago', () => {
    const { verdicts } = evaluateWith({ ...day, policy: google30d }, [], [span(9000, 130, 'known')])
    expect(verdicts.map((v) => v.kind)).toEqual(['no-data', 'no-data', 'no-data', 'no-data'])
  })

  test('knows nothing where reading failed for as long as it looks, though all was known before', () => {
    const { verdicts } = evaluateWith(day, [], [span(2000, 700, 'known'), span(700, 0, 'missing')])
    expect(verdicts.map((v) => v.kind)).toEqual(['no-data', 'no-data'])
  })

  test('is calm where reading failed first and then went on, for a part', () => {
    const spans = [span(9000, 200, 'missing'), span(200, 100, 'partial'), span(100, 0, 'known')]
    expect(evaluateWith(day, [], spans).verdicts.map((v) => v.kind)).toEqual(['calm', 'calm'])
    const part = [span(9000, 20, 'missing'), span(20, 0, 'partial')]
    expect(evaluateWith(day, [], part).verdicts.map((v) => v.kind)).toEqual(['calm', 'calm'])
  })

  test('of what rests on no source is calm without events', () => {
    expect(evaluateWith({ ...day, sources: [] }, [], []).verdicts.map((v) => v.kind)).toEqual([
      'calm',
      'calm',
    ])
  })
})
