import { z } from 'zod'
import * as wire from '../contract/index.ts'
import type { Api } from './api.ts'
import { asker, ending, ONE_ENDING, untilOf } from './incident-routes.ts'
import { type Route, route } from './route.ts'

const silencesQuery = z.object({
  over: z.enum(['true', 'false']).default('false').describe('With those that are over.'),
})

const silenceBody = z
  .object({
    ...asker,
    ...ending,
    matchers: z
      .array(wire.silenceMatcher)
      .min(1)
      .max(20)
      .describe('Labels of the scope, and `slo`, `objective`, `service_name`, `severity`, `kind`.'),
    reason: z.string().trim().min(1).max(1_000),
    from: z.number().int().min(0).exactOptional().describe('Unix seconds; absent: from now on.'),
  })
  .refine((asked) => untilOf(asked) !== undefined, { error: ONE_ENDING })

const endBody = z.object(asker)

const silenceList = z.object({ silences: z.array(wire.silence) })

/** Quiet that people ask for: with matchers, an owner, a reason and an end. */
export function silenceRoutes(api: Api): readonly Route[] {
  return [
    {
      ...route('/silences', 'Silences, newest first.', silenceList, ({ query }) => ({
        silences: api.silences({ over: silencesQuery.parse(query).over === 'true' }),
      })),
      query: silencesQuery,
    },
    {
      ...route('/silences', 'Ask for quiet.', wire.silence, ({ body }) => {
        const { until, seconds, ...rest } = silenceBody.parse(body)
        return api.silence({ ...rest, ...(until === undefined ? { seconds: seconds ?? 0 } : { until }) })
      }),
      method: 'POST',
      body: silenceBody,
    },
    {
      ...route('/silences/:id/end', 'End a silence before its time.', wire.silence, ({ id, body }) =>
        api.endSilence(id, endBody.parse(body)),
      ),
      method: 'POST',
      body: endBody,
    },
  ]
}
