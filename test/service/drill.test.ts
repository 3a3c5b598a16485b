import { expect, test } from 'vitest'
import { microseconds, unixSeconds } from '../../src/base/index.ts'
import { inScope, latencyOf, roundStep } from '../../src/service/drill.ts'
import type { Past } from '../../src/service/past.ts'
import { binOf, type IndicatorQuery, parseSelector, type RequestQuery } from '../../src/traffic/index.ts'

const selector = parseSelector('{service_name="checkout"}', () => ({
  kind: 'failed',
  error: 'no regex here',
}))
if (selector.kind === 'failed') throw new Error(selector.error.message)
const total: RequestQuery = { kind: 'requests', source: 'edge', match: selector.value, outcome: 'all' }
const query: IndicatorQuery = {
  id: 'a',
  numerator: { counts: 'good', query: { ...total, outcome: 'good' } },
  total,
  splitBy: [],
}

test('a question about one split matches only its series', () => {
  const narrowed = inScope(query, { cloud_provider: 'aws' }).total
  const matches = narrowed.kind === 'requests' ? narrowed.match.matches : () => false
  expect(matches({ service_name: 'checkout', cloud_provider: 'aws' })).toBe(true)
  expect(matches({ service_name: 'checkout', cloud_provider: 'gcp' })).toBe(false)
  expect(matches({ service_name: 'search', cloud_provider: 'aws' })).toBe(false)
})

test('the question about a split is not the question about the whole, in words either', () => {
  const textOf = (scope: Record<string, string>): string => {
    const { total } = inScope(query, scope)
    return total.kind === 'requests' ? total.match.text : ''
  }
  expect(textOf({})).toBe('{service_name="checkout"}')
  expect(textOf({ cloud_provider: 'aws', cloud_region: 'a"b' })).toBe(
    '{service_name="checkout", cloud_provider="aws", cloud_region="a\\"b"}',
  )
})

test('every request is in one row of the heatmap, and the threshold lies between two rows', async () => {
  const durations = [200, 9_000, 260_000, 299_999, 300_000, 310_000, 5_200_000]
    .map(binOf)
    .sort((a, b) => a - b)
  const latency: Past['latency'] = async () => [
    {
      start: unixSeconds(0),
      bins: [...new Set(durations)],
      counts: [...new Set(durations)].map((b) => durations.filter((d) => d === b).length),
    },
  ]
  const range = { from: unixSeconds(0), to: unixSeconds(3_600) }
  const map = await latencyOf({ latency } as Past, {
    query: { ...total, within: microseconds(250_000) },
    range,
    width: 3_600,
  })
  expect(map.edges).toContain(250)
  expect(map.edges.length).toBe((map.counts[0]?.length ?? 0) + 1)
  const below = (ms: number): number =>
    (map.counts[0] ?? []).reduce((sum, n, row) => sum + ((map.edges[row + 1] ?? Infinity) <= ms ? n : 0), 0)
  expect([below(250), below(300), below(Infinity)]).toEqual([2, 4, 7])
})

test('a chart of any length keeps to its number of points with a round step', () => {
  expect(roundStep({ from: 0, to: 3_600 }, 360)).toBe(60)
  expect(roundStep({ from: 0, to: 30 * 86_400 }, 360)).toBe(7_200)
  expect(roundStep({ from: 0, to: 400 * 86_400 }, 360)).toBe(2 * 86_400)
})
