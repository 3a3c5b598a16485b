import { expect, test } from 'vitest'
import { unixSeconds } from '../../../src/base/index.ts'
import type { EmulatedQuery } from '../../../src/cli/dev/datadog/index.ts'
import { byMinute, gapsOf } from '../counts.ts'
import { answer, HITS, organisation, plain, questionOf, RANGE, refusal, T } from './asking.ts'

const TEN = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, 100 + i]))
const NEVER = new AbortController().signal

test('a count is what the API says of each minute', async () => {
  const found = await answer({ query: HITS }, { stored: plain((i) => 100 + i) })
  expect(byMinute(found, T)).toEqual(TEN)
  expect(found.gaps).toEqual([])
})

test('null is zero for a count, and unknown for a number that is compared', async () => {
  const stored = plain((i) => (i === 4 ? null : 7))
  expect((await answer({ query: HITS }, { stored })).gaps).toEqual([])
  const compared = await answer(
    { query: 'avg:trace.http.request{service:web}' },
    { stored, query: { reading: { kind: 'points' } } },
  )
  expect(gapsOf(compared, T)).toEqual(['4-5 missing'])
})

test('without any series a total is not known, a part of it is zero, and absent says otherwise', async () => {
  expect(gapsOf(await answer({ query: HITS }), T)).toEqual(['0-10 missing'])
  expect(gapsOf(await answer({ query: HITS }, { query: { silence: 'zero' } }), T)).toEqual([])
  expect(gapsOf(await answer({ query: HITS, absent: 'zero' }), T)).toEqual([])
  const stored = plain((i) => (i === 4 ? null : 7))
  expect(gapsOf(await answer({ query: HITS, absent: 'unknown' }, { stored }), T)).toEqual(['4-5 missing'])
})

test('a query says by itself how minutes are put together', async () => {
  const asked: string[] = []
  const stored = (query: EmulatedQuery) => {
    asked.push(query.text)
    return []
  }
  await answer({ query: HITS }, { stored })
  await answer(
    { query: 'avg:trace.http.request{service:web}' },
    { stored, query: { reading: { kind: 'points' } } },
  )
  expect([...new Set(asked)]).toEqual([
    'sum:trace.http.request.hits{service:web}.as_count().rollup(sum, 60)',
    'avg:trace.http.request{service:web}.rollup(avg, 60)',
  ])
})

test('APM is asked for server spans, and its tags become our labels', async () => {
  const asked: EmulatedQuery[] = []
  const found = await answer(
    { apm: { service: 'web', env: 'prod', stat: 'errors', groupBy: ['service', 'resource_name'] } },
    {
      stored: (query) => {
        asked.push(query)
        return [{ tags: ['service:web', 'resource_name:GET /pay'], value: 2 }]
      },
    },
  )
  expect(asked[0]?.source).toBe('apm_metrics')
  expect(asked[0]?.fields).toEqual({
    stat: 'errors',
    span_kind: 'server',
    service: 'web',
    query_filter: 'env:prod',
    group_by: ['service', 'resource_name'],
  })
  expect(byMinute(found, T)['3 service_name=web operation=GET /pay']).toBe(2)
})

test('a latency threshold counts in the distribution that Datadog keeps of all spans', async () => {
  const asked = new Set<string>()
  await answer(
    { apm: { service: 'web', env: 'prod', operation: 'http.request', within: '300ms', groupBy: ['region'] } },
    {
      stored: ({ text }) => {
        asked.add(text)
        return []
      },
    },
  )
  expect([...asked]).toEqual([
    'count(v: v<0.3):trace.http.request{service:web,env:prod} by {region}.as_count().rollup(sum, 60)',
  ])
})

test('a formula over several queries is one question', async () => {
  const spec = {
    queries: { a: HITS, b: 'sum:trace.http.request.errors{service:web}.as_count()' },
    formula: 'a - b',
  }
  const stored = ({ text }: EmulatedQuery) => [{ tags: [], value: text.includes('errors') ? 3 : 10 }]
  expect(byMinute(await answer(spec, { stored }), T)[0]).toBe(7)
})

test('many questions go in one call, and a wrong one among them keeps none from being answered', async () => {
  const { source, emulator } = organisation({
    stored: ({ text }) => [{ tags: [], value: text.includes('hits') ? 10 : 1 }],
  })
  const good = [HITS, 'sum:trace.http.request.errors{service:web}.as_count()'].map((query) =>
    questionOf({ query }),
  )
  const whole = await source.ask({ questions: good, range: RANGE }, NEVER)
  expect(whole.map(({ result }) => result.kind === 'ok' && byMinute(result.value, T)[0])).toEqual([10, 1])
  expect(emulator.calls.get('/api/v2/query/timeseries')).toBe(1)
  const wrong = questionOf({ query: 'sum:hits{service:web.as_count()' })
  const mixed = await source.ask({ questions: [...good, wrong], range: RANGE }, NEVER)
  expect(mixed.map(({ result }) => (result.kind === 'ok' ? 'ok' : result.error.kind))).toEqual([
    'ok',
    'ok',
    'refused',
  ])
})

