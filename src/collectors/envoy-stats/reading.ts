import { binOf, type Histogram } from '../../traffic/index.ts'

/** What one scrape says, by statistic. Only statistics that may mean something are in it. */
export interface Reading {
  readonly counters: ReadonlyMap<string, number>
  /** Everything since the process started, in our latency layout. */
  readonly histograms: ReadonlyMap<string, Histogram>
  /** Lines that could not be read. */
  readonly rejected: number
  /** Whether histograms came as percentiles, from which nothing can be counted. */
  readonly summaries: boolean
}

/** Envoy's largest counters can pass what a number holds exactly; such a value is not a count any more. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/**
 * Collects Envoy's bins into ours. Both layouts have two significant digits in base 10, Envoy's in milliseconds and
 * ours in microseconds, so a bin goes over whole: that of 300 to 310 ms is ours of 300,000 to 310,000 µs.
 */
export class BinCollector {
  #bins: number[] = []
  #counts: number[] = []
  #sorted = true

  /** `lower` is the bin's lower edge in milliseconds. */
  add(lower: number, count: number): void {
    if (count === 0) return
    const bin = binOf(Math.round(lower * 10_000) / 10)
    const last = this.#bins.length - 1
    const before = this.#bins[last]
    if (before === bin) {
      this.#counts[last] = (this.#counts[last] ?? 0) + count
      return
    }
    if (before !== undefined && before > bin) this.#sorted = false
    this.#bins.push(bin)
    this.#counts.push(count)
  }

  build(): Histogram {
    if (this.#sorted) return { bins: this.#bins, counts: this.#counts }
    const sums = new Map<number, number>()
    this.#bins.forEach((bin, i) => sums.set(bin, (sums.get(bin) ?? 0) + (this.#counts[i] ?? 0)))
    const bins = [...sums.keys()].sort((a, b) => a - b)
    return { bins, counts: bins.map((bin) => sums.get(bin) ?? 0) }
  }
}
