import { type Labels, labelsKey, type Range } from '../../src/base/index.ts'
import {
  binLower,
  binUpper,
  type IndicatorQuery,
  type LedgerStep,
  type MetricQuery,
  type TrafficRow,
} from '../../src/traffic/index.ts'

interface Cell {
  readonly row: TrafficRow
  readonly revision: number
}

/** The ledger as one would explain it: a map from row to its last revision, and loops. Slow, and plainly right. */
export function createModel(): {
  write: (step: LedgerStep) => void
  read: (query: IndicatorQuery, range: Range, width: number) => Record<string, string>
} {
  const cells = new Map<string, Cell>()
  const put = (writer: string, revision: number, row: TrafficRow): void => {
    const key = [row.source, labelsKey(row.labels), row.outcome, row.reason, row.minute, writer].join('|')
    const known = cells.get(key)
    if (known === undefined || revision >= known.revision) cells.set(key, { row, revision })
  }
  return {
    write: (step) => {
      const { replaces, writer, revision } = step
      if (replaces)
        for (const [key, { row }] of cells)
          if (key.endsWith(`|${writer}`) && row.minute >= replaces.from && row.minute < replaces.to) {
            const { latency: _, ...rest } = row
            put(writer, revision, { ...rest, count: 0 })
          }
      for (const row of step.traffic) put(writer, revision, row)
    },
    read: (query, range, width) => {
      const buckets = (range.to - range.from) / width
      const scopes = new Map<string, { scope: Labels; good: number[]; bad: number[] }>()
      const open = (scope: Labels): { good: number[]; bad: number[] } => {
        const key = labelsKey(scope)
        const known = scopes.get(key) ?? { scope, good: Array(buckets).fill(0), bad: Array(buckets).fill(0) }
        scopes.set(key, known)
        return known
      }
      open({})
      for (const { row } of cells.values()) {
        const bucket = Math.floor((row.minute - range.from) / width)
        const events = eventsOf(row)
        const numerator = events.filter((e) => counts(query.numerator.query, row, e)).length
        const total = events.filter((e) => counts(query.total, row, e)).length
        const good = query.numerator.counts === 'good' ? numerator : total - numerator
        for (const scope of scopesOf(row, query)) {
          const into = open(scope)
          if (bucket < 0 || bucket >= buckets) continue
          into.good[bucket] = (into.good[bucket] ?? 0) + good
          into.bad[bucket] = (into.bad[bucket] ?? 0) + total - good
        }
      }
      return Object.fromEntries(
        [...scopes.values()].map((s) => [
          JSON.stringify(s.scope),
          `${s.good.join(' ')} / ${s.bad.join(' ')}`,
        ]),
      )
    },
  }
}

function scopesOf(row: TrafficRow, query: IndicatorQuery): Labels[] {
  const scopes: Labels[] = [{}]
  if (query.total.kind === 'requests' && !query.total.match.matches(row.labels)) return []
  for (const name of query.splitBy) {
    const value = row.labels[name]
    if (value === undefined) break
    scopes.push({ ...scopes.at(-1), [name]: value })
  }
  return scopes
}

/** Every event of the row on its own: the bin of its duration, or undefined. */
function eventsOf(row: TrafficRow): (number | undefined)[] {
  const known = (row.latency?.bins ?? []).flatMap((bin, i) =>
    Array<number>(row.latency?.counts[i] ?? 0).fill(bin),
  )
  return [...known, ...Array<undefined>(Math.max(0, row.count - known.length)).fill(undefined)]
}

function counts(query: MetricQuery, row: TrafficRow, bin: number | undefined): boolean {
  if (query.kind !== 'requests' || query.source !== row.source || !query.match.matches(row.labels))
    return false
  let outcome = query.judge?.[row.reason]
  if (outcome === undefined && query.abort !== undefined && row.reason.startsWith('client-left')) {
    if (query.abort === 'never') outcome = 'ignored'
    else if (bin !== undefined) outcome = binLower(bin) >= query.abort ? 'bad' : 'ignored'
  }
  outcome ??= row.outcome
  if (query.outcome === 'all' ? outcome === 'ignored' : outcome !== query.outcome) return false
  return query.within === undefined || (bin !== undefined && binUpper(bin) <= query.within)
}
