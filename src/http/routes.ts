import { z } from 'zod'
import * as wire from '../contract/index.ts'
import type { Api } from './api.ts'
import { incidentRoutes } from './incident-routes.ts'
import { insightRoutes } from './insight-routes.ts'
import { journeyRoutes } from './journey-routes.ts'
import { outwardRoutes } from './outward-routes.ts'
import { parseScope, type Route, route, wordsOf } from './route.ts'
import { serviceRoutes } from './service-routes.ts'
import { silenceRoutes } from './silence-routes.ts'

const ranged = {
  from: z.coerce.number().int().min(0).describe('Start, Unix seconds, inclusive.'),
  to: z.coerce.number().int().min(0).describe('End, Unix seconds, exclusive.'),
  scope: z
    .string()
    .max(2_000)
    .default('')
    .describe('One split: `cloud_provider=aws,cloud_region=us-east-1`. Empty: the SLO as a whole.'),
}
const seriesQuery = z.object({ ...ranged, points: z.coerce.number().int().min(1).max(2_000).default(360) })
const latencyQuery = z.object({ ...ranged, columns: z.coerce.number().int().min(1).max(500).default(120) })
const contributorsQuery = z.object({
  ...ranged,
  by: z.string().max(500).default('cloud_provider,operation,reason').describe('Label names, or `reason`.'),
  limit: z.coerce.number().int().min(1).max(500).default(10),
})
const exemplarsQuery = z.object({ ...ranged, limit: z.coerce.number().int().min(1).max(200).default(20) })
const distancesQuery = z.object({ from: ranged.from, to: ranged.to })
const journalQuery = z.object({
  kinds: z
    .string()
    .max(500)
    .default('definition,correction,restatement')
    .describe('Kinds of entries, such as `incident` or `notification` too.'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})
/** Every endpoint below `/api/v1` but the live stream, which is not an answer but a conversation. */
export function createRoutes(api: Api): readonly Route[] {
  return [
    ...sloRoutes(api),
    ...insightRoutes(api),
    ...serviceRoutes(api),
    ...journeyRoutes(api),
    ...incidentRoutes(api),
    ...silenceRoutes(api),
    ...outwardRoutes(api.outward),
  ]
}

function sloRoutes(api: Api): readonly Route[] {
  return [
    route('/meta', 'The service, its definitions and their problems.', wire.meta, () => api.meta()),
    route('/slos', 'Every SLO with its state, budget and clouds.', wire.fleet, () => api.fleet()),
    route('/slos/:id', 'One SLO: every split, its rules, its text.', wire.sloDetail, ({ id }) => api.slo(id)),
    {
      ...route(
        '/slos/:id/series',
        'Counts, budget left and burn rates over time.',
        wire.sloSeries,
        ({ id, query }) => {
          const { points, ...rest } = seriesQuery.parse(query)
          return api.series(id, { ...toRange(rest), points })
        },
      ),
      query: seriesQuery,
    },
    {
      ...route('/slos/:id/contributors', 'Who spent the budget.', wire.contributors, ({ id, query }) => {
        const asked = contributorsQuery.parse(query)
        return api.contributors(id, { ...toRange(asked), by: wordsOf(asked.by), limit: asked.limit })
      }),
      query: contributorsQuery,
    },
    {
      ...route('/slos/:id/latency', 'How many requests took how long.', wire.latencyMap, ({ id, query }) => {
        const { columns, ...rest } = latencyQuery.parse(query)
        return api.latency(id, { ...toRange(rest), columns })
      }),
      query: latencyQuery,
    },
    {
      ...route(
        '/slos/:id/exemplars',
        'Single bad and slow requests.',
        exemplarList,
        async ({ id, query }) => {
          const { limit, ...rest } = exemplarsQuery.parse(query)
          const found = await api.exemplars(id, { ...toRange(rest), limit })
          return found && { exemplars: found }
        },
      ),
      query: exemplarsQuery,
    },
    {
      ...route(
        '/journal',
        'What was decided, newest first: the audit trail.',
        journalList,
        async ({ query }) => {
          const { kinds, limit } = journalQuery.parse(query)
          return { entries: await api.journal({ kinds: wordsOf(kinds), limit }) }
        },
      ),
      query: journalQuery,
    },
    route('/sources', 'Every source: how fresh, how complete, what is wrong.', sourceList, async () => ({
      sources: await api.sources(),
    })),
    {
      ...route(
        '/distances',
        'How far it is to what is probed, phase by phase.',
        wire.distances,
        ({ query }) => api.distances(distancesQuery.parse(query)),
      ),
      query: distancesQuery,
    },
  ]
}

const exemplarList = z.object({ exemplars: z.array(wire.exemplar) })
const journalList = z.object({ entries: z.array(wire.journalEntry) })
const sourceList = z.object({ sources: z.array(wire.source) })

function toRange(asked: { from: number; to: number; scope: string }): {
  from: number
  to: number
  scope: Record<string, string>
} {
  return { from: asked.from, to: asked.to, scope: parseScope(asked.scope) }
}
