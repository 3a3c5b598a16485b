import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Range, unixSeconds } from '../../../src/base/index.ts'
import type { ExternalQuery } from '../../../src/traffic/index.ts'
import { runs } from '../../property-runs.ts'
import { type AskOptions, answer, byMinute, gapsOf, RANGE, refusal, steady, T, UP } from './asking.ts'
import { type EmulatedSeries, json } from './emulator.ts'

test('a counter rises by the differences of its samples, each in the minute that it ends in', async () => {
  const found = await answer('requests_total', { data: [steady({}, (at) => 1_000 + at)] })
  expect(byMinute(found)).toEqual(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, 60])))
  expect(found.gaps).toEqual([])
  expect(found.through).toBe(RANGE.to)
})

test('a sample at the very end of a minute belongs to it', async () => {
  const samples = Array.from({ length: 30 }, (_, i): [number, number] => [T - 300 + i * 60, i * 7])
  const found = await answer('requests_total', {
    data: [{ labels: { __name__: 'requests_total' }, samples }],
  })
  expect(byMinute(found)).toEqual(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, 7])))
})

test('a counter that fell was reset, and what it shows was counted since', async () => {
  const data = [steady({}, (at) => (at < 90 ? 1_000 + at : at - 80))]
  const found = await answer('requests_total', { data })
  expect(byMinute(found)['1']).toBe(30 + 25)
  expect(Object.values(byMinute(found)).reduce((sum, n) => sum + n, 0)).toBe(1_075 - 985 + 585 - 80)
})

test('one pod that restarts does not make the sum of all pods look reset', async () => {
  const data = [
    steady({ instance: 'a:1' }, (at) => 1_000_000 + at),
    steady({ instance: 'b:1' }, (at) => (at < 90 ? 5_000_000 : 0)),
  ]
  expect(byMinute(await answer('sum(requests_total)', { data }))['1']).toBe(60)
})

test('what rose during a gap is counted in the minute after it, and those minutes are not whole', async () => {
  const data = [steady({}, (at) => (at > 60 && at < 400 ? undefined : at + 1_000))]
  const found = await answer('requests_total', { data })
  expect(byMinute(found)).toEqual({ 0: 60, 6: 360, 7: 60, 8: 60, 9: 60 })
  expect(gapsOf(found)).toEqual(['1-6 missing', '6-7 partial'])
})

test('samples every two minutes leave no minute unknown', async () => {
  const samples = Array.from({ length: 20 }, (_, i): [number, number] => [T - 300 + i * 120 + 1, i * 10])
  const found = await answer('requests_total', {
    data: [{ labels: { __name__: 'requests_total' }, samples }],
  })
  expect(found.gaps).toEqual([])
})

test('a total without samples is not known, and a part of it is zero', async () => {
  expect(gapsOf(await answer('requests_total'))).toEqual(['0-10 missing'])
  expect(gapsOf(await answer('requests_total', { query: { silence: 'zero' } }))).toEqual([])
})

test('the first error of a pod that was scraped before counts', async () => {
  const data = [steady({ code: '500' }, (at) => (at < 200 ? undefined : 3)), UP()]
  const found = await answer('requests_total{code="500"}', { data, query: { silence: 'zero' } })
  expect(byMinute(found)).toEqual({ 3: 3 })
})

test('the first sample of a pod that nobody scraped before is where counting begins', async () => {
  const data = [steady({}, (at) => (at < 200 ? undefined : 1_000_000 + at)), UP(225)]
  const found = await answer('requests_total', { data })
  expect(byMinute(found)).toEqual({ 4: 60, 5: 60, 6: 60, 7: 60, 8: 60, 9: 60 })
  expect(gapsOf(found)).toEqual(['0-3 missing', '3-4 partial'])
})

test('a series that was silent for longer than the lookback begins anew', async () => {
  const long: EmulatedSeries = {
    labels: { __name__: 'requests_total' },
    samples: [
      [T - 3_700, 10],
      [T + 30, 500],
      [T + 60, 501],
      [T + 400, 501],
    ],
  }
  expect(byMinute(await answer('requests_total', { data: [long] }))).toEqual({ 0: 1 })
  const found = await answer('requests_total', { data: [long], details: { lookback: '2h' } })
  expect(byMinute(found)).toEqual({ 0: 491 })
})

