import { percent } from '../format/numbers.ts'
import type { Language, Words } from '../words/index.ts'

interface Voice {
  readonly words: Words
  readonly language: Language
}

/** The smallest share that is written in digits. */
const LEAST = 0.000_01

/** A share of requests that failed, rounded up, towards the worse: what failed once is never shown as nothing. */
export function failing(ratio: number | null, { language }: Voice): string {
  if (ratio === null) return '–'
  if (ratio === 0) return percent(0, 0, language)
  if (ratio < LEAST) return `< ${percent(LEAST, 3, language)}`
  const digits = ratio >= 0.1 ? 1 : ratio >= 0.01 ? 2 : 3
  const scale = 10 ** (digits + 2)
  // The nudge undoes binary representation before rounding up.
  return percent(Math.min(1, Math.ceil(ratio * scale - 1e-9) / scale), digits, language)
}

/** How much was measured, never rounded up: with two more digits where nearly all of it was. */
export function measuredShare(ratio: number | null, { language }: Voice): string {
  if (ratio === null) return '–'
  return percent(ratio, ratio >= 0.99 && ratio < 1 ? 2 : 0, language)
}

/** How many a second; when it is less than one, a minute or an hour. */
export function frequency(perSecond: number | null, { words, language }: Voice): string {
  if (perSecond === null) return '–'
  const say = (n: number): string =>
    new Intl.NumberFormat(
      language,
      n < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
    ).format(n)
  if (perSecond === 0 || perSecond >= 1) return words.perSecond(say(perSecond))
  if (perSecond * 60 >= 1) return words.perMinute(say(perSecond * 60))
  return words.eachHour(say(perSecond * 3600))
}

/**
 * How many a second in each bucket, over the minutes of which something is known. A bucket in which requests were
 * counted and no minute is told of yet is the running one: it has no rate.
 */
export function ratesOf(
  counts: readonly (number | null)[],
  minutes: readonly number[],
  step: number,
): (number | null)[] {
  return counts.map((count, i) => {
    if (count === null) return null
    const known = minutes[i] ?? 0
    if (known > 0) return count / (known * 60)
    return i === counts.length - 1 || count === 0 ? null : count / step
  })
}

/** The share of bad in each bucket; null without requests. */
export function errorRatios(
  good: readonly (number | null)[],
  bad: readonly (number | null)[],
): (number | null)[] {
  return good.map((g, i) => {
    const b = bad[i] ?? null
    return g === null || b === null || g + b === 0 ? null : b / (g + b)
  })
}

/** A round number at or above the highest value, so that an axis has round ticks. */
export function ceiling(values: readonly (number | null)[], least: number): number {
  const most = Math.max(least, ...values.map((v) => v ?? 0))
  return most * 1.08
}
