import { binLower, binOf, binUpper } from '../../../traffic/index.ts'
import type { FinishedRequest } from './request.ts'

/** Envoy shows histograms and their last interval this often unless told otherwise (`stats_flush_interval`). */
const FLUSH_MS = 5_000

/** The statistics that one Envoy keeps of one upstream cluster and its listener, and how it prints them. */
export interface EnvoyStats {
  readonly add: (request: FinishedRequest) => void
  /** What `/stats` answers: a name and its text, in the order of the names. */
  readonly print: (options: StatsOptions) => string
  /** Ends a flush interval when its time has come. */
  readonly flush: (nowMs: number) => void
}

export interface StatsOptions {
  /** Part of a name; absent: all. */
  readonly filter: RegExp | undefined
  /** Leaves out what never happened. */
  readonly usedOnly: boolean
  readonly format: 'text' | 'json'
  readonly buckets: 'none' | 'cumulative' | 'detailed'
  readonly uptimeSeconds: number
}

type Bins = Map<number, number>

export function createEnvoyStats(cluster: string, startedAtMs: number): EnvoyStats {
  const counters = new Map<string, number>()
  const live: Bins = new Map()
  let totals: Bins = new Map()
  let interval: Bins = new Map()
  let flushedAtMs = startedAtMs
  for (const name of ZERO_AT_START) counters.set(`cluster.${cluster}.${name}`, 0)
  const bump = (name: string): void => {
    counters.set(name, (counters.get(name) ?? 0) + 1)
  }
  return {
    add: ({ ending, durationMs }) => {
      const { status } = ending
      bump(`cluster.${cluster}.upstream_rq_total`)
      bump(`cluster.${cluster}.upstream_rq_completed`)
      bump(`cluster.${cluster}.upstream_rq_${status}`)
      bump(`cluster.${cluster}.upstream_rq_${Math.floor(status / 100)}xx`)
      bump('http.ingress.downstream_rq_total')
      bump('http.ingress.downstream_rq_completed')
      bump(`http.ingress.downstream_rq_${Math.floor(status / 100)}xx`)
      if (ending.flags === 'UT') bump(`cluster.${cluster}.upstream_rq_timeout`)
      // Envoy times what the upstream answered; a request that it gave up itself has no response to time.
      else increase(live, binOf(durationMs * 1_000))
    },
    flush: (nowMs) => {
      if (nowMs - flushedAtMs < FLUSH_MS) return
      interval = difference(live, totals)
      totals = new Map(live)
      flushedAtMs = nowMs
    },
    print: (options) => {
      const wanted = (name: string): boolean => options.filter === undefined || options.filter.test(name)
      const numbers = [...counters, ...gaugesOf(cluster, options.uptimeSeconds)]
      const shown = numbers
        .filter(([name, value]) => wanted(name) && (value > 0 || !options.usedOnly))
        .sort(([a], [b]) => (a < b ? -1 : 1))
      const histogram = `cluster.${cluster}.upstream_rq_time`
      const used = totals.size > 0
      const shownHistogram = wanted(histogram) && (used || !options.usedOnly)
      if (options.format === 'json') {
        const stats: unknown[] = shown.map(([name, value]) => ({ name, value }))
        if (shownHistogram) stats.push({ histograms: jsonHistogram(histogram, totals, interval) })
        return JSON.stringify({ stats })
      }
      const lines = shown.map(([name, value]) => `${name}: ${value}\n`)
      if (shownHistogram) lines.push(textHistogram(histogram, { totals, interval, buckets: options.buckets }))
      return lines.join('')
    },
  }
}

/** Two hosts, both well; nothing under way, since a request is known here only when it has ended. */
function gaugesOf(cluster: string, uptimeSeconds: number): readonly (readonly [string, number])[] {
  return [
    [`cluster.${cluster}.membership_healthy`, 2],
    [`cluster.${cluster}.membership_total`, 2],
    [`cluster.${cluster}.upstream_rq_active`, 0],
    ['server.live', 1],
    ['server.uptime', uptimeSeconds],
  ]
}

