import { z } from 'zod'

/** How the installation itself fares: what `nines doctor` prints and the page of the collectors shows. */

const instant = z.number().int()
const count = z.number().int()

/** `unknown`: it cannot be told from here, which is not the same as well. */
export const finding = z.enum(['well', 'wrong', 'unknown'])

export const check = z.object({
  /** `version`, `config`, `definitions`, `store`, `disk`, `clock`, `slack`, `evaluation`, `agreement`. */
  name: z.string(),
  finding,
  text: z.string(),
  /** What to do; empty while all is well. */
  remedy: z.string(),
})

/**
 * One step on the way from what is outside to the budget. `empty`: nothing comes out of it; `waiting`: a step before
 * it is the reason; `unused`: nothing asks for it.
 */
export const step = z.object({
  step: z.enum(['source', 'collector', 'ledger', 'sli', 'budget']),
  state: z.enum(['well', 'empty', 'wrong', 'waiting', 'unused', 'unknown']),
  /** Since when it is as it is; null when that is not known, or it is well. */
  since: instant.nullable(),
  text: z.string(),
  remedy: z.string(),
})

export const sourceDiagnosis = z.object({
  name: z.string(),
  type: z.string(),
  finding,
  lastSuccess: instant.nullable(),
  /** Seconds between now and the instant up to which it is complete; null when it never was. */
  lag: count.nullable(),
  /** Since the service started. */
  events: count,
  rejected: count,
  /** Of all time: how many events went to the series beyond the bound. */
  overflowed: count,
  /** In the ledger. */
  series: count,
  first: instant.nullable(),
  last: instant.nullable(),
  problem: z.object({ at: instant, text: z.string(), remedy: z.string() }).nullable(),
  /** Source, collector, ledger, SLI, budget. */
  walk: z.array(step),
})

export const diagnosis = z.object({
  now: instant,
  version: z.string(),
  finding,
  checks: z.array(check),
  sources: z.array(sourceDiagnosis),
})

export type Finding = z.infer<typeof finding>
export type Check = z.infer<typeof check>
export type DiagnosisStep = z.infer<typeof step>
export type SourceDiagnosis = z.infer<typeof sourceDiagnosis>
export type Diagnosis = z.infer<typeof diagnosis>
