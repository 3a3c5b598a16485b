import { earlier, type Range, type Seconds, seconds, type UnixSeconds } from '../base/index.ts'
import { calendarBounds } from './calendar.ts'
import type { Window } from './definition.ts'

/**
 * The whole window at `now`, half-open. A rolling window ends at `now`; a calendar window that holds `now` reaches
 * beyond it.
 */
export function windowBounds(window: Window, now: UnixSeconds): Range {
  return window.kind === 'rolling'
    ? { from: earlier(now, window.length), to: now }
    : calendarBounds(window, now)
}

/** About how long a window is: exact for rolling windows and the longest it can be for calendar ones. */
export function longestLength(window: Window): Seconds {
  return window.kind === 'rolling'
    ? window.length
    : seconds(window.count * LONGEST[window.unit] + (window.unit === 'minute' ? 0 : 86_400))
}

const LONGEST = {
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 7 * 86_400,
  month: 31 * 86_400,
  quarter: 92 * 86_400,
  year: 366 * 86_400,
} as const
