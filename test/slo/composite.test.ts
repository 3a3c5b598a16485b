import { describe, expect, test } from 'vitest'
import { perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import { compositeBuckets, compositeOf, worstSlices } from '../../src/slo/index.ts'

const one = { num: 1, den: 1 }

describe('a composite', () => {
  test('of occurrences adds up what its parts spend, times their weight', () => {
    const composite = compositeOf('occurrences', [
      { counts: { good: 99_950, bad: 50 }, allowed: perMillion(1000), weight: one },
      { counts: { good: 999, bad: 1 }, allowed: perMillion(10_000), weight: { num: 5, den: 2 } },
    ])
    // Half of one budget, and two and a half times a tenth of the other.
    expect(composite).toEqual({ leftRatio: 0.25, rate: 0.75, sli: undefined })
  })

  test('of ratio slices: 95 % and 95 % make 90 %', () => {
    const part = { counts: { good: 95e9, bad: 5e9 }, allowed: perMillion(50_000), weight: one }
    expect(compositeOf('ratio-timeslices', [part, part])?.sli).toBe(0.9)
  })

  test('never has an SLI below zero', () => {
    const part = { counts: { good: 0, bad: 5e9 }, allowed: perMillion(50_000), weight: one }
    expect(compositeOf('ratio-timeslices', [part, part])?.sli).toBe(0)
  })

  test('is not known while a part has no events', () => {
    const part = { counts: { good: 0, bad: 0 }, allowed: perMillion(1000), weight: one }
    expect(compositeOf('occurrences', [part])).toBeUndefined()
    expect(compositeOf('occurrences', [])).toBeUndefined()
    const half = { ...part, counts: { good: 1, bad: 1 } }
    expect(compositeOf('occurrences', [half, part])).toBeUndefined()
    expect(compositeOf('occurrences', [half])).toMatchObject({ rate: 500 })
  })

  test('of slices is as long as its shortest part', () => {
    const worst = worstSlices([
      { total: [1, 1], bad: [0, 0] },
      { total: [1], bad: [1] },
    ])
    expect([[...worst.total], [...worst.bad]]).toEqual([[1], [1]])
  })

  test('of slices is bad where any part is', () => {
    const worst = worstSlices([
      { total: [1, 1, 1, 0], bad: [0, 1, 0, 0] },
      { total: [1, 1, 0, 0], bad: [1, 1, 0, 0] },
    ])
    expect([[...worst.total], [...worst.bad]]).toEqual([
      [1, 1, 1, 0],
      [1, 1, 0, 0],
    ])
  })

  test('of slices of minutes counts each whole slice once, and as bad as its worst part', () => {
    const slice = { width: seconds(120), allowed: perMillion(100_000) }
    const objective = {
      name: 'a',
      displayName: '',
      target: '99',
      allowed: perMillion(10_000),
      indicator: 'a',
      slice,
      weight: one,
    }
    const strict = { ...objective, name: 'b', indicator: 'b', slice: { ...slice, allowed: perMillion(0) } }
    const bucketsOf = (good: readonly number[], bad: readonly number[]) => ({
      start: unixSeconds(1_790_000_100),
      width: seconds(60),
      good: Float64Array.from(good),
      bad: Float64Array.from(bad),
    })
    // Slices begin at whole multiples of two minutes: the first minute belongs to one that is not there.
    const counted = compositeBuckets([
      { objective, buckets: bucketsOf([9, 9, 9, 0, 0, 9, 9, 9], [9, 0, 1, 0, 0, 0, 0, 2]) },
      { objective: strict, buckets: bucketsOf([9, 0, 0, 0, 0, 9, 9, 9], [9, 0, 0, 0, 0, 1, 0, 0]) },
    ])
    expect(Array.from(counted?.good ?? [])).toEqual([0, 1, 0, 0, 0, 0, 0, 0])
    expect(Array.from(counted?.bad ?? [])).toEqual([0, 0, 0, 0, 0, 1, 0, 0])
    expect(compositeBuckets([])).toBeUndefined()
  })
})
