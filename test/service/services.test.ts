import { describe, expect, test } from 'vitest'
import { type Labels, seconds, unixSeconds } from '../../src/base/index.ts'
import { serviceDetail, serviceGroups, serviceLatency, services } from '../../src/contract/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import type { Shown } from '../../src/service/loop.ts'
import { createServices } from '../../src/service/services.ts'
import type { Ledger, TrafficAsked } from '../../src/store/index.ts'
import {
  binOf,
  type CoverageSpan,
  type Exemplar,
  type Outcome,
  OVERFLOW,
  type RequestQuery,
} from '../../src/traffic/index.ts'

const FROM = 1_790_000_040 - (1_790_000_040 % 3_600)
const NOW = FROM + 3_600

interface Row {
  readonly source?: string
  readonly labels: Labels
  /** Minutes after the start. */
  readonly minute: number
  readonly outcome?: Outcome
  readonly reason?: string
  readonly count: number
  readonly ms?: number
}

interface Estate {
  readonly rows?: readonly Row[]
  readonly known?: readonly (readonly [
    from: number,
    to: number,
    state?: CoverageSpan['state'],
    source?: string,
  ])[]
  readonly exemplars?: readonly Exemplar[]
}

/** A ledger of a handful of rows, answered by loops. */
function ledgerOf({ rows = [], known = [[0, 60]], exemplars = [] }: Estate): Ledger {
  const fits = (asked: Pick<TrafficAsked, 'source' | 'match' | 'range'>) =>
    rows.filter(({ source = 'edge', labels, minute }) => {
      const at = FROM + minute * 60
      return (
        (asked.source ?? source) === source &&
        (asked.match?.matches(labels) ?? true) &&
        at >= asked.range.from &&
        at < asked.range.to
      )
    })
  const groups = <T extends Pick<TrafficAsked, 'source' | 'match' | 'range' | 'by'>>(asked: T) => {
    const found = new Map<string, { source: string; labels: Record<string, string>; rows: Row[] }>()
    for (const row of fits(asked)) {
      const names = [...asked.by, OVERFLOW]
      const labels = Object.fromEntries(Object.entries(row.labels).filter(([name]) => names.includes(name)))
      const source = row.source ?? 'edge'
      const key = JSON.stringify([source, labels])
      const group = found.get(key) ?? { source, labels, rows: [] }
      group.rows.push(row)
      found.set(key, group)
    }
    return [...found.values()]
  }
  const histogram = (own: readonly Row[]) => {
    const bins = new Map<number, number>()
    for (const { ms, count, outcome } of own)
      if (ms !== undefined && outcome !== 'ignored')
        bins.set(binOf(ms * 1_000), (bins.get(binOf(ms * 1_000)) ?? 0) + count)
    const sorted = [...bins].sort(([a], [b]) => a - b)
    return { bins: sorted.map(([bin]) => bin), counts: sorted.map(([, n]) => n) }
  }
  return {
    traffic: async (asked: TrafficAsked) =>
      groups(asked).map(({ source, labels, rows: own }) => ({
        source,
        labels,
        parts: own.map(({ minute, outcome = 'good', reason = '2xx', count }) => {
          const counts = new Float64Array(Math.ceil((asked.range.to - asked.range.from) / asked.width))
          counts[Math.floor((FROM + minute * 60 - asked.range.from) / asked.width)] = count
          return { outcome, reason, counts }
        }),
      })),
    latencyGroups: async (asked: TrafficAsked) =>
      groups(asked).map(({ source, labels, rows: own }) => ({ source, labels, latency: histogram(own) })),
    latency: async (
      query: RequestQuery,
      { range, width }: { range: TrafficAsked['range']; width: number },
    ) => {
      const starts = [
        ...new Set(fits({ ...query, range }).map(({ minute }) => Math.floor((minute * 60) / width))),
      ]
      return starts.map((bucket) => ({
        start: unixSeconds(FROM + bucket * width),
        ...histogram(
          fits({ ...query, range }).filter(({ minute }) => Math.floor((minute * 60) / width) === bucket),
        ),
      }))
    },
    coverage: async (sources: readonly string[]) =>
      known
        .map(([from, to, state = 'known', source = 'edge']) => ({
          source,
          from: unixSeconds(FROM + from * 60),
          to: unixSeconds(FROM + to * 60),
          state,
          reason: state === 'known' ? '' : 'connection refused',
        }))
        .filter(({ source }) => sources.includes(source)),
    exemplars: async (query: RequestQuery) =>
      exemplars.filter(
        ({ labels, outcome }) =>
          query.match.matches(labels) && (query.outcome === 'all' || outcome === query.outcome),
      ),
  } as unknown as Ledger
}

const SLO = `apiVersion: openslo/v1
kind: DataSource
metadata: { name: edge }
spec: { type: EnvoyAccessLog, connectionDetails: { files: [a.json], format: envoy-json } }
---
apiVersion: openslo/v1
kind: Service
metadata: { name: pay, displayName: Payments }
spec: { description: Takes the money. }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: pay-works }
spec:
  service: pay
  indicator:
    metadata: { name: works }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="pay"}', outcome: good } } }
        total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="pay"}' } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
`

