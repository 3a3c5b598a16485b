import {
  type Labels,
  labelsKey,
  microseconds,
  pickLabels,
  type Range,
  type Seconds,
  seconds,
  unixSeconds,
} from '../base/index.ts'
import type { IndicatorQuery } from '../traffic/index.ts'
import { type Exemplar, type Outcome, OVERFLOW, type RequestQuery } from '../traffic/index.ts'
import { type Engine, quote } from './engine.ts'
import type { BreakdownOptions, Contribution, LatencyColumn, SourceInventory } from './ledger.ts'
import { measureOf, measureSql, ruleOf } from './measure.ts'
import { cellsWhere, seriesOf } from './read.ts'
import type { Series, SeriesRegistry } from './series.ts'

interface Context {
  readonly engine: Engine
  readonly registry: SeriesRegistry
}

/** The label that is not one: why events were judged as they were. */
const REASON = 'reason'
/** Exemplars looked at for one page of the answer; the selector is matched here. */
const PAGE = 2_000

/** Who spent it: good and bad by the values of some labels. Events without a label are together, without it. */
export async function breakdown(
  query: IndicatorQuery,
  options: BreakdownOptions,
  context: Context,
): Promise<readonly Contribution[]> {
  const width = seconds(Math.max(1, options.range.to - options.range.from))
  const [all = []] = await breakdowns(query, { ...options, width }, context)
  return all.slice(0, options.limit)
}

interface Spent {
  readonly labels: Labels
  numerator: number
  total: number
}

/** The same for each bucket of `width` seconds, in order. */
export async function breakdowns(
  query: IndicatorQuery,
  options: Omit<BreakdownOptions, 'limit'> & { readonly width: Seconds },
  context: Context,
): Promise<readonly (readonly Contribution[])[]> {
  const { range, width, by } = options
  const count = Math.max(0, Math.ceil((range.to - range.from) / width))
  const found = Array.from({ length: count }, () => new Map<string, Spent>())
  for (const side of ['numerator', 'total'] as const) {
    const metric = side === 'numerator' ? query.numerator.query : query.total
    const series = seriesOf(context.registry, metric)
    if (series.length === 0) continue
    const measure = measureOf(metric)
    const rows = await context.engine.query(
      `SELECT toUInt32(intDiv(toUInt32(minute) - ${range.from}, ${width})) AS bucket, series, reason,
         toUInt64(sum(${measureSql(measure.shape, measure.before)})) AS n
       FROM ${cellsWhere(context.engine, { series, measures: [measure] }, range)}
       GROUP BY bucket, series, reason HAVING n > 0`,
    )
    while (!rows.done) {
      const bucket = found[rows.u32()]
      const written = context.registry.byId(rows.big())?.labels ?? {}
      const labels = (metric.kind === 'requests' ? metric.match.reads?.(written) : undefined) ?? written
      const scope = pickLabels({ ...labels, [REASON]: rows.text() }, by)
      const key = labelsKey(scope)
      const known = bucket?.get(key) ?? { labels: scope, numerator: 0, total: 0 }
      known[side] += rows.u64()
      bucket?.set(key, known)
    }
  }
  return found.map((bucket) => [...bucket.values()].map((spent) => toContribution(query, spent)).sort(byBad))
}

function toContribution({ numerator }: IndicatorQuery, spent: Spent): Contribution {
  const { labels, total } = spent
  const counted = Math.min(spent.numerator, total)
  const good = numerator.counts === 'good' ? counted : total - counted
  return { labels, good, bad: total - good }
}

/** Most bad first, then most good, then by name. */
function byBad(a: Contribution, b: Contribution): number {
  return b.bad - a.bad || b.good - a.good || (labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1)
}

/** The latency heatmap: per bucket of time, the bins of the layout with their counts. Empty buckets are left out. */
export async function latency(
  query: RequestQuery,
  options: { readonly range: Range; readonly width: Seconds },
  context: Context,
): Promise<readonly LatencyColumn[]> {
  const { range, width } = options
  const series = seriesOf(context.registry, query)
  if (series.length === 0) return []
  const rule = ruleOf(query)
  const within = rule.before === undefined ? '1' : `b < ${rule.before}`
  const leftToo = rule.leftFrom === undefined ? '0' : `b >= ${rule.leftFrom}`
  const counts = rule.left === undefined ? rule.plain : `if(${rule.left}, ${leftToo}, ${rule.plain})`
  const rows = await context.engine.query(
    `SELECT bucket, groupArray(toUInt32(b)), groupArray(n) FROM (
       SELECT toUInt32(intDiv(toUInt32(minute) - ${range.from}, ${width})) AS bucket, b, toFloat64(sum(t)) AS n
       FROM (SELECT minute, kind, reason, bins, tallies FROM ${cellsWhere(context.engine, { series, measures: [rule] }, range)})
       ARRAY JOIN bins AS b, tallies AS t WHERE ${counts} AND ${within} GROUP BY bucket, b ORDER BY bucket, b
     ) GROUP BY bucket ORDER BY bucket`,
  )
  const columns: LatencyColumn[] = []
  while (!rows.done) {
    const start = unixSeconds(range.from + rows.u32() * width)
    columns.push({ start, bins: [...rows.u32s()], counts: [...rows.f64s()] })
  }
  return columns
}

