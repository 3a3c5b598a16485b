/**
 * Charges what happened between two instants to minutes. How it was spread within the stretch nobody knows, so each
 * minute gets the share that it has of the stretch, in whole numbers that add up exactly.
 */

/** What one minute gets: so many of each part. */
export interface Charge {
  /** Start of the minute, in seconds since 1970. */
  readonly minute: number
  /** As long as the counts that were spread. */
  readonly counts: readonly number[]
}

const MINUTE_US = 60_000_000
/**
 * A stretch of so many minutes or less is charged to every one of its minutes; of a longer one, to every second one,
 * every third one, and so on, so that a point after a gap of days makes no more rows than that.
 */
export const MOST_MINUTES = 360

/**
 * `fromUs` and `toUs` are microseconds since 1970. What happened at the very end of a stretch is charged to the minute
 * that ends there. An empty or reversed stretch is an instant: all of it belongs to the minute of `toUs`.
 */
export function spread(
  counts: readonly number[],
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): readonly Charge[] {
  const last = Math.ceil(toUs / MINUTE_US) - 1
  const first = Math.floor(fromUs / MINUTE_US)
  if (fromUs >= toUs || first >= last) return [{ minute: last * 60, counts }]
  const stride = Math.ceil((last - first + 1) / MOST_MINUTES)
  const left = [...counts]
  const total = sumOf(counts)
  const charges: Charge[] = []
  let given = 0
  for (let minute = first; minute <= last; minute += stride) {
    const end = Math.min((minute + stride) * MINUTE_US, toUs)
    const until = end === toUs ? total : share(total, end - fromUs, toUs - fromUs)
    const taken = take(left, until - given)
    given = until
    if (taken !== undefined) charges.push({ minute: Math.min(minute + stride - 1, last) * 60, counts: taken })
  }
  return charges
}

/**
 * Takes so many out of what is left, of each part its share. Cutting the running total of the parts, instead of each
 * part by itself, takes exactly `wanted` and never more of a part than it has.
 */
function take(left: number[], wanted: number): readonly number[] | undefined {
  if (wanted === 0) return undefined
  const total = sumOf(left)
  let before = 0
  let cut = 0
  return left.map((count, i) => {
    before += count
    const upTo = share(wanted, before, total)
    const taken = upTo - cut
    cut = upTo
    left[i] = count - taken
    return taken
  })
}

/** `whole × part ÷ of`, rounded down, without error. All are whole numbers; `part <= of`. */
function share(whole: number, part: number, of: number): number {
  const product = whole * part
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / of)
  return Number((BigInt(whole) * BigInt(part)) / BigInt(of))
}

function sumOf(counts: readonly number[]): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}
