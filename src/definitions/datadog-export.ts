import type { Objective, Window } from '../slo/index.ts'
import type { ExternalQuery, IndicatorQuery } from '../traffic/index.ts'
import type { DefinedSlo } from './model.ts'

/** SLOs as Datadog's API takes them, and what could not be carried over. */
export interface Exported {
  /** Bodies for `POST /api/v1/slo`. */
  readonly slos: readonly object[]
  /** SLOs that are not carried over, or only in another way: for people. */
  readonly notes: readonly { readonly name: string; readonly text: string }[]
}

/** What Datadog promises over; any other window is none of its. */
const TIMEFRAMES: readonly number[] = [7, 30, 90]
const DAY = 86_400
const COMPARATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const
/** Slices that Datadog has, in seconds. */
const SLICES: readonly number[] = [60, 300]

/**
 * Our SLOs as Datadog's: what asks Datadog for counts becomes a metric SLO, what compares a number of Datadog's with a
 * threshold becomes time slices. The same definitions give the same bodies.
 */
export function exportDatadog(slos: readonly DefinedSlo[]): Exported {
  const exported: object[] = []
  const notes: Exported['notes'][number][] = []
  for (const defined of slos)
    for (const objective of defined.slo.objectives) {
      const { id } = defined.slo
      const name = defined.slo.objectives.length === 1 ? id : `${id}/${objective.name}`
      const made = bodyOf(defined, objective)
      if (typeof made === 'string') notes.push({ name, text: made })
      else {
        exported.push(made.body)
        for (const text of made.notes) notes.push({ name, text })
      }
    }
  return { slos: exported, notes }
}

interface Made {
  readonly body: object
  readonly notes: readonly string[]
}

/** A text says why there is none. */
function bodyOf(defined: DefinedSlo, objective: Objective): Made | string {
  const { slo, owner } = defined
  const query = defined.queries.find(({ id }) => id === objective.indicator)
  if (query === undefined) return 'it is made of other SLOs, which Datadog cannot add up so'
  const timeframes = slo.windows.flatMap((window) => timeframeOf(window) ?? [])
  if (timeframes.length === 0)
    return `Datadog promises over the last ${TIMEFRAMES.join(', ')} days, and this SLO over none of them`
  const specification = specificationOf(defined, objective, query)
  if (typeof specification === 'string') return specification
  const { type, specification: spec, notes } = specification
  const target = Number(objective.target)
  return {
    body: {
      name: slo.objectives.length === 1 ? slo.displayName : `${slo.displayName}: ${objective.displayName}`,
      ...(slo.description === '' ? {} : { description: slo.description }),
      type,
      tags: [`service:${slo.service}`, ...(owner === '' ? [] : [`team:${owner}`]), `nines:${slo.id}`],
      thresholds: timeframes.map((timeframe) => ({ timeframe, target })),
      sli_specification: spec,
    },
    notes: [
      ...notes,
      ...(timeframes.length < slo.windows.length
        ? ['a window of it is none of Datadog’s, and is left out']
        : []),
    ],
  }
}

function timeframeOf(window: Window): string | undefined {
  if (window.kind !== 'rolling') return undefined
  const days = window.length / DAY
  return TIMEFRAMES.includes(days) ? `${days}d` : undefined
}

interface Specified {
  readonly type: 'metric' | 'time_slice'
  readonly specification: object
  readonly notes: readonly string[]
}

