import { type Labels, labelsKey, type Range, seconds, unixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { LatencyColumn } from '../store/index.ts'
import {
  binLower,
  binUpper,
  type Exemplar,
  type IndicatorQuery,
  type MetricQuery,
  narrowSelector,
  type RequestQuery,
} from '../traffic/index.ts'
import type { Past } from './past.ts'
import { type TraceViewer, traceLink } from './trace-link.ts'

/** Questions that go beyond what is held in memory: who spent the budget, how long requests took, show me one. */

/** The same question about one split only. */
export function inScope(query: IndicatorQuery, scope: Labels): IndicatorQuery {
  if (labelsKey(scope) === '') return query
  return {
    ...query,
    numerator: { ...query.numerator, query: narrow(query.numerator.query, scope) },
    total: narrow(query.total, scope),
  }
}

function narrow(query: MetricQuery, scope: Labels): MetricQuery {
  return query.kind === 'external' ? query : { ...query, match: narrowSelector(query.match, scope) }
}

/**
 * What an indicator counts of our own traffic, with its threshold where it has one; undefined for sources that answer
 * with counts.
 */
export function requestsIn({ numerator, total }: IndicatorQuery): RequestQuery | undefined {
  if (total.kind !== 'requests') return undefined
  const within = numerator.query.kind === 'requests' ? numerator.query.within : undefined
  return within === undefined ? total : { ...total, within }
}

export interface ContributorsAsked {
  readonly query: IndicatorQuery
  readonly range: Range
  readonly by: readonly string[]
  readonly limit: number
}

/** Who had the bad events of the range, beside how bad the same was over the time just before, of the same length. */
export async function contributorsOf(past: Past, asked: ContributorsAsked): Promise<wire.Contributors> {
  const { query, range, by, limit } = asked
  const key = keyOfQuery(query)
  const before: Range = { from: unixSeconds(Math.max(0, 2 * range.from - range.to)), to: range.from }
  const [now, baseline] = await Promise.all([
    past.breakdown({ key, query, range, by }),
    past.breakdown({ key, query, range: before, by }),
  ])
  const earlier = new Map(baseline.map((row) => [labelsKey(row.labels), row]))
  const bad = now.reduce((n, row) => n + row.bad, 0)
  return {
    range: { ...range },
    by: [...by],
    rows: now.slice(0, limit).map((row) => {
      const then = earlier.get(labelsKey(row.labels))
      return {
        labels: { ...row.labels },
        good: row.good,
        bad: row.bad,
        share: bad === 0 ? 0 : row.bad / bad,
        badRatio: badRatio(row),
        baseline: then ? badRatio(then) : null,
      }
    }),
  }
}

/** All that makes the counts of a query what they are: a changed definition is another question. */
export function keyOfQuery({ numerator, total }: IndicatorQuery): string {
  return JSON.stringify([numerator.counts, identityOf(numerator.query), identityOf(total)])
}

function identityOf(query: MetricQuery): unknown {
  return query.kind === 'external' ? [query.source, query.key] : { ...query, match: query.match.text }
}

function badRatio({ good, bad }: { readonly good: number; readonly bad: number }): number | null {
  return good + bad === 0 ? null : bad / (good + bad)
}

/** Steps that people read easily; every multiple of them by a power of ten is an edge of the latency layout. */
const ROW_STEPS = [1, 1.5, 2, 3, 4, 5, 7]

/** The heatmap: a column a stretch of time, a row a range of latency, with the threshold on an edge. */
export async function latencyOf(
  past: Past,
  asked: { readonly query: RequestQuery; readonly range: Range; readonly width: number },
): Promise<wire.LatencyMap> {
  const { range, width } = asked
  const { within, ...everything } = asked.query
  const key = JSON.stringify(identityOf(everything))
  const columns = await past.latency(everything, { key, range, width: seconds(width) })
  const edges = edgesFor(columns, within)
  return {
    range: { ...range },
    step: width,
    start: columns.map((column) => column.start),
    edges: edges.map((us) => us / 1_000),
    counts: columns.map((column) => rowsOf(column, edges)),
    thresholdMs: within === undefined ? null : within / 1_000,
  }
}

export function edgesFor(columns: readonly LatencyColumn[], within: number | undefined): readonly number[] {
  let low = Number.POSITIVE_INFINITY
  let high = 0
  for (const { bins } of columns) {
    const first = bins[0]
    const last = bins.at(-1)
    if (first !== undefined) low = Math.min(low, Math.max(1_000, binLower(first)))
    if (last !== undefined) high = Math.max(high, binUpper(last))
  }
  if (high === 0) return []
  const edges = new Set<number>(within === undefined ? [] : [within])
  for (let decade = 1_000; decade <= 1e11; decade *= 10) {
    for (const step of ROW_STEPS) edges.add(step * decade)
  }
  const ordered = [...edges].sort((a, b) => a - b)
  const from = Math.max(
    0,
    ordered.findLastIndex((edge) => edge <= low),
  )
  const to = ordered.findIndex((edge) => edge >= high)
  // The lowest row takes all that was faster.
  return [0, ...ordered.slice(from + 1, to < 0 ? undefined : to + 1)]
}

export function rowsOf({ bins, counts }: LatencyColumn, edges: readonly number[]): number[] {
  const rows = Array.from({ length: Math.max(0, edges.length - 1) }, () => 0)
  let row = 0
  for (let i = 0; i < bins.length; i++) {
    const lower = binLower(bins[i] ?? 0)
    while (row < rows.length - 1 && lower >= (edges[row + 1] ?? Number.POSITIVE_INFINITY)) row++
    rows[row] = (rows[row] ?? 0) + (counts[i] ?? 0)
  }
  return rows
}

/** For each one shown, so many are looked through: the ledger keeps slow requests beside the bad ones. */
const LOOKED_THROUGH = 20

/** Requests that spent the budget, newest first: bad ones, and where the promise is about latency the slow ones. */
export async function exemplarsOf(
  past: Past,
  asked: {
    readonly query: RequestQuery
    readonly range: Range
    readonly limit: number
    readonly viewer: TraceViewer | undefined
  },
): Promise<readonly wire.Exemplar[]> {
  const { within, ...everything } = asked.query
  const found = await past.exemplars(everything, {
    key: JSON.stringify(identityOf(everything)),
    range: asked.range,
    limit: asked.limit * LOOKED_THROUGH,
  })
  const spending = found.filter(
    ({ outcome, duration }) =>
      outcome === 'bad' ||
      (within !== undefined && outcome === 'good' && duration !== undefined && duration >= within),
  )
  return spending.slice(0, asked.limit).map((exemplar) => toExemplar(exemplar, asked.viewer))
}

export function toExemplar(exemplar: Exemplar, viewer: TraceViewer | undefined): wire.Exemplar {
  return {
    atMs: exemplar.atMs,
    labels: { ...exemplar.labels },
    outcome: exemplar.outcome,
    reason: exemplar.reason,
    durationMs: exemplar.duration === undefined ? null : exemplar.duration / 1_000,
    traceId: exemplar.traceId ?? null,
    requestId: exemplar.requestId ?? null,
    traceUrl: traceLink(viewer, exemplar) ?? null,
  }
}

/** The steps that charts use: 1, 2, 5, 10, 15, 20, 30 minutes, 1, 2, 3, 4, 6, 12 hours, days. */
const STEPS = [60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200]

/** The smallest round step that cuts the range into at most `points` buckets. */
export function roundStep(range: { readonly from: number; readonly to: number }, points: number): number {
  const least = (range.to - range.from) / points
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400
}
