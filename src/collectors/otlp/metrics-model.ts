import type { Buckets } from './metrics-buckets.ts'

/**
 * A request as it was sent, whatever its encoding, without what nobody asked for. Nothing is checked but that it can
 * be read: a count may be no whole number, a time may lie in the future.
 */
export interface RawRequest {
  readonly resources: readonly RawResource[]
  /** All data points, also of metrics that count no requests. */
  readonly points: number
}

export interface RawResource {
  readonly attributes: Attributes
  readonly scopes: readonly RawScope[]
}

export interface RawScope {
  /** Name and version, as one text. */
  readonly name: string
  readonly metrics: readonly RawMetric[]
}

export interface RawMetric {
  readonly name: string
  readonly unit: string
  readonly kind: 'sum' | 'histogram' | 'exponential' | 'gauge' | 'summary'
  /** As the protocol numbers them: 1 is delta, 2 is cumulative. */
  readonly temporality: number
  readonly monotonic: boolean
  readonly points: readonly RawPoint[]
}

export interface RawPoint {
  readonly attributes: Attributes
  /** Nanoseconds since 1970, as near as a double comes; 0: unknown. */
  readonly startNs: number
  readonly timeNs: number
  readonly flags: number
  /** Of a sum: its value; of a histogram: how many values it holds. Undefined: not said. */
  readonly count: number | undefined
  readonly max: number | undefined
  readonly bounds: readonly number[]
  readonly bucketCounts: readonly number[]
  readonly exponential: RawExponential | undefined
  /** Of those that name a trace, the first few. */
  readonly examples: readonly RawExample[]
}

/** One of the values that a histogram holds. */
export interface RawExample {
  readonly timeNs: number
  readonly value: number
  /** 32 hexadecimal digits. */
  readonly traceId: string
}

export interface RawExponential {
  readonly scale: number
  readonly zeroCount: number
  readonly zeroThreshold: number
  readonly offset: number
  readonly counts: readonly number[]
  /** Whether a bucket of values below zero holds something. */
  readonly hasNegative: boolean
}

/** Attributes by name. Texts, numbers and truth values as text; what is nested only counts for the identity. */
export interface Attributes {
  readonly values: ReadonlyMap<string, string>
  /** The same for the same attributes, whatever their order. */
  readonly identity: string
}

/** A data point that counts requests, checked. */
export interface Point {
  /** Names resource, scope and metric: its points are written by one process. */
  readonly metric: string
  /** Names the resource alone. */
  readonly resource: string
  /** Names the attributes. */
  readonly series: string
  readonly temporality: 'delta' | 'cumulative'
  /** Microseconds since 1970; 0: unknown. */
  readonly startUs: number
  readonly timeUs: number
  readonly count: number
  /** Undefined: durations are not known. */
  readonly buckets: Buckets | undefined
  /** µs. */
  readonly max: number | undefined
  readonly examples: readonly PointExample[]
}

/** A request that a point holds, with the trace that tells more of it. */
export interface PointExample {
  readonly timeUs: number
  readonly durationUs: number
  readonly traceId: string
}
