import { stringify } from 'yaml'
import { z } from 'zod'
import { isoMinute, unixSeconds } from '../base/index.ts'
import { monitorOf, slicesOf } from './datadog-monitors.ts'
import { percentToRatio, type SplitQuery, splitQuery } from './datadog-queries.ts'

/** What became of Datadog's SLOs. */
export interface Imported {
  /** OpenSLO documents. */
  readonly text: string
  readonly slos: number
  readonly corrections: number
  /** What could not be carried over, or only in another way: for people. */
  readonly notes: readonly { readonly name: string; readonly text: string }[]
}

const query = z.looseObject({
  name: z.string(),
  query: z.string().optional(),
  data_source: z.string().optional(),
})
const formula = z.looseObject({ formula: z.string() })
const slo = z.looseObject({
  id: z.string().optional(),
  name: z.string(),
  description: z.string().nullish(),
  tags: z.array(z.string()).default([]),
  type: z.string(),
  monitor_ids: z.array(z.number()).default([]),
  groups: z.array(z.string()).default([]),
  thresholds: z.array(z.looseObject({ timeframe: z.string(), target: z.number() })).default([]),
  query: z.looseObject({ numerator: z.string(), denominator: z.string() }).optional(),
  sli_specification: z
    .looseObject({
      count: z
        .looseObject({
          good_events_formula: formula,
          total_events_formula: formula.optional(),
          bad_events_formula: formula.optional(),
          queries: z.array(query),
        })
        .optional(),
      time_slice: z
        .looseObject({
          comparator: z.enum(['>', '>=', '<', '<=']),
          threshold: z.number(),
          query_interval_seconds: z.number().optional(),
          query: z.looseObject({ formulas: z.array(formula), queries: z.array(query) }),
        })
        .optional(),
    })
    .optional(),
})
const correction = z.looseObject({
  id: z.string().optional(),
  attributes: z.looseObject({
    category: z.string().nullish(),
    description: z.string().nullish(),
    slo_id: z.string().nullish(),
    start: z.number(),
    end: z.number().nullish(),
    duration: z.number().nullish(),
    rrule: z.string().nullish(),
    timezone: z.string().nullish(),
  }),
})
type Slo = z.infer<typeof slo>

const OPS = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' } as const

/**
 * Datadog's SLOs and status corrections, as its API tells them (`data` of `/api/v1/slo` and `/api/v1/slo/correction`), as
 * OpenSLO. An SLO with several timeframes becomes one for each: their targets differ.
 */
export function importDatadog(
  {
    slos,
    corrections,
    monitors = [],
  }: {
    readonly slos: readonly unknown[]
    readonly corrections: readonly unknown[]
    /** `/api/v1/monitor`: those that SLOs look at. */
    readonly monitors?: readonly unknown[]
  },
  source: string,
): Imported {
  const notes: Imported['notes'][number][] = []
  const documents: unknown[] = []
  const named = new Map<string, { readonly names: readonly string[]; readonly type: string }>()
  const taken = new Set<string>()
  let count = 0
  for (const each of slos) {
    const read = slo.safeParse(each)
    if (!read.success) {
      notes.push({
        name: nameIn(each),
        text: `it cannot be read: ${z.prettifyError(read.error).replaceAll('\n', ' ')}`,
      })
      continue
    }
    const { name, id, thresholds, type } = read.data
    const indicator = indicatorOf(read.data, { source, monitors })
    if (typeof indicator === 'string') {
      notes.push({ name, text: indicator })
      continue
    }
    if (indicator.note !== undefined) notes.push({ name, text: indicator.note })
    const names: string[] = []
    for (const { timeframe, target } of thresholds) {
      if (!/^\d+d$/.test(timeframe)) {
        notes.push({ name, text: `timeframe ${timeframe} is not carried over` })
        continue
      }
      const own = uniqueName(thresholds.length > 1 ? `${name}-${timeframe}` : name, taken)
      documents.push(sloDocument(read.data, { name: own, indicator, timeframe, target }))
      names.push(own)
      count++
    }
    if (id !== undefined) named.set(id, { names, type })
  }
  const made = corrections.flatMap((each) => correctionDocument(each, named, notes))
  return {
    text: [...documents, ...made].map((document) => stringify(document, { lineWidth: 0 })).join('---\n'),
    slos: count,
    corrections: made.length,
    notes,
  }
}

