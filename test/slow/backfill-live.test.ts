import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { createDatadogEmulator, createShop } from '../../src/cli/dev/datadog/index.ts'
import { serveEmulator } from '../../src/cli/dev/serve.ts'
import type * as wire from '../../src/contract/index.ts'
import { systemClock } from '../../src/system.ts'
import { createPrometheusEmulator } from '../collectors/prometheus/emulator.ts'
import { compileSource } from './compiled.ts'

// Goal: a month of the past is read from Prometheus and Datadog while promises are evaluated each second, and no tick is late for
// it; a Datadog that stalls, another that allows few calls and a third that answers half delay nobody but themselves and are
// told as coverage. Method: the whole service, compiled and with the real clock, in a process of its own, which says when each
// tick began; the emulators are here, so that only the service is measured.

const DAYS = 31
const MINUTES = DAYS * 1_440
const ROOT = resolve(import.meta.dirname, '../..')
const dir = mkdtempSync(join(tmpdir(), 'nines-slow-backfill-live-'))
const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
  rmSync(dir, { recursive: true, force: true })
})

const PAIRS: Readonly<Record<string, readonly [good: string, total: string]>> = {
  Prometheus: [`query: 'sum(http_requests_total{code!~"5.."})'`, `query: 'sum(http_requests_total)'`],
  Datadog: [
    `queries: { a: 'sum:trace.http.request.hits{service:checkout}.as_count()', b: 'sum:trace.http.request.errors{service:checkout}.as_count()' }, formula: a - b`,
    `query: 'sum:trace.http.request.hits{service:checkout}.as_count()'`,
  ],
}

function slo(source: string, type: string): string {
  const [good, total] = PAIRS[type] ?? ['', '']
  return `
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: by-${source} }
spec:
  service: shop
  indicator:
    metadata: { name: by-${source}-good }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: ${source}, type: ${type}, spec: { ${good} } } }
        total: { metricSource: { metricSourceRef: ${source}, type: ${type}, spec: { ${total} } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]
`
}

const source = (name: string, type: string, url: string): string => `
---
apiVersion: openslo/v1
kind: DataSource
metadata: { name: ${name} }
spec: { type: ${type}, connectionDetails: { url: "${url}", lag: 60s, backfill: ${DAYS}d, chunk: 6h, firstByteTimeout: 5s, timeout: 10s, schedule: "*/10 * * * * *" } }
`

async function datadog(more: Partial<Parameters<typeof createDatadogEmulator>[0]>): Promise<string> {
  const emulator = createDatadogEmulator({ clock: systemClock, stored: createShop(), ...more })
  const { url, close } = await serveEmulator(emulator.answer, { port: 0, onError: () => undefined })
  ends.push(close)
  return url
}

async function prometheus(now: number): Promise<string> {
  const begin = Math.floor(now / 60) * 60 - MINUTES * 60 - 3_600
  const series = [200, 500].map((code) => ({
    labels: { __name__: 'http_requests_total', code: String(code), job: 'shop', instance: 'a:1' },
    samples: Array.from({ length: MINUTES + 180 }, (_, i): [number, number] => [
      begin + i * 60,
      i * (code === 500 ? 1 : 99),
    ]),
  }))
  const emulator = createPrometheusEmulator({ series: () => series })
  const answer = async (request: Request): Promise<Response> =>
    emulator.fetch(request.url, { method: 'POST', body: await request.text(), headers: request.headers })
  const { url, close } = await serveEmulator(answer, { port: 0, onError: () => undefined })
  ends.push(close)
  return url
}

/** The service in a process of its own. It says where it answers, then the instant of each tick in milliseconds. */
const CHILD = `
import { setMaxListeners } from 'node:events'
const [src, options] = [process.argv[2], JSON.parse(process.argv[3])]
const { createService } = await import(src + '/service/index.js')
const { createSystem } = await import(src + '/system.js')
setMaxListeners(0)
const system = createSystem({ env: {}, logLevel: 'error', logFormat: 'json' })
const span = (name, _, work) => {
  if (name === 'tick') process.send({ tick: performance.now() })
  return work()
}
const service = await createService({ ...system, trace: { span } }, options)
process.send(await service.start())
const stopping = new AbortController()
process.once('message', () => stopping.abort())
await service.run(stopping.signal)
await service[Symbol.asyncDispose]()
await system[Symbol.asyncDispose]()
process.disconnect()
`

interface Running {
  readonly url: string
  readonly starts: readonly number[]
  readonly child: ChildProcess
}

