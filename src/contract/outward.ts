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

export type Routes = z.infer<typeof routes>
export type RouteTest = z.infer<typeof routeTest>
