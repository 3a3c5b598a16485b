import { type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { CalendarWindow } from './definition.ts'

/**
 * Calendar windows in any IANA zone. The only file of the engine that touches `Date` and `Intl`, and only as tables:
 * of the calendar and of the zones' rules. Neither is asked what time it is.
 */

/** The calendar window that holds `now`: boundary k ≤ now < boundary k+1. */
export function calendarBounds(window: CalendarWindow, now: UnixSeconds): Range {
  const boundary = boundariesOf(window)
  let k = boundary.near(now)
  while (boundary.at(k) > now) k--
  while (boundary.at(k + 1) <= now) k++
  return { from: unixSeconds(boundary.at(k)), to: unixSeconds(boundary.at(k + 1)) }
}

/** Boundary `k` of the window, counted from its start, which is boundary 0. */
export function calendarBoundary(window: CalendarWindow, k: number): UnixSeconds {
  return unixSeconds(boundariesOf(window).at(k))
}

/** Whether the zone is one that the engine knows. */
export function isZone(zone: string): boolean {
  try {
    clockOf(zone)
    return true
  } catch {
    return false
  }
}

/**
 * A wall clock, `YYYY-MM-DD HH:MM:SS`, as a number that orders and subtracts like an instant: what a clock in UTC would
 * show then. Only a zone makes it an instant.
 */
export function wallTime(text: string): number {
  return wallSeconds(parseWall(text))
}

/**
 * The first instant at which the zone's wall clock shows a `wallTime` or later: the moment that clocks go forward over
 * it, and the first of the two times when they go back and show it twice.
 */
export function instantsIn(zone: string): (wall: number) => UnixSeconds {
  const clock = clockOf(zone)
  return (wall) => unixSeconds(firstInstantAt(clock, wall))
}

interface Boundaries {
  readonly at: (k: number) => number
  /** A boundary close to the instant, to search from. */
  readonly near: (now: number) => number
}

/** A unit in months where its length is the calendar's, else in seconds. */
const UNITS = {
  minute: { kind: 'elapsed', seconds: 60 },
  hour: { kind: 'elapsed', seconds: 3_600 },
  day: { kind: 'wall', months: 0, days: 1 },
  week: { kind: 'wall', months: 0, days: 7 },
  month: { kind: 'wall', months: 1, days: 0 },
  quarter: { kind: 'wall', months: 3, days: 0 },
  year: { kind: 'wall', months: 12, days: 0 },
} as const

function boundariesOf(window: CalendarWindow): Boundaries {
  const wallClock = clockOf(window.zone)
  const start = parseWall(window.start)
  const unit = UNITS[window.unit]
  if (unit.kind === 'elapsed') {
    const first = firstInstantAt(wallClock, wallSeconds(start))
    const step = unit.seconds * window.count
    return { at: (k) => first + k * step, near: (now) => Math.floor((now - first) / step) }
  }
  const months = unit.months * window.count
  const days = unit.days * window.count
  const length = months * 30.436875 * 86_400 + days * 86_400
  return {
    at: (k) =>
      firstInstantAt(
        wallClock,
        wallSeconds({ ...start, month: start.month + k * months, day: start.day + k * days }),
      ),
    near: (now) => Math.floor((now - wallSeconds(start)) / length),
  }
}

interface Wall {
  readonly year: number
  /** From 1; beyond 12 runs into later years, as day 31 of a month of 30 runs into the next. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** `YYYY-MM-DD HH:MM:SS`; definitions are checked before they come here, so another text is a bug. */
function parseWall(text: string): Wall {
  const match = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/.exec(text)
  if (!match) throw new Error(`Cannot read ${text} as YYYY-MM-DD HH:MM:SS`)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  return { year, month, day, hour, minute, second }
}

/** The wall clock as a number that orders and subtracts like an instant: what a clock in UTC would show then. */
function wallSeconds({ year, month, day, hour, minute, second }: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000
}

/** What the wall clock of a zone shows at an instant, as `wallSeconds`. */
type WallClock = (instant: number) => number

function clockOf(zone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (instant) => {
    const shown: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(new Date(instant * 1000))) shown[type] = Number(value)
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown
    return wallSeconds({ year, month, day, hour, minute, second })
  }
}

/**
 * The first instant at which the wall clock shows `wall` or later. Where the clock goes forward over it, that is the
 * moment it does; where the clock goes back and shows it twice, the first time.
 */
function firstInstantAt(clock: WallClock, wall: number): number {
  // A zone's clock differs from UTC by less than a day, and shifts at most once in two days around `wall`.
  const before = clock(wall - 86_400) - (wall - 86_400)
  const after = clock(wall + 86_400) - (wall + 86_400)
  const early = wall - Math.max(before, after)
  const late = wall - Math.min(before, after)
  // With the earlier rule still in force the wall clock shows it at `wall - before`, which is the first time.
  if (clock(wall - before) === wall) return wall - before
  let low = early
  let high = late
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (clock(middle) >= wall) high = middle
    else low = middle + 1
  }
  return low
}
