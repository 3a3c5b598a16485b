import { type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { type Segment, type Sums, takenBy } from './corrections.ts'
import { type CoverageTimeline, countMinutes, firstReported, gapsIn } from './coverage.ts'
import type { Slo } from './definition.ts'
import { type HeldSeries, sumSteps } from './series.ts'
import { type Judgement, scaleOf, stepOf } from './slices.ts'

/** What one objective is measured from in one scope. Moved on from one evaluation to the next. */
export interface Meter {
  /** Undefined while nothing was ever counted in the scope. */
  series: HeldSeries | undefined
  readonly judgement: Judgement
  coverage: CoverageTimeline
  readonly noData: Slo['noData']
  /** How many events a minute without data stands for, where the SLO says that such minutes count. */
  average: number
  /** What corrections say of stretches of the scope's time, in order, disjoint, on steps. */
  segments: readonly Segment[]
}

/**
 * Writes what `[from, to)` counts into `out`, in whole numbers: total at 0, bad at 1 (in parts of slices for the
 * ratio method). Both ends are on steps. False when part of the range is held by the hour only and had to be left
 * out. Without corrections and gaps it allocates nothing.
 */
export function measure(meter: Meter, from: number, to: number, out: Float64Array): boolean {
  let exact = measureAsIs(meter, from, to, out)
  for (const segment of meter.segments) {
    const range = { from: Math.max(segment.from, from), to: Math.min(segment.to, to) }
    if (range.from < range.to && !correct(meter, segment, range, out)) exact = false
  }
  return exact
}

/**
 * Like `measure`, of as much as is held: where only whole hours are held at the beginning it begins at the next hour
 * instead. Gives where it begins: what is said of that range is always exact.
 */
export function measureHeld(meter: Meter, from: number, to: number, out: Float64Array): UnixSeconds {
  if (measure(meter, from, to, out)) return unixSeconds(from)
  const next = Math.min(to, Math.ceil(from / 3600) * 3600)
  measure(meter, next, to, out)
  return unixSeconds(next)
}

interface Stretch {
  readonly from: number
  readonly to: number
}

/** Takes from `out` what a segment of corrections takes from this stretch of it. */
function correct(meter: Meter, segment: Segment, range: Stretch, out: Float64Array): boolean {
  const sum = new Float64Array(2)
  let exact = measureAsIs(meter, range.from, range.to, sum)
  const taken = takenBy(segment, sumsOf(sum), (series) => {
    const { step } = series.shape
    if (!sumSteps(series, range.from / step, range.to / step, sum)) exact = false
    return sumsOf(sum)
  })
  out[0] = (out[0] ?? 0) - taken.total
  out[1] = (out[1] ?? 0) - taken.bad
  return exact
}

function sumsOf(sum: Float64Array): Sums {
  return { total: sum[0] ?? 0, bad: sum[1] ?? 0 }
}

/** The ids of the corrections that touch the range. */
export function correctionsIn(meter: Meter, range: Range): readonly string[] {
  const ids = meter.segments.filter((s) => s.from < range.to && s.to > range.from).flatMap((s) => s.ids)
  return [...new Set(ids)]
}

function measureAsIs(meter: Meter, from: number, to: number, out: Float64Array): boolean {
  const { series, judgement, noData } = meter
  const step = stepOf(judgement)
  out[0] = 0
  out[1] = 0
  const exact = !series || sumSteps(series, from / step, to / step, out)
  if (judgement.kind === 'events') {
    if (noData !== 'freeze') fillMinutes(meter, { from: unixSeconds(from), to: unixSeconds(to) }, out)
    return exact
  }
  countQuietSlices(meter, { from: unixSeconds(from), to: unixSeconds(to) }, out)
  out[0] = (out[0] ?? 0) * scaleOf(judgement)
  return exact
}

/** Minutes without data stand for an average minute's events, all good or all bad as the SLO says. */
function fillMinutes(meter: Meter, range: Range, out: Float64Array): void {
  const missing = missingMinutes(meter.coverage, range)
  const events = Math.round(meter.average * missing)
  out[0] = (out[0] ?? 0) + events
  if (meter.noData === 'bad') out[1] = (out[1] ?? 0) + events
}

/** Minutes of the range of which nothing is known; what lies before the first report was never promised. */
export function missingMinutes(coverage: CoverageTimeline, range: Range): number {
  const first = Math.max(range.from, firstReported(coverage) ?? Infinity)
  const minutes = countMinutes(coverage, { from: unixSeconds(Math.min(first, range.to)), to: range.to })
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
  const slicesWithEvents = (from: number, to: number): number =>
    series && sumSteps(series, from / step, to / step, sums) ? (sums[0] ?? 0) : 0
  let gapSlices = 0
  let gapEvents = 0
  let promised = 0
  let done: number = range.from
  for (const gap of gapsIn(coverage, range)) {
    const from = Math.max(done, Math.floor(gap.from / step) * step)
    const to = Math.min(range.to, Math.ceil(gap.to / step) * step)
    done = to
    gapSlices += (to - from) / step
    gapEvents += slicesWithEvents(from, to)
    const begun = Math.min(to, Math.max(from, Math.floor(first / step) * step))
    promised += (to - begun) / step - slicesWithEvents(begun, to)
  }
  const missing = noData === 'freeze' ? 0 : promised
  out[0] = slices - gapSlices + gapEvents + missing
  if (noData === 'bad') out[1] = (out[1] ?? 0) + missing * scaleOf(judgement)
}
