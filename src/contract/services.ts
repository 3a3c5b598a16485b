import { z } from 'zod'
import { coverage, latencyMap, range, state } from './model.ts'

/**
 * What services had, as each source saw and judged it. Sources are never added up: a request that the edge and the
 * APM have both seen is one in each. Counts are exact; `null` is "not known", never zero.
 */

const instant = z.number().int()
const share = z.number()
const count = z.number().int()
const labels = z.record(z.string(), z.string())
const counted = z.array(count.nullable())

/**
 * Milliseconds that so many requests stayed below: the upper edge of the bin that holds the quantile, so at most a
 * tenth too high and never too low. Null without requests whose duration is known.
 */
export const quantiles = z.object({
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
  p999: z.number().nullable(),
  /** How many requests they rest on: those that count and whose duration is known. */
  timed: count,
})

/** Good and bad make the requests; ignored ones count as neither, and are told all the same. */
const totals = {
  good: count,
  bad: count,
  ignored: count,
  /** Bad of good and bad; null without any. */
  errorRatio: share.nullable(),
  latency: quantiles,
}

const told = z.enum(['measured', 'no-traffic', 'partial', 'no-data', 'error'])

/** One service as one source sees it. */
export const serviceSummary = z.object({
  service: z.string(),
  /** As people call it; the service's name when its definition has no other. */
  name: z.string(),
  source: z.string(),
  ...totals,
  data: told,
  coverage,
  clouds: z.array(z.string()),
  /** Requests and bad ones of each stretch of the range; null where nothing is known. */
  spark: z.object({ requests: counted, bad: counted }),
  slos: z.array(z.object({ id: z.string(), name: z.string(), state })),
})

export const services = z.object({
  now: instant,
  range,
  step: count,
  services: z.array(serviceSummary),
})

export const reasonCount = z.object({
  reason: z.string(),
  outcome: z.enum(['good', 'bad', 'ignored']),
  count,
  /** Empty for a word that is a source's own. */
  meaning: z.string(),
})

export const serviceDetail = serviceSummary.omit({ spark: true }).extend({
  now: instant,
  description: z.string(),
  /** All that have seen it in the range, and those that its promises are measured by. */
  sources: z.array(z.object({ name: z.string(), type: z.string(), good: count, bad: count })),
  range,
  scope: labels,
  step: count,
  start: z.array(instant),
  series: z.object({
    good: counted,
    bad: counted,
    ignored: counted,
    /** Minutes of each stretch of which something is known; what a rate divides by. */
    minutes: z.array(count),
  }),
  /** Stretches that are not fully known, with the reason. */
  gaps: z.array(
    z.object({ from: instant, to: instant, state: z.enum(['partial', 'missing']), reason: z.string() }),
  ),
  /** Most frequent first. */
  reasons: z.array(reasonCount),
  incidents: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      from: instant,
      to: instant.nullable(),
      severity: z.enum(['page', 'ticket']),
    }),
  ),
})

export const serviceGroups = z.object({
  service: z.string(),
  source: z.string(),
  range,
  by: z.array(z.string()),
  step: count,
  start: z.array(instant),
  minutes: z.array(count),
  /** How many there are; those beyond the limit are left out. */
  total: count,
  /** Most bad first. */
  groups: z.array(
    z.object({
      labels,
      ...totals,
      /** Of all that was bad. */
      share,
      series: z.object({ requests: counted, bad: counted }),
      /** Why they were bad, most frequent first. */
      reasons: z.array(reasonCount),
    }),
  ),
})

const line = z.array(z.number().nullable())

/** The heatmap with a column for every stretch of the range, and the quantiles of each. */
export const serviceLatency = latencyMap.extend({
  timed: z.array(count),
  p50: line,
  p90: line,
  p95: line,
  p99: line,
  p999: line,
})

export type Quantiles = z.infer<typeof quantiles>
export type ServiceSummary = z.infer<typeof serviceSummary>
export type Services = z.infer<typeof services>
export type ServiceDetail = z.infer<typeof serviceDetail>
export type ServiceGroups = z.infer<typeof serviceGroups>
export type ServiceLatency = z.infer<typeof serviceLatency>
export type ReasonCount = z.infer<typeof reasonCount>
