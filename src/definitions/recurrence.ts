import { type CivilDate, civilDate, unixSeconds } from '../base/index.ts'

/**
 * Recurrences of RFC 5545, the parts of an RRULE that a maintenance calendar needs: which days and times a rule names,
 * by the wall clock. Nothing here knows a zone. A wall clock is a number of seconds, as `wallTime` of the engine counts.
 */

const DAY = 86_400
const HOUR = 3_600

export interface Recurrence {
  readonly frequency: 'YEARLY' | 'MONTHLY' | 'WEEKLY' | 'DAILY' | 'HOURLY'
  /** At least 1: every so many years, months, … */
  readonly interval: number
  readonly count: number | undefined
  /** The last wall clock that may still begin an occurrence, or the last instant. */
  readonly until: { readonly kind: 'wall' | 'instant'; readonly at: number } | undefined
  /** Monday is 0. An ordinal counts within the month or year, from the end when below zero; 0: every one. */
  readonly weekdays: readonly { readonly ordinal: number; readonly weekday: number }[]
  readonly months: readonly number[]
  /** Below zero: from the end of the month. */
  readonly monthDays: readonly number[]
  readonly hours: readonly number[]
  readonly minutes: readonly number[]
  /** Which of the occurrences of one period count, from 1, or from the end when below zero. Empty: all. */
  readonly positions: readonly number[]
  readonly weekStart: number
}

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY'] as const

