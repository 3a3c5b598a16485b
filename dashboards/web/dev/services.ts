import type {
  Diagnosis,
  Exemplar,
  LatencyMap,
  Quantiles,
  ReasonCount,
  ServiceDetail,
  ServiceGroups,
  ServiceLatency,
  ServiceSummary,
  Services,
} from '../../../src/contract/index.ts'
import { CODES, exemplarsOf, latencyOf } from './answers.ts'
import { type Kept, roundStep, summarise } from './evaluate.ts'
import { type Sum, sum } from './history.ts'
import type { Place } from './profiles.ts'
import { sourcesAt } from './sources.ts'

type Scope = Readonly<Record<string, string>>

export interface ServiceAsked {
  readonly from: number
  readonly to: number
  readonly now: number
  readonly scope: Scope
  readonly source: string | undefined
  readonly points: number
}

/** One service of the estate, with the promise whose history stands for its traffic. */
interface Known {
  readonly name: string
  readonly kept: Kept
  readonly all: readonly Kept[]
}

/** What the second source sees of the one service that two see. */
const TWICE = 'checkout'
const APM_SHARE = 0.97

export function knownServices(kept: readonly Kept[]): readonly Known[] {
  const names = [...new Set(kept.map(({ profile }) => profile.service))]
  return names.flatMap((name) => {
    const all = kept.filter(({ profile }) => profile.service === name)
    const first = all.find(({ profile }) => profile.method === 'occurrences') ?? all[0]
    return first ? [{ name, kept: first, all }] : []
  })
}

const sourcesOf = (name: string): readonly string[] => (name === TWICE ? ['edge', 'traces'] : ['edge'])

/** Histories by place, of each stretch of a range. */
function bucketsOf(known: Known, source: string, { from, to, now, scope }: ServiceAsked, step: number) {
  const end = Math.min(to, Math.floor(now / 60) * 60)
  const start: number[] = []
  for (let at = Math.floor(from / 60) * 60; at < end; at += step) start.push(at)
  const sums = start.map((at) => seen(sum(known.kept.history, scope, at, Math.min(at + step, end)), source))
  return { start, sums, range: { from: start[0] ?? from, to: end } }
}

function seen(all: Sum, source: string): Sum {
  if (source !== 'traces') return all
  return { ...all, good: Math.round(all.good * APM_SHARE), bad: Math.round(all.bad * APM_SHARE) }
}

const orNull = (sums: readonly Sum[], pick: (one: Sum) => number): (number | null)[] =>
  sums.map((one) => (one.known === 0 ? null : pick(one)))

function totalOf(sums: readonly Sum[]): { good: number; bad: number; known: number; minutes: number } {
  return sums.reduce(
    (t, s) => ({
      good: t.good + s.good,
      bad: t.bad + s.bad,
      known: t.known + s.known,
      minutes: t.minutes + s.minutes,
    }),
    { good: 0, bad: 0, known: 0, minutes: 0 },
  )
}

function quantilesOf(known: Known, timed: number): Quantiles {
  const latency = known.all.find(({ profile }) => profile.latency)?.profile.latency
  if (latency === undefined || timed === 0)
    return { p50: null, p90: null, p95: null, p99: null, p999: null, timed: 0 }
  const at = (z: number): number => Math.round(latency.medianMs * Math.exp(latency.spread * z))
  return { p50: at(0), p90: at(1.28), p95: at(1.64), p99: at(2.33), p999: at(3.09), timed }
}

function summaryOf(
  known: Known,
  source: string,
  sums: readonly Sum[],
  now: number,
): Omit<ServiceSummary, 'spark'> {
  const { good, bad, known: minutes, minutes: all } = totalOf(sums)
  const requests = good + bad
  const told = Math.round(minutes)
  return {
    service: known.name,
    name: known.name,
    source,
    good,
    bad,
    ignored: Math.round(requests * 0.002),
    errorRatio: requests === 0 ? null : bad / requests,
    latency: quantilesOf(known, requests),
    data: told === 0 ? 'no-data' : requests === 0 ? 'no-traffic' : told < all ? 'partial' : 'measured',
    coverage: {
      minutes: all,
      known: told,
      partial: 0,
      missing: all - told,
      failed: all - told,
      ratio: all === 0 ? null : told / all,
      completeThrough: null,
      kind: told === all ? 'full' : told === 0 ? 'none' : 'partial',
    },
    clouds: [...new Set(known.kept.profile.places.map(({ cloud }) => cloud))].sort(),
    slos:
      source === 'edge'
        ? known.all.map((one) => {
            const { id, name, state } = summarise(one, now, null)
            return { id, name, state }
          })
        : [],
  }
}

export function servicesOf(kept: readonly Kept[], asked: ServiceAsked): Services {
  const step = roundStep((asked.to - asked.from) / 24)
  const rows = knownServices(kept).flatMap((known) =>
    sourcesOf(known.name).map((source) => {
      const { sums } = bucketsOf(known, source, asked, step)
      return {
        ...summaryOf(known, source, sums, asked.now),
        spark: { requests: orNull(sums, (s) => s.good + s.bad), bad: orNull(sums, (s) => s.bad) },
      }
    }),
  )
  return { now: asked.now, range: { from: asked.from, to: asked.to }, step, services: rows }
}

