import { expect, test } from 'vitest'
import { type Labels, unixSeconds } from '../../src/base/index.ts'
import { renderReconciliation } from '../../src/cli/reconcile.ts'
import { reconciliation } from '../../src/contract/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import type { Shown } from '../../src/service/loop.ts'
import { reconciliationOf } from '../../src/service/reconcile.ts'
import type { Ledger, TrafficAsked } from '../../src/store/index.ts'
import type { CoverageSpan, IndicatorQuery, Outcome } from '../../src/traffic/index.ts'

const FROM = 1_790_000_040 - (1_790_000_040 % 3_600)
const MINUTES = 60
const NOW = FROM + MINUTES * 60 + 30

interface Row {
  readonly source: string
  readonly labels: Labels
  readonly outcome?: Outcome
  readonly count: number
}

interface Estate {
  /** In each minute. */
  readonly rows?: readonly Row[]
  /** Good and bad in each minute, by cloud, of every question. */
  readonly answers?: Readonly<Record<string, readonly [good: number, bad: number]>>
  /** Sources and questions of which nothing is known. */
  readonly blind?: (name: string) => boolean
}

const each = (count: number): Float64Array => new Float64Array(MINUTES).fill(count)

function ledgerOf({ rows = [], answers = {}, blind = () => false }: Estate): Ledger {
  return {
    traffic: async ({ match }: TrafficAsked) =>
      rows
        .filter(({ labels }) => match?.matches(labels) ?? true)
        .map(({ source, labels, outcome = 'good', count }) => ({
          source,
          labels,
          parts: [{ outcome, reason: 'x', counts: each(count) }],
        })),
    read: async (queries: readonly IndicatorQuery[]) =>
      queries.flatMap(({ id }) => {
        const all = Object.entries(answers)
        const sum = (of: 0 | 1): number => all.reduce((n, [, counts]) => n + counts[of], 0)
        const scopes: readonly (readonly [Labels, number, number])[] = [
          [{}, sum(0), sum(1)],
          ...all.map(([cloud, [good, bad]]) => [{ cloud_provider: cloud }, good, bad] as const),
        ]
        return scopes.map(([scope, good, bad]) => ({
          query: id,
          scope,
          start: unixSeconds(FROM),
          width: 60,
          good: each(good),
          bad: each(bad),
        }))
      }),
    coverage: async (sources: readonly string[]): Promise<readonly CoverageSpan[]> =>
      sources
        .filter((source) => !blind(source))
        .map((source) => ({
          source,
          from: unixSeconds(FROM),
          to: unixSeconds(FROM + MINUTES * 60),
          state: 'known',
          reason: '',
        })),
  } as unknown as Ledger
}

const SOURCES = `apiVersion: openslo/v1
kind: DataSource
metadata: { name: edge }
spec: { type: EnvoyAccessLog, connectionDetails: { files: [a.json], format: envoy-json } }
---
apiVersion: openslo/v1
kind: DataSource
metadata: { name: apm }
spec: { type: Datadog, connectionDetails: {} }
---
apiVersion: openslo/v1
kind: DataSource
metadata: { name: pinger }
spec: { type: Probe, connectionDetails: { targets: [{ url: "https://shop.example/" }] } }
`

const slo = (name: string, { query = 'web', annotations = '{}' } = {}): string => `---
apiVersion: openslo/v1
kind: SLO
metadata: { name: ${name}, annotations: ${annotations} }
spec:
  service: pay
  indicator:
    metadata: { name: ${name}-sli }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { metricSourceRef: apm, type: Datadog, spec: { query: 'sum:trace.http.request.errors{service:${query}}.as_count()' } } }
        total: { metricSource: { metricSourceRef: apm, type: Datadog, spec: { query: 'sum:trace.http.request.hits{service:${query}}.as_count()' } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
`

