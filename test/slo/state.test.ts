import { describe, expect, test } from 'vitest'
import { HOUR, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import { createTimelines, type Slo } from '../../src/slo/index.ts'
import { feedAll, known, MONDAY, objective, pagesOnly, rolling, slo } from './estate.ts'

const noon = unixSeconds(MONDAY + 12 * HOUR)

/** A thousand events in each of the last 600 minutes, so many of them bad by age, and a billion good ones a week ago. */
function evaluate(bad: (age: number) => number, change: Partial<Slo> = {}, earlier = 1e9) {
  const one = slo({ sources: ['edge'], windows: [rolling(30)], policy: pagesOnly, ...change })
  const minutes = Array.from({ length: 600 }, (_, i) => ({
    at: noon / 60 - 1 - i,
    labels: {},
    good: 1000 - bad(i + 1),
    bad: bad(i + 1),
  }))
  const timelines = createTimelines([one], { now: noon })
  known(timelines, noon)
  feedAll(timelines, [one], {
    now: noon,
    minutes: [...minutes, { at: noon / 60 - 7 * 1440, labels: {}, good: earlier, bad: 0 }],
  })
  const evaluation = timelines.evaluate(noon)[0]!
  const [window] = evaluation.windows
  return { evaluation, window: window!, kinds: evaluation.verdicts.map((v) => v.kind) }
}

describe('the state', () => {
  test.each([
    ['ok while nothing is bad', () => 0, 'ok', ['calm', 'calm']],
    ['ok at exactly the even pace', (age: number) => (age <= 30 ? 1 : 0), 'ok', ['calm', 'calm']],
    ['watch above it', (age: number) => (age <= 30 ? 2 : 0), 'watch', ['calm', 'calm']],
    ['burning when one of the rules fires', () => 7, 'burning', ['calm', 'burning']],
    ['burning when the other fires', (age: number) => (age <= 60 ? 15 : 0), 'burning', ['burning', 'calm']],
    ['burning when both fire', () => 15, 'burning', ['burning', 'burning']],
  ] as const)('is %s', (_name, bad, state, kinds) => {
    const said = evaluate(bad)
    expect([said.evaluation.state, said.kinds]).toEqual([state, kinds])
  })

  test('is exhausted when exactly all is spent, though rules burn', () => {
    // 600 of 600,000 are allowed.
    const state = (spent: number, latest: number) => {
      const said = evaluate((age) => (age === 599 ? spent : age <= 60 ? latest : 0), {}, 0)
      return [said.evaluation.state, said.window.budget.left, said.kinds[0]]
    }
    expect(state(599, 0)).toEqual(['ok', 1, 'calm'])
    expect(state(600, 0)).toEqual(['exhausted', 0, 'calm'])
    expect(state(601, 0)).toEqual(['exhausted', -1, 'calm'])
    expect(state(601, 20)).toEqual(['exhausted', -1201, 'burning'])
  })
})

describe('a forecast rests on', () => {
  const pace = (bad: (age: number) => number) => evaluate(bad).window.pace

  test('the longest short window', () => {
    expect(pace((age) => (age <= 30 ? 3 : 0))).toEqual({ over: 1800, rate: 3 })
    expect(pace(() => 0)).toEqual({ over: 1800, rate: 0 })
  })

  test('the long window of a rule that fires, where that burns faster', () => {
    expect(pace((age) => (age <= 30 ? 15 : age <= 60 ? 25 : 0))).toEqual({ over: 3600, rate: 20 })
    expect(pace((age) => (age <= 30 ? 25 : age <= 60 ? 15 : 0))).toEqual({ over: 1800, rate: 25 })
  })

  test('the longest short window where the rules that fire burn as fast', () => {
    expect(pace(() => 15)).toEqual({ over: 1800, rate: 15 })
  })

  test('no rule that does not fire, however fast it burned', () => {
    expect(pace((age) => (age > 60 && age <= 300 ? 500 : age <= 30 ? 2 : 0))).toEqual({ over: 1800, rate: 2 })
  })
})

test('of a policy without conditions nothing is said of any', () => {
  const { evaluation } = evaluate(() => 0, { policy: { ...pagesOnly, conditions: [] } })
  expect('conditions' in evaluation).toBe(false)
})

describe('timeslices', () => {
  const judged = (change: Partial<Slo>, buckets: readonly [number, number][], start = noon - 1800) => {
    const one = slo({ windows: [{ kind: 'rolling', name: '30m', length: seconds(1800) }], ...change })
    const timelines = createTimelines([one], { now: noon })
    timelines.load('s', 'i', {
      scope: {},
      start: unixSeconds(start),
      width: 60,
      good: buckets.map(([good]) => good),
      bad: buckets.map(([, bad]) => bad),
    })
    return timelines.evaluate(noon)[0]!.windows[0]!.counts
  }

  test('are minutes in which nothing may be bad, where the objective does not say', () => {
    const buckets: [number, number][] = [
      [9, 1],
      [10, 0],
      [0, 0],
    ]
    expect(judged({ method: 'timeslices' }, buckets)).toEqual({ good: 29, bad: 1 })
    expect(judged({ method: 'ratio-timeslices' }, buckets)).toEqual({ good: 29.9, bad: 0.1 })
  })

  test('are judged from the first whole one, where buckets begin inside of one', () => {
    const slice = { width: seconds(300), allowed: perMillion(250_000) }
    const one: Partial<Slo> = { method: 'timeslices', objectives: [objective({ slice })] }
    // Eight minutes from the last of a slice on: that one is not judged, nor the two of which there are not all.
    const first: [number, number] = [0, 10]
    const half: [number, number] = [5, 5]
    const good: [number, number] = [10, 0]
    // A quarter of them may be bad: ten of fifty, and not fifteen.
    expect(judged(one, [first, half, half, good, good, good, first, first], noon - 960)).toEqual({
      good: 6,
      bad: 0,
    })
    expect(judged(one, [first, half, half, half, good, good, first, first], noon - 960)).toEqual({
      good: 5,
      bad: 1,
    })
    expect(judged(one, [half, half, half, good, good], noon - 900)).toEqual({ good: 5, bad: 1 })
  })
})