const MEANINGS: Readonly<Record<string, string>> = {
  '2xx': 'success',
  '5xx': 'server error; all but the ones below',
  'upstream-timeout': 'the upstream did not answer in time',
  'health-check': 'sent by a prober, not by a user',
}

function reasonsOf(good: number, bad: number, ignored: number): ReasonCount[] {
  const told = (reason: string, outcome: ReasonCount['outcome'], count: number): ReasonCount => ({
    reason,
    outcome,
    count,
    meaning: MEANINGS[reason] ?? '',
  })
  return [
    told('2xx', 'good', good),
    told('5xx', 'bad', Math.ceil(bad * 0.73)),
    told('upstream-timeout', 'bad', bad - Math.ceil(bad * 0.73)),
    told('health-check', 'ignored', ignored),
  ].filter(({ count }) => count > 0)
}

export function serviceOf(known: Known, asked: ServiceAsked): ServiceDetail | undefined {
  const source = asked.source ?? 'edge'
  if (!sourcesOf(known.name).includes(source)) return undefined
  const step = roundStep((asked.to - asked.from) / asked.points)
  const { start, sums, range } = bucketsOf(known, source, asked, step)
  const summary = summaryOf(known, source, sums, asked.now)
  const { good, bad } = totalOf(bucketsOf(known, source, { ...asked, scope: {} }, step).sums)
  const silent = start.filter((_, i) => (sums[i]?.known ?? 0) < (sums[i]?.minutes ?? 0))
  return {
    ...summary,
    now: asked.now,
    description: known.kept.profile.description,
    sources: sourcesOf(known.name).map((name) => ({
      name,
      type: name === 'edge' ? 'EnvoyAccessLog' : 'OTLP',
      good: name === source ? good : Math.round(good * APM_SHARE),
      bad: name === source ? bad : Math.round(bad * APM_SHARE),
    })),
    range,
    scope: { ...asked.scope },
    step,
    start,
    series: {
      good: orNull(sums, (s) => s.good),
      bad: orNull(sums, (s) => s.bad),
      ignored: orNull(sums, (s) => Math.round((s.good + s.bad) * 0.002)),
      minutes: sums.map((s) => Math.ceil(s.known)),
    },
    gaps: silent.map((at) => ({
      from: at,
      to: at + step,
      state: 'missing',
      reason: 'connection refused by 10.0.0.7',
    })),
    reasons: reasonsOf(summary.good, summary.bad, summary.ignored),
    incidents: [],
  }
}

export function groupsOf(
  known: Known,
  asked: ServiceAsked & { by: readonly string[]; limit: number },
): ServiceGroups {
  const source = asked.source ?? 'edge'
  const step = roundStep((asked.to - asked.from) / asked.points)
  const { start, sums, range } = bucketsOf(known, source, asked, step)
  const pieces = piecesOf(known, asked.by)
  const all = totalOf(sums)
  const groups = pieces.map(({ labels, scope, share }) => {
    const own = bucketsOf(known, source, { ...asked, scope: { ...asked.scope, ...scope } }, step).sums
    const { good, bad } = totalOf(own)
    const [g, b] = [Math.round(good * share), Math.round(bad * share)]
    return {
      labels,
      good: g,
      bad: b,
      ignored: Math.round((g + b) * 0.002),
      errorRatio: g + b === 0 ? null : b / (g + b),
      latency: quantilesOf(known, g + b),
      share: all.bad === 0 ? 0 : Math.min(1, b / all.bad),
      series: {
        requests: orNull(own, (s) => Math.round((s.good + s.bad) * share)),
        bad: orNull(own, (s) => Math.round(s.bad * share)),
      },
      reasons: reasonsOf(0, b, 0),
    }
  })
  return {
    service: known.name,
    source,
    range,
    by: [...asked.by],
    step,
    start,
    minutes: sums.map((s) => Math.ceil(s.known)),
    total: groups.length,
    groups: groups
      .filter((g) => g.good + g.bad > 0)
      .sort((x, y) => y.bad - x.bad)
      .slice(0, asked.limit),
  }
}

function piecesOf(
  known: Known,
  by: readonly string[],
): { labels: Record<string, string>; scope: Scope; share: number }[] {
  const { places, operations } = known.kept.profile
  const scopes = unique(places.map((place) => pick(place, by)))
  const parts = by.includes('operation')
    ? operations.map((operation, i) => ({
        own: { operation },
        share: operations.length === 1 ? 1 : i === 0 ? 0.64 : 0.36 / (operations.length - 1),
      }))
    : by.includes('reason')
      ? CODES.map(({ reason, code, weight }) => ({ own: { reason: `${reason} ${code}` }, share: weight }))
      : [{ own: {}, share: 1 }]
  return scopes.flatMap((scope) =>
    parts.map(({ own, share }) => ({ labels: { ...scope, ...own }, scope, share })),
  )
}

