import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Labels, UnixSeconds } from '../../src/base/index.ts'
import { DAY, HOUR, labelsKey, perMillion, pickLabels, unixSeconds } from '../../src/base/index.ts'
import { createTimelines, type Evaluation, type Slo, type Timelines } from '../../src/slo/index.ts'
import {
  answerOf,
  feedAll,
  google30d,
  known,
  type Minute,
  MONDAY,
  objective,
  pagesOnly,
  propertyRuns,
  rolling,
  slo,
} from './estate.ts'

function evaluate(timelines: Timelines, now: UnixSeconds): readonly Evaluation[] {
  known(timelines, now)
  return timelines.evaluate(now)
}

const minuteOfMonday = MONDAY / 60

/** What the engine should say, from the raw minutes and nothing else. */
function sumOf(minutes: readonly Minute[], scope: Labels, range: { from: number; to: number }) {
  let good = 0
  let bad = 0
  for (const m of minutes) {
    if (m.at * 60 < range.from || m.at * 60 >= range.to) continue
    if (labelsKey(pickLabels(m.labels, Object.keys(scope))) !== labelsKey(scope)) continue
    good += m.good
    bad += m.bad
  }
  return { good, bad }
}

function checkAgainstRaw(evaluations: readonly Evaluation[], minutes: readonly Minute[], one: Slo): void {
  for (const e of evaluations) {
    for (const w of e.windows) expect(w.counts).toEqual(sumOf(minutes, e.scope, w.range))
    for (const v of e.verdicts) {
      for (const side of [v.long, v.short])
        expect(side.counts).toEqual(sumOf(minutes, e.scope, { from: v.end - side.length, to: v.end }))
    }
    expect(e.windows.map((w) => w.range.to - w.range.from)).toEqual(
      one.windows.map((w) => (w.kind === 'rolling' ? w.length : w.count)),
    )
  }
}

test('one bad minute is counted in every window that holds it', () => {
  const one = slo()
  const now = unixSeconds(MONDAY + 12 * HOUR)
  const minutes: Minute[] = Array.from({ length: 4.5 * 1440 }, (_, i) => ({
    at: minuteOfMonday + 720 - 45 * 1440 + 10 * i + 9,
    labels: {},
    good: 1000,
    bad: 0,
  }))
  minutes[minutes.length - 2] = { ...minutes[minutes.length - 2]!, good: 900, bad: 100 }
  const timelines = createTimelines([one], { now })
  feedAll(timelines, [one], { now, minutes })
  const [whole, ...others] = evaluate(timelines, now)
  expect(others).toEqual([])
  expect(whole?.windows[0]?.counts).toEqual({ good: 4_319_900, bad: 100 })
  expect(whole?.windows[0]?.budget).toMatchObject({ events: 4_320, spent: 100, left: 4_220 })
  expect(whole?.verdicts.map((v) => [v.rule.name, v.kind, v.long.counts.bad, v.short.counts.bad])).toEqual([
    ['page-fast', 'calm', 100, 0],
    ['page-slow', 'calm', 100, 100],
    ['ticket-fast', 'calm', 100, 100],
    ['ticket-slow', 'calm', 100, 100],
  ])
  expect(whole?.state).toBe('watch')
})

const clouds: Labels[] = [{ cloud_provider: 'aws' }, { cloud_provider: 'gcp' }, {}]

const minutesArbitrary = fc.array(
  fc.record({
    age: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 34 * 1440 })),
    cloud: fc.integer({ min: 0, max: 2 }),
    good: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constant(3_000_000_000)),
    bad: fc.integer({ min: 0, max: 1000 }),
  }),
  { maxLength: 60 },
)

