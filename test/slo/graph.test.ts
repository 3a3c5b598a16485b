import { describe, expect, test } from 'vitest'
import { DAY, HOUR, type Labels, labelsKey, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import { history, type Slo, type Window } from '../../src/slo/index.ts'
import { answerOf, type Minute, MONDAY, objective, rolling, slo } from './estate.ts'

const day: Window = {
  kind: 'calendar',
  name: 'day',
  unit: 'day',
  count: 1,
  start: '2026-01-01 00:00:00',
  zone: 'UTC',
}

describe('a graph', () => {
  const one = slo({ windows: [rolling(1)] })
  const draw = (
    minutes: readonly Minute[],
    change: Partial<Slo> = {},
    options: Partial<Parameters<typeof history>[3]> = {},
  ) => {
    const changed = { ...one, ...change }
    const reach = { from: unixSeconds(MONDAY - 2 * DAY), to: MONDAY }
    return history(changed, changed.objectives[0]!, answerOf(minutes, { range: reach, width: 60 }, []), {
      range: { from: unixSeconds(MONDAY - 2 * HOUR), to: MONDAY },
      step: HOUR,
      now: MONDAY,
      ...options,
    })
  }
  const at = (age: number, good: number, bad: number): Minute => ({
    at: MONDAY / 60 - age,
    labels: {},
    good,
    bad,
  })
  const slice = objective({ slice: { width: seconds(1800), allowed: perMillion(0) } })

  test('of ratio slices is in slices', () => {
    const { good, bad } = draw([at(5, 1, 3), at(40, 1, 1)], {
      method: 'ratio-timeslices',
      objectives: [slice],
    })
    expect([good, bad]).toEqual([
      [2, 0.75],
      [0, 1.25],
    ])
  })

  test('takes corrections of parts from its whole, and of its own from a part', () => {
    const clouds = ['aws', 'gcp'].map((cloud_provider, i) => ({
      scope: { cloud_provider },
      start: unixSeconds(MONDAY - 120),
      width: 60,
      good: [10 + i, 20 + i],
      bad: [3 + i, 5 + i],
    }))
    const whole = { scope: {}, start: unixSeconds(MONDAY - 120), width: 60, good: [21, 41], bad: [7, 11] }
    const drawn = (kind: 'exclude' | 'forgive', asked: Labels, scope: Labels = {}) => {
      const series = [whole, ...clouds].filter((each) => labelsKey(each.scope) === labelsKey(scope))
      const split = { ...one, splitBy: ['cloud_provider'] }
      // Each minute comes by itself, as the hours of a correction do.
      const pieces = [0, 1].flatMap((i) =>
        [whole, ...clouds].map((each) => ({
          ...each,
          start: unixSeconds(each.start + i * 60),
          good: [each.good[i]!],
          bad: [each.bad[i]!],
        })),
      )
      const range = { from: unixSeconds(MONDAY - 60), to: MONDAY }
      const { good, bad } = history(split, split.objectives[0]!, series, {
        range: { from: whole.start, to: MONDAY },
        step: 60,
        now: MONDAY,
        corrections: [{ id: 'c', kind, scope: asked, ranges: [range] }],
        scope,
        parts: pieces,
      })
      return [good, bad]
    }
    const aws = { cloud_provider: 'aws' }
    const gcp = { cloud_provider: 'gcp' }
    expect(drawn('exclude', {})).toEqual([
      [21, 0],
      [7, 0],
    ])
    expect(drawn('exclude', aws)).toEqual([
      [21, 21],
      [7, 6],
    ])
    expect(drawn('forgive', gcp)).toEqual([
      [21, 47],
      [7, 5],
    ])
    expect(drawn('forgive', aws, aws)).toEqual([
      [10, 25],
      [3, 0],
    ])
    expect(drawn('exclude', gcp, aws)).toEqual([
      [10, 20],
      [3, 5],
    ])
    expect(drawn('exclude', { cloud_region: 'x' })).toEqual([
      [21, 41],
      [7, 11],
    ])
  })

  test('counts a slice without events where all of it is known', () => {
    const to = unixSeconds(MONDAY - 2700)
    const known = [[{ from: unixSeconds(0), to, state: 'known' as const }]]
    const change = { method: 'timeslices' as const, objectives: [slice] }
    expect(draw([at(1000, 1, 0)], change, { known }).good).toEqual([2, 0])
    expect(draw([at(40, 1, 0)], change, { known }).good).toEqual([2, 1])
    expect(draw([at(40, 1, 0)], change).good).toEqual([2, 2])
  })

  test('is empty after now, and without any bucket', () => {
    const later = { range: { from: unixSeconds(MONDAY - HOUR), to: unixSeconds(MONDAY + HOUR) } }
    const course = draw([at(5, 10, 0)], {}, later)
    expect([course.good, course.left]).toEqual([
      [10, undefined],
      [1, 1],
    ])
    const none = { range: { from: MONDAY, to: unixSeconds(MONDAY - HOUR) } }
    expect(draw([at(5, 10, 0)], {}, none).start).toEqual([])
    expect(draw([]).left).toEqual([undefined, undefined])
  })

  test('of parts with time between them counts nothing there', () => {
    const part = (age: number) => ({ start: unixSeconds(MONDAY - age * 60), width: 60, good: [7], bad: [1] })
    const course = history(one, one.objectives[0]!, [part(100), part(10)], {
      range: { from: unixSeconds(MONDAY - 3 * HOUR), to: MONDAY },
      step: HOUR,
      now: MONDAY,
    })
    expect([course.good, course.bad]).toEqual([
      [0, 7, 7],
      [0, 1, 1],
    ])
  })

  test('across the end of a calendar window ends the one and begins the other', () => {
    const later = unixSeconds(MONDAY + 2 * HOUR)
    const course = history(
      { ...one, windows: [day] },
      one.objectives[0]!,
      answerOf(
        [at(30, 9990, 10), at(-30, 9995, 5)],
        { range: { from: unixSeconds(MONDAY - DAY), to: later }, width: 60 },
        [],
      ),
      { range: { from: unixSeconds(MONDAY - HOUR), to: later }, step: HOUR, now: later },
    )
    // All of Sunday's budget is spent at its end; of Monday's a 24th of the time has spent half of a 24th's.
    expect(course.left[0]).toBe(0)
    expect(course.left[1]).toBeCloseTo(1 - 0.5 / 24, 9)
    expect(course.ideal).toEqual([0, 23 / 24, 22 / 24])
  })

  test('goes on level while spending at the even pace or below', () => {
    const half = draw([at(600, 9900, 0), at(5, 9990, 10)]).projection
    expect(half).toEqual({ from: MONDAY, left: 99 / 199, to: MONDAY + DAY, leftThen: 99 / 199 })
    expect(draw([at(600, 10, 0)]).projection).toEqual({
      from: MONDAY,
      left: 1,
      to: MONDAY + DAY,
      leftThen: 1,
    })
  })

  test('of an overspent budget goes on down', () => {
    const { projection } = draw([at(5, 9970, 30)])
    expect(projection).toMatchObject({ left: -2, to: MONDAY + DAY, leftThen: -5 })
  })

  test('of a calendar window goes down to its end', () => {
    const now = unixSeconds(MONDAY - 12 * HOUR)
    const course = draw([at(725, 9995, 5)], { windows: [day] }, { now })
    expect(course.projection).toEqual({ from: now, left: 0.75, to: MONDAY, leftThen: 0.5 })
  })

  test('has no way on where nothing is known', () => {
    expect(draw([], {}, { known: [[]] }).projection).toBeUndefined()
    const known = [[{ from: unixSeconds(0), to: unixSeconds(MONDAY - 10 * HOUR), state: 'known' as const }]]
    expect(draw([at(700, 10, 0)], {}, { known }).projection).toBeUndefined()
  })

  test('without rules takes the pace of the last minute', () => {
    const policy = { ...one.policy, rules: [] }
    const { projection } = draw([at(600, 9980, 0), at(2, 0, 10), at(1, 10, 0)], { policy })
    expect(projection).toMatchObject({ left: 0, leftThen: 0, to: MONDAY + DAY })
  })
})
