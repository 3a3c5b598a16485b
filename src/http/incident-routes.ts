import { z } from 'zod'
import { LINK_KINDS, ROLES } from '../alerting/index.ts'
import * as wire from '../contract/index.ts'
import type { Api, IncidentAction, Until } from './api.ts'
import { type Route, route } from './route.ts'

const incidentsQuery = z.object({
  state: z.enum(['open', 'resolved']).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})

const person = z.string().trim().min(1).max(200)
const sentence = z.string().trim().min(1).max(4_000)

/** Who asks. A body is no proof of that: the service in front has made sure. */
export const asker = {
  by: person.describe('Who does it.'),
  request: z
    .string()
    .min(1)
    .max(200)
    .exactOptional()
    .describe('Names the asking: what arrives twice under one name counts once.'),
}

/** Either an instant or a length; `untilOf` says which. */
export const ending = {
  until: z.number().int().min(0).exactOptional().describe('Unix seconds.'),
  seconds: z.number().int().min(60).max(31_536_000).exactOptional().describe('From now on.'),
}
export const ONE_ENDING = 'say either until or seconds'

export function untilOf(asked: { until?: number; seconds?: number }): Until | undefined {
  const { until, seconds } = asked
  if (until !== undefined) return seconds === undefined ? { until } : undefined
  return seconds === undefined ? undefined : { seconds }
}

const mute = z
  .object({ kind: z.literal('mute'), ...asker, ...ending })
  .refine((asked) => untilOf(asked) !== undefined, { error: ONE_ENDING })

const actionBody = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['acknowledge', 'unacknowledge', 'unmute', 'resolve', 'reopen', 'take-command']),
    ...asker,
  }),
  z.object({ kind: z.literal('note'), ...asker, text: sentence }),
  mute,
  z.object({
    kind: z.literal('severity'),
    ...asker,
    severity: wire.severity.nullable().describe('Null: as the rules say again.'),
  }),
  z.object({
    kind: z.literal('level'),
    ...asker,
    level: person.nullable().describe('Null: as its rules say again.'),
  }),
  z.object({ kind: z.literal('assign'), ...asker, role: z.enum(ROLES), to: person }),
  z.object({ kind: z.literal('unassign'), ...asker, role: z.enum(ROLES) }),
  z.object({
    kind: z.literal('hand-over'),
    ...asker,
    to: person,
    text: z.string().max(4_000).default('').describe('What the next one needs to know.'),
  }),
  z.object({ kind: z.literal('add-item'), ...asker, text: sentence, owner: person.exactOptional() }),
  z.object({ kind: z.literal('close-item'), ...asker, item: z.number().int().min(1) }),
  z.object({
    kind: z.literal('link'),
    ...asker,
    link: z.enum(LINK_KINDS),
    url: z.string().max(2_000).describe('Empty takes it away.'),
  }),
])

const declareBody = z.object({
  ...asker,
  title: person,
  services: z.array(person).min(1).max(50),
  severity: wire.severity,
  scope: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe('Where, as far as is known: `{"cloud_provider":"aws"}`.'),
  startedAt: z.number().int().min(0).exactOptional().describe('Unix seconds; absent: now.'),
  drill: z.boolean().exactOptional().describe('Rehearsed: marked as such wherever it is told.'),
})

const incidentList = z.object({ incidents: z.array(wire.incidentSummary) })

export function incidentRoutes(api: Api): readonly Route[] {
  return [
    {
      ...route('/incidents', 'Incidents, newest first.', incidentList, ({ query }) => {
        const { state, limit } = incidentsQuery.parse(query)
        return { incidents: api.incidents(state === undefined ? { limit } : { state, limit }) }
      }),
      query: incidentsQuery,
    },
    {
      ...route('/incidents', 'Declare an incident without an alert.', wire.incidentDetail, ({ body }) =>
        api.declare(declareBody.parse(body)),
      ),
      method: 'POST',
      body: declareBody,
    },
    route('/incidents/:id', 'One incident with its timeline.', wire.incidentDetail, ({ id }) =>
      api.incident(id),
    ),
    {
      ...route(
        '/incidents/:id/actions',
        'Acknowledge, take command, mute, resolve, and all else that people do.',
        wire.incidentDetail,
        ({ id, body }) => api.act(id, actionOf(actionBody.parse(body))),
      ),
      method: 'POST',
      body: actionBody,
    },
  ]
}

/** Null on the wire is nothing set; of the two ways to say an end one is left. */
function actionOf(asked: z.infer<typeof actionBody>): IncidentAction {
  if (asked.kind === 'mute') {
    const { until, seconds, ...rest } = asked
    return { ...rest, ...(until === undefined ? { seconds: seconds ?? 0 } : { until }) }
  }
  if (asked.kind === 'severity') return { ...asked, severity: asked.severity ?? undefined }
  if (asked.kind === 'level') return { ...asked, level: asked.level ?? undefined }
  return asked
}
