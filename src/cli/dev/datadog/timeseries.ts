import { isPlain, refuse } from './answers.ts'

/** A query of a timeseries request, as it came. */
export interface EmulatedQuery {
  readonly name: string
  /** `metrics`: the text. `apm_metrics`: its fields. */
  readonly source: 'metrics' | 'apm_metrics' | 'apm_dependency_stats' | 'apm_resource_stats'
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What is stored: the values of a query in a minute (Unix seconds), one for each group. Null: nothing was reported. */
export type Stored = (
  query: EmulatedQuery,
  minute: number,
) => readonly { readonly tags: readonly string[]; readonly value: number | null }[]

/** Beyond so many points in a series the interval grows, whatever was asked. */
const MOST_POINTS = 1_500
const SOURCES = ['metrics', 'apm_metrics', 'apm_dependency_stats', 'apm_resource_stats'] as const

/** `POST /api/v2/query/timeseries`. */
export function timeseries(body: unknown, stored: Stored, nowMs: number): Response {
  const attributes = isPlain(body) && isPlain(body['data']) ? body['data']['attributes'] : undefined
  if (!isPlain(attributes)) return refuse(400, 'Invalid JSON: data.attributes is required')
  const { from, to, interval } = attributes
  if (typeof from !== 'number' || typeof to !== 'number' || from >= to)
    return refuse(400, 'Invalid time range: from must be before to')
  const queries = listOf(attributes['queries']).flatMap(queryOf)
  const formulas = listOf(attributes['formulas']).flatMap((each) =>
    typeof each['formula'] === 'string' ? [each['formula']] : [],
  )
  if (queries.length === 0) return refuse(400, 'queries: at least one is required')
  const wrong = queries.map(faultOf).find((fault) => fault !== undefined)
  if (wrong !== undefined) return refuse(400, wrong)
  const unknown = formulas.flatMap(termsOf).find(({ name }) => !queries.some((each) => each.name === name))
  if (unknown !== undefined) return refuse(400, `Formula refers to unknown query ${unknown.name}`)
  const step = stepOf((to - from) / 1_000, typeof interval === 'number' ? interval / 1_000 : 60)
  const times: number[] = []
  for (let at = Math.floor(from / 1_000 / step) * step; at < to / 1_000 && at * 1_000 <= nowMs; at += step)
    if (at * 1_000 >= from) times.push(at * 1_000)
  const asked = formulas.length > 0 ? formulas : queries.map(({ name }) => name)
  const series: unknown[] = []
  const values: (number | null)[][] = []
  for (const [index, formula] of asked.entries())
    for (const [tags, points] of seriesOf(termsOf(formula), { queries, times, step, stored })) {
      series.push({ group_tags: tags === '' ? [] : tags.split('\n'), query_index: index, unit: null })
      values.push(points)
    }
  return Response.json({
    data: { id: '0', type: 'timeseries_response', attributes: { series, times, values } },
  })
}

/** The interval is what was asked for, or the next larger one that keeps within the bound on points. */
function stepOf(seconds: number, asked: number): number {
  const least = Math.max(asked, seconds / MOST_POINTS)
  return [60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 86_400].find((each) => each >= least) ?? 86_400
}

interface Term {
  readonly sign: 1 | -1
  readonly name: string
}

/** `a - b + c`. */
function termsOf(formula: string): readonly Term[] {
  return [...formula.matchAll(/([+-]?)\s*([a-z][a-z0-9_]*)/g)].map(([, sign, name = '']) => ({
    sign: sign === '-' ? -1 : 1,
    name,
  }))
}

function seriesOf(
  terms: readonly Term[],
  {
    queries,
    times,
    step,
    stored,
  }: {
    readonly queries: readonly EmulatedQuery[]
    readonly times: readonly number[]
    readonly step: number
    readonly stored: Stored
  },
): ReadonlyMap<string, (number | null)[]> {
  const found = new Map<string, (number | null)[]>()
  for (const { sign, name } of terms) {
    const query = queries.find((each) => each.name === name)
    if (query === undefined) continue
    for (const [i, time] of times.entries())
      for (let minute = time / 1_000; minute < time / 1_000 + step; minute += 60)
        for (const { tags, value } of stored(query, minute)) {
          const key = tags.join('\n')
          const points = found.get(key) ?? times.map(() => null)
          found.set(key, points)
          if (value !== null) points[i] = (points[i] ?? 0) + sign * value
        }
  }
  return found
}

function queryOf(each: Readonly<Record<string, unknown>>): readonly EmulatedQuery[] {
  const { name, data_source: source, query, ...fields } = each
  const known = SOURCES.find((one) => one === source)
  if (typeof name !== 'string' || known === undefined) return []
  return [{ name, source: known, text: typeof query === 'string' ? query : '', fields }]
}

/** What the API says of a query that it cannot read. */
function faultOf({ source, text, fields }: EmulatedQuery): string | undefined {
  if (source === 'metrics') {
    const isWhole =
      /^[a-z]+(\([^)]*\))?:[\w.]+\{[^{}]*\}(\s+by\s+\{[\w.,\s]+\})?(\.[a-z_]+\([^()]*\))*$/.test(text)
    return isWhole
      ? undefined
      : `Error parsing query: unable to parse ${text}: Rule 'scope_expr' didn't match`
  }
  if (source === 'apm_metrics' && typeof fields['stat'] !== 'string') return 'stat is required'
  if (source === 'apm_resource_stats' && typeof fields['env'] !== 'string') return 'env is required'
  return undefined
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isPlain) : []
}
