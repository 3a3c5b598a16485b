import type { Language, Words } from '../words/index.ts'
import { count } from './numbers.ts'

/** A length of time in one unit, rounded down: 45 s, 18 min, 41 h, 9 d. Two units' worth stays in the smaller one. */
export function duration(seconds: number, words: Words, language: Language): string {
  const size = Math.abs(seconds)
  const n = (unit: number): string => count(Math.floor(size / unit), language)
  if (size < 120) return words.seconds(n(1))
  if (size < 7200) return words.minutes(n(60))
  if (size < 259_200) return words.hours(n(3600))
  return words.days(n(86_400))
}

/** A length that is a setting, not a measurement: in the largest unit that holds it exactly, 1 h and not 60 min. */
export function span(seconds: number, words: Words, language: Language): string {
  const n = (unit: number): string => count(seconds / unit, language)
  if (seconds > 0 && seconds % 86_400 === 0) return words.days(n(86_400))
  if (seconds > 0 && seconds % 3600 === 0) return words.hours(n(3600))
  if (seconds > 0 && seconds % 60 === 0) return words.minutes(n(60))
  return words.seconds(n(1))
}

/** A window's name as people say it: `30d` is 30 d, `month` is the month. Names that are no length stay as they are. */
export function windowName(name: string, words: Words): string {
  const [, n, unit] = /^(\d+)([smhdw])$/.exec(name) ?? []
  if (n === undefined) return name === 'month' ? words.calendarMonth : name
  if (unit === 's') return words.seconds(n)
  if (unit === 'm') return words.minutes(n)
  if (unit === 'h') return words.hours(n)
  return words.days(unit === 'w' ? String(Number(n) * 7) : n)
}

/** `availability` and `within 300ms` in the reader's language; anything else as the definition has it. */
export function indicatorName(indicator: string, words: Words): string {
  if (indicator === 'availability') return words.availability
  const threshold = /^within (.+)$/.exec(indicator)?.[1]
  return threshold === undefined ? indicator : words.within(threshold.replace(/(\d)([a-zµ])/, '$1\u202f$2'))
}
