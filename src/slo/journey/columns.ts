/**
 * Numbers of many minutes side by side: a part of a journey is worked out for all of them at once, which is many times as
 * fast as minute after minute. Room is used again; whoever takes some gives it back before anything else is worked out.
 */
export interface Columns {
  /** Minutes; what lies behind them in a column says nothing. */
  readonly count: number
  /** By number of leaf: what it serves, 0..1; not a number where the journey goes on without it. */
  readonly values: readonly (Float64Array | undefined)[]
  /** By number of leaf: events, of leaves whose traffic weighs a route. */
  readonly totals: readonly (Float64Array | undefined)[]
}

/** A day of minutes: what is worked out at once is seldom longer. */
const USUAL = 1_440

const ROOM: Float64Array[] = []
let taken = 0

/** Runs what takes columns, and takes them back when it is done. */
export function inRoom<T>(work: () => T): T {
  const before = taken
  try {
    return work()
  } finally {
    taken = before
  }
}

/** A column of at least so many minutes; what it holds is whatever was left in it. */
export function takeColumn(count: number): Float64Array {
  const known = ROOM[taken]
  const column = known && known.length >= count ? known : new Float64Array(Math.max(USUAL, count))
  ROOM[taken++] = column
  return column
}
