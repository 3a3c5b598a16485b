import { type Range, unixSeconds } from '../base/index.ts'
import { type CoverageTimeline, countMinutes, firstReported, gapsIn } from './coverage.ts'
import type { Slo } from './definition.ts'
import { type HeldSeries, sumSteps } from './series.ts'
import { type Judgement, scaleOf, stepOf } from './slices.ts'

/** What one objective is measured from in one scope. */
export interface Meter {
  /** Undefined while nothing was ever counted in the scope. */
  readonly series: HeldSeries | undefined
  readonly judgement: Judgement
  readonly coverage: CoverageTimeline
  readonly noData: Slo['noData']
}

/**
 * Writes what a range counts into `out`, in whole numbers: total at 0, bad at 1 (in parts of slices for the ratio
 * method). The range is aligned to steps. `average` is how many events a minute without data stands for where the
 * SLO says that such minutes count. False when part of the range is held by the hour only and had to be left out.
 */
export function measure(meter: Meter, range: Range, out: Float64Array, average = 0): boolean {
  const { series, judgement } = meter
  const step = stepOf(judgement)
  out[0] = 0
  out[1] = 0
  const exact = !series || sumSteps(series, range.from / step, range.to / step, out)
  if (judgement.kind === 'events') {
    if (meter.noData !== 'freeze') fillMinutes(meter, range, out, average)
    return exact
  }
  countQuietSlices(meter, range, out)
  out[0] = (out[0] ?? 0) * scaleOf(judgement)
  return exact
}

/** Minutes without data stand for an average minute's events, all good or all bad as the SLO says. */
function fillMinutes(meter: Meter, range: Range, out: Float64Array, average: number): void {
  const missing = missingMinutes(meter.coverage, range)
  if (missing === 0) return
  const events = Math.round(average * missing)
  out[0] = (out[0] ?? 0) + events
  if (meter.noData === 'bad') out[1] = (out[1] ?? 0) + events
}

/** Minutes of the range of which nothing is known; what lies before the first report was never promised. */
export function missingMinutes(coverage: CoverageTimeline, range: Range): number {
  const first = firstReported(coverage)
  if (first === undefined || first >= range.to) return 0
  const minutes = countMinutes(coverage, {
    from: unixSeconds(Math.max(range.from, first)),
    to: range.to,
  })
  return minutes.failed + minutes.unreported
}

/**
 * Slices without events: where everything is known they are good, since nobody was failed; where it is not they
 * count as the SLO says a minute without data does.
 */
function countQuietSlices(meter: Meter, range: Range, out: Float64Array): void {
  const { series, judgement, coverage, noData } = meter
  const step = stepOf(judgement)
  const slices = (range.to - range.from) / step
  const first = firstReported(coverage) ?? Infinity
  const sums = new Float64Array(2)
  let gapSlices = 0
  let gapEvents = 0
  let promised = 0
  let done: number = range.from
  for (const gap of gapsIn(coverage, range)) {
    const from = Math.max(done, Math.floor(gap.from / step) * step)
    const to = Math.min(range.to, Math.ceil(gap.to / step) * step)
    if (to <= from) continue
    done = to
    const events = series && sumSteps(series, from / step, to / step, sums) ? (sums[0] ?? 0) : 0
    gapSlices += (to - from) / step
    gapEvents += events
    if (to > first) promised += (to - Math.max(from, Math.floor(first / step) * step)) / step - events
  }
  const counted = out[0] ?? 0
  const quiet = slices - gapSlices - (counted - gapEvents)
  const missing = noData === 'freeze' ? 0 : Math.max(0, promised)
  out[0] = counted + quiet + missing
  if (noData === 'bad') out[1] = (out[1] ?? 0) + missing * scaleOf(judgement)
}
