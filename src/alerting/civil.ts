import { DAY, type UnixSeconds } from '../base/index.ts'

/** Days in 400 years of the Gregorian calendar, after which it repeats. */
const DAYS_OF_ERA = 146_097
/** From 0000-03-01 to 1970-01-01: years are counted from March, so that the leap day is a year's last. */
const DAYS_TO_EPOCH = 719_468

/** The year of an instant, in UTC, by the Gregorian calendar. */
export function yearOf(t: UnixSeconds): number {
  const day = Math.floor(t / DAY) + DAYS_TO_EPOCH
  const era = Math.floor(day / DAYS_OF_ERA)
  const dayOfEra = day - era * DAYS_OF_ERA
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchYear = yearOfEra + era * 400
  return dayOfYear >= 306 ? marchYear + 1 : marchYear
}
