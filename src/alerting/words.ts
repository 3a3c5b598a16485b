import { type Labels, labelsKey } from '../base/index.ts'
import type { BurnVerdict } from '../slo/index.ts'

/** `aws ap-northeast-1`: the values, in the order of their names; `all together` for no labels. */
export function scopeWords(scope: Labels): string {
  const values = Object.keys(scope)
    .sort()
    .flatMap((name) => (scope[name] === undefined || scope[name] === '' ? [] : [scope[name]]))
  return values.length === 0 ? 'all together' : values.join(' ')
}

/** `14.8×`: one decimal below 100, cut and not rounded, so that 14.39 never reads as 14.4. */
export function rateWords(rate: number): string {
  return rate >= 100 ? `${Math.floor(rate)}×` : `${(Math.floor(rate * 10) / 10).toFixed(1)}×`
}

/** `34 min`, `2 h 5 min`, `3 d 4 h`: the two largest units, cut. */
export function lengthWords(length: number): string {
  if (length < 60) return `${Math.max(0, Math.floor(length))} s`
  const minutes = Math.floor(length / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return joinUnits(hours, 'h', minutes % 60, 'min')
  return joinUnits(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

const joinUnits = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`

/** What one rule compared: `page-fast: 14.8× over 1 h and 16.2× over 5 min, fires at 14.4×`. */
export function verdictWords(verdict: BurnVerdict): string {
  const { rule, long, short } = verdict
  const side = (window: BurnVerdict['long']): string =>
    `${window.rate === undefined ? 'no events' : rateWords(window.rate)} over ${lengthWords(window.length)}`
  return `${rule.name}: ${side(long)} and ${side(short)}, fires at ${rateWords(rule.factor.num / rule.factor.den)}`
}

/** Places by name, as `listWords` says them. */
export const placesWords = (scopes: readonly Labels[]): string =>
  listWords([...scopes].sort((a, b) => (labelsKey(a) < labelsKey(b) ? -1 : 1)).map(scopeWords))

/** `aws`, `aws and gcp`, `aws, azure, gcp and 2 more`. */
export function listWords(names: readonly string[]): string {
  if (names.length <= 3)
    return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
