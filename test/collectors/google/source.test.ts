import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportPKCS8, exportSPKI, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { type Range, unixSeconds } from '../../../src/base/index.ts'
import { countBelow } from '../../../src/collectors/google/distribution.ts'
import { googleOptions } from '../../../src/collectors/google/options.ts'
import { createGoogleSource } from '../../../src/collectors/google/source.ts'
import type { ExternalQuery } from '../../../src/traffic/index.ts'
import { createTestWorld } from '../../world.ts'
import { byMinute, gapsOf } from '../counts.ts'
import { createGoogleEmulator, type EmulatedSeries, type GoogleEmulatorOptions, refuse } from './emulator.ts'

const T = 1_790_000_040
const RANGE: Range = { from: unixSeconds(T), to: unixSeconds(T + 300) }
const NEVER = new AbortController().signal

interface Options extends GoogleEmulatorOptions {
  readonly details?: Record<string, unknown>
  readonly query?: Partial<ExternalQuery>
}

function project(options: Options = {}) {
  const emulator = createGoogleEmulator(options)
  const world = createTestWorld({
    start: T + 3_000,
    fetch: (input, init) => emulator.answer(new Request(input, init)),
  })
  const checked = googleOptions(
    { project: 'shop-prod', ...options.details },
    { name: 'gcp', base: '/', environment: {} },
  )
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  const source = createGoogleSource(world, checked.value)
  const ask = async (spec: Record<string, unknown>) => {
    const question: ExternalQuery = {
      kind: 'external',
      source: 'gcp',
      type: 'GoogleCloudMonitoring',
      spec,
      key: 'k',
      ...options.query,
    }
    return (await source.ask({ questions: [question], range: RANGE }, NEVER))[0]?.result
  }
  return { world, emulator, ask }
}

async function answer(spec: Record<string, unknown>, options?: Options) {
  const result = await project(options).ask(spec)
  if (result?.kind !== 'ok') throw new Error(JSON.stringify(result))
  return result.value
}

async function refusal(spec: Record<string, unknown>, options?: Options) {
  const result = await project(options).ask(spec)
  if (result?.kind !== 'failed') throw new Error(JSON.stringify(result))
  return result.error
}

const requests = (code: string, perMinute: number, region = 'europe-west3'): EmulatedSeries => ({
  metric: 'loadbalancing.googleapis.com/https/request_count',
  resource: { url_map_name: 'shop', region },
  labels: { response_code_class: code },
  value: (minute) => (minute === T + 120 ? undefined : { int64Value: String(perMinute) }),
})
const SHOP = [requests('200', 100), requests('500', 3), requests('500', 1, 'asia-east1')]
const HTTPS = { preset: 'https', urlMap: 'shop' }

test('a load balancer is asked for all, and for what it answered with 5xx; silence is no traffic', async () => {
  const total = await answer({ ...HTTPS, count: 'total' }, { series: SHOP })
  expect(byMinute(total, T)).toEqual({ 0: 104, 1: 104, 3: 104, 4: 104 })
  expect(total.gaps).toEqual([])
  expect(byMinute(await answer({ ...HTTPS, count: 'bad' }, { series: SHOP }), T)[0]).toBe(4)
  expect(byMinute(await answer({ ...HTTPS, count: 'good' }, { series: SHOP }), T)[0]).toBe(100)
})

test('fields to group by become labels, and pages are read to their end', async () => {
  const found = await answer(
    { ...HTTPS, count: 'bad', groupBy: ['resource.labels.region'] },
    { series: SHOP, pageSize: 1 },
  )
  expect(byMinute(found, T)).toMatchObject({
    '0 cloud_region=europe-west3': 3,
    '0 cloud_region=asia-east1': 1,
  })
})

test('a metric of your own is unknown where it is not there', async () => {
  const spec = { filter: 'metric.type="custom.googleapis.com/orders"' }
  const series = [{ ...requests('200', 5), metric: 'custom.googleapis.com/orders' }]
  expect(gapsOf(await answer(spec, { series }), T)).toEqual(['2-3 missing'])
})

const latencies: EmulatedSeries = {
  metric: 'loadbalancing.googleapis.com/https/total_latencies',
  resource: { url_map_name: 'shop' },
  labels: { response_code_class: '200' },
  value: () => ({
    distributionValue: {
      count: '100',
      bucketOptions: { exponentialBuckets: { numFiniteBuckets: 4, growthFactor: 2, scale: 100 } },
      bucketCounts: ['10', '20', '30', '40'],
    },
  }),
}

test('a latency threshold that is a bound of the buckets is exact, and another is refused with the nearest', async () => {
  const spec = { ...HTTPS, count: 'good', within: '200ms' }
  expect(byMinute(await answer(spec, { series: [latencies] }), T)[0]).toBe(30)
  expect(await refusal({ ...spec, within: '300ms' }, { series: [latencies] })).toMatchObject({
    kind: 'refused',
    remedy: "write within: 200 or 400, in the metric's unit",
  })
})

