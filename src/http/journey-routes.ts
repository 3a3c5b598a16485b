import { z } from 'zod'
import * as wire from '../contract/index.ts'
import type { Api } from './api.ts'
import { type Route, route } from './route.ts'

const instant = z.coerce.number().int().min(0)
const DAY = 86_400

const seriesQuery = z.object({
  from: instant.describe('Start, Unix seconds, inclusive.'),
  to: instant.describe('End, Unix seconds, exclusive.'),
  points: z.coerce.number().int().min(1).max(2_000).default(360),
})
const attributionQuery = z.object({
  from: instant.optional().describe('Start, Unix seconds, inclusive. Absent: a day before the end.'),
  to: instant.optional().describe('End, Unix seconds, exclusive. Absent: now.'),
  incident: z
    .string()
    .max(100)
    .optional()
    .describe('The time that this incident lasted, in place of a range.'),
})
const providersQuery = z.object({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11')
    .optional()
    .describe('A month in UTC. Absent: the running one.'),
})
/** A replay reads a window before its range too. */
const LONGEST = 100 * DAY
const simulationBody = wire.whatIf
  .extend({ from: z.number().int().min(0), to: z.number().int().min(0) })
  .refine(({ from, to }) => from < to && to - from <= LONGEST, 'from must be before to, within 100 days')

/** Promises over many clouds, and who rests on whom. */
export function journeyRoutes(api: Api): readonly Route[] {
  return [
    route('/journeys', 'Every journey: its budget, and the redundancy that is left.', wire.journeys, () =>
      api.journeys(),
    ),
    route(
      '/journeys/:id',
      'One journey: its tree, measured beside the textbook, who spent the budget, what its parts must keep.',
      wire.journeyDetail,
      ({ id }) => api.journey(id),
    ),
    {
      ...route(
        '/journeys/:id/series',
        'The budget left, burn rates, and what each part served over time.',
        wire.journeySeries,
        ({ id, query }) => api.journeySeries(id, { ...seriesQuery.parse(query), scope: {} }),
      ),
      query: seriesQuery,
    },
    {
      ...route(
        '/journeys/:id/attribution',
        'Who brought the shortfall about, over a range or for an incident.',
        wire.attribution,
        ({ id, query }) => {
          const { from, to, incident } = attributionQuery.parse(query)
          return api.journeyAttribution(id, {
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
            ...(incident === undefined ? {} : { incident }),
          })
        },
      ),
      query: attributionQuery,
    },
    {
      ...route(
        '/journeys/:id/simulate',
        'The recorded past with a cloud gone, a part added or dropped, another target or routing.',
        wire.simulation,
        ({ id, body }) => api.simulate(id, simulationBody.parse(body)),
      ),
      method: 'POST',
      body: simulationBody,
    },
    route('/graph', 'Who rests on whom, with traffic and errors.', wire.dependencyGraph, () => api.graph()),
    route('/matrix', 'Cloud × service: the worst promise of each.', wire.cloudMatrix, () => api.matrix()),
    {
      ...route(
        '/providers',
        'What was measured of each provider in a month, against what it promises.',
        wire.providerLedger,
        ({ query }) => api.providers(providersQuery.parse(query).month),
      ),
      query: providersQuery,
    },
  ]
}
