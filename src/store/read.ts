import { type Labels, labelsKey, pickLabels, type Range, type Seconds } from '../base/index.ts'
import type { IndicatorQuery, MetricQuery, Selector, SplitSeries } from '../traffic/index.ts'
import { quartersOf } from './cells.ts'
import { type Engine, quote } from './engine.ts'
import { type Measure, measureOf, measureSql } from './measure.ts'
import type { Series, SeriesRegistry } from './series.ts'

/** Numbers in one answer of the engine: 16 MB, so that reading a year takes no more memory than reading a day. */
const MAX_NUMBERS = 2_000_000
/** Statements of one read that run at a time. */
const CONCURRENT = 2
/** Different lists of shapes that are asked separately; beyond it they are joined, and some are asked in vain. */
const MAX_PLANS = 12
/** A statement takes some 8 ms whatever it reads, as long as a measure over this many rows: less is asked at once. */
const ONE_PLAN = 100_000

export interface ReadContext {
  readonly engine: Engine
  readonly registry: SeriesRegistry
  readonly range: Range
  readonly width: Seconds
}

/** Two numbers a bucket for one scope of one query. */
interface Account {
  readonly scope: Labels
  readonly numerator: Float64Array
  readonly total: Float64Array
}

/** One measure of one series, and where its numbers are added. */
interface Use {
  readonly measure: Measure
  readonly into: Float64Array[]
}

/** All that is asked of one series, by the measure's text and threshold. */
type Uses = Map<string, Use>

/** Series of which measures of the same shapes are asked: one column a shape, each series with its own threshold. */
interface Plan {
  readonly shapes: readonly string[]
  readonly kinds: readonly string[]
  /** What is asked of each series, by column; undefined where a column does not concern it. */
  readonly series: readonly (readonly [Series, readonly (Use | undefined)[]])[]
}

/**
 * Good and bad of each query and scope. Each series is asked once for all that the queries need of it; scopes are
 * added up here. One statement sees one state of the ledger, so nobody sees half a step of a series.
 */
export async function readSeries(
  queries: readonly IndicatorQuery[],
  context: ReadContext,
): Promise<readonly SplitSeries[]> {
  const { range, width } = context
  if (width % 60 !== 0 || range.from % width !== 0 || range.to % width !== 0)
    throw new RangeError(`the range ${range.from} to ${range.to} is not aligned to ${width} s`)
  const buckets = Math.max(0, (range.to - range.from) / width)
  const uses = new Map<Series, Uses>()
  const accounts = queries.map((query) => openAccounts(query, { buckets, uses, registry: context.registry }))
  const minutes = (range.to - range.from) / 60
  const statements = buckets === 0 ? [] : plansOf(uses, minutes).flatMap((plan) => cutPlan(plan, buckets))
  await eachOf(statements, (plan) => readPlan(plan, { ...context, buckets }))
  return queries.flatMap((query, i) => (accounts[i] ?? []).map((account) => settle(query, account, context)))
}

/** One account for the scope of all, and one for each combination of values of each prefix of `splitBy`. */
function openAccounts(
  query: IndicatorQuery,
  context: { buckets: number; uses: Map<Series, Uses>; registry: SeriesRegistry },
): readonly Account[] {
  const accounts = new Map<string, Account>()
  const account = ({ key, labels }: Scope): Account => {
    const known = accounts.get(key)
    if (known) return known
    const { buckets } = context
    const opened = { scope: labels, numerator: new Float64Array(buckets), total: new Float64Array(buckets) }
    accounts.set(key, opened)
    return opened
  }
  account(WHOLE)
  for (const side of ['numerator', 'total'] as const) {
    const metric = side === 'numerator' ? query.numerator.query : query.total
    const measure = measureOf(metric)
    const key = `${measure.shape} ${measure.before ?? ''}`
    const reads = metric.kind === 'requests' ? metric.match.reads : undefined
    // What is remembered of a series holds for those who read its labels alike.
    const name = [...query.splitBy, ...(reads && metric.kind === 'requests' ? [metric.match.text] : [])].join(
      '\n',
    )
    for (const series of seriesOf(context.registry, metric)) {
      const uses: Uses = context.uses.get(series) ?? new Map()
      context.uses.set(series, uses)
      const use = uses.get(key) ?? { measure, into: [] }
      uses.set(key, use)
      for (const scope of scopesOf(series, { splitBy: query.splitBy, name, reads }))
        use.into.push(account(scope)[side])
    }
  }
  return [...accounts.values()]
}

