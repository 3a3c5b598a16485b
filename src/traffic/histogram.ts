import { type Microseconds, microseconds } from '../base/index.ts'
import type { Histogram } from './model.ts'

/**
 * The latency layout: base-10 log-linear with two significant digits, on microseconds. Bin 0 holds what took less
 * than 1 µs; then each decade has 90 bins (1.0, 1.1, … 9.9 times a power of ten), up to 99,000 s; the last one holds
 * whatever took longer. A bin covers `[lower, upper)`. It is the layout of libcircllhist, which Envoy uses inside.
 *
 * "Within T" means shorter than T, so it counts the bins whose upper edge is at most T. Envoy cuts durations to whole
 * milliseconds and its bins include their lower edge: what it logs as 300 ms took 300 ms or longer, and is not within
 * 300 ms. With "at most T" the same request could be inside or outside according to which source had seen it.
 */
export const BINS = 991

const LAST = BINS - 1
const PER_DECADE = 90
// What one step of a decade's bins is worth, in µs. The first is a tenth, kept apart because 0.1 is not exact.
const STEPS: readonly number[] = Array.from({ length: 11 }, (_, decade) => 10 ** (decade - 1))
/** Where each decade ends, in µs. */
const NEXT_DECADE: readonly number[] = Array.from({ length: 11 }, (_, decade) => 10 ** (decade + 1))
/** The decade of the shortest duration that takes so many bits. */
const LOWEST_DECADES: readonly number[] = Array.from({ length: 33 }, (_, bits) =>
  Math.floor(Math.log10(Math.max(1, 2 ** (bits - 1)))),
)

/** The bin that holds a duration in µs. Less than nothing, which clocks can produce, is in bin 0. */
export function binOf(us: number): number {
  // Nearly all durations are whole and shorter than half an hour, which needs no search and no rounding: a whole number
  // below the next edge, divided by the step, stays below the next whole number in a double, too.
  const whole = us | 0
  if (whole === us && whole >= 10) {
    const guess = LOWEST_DECADES[32 - Math.clz32(whole)] ?? 0
    const decade = guess + (whole >= (NEXT_DECADE[guess] ?? 0) ? 1 : 0)
    return decade * PER_DECADE - 9 + Math.trunc(whole / (STEPS[decade] ?? 1))
  }
  return searched(us)
}

function searched(us: number): number {
  if (!(us >= 1)) return 0
  if (us >= 99e9) return LAST
  let decade = 0
  while (us >= (STEPS[decade + 1] ?? Infinity) * 10) decade++
  const step = STEPS[decade] ?? 1
  const bin = 1 + decade * PER_DECADE + (Math.floor(decade === 0 ? us * 10 : us / step) - 10)
  if (us < binLower(bin)) return bin - 1
  return us >= binUpper(bin) ? bin + 1 : bin
}

/** The bin's lower edge in µs: a whole number from 10 µs on, the nearest double to one decimal below. */
export function binLower(bin: number): number {
  if (bin <= 0) return 0
  const decade = Math.floor((bin - 1) / PER_DECADE)
  const digits = ((bin - 1) % PER_DECADE) + 10
  return decade === 0 ? digits / 10 : digits * (STEPS[decade] ?? Infinity)
}

/** The bin's upper edge in µs, which is the next one's lower; infinite for the last. */
export function binUpper(bin: number): number {
  return bin >= LAST ? Infinity : binLower(bin + 1)
}

/** The bin that starts at the edge, so that all bins before it are within; undefined when no bin starts there. */
export function binAtEdge(edge: number): number | undefined {
  const bin = binOf(edge)
  return binLower(bin) === edge ? bin : undefined
}

/** How many took less than `edge`. The edge must be one of the layout's; `parseThreshold` gives only such. */
export function countBelow(histogram: Histogram, edge: Microseconds): number {
  const end = binAtEdge(edge)
  if (end === undefined) throw new Error(`${edge} µs is no edge of the latency layout`)
  let count = 0
  for (let i = 0; i < histogram.bins.length; i++) {
    if ((histogram.bins[i] ?? 0) >= end) break
    count += histogram.counts[i] ?? 0
  }
  return count
}

/** How many events the histogram holds. */
export function totalOf(histogram: Histogram): number {
  let count = 0
  for (const each of histogram.counts) count += each
  return count
}

