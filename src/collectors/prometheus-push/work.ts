import { binLower, type Outcome, type SeriesHandle } from '../../traffic/index.ts'
import type { Counting } from '../push/intake.ts'
import type { Bins } from './durations.ts'

/** How a set of points came. */
export interface Circumstances {
  readonly nowMs: number
  /** Whether all points of their instant are there, as in a scrape. */
  readonly whole: boolean
  /**
   * When the series that are not known yet were looked for and were not there, in milliseconds since 1970: they were
   * zero then. Undefined: nobody looked.
   */
  readonly absentAt: number | undefined
}

/** What became of a request's points. */
export interface Written {
  readonly samples: number
  readonly histograms: number
  readonly exemplars: number
  /** Why others were not written, each reason with how often. */
  readonly faults: ReadonlyMap<string, number>
}

export const FAULTS = {
  future: 'a sample is more than ten minutes ahead of our clock',
  early: 'a sample is not later than 1970',
  order: 'a data point is older than one of its series that is counted already',
  conflict: 'a sample has the time of an earlier one and another value',
  room: 'more series are selected than maxCounters allows',
} as const

/** Senders' clocks may be ahead of ours by so much. Prometheus, as a receiver, allows the same. */
const MOST_AHEAD_MS = 600_000

interface Placement {
  readonly minute: number
  readonly outcome: Outcome
  readonly reason: string
}

/** The counting of one request. */
export class Work {
  readonly into: Counting
  readonly how: Circumstances
  #samples = 0
  #histograms = 0
  #exemplars = 0
  readonly #faults = new Map<string, number>()

  constructor(into: Counting, how: Circumstances) {
    this.into = into
    this.how = how
  }

  sample(fault: string | undefined): void {
    if (fault === undefined) this.#samples++
    else this.#fault(fault)
  }

  histogram(fault: string | undefined): void {
    if (fault === undefined) this.#histograms++
    else this.#fault(fault)
  }

  exemplar(): void {
    this.#exemplars++
  }

  /** What is wrong with a time, if anything. */
  untimely(atMs: number): string | undefined {
    if (atMs > this.how.nowMs + MOST_AHEAD_MS) return FAULTS.future
    return atMs <= 0 ? FAULTS.early : undefined
  }

  remember(key: string, value: string): void {
    this.into.remember(key, value)
  }

  add(series: SeriesHandle, placement: Placement, weight: number): void {
    if (weight > 0) this.into.add(series, { ...placement, duration: undefined }, weight)
  }

  /**
   * Says how long requests took that are counted elsewhere: each is added with its duration and taken back without, so
   * that the count stays as it is.
   */
  addDurations(series: SeriesHandle, placement: Placement, bins: Bins): void {
    let total = 0
    for (const [bin, count] of bins) {
      this.into.add(series, { ...placement, duration: binLower(bin) }, count)
      total += count
    }
    if (total > 0) this.into.add(series, { ...placement, duration: undefined }, -total)
  }

  written(): Written {
    return {
      samples: this.#samples,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
      faults: this.#faults,
    }
  }

  #fault(reason: string): void {
    this.#faults.set(reason, (this.#faults.get(reason) ?? 0) + 1)
  }
}
