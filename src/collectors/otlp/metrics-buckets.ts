import { binAtEdge, binLower, binOf } from '../../traffic/index.ts'

/** Durations as a point has them. Counts are whole. */
export type Buckets =
  /** `counts[i]` took more than `bounds[i - 1]` and at most `bounds[i]`; the last, more than every bound. µs. */
  | {
      readonly kind: 'explicit'
      readonly bounds: readonly number[]
      readonly counts: readonly number[]
    }
  /** `counts[i]` took more than `base ** (offset + i)` units and at most `base` times that; base is 2 ** 2 ** -scale. */
  | {
      readonly kind: 'exponential'
      readonly scale: number
      readonly offset: number
      readonly counts: readonly number[]
      /** So many took at most `zeroThreshold` units. */
      readonly zeroCount: number
      readonly zeroThreshold: number
      /** Microseconds in one unit. */
      readonly unit: number
    }

/** How many took so long. `atLeast` is what all of them reached, `counted` the duration that they are counted with. µs. */
export interface Placed {
  readonly atLeast: number
  readonly counted: number
  readonly count: number
}

/**
 * Says with which duration each bucket is counted: the longest that it can hold. So what is said to be within a
 * threshold was, always; and when the threshold is a bound of the buckets, nothing that was within is left out.
 *
 * An upper bound that is an edge of our layout belongs to the bin below that edge, because a bucket includes its upper
 * bound. What took longer than the last bound is counted with `max`, when the point has it, else as endless.
 */
export function place(buckets: Buckets, max: number | undefined): readonly Placed[] {
  const placed: Placed[] = []
  const put = (count: number, lower: number, counted: number): void => {
    if (count > 0) placed.push({ atLeast: lower, counted, count })
  }
  if (buckets.kind === 'explicit') {
    const { bounds, counts } = buckets
    const longest = bounds.at(-1) ?? 0
    const endless = max !== undefined && max > longest ? max : Number.POSITIVE_INFINITY
    counts.forEach((count, i) => {
      const upper = bounds[i]
      put(count, bounds[i - 1] ?? 0, upper === undefined ? binLower(binOf(endless)) : countedWith(upper))
    })
    return placed
  }
  const { scale, offset, counts, zeroCount, zeroThreshold, unit } = buckets
  put(zeroCount, 0, countedWith(zeroThreshold * unit))
  counts.forEach((count, i) => {
    const [lower, upper] = [edgeOf(offset + i, scale), edgeOf(offset + i + 1, scale)]
    put(count, lower * unit, countedWith(inMicroseconds(upper, unit)))
  })
  return placed
}

/** The bound between two exponential buckets: `2 ** (index * 2 ** -scale)`. May be 0 or infinite. */
function edgeOf(index: number, scale: number): number {
  return 2 ** (index * 2 ** -scale)
}

function countedWith(upper: number): number {
  const edge = binAtEdge(upper)
  return binLower(edge === undefined ? binOf(upper) : edge - 1)
}

/** Bounds as microseconds: 0.3 s is 300,000 µs, although 0.3 as a double is not quite three tenths. */
export function inMicroseconds(value: number, unit: number): number {
  const us = value * unit
  const whole = Math.round(us)
  return Math.abs(us - whole) <= Math.abs(whole) * 1e-12 ? whole : us
}

/**
 * What came since the point before. `fell`: something is less than it was, so counting began anew. `unlike`: the two
 * cannot be compared, because the bounds are others.
 */
export type Difference =
  | { readonly kind: 'added'; readonly buckets: Buckets }
  | { readonly kind: 'fell' }
  | { readonly kind: 'unlike' }

export function bucketsAdded(before: Buckets, now: Buckets): Difference {
  if (before.kind === 'explicit' && now.kind === 'explicit') {
    if (!same(before.bounds, now.bounds)) return { kind: 'unlike' }
    const counts = now.counts.map((count, i) => count - (before.counts[i] ?? 0))
    return counts.some((count) => count < 0)
      ? { kind: 'fell' }
      : { kind: 'added', buckets: { ...now, counts } }
  }
  if (before.kind === 'explicit' || now.kind === 'explicit') return { kind: 'unlike' }
  // The scale only falls while a stream lives: what was finer is made as coarse.
  if (before.scale < now.scale || before.zeroThreshold > now.zeroThreshold) return { kind: 'unlike' }
  const coarse = coarser(before, now.scale)
  const counts = [...now.counts]
  let zeroCount = now.zeroCount - coarse.zeroCount
  for (let i = 0; i < coarse.counts.length; i++) {
    const count = coarse.counts[i] ?? 0
    if (count === 0) continue
    const at = coarse.offset + i - now.offset
    // The zero bucket grew over it.
    if (edgeOf(coarse.offset + i + 1, now.scale) <= now.zeroThreshold) zeroCount -= count
    else if (at < 0 || at >= counts.length) return { kind: 'fell' }
    else counts[at] = (counts[at] ?? 0) - count
  }
  if (zeroCount < 0 || counts.some((count) => count < 0)) return { kind: 'fell' }
  return { kind: 'added', buckets: { ...now, counts, zeroCount } }
}

type Exponential = Extract<Buckets, { kind: 'exponential' }>

/** The same counts on a scale that is no finer. Two buckets become one for each step: index >> steps. */
function coarser(buckets: Exponential, scale: number): Exponential {
  const factor = 2 ** (buckets.scale - scale)
  if (factor === 1) return buckets
  const { counts } = buckets
  const offset = Math.floor(buckets.offset / factor)
  const merged: number[] = []
  counts.forEach((count, i) => {
    const at = Math.floor((buckets.offset + i) / factor) - offset
    merged[at] = (merged[at] ?? 0) + count
  })
  return { ...buckets, scale, offset, counts: Array.from(merged, (count) => count ?? 0) }
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i])
}
