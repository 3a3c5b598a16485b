// The whole service over a large ledger: how long until it answers, what a tick costs, and how much memory it takes.
//
// `node dist/bench/service.js [services] [days] [directory]`: 250 services in four clouds are 1,000 series of 43,200
// minutes and 1,000 objectives. With a directory the ledger is kept, and filled up to now by the next run.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Session } from 'chdb'
import {
  earlier,
  type Labels,
  minuteOf,
  type UnixSeconds,
  unixSeconds,
  type World,
} from '../src/base/index.ts'
import { createService, type ServiceOptions } from '../src/service/index.ts'
import { type Ledger, openLedger } from '../src/store/index.ts'
import { createSystem } from '../src/system.ts'
import type { TrafficRow } from '../src/traffic/index.ts'

const SERVICES = Number(process.argv[2] ?? 250)
const DAYS = Number(process.argv[3] ?? 30)
const TICKS = Number(process.env['NINES_BENCH_TICKS'] ?? 60)
const kept = process.argv[4]
const directory = kept ?? mkdtempSync(join(tmpdir(), 'nines-bench-service-'))
const CLOUDS = ['aws', 'gcp', 'azure', 'rack']
const DAY = 86_400
const RETENTION = { traffic: 400, exemplars: 14, journal: 1_100 }

const labels: readonly Labels[] = Array.from({ length: SERVICES }, (_, s) =>
  CLOUDS.map((cloud) => ({ cloud_provider: cloud, service_name: `service-${s}`, operation: '/v1' })),
).flat()

/** What a minute of a series holds: a daily curve, some failures, and latencies for every other service. */
function rowsOf(series: number, minute: UnixSeconds): TrafficRow[] {
  const good = 300 + (((minute / 60) * 7 + series * 13) % 400)
  const own = { source: 'edge', labels: labels[series] ?? {}, minute }
  const isTimed = (series >> 2) % 2 === 0
  const bin = 455 + (series % 20)
  const latency = isTimed
    ? { bins: [bin, bin + 2, bin + 5, bin + 40], counts: [good - 60, 40, 15, 5] }
    : undefined
  const row: TrafficRow = {
    ...own,
    outcome: 'good',
    reason: '2xx',
    count: good,
    ...(latency === undefined ? {} : { latency }),
  }
  const isBad = ((minute / 60) * 31 + series) % 97 === 0
  return isBad ? [row, { ...own, outcome: 'bad', reason: 'http-503', count: 20 }] : [row]
}

async function fill(ledger: Ledger, to: UnixSeconds): Promise<number> {
  const last = (await ledger.inventory()).find(({ source }) => source === 'edge')?.last
  const from = last === undefined ? minuteOf(earlier(to, DAYS * DAY)) : unixSeconds(last + 60)
  const minutes = Math.max(1, Math.floor(100_000 / labels.length))
  let writing: Promise<void> = Promise.resolve()
  let rows = 0
  for (let start: number = from; start < to; start += minutes * 60) {
    const end = Math.min(to, start + minutes * 60)
    const traffic: TrafficRow[] = []
    for (let s = 0; s < labels.length; s++)
      for (let m = start; m < end; m += 60) traffic.push(...rowsOf(s, unixSeconds(m)))
    rows += traffic.length
    const coverage = [
      { source: 'edge', from: unixSeconds(start), to: unixSeconds(end), state: 'known' as const, reason: '' },
    ]
    await writing
    writing = ledger.write({ writer: 'history', revision: start, traffic, coverage })
  }
  await writing
  return rows
}

/** Two availability promises for each service, and four latency promises for each that has latencies. */
function definitions(): string {
  const source = `apiVersion: openslo/v1
kind: DataSource
metadata: { name: edge }
spec:
  type: EnvoyAccessLog
  connectionDetails: { files: [live.json], format: envoy-json, service: { from: authority } }
`
  const slos: string[] = []
  for (let s = 0; s < SERVICES; s++) {
    slos.push(
      `apiVersion: openslo/v1\nkind: Service\nmetadata: { name: service-${s} }\nspec: { description: '' }\n`,
    )
    for (const target of ['0.999', '0.9995']) slos.push(slo(s, { target, within: undefined }))
    if (s % 2 === 0)
      for (const within of ['100ms', '150ms', '300ms', '1s']) slos.push(slo(s, { target: '0.99', within }))
  }
  return [source, ...slos].join('---\n')
}

function slo(s: number, { target, within }: { target: string; within: string | undefined }): string {
  const match = `match: '{service_name="service-${s}"}'`
  const good = within === undefined ? `${match}, outcome: good` : `${match}, outcome: good, within: ${within}`
  return `apiVersion: openslo/v1
kind: SLO
metadata:
  name: service-${s}-${within ?? target.slice(2)}
  annotations: { nines.dev/split-by: cloud_provider, nines.dev/burn-policy: google-30d }
spec:
  service: service-${s}
  indicator:
    metadata: { name: service-${s}-${within ?? target.slice(2)} }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { ${good} } } }
        total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { ${match} } } }
  timeWindow: [{ duration: ${DAYS}d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: ${target} }]
`
}

const spans = new Map<string, number[]>()
const system = createSystem({ env: {}, logLevel: 'warn', logFormat: 'json' })
const world: World = {
  ...system,
  trace: {
    span: async (name, _, work) => {
      const start = performance.now()
      try {
        return await work()
      } finally {
        const times = spans.get(name) ?? []
        times.push(performance.now() - start)
        spans.set(name, times)
      }
    },
  },
}

