import { shareOf } from './draws.ts'

/**
 * How busy people are by the hour of their day; the mean is 1. Asleep at four, lunch at their desks, busiest between
 * dinner and bed.
 */
const PEOPLE_BY_HOUR: readonly number[] = [
  0.92, 0.57, 0.4, 0.33, 0.3, 0.33, 0.45, 0.64, 0.83, 0.92, 1.0, 1.11, 1.4, 1.26, 1.06, 1.05, 1.11, 1.22,
  1.32, 1.46, 1.68, 1.76, 1.6, 1.28,
]
/** Sunday first. People shop at the weekend; the mean is 1. */
const PEOPLE_BY_WEEKDAY: readonly number[] = [1.19, 0.92, 0.91, 0.92, 0.93, 0.98, 1.15]

const HOUR = 3_600
const DAY = 86_400

export type Rhythm = 'people' | 'machines'

/** How busy an instant is against the average of the week: a smooth curve through the hours, by the local clock. */
export function activityAt(rhythm: Rhythm, at: number, utcOffset: number): number {
  if (rhythm === 'machines') return 1
  const local = at + utcOffset * HOUR
  const into = local / HOUR - 0.5
  const before = Math.floor(into)
  return between(hourly(before), hourly(before + 1), into - before)
}

/** Up to 7 % either way, slowly: no two hours are alike, and each is the same whenever it is asked for. */
export function wanderAt(identity: number, at: number): number {
  const hours = at / HOUR
  const before = Math.floor(hours)
  const level = (hour: number): number => 0.93 + 0.14 * shareOf(identity, hour)
  return between(level(before), level(before + 1), hours - before)
}

/** The middle of the local hour with this number since 1970. */
function hourly(hour: number): number {
  const day = Math.floor((hour * HOUR) / DAY)
  // 1970-01-01 was a Thursday.
  return (PEOPLE_BY_HOUR[modulo(hour, 24)] ?? 1) * (PEOPLE_BY_WEEKDAY[modulo(day + 4, 7)] ?? 1)
}

function modulo(n: number, by: number): number {
  return ((n % by) + by) % by
}

function between(a: number, b: number, share: number): number {
  return a + (b - a) * share
}
