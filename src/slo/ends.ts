import { type UnixSeconds, unixSeconds } from '../base/index.ts'
import { type CoverageTimeline, reportedThrough } from './coverage.ts'
import { totalAt } from './prefix.ts'
import type { HeldSeries, SeriesShape } from './series.ts'

/** Where an evaluation's windows end. Moved on from one evaluation to the next. */
export interface Ends {
  /** Of the objective's windows: the last whole minute, or slice. */
  window: UnixSeconds
  /** Of burn windows; undefined when too long nothing was reported. */
  burn: UnixSeconds | undefined
}

/** How far behind `now` what was reported may be. */
export interface Patience {
  /** So long a minute that ended may go unreported before it counts as not known: seconds. */
  readonly settle: number
  /** So far back burn windows follow a source that reports late: seconds. */
  readonly lag: number
}

/** What ends: the steps of all its scopes together, and where they do. */
interface Ending {
  readonly ends: Ends
  readonly shape: SeriesShape
  readonly scopes: ReadonlyMap<string, { readonly series: HeldSeries }>
}

/** When everything is evaluated, and how late reports may be then. */
export interface Moment {
  readonly now: UnixSeconds
  readonly patience: Patience
}

/**
 * Windows end at the last whole minute that was reported or has events, at most `settle` before now. Burn windows
 * end after the running minute once it has events, so that an outage is seen in its first minute; else where what
 * was reported ends, at most `lag` before now. Slices count when they are complete.
 */
export function moveEnds(
  { ends, scopes, shape }: Ending,
  coverage: CoverageTimeline,
  { now, patience }: Moment,
): void {
  const { step } = shape
  const series = scopes.get('')?.series
  const whole = Math.floor(now / step) * step
  const running = whole + step
  const reported = Math.floor((reportedThrough(coverage) ?? -Infinity) / step) * step
  const floor = Math.floor((now - patience.lag) / step) * step
  const seen = reported >= whole ? whole : Math.max(reported, lastCounted(series, floor, whole, step))
  const window = Math.max(seen, Math.floor((whole - patience.settle) / step) * step)
  const live = now > whole && lastCounted(series, whole, running, step) === running
  const burn = live ? running : seen
  ends.window = unixSeconds(window)
  ends.burn = burn >= floor ? unixSeconds(burn) : undefined
}

/** The end of the last step of `[from, to)` that has events; minus infinity when none has. */
function lastCounted(series: HeldSeries | undefined, from: number, to: number, step: number): number {
  if (!series) return -Infinity
  // From the newest back: the first look finds it while events arrive.
  for (let t = to; t > from; t -= step) if (totalAt(series.recent, t / step - 1) > 0) return t
  return -Infinity
}