function pick(place: Place, by: readonly string[]): Record<string, string> {
  return {
    ...(by.includes('cloud_provider') ? { cloud_provider: place.cloud } : {}),
    ...(by.includes('cloud_region') ? { cloud_region: place.region } : {}),
  }
}

const unique = (scopes: readonly Record<string, string>[]): Record<string, string>[] => [
  ...new Map(scopes.map((scope) => [JSON.stringify(scope), scope])).values(),
]

export function serviceLatencyOf(known: Known, asked: ServiceAsked): ServiceLatency {
  const latency = known.all.find(({ profile }) => profile.latency)
  const map: LatencyMap = latency
    ? latencyOf(latency, { ...asked, columns: asked.points })
    : {
        range: { from: asked.from, to: asked.to },
        step: 60,
        start: [],
        edges: [],
        counts: [],
        thresholdMs: null,
      }
  const line = (share: number): (number | null)[] =>
    map.counts.map((column) => {
      const total = column.reduce((n, c) => n + c, 0)
      if (total === 0) return null
      let reached = 0
      const row = column.findIndex((n) => (reached += n) >= total * share)
      return map.edges[row + 1] ?? null
    })
  return {
    ...map,
    thresholdMs: null,
    timed: map.counts.map((column) => column.reduce((n, c) => n + c, 0)),
    p50: line(0.5),
    p90: line(0.9),
    p95: line(0.95),
    p99: line(0.99),
    p999: line(0.999),
  }
}

export function serviceExemplarsOf(known: Known, asked: ServiceAsked & { limit: number }): Exemplar[] {
  return exemplarsOf(known.kept, asked)
}

/** What the estate's service says of itself: two sources cannot be read, and one overflows. */
export function diagnosisAt(now: number, empty: boolean): Diagnosis {
  const sources = empty ? [] : sourcesAt(now).map((source) => walkOf(source, now))
  const well = (name: string, text: string) => ({ name, finding: 'well' as const, text, remedy: '' })
  return {
    now,
    version: '0.1.0',
    finding: empty ? 'well' : 'wrong',
    checks: [
      well('version', 'Nines 0.1.0, up for 1 d.'),
      well('store', 'The ledger in data/ledger answers: 2,892 series of 7 sources.'),
      well('clock', 'It has not jumped.'),
      {
        name: 'disk',
        finding: 'wrong',
        text: '0.7 GB free (2 %) where data/ledger is.',
        remedy: 'Make room, or lower retention.traffic in `nines.yaml`: ClickHouse needs room to merge.',
      },
      { name: 'slack', finding: 'unknown', text: 'Slack has not been asked yet.', remedy: '' },
    ],
    sources,
  }
}

function walkOf(source: ReturnType<typeof sourcesAt>[number], now: number): Diagnosis['sources'][number] {
  const step = (
    name: Diagnosis['sources'][number]['walk'][number]['step'],
    text: string,
  ): Diagnosis['sources'][number]['walk'][number] => ({
    step: name,
    state: 'well',
    since: null,
    text,
    remedy: '',
  })
  const failing = source.state === 'failing'
  const behind = failing ? 'Waits for the step before: the source.' : undefined
  const { problem } = source
  return {
    name: source.name,
    type: source.type,
    finding: failing || source.overflowed > 0 ? 'wrong' : 'well',
    lastSuccess: source.lastSuccess,
    lag: source.completeThrough === null ? null : now - source.completeThrough,
    events: source.events,
    rejected: source.rejected,
    overflowed: source.overflowed,
    series: source.series,
    first: now - 30 * 86_400,
    last: failing ? source.lastSuccess : now - 50,
    problem,
    walk: [
      failing && problem
        ? {
            ...step('source', problem.text),
            state: 'wrong',
            since: source.lastSuccess,
            remedy: problem.remedy,
          }
        : step('source', `${source.targets.length} targets, all can be read.`),
      behind === undefined
        ? step('collector', `${source.events.toLocaleString('en-US')} events since the start.`)
        : { ...step('collector', behind), state: 'waiting' },
      source.overflowed > 0
        ? {
            ...step(
              'ledger',
              '3,120 requests are beyond the bound on series and can no longer be told apart.',
            ),
            state: 'wrong',
            remedy: 'Fold paths into operations with patterns in the DataSource, or raise its `maxSeries`.',
          }
        : step('ledger', `${source.series} series, the last request a minute ago.`),
      source.name === 'probes'
        ? {
            ...step('sli', 'No promise is measured by it.'),
            state: 'unused',
            remedy: 'Name it as `metricSourceRef` of an SLI, or remove it.',
          }
        : step('sli', '3 promises count its requests.'),
      failing
        ? { ...step('budget', 'Waits for the step before: the source.'), state: 'waiting' }
        : source.name === 'probes'
          ? { ...step('budget', 'No budget rests on it.'), state: 'unused' }
          : step('budget', '3 budgets rest on it.'),
    ],
  }
}
