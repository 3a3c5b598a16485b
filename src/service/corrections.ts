import { DAY, earlier, later, type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Definitions } from '../definitions/index.ts'
import { expandCorrections } from '../definitions/index.ts'
import type { Correction, Window } from '../slo/index.ts'

/** Corrections with their ranges over all that any window looks at. */
export interface ExpandedCorrections {
  readonly horizon: Range
  readonly corrections: readonly Correction[]
}

/**
 * Expands the corrections of the definitions; gives `before` again while its horizon still reaches far enough, so that
 * recurring ones are worked out once a day.
 */
export function correctionsAt(
  definitions: Definitions,
  now: UnixSeconds,
  before: ExpandedCorrections | undefined,
): ExpandedCorrections {
  const longest = Math.max(DAY, ...definitions.slos.flatMap(({ slo }) => slo.windows.map(longestReach)))
  if (before && now - longest >= before.horizon.from && now + longest <= before.horizon.to) return before
  const day = unixSeconds(Math.floor(now / DAY) * DAY)
  const horizon = { from: earlier(day, longest + DAY), to: later(day, longest + 2 * DAY) }
  return { horizon, corrections: expandCorrections(definitions.corrections, horizon) }
}

/** Seconds that a window reaches back or ahead at most. Calendar units are taken at their longest. */
export function longestReach(window: Window): number {
  if (window.kind === 'rolling') return window.length
  const days = { minute: 1, hour: 1, day: 1, week: 7, month: 31, quarter: 92, year: 366 }
  return window.count * days[window.unit] * DAY
}