function shownOf(): Shown {
  const definitions = loadDefinitions([{ file: 'a.yaml', text: SLO }])
  const summaries = [{ id: 'pay-works', slo: 'pay-works', objective: '0', name: 'Pay works', state: 'ok' }]
  return { now: unixSeconds(NOW), definitions, summaries, alerting: { incidents: [] } } as unknown as Shown
}

const asked = { from: FROM, to: NOW, scope: {}, points: 12 }
const api = (estate: Estate, shown?: Shown) =>
  createServices({
    ledger: ledgerOf(estate),
    shown: () => shown,
    inputsOf: () => [],
    viewer: { viewer: 'jaeger', template: 'https://j.example/trace/{traceId}' },
    now: () => NOW,
  })
const pay = { service_name: 'pay', cloud_provider: 'aws', operation: '/pay' }

describe('the list', () => {
  test('leaves out how long the parts of a probe took', async () => {
    const rows = [
      { labels: pay, minute: 1, count: 6, ms: 40, source: 'probe' },
      { labels: { ...pay, operation: 'connect' }, minute: 1, count: 6, ms: 2, source: 'probe#phases' },
    ]
    const told = await api({ rows }).services(asked)
    expect(told.services.map(({ source }) => source)).toEqual(['probe'])
    expect((await api({ rows }).service('pay', asked))?.sources.map(({ name }) => name)).toEqual(['probe'])
  })

  test('keeps apart what two sources saw of one service, counts exactly, and tells what is ignored', async () => {
    const told = services.parse(
      await api({
        rows: [
          { labels: pay, minute: 1, count: 90, ms: 12 },
          { labels: pay, minute: 2, count: 10, outcome: 'bad', reason: '5xx', ms: 400 },
          { labels: pay, minute: 2, count: 7, outcome: 'ignored', reason: 'health-check' },
          { labels: pay, minute: 3, count: 100, source: 'apm' },
        ],
        known: [
          [0, 60],
          [0, 60, 'known', 'apm'],
        ],
      }).services(asked),
    )
    expect(told.services.map(({ source, good, bad, ignored }) => [source, good, bad, ignored])).toEqual([
      ['edge', 90, 10, 7],
      ['apm', 100, 0, 0],
    ])
    const [edge, apm] = told.services
    expect(edge?.errorRatio).toBe(0.1)
    expect([edge?.latency.p50, edge?.latency.p99, edge?.latency.timed]).toEqual([13, 410, 100])
    expect(apm?.latency).toMatchObject({ p50: null, timed: 0 })
    expect(edge?.clouds).toEqual(['aws'])
  })

  test('a service that a promise names is there when nobody saw it, with what that means', async () => {
    const row = async (estate: Estate) => (await api(estate, shownOf()).services(asked)).services[0]
    expect(await row({ known: [[0, 60]] })).toMatchObject({
      service: 'pay',
      name: 'Payments',
      data: 'no-traffic',
      errorRatio: null,
    })
    expect(await row({ known: [] })).toMatchObject({ data: 'no-data' })
    expect(await row({ known: [[0, 60, 'missing']] })).toMatchObject({ data: 'error' })
    expect((await row({ known: [] }))?.spark.requests.every((n) => n === null)).toBe(true)
    expect((await row({}))?.slos).toEqual([{ id: 'pay-works', name: 'Pay works', state: 'ok' }])
  })

  test('what came beyond the bound, and what has no service, has a row of its own', async () => {
    const told = await api({
      rows: [
        { labels: { [OVERFLOW]: 'true' }, minute: 1, count: 5 },
        { labels: { operation: '/x' }, minute: 1, count: 6 },
      ],
    }).services(asked)
    expect(told.services.map(({ service, good }) => [service, good])).toEqual([
      ['__overflow__', 5],
      ['__unnamed__', 6],
    ])
  })
})