interface Indicator {
  readonly spec: Readonly<Record<string, unknown>>
  readonly objective: Readonly<Record<string, unknown>>
  readonly annotations: Readonly<Record<string, string>>
  /** Occurrences, unless it says otherwise. */
  readonly method?: 'Timeslices'
  readonly note?: string
}

/** Why not, when it is a text. */
function indicatorOf(
  one: Slo,
  { source, monitors }: { readonly source: string; readonly monitors: readonly unknown[] },
): Indicator | string {
  const metric = (spec: unknown): unknown => ({
    metricSource: { metricSourceRef: source, type: 'Datadog', spec },
  })
  const { count, time_slice: slice } = one.sli_specification ?? {}
  if (one.type === 'metric' && count !== undefined) {
    const queries = plainQueries(count.queries)
    if (queries === undefined) return 'a query of it is not over metrics, and is not carried over'
    const { good_events_formula: good, bad_events_formula: bad, total_events_formula: total } = count
    const all = total?.formula ?? `${good.formula} + ${bad?.formula ?? ''}`
    return ratio(
      metric(usedOf({ queries, formula: good.formula })),
      metric(usedOf({ queries, formula: all })),
    )
  }
  if (one.type === 'metric' && one.query !== undefined) {
    const good = splitQuery(one.query.numerator)
    const total = splitQuery(one.query.denominator)
    if (good === undefined || total === undefined)
      return 'its query computes more than sums, and is not carried over'
    return ratio(metric(shortOf(good)), metric(shortOf(total)))
  }
  if (one.type === 'time_slice' && slice !== undefined) {
    const queries = plainQueries(slice.query.queries)
    const written = slice.query.formulas[0]?.formula
    if (queries === undefined || written === undefined)
      return 'a query of it is not over metrics, and is not carried over'
    const { slice: sliced = {}, ...more } = slicesOf(slice.query_interval_seconds ?? 300)
    return comparison(metric(usedOf(inMinutes({ queries, formula: written }))), {
      objective: { op: OPS[slice.comparator], value: slice.threshold, ...sliced },
      ...more,
    })
  }
  if (one.type === 'monitor') {
    const found = monitorOf(one, monitors)
    if (typeof found === 'string') return found
    const { query: text, op, value, note } = found
    return comparison(metric({ query: text }), { objective: { op, value }, note })
  }
  return `an SLO of type ${one.type} is not carried over: write an SLI of what it looks at`
}

/** A query of Datadog's may be rolled up to the slice; ours are by the minute. */
function inMinutes({ queries, formula: written }: SplitQuery): SplitQuery {
  const texts = Object.entries(queries).map(
    ([name, text]) => [name, text.replaceAll(/,\s*\d+\s*\)/g, ', 60)')] as const,
  )
  return { queries: Object.fromEntries(texts), formula: written }
}

/** Datadog counts what has no data as up. */
function comparison(
  thresholdMetric: unknown,
  more: Pick<Indicator, 'objective' | 'method'> & { readonly note?: string | undefined },
): Indicator {
  const { note, ...rest } = more
  return {
    spec: { thresholdMetric },
    annotations: { 'nines.dev/no-data': 'good' },
    ...rest,
    ...(note === undefined ? {} : { note }),
  }
}

function ratio(good: unknown, total: unknown): Indicator {
  return { spec: { ratioMetric: { counter: false, good, total } }, objective: {}, annotations: {} }
}

function plainQueries(all: readonly z.infer<typeof query>[]): Readonly<Record<string, string>> | undefined {
  const entries = all.flatMap(({ name, query: text, data_source: source }) =>
    text !== undefined && (source ?? 'metrics') === 'metrics' ? [[name.toLowerCase(), text] as const] : [],
  )
  return entries.length === all.length ? Object.fromEntries(entries) : undefined
}

