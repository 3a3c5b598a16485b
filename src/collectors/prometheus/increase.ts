import type { Labels, Range } from '../../base/index.ts'
import type { Tally } from '../pull/index.ts'
import type { Samples } from './api.ts'
import { type Knowledge, minuteOfSample } from './knowledge.ts'

export interface CounterWindow {
  readonly range: Range
  /** A series that was silent for longer begins anew. */
  readonly lookbackMs: number
  /** Under which labels a series is counted. */
  readonly labelsOf: (series: Samples) => Labels
  /** Whether a series without an earlier sample is known to have begun at zero after the scrape before. */
  readonly beganAtZero: (series: Samples, time: number) => boolean
}

/**
 * By how much counters rose in each minute of the range: the differences of neighbouring samples, each in the minute of
 * the later one. Nothing is extrapolated, so the sum over any stretch is the difference of its ends. A counter that
 * fell was reset, and what it shows was counted since. Of fractions the whole part counts, so that differences of
 * neighbours still add up.
 *
 * A first sample is a baseline, unless its target was scraped before and the series was not there: then it has risen
 * from zero.
 */
export function countIncreases(
  series: readonly Samples[],
  { range, lookbackMs, labelsOf, beganAtZero }: CounterWindow,
  into: { readonly tally: Tally; readonly knowledge: Knowledge },
): void {
  const { tally, knowledge } = into
  for (const one of series) {
    const labels = labelsOf(one)
    let before: { readonly time: number; readonly value: number } | undefined
    for (const [i, time] of one.times.entries()) {
      const value = one.values[i] ?? Number.NaN
      if (!Number.isFinite(value) || value < 0) {
        tally.reject(minuteOfSample(time))
        continue
      }
      const near = before !== undefined && time - before.time <= lookbackMs ? before : undefined
      const isInside = time > range.from * 1_000
      const fromZero = isInside && near === undefined && beganAtZero(one, time)
      if (isInside) {
        knowledge.sample(time, near?.time, { whole: fromZero })
        if (near !== undefined) tally.add(labels, minuteOfSample(time), increase(near.value, value))
        else if (fromZero) tally.add(labels, minuteOfSample(time), Math.floor(value))
      }
      before = { time, value }
    }
  }
}

function increase(before: number, after: number): number {
  return after < before ? Math.floor(after) : Math.floor(after) - Math.floor(before)
}

/** Samples of the same series, older ones first; series that only one of them has stay as they are. */
export function joinSamples(older: readonly Samples[], newer: readonly Samples[]): readonly Samples[] {
  const known = new Map(older.map((series) => [seriesKey(series), series]))
  return newer.map((series) => {
    const before = known.get(seriesKey(series))
    if (before === undefined) return series
    const first = series.times[0] ?? Number.POSITIVE_INFINITY
    const kept = before.times.filter((time) => time < first).length
    return {
      labels: series.labels,
      times: [...before.times.slice(0, kept), ...series.times],
      values: [...before.values.slice(0, kept), ...series.values],
    }
  })
}

export function seriesKey({ labels }: Pick<Samples, 'labels'>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
