import type { Labels, Microseconds, UnixSeconds } from '../base/index.ts'

/** What an event was. `ignored` does not count, and is counted all the same: a burst of it is a signal. */
export type Outcome = 'good' | 'bad' | 'ignored'

/**
 * The latency layout's bins with their counts, sorted by bin, no bin twice, no zero count.
 * `bins[i]` holds `counts[i]` events. See `histogram.ts` for what a bin covers.
 */
export interface Histogram {
  readonly bins: readonly number[]
  readonly counts: readonly number[]
}

/**
 * One cell of the ledger: how many events of one outcome and reason a series had in one minute, as its writer
 * knows it now. It is the writer's whole count for that cell, not an increment: a later revision replaces it.
 */
export interface TrafficRow {
  readonly source: string
  readonly labels: Labels
  /** Start of the minute in which the event ended. */
  readonly minute: UnixSeconds
  readonly outcome: Outcome
  /** Why: `2xx`, `5xx`, `grpc-unavailable`, `flag-UF`, `health-check`, `client-left-early`, … */
  readonly reason: string
  /** A whole number, zero or more. Zero takes back what the writer said before. */
  readonly count: number
  /** How long those took whose duration is known; absent when the source does not say. */
  readonly latency?: Histogram
}

/** A bad or slow request kept to answer "show me one". */
export interface Exemplar {
  readonly source: string
  readonly labels: Labels
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly outcome: Outcome
  readonly reason: string
  readonly duration?: Microseconds
  readonly traceId?: string
  readonly requestId?: string
}

/** The name of the series that takes what comes after a source's bound on series is reached. */
export const OVERFLOW = '__overflow__'