test('NaN and infinity are passed over and told', async () => {
  const data = [steady({}, (at) => (at === 105 ? 'NaN' : at === 135 ? '+Inf' : 1_000 + at))]
  const found = await answer('requests_total', { data })
  expect(Object.values(byMinute(found)).reduce((sum, n) => sum + n, 0)).toBe(600)
  expect([...(found.rejected ?? [])].map(([minute, n]) => [(minute - T) / 60, n])).toEqual([
    [1, 1],
    [2, 1],
  ])
})

test('minutes whose samples are still to come are left for the next time', async () => {
  const data = [steady({}, (at) => (at < 500 ? 1_000 + at : undefined))]
  const found = await answer('requests_total', { data, now: T + 660 })
  expect(found.through).toBe(T + 540)
})

const REGIONS = [
  steady({ cloud_region: 'tokyo', pod: 'x' }, (at) => at + 1_000),
  steady({ cloud_region: 'paris', pod: 'y' }, (at) => 2 * at + 1_000),
]
const FIRST: Range = { from: unixSeconds(T), to: unixSeconds(T + 60) }

test.each([
  ['requests_total', { '0 cloud_region=tokyo': 60, '0 cloud_region=paris': 120 }],
  ['sum(requests_total)', { 0: 180 }],
  ['sum by (pod) (requests_total)', { '0 pod=x': 60, '0 pod=y': 120 }],
  ['sum without (cloud_region, job, instance) (requests_total)', { '0 pod=x': 60, '0 pod=y': 120 }],
  [
    'sum by (cloud_region) (rate(requests_total[5m]))',
    { '0 cloud_region=tokyo': 60, '0 cloud_region=paris': 120 },
  ],
])('%s tells rows apart as it says', async (text, expected) => {
  expect(byMinute(await answer(text, { data: REGIONS, range: FIRST }))).toEqual(expected)
})

test('labels are renamed to ours, and dimensions are kept', async () => {
  const details = { labelNames: { cloud_region: 'region', pod: 'k8s_pod_name' } }
  expect(
    Object.keys(
      byMinute(await answer('sum by (pod) (requests_total)', { data: REGIONS, range: FIRST, details })),
    ),
  ).toEqual(['0 k8s_pod_name=x', '0 k8s_pod_name=y'])
  const spec = { dimensions: ['instance'] }
  expect(byMinute(await answer('sum(requests_total)', { data: REGIONS, range: FIRST, spec }))).toEqual({
    '0 instance=a:1': 180,
  })
})

const BUCKETS = ['0.25', '0.30', '1.0', '+Inf'].map((le, i) => ({
  ...steady({ le }, (at) => (i + 1) * at + 10_000),
  labels: { __name__: 'seconds_bucket', le },
}))

test('a latency threshold finds its bucket however the exporter writes the bound', async () => {
  const within = (text: string): AskOptions => ({ data: BUCKETS, range: FIRST, spec: { within: text } })
  expect(byMinute(await answer('seconds_bucket', within('300ms')))).toEqual({ 0: 120 })
  expect(byMinute(await answer('sum(seconds_bucket)', within('1s')))).toEqual({ 0: 180 })
  expect(byMinute(await answer('seconds_bucket', within('250ms')))).toEqual({ 0: 60 })
})

test('a latency threshold between two bounds is refused with the nearest', async () => {
  const found = await refusal('seconds_bucket', { data: BUCKETS, spec: { within: '280ms' } })
  expect(found).toMatchObject({
    kind: 'refused',
    text: 'seconds_bucket has no bucket that ends at 0.28',
    remedy: 'the nearest bounds are 0.25 and 0.3: write within with one of them',
  })
})

