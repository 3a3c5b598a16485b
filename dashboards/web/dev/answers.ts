import type { Contributors, Exemplar, LatencyMap } from '../../../src/contract/index.ts'
import { cloudsOf, type Kept, roundStep } from './evaluate.ts'
import { createRandom, inScope, sum } from './history.ts'
import type { Place } from './profiles.ts'

type Scope = Readonly<Record<string, string>>

export const CODES = [
  { code: '503', reason: '5xx', weight: 0.61 },
  { code: '504', reason: 'upstream-timeout', weight: 0.27 },
  { code: '500', reason: '5xx', weight: 0.12 },
]

interface Asked {
  readonly from: number
  readonly to: number
  readonly scope: Scope
}

/** Who spent the budget, by the labels asked for. */
export function contributorsOf(
  kept: Kept,
  asked: Asked & { by: readonly string[]; limit: number },
): Contributors {
  const rows = new Map<
    string,
    { labels: Record<string, string>; good: number; bad: number; before: number }
  >()
  const length = asked.to - asked.from
  for (const place of kept.profile.places) {
    if (!inScope(place, asked.scope)) continue
    const scope = { cloud_provider: place.cloud, cloud_region: place.region }
    const now = sum(kept.history, scope, asked.from, asked.to)
    const past = sum(kept.history, scope, asked.from - length, asked.from)
    for (const piece of pieces(kept, place)) {
      const labels: Record<string, string> = {}
      for (const name of asked.by) {
        const value = piece.labels[name]
        if (value !== undefined) labels[name] = value
      }
      const key = JSON.stringify(labels)
      const row = rows.get(key) ?? { labels, good: 0, bad: 0, before: 0 }
      row.good += Math.round(now.good * piece.traffic)
      row.bad += Math.round(now.bad * piece.failing)
      row.before += past.good + past.bad === 0 ? 0 : (past.bad / (past.good + past.bad)) * piece.failing
      rows.set(key, row)
    }
  }
  const all = [...rows.values()].filter((r) => r.good + r.bad > 0)
  const bad = all.reduce((n, r) => n + r.bad, 0)
  return {
    range: { from: asked.from, to: asked.to },
    by: [...asked.by],
    rows: all
      .sort((a, b) => b.bad - a.bad)
      .slice(0, asked.limit)
      .map((r) => ({
        labels: r.labels,
        good: r.good,
        bad: r.bad,
        share: bad === 0 ? 0 : r.bad / bad,
        badRatio: r.good + r.bad === 0 ? null : r.bad / (r.good + r.bad),
        baseline: r.before === 0 ? null : Math.min(1, r.before),
      })),
  }
}

interface Piece {
  readonly labels: Record<string, string>
  readonly traffic: number
  readonly failing: number
}

/** How a place's events fall on operations, codes and clusters. */
function pieces({ profile }: Kept, place: Place): Piece[] {
  const operations = profile.operations.map((name, i) => ({
    name,
    share: i === 0 ? 0.64 : 0.36 / Math.max(1, profile.operations.length - 1),
  }))
  const alone = operations.length === 1
  return operations.flatMap(({ name, share }) =>
    CODES.flatMap(({ code, reason, weight }) =>
      [0.74, 0.26].map((part, cluster) => ({
        labels: {
          cloud_provider: place.cloud,
          cloud_region: place.region,
          service_name: profile.service,
          operation: name,
          reason: profile.indicator === 'availability' ? reason : 'slow',
          http_response_status_code: profile.indicator === 'availability' ? code : '200',
          k8s_cluster_name: `${place.cloud}-${place.region.slice(0, 4)}-${cluster === 0 ? 'a' : 'b'}`,
        },
        traffic: (alone ? 1 : share) * weight * (cluster === 0 ? 0.5 : 0.5),
        failing: (alone ? 1 : share) * weight * part,
      })),
    ),
  )
}

const EDGES = [
  5, 7, 10, 14, 20, 28, 40, 56, 80, 110, 160, 220, 300, 450, 640, 900, 1300, 1900, 2700, 3900, 5600,
]

export function latencyOf(kept: Kept, asked: Asked & { columns: number; now: number }): LatencyMap {
  const { profile, history } = kept
  const step = roundStep((asked.to - asked.from) / asked.columns)
  const from = Math.floor(asked.from / step) * step
  const start: number[] = []
  for (let at = from; at < Math.min(asked.to, asked.now); at += step) start.push(at)
  const latency = profile.latency
  if (latency === undefined)
    return { range: { from, to: asked.to }, step, start: [], edges: [], counts: [], thresholdMs: null }
  const threshold = latency.thresholdMs
  const edges = [
    ...new Set([...EDGES.filter((e) => Math.abs(e - threshold) / threshold > 0.12), threshold]),
  ].sort((a, b) => a - b)
  const counts = start.map((at) => {
    const { good, bad } = sum(history, asked.scope, at, Math.min(at + step, asked.now))
    return edges.slice(0, -1).map((low, i) => {
      const high = edges[i + 1] ?? low
      const below = normal(Math.log(threshold / latency.medianMs) / latency.spread)
      const share = cut(low, high, latency)
      return Math.round(
        low < threshold
          ? (good * share) / below
          : bad * Math.exp(-(i - edges.indexOf(threshold)) * 0.75) * 0.53,
      )
    })
  })
  return { range: { from, to: asked.to }, step, start, edges, counts, thresholdMs: threshold }
}

function cut(low: number, high: number, latency: { medianMs: number; spread: number }): number {
  return (
    normal(Math.log(high / latency.medianMs) / latency.spread) -
    normal(Math.log(low / latency.medianMs) / latency.spread)
  )
}

/** The standard normal distribution, by the logistic approximation of Bowling (2009). */
function normal(x: number): number {
  return 1 / (1 + Math.exp(-(0.07056 * x ** 3 + 1.5976 * x)))
}

export function exemplarsOf(kept: Kept, asked: Asked & { limit: number; now: number }): Exemplar[] {
  const { profile, history } = kept
  const random = createRandom(Math.floor(asked.to / 60))
  const places = profile.places.filter((p) => inScope(p, asked.scope))
  if (places.length === 0 || sum(history, asked.scope, asked.from, asked.to).bad === 0) return []
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')
  const span = Math.min(asked.to, asked.now) - asked.from
  return Array.from({ length: Math.min(asked.limit, 12) }, (_, i) => {
    const place = places[Math.floor(random() ** 2 * places.length)] ?? places[0]
    const code = CODES[Math.floor(random() ** 2 * CODES.length)] ?? CODES[0]
    const slow = profile.latency
    const traceId = random() < 0.85 ? hex(32) : null
    return {
      atMs: Math.round((Math.min(asked.to, asked.now) - (span * (i + random())) / 60) * 1000),
      labels: {
        cloud_provider: place?.cloud ?? cloudsOf(profile)[0] ?? '',
        cloud_region: place?.region ?? '',
        operation: profile.operations[Math.floor(random() ** 2 * profile.operations.length)] ?? '',
        http_response_status_code: slow ? '200' : (code?.code ?? '503'),
      },
      outcome: 'bad' as const,
      reason: slow ? 'slow' : (code?.reason ?? '5xx'),
      durationMs: slow
        ? Math.round(slow.thresholdMs * (1 + random() ** 3 * 9))
        : Math.round(20 + random() * 5000),
      traceId,
      requestId: `${hex(8)}-${hex(4)}`,
      traceUrl: traceId === null ? null : `https://jaeger.shop.example/trace/${traceId}`,
    }
  })
}
