import { z } from 'zod'
import { range } from './model.ts'

/** One SLI as several sources counted it, side by side over the same minutes. */

const count = z.number().int()

const sums = z.object({
  good: count,
  bad: count,
  /** Null where the source answers with counts only. */
  ignored: count.nullable(),
})

export const disagreementKind = z.enum([
  'none',
  'stale',
  'missing-cloud',
  'shifted',
  'ignored',
  'retries',
  'sampled',
  'judged',
  'unexplained',
])

export const reconciledSight = z.object({
  source: z.string(),
  /** The SLO whose question it is; null for requests that the source itself saw and judged. */
  slo: z.string().nullable(),
  /** Whole minutes of the range that are known of it. */
  known: count,
  /** Over the minutes that are compared. */
  ...sums.shape,
  clouds: z.array(z.object({ cloud: z.string(), good: count, bad: count })),
})

export const comparison = z.object({
  source: z.string(),
  minutes: count,
  own: sums,
  reference: sums,
  reason: disagreementKind,
  /** What is seen, with its numbers; empty when they agree. */
  text: z.string(),
  remedy: z.string(),
})

export const reconciled = z.object({
  service: z.string(),
  /** `availability`, or the latency threshold as it is written: `300ms`. */
  indicator: z.string(),
  agrees: z.boolean(),
  /** The source that saw most, which the others are held against. */
  reference: z.string(),
  /** Minutes that all of them know but those that stand still. */
  minutes: count,
  sights: z.array(reconciledSight),
  comparisons: z.array(comparison),
})

export const reconciliation = z.object({
  now: count,
  range,
  bounds: z.object({
    totalPerMille: count,
    totalEvents: count,
    badPerMille: count,
    badEvents: count,
    minutePerMille: count,
    stalePercent: count,
    cloudPerMille: count,
  }),
  /** Those that disagree first. What only one source counts is not among them. */
  services: z.array(reconciled),
})

export type Comparison = z.infer<typeof comparison>
export type ReconciledService = z.infer<typeof reconciled>
export type Reconciliation = z.infer<typeof reconciliation>