test('a native histogram is counted by its observations', async () => {
  const histograms = Array.from({ length: 40 }, (_, i) => [
    T - 290 + i * 30,
    { count: String(i * 5), sum: '1', buckets: [] },
  ])
  const instead = (): Response =>
    json({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, histograms }] } })
  expect(byMinute(await answer('seconds', { instead, range: FIRST }))).toEqual({ 0: 10 })
})

test('a running total that only the server can compute is read at the ends of minutes', async () => {
  const text = 'sum(a) + sum(b)'
  const expressions = {
    [text]: (at: number) => [{ labels: { cloud_region: 'x' }, value: at - T < 240 ? at : at - T }],
  }
  const found = await answer(text, { expressions })
  expect(byMinute(found)['0 cloud_region=x']).toBe(60)
  expect(byMinute(found)['3 cloud_region=x']).toBeUndefined()
  expect(gapsOf(found)).toEqual(['3-4 partial'])
})

test('counts that the source gives itself are read at the ends of minutes', async () => {
  const text = 'sum(count_over_time(jobs[1m]))'
  const expressions = { [text]: (at: number) => (at === T + 180 ? [] : [{ labels: {}, value: 2.4 }]) }
  const found = await answer(text, {
    expressions,
    query: { reading: undefined } as unknown as Partial<ExternalQuery>,
  })
  expect(byMinute(found)['0']).toBe(2)
  expect(gapsOf(found)).toEqual(['2-3 missing'])
})

test('an increase is counted from its counter, whatever range it names', async () => {
  const data = [steady({}, (at) => at + 1_000)]
  const query = { reading: undefined } as unknown as Partial<ExternalQuery>
  expect(byMinute(await answer('sum(increase(requests_total[5m]))', { data, query }))['4']).toBe(60)
})

test('data points are counted, and those that pass', async () => {
  const data = [steady({}, (at) => (at % 60 === 15 ? 200 : 400))]
  const points = await answer('requests_total', { data, query: { reading: { kind: 'points' } } })
  expect(byMinute(points)['0']).toBe(2)
  const reading = { kind: 'points-passing', op: 'lt', value: '300' } as const
  const passing = await answer('requests_total', { data, query: { reading } })
  expect(byMinute(passing)['0']).toBe(1)
})

test('a share is counted in millionths, and no events give no share', async () => {
  const expressions = { 'a / b': (at: number) => [{ labels: {}, value: at === T + 120 ? 'NaN' : 0.9995 }] }
  const share = await answer('a / b', { expressions, query: { reading: { kind: 'share', of: 'good' } } })
  const whole = await answer('a / b', { expressions, query: { reading: { kind: 'whole' } } })
  expect(byMinute(share)['0']).toBe(999_500)
  expect(byMinute(whole)['0']).toBe(1_000_000)
  expect(byMinute(whole)['1']).toBeUndefined()
  expect(gapsOf(whole)).toEqual(['1-2 missing'])
})

test('counts do not depend on how a range is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ pause: fc.integer({ min: 1, max: 900 }), rise: fc.integer({ min: -50, max: 50 }) }),
        {
          minLength: 1,
          maxLength: 40,
        },
      ),
      fc.array(fc.integer({ min: 1, max: 29 }), { maxLength: 4 }),
      async (steps, cuts) => {
        let at = T - 3_000
        let value = 100
        const samples = steps.map(({ pause, rise }): [number, number] => {
          at += pause
          value = Math.max(0, value + rise)
          return [at, value]
        })
        const data = [{ labels: { __name__: 'requests_total' }, samples }]
        const edges = [...new Set([0, 30, ...cuts])]
          .sort((a, b) => a - b)
          .map((minute) => unixSeconds(T + minute * 60))
        const range = { from: unixSeconds(T), to: unixSeconds(T + 1_800) }
        const now = T + 90_000
        const whole = byMinute(await answer('requests_total', { data, range, now }))
        let parts: Record<string, number> = {}
        for (const [i, from] of edges.entries()) {
          const to = edges[i + 1]
          if (to === undefined) continue
          const part = await answer('requests_total', { data, now, range: { from, to } })
          parts = { ...parts, ...byMinute(part) }
        }
        expect(parts).toEqual(whole)
      },
    ),
    runs(0.2),
  )
})
