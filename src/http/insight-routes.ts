import { z } from 'zod'
import * as wire from '../contract/index.ts'
import type { Api } from './api.ts'
import { parseScope, type Route, route } from './route.ts'

const HOUR = 3_600
const LONGEST = 400 * 86_400
const from = z.coerce
  .number()
  .int()
  .min(0)
  .describe('Start, Unix seconds, inclusive; of the hour it lies in.')
const to = z.coerce.number().int().min(0).describe('End, Unix seconds, exclusive.')
const rangeQuery = z.object({ from, to })
const daysQuery = z.object({
  count: z.coerce.number().int().min(1).max(400).default(365).describe('Days, today included.'),
  offset: z.coerce
    .number()
    .int()
    .min(-14 * HOUR)
    .max(14 * HOUR)
    .multipleOf(HOUR)
    .default(0)
    .describe('What the clock that days go by is ahead of UTC, in seconds.'),
  scope: z.string().max(2_000).default(''),
})

/** Another promise on the past, days, periods, and what is announced. */
export function insightRoutes(api: Api): readonly Route[] {
  return [
    {
      ...route(
        '/preview',
        'What another target, threshold or window would have said and told.',
        wire.preview,
        ({ body }) => api.preview(wire.previewAsked.parse(body)),
      ),
      method: 'POST',
      body: wire.previewAsked,
    },
    {
      ...route('/slos/:id/days', 'What each day counted and spent.', wire.days, ({ id, query }) => {
        const { scope, ...rest } = daysQuery.parse(query)
        return api.days(id, { ...rest, scope: parseScope(scope) })
      }),
      query: daysQuery,
    },
    {
      ...route('/review', 'A period, promise by promise.', wire.review, ({ query }) =>
        api.review(wholeHours(rangeQuery.parse(query))),
      ),
      query: rangeQuery,
    },
    {
      ...route(
        '/events',
        'Announced traffic, and time that does not count.',
        wire.calendarEvents,
        ({ query }) => api.events(wholeHours(rangeQuery.parse(query))),
      ),
      query: rangeQuery,
    },
  ]
}

function wholeHours(asked: { from: number; to: number }): { from: number; to: number } {
  const end = Math.ceil(asked.to / HOUR) * HOUR
  return { from: Math.max(Math.floor(asked.from / HOUR) * HOUR, end - LONGEST), to: end }
}
