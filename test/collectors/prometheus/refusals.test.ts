import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { prometheusOptions } from '../../../src/collectors/prometheus/options.ts'
import type { ExternalQuery } from '../../../src/traffic/index.ts'
import { answer, ask, BASE, RANGE, refusal, steady } from './asking.ts'
import { failure, json } from './emulator.ts'

afterAll(() => rmSync(BASE, { recursive: true, force: true }))

test.each([
  [{ warnings: ['No StoreAPIs matched'] }, 'the answer may be incomplete: No StoreAPIs matched'],
  [{ isPartial: true }, 'the answer is incomplete: some storage nodes did not answer'],
])('an incomplete answer %j is partial', async (beside, reason) => {
  const found = await answer('requests_total', { data: [steady({}, (at) => at + 1_000)], beside })
  expect(found.gaps).toEqual([{ ...RANGE, state: 'partial', reason }])
})

test.each([
  [() => failure(400, 'bad_data', 'parse error: unexpected end of input'), 'refused'],
  [() => failure(422, 'execution', 'query processing would load too many samples into memory'), 'too-much'],
  [
    () => failure(400, 'bad_data', 'exceeded maximum resolution of 11,000 points per timeseries.'),
    'too-much',
  ],
  [() => failure(503, 'timeout', 'query timed out in expression evaluation'), 'too-much'],
  [
    () =>
      failure(
        422,
        'execution',
        'the query hit the max number of chunks limit (err-mimir-max-chunks-per-query)',
      ),
    'too-much',
  ],
  [() => failure(422, 'execution', 'found duplicate series for the match group'), 'refused'],
  [() => failure(503, 'unavailable', 'TSDB not ready'), 'unavailable'],
  [() => new Response('<html>', { status: 200 }), 'unavailable'],
  [() => new Response('', { status: 302, headers: { location: '/login' } }), 'unavailable'],
  [() => new Response('404 page not found', { status: 404 }), 'unavailable'],
  [() => new Response('no', { status: 401 }), 'unavailable'],
  [() => json({ status: 'success', data: { resultType: 'scalar', result: [1, '1'] } }), 'refused'],
])('failure %# is told as what it is', async (instead, kind) => {
  const found = await refusal('requests_total', { instead })
  expect(found.kind).toBe(kind)
  expect(found.text).not.toBe('')
  expect(found.remedy).not.toBe('')
})

test('a server that asks to wait is waited for', async () => {
  const instead = (): Response => new Response('slow down', { status: 429, headers: { 'retry-after': '17' } })
  expect(await refusal('requests_total', { instead })).toMatchObject({
    kind: 'throttled',
    retryAfterMs: 17_000,
  })
})

test('secrets are read from their files for each request, and go as headers', async () => {
  writeFileSync(join(BASE, 'token'), 'sesame\n')
  const { asked } = await ask('requests_total', {
    details: {
      tenant: 'shop',
      bearerTokenFile: 'token',
      headers: { 'X-Team': 'sre' },
      params: { extra_label: 'a=b' },
    },
  })
  const [first] = asked
  expect(first?.url).toBe('http://prom:9090/api/v1/query')
  expect(Object.fromEntries(first?.headers ?? [])).toMatchObject({
    authorization: 'Bearer sesame',
    'x-scope-orgid': 'shop',
    'x-team': 'sre',
  })
  expect(first?.form.get('extra_label')).toBe('a=b')
  expect((await refusal('requests_total', { details: { bearerTokenFile: 'none' } })).kind).toBe('unavailable')
})

test.each([
  [{ type: 'Datadog' }, 'a question of type Datadog is asked of Prometheus'],
  [{ spec: {} }, 'spec has no query'],
  [{ spec: { query: 'a', step: 5 } }, 'spec has no step'],
  [
    { spec: { query: 'max(a)', within: '1s' } },
    'within chooses a bucket of a histogram, and the query is no plain selector',
  ],
  [
    { spec: { query: 'rate(a[5m]) + rate(b[5m])' } },
    'counter: true says that the query is a running total, and it takes a rate or an increase',
  ],
])('a question %j is refused', async (query, text) => {
  expect(await refusal('a', { query: query as Partial<ExternalQuery> })).toMatchObject({
    kind: 'refused',
    text,
  })
})

test.each([
  [{}, 'url'],
  [{ url: 'prom:9090' }, 'url'],
  [{ url: 'http://me:secret@prom' }, 'url'],
  [{ url: 'http://prom', chunk: '5h' }, 'chunk'],
  [{ url: 'http://prom', lag: 5 }, 'lag'],
  [{ url: 'http://prom', schedule: 'now and then' }, 'schedule'],
  [{ url: 'http://prom', basic: { username: 'a' } }, 'basic'],
  [{ url: 'http://prom', headers: { Authorization: 'Bearer x' } }, 'headers.authorization'],
  [{ url: 'http://prom', ur1: 'x' }, 'ur1'],
])('details %j are told to be wrong', (details, path) => {
  const checked = prometheusOptions(details, { name: 'prom', base: '/' })
  expect(checked.kind === 'failed' && checked.error.map((each) => each.path)).toEqual([path])
})
