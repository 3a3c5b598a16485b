import { type UnixSeconds, unixSeconds } from './units.ts'

export interface CivilDate {
  readonly year: number
  /** 1..12 */
  readonly month: number
  /** 1..31 */
  readonly day: number
}

/** The UTC date of an instant, by arithmetic: the pure modules have no clock and no `Date`. */
export function civilDate(at: UnixSeconds): CivilDate {
  // The year is counted from March, so that a leap day is the last of its year; 146,097 days are 400 years.
  const shifted = Math.floor(at / 86_400) + 719_468
  const era = Math.floor(shifted / 146_097)
  const ofEra = shifted - era * 146_097
  const leaps = Math.floor(ofEra / 1_460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096)
  const yearOfEra = Math.floor((ofEra - leaps) / 365)
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  }
}

/** The start of a UTC date; days and months beyond their ends run over into the next. */
export function startOfDate({ year, month, day }: CivilDate): UnixSeconds {
  // Counted from March, as above: the day of the year of a month's first is (153 m + 2) / 5.
  const y = month <= 2 ? year - 1 : year
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400)
  const days = 365 * y + leaps + Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1 - 719_468
  return unixSeconds(days * 86_400)
}

/** `2026-11-20T05:03:09Z`. */
export function isoInstant(at: UnixSeconds): string {
  const { year, month, day } = civilDate(at)
  const rest = ((at % 86_400) + 86_400) % 86_400
  const two = (n: number): string => String(n).padStart(2, '0')
  const time = `${two(Math.floor(rest / 3_600))}:${two(Math.floor((rest % 3_600) / 60))}:${two(Math.floor(rest % 60))}`
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}Z`
}

/** `2026-11-20 05:03 UTC`. */
export function isoMinute(at: UnixSeconds): string {
  const { year, month, day } = civilDate(at)
  const minutes = Math.floor((((at % 86_400) + 86_400) % 86_400) / 60)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)} UTC`
}
