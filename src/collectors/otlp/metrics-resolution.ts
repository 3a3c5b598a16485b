import { type Microseconds, microseconds } from '../../base/index.ts'
import { BINS, binAtEdge, binOf, binUpper } from '../../traffic/index.ts'
import type { Buckets } from './metrics-buckets.ts'

/** How finely a source tells durations: the buckets that its histograms came with. */
export interface Resolution {
  /** Every list of bounds that was seen, in microseconds. */
  readonly bounds: readonly (readonly number[])[]
  /** The coarsest scale of exponential histograms; undefined when there were none. */
  readonly scale: number | undefined
  /** Whether there were points that say nothing about durations. */
  readonly hasUntimed: boolean
}

/**
 * How sure "within the threshold" is. Not exact: what the ledger counts below the threshold was within it, for sure;
 * what was within is at most what it counts below `atMost`.
 */
export type Certainty =
  | { readonly kind: 'exact' }
  | { readonly kind: 'bounded'; readonly atMost: Microseconds | undefined }

/** More lists of bounds than that are not told apart any more. */
const MOST_LISTS = 100

/** Gathers what the histograms of a source look like. */
export class ResolutionSeen {
  readonly #bounds = new Map<string, readonly number[]>()
  #scale: number | undefined
  #hasUntimed = false

  see(buckets: Buckets | undefined): void {
    if (buckets === undefined) this.#hasUntimed = true
    else if (buckets.kind === 'exponential') this.#scale = Math.min(this.#scale ?? Infinity, buckets.scale)
    else {
      const key = buckets.bounds.join()
      if (!this.#bounds.has(key) && this.#bounds.size < MOST_LISTS) this.#bounds.set(key, buckets.bounds)
    }
  }

  seen(): Resolution {
    return { bounds: [...this.#bounds.values()], scale: this.#scale, hasUntimed: this.#hasUntimed }
  }
}

/** Whether a threshold is a bound of all histograms that were seen, and if not, how far off its count may be. */
export function certaintyOf(threshold: Microseconds, resolution: Resolution): Certainty {
  let atMost: number = threshold
  for (const bounds of resolution.bounds) {
    if (bounds.includes(threshold)) continue
    // All of the bucket around the threshold may have been within it. The last one has no end.
    atMost = Math.max(atMost, edgeFrom(bounds.find((bound) => bound > threshold) ?? Infinity))
  }
  // Exponential bounds are no edges of ours but by chance: the bucket around the threshold ends at most a step above.
  if (resolution.scale !== undefined)
    atMost = Math.max(atMost, edgeFrom(threshold * 2 ** (2 ** -resolution.scale)))
  if (atMost === threshold) return { kind: 'exact' }
  return { kind: 'bounded', atMost: atMost === Infinity ? undefined : microseconds(atMost) }
}

/** The first edge of the latency layout at or above; infinite when there is none. */
function edgeFrom(us: number): number {
  if (binAtEdge(us) !== undefined) return us
  const bin = binOf(us)
  return bin >= BINS - 1 ? Infinity : binUpper(bin)
}
