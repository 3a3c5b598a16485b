import type { Rational } from '../slo/index.ts'

/** An exact decimal: `digits` / 10^`scale`. */
export interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/** Reads a plain decimal, with an exponent of at most two digits. Undefined for anything else: hex, `.inf`, `99.9%`. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text.trim())
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  if (whole.length + fraction.length > 40) return undefined
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
}

/** The value times 10^`places` when that is a whole number; undefined when it has more places than that. */
export function scaled(value: Decimal, places: number): bigint | undefined {
  if (value.scale <= places) return value.digits * 10n ** BigInt(places - value.scale)
  const divisor = 10n ** BigInt(value.scale - places)
  return value.digits % divisor === 0n ? value.digits / divisor : undefined
}

/** In lowest terms. Undefined when either side is too large for a float to hold exactly. */
export function toRational(value: Decimal): Rational | undefined {
  return fraction(value.digits, 10n ** BigInt(value.scale))
}

/** `numerator` / `denominator` in lowest terms; the denominator is above zero. */
export function fraction(numerator: bigint, denominator: bigint): Rational | undefined {
  const shared = divisor(numerator < 0n ? -numerator : numerator, denominator)
  const num = Number(numerator / shared)
  const den = Number(denominator / shared)
  return Number.isSafeInteger(num) && Number.isSafeInteger(den) ? { num, den } : undefined
}

function divisor(a: bigint, b: bigint): bigint {
  let x = a
  let y = b
  while (y !== 0n) [x, y] = [y, x % y]
  return x === 0n ? 1n : x
}

/** The decimal with its point moved right by two, digits kept as written: `0.9990` is `99.90`, `0.5` is `50`. */
export function percentText(text: string): string {
  const value = parseDecimal(text)
  if (!value) return text
  const scale = Math.max(0, value.scale - 2)
  const digits = value.scale >= 2 ? value.digits : value.digits * 10n ** BigInt(2 - value.scale)
  const negative = digits < 0n
  const body = (negative ? -digits : digits).toString().padStart(scale + 1, '0')
  const whole = body.slice(0, body.length - scale)
  return `${negative ? '-' : ''}${whole}${scale > 0 ? `.${body.slice(-scale)}` : ''}`
}
