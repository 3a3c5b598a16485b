import { lengthWords } from '../alerting/index.ts'
import { ratio } from '../base/index.ts'
import { type Exhaustion, floorPercent } from '../slo/index.ts'

/** `–` stands for what is not known: no events, no data. */
export const UNKNOWN = '–'

/** A share as percent, rounded towards less, so that nothing is shown better than it is: 99.9496 % is 99.94 %. */
export function percent(share: number | null, digits: number): string {
  return share === null ? UNKNOWN : `${floorPercent(ratio(share), digits)} %`
}

export function rate(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(1)}×`
}

export function whole(n: number): string {
  return Math.floor(n).toLocaleString('en-US')
}

export function goneIn(
  exhaustion: Exhaustion | { readonly kind: string; readonly seconds?: number },
): string {
  if (exhaustion.kind === 'in') return lengthWords(exhaustion.seconds ?? 0)
  if (exhaustion.kind === 'exhausted') return 'gone'
  return UNKNOWN
}
