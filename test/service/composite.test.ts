import { expect, test } from 'vitest'
import { perMillion, seconds } from '../../src/base/index.ts'
import { type SloSeries, sloSeries, sloSummary } from '../../src/contract/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { compositeSeries, compositeSummary } from '../../src/service/composite.ts'
import type { Evaluation } from '../../src/slo/index.ts'
import { evaluationAt, readTimeline, sloWith } from '../alerting/timeline.ts'
import { slo, source } from '../definitions/documents.ts'

const part = (name: string, weight: number) => `
      - displayName: ${name}
        target: 0.999
        compositeWeight: ${weight}
        timeSliceWindow: 1m
        indicator:
          metadata: { name: ${name} }
          spec:
            ratioMetric:
              counter: true
              good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{operation="${name}"}', outcome: good } } }
              total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{operation="${name}"}' } } }`

function define(method = 'RatioTimeslices') {
  const slices = method === 'Occurrences' ? '' : part('pay', 0.5) + part('browse', 2)
  const plain = (part('pay', 0.5) + part('browse', 2)).replaceAll('        timeSliceWindow: 1m\n', '')
  const objectives = slices === '' ? plain : slices
  const text = slo({ indicator: '', method, objectives })
  const { slos, problems } = loadDefinitions([{ file: 'a.yaml', text: `${source()}---\n${text}` }])
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const [defined] = slos
  if (!defined) throw new Error('not defined')
  return defined
}

/** An hour with so many bad events of a thousand in each minute. */
function evaluation(rate: number | '-'): Evaluation {
  return evaluationAt(readTimeline(`aws: 60x${rate}`), sloWith(), {}, 60)
}

test('what its parts spent adds up by their weights, and shortfalls add up too', () => {
  const defined = define()
  const parts: Record<string, Evaluation> = { pay: evaluation(2), browse: evaluation(0) }
  const row = compositeSummary(defined, (name) => [parts[name] ?? evaluation('-')])
  expect(sloSummary.parse(row)).toEqual(row)
  const [window] = row?.whole.windows ?? []
  const spent = 1 - (parts['pay']?.windows[0]?.budget.leftRatio ?? 0)
  expect(window?.budget.leftRatio).toBeCloseTo(1 - spent / 2, 12)
  expect(window?.sli).toBeCloseTo(1 - 0.002 / 2, 12)
  // A thousand and two thousand in a million, weighted: 0.5 × 1,000 + 2 × 1,000.
  expect(row).toMatchObject({ id: 'checkout-fast/composite', objective: 'composite', target: '99.75' })
  expect(window?.budget.time).toBe(Math.floor((30 * 86_400) / 2_500))
})

test('while a part has no events the composite is not known', () => {
  const row = compositeSummary(define('Occurrences'), (name) => [evaluation(name === 'pay' ? 1 : '-')])
  expect(row?.whole).toMatchObject({
    state: 'unknown',
    windows: [{ budget: { leftRatio: null }, sli: null }],
  })
})

test('an SLO with one indicator for all objectives has no such row', () => {
  const defined = define()
  const [first] = defined.slo.objectives
  if (!first) throw new Error('no objective')
  const objectives = [first, { ...first, name: 'strict', allowed: perMillion(10) }]
  const same = { ...defined, slo: { ...defined.slo, objectives } }
  expect(compositeSummary(same, () => [evaluation(0)])).toBeUndefined()
  const slice = { width: seconds(60), allowed: perMillion(50_000) }
  const sliced = { ...defined.slo, method: 'timeslices' as const, objectives: [{ ...first, slice }] }
  expect(compositeSummary({ ...defined, slo: sliced }, () => [evaluation(0)])).toBeUndefined()
})

test('a graph of a composite is that of its parts, weighted, where all of them are known', () => {
  const [pay, browse] = define().slo.objectives
  if (!pay || !browse) throw new Error('no objectives')
  const course = (change: Partial<SloSeries>): SloSeries => ({
    id: 'part',
    scope: {},
    range: { from: 0, to: 180 },
    step: 60,
    start: [0, 60, 120],
    good: [9, 9, 9],
    bad: [1, 1, 1],
    left: [1, 1, 1],
    ideal: null,
    burn: [{ rule: 'page-fast', severity: 'page', factor: 14.4, long: [0, 0, 0], short: [0, 0, 0] }],
    incidents: [],
    corrections: [],
    ...change,
  })
  const rule = { rule: 'page-fast', severity: 'page', factor: 14.4 } as const
  const incident = (id: string, from: number) => ({ id, from, to: null, severity: 'page' as const })
  const first = course({
    left: [0.5, 0, null],
    burn: [{ ...rule, long: [4, 0, null], short: [8, 2, 1] }],
    incidents: [incident('b', 100)],
  })
  const second = course({
    good: [1, null, 1],
    left: [0.75, -0.5, 1],
    burn: [{ ...rule, long: [1, 1, 1], short: [0, 3, null] }],
    incidents: [incident('a', 50)],
  })
  const series = compositeSeries('checkout-fast/composite', [
    { objective: pay, series: first },
    { objective: browse, series: second },
  ])
  expect(sloSeries.parse(series)).toEqual(series)
  // Half of what pay spent and twice what browse spent.
  expect(series).toMatchObject({
    id: 'checkout-fast/composite',
    start: [0, 60, 120],
    good: [10, null, 10],
    bad: [2, 2, 2],
    left: [1 - 0.25 - 0.5, 1 - 0.5 - 3, null],
    burn: [{ ...rule, long: [4, 2, null], short: [4, 7, null] }],
    incidents: [{ id: 'a' }, { id: 'b' }],
  })
  expect(compositeSeries('x', [])).toBeUndefined()
})
