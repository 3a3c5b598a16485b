import { expect, test } from 'vitest'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { slo, source } from './documents.ts'

test('an SLO over our own requests becomes a question, an objective and a policy', () => {
  const { slos, sources, problems } = loadDefinitions([{ file: 'a.yaml', text: `${source()}---\n${slo()}` }])
  expect(problems).toEqual([])
  expect(sources.map(({ name, type, labels }) => ({ name, type, labels }))).toEqual([
    { name: 'edge', type: 'EnvoyAccessLog', labels: { cloud_provider: 'aws' } },
  ])
  const [defined] = slos
  expect(defined?.slo).toMatchObject({
    id: 'checkout-fast',
    service: 'checkout',
    method: 'occurrences',
    objectives: [
      { name: '1', target: '99.9', allowed: 1_000, indicator: 'checkout-fast/checkout-within-300ms' },
    ],
    windows: [{ kind: 'rolling', name: '30d', length: 2_592_000 }],
    splitBy: ['cloud_provider', 'cloud_region'],
    sources: ['edge'],
    noData: 'freeze',
    minBadEvents: 0,
  })
  expect(defined?.queries).toMatchObject([
    {
      id: 'checkout-fast/checkout-within-300ms',
      numerator: {
        counts: 'good',
        query: { kind: 'requests', source: 'edge', outcome: 'good', within: 300_000 },
      },
      total: {
        kind: 'requests',
        source: 'edge',
        outcome: 'all',
        match: { text: '{service_name="checkout"}' },
      },
      splitBy: ['cloud_provider', 'cloud_region'],
    },
  ])
  expect(defined?.within).toBe('300ms')
})
