import { expect, test } from 'vitest'
import { exportDatadog, importDatadog, loadDefinitions } from '../../src/definitions/index.ts'

const SOURCES =
  'apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: datadog }\nspec: { type: Datadog, connectionDetails: {} }\n---\napiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: edge }\nspec: { type: EnvoyAccessLog, connectionDetails: { files: [a.json], format: envoy-json } }\n---\n'
const HITS = 'sum:trace.http.request.hits{service:web}.as_count()'
const ERRORS = 'sum:trace.http.request.errors{service:web}.as_count()'

const metric = (spec: object, source = 'datadog', type = 'Datadog') => ({
  metricSource: { metricSourceRef: source, type, spec },
})
const ratio = (parts: object) => ({ ratioMetric: { counter: true, ...parts } })

interface Given {
  readonly sli: object
  readonly objective?: object
  readonly window?: object
  readonly method?: string
  readonly annotations?: object
}

function load(given: Readonly<Record<string, Given>>) {
  const documents = Object.entries(given).map(([name, one]) => ({
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name, displayName: `The ${name}`, annotations: one.annotations ?? {} },
    spec: {
      service: 'web',
      indicator: { metadata: { name: `${name}-sli` }, spec: one.sli },
      timeWindow: [one.window ?? { duration: '30d', isRolling: true }],
      budgetingMethod: one.method ?? 'Occurrences',
      objectives: [{ target: 0.9995, ...one.objective }],
    },
  }))
  const text = SOURCES + documents.map((document) => JSON.stringify(document)).join('\n---\n')
  const { slos, problems } = loadDefinitions([{ file: 'a.yaml', text }])
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return slos
}

test('counts that Datadog is asked for become a metric SLO, with the exact target', () => {
  const slos = load({
    works: { sli: ratio({ bad: metric({ query: ERRORS }), total: metric({ query: HITS }) }) },
  })
  expect(exportDatadog(slos)).toEqual({
    notes: [],
    slos: [
      {
        name: 'The works',
        type: 'metric',
        tags: ['service:web', 'nines:works'],
        thresholds: [{ timeframe: '30d', target: 99.95 }],
        sli_specification: {
          count: {
            good_events_formula: { formula: '(total_a) - (bad_a)' },
            total_events_formula: { formula: 'total_a' },
            queries: [
              { name: 'total_a', data_source: 'metrics', query: HITS },
              { name: 'bad_a', data_source: 'metrics', query: ERRORS },
            ],
          },
        },
      },
    ],
  })
})

test('questions to APM become the metrics that it keeps of the operation', () => {
  const apm = (stat: string) =>
    metric({ apm: { service: 'web', env: 'prod', operation: 'http.request', stat } })
  const { slos } = exportDatadog(load({ works: { sli: ratio({ bad: apm('errors'), total: apm('hits') }) } }))
  expect(JSON.stringify(slos)).toContain('sum:trace.http.request.errors{service:web,env:prod}.as_count()')
})

test('a number that is compared becomes time slices, and it is said what differs', () => {
  const sli = { thresholdMetric: metric({ query: 'p99:trace.http.request{service:web}' }) }
  const { slos, notes } = exportDatadog(
    load({
      fast: { sli, objective: { op: 'lt', value: 0.5 }, annotations: { 'nines.dev/no-data': 'good' } },
      strict: { sli, objective: { op: 'lte', value: 0.25 } },
    }),
  )
  expect(slos[0]).toMatchObject({
    type: 'time_slice',
    sli_specification: {
      time_slice: {
        comparator: '<',
        threshold: 0.5,
        query_interval_seconds: 60,
        query: { formulas: [{ formula: 'slice_a' }] },
      },
    },
  })
  expect(notes).toEqual([
    { name: 'strict', text: 'Datadog counts a slice without data as up, and Nines does not' },
  ])
})

test('what is exported can be imported, and asks the same', () => {
  const before = load({
    works: {
      sli: ratio({
        good: metric({ queries: { a: HITS, b: ERRORS }, formula: 'a - b' }),
        total: metric({ query: HITS }),
      }),
    },
  })
  const { text, notes } = importDatadog({ slos: exportDatadog(before).slos, corrections: [] }, 'datadog')
  expect(notes).toEqual([])
  const [after] = loadDefinitions([{ file: 'b.yaml', text: SOURCES + text }]).slos
  expect(after?.slo.objectives[0]?.allowed).toBe(before[0]?.slo.objectives[0]?.allowed)
  expect(after?.queries[0]?.numerator.query).toMatchObject({
    spec: { queries: { good_a: HITS, good_b: ERRORS }, formula: 'good_a - good_b' },
  })
  expect(after?.queries[0]?.total).toMatchObject({ spec: { query: HITS } })
})

test.each<[string, Given, RegExp]>([
  [
    'requests of another source',
    {
      sli: ratio({
        good: metric({ match: '{service_name="web"}', outcome: 'good' }, 'edge', 'Requests'),
        total: metric({ match: '{service_name="web"}' }, 'edge', 'Requests'),
      }),
    },
    /requests that edge saw, which Datadog does not have/,
  ],
  [
    'a window that it does not have',
    {
      sli: ratio({ bad: metric({ query: ERRORS }), total: metric({ query: HITS }) }),
      window: { duration: '28d', isRolling: true },
    },
    /over the last 7, 30, 90 days/,
  ],
  [
    'slices over counts',
    {
      sli: ratio({ bad: metric({ query: ERRORS }), total: metric({ query: HITS }) }),
      method: 'Timeslices',
      objective: { timeSliceTarget: 0.99, timeSliceWindow: '5m' },
    },
    /no slices over counts/,
  ],
  [
    'APM without an operation',
    {
      sli: ratio({
        bad: metric({ apm: { service: 'web', stat: 'errors' } }),
        total: metric({ apm: { service: 'web', stat: 'hits' } }),
      }),
    },
    /without operation/,
  ],
])('%s is not carried over, and it is said why', (_, given, why) => {
  const { slos, notes } = exportDatadog(load({ one: given }))
  expect(slos).toEqual([])
  expect(notes).toHaveLength(1)
  expect(notes[0]?.name).toBe('one')
  expect(notes[0]?.text).toMatch(why)
})
