import { z } from 'zod'
import * as wire from '../contract/index.ts'
import type { Api, ServiceOptions } from './api.ts'
import { parseScope, type Route, route, wordsOf } from './route.ts'

/** Of `range`, in seconds. */
const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400, w: 604_800 }
const LONGEST = 400 * 86_400

const stretch = {
  from: z.coerce.number().int().min(0).optional().describe('Start, Unix seconds, inclusive.'),
  to: z.coerce.number().int().min(0).optional().describe('End, Unix seconds, exclusive. Absent: now.'),
  range: z
    .string()
    .regex(/^[1-9]\d{0,5}[mhdw]$/, 'must be a length such as 30m, 6h, 7d or 2w')
    .default('6h')
    .describe('How long before the end the range begins, when `from` is absent.'),
}
const about = {
  ...stretch,
  source: z
    .string()
    .max(500)
    .optional()
    .describe('Whose sight of the service. Absent: the source that its promises are measured by.'),
  scope: z.string().max(2_000).default('').describe('Only requests with these labels: `cloud_provider=aws`.'),
}
const listQuery = z.object(stretch)
const detailQuery = z.object({ ...about, points: z.coerce.number().int().min(1).max(2_000).default(240) })
const groupsQuery = z.object({
  ...about,
  points: z.coerce.number().int().min(1).max(400).default(24),
  by: z.string().max(500).default('operation').describe('Label names, or `reason`, with commas between.'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
})
const latencyQuery = z.object({ ...about, columns: z.coerce.number().int().min(1).max(500).default(120) })
const exemplarsQuery = z.object({
  ...about,
  kind: z.enum(['bad', 'slow']).default('bad').describe('Bad ones, newest first; or the slowest first.'),
  limit: z.coerce.number().int().min(1).max(200).default(20),
})
/** Minutes are held against each other one by one. */
const LONGEST_RECONCILED = 7 * 86_400
const reconcileQuery = z.object({
  ...stretch,
  service: z.string().max(500).optional().describe('Absent: every service that several sources counted.'),
})
const exemplarList = z.object({ exemplars: z.array(wire.exemplar) })

/** What services had. */
export function serviceRoutes(api: Api): readonly Route[] {
  const now = (): number => api.meta().now
  return [
    {
      ...route('/services', 'Every service as each source saw it.', wire.services, ({ query }) =>
        api.services(rangeOf(listQuery.parse(query), now())),
      ),
      query: listQuery,
    },
    {
      ...route(
        '/services/:id',
        'One service over time: requests by outcome, why, how long they took, what is not known.',
        wire.serviceDetail,
        ({ id, query }) => {
          const asked = detailQuery.parse(query)
          return api.service(id, { ...optionsOf(asked, now()), points: asked.points })
        },
      ),
      query: detailQuery,
    },
    {
      ...route(
        '/services/:id/groups',
        'The same by operation, cloud or any other label, most bad first, with the reasons.',
        wire.serviceGroups,
        ({ id, query }) => {
          const { by, limit, points, ...asked } = groupsQuery.parse(query)
          return api.serviceGroups(id, { ...optionsOf(asked, now()), points, by: wordsOf(by), limit })
        },
      ),
      query: groupsQuery,
    },
    {
      ...route(
        '/services/:id/latency',
        'How many requests took how long, and the quantiles over time.',
        wire.serviceLatency,
        ({ id, query }) => {
          const { columns, ...asked } = latencyQuery.parse(query)
          return api.serviceLatency(id, { ...optionsOf(asked, now()), points: columns })
        },
      ),
      query: latencyQuery,
    },
    {
      ...route(
        '/services/:id/exemplars',
        'Single requests: the newest bad ones, or the slowest.',
        exemplarList,
        async ({ id, query }) => {
          const { kind, limit, ...asked } = exemplarsQuery.parse(query)
          const found = await api.serviceExemplars(id, { ...optionsOf(asked, now()), points: 1, kind, limit })
          return found && { exemplars: found }
        },
      ),
      query: exemplarsQuery,
    },
    reconcileRoute(api),
    route(
      '/diagnosis',
      'How the installation fares: every check, and each source step by step to the budget.',
      wire.diagnosis,
      () => api.diagnosis(),
    ),
  ]
}

function reconcileRoute(api: Api): Route {
  return {
    ...route(
      '/reconcile',
      'The same SLI as several sources counted it, over the same minutes, and why they disagree.',
      wire.reconciliation,
      ({ query }) => {
        const { service, ...asked } = reconcileQuery.parse(query)
        const range = rangeOf(asked, api.meta().now, LONGEST_RECONCILED)
        return api.reconcile({ ...range, ...(service === undefined ? {} : { service }) })
      },
    ),
    query: reconcileQuery,
  }
}

interface Stretch {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly range: string
}

/** An end before the start, or a range beyond what is ever kept, is a mistake of who asks. */
function rangeOf({ from, to, range }: Stretch, now: number, longest = LONGEST): { from: number; to: number } {
  const end = to ?? now
  const length = Number.parseInt(range, 10) * (UNITS[range.slice(-1)] ?? 0)
  const asked = { from: from ?? Math.max(0, end - length), to: end }
  z.object({
    from: z.number().max(asked.to - 1, 'must be before the end'),
    to: z.number().max(asked.from + longest, `must be within ${longest / 86_400} days of the start`),
  }).parse(asked)
  return asked
}

function optionsOf(
  { source, scope, ...stretch }: Stretch & { source?: string | undefined; scope: string },
  now: number,
): Omit<ServiceOptions, 'points'> {
  const { from, to } = rangeOf(stretch, now)
  return { from, to, scope: parseScope(scope), ...(source === undefined ? {} : { source }) }
}
