import { type PerMillion, type Ratio, ratio } from '../base/index.ts'
import type { BudgetingMethod, Objective, Rational } from './definition.ts'
import type { Counts } from './evaluation.ts'
import type { Buckets } from './feed.ts'
import { judgementOf, stepOf, stepsFrom } from './slices.ts'

/**
 * OpenSLO's composite: one SLO whose objectives have indicators of their own, with weights that multiply and are not
 * shares of anything. What a text leaves open is decided here and written down in `docs/slo-semantics.md`.
 */
export interface CompositePart {
  readonly counts: Counts
  readonly allowed: PerMillion
  readonly weight: Rational
}

export interface Composite {
  /** 1 - Σ weight × share of its budget that each part spent; below zero when overspent. */
  readonly leftRatio: Ratio
  /** Σ weight × burn rate of each part. */
  readonly rate: number
  /** 1 - Σ weight × shortfall of each part, at least 0: two parts at 95 % make 90 %. Only for ratio slices. */
  readonly sli: Ratio | undefined
}

/**
 * The parts of one window as one. Undefined while any part has no events: what it would add is not known. Slices
 * that must all be good are judged one by one instead: see `worstSlices`.
 */
export function compositeOf(method: BudgetingMethod, parts: readonly CompositePart[]): Composite | undefined {
  if (parts.length === 0 || parts.some((part) => part.counts.good + part.counts.bad === 0)) return undefined
  let spent = 0
  let shortfall = 0
  for (const { counts, allowed, weight } of parts) {
    const share = (counts.bad * weight.num) / ((counts.good + counts.bad) * weight.den)
    spent += (share * 1e6) / allowed
    shortfall += share
  }
  return {
    leftRatio: ratio(1 - spent),
    rate: spent,
    sli: method === 'ratio-timeslices' ? ratio(Math.max(0, 1 - shortfall)) : undefined,
  }
}

/** Slices of several objectives, as bad counts of 0 or 1: a composite's slice is bad when any of theirs is. */
export function worstSlices(
  parts: readonly { readonly total: ArrayLike<number>; readonly bad: ArrayLike<number> }[],
): {
  readonly total: Float64Array
  readonly bad: Float64Array
} {
  const length = Math.min(...parts.map((part) => part.total.length))
  const total = new Float64Array(length)
  const bad = new Float64Array(length)
  for (const part of parts)
    for (let i = 0; i < length; i++) {
      // A slice counts once any objective has it.
      if ((part.total[i] ?? 0) > 0) total[i] = 1
      if ((part.bad[i] ?? 0) > 0) bad[i] = 1
    }
  return { total, bad }
}

/**
 * The buckets of several objectives of time slices as those of their composite: a slice is one event, in its first
 * bucket, and bad when it is bad for any of them. All have the same start, width, length and slice; of slices that are
 * not there completely nothing is said. Undefined without parts.
 */
export function compositeBuckets(
  parts: readonly { readonly objective: Objective; readonly buckets: Buckets }[],
): Buckets | undefined {
  const [first] = parts
  if (!first) return undefined
  const judged = parts.map(({ objective, buckets }) =>
    stepsFrom(judgementOf('timeslices', objective.slice), buckets),
  )
  const { total, bad } = worstSlices(judged)
  const { start, width } = first.buckets
  const step = stepOf(judgementOf('timeslices', first.objective.slice))
  const offset = ((judged[0]?.start ?? 0) * step - start) / width
  const good = new Float64Array(first.buckets.good.length)
  const counted = { start, width, good, bad: new Float64Array(good.length) }
  for (let i = 0; i < total.length; i++) {
    if (total[i] === 0) continue
    const at = offset + (i * step) / width
    if (bad[i] === 1) counted.bad[at] = 1
    else counted.good[at] = 1
  }
  return counted
}
