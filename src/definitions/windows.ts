import { seconds } from '../base/index.ts'
import type { Window } from '../slo/index.ts'
import { placeOf } from './context.ts'
import { type Duration, parseDuration } from './duration.ts'
import type { Report } from './report.ts'
import { suggest } from './suggest.ts'
import { flagOf, get, itemsOf, type Node, textOf } from './tree.ts'

const DAY = 86_400
const LONGEST = 366 * DAY

/** Reads the windows of an SLO or journey. Empty when one has a fault, which is told. */
export function readWindows(spec: Node, report: Report): readonly Window[] {
  const node = get(spec, 'timeWindow')
  const items = itemsOf(node)
  if (node && node.kind !== 'list') return []
  if (items.length === 0) {
    report.tolerate('NINES-1306', placeOf(spec, 'timeWindow'), {
      message: 'the time window is missing; 30 days, rolling, is assumed',
      remedy: 'Write "timeWindow: [{duration: 30d, isRolling: true}]".',
    })
    return report.strict ? [] : [THIRTY_DAYS]
  }
  if (items.length > 1 && items[1])
    report.tolerate('NINES-1312', items[1].place, {
      message: `${items.length} time windows; OpenSLO allows one`,
      remedy: 'Keep one for other tools; Nines evaluates them all, and the first headlines.',
    })
  const windows: Window[] = []
  for (const item of items) {
    const window = readWindow(item, report)
    if (!window) return []
    if (windows.some((other) => other.name === window.name)) {
      report.error('NINES-1313', item.place, {
        message: `the window ${window.name} is there twice`,
        remedy: 'Delete one of the two.',
      })
      return []
    }
    windows.push(window)
  }
  return windows
}

const THIRTY_DAYS: Window = { kind: 'rolling', name: '30d', length: seconds(30 * DAY) }

function readWindow(node: Node, report: Report): Window | undefined {
  const duration = readDuration(node, 'duration', report)
  if (!duration) return undefined
  const isRolling = flagOf(get(node, 'isRolling'))
  const calendar = get(node, 'calendar')
  if (duration.length > LONGEST || duration.length < 60) {
    report.error('NINES-1308', placeOf(node, 'duration'), {
      message: `a window of ${duration.text} is longer than a year`,
      remedy: 'Write at most 366d, 52w, 12M, 4Q or 1Y.',
    })
    return undefined
  }
  if (isRolling === true && calendar) {
    report.error('NINES-1307', placeOf(node, 'calendar'), {
      message: 'a window is rolling or follows a calendar, not both',
      remedy: 'Delete calendar, or write isRolling: false.',
    })
    return undefined
  }
  if (isRolling !== true && !calendar) {
    report.error('NINES-1307', placeOf(node, isRolling === undefined ? 'duration' : 'isRolling'), {
      message: 'a window that is not rolling needs a calendar',
      remedy:
        'Write isRolling: true, or add "calendar: {startTime: 2026-01-01 00:00:00, timeZone: Asia/Tokyo}".',
    })
    return undefined
  }
  return calendar ? calendarWindow(node, calendar, duration, report) : rolling(duration)
}

function rolling(duration: Duration): Window {
  return { kind: 'rolling', name: duration.text, length: duration.length }
}

function calendarWindow(node: Node, calendar: Node, duration: Duration, report: Report): Window | undefined {
  if (duration.length < DAY)
    report.warn('NINES-1309', placeOf(node, 'duration'), {
      message: `a calendar window of ${duration.text} is ${duration.count} ${duration.unit}${duration.count > 1 ? 's' : ''}`,
      remedy:
        duration.unit === 'minute'
          ? `Write ${duration.count}M for months; m is minutes.`
          : 'Write at least 1d.',
    })
  const start = readWallClock(get(calendar, 'startTime'), report)
  const zone = readZone(get(calendar, 'timeZone'), report)
  if (start === undefined || zone === undefined) return undefined
  const { count, unit } = duration
  const name = count === 1 ? `calendar ${unit}` : `calendar ${count} ${unit}s`
  return { kind: 'calendar', name, unit, count, start, zone }
}

/** A duration field, with what to write when it is none. */
export function readDuration(node: Node, key: string, report: Report): Duration | undefined {
  const value = get(node, key)
  if (!value) return undefined
  const written = textOf(value) ?? ''
  const duration = parseDuration(written)
  if (duration) return duration
  report.error('NINES-1305', value.place, {
    message: `${key} ${written} is not a duration`,
    remedy: durationHint(written),
  })
  return undefined
}

const LONG_UNITS: readonly (readonly [RegExp, string])[] = [
  [/^(min|mins|minute|minutes)$/i, 'm'],
  [/^(h|hr|hrs|hour|hours)$/i, 'h'],
  [/^(d|day|days)$/i, 'd'],
  [/^(w|week|weeks)$/i, 'w'],
  [/^(mo|mon|month|months)$/i, 'M'],
  [/^(q|quarter|quarters)$/i, 'Q'],
  [/^(y|yr|year|years)$/i, 'Y'],
]

function durationHint(written: string): string {
  const [, count, unit] = /^\s*(\d+)\s*([A-Za-z]*)\s*$/.exec(written) ?? []
  const letter = LONG_UNITS.find(([pattern]) => pattern.test(unit ?? ''))?.[1]
  if (count !== undefined && Number(count) === 0) return 'Write a length above zero, such as 30d.'
  if (count !== undefined && letter !== undefined) return `Write ${Number(count)}${letter}.`
  if (count !== undefined && unit === 's' && Number(count) % 60 === 0) return `Write ${Number(count) / 60}m.`
  return 'Write a whole number and one of m, h, d, w, M, Q, Y, such as 30d.'
}

/** `YYYY-MM-DD HH:MM:SS`, a day that exists. The wall clock is kept as text: only its zone makes it an instant. */
export function readWallClock(node: Node | undefined, report: Report): string | undefined {
  const written = textOf(node)
  if (node === undefined || written === undefined) return undefined
  const parts = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/.exec(written)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (parts ?? []).slice(1).map(Number)
  const exists =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  if (parts && exists) return written.replace('T', ' ')
  const dayOnly = /^\d{4}-\d{2}-\d{2}$/.test(written)
  const zoned = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/.exec(written)
  report.error('NINES-1310', node.place, {
    message: parts ? `there is no ${written}` : `${written} is not a wall clock`,
    remedy: dayOnly
      ? `Write ${written} 00:00:00.`
      : zoned
        ? `Write ${zoned[1]} ${zoned[2]}; the zone stands in timeZone.`
        : 'Write YYYY-MM-DD HH:MM:SS, such as 2026-01-01 00:00:00.',
  })
  return undefined
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** An IANA zone; offsets such as `+09:00` are refused, because they know no summer time. */
export function readZone(node: Node | undefined, report: Report): string | undefined {
  const written = textOf(node)
  if (node === undefined || written === undefined) return undefined
  if (isZone(written)) return written
  const meant = suggest(written, [...Intl.supportedValuesOf('timeZone'), 'UTC'])
  report.error('NINES-1311', node.place, {
    message: `there is no time zone ${written}`,
    remedy: meant
      ? `Did you mean ${meant}?`
      : 'Write an IANA name, such as Asia/Tokyo, Europe/Berlin or UTC.',
  })
  return undefined
}

function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
