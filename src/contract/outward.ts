import { z } from 'zod'

/** Who is told of what, and what else leaves the house. */

const instant = z.number().int()
const labels = z.record(z.string(), z.string())

export const routes = z.object({
  receivers: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      /** Who stands in when it cannot be told; null: nobody. */
      fallback: z.string().nullable(),
      /** Null: what was told once is not told again. */
      repeatSeconds: z.number().int().nullable(),
    }),
  ),
  /** Depth first; empty: there is no tree, and everybody is told of everything. */
  routes: z.array(
    z.object({
      path: z.string(),
      depth: z.number().int(),
      match: z.string(),
      receivers: z.array(z.string()),
      continue: z.boolean(),
      hours: z.string().nullable(),
    }),
  ),
})

export const routeTest = z.object({
  labels,
  told: z.array(
    z.object({
      receiver: z.string(),
      /** The route that decided; empty when there is no tree. */
      path: z.string(),
      /** The route's hours begin then; null: at once. */
      waitsUntil: instant.nullable(),
    }),
  ),
})

const gateState = z.enum(['open', 'closed', 'unknown'])

/** Whether a deploy may go ahead. */
export const gate = z.object({
  now: instant,
  /** The SLO or the service that was asked about. */
  asked: z.string(),
  state: gateState,
  reason: z.string(),
  slos: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      state: gateState,
      /** Cut; null: not known. */
      spentPercent: z.number().int().nullable(),
      /** From so much on the gate is closed; null: never. */
      limit: z.number().int().nullable(),
      reason: z.string(),
    }),
  ),
  /** Who opened it all the same, and until when. */
  override: z.object({ by: z.string(), reason: z.string(), until: instant }).nullable(),
})

/** What Nines knows of an incident for the meeting afterwards; what was learned is for people to write. */
export const postmortem = z.object({
  now: instant,
  incident: z.string(),
  title: z.string(),
  service: z.string(),
  owner: z.string(),
  severity: z.enum(['page', 'ticket']),
  state: z.enum(['open', 'resolved']),
  sentence: z.string(),
  target: z.string(),
  window: z.string(),
  impact: z.object({
    startedAt: instant,
    openedAt: instant,
    acknowledgedAt: instant.nullable(),
    resolvedAt: instant.nullable(),
    /** Seconds from the first bad event to the alert, the acknowledgement, and the end; null: it did not happen. */
    detectedAfter: z.number().int(),
    acknowledgedAfter: z.number().int().nullable(),
    lasted: z.number().int().nullable(),
    badEvents: z.number(),
    /** Of the whole budget, 0..1 or above. */
    budgetSpent: z.number(),
    peakRate: z.number(),
    reopened: z.number().int(),
    /** Scopes that burned, fastest first. */
    places: z.array(z.object({ scope: labels, rate: z.number() })),
  }),
  timeline: z.array(z.object({ at: instant, kind: z.string(), text: z.string(), by: z.string().nullable() })),
  /** The definition as it counts now. */
  definition: z
    .object({ file: z.string(), line: z.number().int(), commit: z.string().nullable() })
    .nullable(),
  url: z.string(),
})

export type Postmortem = z.infer<typeof postmortem>
export type Gate = z.infer<typeof gate>
export type Routes = z.infer<typeof routes>
export type RouteTest = z.infer<typeof routeTest>

export const silenceMatcher = z.object({
  name: z.string().trim().min(1).max(200),
  op: z.enum(['=', '!=', '=~', '!~']),
  value: z.string().max(1_000),
})

/** Quiet that somebody asked for. */
export const silence = z.object({
  id: z.string(),
  state: z.enum(['pending', 'active', 'over']),
  /** All must match; regular expressions are RE2 and anchored. */
  matchers: z.array(silenceMatcher),
  by: z.string(),
  reason: z.string(),
  from: instant,
  until: instant,
  createdAt: instant,
  /** Open incidents that it covers now. */
  incidents: z.array(z.string()),
})

export type Silence = z.infer<typeof silence>
