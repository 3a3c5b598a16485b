import { expect, test } from 'vitest'
import { perMillion, seconds } from '../../src/base/index.ts'
import { sloSummary } from '../../src/contract/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { compositeSummary } from '../../src/service/composite.ts'
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
