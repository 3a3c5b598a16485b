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

const gateShape = { slo: z.string().max(500).optional(), service: z.string().max(500).optional() }
const gateQuery = z
  .object(gateShape)
  .refine(({ slo, service }) => (slo === undefined) !== (service === undefined), {
    error: 'name either an slo or a service',
  })
const overrideBody = z
  .object({
    ...gateShape,
    by: z.string().trim().min(1).max(200),
    reason: z.string().trim().min(1).max(1_000),
    seconds: z.number().int().min(60).max(604_800).default(14_400),
  })
  .refine(({ slo, service }) => (slo === undefined) !== (service === undefined), {
    error: 'name either an slo or a service',
  })

const questionOf = ({ slo, service }: { slo?: string | undefined; service?: string | undefined }) =>
  slo === undefined ? { service: service ?? '' } : { slo }

function gateRoutes(api: OutwardApi): readonly Route[] {
  return [
    {
      ...route('/gate', 'Whether a deploy may go ahead.', wire.gate, ({ query }) =>
        api.gate(questionOf(gateQuery.parse(query))),
      ),
      query: z.object(gateShape),
    },
    {
      ...route(
        '/gate/overrides',
        'Open the gate all the same; it is written down.',
        wire.gate,
        ({ body }) => {
          const { by, reason, seconds, ...asked } = overrideBody.parse(body)
          return api.openGate(questionOf(asked), { by, reason, seconds })
        },
      ),
      method: 'POST',
      body: overrideBody,
    },
  ]
}

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
    ...gateRoutes(api),
    route('/incidents/:id/postmortem', 'What happened, in numbers and in order.', wire.postmortem, ({ id }) =>
      api.postmortem(id),
    ),
  ]
}