export function seriesOf(registry: SeriesRegistry, metric: MetricQuery): readonly Series[] {
  return metric.kind === 'external'
    ? registry.answering(metric.source, metric.key)
    : registry.matching(metric.source, metric.match)
}

interface Scope {
  readonly key: string
  readonly labels: Labels
}

const WHOLE: Scope = { key: '', labels: {} }
/** The scopes of a series do not change, and every read asks for them. */
const SCOPES = new WeakMap<Series, Map<string, readonly Scope[]>>()

interface Splitting {
  readonly splitBy: readonly string[]
  /** One text for all of it. */
  readonly name: string
  readonly reads: Selector['reads']
}

/** A series without one of the labels is in the wider scopes only. */
function scopesOf(series: Series, { splitBy, name, reads }: Splitting): readonly Scope[] {
  const known = SCOPES.get(series)?.get(name)
  if (known) return known
  const found = findScopes(reads?.(series.labels) ?? series.labels, splitBy)
  const ofSeries = SCOPES.get(series) ?? new Map<string, readonly Scope[]>()
  SCOPES.set(series, ofSeries.set(name, found))
  return found
}

function findScopes(labels: Labels, splitBy: readonly string[]): readonly Scope[] {
  const scopes: Scope[] = [WHOLE]
  for (let length = 1; length <= splitBy.length; length++) {
    const name = splitBy[length - 1]
    if (name === undefined || (labels[name] ?? '') === '') break
    const picked = pickLabels(labels, splitBy.slice(0, length))
    scopes.push({ key: labelsKey(picked), labels: picked })
  }
  return scopes
}

/** Series are asked together when the same shapes are asked of them; when there is little to read, all are. */
function plansOf(uses: ReadonlyMap<Series, Uses>, minutes: number): readonly Plan[] {
  const alike = new Map<string, [Series, readonly Use[]][]>()
  for (const [series, asked] of uses) {
    const sorted = [...asked.values()].sort((a, b) => (a.measure.shape < b.measure.shape ? -1 : 1))
    const key = sorted.map((use) => use.measure.shape).join('\n')
    const group = alike.get(key)
    if (group) group.push([series, sorted])
    else alike.set(key, [[series, sorted]])
  }
  const groups = [...alike.values()].sort((a, b) => b.length - a.length)
  const alone = uses.size * minutes < ONE_PLAN ? 0 : MAX_PLANS
  const rest = groups.slice(alone).flat()
  return [...groups.slice(0, alone), ...(rest.length === 0 ? [] : [rest])].map(planOf)
}

/** A column for each shape, as often as the series of which it is asked most often needs it. */
function planOf(group: readonly (readonly [Series, readonly Use[]])[]): Plan {
  const most = new Map<string, number>()
  const kinds = new Set<string>()
  for (const [, asked] of group) {
    const times = new Map<string, number>()
    for (const { measure } of asked) {
      const n = (times.get(measure.shape) ?? 0) + 1
      times.set(measure.shape, n)
      most.set(measure.shape, Math.max(most.get(measure.shape) ?? 0, n))
      for (const kind of measure.kinds) kinds.add(kind)
    }
  }
  const shapes = [...most].flatMap(([shape, n]) => Array<string>(n).fill(shape))
  const series = group.map(([one, asked]): Plan['series'][number] => {
    const left = [...asked]
    const columns = shapes.map((shape) => {
      const at = left.findIndex((use) => use.measure.shape === shape)
      return at < 0 ? undefined : left.splice(at, 1)[0]
    })
    return [one, columns]
  })
  return { shapes, kinds: [...kinds], series }
}

