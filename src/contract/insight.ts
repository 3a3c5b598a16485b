import { z } from 'zod'
import { range, severity, state } from './model.ts'

/** What pages ask beside the state of now: other promises on the recorded past, days, periods, what is announced. */

const instant = z.number().int()
const labels = z.record(z.string(), z.string())

/** Another promise on the recorded past: of an SLO with something changed, or of a service that has none yet. */
export const previewAsked = z
  .object({
    slo: z.string().max(500).optional().describe('The id of an SLO: everything not given is as it has it.'),
    service: z.string().max(500).optional().describe('Without an SLO: the service that is to have one.'),
    source: z.string().max(500).optional().describe('The DataSource that has seen the service.'),
    scope: labels.default({}).describe('Only events with these labels.'),
    target: z
      .string()
      .regex(
        /^\d{1,2}(\.\d{1,4})?$/,
        'must be a percentage below 100 with at most four decimals, such as 99.9',
      )
      .optional(),
    withinMs: z
      .number()
      .positive()
      .max(600_000)
      .nullable()
      .optional()
      .describe('The latency threshold; null: any duration counts. Two significant digits at most.'),
    windowDays: z.number().int().min(1).max(90).optional(),
  })
  .refine(({ slo, service }) => (slo === undefined) !== (service === undefined), 'name an SLO or a service')

export const preview = z.object({
  range,
  target: z.string(),
  withinMs: z.number().nullable(),
  windowDays: z.number(),
  good: z.number(),
  bad: z.number(),
  sli: z.number().nullable(),
  leftRatio: z.number().nullable(),
  /** The least that was ever left at the end of a step. */
  lowest: z.number().nullable(),
  step: z.number().int(),
  start: z.array(instant),
  left: z.array(z.number().nullable()),
  rules: z.array(
    z.object({
      rule: z.string(),
      severity,
      factor: z.number(),
      long: z.number().int(),
      short: z.number().int(),
      firings: z.array(z.object({ from: instant, to: instant, peak: z.number() })),
    }),
  ),
  /** The tightest of the usual targets of which a fifth of the budget was always left; null when none is. */
  suggested: z.string().nullable(),
})

/** What each day counted; days by a clock that differs from UTC by whole hours. */
export const days = z.object({
  id: z.string(),
  offset: z.number().int(),
  days: z.array(
    z.object({
      start: instant,
      good: z.number(),
      bad: z.number(),
      /** Of the budget of the present window; null when there is none yet. */
      spent: z.number().nullable(),
      /** Seconds of the day that were measured, wholly or in part. */
      known: z.number().int(),
    }),
  ),
})

/** A period, promise by promise. */
export const review = z.object({
  range,
  rows: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      service: z.string(),
      owner: z.string(),
      indicator: z.string(),
      target: z.string(),
      state,
      good: z.number(),
      bad: z.number(),
      sli: z.number().nullable(),
      /** Whether the period by itself kept the target; null without events. */
      met: z.boolean().nullable(),
      /** Bad events of the period as a share of what the target allows for it. */
      spent: z.number().nullable(),
      incidents: z.number().int(),
    }),
  ),
})

/** What definitions say will happen or happened: announced traffic, and time that does not count. */
export const calendarEvents = z.object({
  range,
  events: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['traffic', 'correction']),
      /** `sale`, `tv`, …; of a correction `exclude` or `forgive`. */
      type: z.string(),
      title: z.string(),
      description: z.string(),
      from: instant,
      to: instant,
      services: z.array(z.string()),
      scope: labels,
      /** Times the usual traffic. */
      multiplier: z.number().nullable(),
      owner: z.string(),
    }),
  ),
})

export type PreviewAsked = z.infer<typeof previewAsked>
export type Preview = z.infer<typeof preview>
export type Days = z.infer<typeof days>
export type Review = z.infer<typeof review>
export type CalendarEvents = z.infer<typeof calendarEvents>
