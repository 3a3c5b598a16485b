/**
 * A minute's shortfall is a whole number of ten-billionths: fine enough for a target of ten nines, and a year of whole
 * minutes still adds up exactly in a double.
 */
export const MINUTE_UNITS = 10_000_000_000

/** What was measured of one leaf, minute by minute. */
export interface LeafMinutes {
  readonly good: Float64Array
  readonly bad: Float64Array
  /** One of `MINUTE_KNOWN`. */
  readonly known: Uint8Array
  /** What a minute that is not known counts as. `freeze`: the journey goes on without the leaf. */
  readonly noData: 'freeze' | 'good' | 'bad'
}

/** What is known of one minute of a leaf. */
export const MINUTE_KNOWN = {
  unknown: 0,
  /** The sources reported on the minute. */
  known: 1,
  /** They may still report on it. */
  waiting: 2,
} as const

/** What is known of one minute of a journey. */
export const MINUTE_STATE = {
  /** No leaf is known: the minute does not count. */
  unknown: 0,
  /** Every leaf is known. */
  full: 1,
  /** Some leaf is not known: the minute counts, of the rest or as the leaf's policy says. */
  partial: 2,
  /** Every leaf that is known had no traffic: nobody was let down, and the minute does not count. */
  idle: 3,
  /** Some leaf may still report: until then nothing is said, since a fallback that is not heard of yet is not down. */
  waiting: 4,
} as const
