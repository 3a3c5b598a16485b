import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { httpJsonOptions } from '../../../src/collectors/http-json/options.ts'
import { createHttpJsonSource } from '../../../src/collectors/http-json/source.ts'
import { answered, askOne, T } from '../asked.ts'
import { byMinute, gapsOf } from '../counts.ts'

// The recipes of the page are what is tested: they are read from it, and asked of what answers as the products do.

const PAGE = readFileSync(resolve(import.meta.dirname, '../../../docs/collectors-http-json.md'), 'utf8')

interface Recipe {
  readonly details: Record<string, unknown>
  readonly spec: Record<string, unknown>
}

interface Documents {
  readonly spec: {
    readonly connectionDetails: Recipe['details']
    readonly ratioMetric: { readonly total: { readonly metricSource: { readonly spec: Recipe['spec'] } } }
  }
}

function recipe(title: string): Recipe {
  const section = PAGE.split(/^### /m).find((part) => part.startsWith(title)) ?? ''
  const yaml = /```yaml\n(?<text>[^]*?)```/.exec(section)?.groups?.['text'] ?? ''
  const [source, indicator] = parseAllDocuments(yaml).map((document) => document.toJS() as Documents)
  return {
    details: source?.spec.connectionDetails ?? {},
    spec: indicator?.spec.ratioMetric.total.metricSource.spec ?? {},
  }
}

const ask = ({ details, spec }: Recipe, emulator: (request: Request) => Response | Promise<Response>) => {
  const { secretFile: _, ...rest } = details
  const checked = httpJsonOptions(
    { ...rest, ...(details['secretFile'] ? { secretEnv: 'TOKEN' } : {}) },
    { name: 'h', base: '/', environment: { TOKEN: 'secret' } },
  )
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  return askOne((world) => createHttpJsonSource(world, checked.value), emulator, { type: 'HttpJson', spec })
}

test('Elastic APM is asked for a histogram of transactions by the minute', async () => {
  const result = await ask(recipe('Elastic'), async (request) => {
    expect(request.headers.get('authorization')).toBe('ApiKey secret')
    const body = (await request.json()) as {
      size: number
      query: { bool: { filter: Record<string, Record<string, unknown>>[] } }
    }
    expect(body.size).toBe(0)
    expect(body.query.bool.filter[0]?.['range']?.['@timestamp']).toEqual({
      gte: T * 1_000,
      lt: (T + 300) * 1_000,
      format: 'epoch_millis',
    })
    const buckets = [0, 1, 2, 3, 4].map((i) => ({ key: (T + i * 60) * 1_000, doc_count: 10 + i }))
    return Response.json({ aggregations: { by_minute: { buckets } } })
  })
  expect(byMinute(answered(result), T)).toEqual({ 0: 10, 1: 11, 2: 12, 3: 13, 4: 14 })
})

test('Zabbix is asked for the history of an item', async () => {
  const result = await ask(recipe('Zabbix'), async (request) => {
    const body = (await request.json()) as { method: string; params: Record<string, unknown> }
    expect(body.method).toBe('history.get')
    expect(body.params).toMatchObject({ itemids: '23296', time_from: String(T), time_till: String(T + 300) })
    const points = [0, 1, 3, 4].map((i) => ({
      itemid: '23296',
      clock: String(T + i * 60 + 7),
      value: '5',
      ns: '0',
    }))
    return Response.json({ jsonrpc: '2.0', result: points, id: 1 })
  })
  expect(byMinute(answered(result), T)).toEqual({ 0: 5, 1: 5, 3: 5, 4: 5 })
  expect(gapsOf(answered(result), T)).toEqual(['2-3 missing'])
})

test('New Relic is asked in NRQL, and its facets are labels', async () => {
  const result = await ask(recipe('New Relic'), async (request) => {
    expect(request.headers.get('api-key')).toBe('secret')
    const { query } = (await request.json()) as { query: string }
    expect(query).toContain(`SINCE ${T}000 UNTIL ${T + 300}000 TIMESERIES 1 minute`)
    const results = [0, 1].map((i) => ({ beginTimeSeconds: T + i * 60, count: 8, facet: 'eu' }))
    return Response.json({ data: { actor: { account: { nrql: { results } } } } })
  })
  expect(byMinute(answered(result), T)).toEqual({ '0 cloud_region=eu': 8, '1 cloud_region=eu': 8 })
})

const PLAIN: Recipe = {
  details: { url: 'https://counts.example.com/{what}?from={from}&to={to}', timeFormat: 'iso' },
  spec: { params: { what: 'a/b' }, rows: '', time: 'at', value: 'n' },
}

test('words in the address are quoted, and rows may be the whole answer', async () => {
  const found = answered(
    await ask(PLAIN, (request) => {
      expect(new URL(request.url).pathname).toBe('/a%2Fb')
      return Response.json([{ at: new Date(T * 1_000).toISOString(), n: 3 }])
    }),
  )
  expect(byMinute(found, T)).toEqual({ 0: 3 })
})

test('what is no number is rejected, and null is no data', async () => {
  const at = (i: number): string => new Date((T + i * 60) * 1_000).toISOString()
  const found = answered(
    await ask(PLAIN, () =>
      Response.json([
        { at: at(0), n: 'many' },
        { at: at(1), n: null },
      ]),
    ),
  )
  expect([...(found.rejected ?? [])]).toEqual([[T, 1]])
  expect(gapsOf(found, T)).toEqual(['0-5 missing'])
})

test.each([
  ['an answer without rows', { data: 1 }, 'there is no list at the top'],
  ['rows without an instant', [{ n: 1 }], 'there is no instant at at, in iso'],
])('%s is refused', async (_, body, text) => {
  expect(await ask(PLAIN, () => Response.json(body))).toMatchObject({ error: { kind: 'refused', text } })
})

test('secrets in the file are refused, and a secret needs a header', () => {
  const check = (details: Record<string, unknown>) =>
    httpJsonOptions({ url: 'https://a/', ...details }, { name: 'h', base: '/', environment: {} })
  expect(check({ headers: { Authorization: 'Bearer x' } })).toMatchObject({
    error: [{ path: 'headers.authorization' }],
  })
  expect(check({ secretFile: 'a' })).toMatchObject({ error: [{ path: 'secretHeader' }] })
  expect(check({ body: '{}' })).toMatchObject({ error: [{ path: 'body' }] })
  expect(check({ url: 'ftp://a' })).toMatchObject({ error: [{ path: 'url' }] })
})
