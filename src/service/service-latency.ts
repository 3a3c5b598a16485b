import type * as wire from '../contract/index.ts'
import { type Histogram, quantileOf, totalOf } from '../traffic/index.ts'

export const NO_LATENCY: wire.Quantiles = { p50: null, p90: null, p95: null, p99: null, p999: null, timed: 0 }

/** What people ask of a histogram. */
export function quantilesOf(latency: Histogram): wire.Quantiles {
  return {
    p50: quantileMs(latency, 0.5),
    p90: quantileMs(latency, 0.9),
    p95: quantileMs(latency, 0.95),
    p99: quantileMs(latency, 0.99),
    p999: quantileMs(latency, 0.999),
    timed: totalOf(latency),
  }
}

/**
 * The upper edge of the bin that the quantile lies in, in milliseconds: never better than it was, and at most a tenth
 * worse. Of what took longer than the layout reaches, the lower edge, which is 27 hours.
 */
export function quantileMs(latency: Histogram, share: number): number | null {
  const found = quantileOf(latency, share)
  if (found === undefined) return null
  return (Number.isFinite(found.upper) ? found.upper : found.lower) / 1_000
}