test.each([
  [{}, 'spec says one of query, queries, apm'],
  [{ query: HITS, also: 1 }, 'spec has no also'],
  [{ query: 'sum:trace.http.request.hits{*}' }, 'the query gives no number of events'],
  [{ query: 'sum:trace.http.request.hits{*}.as_rate()' }, 'a rate per second is no number of events'],
  [{ query: `${HITS}.rollup(sum, 300)` }, '.rollup(sum, 300) is not by the minute'],
  [{ query: HITS, absent: 'maybe' }, 'absent: "maybe" is neither'],
  [{ queries: { a: HITS, b: HITS } }, 'several queries need a formula'],
  [{ queries: { A: HITS } }, "'A' is no name for a query"],
  [{ apm: { stat: 'latency_p99' } }, 'latency_p99 is no number of events'],
  [{ apm: { spanKind: 'inner' } }, 'there is no spanKind inner'],
  [{ apm: { within: '300ms' } }, 'a threshold needs the name of the operation'],
])('%o is refused: %s', async (spec, text) => {
  expect(await refusal(spec)).toMatchObject({ kind: 'refused', text })
})

test('an answer that is not by the minute is asked for in parts', async () => {
  const range = { from: unixSeconds(T - 200_000), to: unixSeconds(T) }
  expect((await refusal({ query: HITS }, { range, stored: plain(() => 1) })).kind).toBe('too-much')
})

test('keys that are wrong concern the source and say which rights are needed', async () => {
  const found = await refusal({ query: HITS }, { environment: { DD_API_KEY: 'api', DD_APP_KEY: 'other' } })
  expect(found).toMatchObject({ kind: 'unavailable', text: 'api.datadoghq.eu refuses the keys (403)' })
})

test('an answer that is cut off, or lacks values, is no answer', async () => {
  const half = await refusal({ query: HITS }, { stored: plain(() => 1), fault: () => ({ kind: 'half' }) })
  expect(half).toMatchObject({
    kind: 'unavailable',
    text: 'Datadog answered half: the answer has no data',
  })
})

test('an answer that never comes ends in time', async () => {
  const { source, world } = organisation({ fault: () => ({ kind: 'stall', ms: 86_400_000 }) })
  const asked = source.ask({ questions: [questionOf({ query: HITS })], range: RANGE }, NEVER)
  await world.settled(() => 2)
  await world.advance(30_000)
  const [reply] = await asked
  expect(reply?.result).toMatchObject({
    kind: 'failed',
    error: { kind: 'unavailable', text: 'api.datadoghq.eu did not answer within 30000 ms' },
  })
})

test('a 429 asks to come back when Datadog says, and until then nobody calls', async () => {
  const { source, emulator } = organisation({
    stored: plain(() => 1),
    limit: { calls: 1, periodSeconds: 3_600 },
  })
  const live = { questions: [questionOf({ query: HITS })], range: RANGE }
  expect((await source.ask(live, NEVER))[0]?.result.kind).toBe('ok')
  const [second] = await source.ask(live, NEVER)
  expect(second?.result).toMatchObject({ kind: 'failed', error: { kind: 'throttled' } })
  if (second?.result.kind === 'failed') expect(second.result.error.retryAfterMs).toBeGreaterThan(60_000)
  expect(emulator.calls.get('/api/v2/query/timeseries')).toBe(1)
})

test('the past leaves a quarter of the calls to what is live', async () => {
  const { source, emulator, world } = organisation({
    stored: plain(() => 1),
    limit: { calls: 8, periodSeconds: 3_600 },
  })
  const past = { from: unixSeconds(T - 36_000), to: unixSeconds(T - 32_400) }
  const questions = [questionOf({ query: HITS })]
  const kinds: string[] = []
  for (let i = 0; i < 8; i++) {
    const [reply] = await source.ask({ questions, range: past }, NEVER)
    kinds.push(reply?.result.kind ?? '')
  }
  expect(kinds).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'failed', 'failed'])
  expect((await source.ask({ questions, range: RANGE }, NEVER))[0]?.result.kind).toBe('ok')
  expect(emulator.calls.get('/api/v2/query/timeseries')).toBe(7)
  expect(world.lines).toEqual([])
})
