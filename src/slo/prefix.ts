/**
 * Running sums over consecutive buckets, kept in a ring: any stretch is two look-ups and a subtraction, whatever
 * its length. A bucket is two whole numbers, how many events and how many of them bad.
 *
 * Sums are kept modulo 2^32 while everything in the ring adds up to less, which makes each difference exact, and
 * as doubles from then on, which are exact below 2^53.
 */
export interface PrefixRing {
  /** Two numbers a boundary: total, bad. Boundary `i` is the sum of all buckets before bucket `i`. */
  values: Uint32Array | Float64Array
  /** Boundaries that fit: one more than buckets. */
  readonly capacity: number
  /** The first boundary held: bucket `first` is the oldest whose numbers are known. */
  first: number
  /** The last boundary held: bucket `last` and later are empty. */
  last: number
  /** Slot of the first boundary in `values`. */
  base: number
}

const WRAP = 2 ** 32

/** A ring for `buckets` buckets that begins, empty, before bucket `first`. */
export function createPrefixRing(buckets: number, first: number): PrefixRing {
  const capacity = buckets + 1
  return { values: new Uint32Array(2 * capacity), capacity, first, last: first, base: 0 }
}

function slotOf(ring: PrefixRing, boundary: number): number {
  const slot = ring.base + boundary - ring.first
  return 2 * (slot >= ring.capacity ? slot - ring.capacity : slot)
}

/** Adds what the buckets `[from, to)` hold to `sum`: total at 0, bad at 1. What is outside the ring adds nothing. */
export function addBetween(ring: PrefixRing, from: number, to: number, sum: Float64Array): void {
  const low = from < ring.first ? ring.first : from
  const high = to > ring.last ? ring.last : to
  if (low >= high) return
  const { values } = ring
  const a = slotOf(ring, low)
  const b = slotOf(ring, high)
  const total = (values[b] ?? 0) - (values[a] ?? 0)
  const bad = (values[b + 1] ?? 0) - (values[a + 1] ?? 0)
  // A difference below zero can only come from wrapping: doubles never fall along the ring.
  sum[0] = (sum[0] ?? 0) + (total < 0 ? total + WRAP : total)
  sum[1] = (sum[1] ?? 0) + (bad < 0 ? bad + WRAP : bad)
}

/** How many events one bucket holds; 0 outside the ring. */
export function totalAt(ring: PrefixRing, bucket: number): number {
  if (bucket < ring.first || bucket >= ring.last) return 0
  const total = (ring.values[slotOf(ring, bucket + 1)] ?? 0) - (ring.values[slotOf(ring, bucket)] ?? 0)
  return total < 0 ? total + WRAP : total
}

/** Lets go of buckets before `first`. Buckets skipped over, when the ring is that far behind, are empty. */
export function dropBefore(ring: PrefixRing, first: number): void {
  if (first <= ring.first) return
  ring.base = first < ring.last ? slotOf(ring, first) / 2 : 0
  ring.last = Math.max(ring.last, first)
  ring.first = first
}

/**
 * Replaces the buckets from `start` on by `total` and `bad`, of equal length; later ones keep their numbers. Parts
 * before the ring or beyond its capacity are left out.
 */
export function replaceBuckets(
  ring: PrefixRing,
  start: number,
  total: ArrayLike<number>,
  bad: ArrayLike<number>,
): void {
  const from = Math.max(start, ring.first)
  const to = Math.min(start + total.length, ring.first + ring.capacity - 1)
  if (from >= to) return
  extend(ring, from)
  const before = new Float64Array(2)
  addBetween(ring, from, to, before)
  let addedTotal = 0
  let addedBad = 0
  for (let i = from; i < to; i++) {
    addedTotal += total[i - start] ?? 0
    addedBad += bad[i - start] ?? 0
  }
  const growTotal = addedTotal - (before[0] ?? 0)
  const growBad = addedBad - (before[1] ?? 0)
  widenIfNeeded(ring, growTotal, growBad)
  const { values } = ring
  // What lies behind the replaced stretch moves by the difference.
  for (let i = to + 1; i <= ring.last; i++) {
    const slot = slotOf(ring, i)
    values[slot] = (values[slot] ?? 0) + growTotal
    values[slot + 1] = (values[slot + 1] ?? 0) + growBad
  }
  const at = slotOf(ring, from)
  let sumTotal = values[at] ?? 0
  let sumBad = values[at + 1] ?? 0
  for (let i = from; i < to; i++) {
    sumTotal += total[i - start] ?? 0
    sumBad += bad[i - start] ?? 0
    const slot = slotOf(ring, i + 1)
    values[slot] = sumTotal
    values[slot + 1] = sumBad
  }
  if (to > ring.last) ring.last = to
}

/** Makes boundary `to` the last one, with empty buckets in between. */
function extend(ring: PrefixRing, to: number): void {
  if (to <= ring.last) return
  const last = slotOf(ring, ring.last)
  const total = ring.values[last] ?? 0
  const bad = ring.values[last + 1] ?? 0
  for (let i = ring.last + 1; i <= to; i++) {
    const slot = slotOf(ring, i)
    ring.values[slot] = total
    ring.values[slot + 1] = bad
  }
  ring.last = to
}

function widenIfNeeded(ring: PrefixRing, growTotal: number, growBad: number): void {
  if (ring.values instanceof Float64Array) return
  const held = new Float64Array(2)
  addBetween(ring, ring.first, ring.last, held)
  if ((held[0] ?? 0) + growTotal < WRAP && (held[1] ?? 0) + growBad < WRAP) return
  const wide = new Float64Array(2 * ring.capacity)
  const sum = new Float64Array(2)
  for (let i = ring.first; i < ring.last; i++) {
    addBetween(ring, i, i + 1, sum)
    wide[2 * (i + 1 - ring.first)] = sum[0] ?? 0
    wide[2 * (i + 1 - ring.first) + 1] = sum[1] ?? 0
  }
  ring.values = wide
  ring.base = 0
}
