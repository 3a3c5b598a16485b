import { type Seconds, seconds } from '../base/index.ts'

/** OpenSLO's duration shorthand: a whole number above zero and one of `m h d w M Q Y`. */
export interface Duration {
  /** As written: `30d`. */
  readonly text: string
  readonly count: number
  readonly unit: DurationUnit
  /** With a month of 30, a quarter of 90 and a year of 365 days, as the OpenSLO SDK has it. */
  readonly length: Seconds
}

export type DurationUnit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'

const UNITS: ReadonlyMap<string, readonly [DurationUnit, number]> = new Map([
  ['m', ['minute', 60]],
  ['h', ['hour', 3_600]],
  ['d', ['day', 86_400]],
  ['w', ['week', 604_800]],
  ['M', ['month', 2_592_000]],
  ['Q', ['quarter', 7_776_000]],
  ['Y', ['year', 31_536_000]],
])

export const DURATION_PATTERN = '^[1-9][0-9]{0,5}[mhdwMQY]$'

export function parseDuration(text: string): Duration | undefined {
  const match = new RegExp(DURATION_PATTERN).test(text)
  const unit = UNITS.get(text.slice(-1))
  if (!match || !unit) return undefined
  const count = Number(text.slice(0, -1))
  return { text, count, unit: unit[0], length: seconds(count * unit[1]) }
}

/** A duration as people write it, from seconds: `90m`, `3d`. */
export function durationText(length: number): string {
  if (length > 0 && length % 86_400 === 0) return `${length / 86_400}d`
  if (length > 0 && length % 3_600 === 0) return `${length / 3_600}h`
  return length % 60 === 0 ? `${length / 60}m` : `${length}s`
}
