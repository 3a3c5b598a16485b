import type { SloDetail, SloSeries } from '../../../../src/contract/index.ts'
import { type Range, type RangeText, readRange } from '../format/range.ts'
import { headline } from '../format/sentences.ts'

/** What the page shows: the stretch that is asked of the API, and the axis, which may reach into the future. */
export interface Shown {
  readonly asked: Range
  readonly axis: Range
  /** The end is now and moves with it. */
  readonly live: boolean
  /** No range is in the address: the window of the promise. */
  readonly whole: boolean
}

const BUCKETS = 360

/** The part of the axis that a projection may take. */
const FUTURE = 0.16

export function shownOf(slo: SloDetail, text: RangeText): Shown {
  const window = headline(slo.whole)
  const chosen = readRange(text, slo.now)
  const range = chosen ?? { from: window.bounds.from, to: window.range.to }
  // Ends that move by less than a bucket would ask for the same curves again every minute.
  const grain = Math.max(60, Math.floor((range.to - range.from) / BUCKETS / 60) * 60)
  const asked = {
    // A calendar window begins when it begins; any other start may be earlier by a bucket.
    from: chosen === undefined ? window.bounds.from : Math.floor(range.from / grain) * grain,
    to: Math.ceil(range.to / grain) * grain,
  }
  const live = slo.now - range.to < grain
  const length = asked.to - asked.from
  const spending = window.exhaustion.kind === 'in'
  const beyond =
    chosen === undefined && window.bounds.to > window.range.to
      ? window.bounds.to
      : live && spending
        ? asked.to + FUTURE * length
        : asked.to
  return { asked, axis: { from: asked.from, to: beyond }, live, whole: chosen === undefined }
}

/** Without the buckets that begin before the window: of a calendar window they belong to the budget before. */
export function within(series: SloSeries, from: number): SloSeries {
  const first = series.start.findIndex((s) => s >= from)
  if (first <= 0) return series
  return {
    ...series,
    start: series.start.slice(first),
    good: series.good.slice(first),
    bad: series.bad.slice(first),
    left: series.left.slice(first),
    ideal: series.ideal && series.ideal.slice(first),
    burn: series.burn.map((b) => ({ ...b, long: b.long.slice(first), short: b.short.slice(first) })),
  }
}