/** Counters that an Envoy shows from its start on, at zero. */
const ZERO_AT_START: readonly string[] = [
  'upstream_cx_connect_fail',
  'upstream_rq_cancelled',
  'upstream_rq_completed',
  'upstream_rq_maintenance_mode',
  'upstream_rq_max_duration_reached',
  'upstream_rq_pending_failure_eject',
  'upstream_rq_pending_overflow',
  'upstream_rq_per_try_timeout',
  'upstream_rq_retry',
  'upstream_rq_rx_reset',
  'upstream_rq_timeout',
  'upstream_rq_total',
  'upstream_rq_tx_reset',
]

/** Upper bounds in ms of the buckets that Envoy has unless told otherwise. */
const DEFAULT_BOUNDS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000,
  1_800_000, 3_600_000,
]
const QUANTILES: readonly number[] = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100]

function textHistogram(
  name: string,
  options: { readonly totals: Bins; readonly interval: Bins; readonly buckets: StatsOptions['buckets'] },
): string {
  const { totals, interval } = options
  if (totals.size === 0) return `${name}: No recorded values\n`
  const summary = QUANTILES.map(
    (share) => `P${share}(${text(quantileMs(interval, share))},${text(quantileMs(totals, share))})`,
  ).join(' ')
  switch (options.buckets) {
    case 'detailed':
      return `${name}:\n  totals=${detailText(totals)}\n  intervals=${detailText(interval)}\n  summary=${summary}\n`
    case 'cumulative':
      return `${name}: ${DEFAULT_BOUNDS.map((b) => `B${b}(${upTo(interval, b)},${upTo(totals, b)})`).join(' ')}\n`
    case 'none':
      return `${name}: ${summary}\n`
    default:
      return options.buckets satisfies never
  }
}

function jsonHistogram(name: string, totals: Bins, interval: Bins): unknown {
  const percentiles = QUANTILES.map((share) => ({
    cumulative: quantileMs(totals, share) ?? null,
    interval: quantileMs(interval, share) ?? null,
  }))
  return {
    supported_percentiles: QUANTILES,
    details: [{ name, totals: detailJson(totals), intervals: detailJson(interval), percentiles }],
  }
}

function detailText(bins: Bins): string {
  return sorted(bins)
    .map(([bin, count]) => `${lowerMs(bin)},${widthMs(bin)}:${count}`)
    .join(', ')
}

function detailJson(bins: Bins): readonly unknown[] {
  return sorted(bins).map(([bin, count]) => ({ lower_bound: lowerMs(bin), width: widthMs(bin), count }))
}

function quantileMs(bins: Bins, share: number): number | undefined {
  const entries = sorted(bins)
  const total = entries.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return undefined
  let left = (share / 100) * total
  for (const [bin, count] of entries) {
    if (left <= count) return lowerMs(bin) + widthMs(bin) * (left / count)
    left -= count
  }
  return undefined
}

function upTo(bins: Bins, boundMs: number): number {
  return sorted(bins).reduce((sum, [bin, n]) => sum + (lowerMs(bin) + widthMs(bin) <= boundMs ? n : 0), 0)
}

function sorted(bins: Bins): readonly (readonly [number, number])[] {
  return [...bins].filter(([, count]) => count > 0).sort(([a], [b]) => a - b)
}

function difference(now: Bins, before: Bins): Bins {
  return new Map([...now].map(([bin, count]) => [bin, count - (before.get(bin) ?? 0)]))
}

function increase(bins: Bins, bin: number): void {
  bins.set(bin, (bins.get(bin) ?? 0) + 1)
}

// Three decimals of a millisecond are whole microseconds, so what is printed is the edge itself.
function lowerMs(bin: number): number {
  return Number((binLower(bin) / 1_000).toFixed(6))
}

function widthMs(bin: number): number {
  return Number(((binUpper(bin) - binLower(bin)) / 1_000).toFixed(6))
}

function text(ms: number | undefined): string {
  return ms === undefined ? 'nan' : String(Number(ms.toPrecision(6)))
}