/** The newest first. A query's `judge` and `within` hold for exemplars as for counts. */
export async function exemplars(
  query: RequestQuery,
  options: { readonly range: Range; readonly limit: number },
  context: Context,
): Promise<readonly Exemplar[]> {
  const found: Exemplar[] = []
  const fits = exemplarRule(query)
  const { from, to } = options.range
  for (let offset = 0; found.length < options.limit; offset += PAGE) {
    const rows = await context.engine.query(
      `SELECT toUInt64(toUnixTimestamp64Milli(at)), mapKeys(labels), mapValues(labels), toInt8(outcome), toString(reason),
         toUInt8(isNull(duration)), ifNull(duration, 0), trace_id, request_id
       FROM ${context.engine.tables.database}.exemplars FINAL
       WHERE source = ${quote(query.source)} AND at >= toDateTime64(${from}, 3, 'UTC') AND at < toDateTime64(${to}, 3, 'UTC')
       ORDER BY at DESC, trace_id, request_id, outcome, reason LIMIT ${PAGE} OFFSET ${offset}`,
    )
    let read = 0
    for (; !rows.done; read++) {
      const atMs = rows.u64()
      const names = rows.texts()
      const values = rows.texts()
      const outcome = OUTCOMES[rows.u8() - 1] ?? 'ignored'
      const reason = rows.text()
      const unknown = rows.u8() === 1
      const duration = microseconds(rows.u64())
      const traceId = rows.text()
      const requestId = rows.text()
      const exemplar = {
        source: query.source,
        labels: Object.fromEntries(names.map((name, i) => [name, values[i] ?? ''])),
        atMs,
        outcome,
        reason,
        ...(unknown ? {} : { duration }),
        ...(traceId === '' ? {} : { traceId }),
        ...(requestId === '' ? {} : { requestId }),
      }
      if (found.length < options.limit && fits(exemplar)) found.push(exemplar)
    }
    if (read < PAGE) break
  }
  return found
}

const OUTCOMES: readonly Outcome[] = ['good', 'bad', 'ignored']

function exemplarRule(query: RequestQuery): (exemplar: Exemplar) => boolean {
  const { judge, within, abort } = query
  return (exemplar) => {
    let outcome = exemplar.outcome
    const judged = judge?.[exemplar.reason]
    if (judged !== undefined) outcome = judged
    else if (abort !== undefined && exemplar.reason.startsWith('client-left-')) {
      if (abort === 'never') outcome = 'ignored'
      else if (exemplar.duration !== undefined) outcome = exemplar.duration >= abort ? 'bad' : 'ignored'
    }
    if (query.outcome === 'all' ? outcome === 'ignored' : outcome !== query.outcome) return false
    if (within !== undefined && !(exemplar.duration !== undefined && exemplar.duration < within)) return false
    return query.match.matches(exemplar.labels)
  }
}

/** Sources with traffic or counts; `overflowed` is how many events went to series beyond a source's bound. */
export async function inventory(context: Context): Promise<readonly SourceInventory[]> {
  const { engine, registry } = context
  const rows = await engine.query(
    `SELECT series, toUInt32(min(minute)), toUInt32(max(minute)) FROM ${engine.tables.database}.cells
     WHERE kind IN ('good', 'bad', 'ignored', 'value') GROUP BY series`,
  )
  const sources = new Map<string, { series: number; overflowed: number; first: number; last: number }>()
  while (!rows.done) {
    const series = registry.byId(rows.big())
    const first = rows.u32()
    const last = rows.u32()
    if (series === undefined) continue
    const known = sources.get(series.source) ?? { series: 0, overflowed: 0, first, last }
    known.series++
    known.first = Math.min(known.first, first)
    known.last = Math.max(known.last, last)
    sources.set(series.source, known)
  }
  for (const [source, count] of await overflowed(context)) {
    const known = sources.get(source)
    if (known) known.overflowed = count
  }
  return [...sources]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, s]) => ({ ...s, source, first: unixSeconds(s.first), last: unixSeconds(s.last) }))
}

async function overflowed(context: Context): Promise<ReadonlyMap<string, number>> {
  const { engine, registry } = context
  const beyond = [...registry.all()].filter((series) => isOverflow(series))
  const counts = new Map<string, number>()
  if (beyond.length === 0) return counts
  const rows = await engine.query(
    `SELECT series, toUInt64(sum(count)) FROM ${engine.tables.database}.cells FINAL
     PREWHERE series IN (${beyond.map((series) => series.id).join(', ')}) GROUP BY series`,
  )
  while (!rows.done) {
    const source = registry.byId(rows.big())?.source ?? ''
    counts.set(source, (counts.get(source) ?? 0) + rows.u64())
  }
  return counts
}

function isOverflow(series: Series): boolean {
  const { family, labels } = series
  return family !== 'coverage' && (OVERFLOW in labels || Object.values(labels).includes(OVERFLOW))
}