/** The plan in pieces whose answers are small; neighbours in the table stay together. */
function cutPlan(plan: Plan, buckets: number): readonly Plan[] {
  const each = Math.max(1, Math.floor(MAX_NUMBERS / (buckets * plan.shapes.length)))
  const series = [...plan.series].sort(([a], [b]) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const pieces: Plan[] = []
  for (let at = 0; at < series.length; at += each)
    pieces.push({ ...plan, series: series.slice(at, at + each) })
  return pieces
}

async function readPlan(plan: Plan, context: ReadContext & { readonly buckets: number }): Promise<void> {
  const { engine, range, width, buckets } = context
  const limits = plan.shapes.map((_, column) => limitOf(plan, column))
  const bucket = `intDiv(toUInt32(minute) - ${range.from}, ${width})`
  const sums = plan.shapes.map(
    (shape, column) =>
      `sumResample(0, ${buckets}, 1)(toFloat64(${measureSql(shape, `limit_${column}`)}), ${bucket})`,
  )
  const wanted = { series: plan.series.map(([series]) => series), measures: [plan] }
  // The thresholds are looked up once a row here, not once a bin.
  const columns = limits.map((limit, column) => `${limit} AS limit_${column}`)
  const rows = await engine.query(
    `SELECT series, ${sums.join(', ')} FROM (
       SELECT series, kind, reason, minute, count, bins, tallies, ${columns.join(', ')}
       FROM ${cellsWhere(engine, wanted, range)}
     ) GROUP BY series`,
  )
  const asked = new Map(plan.series.map(([series, uses]) => [series.id, uses]))
  while (!rows.done) {
    const uses = asked.get(rows.big())
    for (let column = 0; column < plan.shapes.length; column++) {
      const numbers = rows.f64s()
      for (const into of uses?.[column]?.into ?? []) addTo(into, numbers)
    }
  }
}

/** The bin that ends a column's threshold: a number when it is the same for all series, else looked up by series. */
function limitOf(plan: Plan, column: number): string {
  const limits = plan.series.map(([series, uses]) => [series.id, uses[column]?.measure.before ?? 0] as const)
  const different = new Set(limits.map(([, limit]) => limit))
  if (different.size <= 1) return String([...different][0] ?? 0)
  const ids = limits.map(([id]) => id).join(', ')
  return `transform(series, [${ids}], [${limits.map(([, limit]) => limit).join(', ')}], 0)`
}

/**
 * The rows of some series in a range. FINAL makes the last revision of each row count whether the engine has merged or
 * not; PREWHERE names columns of the key only, so it cannot leave out the revision that wins.
 */
export function cellsWhere(
  engine: Engine,
  wanted: {
    readonly series: readonly Series[]
    readonly measures: readonly { readonly kinds: readonly string[] }[]
  },
  range: Range,
): string {
  const kinds = [...new Set(wanted.measures.flatMap((measure) => measure.kinds))].map(quote)
  return (
    `${engine.tables.database}.cells FINAL PREWHERE ${quartersOf(range)}` +
    ` AND series IN (${wanted.series.map((series) => series.id).join(', ')}) AND kind IN (${kinds.join(', ')})` +
    ` AND minute >= ${range.from} AND minute < ${range.to}`
  )
}

function addTo(into: Float64Array, numbers: Float64Array): void {
  for (let i = 0; i < numbers.length; i++) into[i] = (into[i] ?? 0) + (numbers[i] ?? 0)
}

/**
 * Turns the two numbers of each bucket into good and bad, in place: thousands of series are tens of megabytes. A
 * source that answers with more good (or bad) than total is taken at its total.
 */
function settle(query: IndicatorQuery, account: Account, context: ReadContext): SplitSeries {
  const { scope, numerator, total } = account
  for (let i = 0; i < total.length; i++) {
    const all = total[i] ?? 0
    const counted = Math.min(numerator[i] ?? 0, all)
    numerator[i] = counted
    total[i] = all - counted
  }
  const [good, bad] = query.numerator.counts === 'good' ? [numerator, total] : [total, numerator]
  return { query: query.id, scope, start: context.range.from, width: context.width, good, bad }
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: CONCURRENT }, lane))
}
