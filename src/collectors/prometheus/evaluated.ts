import type { Labels } from '../../base/index.ts'
import type { Tally } from '../pull/index.ts'
import { countOf, type KnowledgeGap } from '../pull/index.ts'
import type { Samples } from './api.ts'
import type { PrometheusQuestion } from './asked.ts'
import { type Knowledge, minuteOfSample, NEAR_MS } from './knowledge.ts'

interface Into {
  readonly tally: Tally
  readonly knowledge: Knowledge
}

/** Counts what an expression gave at the end of each minute, and single samples, which are read alike. */
export function countValues(
  series: readonly Samples[],
  { reading, passes }: Pick<PrometheusQuestion, 'reading' | 'passes'>,
  { tally, knowledge, labelsOf }: Into & { readonly labelsOf: (series: Samples) => Labels },
): void {
  for (const one of series) {
    const labels = labelsOf(one)
    for (const [i, time] of one.times.entries()) {
      const value = one.values[i] ?? Number.NaN
      const count = countOf(value, reading, passes)
      if (count === undefined) {
        // A division by no events gives no number, which is an answer: nothing is known of that minute.
        if (!Number.isNaN(value)) tally.reject(minuteOfSample(time))
        continue
      }
      knowledge.sample(time, undefined, { whole: true })
      tally.add(labels, minuteOfSample(time), count)
    }
  }
}

const FELL = 'the expression fell: a counter in it was reset or went away'

/**
 * By how much a running total rose that only the server can compute, from its values at the ends of minutes. When it
 * falls, one of the counters in it was reset or is gone, and nobody can tell by how much the others rose: that minute
 * counts as nothing and is partial.
 */
export function countTotals(
  series: readonly Samples[],
  from: number,
  { tally, knowledge, labelsOf }: Into & { readonly labelsOf: (series: Samples) => Labels },
): readonly KnowledgeGap[] {
  const gaps: KnowledgeGap[] = []
  for (const one of series) {
    const labels = labelsOf(one)
    let before: { readonly time: number; readonly value: number } | undefined
    for (const [i, time] of one.times.entries()) {
      const value = one.values[i] ?? Number.NaN
      const minute = minuteOfSample(time)
      if (!Number.isFinite(value) || value < 0) {
        if (!Number.isNaN(value)) tally.reject(minute)
        continue
      }
      const near = before !== undefined && time - before.time <= NEAR_MS ? before : undefined
      if (time > from * 1_000) {
        knowledge.sample(time, near?.time)
        if (near !== undefined && value >= near.value)
          tally.add(labels, minute, Math.floor(value) - Math.floor(near.value))
        else if (near !== undefined) gaps.push({ ...minuteRange(minute), state: 'partial', reason: FELL })
      }
      before = { time, value }
    }
  }
  return gaps
}

const minuteRange = (minute: ReturnType<typeof minuteOfSample>): Pick<KnowledgeGap, 'from' | 'to'> => ({
  from: minute,
  to: minuteOfSample((minute + 120) * 1_000),
})
