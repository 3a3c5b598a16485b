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

export type Gate = z.infer<typeof gate>
export type Routes = z.infer<typeof routes>
export type RouteTest = z.infer<typeof routeTest>
