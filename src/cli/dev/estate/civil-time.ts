/**
 * `2026-04-15T20:17:00.310Z`, as Envoy writes `%START_TIME%`. The days are counted after H. Hinnant's
 * "chrono-compatible low-level date algorithms", civil_from_days.
 */
export function isoOf(unixMs: number): string {
  const ms = Math.floor(unixMs)
  const days = Math.floor(ms / 86_400_000)
  const rest = ms - days * 86_400_000
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const time = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1_000) % 60].map((part) => digits(part, 2))
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${time.join(':')}.${digits(rest % 1_000, 3)}Z`
}

function digits(n: number, width: number): string {
  return String(Math.floor(n)).padStart(width, '0')
}
