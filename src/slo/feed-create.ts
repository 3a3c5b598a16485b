import { DAY, HOUR, unixSeconds } from '../base/index.ts'
import { burnPlanOf } from './burn-windows.ts'
import { worstOf } from './coverage.ts'
import type { Objective, Slo } from './definition.ts'
import type { Feed } from './feed.ts'
import { position } from './feed-position.ts'
import type { SeriesShape } from './series.ts'
import { judgementOf, stepOf } from './slices.ts'
import { longestLength } from './window.ts'

/** Burn windows longer than this keep their beginnings as edges instead of all their minutes. */
const RECENT_LONGEST = 3 * DAY

export function createFeed(
  slo: Slo,
  objective: Objective,
  options: { readonly now: number; readonly lag: number },
): Feed {
  const judgement = judgementOf(slo.method, objective.slice)
  const rolling = slo.windows.flatMap((w) => (w.kind === 'rolling' ? [w.length] : []))
  const burns = burnPlanOf(slo).lengths
  const longest = Math.max(...slo.windows.map(longestLength), ...burns, HOUR)
  const feed: Feed = {
    indicator: objective.indicator,
    judgement,
    shape: shapeOf(stepOf(judgement), {
      longest: longest + options.lag,
      recent: Math.min(RECENT_LONGEST, Math.max(HOUR, ...burns)) + options.lag,
    }),
    scopes: new Map(),
    lengths: [...new Set([...rolling, ...burns])],
    windows: slo.windows,
    ends: { window: unixSeconds(0), burn: undefined },
    hour: -1,
    start: 0,
    oldest: 0,
    edges: new Set(),
    steps: [],
    hours: [],
    coverage: worstOf([]),
    corrections: [],
    version: 0,
  }
  position(feed, options.now, options.lag)
  return feed
}

function shapeOf(
  step: number,
  { longest, recent }: { readonly longest: number; readonly recent: number },
): SeriesShape {
  if (HOUR % step !== 0)
    return { step, perHour: 0, recent: Math.ceil(longest / step) + Math.ceil(HOUR / step) + 4, hours: 0 }
  const perHour = HOUR / step
  const recentHours = Math.ceil(recent / HOUR) + 1
  // The running hour, and one more for minutes that arrive as it turns.
  return {
    step,
    perHour,
    recent: (recentHours + 2) * perHour,
    hours: Math.max(0, Math.ceil(longest / HOUR) + 2 - recentHours),
  }
}