/** Only what the formula names; a single query needs no formula. */
function usedOf({ queries, formula: written }: SplitQuery): unknown {
  const text = written.toLowerCase()
  const words = new Set(text.match(/[a-z][a-z0-9_]*/g) ?? [])
  return shortOf({
    queries: Object.fromEntries(Object.entries(queries).filter(([name]) => words.has(name))),
    formula: text,
  })
}

function shortOf({ queries, formula: written }: SplitQuery): unknown {
  const [first, ...others] = Object.entries(queries)
  return first !== undefined && others.length === 0 && written.trim() === first[0]
    ? { query: first[1] }
    : { queries, formula: written }
}

function sloDocument(
  one: Slo,
  {
    name,
    indicator,
    timeframe,
    target,
  }: {
    readonly name: string
    readonly indicator: Indicator
    readonly timeframe: string
    readonly target: number
  },
): unknown {
  const service = one.tags.find((tag) => tag.startsWith('service:'))?.slice('service:'.length) ?? name
  const isPlain = Object.keys(indicator.annotations).length === 0
  return {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name, displayName: one.name, ...(isPlain ? {} : { annotations: indicator.annotations }) },
    spec: {
      ...(one.description ? { description: one.description.slice(0, 1_000) } : {}),
      service: slug(service),
      indicator: { metadata: { name: `${name}-sli`.slice(0, 63) }, spec: indicator.spec },
      timeWindow: [{ duration: timeframe, isRolling: true }],
      budgetingMethod: indicator.method ?? 'Occurrences',
      objectives: [{ ...indicator.objective, target: Number(percentToRatio(target)) }],
    },
  }
}

/** A correction of counts leaves its time out, one of slices counts it as up: as Datadog's own arithmetic does. */
function correctionDocument(
  each: unknown,
  named: ReadonlyMap<string, { readonly names: readonly string[]; readonly type: string }>,
  notes: Imported['notes'][number][],
): readonly unknown[] {
  const read = correction.safeParse(each)
  if (!read.success) {
    notes.push({ name: 'correction', text: 'it cannot be read' })
    return []
  }
  const { id = 'unnamed', attributes } = read.data
  const { slo_id: sloId, start, end, duration, rrule, description, category } = attributes
  const target = named.get(sloId ?? '')
  if (target === undefined || target.names.length === 0) {
    notes.push({ name: `correction ${id}`, text: 'its SLO is not carried over' })
    return []
  }
  const seconds = duration ?? (end ?? start) - start
  if (seconds < 60) {
    notes.push({ name: `correction ${id}`, text: 'it has no end, and is not carried over' })
    return []
  }
  return [
    {
      apiVersion: 'nines.dev/v1',
      kind: 'Correction',
      metadata: { name: slug(`datadog-${id}`) },
      spec: {
        effect: target.type === 'time_slice' ? 'forgive' : 'exclude',
        reason: description?.trim() || category || 'status correction of Datadog',
        approver: 'Datadog',
        slos: target.names,
        start: wallClock(start),
        duration: `${Math.ceil(seconds / 60)}m`,
        timeZone: 'UTC',
        ...(rrule ? { recurrence: rrule.replace(/^RRULE:/, '') } : {}),
      },
    },
  ]
}

function wallClock(at: number): string {
  return `${isoMinute(unixSeconds(at)).slice(0, 16)}:00`
}

function uniqueName(name: string, taken: Set<string>): string {
  const base = slug(name)
  let own = base
  for (let i = 2; taken.has(own); i++) own = `${base.slice(0, 58)}-${i}`
  taken.add(own)
  return own
}

function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return plain.slice(0, 58).replace(/-+$/, '') || 'unnamed'
}

function nameIn(each: unknown): string {
  return typeof each === 'object' && each !== null && 'name' in each ? String(each.name) : 'SLO'
}
