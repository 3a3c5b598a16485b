import { z } from 'zod'
import * as wire from '../contract/index.ts'
import type { OutwardApi } from './outward-api.ts'
import { parseScope, type Route, route } from './route.ts'

const labelsQuery = z.object({
  labels: z
    .string()
    .max(4_000)
    .default('')
    .describe('Labels of an incident: `service=checkout,severity=page,cloud_provider=aws`.'),
})

/** Who is told of what. */
export function outwardRoutes(api: OutwardApi): readonly Route[] {
  return [
    route('/routes', 'Receivers, and the routes that lead to them.', wire.routes, () => api.routes()),
    {
      ...route(
        '/routes/test',
        'Whom an incident with these labels is told to.',
        wire.routeTest,
        ({ query }) => api.testRoutes(parseScope(labelsQuery.parse(query).labels)),
      ),
      query: labelsQuery,
    },
  ]
}
