import { LATEST_MS } from '../request/record.ts'

const DAY_MS = 86_400_000
const WEB_BEGAN_MS = 599_616_000_000
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

/**
 * Milliseconds since 1970 of an instant as logs write it: RFC 3339 with any fraction and offset, seconds since 1970
 * with or without a fraction, or whole milli-, micro- or nanoseconds (told apart by their size). A fraction finer than
 * a millisecond is cut. Undefined: it is none of these.
 */
export function instantOf(value: unknown): number | undefined {
  if (typeof value === 'number') return epochOf(value)
  if (typeof value !== 'string') return undefined
  if (value.charCodeAt(4) === 45) return rfc3339Of(value)
  if (/^\d+(?:\.\d+)?$/.test(value)) return epochOf(Number(value))
  return webTimeOf(value)
}

/** A time as it stands in a web log's brackets: Apache's and Nginx' own, or RFC 3339. There was no web before 1989. */
export function bracketTimeOf(text: string): number | undefined {
  const ms = text.charCodeAt(4) === 45 ? rfc3339Of(text) : webTimeOf(text)
  return ms === undefined || ms < WEB_BEGAN_MS || ms >= LATEST_MS ? undefined : ms
}

/** Apache's and Nginx' time: `15/Apr/2016:20:17:00 +0200`, where Apache can be told to write a fraction. */
function webTimeOf(text: string): number | undefined {
  if (text[2] !== '/' || text[6] !== '/' || text[11] !== ':') return undefined
  const month = MONTHS.indexOf(text.slice(3, 6))
  if (month < 0 || month % 3 !== 0) return undefined
  const fraction = fractionOf(text, 20)
  if (fraction === undefined || text[fraction.end] !== ' ') return undefined
  const offset = offsetOf(text, fraction.end + 1)
  const day = dayOf(digits(text, 7, 4), month / 3 + 1, digits(text, 0, 2))
  const time = timeOfDay(text, 12)
  if (offset === undefined || day === undefined || time === undefined) return undefined
  return day * DAY_MS + time + fraction.ms - offset
}

function rfc3339Of(text: string): number | undefined {
  if (text.length < 20 || text.charCodeAt(7) !== 45) return undefined
  const separator = text.charCodeAt(10)
  if (separator !== 84 && separator !== 116 && separator !== 32) return undefined
  const day = dayOf(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2))
  const time = timeOfDay(text, 11)
  if (day === undefined || time === undefined) return undefined
  const fraction = fractionOf(text, 19)
  if (fraction === undefined) return undefined
  const offset = offsetOf(text, fraction.end)
  return offset === undefined ? undefined : day * DAY_MS + time + fraction.ms - offset
}

/** What stands behind a dot or a comma, cut to milliseconds; nothing is 0. Undefined: a dot without digits. */
function fractionOf(text: string, start: number): { readonly ms: number; readonly end: number } | undefined {
  const separator = text.charCodeAt(start)
  if (separator !== 46 && separator !== 44) return { ms: 0, end: start }
  const from = start + 1
  let end = from
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  if (end === from) return undefined
  return { ms: Number(text.slice(from, Math.min(end, from + 3)).padEnd(3, '0')), end }
}

function epochOf(value: number): number | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined
  if (value < 1e11) return Math.floor(value * 1000 + 1e-4)
  if (value < 1e14) return Math.floor(value)
  return Math.floor(value < 1e17 ? value / 1e3 : value / 1e6)
}

/** `Z`, `+02:00`, `+0200` at the end of the text, in milliseconds. */
function offsetOf(text: string, at: number): number | undefined {
  const sign = text.charCodeAt(at)
  if ((sign === 90 || sign === 122) && text.length === at + 1) return 0
  const colon = text.charCodeAt(at + 3) === 58 ? 1 : 0
  if ((sign !== 43 && sign !== 45) || text.length !== at + 5 + colon) return undefined
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 3 + colon, 2)
  if (!(hours < 24 && minutes < 60)) return undefined
  return (sign === 45 ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

function timeOfDay(text: string, at: number): number | undefined {
  const hours = digits(text, at, 2)
  const minutes = digits(text, at + 3, 2)
  const seconds = digits(text, at + 6, 2)
  if (text.charCodeAt(at + 2) !== 58 || text.charCodeAt(at + 5) !== 58) return undefined
  // 60 is a leap second; it belongs to the minute that it ends.
  if (!(hours < 24 && minutes < 60 && seconds <= 60)) return undefined
  return ((hours * 60 + minutes) * 60 + Math.min(seconds, 59)) * 1000
}

/** Days since 1970. Source: H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil. */
export function dayOf(year: number, month: number, day: number): number | undefined {
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return undefined
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const ofEra = shifted - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

/** The number in `length` digits; not a number when one of them is no digit. */
function digits(text: string, at: number, length: number): number {
  let value = 0
  for (let i = at; i < at + length; i++) {
    const code = text.charCodeAt(i)
    if (!isDigit(code)) return Number.NaN
    value = value * 10 + code - 48
  }
  return value
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