/** Reads a rule whose parts were checked: `FREQ=WEEKLY;BYDAY=SU`, in capitals and without its prefix. */
export function readRule(text: string): Recurrence {
  const parts = new Map(text.split(';').map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']))
  const words = (name: string): readonly string[] =>
    (parts.get(name) ?? '').split(',').filter((w) => w !== '')
  const numbers = (name: string): readonly number[] => words(name).map(Number)
  const count = parts.get('COUNT')
  const until = parts.get('UNTIL')
  return {
    frequency: FREQUENCIES.find((name) => name === parts.get('FREQ')) ?? 'DAILY',
    interval: Number(parts.get('INTERVAL') ?? 1),
    count: count === undefined ? undefined : Number(count),
    until: until === undefined ? undefined : readUntil(until),
    weekdays: words('BYDAY').map((word) => ({
      ordinal: Number(word.slice(0, -2)),
      weekday: WEEKDAYS.indexOf(word.slice(-2)),
    })),
    months: numbers('BYMONTH'),
    monthDays: numbers('BYMONTHDAY'),
    hours: numbers('BYHOUR'),
    minutes: numbers('BYMINUTE'),
    positions: numbers('BYSETPOS'),
    weekStart: Math.max(0, WEEKDAYS.indexOf(parts.get('WKST') ?? 'MO')),
  }
}

/** A day alone means all of it: who writes `UNTIL=20261231` means the 31st too. */
function readUntil(text: string): NonNullable<Recurrence['until']> {
  const [, year, month, day, time] = /^(\d{4})(\d{2})(\d{2})(?:T(\d{6}))?/.exec(text) ?? []
  const midnight = dayNumber(Number(year), Number(month), Number(day)) * DAY
  if (time === undefined) return { kind: 'wall', at: midnight + DAY - 1 }
  const [hour = 0, minute = 0, second = 0] = (time.match(/\d\d/g) ?? []).map(Number)
  return {
    kind: text.endsWith('Z') ? 'instant' : 'wall',
    at: midnight + hour * HOUR + minute * 60 + second,
  }
}

/** At most so many occurrences begin in one day. */
export function timesADay({ frequency, interval, hours, minutes }: Recurrence): number {
  const perHour = Math.max(1, minutes.length)
  if (frequency !== 'HOURLY') return Math.max(1, hours.length) * perHour
  return Math.min(hours.length === 0 ? 24 : hours.length, Math.ceil(24 / interval)) * perHour
}

/**
 * The wall clocks at which a rule that begins at `start` recurs, in order, from `range.from` up to before `range.to`.
 * What the rule does not name is taken from `start`, which itself recurs only if the rule names it. `after` says of a
 * wall clock whether it lies beyond the rule's last instant.
 */
export function recur(
  rule: Recurrence,
  about: {
    readonly start: number
    readonly range: { readonly from: number; readonly to: number }
    readonly after: (wall: number, instant: number) => boolean
  },
): readonly number[] {
  const { start, range, after } = about
  const filled = fill(rule, start)
  const second = ((start % 60) + 60) % 60
  const found: number[] = []
  let counted = 0
  // A rule with a count is counted from its beginning; any other can be entered anywhere.
  const from = rule.count === undefined ? Math.max(start, range.from) : start
  for (let period = periodAt(filled, start, from); ; period++) {
    const begin = beginOf(filled, start, period)
    if (begin >= range.to) return found
    const skipped = filled.frequency === 'HOURLY' ? skippedHours(filled, begin) : 0
    if (skipped > 0) {
      period += skipped - 1
      continue
    }
    for (const minute of chosen(filled, wallsOf(filled, begin))) {
      const wall = minute + second
      if (wall < start) continue
      const { until } = filled
      if (until && (until.kind === 'wall' ? wall > until.at : after(wall, until.at))) return found
      if (++counted > (filled.count ?? Infinity) || wall >= range.to) return found
      if (wall >= range.from) found.push(wall)
    }
  }
}

/** The parts that a rule leaves out, taken from its start. */
function fill(rule: Recurrence, start: number): Recurrence {
  const { frequency, months, weekdays, monthDays } = rule
  const { month, day } = dateOf(Math.floor(start / DAY))
  const second = ((start % DAY) + DAY) % DAY
  const dayless = weekdays.length === 0 && monthDays.length === 0
  const byDate = dayless && (frequency === 'YEARLY' || frequency === 'MONTHLY')
  const byWeekday = dayless && frequency === 'WEEKLY'
  return {
    ...rule,
    months: byDate && frequency === 'YEARLY' && months.length === 0 ? [month] : months,
    monthDays: byDate ? [day] : monthDays,
    weekdays: byWeekday ? [{ ordinal: 0, weekday: weekdayOf(Math.floor(start / DAY)) }] : weekdays,
    hours: rule.hours.length > 0 || frequency === 'HOURLY' ? rule.hours : [Math.floor(second / HOUR)],
    minutes: rule.minutes.length > 0 ? rule.minutes : [Math.floor((second % HOUR) / 60)],
  }
}

/** The number of the period, counted in intervals from that of the start, that holds the wall clock. */
function periodAt(rule: Recurrence, start: number, wall: number): number {
  return Math.max(0, Math.floor((unitAt(rule, wall) - unitAt(rule, start)) / rule.interval))
}

/** Which year, month, week, day or hour a wall clock is in. */
function unitAt({ frequency, weekStart }: Recurrence, wall: number): number {
  const day = Math.floor(wall / DAY)
  switch (frequency) {
    case 'YEARLY':
      return dateOf(day).year
    case 'MONTHLY':
      return dateOf(day).year * 12 + dateOf(day).month - 1
    case 'WEEKLY':
      return Math.floor((day + 3 - weekStart) / 7)
    case 'DAILY':
      return day
    case 'HOURLY':
      return Math.floor(wall / HOUR)
    default:
      return frequency satisfies never
  }
}

/** The wall clock at which a period begins. */
function beginOf(rule: Recurrence, start: number, period: number): number {
  const unit = unitAt(rule, start) + period * rule.interval
  switch (rule.frequency) {
    case 'YEARLY':
      return dayNumber(unit, 1, 1) * DAY
    case 'MONTHLY':
      return dayNumber(Math.floor(unit / 12), (unit % 12) + 1, 1) * DAY
    case 'WEEKLY':
      return (unit * 7 - 3 + rule.weekStart) * DAY
    case 'DAILY':
      return unit * DAY
    case 'HOURLY':
      return unit * HOUR
    default:
      return rule.frequency satisfies never
  }
}

/** Periods of hours that lie on a day which the rule leaves out, to be passed over at once. */
function skippedHours(rule: Recurrence, begin: number): number {
  const day = Math.floor(begin / DAY)
  if (isNamed(rule, day)) return 0
  return Math.ceil(((day + 1) * DAY - begin) / (rule.interval * HOUR))
}

/** All wall clocks, to the minute, that the rule names in the period that begins there, in order. */
function wallsOf(rule: Recurrence, begin: number): readonly number[] {
  if (rule.frequency === 'HOURLY') {
    const hour = Math.floor((((begin % DAY) + DAY) % DAY) / HOUR)
    if (rule.hours.length > 0 && !rule.hours.includes(hour)) return []
    return ascending(rule.minutes.map((minute) => begin + minute * 60))
  }
  const times = ascending(
    rule.hours.flatMap((hour) => rule.minutes.map((minute) => hour * HOUR + minute * 60)),
  )
  return daysOf(rule, Math.floor(begin / DAY)).flatMap((day) => times.map((time) => day * DAY + time))
}

const ascending = (numbers: readonly number[]): readonly number[] =>
  [...new Set(numbers)].sort((a, b) => a - b)

function daysOf(rule: Recurrence, first: number): readonly number[] {
  const { year, month } = dateOf(first)
  const next = {
    YEARLY: dayNumber(year + 1, 1, 1),
    MONTHLY: dayNumber(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1),
    WEEKLY: first + 7,
    DAILY: first + 1,
    HOURLY: first + 1,
  }[rule.frequency]
  return Array.from({ length: next - first }, (_, i) => first + i).filter((day) => isNamed(rule, day))
}

function isNamed({ frequency, months, monthDays, weekdays }: Recurrence, day: number): boolean {
  const { year, month, day: dayOfMonth } = dateOf(day)
  if (months.length > 0 && !months.includes(month)) return false
  const first = dayNumber(year, month, 1)
  const length = dayNumber(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - first
  if (monthDays.length > 0 && !monthDays.some((d) => d === dayOfMonth || d + length + 1 === dayOfMonth))
    return false
  if (weekdays.length === 0) return true
  const ofYear = frequency === 'YEARLY' && months.length === 0
  const counts = frequency === 'YEARLY' || frequency === 'MONTHLY'
  const from = ofYear ? dayNumber(year, 1, 1) : first
  const to = ofYear ? dayNumber(year + 1, 1, 1) : first + length
  return weekdays.some(({ ordinal, weekday }) => {
    if (weekday !== weekdayOf(day)) return false
    if (ordinal === 0 || !counts) return true
    return ordinal > 0
      ? Math.floor((day - from) / 7) + 1 === ordinal
      : Math.floor((to - 1 - day) / 7) + 1 === -ordinal
  })
}

/** Those whose place in the period the rule names. */
function chosen({ positions }: Recurrence, walls: readonly number[]): readonly number[] {
  if (positions.length === 0) return walls
  return walls.filter((_, i) => positions.includes(i + 1) || positions.includes(i - walls.length))
}

const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7

/** Days since 1970-01-01 of a date of the Gregorian calendar; the year is counted from March, as in `civilDate`. */
function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const ofEra = shifted - era * 400
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

const dateOf = (day: number): CivilDate => civilDate(unixSeconds(day * DAY))