function specificationOf(
  { slo }: DefinedSlo,
  objective: Objective,
  { numerator, total }: IndicatorQuery,
): Specified | string {
  const { query } = numerator
  if (query.kind === 'requests' || total.kind === 'requests')
    return `it counts requests that ${total.source} saw, which Datadog does not have`
  if (query.type !== 'Datadog' || total.type !== 'Datadog')
    return `it asks ${total.source}, which is of type ${total.type}`
  if (query.reading?.kind === 'points-passing') return slicesOf(slo, objective, query)
  if (query.reading !== undefined && query.reading.kind !== 'counter')
    return 'it is a share that its source computes, which Datadog has no SLO for'
  if (slo.method !== 'occurrences') return 'Datadog has no slices over counts of good and bad events'
  const part = formulaOf(query, numerator.counts)
  const whole = formulaOf(total, 'total')
  if (typeof part === 'string') return part
  if (typeof whole === 'string') return whole
  const good = numerator.counts === 'good' ? part.formula : `(${whole.formula}) - (${part.formula})`
  return {
    type: 'metric',
    specification: {
      count: {
        good_events_formula: { formula: good },
        total_events_formula: { formula: whole.formula },
        queries: [...whole.queries, ...part.queries],
      },
    },
    notes: [],
  }
}

function slicesOf(
  { method, noData }: Pick<DefinedSlo['slo'], 'method' | 'noData'>,
  { slice }: Objective,
  query: ExternalQuery,
): Specified | string {
  if (query.reading?.kind !== 'points-passing') return 'it compares nothing'
  const width = method === 'occurrences' ? 60 : Number(slice?.width ?? 60)
  if (!SLICES.includes(width)) return `Datadog has slices of 1 and 5 minutes, and this SLO of ${width} s`
  const made = formulaOf(query, 'slice')
  if (typeof made === 'string') return made
  return {
    type: 'time_slice',
    specification: {
      time_slice: {
        comparator: COMPARATORS[query.reading.op],
        threshold: Number(query.reading.value),
        query_interval_seconds: width,
        query: { formulas: [{ formula: made.formula }], queries: made.queries },
      },
    },
    notes: [
      ...(noData === 'good' ? [] : ['Datadog counts a slice without data as up, and Nines does not']),
      ...(width === 60
        ? []
        : ['Datadog judges a slice by its value over 5 minutes, and Nines by how many of its minutes pass']),
    ],
  }
}

interface Formula {
  readonly formula: string
  readonly queries: readonly {
    readonly name: string
    readonly data_source: 'metrics'
    readonly query: string
  }[]
}

/** The question with names of its own, so that two can stand in one body. */
function formulaOf({ spec }: ExternalQuery, prefix: string): Formula | string {
  const { query, queries, formula, apm } = spec
  const texts = new Map<string, string>()
  if (typeof query === 'string') texts.set('a', query)
  else if (isPlain(queries))
    for (const [name, text] of Object.entries(queries)) if (typeof text === 'string') texts.set(name, text)
  if (isPlain(apm)) {
    const text = traceMetric(apm)
    if (text === undefined)
      return 'SLOs of Datadog ask metrics, and without operation nobody can say which metric of APM this is'
    texts.set('a', text)
  }
  if (texts.size === 0) return 'its question cannot be read'
  const written = typeof formula === 'string' ? formula : ([...texts.keys()][0] ?? '')
  return {
    formula: written.replaceAll(/[a-z][a-z0-9_]*/g, (word) => (texts.has(word) ? `${prefix}_${word}` : word)),
    queries: [...texts].map(([name, text]) => ({
      name: `${prefix}_${name}`,
      data_source: 'metrics',
      // How minutes are put together is the SLO's business there.
      query: text.replaceAll(/\.rollup\([^)]*\)/g, ''),
    })),
  }
}

/** The metric that APM keeps of an operation; undefined for what has none. */
function traceMetric(apm: Readonly<Record<string, unknown>>): string | undefined {
  const { operation, stat = 'hits', service, env, resource, filter, within } = apm
  if (typeof operation !== 'string' || within !== undefined || filter !== undefined) return undefined
  if (stat !== 'hits' && stat !== 'errors') return undefined
  const tags = [
    ...(typeof service === 'string' ? [`service:${service}`] : []),
    ...(typeof env === 'string' ? [`env:${env}`] : []),
    ...(typeof resource === 'string' ? [`resource_name:${resource}`] : []),
  ]
  return `sum:trace.${operation}.${stat}{${tags.length === 0 ? '*' : tags.join(',')}}.as_count()`
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
