/** A query of Datadog's older SLOs may be a sum of several: `sum:a{*}.as_count() - sum:b{*}.as_count()`. */
export interface SplitQuery {
  readonly queries: Readonly<Record<string, string>>
  readonly formula: string
}

const NAMES = 'abcdefghijklmnopqrstuvwxyz'

/** Its parts and the formula over them. Undefined for what is more than additions and subtractions. */
export function splitQuery(text: string): SplitQuery | undefined {
  const parts: string[] = []
  const signs: string[] = []
  let depth = 0
  let part = ''
  for (const letter of text) {
    if ('({'.includes(letter)) depth++
    if (')}'.includes(letter)) depth--
    if (depth < 0) return undefined
    if (depth === 0 && '*/'.includes(letter)) return undefined
    // A minus may be inside a name, and stands alone between two queries.
    const isSign = depth === 0 && (letter === '+' || letter === '-') && /[\s)}]$/.test(part)
    if (isSign) {
      parts.push(part.trim())
      signs.push(letter)
      part = ''
    } else part += letter
  }
  parts.push(part.trim())
  if (depth !== 0 || parts.length > NAMES.length || parts.some((each) => !/^[a-z]+(\([^)]*\))?:/.test(each)))
    return undefined
  const names = parts.map((_, i) => NAMES.charAt(i))
  return {
    queries: Object.fromEntries(parts.map((each, i) => [names[i], each])),
    formula: names.map((name, i) => (i === 0 ? name : `${signs[i - 1]} ${name}`)).join(' '),
  }
}

/** `99.95` as `0.9995`, by its digits and not through a binary fraction. */
export function percentToRatio(percent: number): string {
  const [whole = '0', fraction = ''] = String(percent).split('.')
  const digits = whole.padStart(3, '0')
  const at = digits.length - 2
  return `${digits.slice(0, at)}.${digits.slice(at)}${fraction}`
    .replace(/^0+(?=\d\.)/, '')
    .replace(/\.?0+$/, '')
}
