import { z } from 'zod'

const monitor = z.looseObject({
  id: z.number(),
  name: z.string().default(''),
  type: z.string(),
  query: z.string(),
})

/** A monitor as a number that is compared each minute. */
export interface MonitorIndicator {
  readonly query: string
  /** What is up: the opposite of what alerts. */
  readonly op: 'gt' | 'gte' | 'lt' | 'lte'
  readonly value: number
  readonly note: string
}

/** Of what alerts, what does not. */
const UP = { '>': 'lte', '>=': 'lt', '<': 'gte', '<=': 'gt' } as const

/**
 * What an SLO of type monitor looks at, where that is one monitor of a metric without groups. A text says why not. What a monitor
 * counts as up between its evaluations, and by its recovery thresholds, is Datadog's alone, so there is a note always.
 */
export function monitorOf(
  {
    monitor_ids: ids,
    groups,
  }: { readonly monitor_ids: readonly number[]; readonly groups: readonly string[] },
  monitors: readonly unknown[],
): MonitorIndicator | string {
  const [id, ...others] = ids
  if (id === undefined) return 'it looks at no monitor'
  if (others.length > 0)
    return `it looks at ${ids.length} monitors at once: write an SLO for each, and a Journey of all`
  const found = monitors.map((each) => monitor.safeParse(each)).find((each) => each.data?.id === id)?.data
  if (found === undefined) return `monitor ${id} is not among those that were read: save /api/v1/monitor too`
  const { type, name } = found
  if (type !== 'metric alert' && type !== 'query alert')
    return `monitor ${id} (${name}) is a ${type}: only those over metrics are carried over`
  const written = /^(avg|min|max|sum|last)\((last_\w+)\):\s*(.+?)\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)$/s.exec(
    found.query.trim(),
  )
  const [, how, window, query = '', comparator = ''] = written ?? []
  const op = comparatorOf(comparator)
  if (op === undefined) return `the query of monitor ${id} (${name}) is more than one comparison`
  if (groups.length > 0 || /\}\s*by\s*\{/.test(query))
    return `monitor ${id} (${name}) alerts for groups apart: write an SLI with a label for them`
  return {
    query: query.replaceAll(/,\s*\d+\s*\)/g, ', 60)'),
    op,
    value: Number(written?.[5]),
    note: `it follows monitor ${id} (${name}), which judges the ${how} of ${window}; here each minute is judged by the same query and threshold`,
  }
}

function comparatorOf(text: string): MonitorIndicator['op'] | undefined {
  return text === '>' || text === '>=' || text === '<' || text === '<=' ? UP[text] : undefined
}

/** Slices of a minute are minutes; longer ones are slices here too, with what is different about them. */
export function slicesOf(seconds: number): {
  readonly method?: 'Timeslices'
  readonly slice?: Readonly<Record<string, unknown>>
  readonly note?: string
} {
  if (seconds === 60) return {}
  return {
    method: 'Timeslices',
    slice: { timeSliceWindow: `${seconds / 60}m`, timeSliceTarget: 0.5 },
    note: `a slice of ${seconds / 60} minutes is judged there by its value over all of them, and here by whether at least half of its minutes pass`,
  }
}
