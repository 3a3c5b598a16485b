import type { Language } from '../words/index.ts'

const THIN = '\u202f'

/** Digits after the point of a share in percent, without rounding it up: 99.9996 % of a 99.9 % promise is 99.999 %. */
export function percent(share: number, digits: number, language: Language): string {
  const scale = 10 ** digits
  // The nudge undoes binary representation (0.29 × 100 is 28.999…), far below any digit shown.
  const floored = Math.floor(share * 100 * scale + 1e-7) / scale
  return `${plain(floored, digits, language)}${THIN}%`
}

/** A share with as many digits as it takes to see it: 42 %, 6.3 %, 0.04 %. */
export function sharePercent(share: number, language: Language): string {
  const size = Math.abs(share * 100)
  return percent(share, size >= 10 || size === 0 ? 0 : size >= 1 ? 1 : size >= 0.1 ? 2 : 3, language)
}

/** The service level: two digits more than the target has, and no more than the events can bear. */
export function level(
  sli: number,
  { target, events }: { target: string; events: number },
  language: Language,
): string {
  const ofTarget = (target.split('.')[1] ?? '').length
  const borne = events <= 0 ? 0 : Math.max(0, Math.ceil(Math.log10(events)) - 2)
  return percent(sli, Math.min(ofTarget + 2, Math.max(borne, ofTarget)), language)
}

/** A burn rate: 14.8×, 0.4×, 120×. */
export function rate(value: number, language: Language): string {
  const digits = value >= 100 ? 0 : value >= 0.095 || value === 0 ? 1 : 2
  return `${plain(value, digits, language)}×`
}

/** A burn rate on an axis: 0×, 2.5×, 50×. */
export function tick(value: number, language: Language): string {
  return `${formatter(language, { maximumFractionDigits: 2 }).format(value)}×`
}

/** A whole number; from a million on shortened to three figures. */
export function count(value: number, language: Language): string {
  return Math.abs(value) < 1_000_000
    ? formatter(language, { maximumFractionDigits: 0 }).format(Math.trunc(value))
    : formatter(language, { notation: 'compact', maximumSignificantDigits: 3 }).format(value)
}

/** Milliseconds as people say them: 300 ms, 1.5 s. */
export function latency(ms: number, language: Language): string {
  return ms < 1000
    ? `${plain(ms, 0, language)}${THIN}ms`
    : `${formatter(language, { maximumFractionDigits: 1 }).format(ms / 1000)}${THIN}s`
}

function plain(value: number, digits: number, language: Language): string {
  // A true minus sign is as wide as a digit; and nothing is ever a negative zero.
  return formatter(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format(value === 0 ? 0 : value)
    .replace('-', '−')
}

const formatters = new Map<string, Intl.NumberFormat>()

function formatter(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options)
  const kept = formatters.get(key) ?? new Intl.NumberFormat(language, options)
  formatters.set(key, kept)
  return kept
}
