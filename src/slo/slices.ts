import { type PerMillion, perMillion } from '../base/index.ts'
import { compareBurn, EVEN } from './burn.ts'
import type { BudgetingMethod, Slice } from './definition.ts'

/**
 * How a method turns counted events into what its budget counts: events themselves, or slices. Slices of the
 * ratio method count by the share of their events that was bad, in whole billionths, rounded half up.
 */
export type Judgement =
  | { readonly kind: 'events' }
  | { readonly kind: 'slices'; readonly width: number; readonly allowed: PerMillion }
  | { readonly kind: 'ratios'; readonly width: number }

/** Whole numbers that make one counted unit. */
export const SLICE_PARTS = 1e9

export function judgementOf(method: BudgetingMethod, slice: Slice | undefined): Judgement {
  switch (method) {
    case 'occurrences':
      return { kind: 'events' }
    case 'timeslices':
      return { kind: 'slices', width: slice?.width ?? 60, allowed: slice?.allowed ?? perMillion(0) }
    case 'ratio-timeslices':
      return { kind: 'ratios', width: slice?.width ?? 60 }
    default:
      return method satisfies never
  }
}

/** The whole numbers that one unit of a judgement's counts is made of. */
export function scaleOf(judgement: Judgement): number {
  return judgement.kind === 'ratios' ? SLICE_PARTS : 1
}

/** The length of a step: a minute for events, a slice else. */
export function stepOf(judgement: Judgement): number {
  return judgement.kind === 'events' ? 60 : judgement.width
}

export interface StepCounts {
  /** Index of the first step: its instant divided by the step. */
  readonly start: number
  readonly total: Float64Array
  readonly bad: Float64Array
}

/**
 * Buckets of `width` seconds from `start` as steps. Slices are judged whole: buckets of a slice that is not there
 * completely are left out. A slice without events is not counted here: whether it counts depends on what is known.
 */
export function stepsFrom(
  judgement: Judgement,
  buckets: {
    readonly start: number
    readonly width: number
    readonly good: ArrayLike<number>
    readonly bad: ArrayLike<number>
  },
): StepCounts {
  const { start, width, good, bad } = buckets
  const step = stepOf(judgement)
  const first = Math.ceil(start / step)
  const count = Math.max(0, Math.floor((start + width * good.length) / step) - first)
  const perStep = step / width
  const offset = (first * step - start) / width
  const steps = { start: first, total: new Float64Array(count), bad: new Float64Array(count) }
  for (let i = 0; i < count; i++) {
    let goodSum = 0
    let badSum = 0
    for (let j = 0; j < perStep; j++) {
      goodSum += good[offset + i * perStep + j] ?? 0
      badSum += bad[offset + i * perStep + j] ?? 0
    }
    const total = goodSum + badSum
    if (total === 0) continue
    steps.total[i] = judgement.kind === 'events' ? total : 1
    steps.bad[i] = badOf(judgement, total, badSum)
  }
  return steps
}

function badOf(judgement: Judgement, total: number, bad: number): number {
  switch (judgement.kind) {
    case 'events':
      return bad
    case 'slices':
      return compareBurn(bad, total, judgement.allowed, EVEN) > 0 ? 1 : 0
    case 'ratios':
      return Math.round((bad / total) * SLICE_PARTS)
    default:
      return judgement satisfies never
  }
}