/** Both together; no error is added, whatever the order. */
export function mergeHistograms(a: Histogram, b: Histogram): Histogram {
  const bins: number[] = []
  const counts: number[] = []
  let i = 0
  let j = 0
  while (i < a.bins.length || j < b.bins.length) {
    const left = a.bins[i] ?? Infinity
    const right = b.bins[j] ?? Infinity
    bins.push(Math.min(left, right))
    counts.push((left <= right ? (a.counts[i] ?? 0) : 0) + (right <= left ? (b.counts[j] ?? 0) : 0))
    if (left <= right) i++
    if (right <= left) j++
  }
  return { bins, counts }
}

/**
 * Between which edges the quantile lies: `share` of the events took at most about so long. `share` is in 0..1.
 * Undefined when there are no events. The upper edge is infinite when it lies in the last bin.
 */
export function quantileOf(
  histogram: Histogram,
  share: number,
): { readonly lower: number; readonly upper: number } | undefined {
  const total = totalOf(histogram)
  if (total === 0) return undefined
  const rank = Math.min(total, Math.max(1, Math.ceil(share * total)))
  let seen = 0
  for (let i = 0; i < histogram.bins.length; i++) {
    seen += histogram.counts[i] ?? 0
    const bin = histogram.bins[i] ?? 0
    if (seen >= rank) return { lower: binLower(bin), upper: binUpper(bin) }
  }
  return undefined
}

/**
 * Counts durations one by one. Most cells of the ledger see a few durations, which it keeps in a list; one that sees
 * more gets an array over the bins between the fastest and the slowest, where adding is one look-up.
 */
export class HistogramBuilder {
  readonly #few: number[] = []
  readonly #fewCounts: number[] = []
  /** Counts from the bin `#first` on; undefined while there are few. */
  #many: Float64Array | undefined
  #first = 0

  /** Counts `weight` events in the bin; a whole number. */
  add(bin: number, weight = 1): void {
    if (this.#many === undefined) {
      const at = this.#few.indexOf(bin)
      if (at >= 0) {
        this.#fewCounts[at] = (this.#fewCounts[at] ?? 0) + weight
        return
      }
      if (this.#few.length < FEW) {
        this.#few.push(bin)
        this.#fewCounts.push(weight)
        return
      }
      this.#many = this.#spread(bin)
    }
    const at = bin - this.#first
    if (at < 0 || at >= this.#many.length) this.#many = this.#widen(this.#many, bin)
    this.#many[bin - this.#first] = (this.#many[bin - this.#first] ?? 0) + weight
  }

  build(): Histogram {
    const many = this.#many ?? this.#spread(this.#few[0] ?? 0)
    const bins: number[] = []
    const counts: number[] = []
    for (let i = 0; i < many.length; i++) {
      const count = many[i] ?? 0
      if (count === 0) continue
      bins.push(this.#first + i)
      counts.push(count)
    }
    return { bins, counts }
  }

  /** The few as an array that has room for the bin too. */
  #spread(bin: number): Float64Array {
    const { first, end } = alignedAround(Math.min(bin, ...this.#few), Math.max(bin, ...this.#few))
    this.#first = first
    const many = new Float64Array(end - first)
    this.#few.forEach((each, i) => {
      many[each - first] = this.#fewCounts[i] ?? 0
    })
    return many
  }

  #widen(many: Float64Array, bin: number): Float64Array {
    const last = this.#first + many.length - 1
    const { first, end } = alignedAround(Math.min(this.#first, bin), Math.max(last, bin))
    const wider = new Float64Array(end - first)
    wider.set(many, this.#first - first)
    this.#first = first
    return wider
  }
}

const FEW = 16
/** An array is widened by at least this many bins, so that it is not widened often. */
const ROOM = 32

function alignedAround(lowest: number, highest: number): { readonly first: number; readonly end: number } {
  return { first: lowest - (lowest % ROOM), end: highest + ROOM - (highest % ROOM) }
}

/** The edges next to a duration in µs, below and above; the same twice when it is one. */
export function edgesAround(us: number): { readonly below: Microseconds; readonly above: Microseconds } {
  const bin = binOf(us)
  const below = binLower(bin)
  return { below: microseconds(below), above: microseconds(below === us ? below : binUpper(bin)) }
}
