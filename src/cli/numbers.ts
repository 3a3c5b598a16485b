import type { Exhaustion } from '../slo/index.ts'

/** `–` stands for what is not known: no events, no data. */
export const UNKNOWN = '–'

/** A share as percent. Rounded towards less, so that nothing is shown better than it is: 99.9496 % is 99.94 %. */
export function percent(share: number | null, digits: number): string {
  if (share === null) return UNKNOWN
  const scale = 10 ** digits
  // Twelve digits first: 0.29 * 100 is 28.999999999999996, which is a slip of the machine, not a smaller share.
  const exact = Number((share * 100 * scale).toPrecision(12))
  return `${(Math.floor(exact) / scale).toFixed(digits)} %`
}

export function rate(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(1)}×`
}

export function whole(n: number): string {
  return Math.floor(n).toLocaleString('en-US')
}

/** `41 h`, `12 min`, `9 d`: one unit, rounded towards less. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 2 * 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

export function goneIn(
  exhaustion: Exhaustion | { readonly kind: string; readonly seconds?: number },
): string {
  if (exhaustion.kind === 'in') return duration(exhaustion.seconds ?? 0)
  if (exhaustion.kind === 'exhausted') return 'gone'
  return UNKNOWN
}
