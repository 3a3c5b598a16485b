import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type * as wire from '../../src/contract/index.ts'
import { createService, type Service } from '../../src/service/index.ts'
import { createPrometheusEmulator, type EmulatedSeries } from '../collectors/prometheus/emulator.ts'
import { createTestWorld } from '../world.ts'

// Goal: what an OpenSLO file asks of two Prometheus servers, one a cloud, is what the API tells of the SLO, and a
// question that is wrong leaves the others alone. Method: the whole service over simulated time, with the servers
// emulated behind its network.

/** Far enough from now that no row is ever past its time for the engine, whose clock is the real one. */
const START = 2_000_000_040
const HISTORY = 6 * 3_600
const ROOT = resolve(import.meta.dirname, '../..')
const dir = mkdtempSync(join(tmpdir(), 'nines-prometheus-service-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const slo = (name: string, good: string, total: string): string => `
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: ${name}, annotations: { nines.dev/split-by: cloud_provider } }
spec:
  service: shop
  indicator:
    metadata: { name: ${name}-good }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: metrics, type: Prometheus, spec: { query: '${good}' } } }
        total: { metricSource: { metricSourceRef: metrics, type: Prometheus, spec: { query: '${total}' } } }
  timeWindow: [{ duration: 1d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]
`

const DEFINITIONS = `
apiVersion: openslo/v1
kind: DataSource
metadata: { name: metrics }
spec:
  type: Prometheus
  connectionDetails:
    lag: 30s
    backfill: 6h
    chunk: 1h
    inputs:
      - { name: aws, url: "http://aws:9090", labels: { cloud_provider: aws } }
      - { name: gcp, url: "http://gcp:9090/prometheus", labels: { cloud_provider: gcp } }
${slo('shop', 'sum(http_requests_total{code!~"5.."})', 'sum(http_requests_total)')}
${slo('wrong', 'sum(http_requests_total{code!~"5.."}', 'sum(http_requests_total)')}
`

/** A hundred requests a minute and cloud, of which one fails in aws and none in gcp. */
function seriesOf(cloud: string, now: number): readonly EmulatedSeries[] {
  const perMinute = cloud === 'aws' ? { 200: 99, 500: 1 } : { 200: 100, 500: 0 }
  return Object.entries(perMinute).map(([code, rate]) => ({
    labels: { __name__: 'http_requests_total', code, instance: `${cloud}:80`, job: 'shop' },
    samples: Array.from({ length: (now - (START - HISTORY)) / 60 }, (_, i): [number, number] => [
      START - HISTORY + i * 60,
      i * rate,
    ]),
  }))
}

test('SLOs over two Prometheus servers are evaluated by cloud, and a wrong query blinds none but its own', async () => {
  mkdirSync(join(dir, 'slo'))
  writeFileSync(join(dir, 'slo/shop.yaml'), DEFINITIONS)
  const world = createTestWorld({
    start: START,
    fetch: (input, init) => {
      const cloud = String(input as string).includes('//aws') ? 'aws' : 'gcp'
      const { fetch } = createPrometheusEmulator({ series: () => seriesOf(cloud, world.clock.now()) })
      return fetch(input, init)
    },
  })
  const service: Service = await createService(world, {
    version: '0.0.0-test',
    listen: { host: '127.0.0.1', port: 0, basePath: '', names: [] },
    auth: 'loopback',
    definitions: { dir: join(dir, 'slo'), policies: join(ROOT, 'slo-definitions/policies') },
    base: dir,
    store: { kind: 'embedded', path: join(dir, 'ledger') },
    retention: { traffic: 400, exemplars: 14, journal: 1_100 },
    evaluateEverySeconds: 5,
    publicUrl: undefined,
    webRoot: join(dir, 'no-page'),
    demo: false,
    slack: undefined,
    mounts: [],
  })
  const { url } = await service.start()
  const stopping = new AbortController()
  const running = service.run(stopping.signal)
  const get = async <T>(path: string): Promise<T> => (await (await fetch(new URL(path, url))).json()) as T
  try {
    // The evaluation, the definitions, and for each of two collectors what is live and what is past.
    await world.advance(180_000, { loops: () => 6 })
    const { slos } = await get<{ slos: readonly wire.SloSummary[] }>('api/v1/slos')
    const shop = slos.find(({ id }) => id === 'shop')
    const window = shop?.whole.windows[0]
    // One minute besides the six hours has come since.
    expect([window?.good, window?.bad, window?.sli]).toEqual([361 * 199, 361, 0.995])
    expect(window?.coverage).toMatchObject({ known: 361, failed: 0 })
    expect(shop?.clouds.map(({ cloud, sli }) => [cloud, sli])).toEqual([
      ['aws', 0.99],
      ['gcp', 1],
    ])
    const wrong = slos.find(({ id }) => id === 'wrong')?.whole.windows[0]
    expect(wrong?.coverage.known).toBe(0)
    expect(wrong?.coverage.failed).toBeGreaterThan(0)
    const { sources } = await get<{ sources: readonly wire.Source[] }>('api/v1/sources')
    expect(sources).toMatchObject([{ name: 'metrics', type: 'Prometheus', state: 'reading', series: 4 }])
    expect(sources[0]?.problem?.remedy).toBe('correct the query')
    expect(sources[0]?.targets.filter(({ ok }) => ok)).toHaveLength(4)
  } finally {
    stopping.abort()
    await running
    await service[Symbol.asyncDispose]()
  }
})