async function serve(): Promise<Running> {
  const script = join(dir, 'child.mjs')
  writeFileSync(script, CHILD)
  const src = pathToFileURL(compileSource(join(dir, 'dist'))).href
  const options = {
    version: '0.0.0-test',
    listen: { host: '127.0.0.1', port: 0, basePath: '', names: [] },
    auth: 'loopback',
    definitions: { dir: join(dir, 'slo'), policies: join(ROOT, 'slo-definitions/policies') },
    base: dir,
    store: { kind: 'embedded', path: join(dir, 'ledger') },
    retention: { traffic: 400, exemplars: 14, journal: 1_100 },
    evaluateEverySeconds: 1,
    webRoot: join(dir, 'no-page'),
    demo: false,
    mounts: [],
  }
  const env = { ...process.env, DD_API_KEY: 'api', DD_APP_KEY: 'app' }
  const child = fork(script, [src, JSON.stringify(options)], { env, execArgv: [] })
  const starts: number[] = []
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the service ended with ${code} before it answered`)))
    child.on('message', (said: { readonly tick?: number; readonly url?: string }) => {
      if (said.tick !== undefined) starts.push(said.tick)
      if (said.url !== undefined) resolve(said.url)
    })
  })
  ends.unshift(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return { url, starts, child }
}

/** Reading the definitions and opening the ledger are no back-fill: its first ticks are not measured. */
const WARM_UP_TICKS = 2
const LATEST_MS = 200

test('a month is read beside live evaluation and no tick waits for it; bad answers are told and delay nobody else', async () => {
  const documents = [
    source('metrics', 'Prometheus', await prometheus(systemClock.now())),
    source('apm', 'Datadog', await datadog({})),
    source('stalled', 'Datadog', await datadog({ fault: () => ({ kind: 'stall', ms: 600_000 }) })),
    source('throttled', 'Datadog', await datadog({ limit: { calls: 1, periodSeconds: 86_400 } })),
    source('half', 'Datadog', await datadog({ fault: () => ({ kind: 'half' }) })),
    slo('metrics', 'Prometheus'),
    ...['apm', 'stalled', 'throttled', 'half'].map((name) => slo(name, 'Datadog')),
  ]
  mkdirSync(join(dir, 'slo'))
  writeFileSync(join(dir, 'slo/shop.yaml'), documents.join('').replace(/^\n---\n/, ''))
  const { url, starts, child } = await serve()
  const get = async <T>(path: string): Promise<T> => (await (await fetch(new URL(path, url))).json()) as T
  const windowOf = async (id: string) =>
    (await get<{ slos: readonly wire.SloSummary[] }>('api/v1/slos')).slos.find((one) => one.id === id)?.whole
      .windows[0]
  const began = performance.now()
  let read = 0
  for (let i = 0; i < 240 && read < 2 * 43_190; i++) {
    await systemClock.sleep(500)
    const [a, b] = [await windowOf('by-metrics'), await windowOf('by-apm')]
    read = (a?.coverage.known ?? 0) + (b?.coverage.known ?? 0)
  }
  const took = (performance.now() - began) / 1_000
  const busy = starts.slice(WARM_UP_TICKS)
  await systemClock.sleep(6_000)
  const idle = starts.slice(WARM_UP_TICKS + busy.length)
  console.log(
    `${DAYS} days of two sources in ${took.toFixed(0)} s, ${busy.length} ticks; nine of ten by at most ${latest(busy, 0.9).toFixed(0)} ms late and the latest by ${latest(busy).toFixed(0)} ms, without back-fill by ${latest(idle).toFixed(0)} ms`,
  )
  expect(read).toBeGreaterThanOrEqual(2 * 43_190)
  expect(busy.length).toBeGreaterThan(3)
  expect(latest(busy)).toBeLessThan(LATEST_MS)
  expect((await windowOf('by-metrics'))?.sli).toBeCloseTo(0.99, 4)
  expect((await windowOf('by-apm'))?.sli).toBeGreaterThan(0.998)
  for (const name of ['stalled', 'throttled', 'half']) {
    const window = await windowOf(`by-${name}`)
    expect(window?.coverage.failed, name).toBeGreaterThan(0)
  }
  const { sources } = await get<{ sources: readonly wire.Source[] }>('api/v1/sources')
  const problems = new Map(sources.map(({ name, problem }) => [name, problem?.text]))
  expect(problems.get('apm')).toBeUndefined()
  expect(problems.get('metrics')).toBeUndefined()
  expect(problems.get('stalled')).toMatch(/did not answer within 5000 ms/)
  expect(problems.get('throttled')).toMatch(/used up|no more calls/)
  expect(problems.get('half')).toMatch(/half/)
  child.send('stop')
  expect(await once(child, 'exit')).toEqual([0, null])
}, 240_000)

/** By how much a tick came later than a second after the one before it, in milliseconds: the latest, or of a share of them. */
function latest(times: readonly number[], share = 1): number {
  const late = times.slice(1).map((time, i) => Math.max(0, time - (times[i] ?? 0) - 1_000))
  return late.toSorted((a, b) => a - b)[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0
}