describe('one service', () => {
  test('has no number where nothing is known, and zero where it is known that nothing came', async () => {
    const found = await api({
      rows: [{ labels: pay, minute: 1, count: 90 }],
      known: [
        [0, 10],
        [20, 60],
      ],
    }).service('pay', asked)
    const told = serviceDetail.parse(found)
    expect(told.step).toBe(300)
    expect(told.series.good.slice(0, 5)).toEqual([90, 0, null, null, 0])
    expect(told.series.minutes.slice(0, 5)).toEqual([5, 5, 0, 0, 5])
    expect(told.data).toBe('partial')
    expect(told.gaps).toEqual([{ from: FROM + 600, to: FROM + 1_200, state: 'missing', reason: '' }])
  })

  test('a stretch of which a part was not read shows what was counted, and nothing when nothing was', async () => {
    const told = await api({
      rows: [{ labels: pay, minute: 1, count: 90 }],
      known: [[0, 60, 'partial']],
    }).service('pay', asked)
    expect(told?.series.good.slice(0, 2)).toEqual([90, null])
    expect(told?.gaps[0]).toMatchObject({ state: 'partial', reason: 'connection refused' })
  })

  test('ends with the last minute that its source has told of, so that the end is no burst', async () => {
    const told = await api({
      rows: [
        { labels: pay, minute: 57, count: 60 },
        { labels: pay, minute: 59, count: 60 },
      ],
      known: [[0, 58]],
    }).service('pay', asked)
    expect(told?.range.to).toBe(FROM + 58 * 60)
    expect(told?.good).toBe(60)
  })

  test('is seen by the source that its promises are measured by, and by another when asked', async () => {
    const estate: Estate = {
      rows: [
        { labels: pay, minute: 1, count: 1 },
        { labels: pay, minute: 1, count: 9, source: 'apm' },
      ],
    }
    const one = api(estate, shownOf())
    expect(await one.service('pay', asked)).toMatchObject({
      source: 'edge',
      good: 1,
      description: 'Takes the money.',
    })
    expect(await one.service('pay', { ...asked, source: 'apm' })).toMatchObject({ good: 9, slos: [] })
    expect((await one.service('pay', asked))?.sources.map(({ name, good }) => [name, good])).toEqual([
      ['edge', 1],
      ['apm', 9],
    ])
    expect(await one.service('pay', { ...asked, source: 'nowhere' })).toBeUndefined()
    expect(await one.service('other', asked)).toBeUndefined()
  })

  test('by operation: the worst first, each with why it failed and its own quantiles', async () => {
    const other = { ...pay, operation: '/refund', cloud_provider: 'gcp' }
    const estate: Estate = {
      rows: [
        { labels: pay, minute: 1, count: 99, ms: 20 },
        { labels: pay, minute: 1, count: 1, outcome: 'bad', reason: '5xx', ms: 20 },
        { labels: other, minute: 1, count: 5, outcome: 'bad', reason: 'http-503', ms: 900 },
        { labels: other, minute: 2, count: 3, outcome: 'bad', reason: 'flag-UH' },
      ],
    }
    const told = serviceGroups.parse(
      await api(estate).serviceGroups('pay', { ...asked, by: ['operation'], limit: 10 }),
    )
    expect(told.groups.map(({ labels, bad, share }) => [labels['operation'], bad, share])).toEqual([
      ['/refund', 8, 8 / 9],
      ['/pay', 1, 1 / 9],
    ])
    expect(told.groups[0]?.reasons.map(({ reason, count }) => [reason, count])).toEqual([
      ['http-503', 5],
      ['flag-UH', 3],
    ])
    expect(told.groups[0]?.reasons[0]?.meaning).toBe('service unavailable')
    expect(told.groups[0]?.latency).toMatchObject({ p50: 910, timed: 5 })
    const narrow = await api(estate).service('pay', { ...asked, scope: { cloud_provider: 'gcp' } })
    expect(narrow).toMatchObject({ good: 0, bad: 8, clouds: ['aws', 'gcp'] })
    const reasons = await api(estate).serviceGroups('pay', { ...asked, by: ['reason'], limit: 2 })
    expect(reasons).toMatchObject({
      total: 4,
      groups: [{ labels: { reason: 'http-503' } }, { labels: { reason: 'flag-UH' } }],
    })
  })

  test('quantiles over time have a gap where no duration is known', async () => {
    const told = serviceLatency.parse(
      await api({ rows: [{ labels: pay, minute: 1, count: 100, ms: 20 }] }).serviceLatency('pay', asked),
    )
    expect(told.start).toHaveLength(12)
    expect(told.p99.slice(0, 2)).toEqual([21, null])
    expect(told.timed.slice(0, 2)).toEqual([100, 0])
    expect(told.counts[0]?.reduce((n, count) => n + count, 0)).toBe(100)
  })

  test('single requests link to their traces; the slowest come first when asked', async () => {
    const exemplar = (given: Partial<Exemplar>): Exemplar => ({
      source: 'edge',
      labels: pay,
      atMs: FROM * 1_000,
      outcome: 'good',
      reason: '2xx',
      ...given,
    })
    const duration = (ms: number) => seconds(ms * 1_000) as unknown as NonNullable<Exemplar['duration']>
    const one = api({
      rows: [{ labels: pay, minute: 1, count: 3 }],
      exemplars: [
        exemplar({ duration: duration(20) }),
        exemplar({
          outcome: 'bad',
          reason: '5xx',
          duration: duration(5),
          traceId: '5b8aa5a2d2c872e8321cf37308d69df2',
        }),
        exemplar({ duration: duration(900) }),
      ],
    })
    const bad = await one.serviceExemplars('pay', { ...asked, kind: 'bad', limit: 5 })
    expect(bad?.map(({ traceUrl }) => traceUrl)).toEqual([
      'https://j.example/trace/5b8aa5a2d2c872e8321cf37308d69df2',
    ])
    const slow = await one.serviceExemplars('pay', { ...asked, kind: 'slow', limit: 2 })
    expect(slow?.map(({ durationMs }) => durationMs)).toEqual([900, 20])
  })
})