test('buckets of every layout have bounds', () => {
  const counts = { count: '6', bucketCounts: ['1', '2', '3'] }
  const below = (bucketOptions: unknown, at: number) => countBelow({ ...counts, bucketOptions }, at)
  expect(below({ explicitBuckets: { bounds: [5, 10] } }, 10)).toMatchObject({ value: 3 })
  expect(below({ linearBuckets: { numFiniteBuckets: 2, width: 5, offset: 5 } }, 5)).toMatchObject({
    value: 1,
  })
  expect(below({ linearBuckets: { numFiniteBuckets: 2, width: 5, offset: 5 } }, 15)).toMatchObject({
    value: 6,
  })
  expect(countBelow({ count: '0' }, 7)).toMatchObject({ value: 0 })
})

const ENTRY = { resource: { labels: { backend_service_name: 'web' } } }
const LOGS = {
  logs: {
    filter: 'httpRequest.status>=500',
    labels: { service_name: 'resource.labels.backend_service_name' },
  },
}

test('entries of a log are counted by the minute, over pages', async () => {
  const entries = [0, 59.9, 60, 61, 299.5].map((at) => ({
    ...ENTRY,
    timestamp: new Date((T + at) * 1_000).toISOString(),
  }))
  const found = await answer(LOGS, { entries, pageSize: 2, query: { silence: 'zero' } })
  expect(byMinute(found, T)).toEqual({
    '0 service_name=web': 2,
    '1 service_name=web': 2,
    '4 service_name=web': 1,
  })
  expect(found.gaps).toEqual([])
})

test('too many entries are told to be a metric instead', async () => {
  const entries = Array.from({ length: 40 }, () => ({
    ...ENTRY,
    timestamp: new Date(T * 1_000).toISOString(),
  }))
  expect(await refusal(LOGS, { entries, pageSize: 1 })).toMatchObject({
    kind: 'too-much',
    remedy: 'make a log-based metric of the filter, and ask for that',
  })
})

test("a service account's key signs an assertion, and its token is used until it ends", async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const keyFile = join(mkdtempSync(join(tmpdir(), 'nines-google-')), 'key.json')
  const key = {
    type: 'service_account',
    client_email: 'nines@shop.iam.gserviceaccount.com',
    private_key: await exportPKCS8(privateKey),
    private_key_id: '1',
  }
  writeFileSync(keyFile, JSON.stringify(key))
  const { ask, emulator, world } = project({
    series: SHOP,
    publicKey: await exportSPKI(publicKey),
    details: { credentialsFile: keyFile },
  })
  const tokens = (): number =>
    emulator.asked.filter(({ hostname }) => hostname === 'oauth2.googleapis.com').length
  for (let i = 0; i < 3; i++) expect((await ask({ ...HTTPS, count: 'total' }))?.kind).toBe('ok')
  expect(tokens()).toBe(1)
  await world.advance(3_560_000)
  expect((await ask({ ...HTTPS, count: 'total' }))?.kind).toBe('ok')
  expect(tokens()).toBe(2)
})

test('a key that is none is told with its file', async () => {
  const found = await refusal(
    { ...HTTPS, count: 'total' },
    { details: { credentialsFile: '/nowhere/key.json' } },
  )
  expect(found.kind).toBe('unavailable')
  expect(found.text).toContain('/nowhere/key.json')
})

test.each([
  [refuse(429, 'Quota exceeded'), 'throttled'],
  [refuse(403, 'Permission denied'), 'unavailable'],
  [refuse(400, 'The supplied filter does not specify a valid combination'), 'refused'],
  [refuse(503, 'unavailable'), 'unavailable'],
  [new Response('{"timeSeries":[{"poi'), 'unavailable'],
])('an answer of another kind means what it says: %#', async (response, kind) => {
  expect((await refusal({ ...HTTPS, count: 'total' }, { instead: () => response })).kind).toBe(kind)
})

test('what Google could not read in full is partial', async () => {
  const instead = () => Response.json({ timeSeries: [], executionErrors: [{ message: 'a zone is away' }] })
  expect(gapsOf(await answer({ ...HTTPS, count: 'total' }, { instead }), T)).toEqual(['0-5 partial'])
})

test.each([
  [{ preset: 'tcp', urlMap: 'shop', count: 'total' }, 'there is no preset "tcp"'],
  [{ preset: 'https', count: 'total' }, 'urlMap is missing'],
  [{ ...HTTPS }, 'a preset counts total, bad or good'],
  [{ filter: 'resource.type="gce_instance"' }, 'the filter names no metric'],
  [{ ...HTTPS, count: 'good', within: 'fast' }, 'within: "fast" is no duration'],
  [{ logs: {} }, 'logs has no filter'],
])('%o is refused: %s', async (spec, text) => {
  expect(await refusal(spec)).toMatchObject({ kind: 'refused', text })
})