async function reconciled(estate: Estate, documents: readonly string[] = [slo('by-apm')]) {
  const definitions = loadDefinitions([{ file: 'a.yaml', text: SOURCES + documents.join('') }])
  expect(definitions.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const shown = { now: unixSeconds(NOW), definitions, summaries: [] } as unknown as Shown
  const parts = { ledger: ledgerOf(estate), shown: () => shown, inputsOf: () => [], now: () => NOW }
  return reconciliation.parse(await reconciliationOf(parts, { from: FROM, to: NOW }))
}

const pay = (cloud: string): Labels => ({ service_name: 'pay', cloud_provider: cloud })
const EDGE: readonly Row[] = [
  { source: 'edge', labels: pay('aws'), count: 600 },
  { source: 'edge', labels: pay('aws'), outcome: 'bad', count: 5 },
  { source: 'edge', labels: pay('aws'), outcome: 'ignored', count: 30 },
  { source: 'edge', labels: pay('gcp'), count: 400 },
]

test('what a source saw and what an SLO asks another are one SLI, by source and cloud', async () => {
  const told = await reconciled({ rows: EDGE, answers: { aws: [600, 5], gcp: [400, 0] } })
  expect(told.services).toEqual([
    {
      service: 'pay',
      indicator: 'availability',
      agrees: true,
      reference: 'apm',
      minutes: 60,
      sights: [
        {
          source: 'edge',
          slo: null,
          known: 60,
          good: 60_000,
          bad: 300,
          ignored: 1_800,
          clouds: [
            { cloud: 'aws', good: 36_000, bad: 300 },
            { cloud: 'gcp', good: 24_000, bad: 0 },
          ],
        },
        {
          source: 'apm',
          slo: 'by-apm',
          known: 60,
          good: 60_000,
          bad: 300,
          ignored: null,
          clouds: [
            { cloud: 'aws', good: 36_000, bad: 300 },
            { cloud: 'gcp', good: 24_000, bad: 0 },
          ],
        },
      ],
      comparisons: [
        {
          source: 'edge',
          minutes: 60,
          own: { good: 60_000, bad: 300, ignored: 1_800 },
          reference: { good: 60_000, bad: 300, ignored: null },
          reason: 'none',
          text: '',
          remedy: '',
        },
      ],
    },
  ])
})

test('a cloud that one source does not have is named', async () => {
  const told = await reconciled({ rows: EDGE, answers: { aws: [600, 5] } })
  const [comparison] = told.services[0]?.comparisons ?? []
  expect(comparison?.reason).toBe('missing-cloud')
  expect(comparison?.text).toBe('apm has nothing of gcp, where edge has 24,000 events')
  const text = renderReconciliation(told, false)
  expect(text).toMatch(/^pay, availability {2}◆ disagree {2}over 1.h that all know$/m)
  expect(text).toContain('→ Add an input of gcp to apm')
})

test('a source that nothing is known of is said to stand still, and nothing else is made of it', async () => {
  const told = await reconciled({ rows: EDGE, blind: (name) => name.startsWith('apm?') })
  expect(told.services[0]?.comparisons[0]?.reason).toBe('stale')
  expect(told.services[0]?.comparisons[0]?.text).toBe('apm is known for 0 of 60 minutes')
})

test('a source that is asked several things of a service counts parts of it, and is left out', async () => {
  const documents = [slo('pay'), slo('refund', { query: 'refunds' })]
  expect((await reconciled({ rows: EDGE, answers: { aws: [1, 0] } }, documents)).services).toEqual([])
})

test('a latency that is asked beside it is another SLI of the source, not another part of the service', async () => {
  const within = slo('fast').replace(
    /bad: \{ metricSource: .*\n/,
    'good: { metricSource: { metricSourceRef: apm, type: Datadog, spec: { apm: { service: web, operation: http.request, within: 300ms } } } }\n',
  )
  const told = await reconciled({ rows: EDGE, answers: { aws: [600, 5], gcp: [400, 0] } }, [
    slo('pay'),
    within,
  ])
  expect(told.services.map(({ indicator, agrees }) => [indicator, agrees])).toEqual([['availability', true]])
})

test('two SLOs that ask the same question are one', async () => {
  const documents = [slo('pay'), slo('pay-strict')]
  const told = await reconciled({ rows: EDGE, answers: { aws: [600, 5], gcp: [400, 0] } }, documents)
  expect(told.services[0]?.sights).toHaveLength(2)
})

test('an SLO that says so is compared with nothing, and probes are nobody’s traffic', async () => {
  const off = slo('by-apm', { annotations: '{ nines.dev/reconcile: "off" }' })
  expect((await reconciled({ rows: EDGE, answers: { aws: [1, 0] } }, [off])).services).toEqual([])
  const rows = [...EDGE, { source: 'pinger', labels: pay('aws'), count: 6 }]
  expect((await reconciled({ rows }, [])).services).toEqual([])
})

test('nothing to compare is told in words', async () => {
  expect(renderReconciliation(await reconciled({}, []), false)).toBe(
    'No SLI is counted by several sources.\n',
  )
})