test('whatever was loaded when, the numbers are those of the raw minutes', () => {
  fc.assert(
    fc.property(
      minutesArbitrary,
      fc.integer({ min: 0, max: 3 * DAY }),
      fc.array(fc.integer({ min: 1, max: 30 * HOUR }), { maxLength: 4 }),
      (drawn, offset, steps) => {
        const one = slo({
          splitBy: ['cloud_provider'],
          windows: [rolling(30), rolling(7), rolling(1)],
          policy: offset % 4 === 0 ? google30d : pagesOnly,
          sources: ['edge'],
        })
        let now = unixSeconds(MONDAY + offset)
        const minutes = drawn.map((d) => ({
          at: Math.floor(now / 60) - d.age,
          labels: clouds[d.cloud]!,
          good: d.good,
          bad: d.bad,
        }))
        const timelines = createTimelines([one], { now })
        feedAll(timelines, [one], { now, minutes })
        checkAgainstRaw(evaluate(timelines, now), minutes, one)
        for (const step of steps) {
          now = unixSeconds(now + step)
          // Something new arrives, now and late; the ledger says so.
          for (const age of [0, 1, Math.floor(step / 420)])
            minutes.push({
              at: Math.floor(now / 60) - age,
              labels: clouds[step % 3]!,
              good: 5,
              bad: step % 4,
            })
          const late = { at: Math.floor(now / 60) - (step % 40_000), labels: clouds[0]!, good: 7, bad: 1 }
          minutes.push(late)
          timelines.touched('edge', {
            from: unixSeconds((late.at - 1) * 60),
            to: unixSeconds((late.at + 1) * 60),
          })
          timelines.touched('edge', { from: unixSeconds(now - step - 60), to: unixSeconds(now + 60) })
          feedAll(timelines, [one], { now, minutes })
          checkAgainstRaw(evaluate(timelines, now), minutes, one)
        }
      },
    ),
    { numRuns: propertyRuns },
  )
}, 600_000)

test('what is needed comes once, and again until it was loaded', () => {
  const one = slo()
  const now = unixSeconds(MONDAY + 12 * HOUR + 30)
  const timelines = createTimelines([one], { now })
  const first = timelines.needs(now)
  expect(timelines.needs(now)).toEqual(first)
  feedAll(timelines, [one], { now, minutes: [] })
  // Only the minutes that may still be written to.
  expect(timelines.needs(now)).toEqual([
    { slo: 's', width: 60, range: { from: now - 150, to: now + 30 }, at: now },
  ])
  const nextHour = unixSeconds(now + HOUR)
  expect(timelines.needs(nextHour).map((n) => [n.width, n.range.to - n.range.from])).toEqual([
    [60, HOUR],
    [60, HOUR + 180],
  ])
})

test('a scope that is no longer in the answer has no events there', () => {
  const one = slo({ splitBy: ['cloud_provider'], sources: ['edge'] })
  const now = unixSeconds(MONDAY + 12 * HOUR)
  const timelines = createTimelines([one], { now })
  const labels = { cloud_provider: 'aws' }
  const minutes = [{ at: now / 60 - 60, labels, good: 10, bad: 5 }]
  feedAll(timelines, [one], { now, minutes })
  expect(evaluate(timelines, now).map((e) => e.windows[0]?.counts.bad)).toEqual([5, 5])
  timelines.touched('edge', { from: unixSeconds(now - 2 * HOUR), to: now })
  feedAll(timelines, [one], { now, minutes: [] })
  expect(evaluate(timelines, now).map((e) => e.windows[0]?.counts.bad)).toEqual([0, 0])
})

test('loading again what is held changes nothing', () => {
  const one = slo({ splitBy: ['cloud_provider'], sources: ['edge'] })
  const now = unixSeconds(MONDAY + 12 * HOUR + 17 * 60)
  const minutes = Array.from({ length: 500 }, (_, i) => ({
    at: now / 60 - 1 - i * 70,
    labels: clouds[i % 2]!,
    good: i,
    bad: i % 3,
  }))
  const timelines = createTimelines([one], { now })
  feedAll(timelines, [one], { now, minutes })
  const before = evaluate(timelines, now)
  for (const [from, to, width] of [
    [now - 31 * DAY - (now % 3600), now - 20 * DAY - (now % 3600), 3600],
    [now - DAY, now, 60],
    [now - 20 * DAY - (now % 3600), now - 18 * DAY, 60],
  ] as const)
    for (const answer of answerOf(
      minutes,
      { range: { from: unixSeconds(from), to: unixSeconds(to) }, width },
      one.splitBy,
    ))
      timelines.load('s', 'i', answer)
  expect(evaluate(timelines, now)).toEqual(before)
})