const peak = { rss: 0 }
const watch = setInterval(() => {
  peak.rss = Math.max(peak.rss, process.memoryUsage().rss)
}, 20)
const at = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
const ms = (n: number): string => `${n.toFixed(n < 10 ? 1 : 0).padStart(7)} ms`
const say = (name: string, what: string): void => console.log(`${name.padEnd(46)} ${what}`)

function tell(names: readonly string[]): void {
  for (const name of names) {
    const times = spans.get(name) ?? []
    if (times.length > 0)
      say(`  ${name}`, `p50 ${ms(at(times, 0.5))}   p99 ${ms(at(times, 0.99))}   (${times.length})`)
  }
}

async function prepare(): Promise<ServiceOptions> {
  const slos = join(directory, 'slo')
  mkdirSync(slos, { recursive: true })
  writeFileSync(join(slos, 'all.yaml'), definitions())
  writeFileSync(join(directory, 'live.json'), '')
  const ledger = await openLedger(world, {
    kind: 'embedded',
    path: join(directory, 'ledger'),
    retention: RETENTION,
  })
  const start = performance.now()
  const rows = await fill(ledger, minuteOf(world.clock.now()))
  const seconds = (performance.now() - start) / 1000
  say(
    'history written',
    `${(rows / 1e6).toFixed(2)} M rows in ${seconds.toFixed(1)} s, ${(rows / seconds / 1e6).toFixed(2)} M rows/s`,
  )
  await ledger[Symbol.asyncDispose]()
  return {
    version: 'bench',
    listen: { host: '127.0.0.1', port: 0, basePath: '', names: [] },
    auth: 'loopback',
    definitions: { dir: slos, policies: resolve(import.meta.dirname, '../../slo-definitions/policies') },
    base: directory,
    store: { kind: 'embedded', path: join(directory, 'ledger') },
    retention: RETENTION,
    evaluateEverySeconds: 1,
    publicUrl: undefined,
    webRoot: join(directory, 'web'),
    demo: false,
    slack: undefined,
    mounts: [],
  }
}

/** The minute that runs, said again each second with what came since, as a collector does. */
async function live(ledger: Ledger, signal: AbortSignal): Promise<void> {
  for (let revision = 1; !signal.aborted; revision++) {
    const minute = minuteOf(world.clock.now())
    const traffic = labels.flatMap((_, s) => rowsOf(s, minute))
    await ledger
      .write({ writer: 'live', revision: minute * 1000 + revision, traffic }, signal)
      .catch(() => undefined)
    await world.clock.sleep(1000, signal).catch(() => undefined)
  }
}

console.log(`${labels.length} series x ${DAYS} days, ${process.version}`)
const options = await prepare()
peak.rss = 0
spans.clear()
const began = performance.now()
const service = await createService(world, options)
const opened = performance.now()
await service.start()
const answering = performance.now()
say('cold start', `${ms(answering - began)}, of it opening ledger and definitions ${ms(opened - began)}`)
tell(['ledger.refresh', 'store.read', 'engine.evaluate', 'alerting.step', 'journal.append'])
say('objectives', `${service.fleet().slos.length}, peak memory ${(peak.rss / 1e6).toFixed(0)} MB`)
spans.clear()
peak.rss = 0
const stop = new AbortController()
const flowing = live(service.ledger, stop.signal)
const running = service.run(stop.signal)
while ((spans.get('tick')?.length ?? 0) < TICKS) await world.clock.sleep(200)
stop.abort()
await Promise.all([flowing, running])
say('ticks, one a second, while minutes are written', `peak memory ${(peak.rss / 1e6).toFixed(0)} MB`)
tell([
  'tick',
  'ledger.refresh',
  'store.read',
  'engine.evaluate',
  'alerting.step',
  'summarise',
  'journal.append',
  'store.flush',
])
const tick = at(spans.get('tick') ?? [], 0.5)
await service[Symbol.asyncDispose]()
clearInterval(watch)

// What one would write first: every tick asks the engine for the eight windows of every series.
const now = minuteOf(world.clock.now())
const windows = [300, 1_800, 3_600, 7_200, 21_600, DAY, 3 * DAY, DAYS * DAY]
const columns = windows.flatMap((length) =>
  ['good', 'bad'].map((kind) => `sumIf(count, kind = '${kind}' AND minute >= ${now - length})`),
)
const direct = new Session(join(directory, 'ledger/engine'))
const asked: number[] = []
for (let i = 0; i < 3; i++) {
  const start = performance.now()
  await direct.queryAsync(
    `SELECT series, ${columns.join(', ')} FROM nines.cells FINAL WHERE kind IN ('good', 'bad') AND minute >= ${now - DAYS * DAY} GROUP BY series SETTINGS max_threads = 2 FORMAT Null`,
  )
  asked.push(performance.now() - start)
}
direct.close()
say(
  'the same windows asked of the engine, no latencies',
  `${ms(at(asked, 0.5))}, ${(at(asked, 0.5) / tick).toFixed(1)} times a tick`,
)
await system[Symbol.asyncDispose]()
if (kept === undefined) rmSync(directory, { recursive: true, force: true })
