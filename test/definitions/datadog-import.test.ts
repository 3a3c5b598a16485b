import fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentToRatio, splitQuery } from '../../src/definitions/datadog-queries.ts'
import { importDatadog, loadDefinitions } from '../../src/definitions/index.ts'
import { runs } from '../property-runs.ts'

const SOURCE =
  'apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: datadog }\nspec: { type: Datadog, connectionDetails: { site: datadoghq.eu } }\n---\n'
const HITS = 'sum:trace.http.request.hits{service:web}.as_count()'
const ERRORS = 'sum:trace.http.request.errors{service:web}.as_count()'
const base = { tags: ['service:web'], thresholds: [{ timeframe: '30d', target: 99.95 }] }

function load(slos: readonly unknown[], corrections: readonly unknown[] = []) {
  const imported = importDatadog({ slos, corrections }, 'datadog')
  const text = SOURCE + imported.text
  return { imported, definitions: loadDefinitions([{ file: 'datadog.yaml', text }], {}) }
}

test('an SLO over metrics is carried over with its exact target and both queries', () => {
  const { imported, definitions } = load([
    {
      ...base,
      id: '1',
      name: 'Checkout works',
      type: 'metric',
      query: { numerator: `${HITS} - ${ERRORS}`, denominator: HITS },
    },
  ])
  expect(definitions.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(imported.notes).toEqual([])
  const [slo] = definitions.slos
  expect(slo?.slo.id).toBe('checkout-works')
  expect(imported.text).toContain('target: 0.9995')
  const [query] = slo?.queries ?? []
  expect(query?.numerator.query).toMatchObject({
    spec: { queries: { a: HITS, b: ERRORS }, formula: 'a - b' },
  })
  expect(query?.total).toMatchObject({ spec: { query: HITS } })
})

test('bad events make the total, as Datadog derives it', () => {
  const count = {
    good_events_formula: { formula: 'query1' },
    bad_events_formula: { formula: 'query2' },
    queries: [
      { name: 'query1', data_source: 'metrics', query: HITS },
      { name: 'query2', data_source: 'metrics', query: ERRORS },
    ],
  }
  const { definitions } = load([{ ...base, name: 'a', type: 'metric', sli_specification: { count } }])
  expect(definitions.slos[0]?.queries[0]?.total).toMatchObject({ spec: { formula: 'query1 + query2' } })
})

test('time slices keep their length, count silence as up, and say how they are judged', () => {
  const time_slice = {
    comparator: '<',
    threshold: 0.5,
    query: {
      formulas: [{ formula: 'q' }],
      queries: [{ name: 'q', data_source: 'metrics', query: 'p99:trace.http.request{*}' }],
    },
  }
  const { definitions, imported } = load([
    { ...base, name: 'fast', type: 'time_slice', sli_specification: { time_slice } },
  ])
  expect(definitions.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(imported.text).toContain('nines.dev/no-data: good')
  expect(definitions.slos[0]?.queries[0]?.numerator.query).toMatchObject({
    reading: { kind: 'points-passing', op: 'lt', value: '0.5' },
  })
  const [objective] = definitions.slos[0]?.slo.objectives ?? []
  expect(definitions.slos[0]?.slo.method).toBe('timeslices')
  expect(objective?.slice).toEqual({ width: 300, allowed: 500_000 })
  expect(imported.notes.map(({ name }) => name)).toEqual(['fast'])
  expect(imported.notes[0]?.text).toMatch(/by its value over all of them, and here by whether at least half/)
})

test('slices of a minute need no note', () => {
  const time_slice = {
    comparator: '<=',
    threshold: 0.5,
    query_interval_seconds: 60,
    query: {
      formulas: [{ formula: 'q' }],
      queries: [{ name: 'q', data_source: 'metrics', query: 'p99:trace.http.request{*}.rollup(max, 300)' }],
    },
  }
  const { definitions, imported } = load([
    { ...base, name: 'fast', type: 'time_slice', sli_specification: { time_slice } },
  ])
  expect(imported.notes).toEqual([])
  expect(definitions.slos[0]?.slo.method).toBe('occurrences')
  expect(imported.text).toContain('.rollup(max, 60)')
})

const MONITOR = {
  id: 12,
  name: 'Checkout is slow',
  type: 'query alert',
  query: 'avg(last_5m):p99:trace.http.request{service:web} > 0.5',
}

test('an SLO by a monitor of a metric follows it minute by minute, and says so', () => {
  const slos = [{ ...base, id: '1', name: 'by monitor', type: 'monitor', monitor_ids: [12] }]
  const imported = importDatadog({ slos, corrections: [], monitors: [MONITOR] }, 'datadog')
  const { problems, slos: read } = loadDefinitions([{ file: 'a.yaml', text: SOURCE + imported.text }])
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(read[0]?.queries[0]?.numerator.query).toMatchObject({
    spec: { query: 'p99:trace.http.request{service:web}' },
    reading: { kind: 'points-passing', op: 'lte', value: '0.5' },
  })
  expect(imported.text).toContain('nines.dev/no-data: good')
  expect(imported.notes).toEqual([
    {
      name: 'by monitor',
      text: 'it follows monitor 12 (Checkout is slow), which judges the avg of last_5m; here each minute is judged by the same query and threshold',
    },
  ])
})

test.each<[string, readonly number[], object, RegExp]>([
  ['several monitors', [12, 13], MONITOR, /looks at 2 monitors at once/],
  ['one that was not read', [13], MONITOR, /monitor 13 is not among those that were read/],
  ['one that is no metric’s', [12], { ...MONITOR, type: 'service check' }, /is a service check/],
  [
    'one with groups',
    [12],
    { ...MONITOR, query: 'avg(last_5m):avg:a{*} by {host} > 1' },
    /alerts for groups apart/,
  ],
  ['an anomaly', [12], { ...MONITOR, query: 'avg(last_4h):anomalies(avg:a{*}) >= 1 && x' }, /more than one/],
])('an SLO by %s is named, with what to do', (_, monitor_ids, monitor, why) => {
  const slos = [{ ...base, name: 'by monitor', type: 'monitor', monitor_ids }]
  const { slos: count, notes } = importDatadog({ slos, corrections: [], monitors: [monitor] }, 'datadog')
  expect(count).toBe(0)
  expect(notes[0]?.text).toMatch(why)
})

test('corrections of counts exclude, those of slices forgive', () => {
  const metric = {
    ...base,
    id: '1',
    name: 'a',
    type: 'metric',
    query: { numerator: HITS, denominator: HITS },
  }
  const attributes = {
    slo_id: '1',
    start: 1_790_000_040,
    end: 1_790_003_640,
    description: 'upgrade',
    category: 'Deployment',
  }
  const { definitions, imported } = load(
    [metric],
    [
      { id: 'c1', attributes },
      {
        id: 'c2',
        attributes: { ...attributes, end: null, duration: 3_600, rrule: 'FREQ=WEEKLY;INTERVAL=1' },
      },
      { id: 'c3', attributes: { ...attributes, slo_id: 'other' } },
    ],
  )
  expect(definitions.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(imported.corrections).toBe(2)
  expect(imported.text.match(/effect: exclude/g)).toHaveLength(2)
  expect(imported.notes).toEqual([{ name: 'correction c3', text: 'its SLO is not carried over' }])
})

test('what cannot be carried over is named, and the rest is carried over', () => {
  const { imported } = load([
    { ...base, name: 'by monitor', type: 'monitor', monitor_ids: [1] },
    {
      ...base,
      name: 'divides',
      type: 'metric',
      query: { numerator: `${HITS} / ${ERRORS}`, denominator: HITS },
    },
    { name: 7 },
    {
      ...base,
      name: 'two',
      type: 'metric',
      query: { numerator: HITS, denominator: HITS },
      thresholds: [
        { timeframe: '7d', target: 99 },
        { timeframe: 'custom', target: 99 },
      ],
    },
  ])
  expect(imported.slos).toBe(1)
  expect(imported.notes.map(({ name }) => name)).toEqual(['by monitor', 'divides', '7', 'two'])
})

test('a percentage becomes a share by its digits', () => {
  expect([99.95, 99, 100, 99.9999, 5, 0.5].map(percentToRatio)).toEqual([
    '0.9995',
    '0.99',
    '1',
    '0.999999',
    '0.05',
    '0.005',
  ])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999 }), (n) => {
      expect(Number(percentToRatio(n / 10_000))).toBe(Number(`0.${String(n).padStart(6, '0')}`))
    }),
    runs(1_000),
  )
})

test('a minus inside a name does not part a query', () => {
  expect(splitQuery('sum:a{env:pre-prod}.as_count() + sum:b{*}.as_count()')?.formula).toBe('a + b')
  expect(splitQuery('sum:a{*} * 2')).toBeUndefined()
  expect(splitQuery('sum:a{*')).toBeUndefined()
})