test('an exact sum of any range that is held to the minute, and undefined where it is not', () => {
  const one = slo()
  const now = unixSeconds(MONDAY + 12 * HOUR)
  const minutes = [
    { at: now / 60 - 90, labels: {}, good: 10, bad: 5 },
    { at: now / 60 - 10 * 1440 - 30, labels: {}, good: 1, bad: 2 },
  ]
  const timelines = createTimelines([one], { now })
  feedAll(timelines, [one], { now, minutes })
  const ask = (from: number, to: number) =>
    timelines.counts('s', 'o', { scope: {}, range: { from: unixSeconds(from), to: unixSeconds(to) } })
  expect(ask(now - 91 * 60, now - 89 * 60)).toEqual({ good: 10, bad: 5 })
  expect(ask(now - 11 * DAY, now)).toEqual({ good: 11, bad: 7 })
  expect(ask(now - 10 * DAY - 1800, now)).toBeUndefined()
  // Two hours before the window is as far back as anything is held.
  expect(ask(now - 30 * DAY - 7200, now)).toEqual({ good: 11, bad: 7 })
  expect(ask(now - 30 * DAY - 7260, now)).toBeUndefined()
})

test('a series of 30 or 90 days takes less than 64 KB', () => {
  for (const days of [30, 90]) {
    const one = slo({ windows: [rolling(days)] })
    const timelines = createTimelines([one], { now: MONDAY })
    const minutes = [{ at: MONDAY / 60 - 5, labels: {}, good: 1, bad: 0 }]
    feedAll(timelines, [one], { now: MONDAY, minutes })
    expect(timelines.size().series).toBe(1)
    expect(timelines.size().bytes).toBeLessThan(65_536)
  }
})

test('an unknown SLO, and a definition without scopes, are answered with nothing', () => {
  const timelines = createTimelines([slo()], { now: MONDAY })
  expect(timelines.evaluateOne('other', MONDAY)).toEqual([])
  expect(timelines.counts('other', 'o', { scope: {}, range: { from: MONDAY, to: MONDAY } })).toBeUndefined()
  expect(timelines.counts('s', 'o', { scope: {}, range: { from: MONDAY, to: MONDAY } })).toBeUndefined()
  expect(timelines.evaluateOne('s', MONDAY)).toHaveLength(1)
})

test('objectives with indicators of their own are measured from them, and judged by their own targets', () => {
  const one = slo({
    objectives: [
      objective({ name: 'up', indicator: 'up' }),
      objective({ name: 'fast', indicator: 'fast', allowed: perMillion(50_000) }),
      objective({ name: 'very-fast', indicator: 'fast', allowed: perMillion(10_000) }),
    ],
  })
  const timelines = createTimelines([one], { now: MONDAY })
  const minute = (bad: number) => ({
    start: unixSeconds(MONDAY - 60),
    width: 60,
    good: [100 - bad],
    bad: [bad],
  })
  timelines.load('s', 'up', { scope: {}, ...minute(0) })
  timelines.load('s', 'fast', { scope: {}, ...minute(3) })
  const evaluations = timelines.evaluate(MONDAY)
  expect(evaluations.map((e) => [e.objective, e.windows[0]?.counts.bad, e.state])).toEqual([
    ['up', 0, 'ok'],
    ['fast', 3, 'ok'],
    ['very-fast', 3, 'exhausted'],
  ])
  expect(timelines.size().series).toBe(2)
})
