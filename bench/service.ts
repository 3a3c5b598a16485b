// The whole service over a large ledger: how long until it answers, what a tick costs, and how much memory it takes.
//
// `node dist/bench/service.js [services] [days] [directory]`: 250 services in four clouds are 1,000 series of 43,200
// minutes and 1,000 objectives. With a directory the ledger is kept, and filled up to now by the next run.
import { setMaxListeners } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
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
import type { LedgerStep, TrafficRow } from '../src/traffic/index.ts'
import { askWindows, type Filling, fillDays, type Took } from './direct/windows.ts'

const SERVICES = Number(process.argv[2] ?? 250)
const DAYS = Number(process.argv[3] ?? 30)
const TICKS = Number(process.env['NINES_BENCH_TICKS'] ?? 60)
/** Promises whose pages are asked for. */
const PAGES = Number(process.env['NINES_BENCH_PAGES'] ?? 200)
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

/** Fills the ledger up to `to`: the first time by the engine itself, a day a statement, since 43 million rows take a while. */
async function fill(path: string, to: UnixSeconds): Promise<number> {
  const store = { kind: 'embedded', path, retention: RETENTION } as const
  let ledger = await openLedger(world, store)
  const last = (await ledger.inventory()).find(({ source }) => source === 'edge')?.last
  let from = last === undefined ? minuteOf(earlier(to, DAYS * DAY)) : unixSeconds(last + 60)
  let rows = 0
  if (last === undefined) {
    await ledger.write(stepOf(from, unixSeconds(from + 60)))
    await ledger[Symbol.asyncDispose]()
    const days = Math.floor((to - from) / DAY)
    await fillDays(path, { from, days }, filling)
    from = unixSeconds(from + days * DAY)
    rows += labels.length * days * 1440
    ledger = await openLedger(world, store)
    const span = {
      source: 'edge',
      from: unixSeconds(from - days * DAY),
      to: from,
      state: 'known',
      reason: '',
    } as const
    await ledger.write({ writer: 'history', revision: 1, traffic: [], coverage: [span] })
  }
  const minutes = Math.max(1, Math.floor(100_000 / labels.length))
  for (; from < to; from = unixSeconds(from + minutes * 60)) {
    const step = stepOf(from, unixSeconds(Math.min(to, from + minutes * 60)))
    rows += step.traffic.length
    await ledger.write(step)
  }
  await ledger[Symbol.asyncDispose]()
  return rows
}

function stepOf(from: UnixSeconds, to: UnixSeconds): LedgerStep {
  const traffic: TrafficRow[] = []
  for (let s = 0; s < labels.length; s++)
    for (let m: number = from; m < to; m += 60) traffic.push(...rowsOf(s, unixSeconds(m)))
  const coverage = [{ source: 'edge', from, to, state: 'known' as const, reason: '' }]
  return { writer: 'history', revision: from, traffic, coverage }
}

/** The rows of `rowsOf` by SQL. */
const filling: Filling = {
  series: `toUInt32(extract(labels['service_name'], '[0-9]+')) * 4 + indexOf(['${CLOUDS.join("','")}'], labels['cloud_provider']) - 1`,
  good: '300 + (m * 7 + s * 13) % 400',
  bad: '20',
  hasBad: '(m * 31 + s) % 97 = 0',
  latency: {
    bins: 'if(intDiv(s, 4) % 2 = 0, [455 + s % 20, 457 + s % 20, 460 + s % 20, 495 + s % 20], [])',
    tallies: 'if(intDiv(s, 4) % 2 = 0, [good - 60, 40, 15, 5], [])',
  },
}

/** A file for each service: two availability promises, and four latency promises where it has latencies. */
function writeDefinitions(path: string): void {
  mkdirSync(path, { recursive: true })
  const source = `apiVersion: openslo/v1
kind: DataSource
metadata: { name: edge }
spec:
  type: EnvoyAccessLog
  connectionDetails: { files: [live.json], format: envoy-json, service: { from: authority } }
`
  writeFileSync(join(path, 'sources.yaml'), source)
  for (let s = 0; s < SERVICES; s++) {
    const service = `apiVersion: openslo/v1\nkind: Service\nmetadata: { name: service-${s} }\nspec: { description: '' }\n`
    const slos = ['0.999', '0.9995'].map((target) => slo(s, { target, within: undefined }))
    if (s % 2 === 0)
      for (const within of ['400ms', '500ms', '700ms', '1s']) slos.push(slo(s, { target: '0.97', within }))
    writeFileSync(join(path, `service-${s}.yaml`), [service, ...slos].join('---\n'))
  }
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

// The loop, the collectors and the writer wait on one signal.
setMaxListeners(0)
const spans = new Map<string, Took[]>()
const system = createSystem({ env: {}, logLevel: 'warn', logFormat: 'json' })
const world: World = {
  ...system,
  trace: {
    span: async (name, _, work) => {
      const start = performance.now()
      const before = process.cpuUsage()
      try {
        return await work()
      } finally {
        const { user, system: kernel } = process.cpuUsage(before)
        const times = spans.get(name) ?? []
        times.push({ wall: performance.now() - start, cpu: (user + kernel) / 1000 })
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
    const wall = times.map((took) => took.wall)
    const cpu = times.map((took) => took.cpu)
    if (times.length > 0)
      say(
        `  ${name}`,
        `p50 ${ms(at(wall, 0.5))}   p99 ${ms(at(wall, 0.99))}   processor p50 ${ms(at(cpu, 0.5))}   (${times.length})`,
      )
  }
}

async function prepare(): Promise<ServiceOptions> {
  const slos = join(directory, 'slo')
  rmSync(slos, { recursive: true, force: true })
  writeDefinitions(slos)
  writeFileSync(join(directory, 'live.json'), '')
  const start = performance.now()
  const rows = await fill(join(directory, 'ledger'), minuteOf(world.clock.now()))
  const seconds = (performance.now() - start) / 1000
  say(
    'history written',
    `${(rows / 1e6).toFixed(2)} M rows in ${seconds.toFixed(1)} s, ${(rows / seconds / 1e6).toFixed(2)} M rows/s`,
  )
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

/** What the page of a promise asks, of one promise after the other, while minutes are written. */
async function askPages(): Promise<void> {
  const ids = service.fleet().slos.map(({ id }) => encodeURIComponent(id))
  const to = world.clock.now()
  const range = `from=${Math.floor((to - DAYS * DAY) / 7_200) * 7_200}&to=${Math.ceil(to / 7_200) * 7_200}`
  const questions: readonly (readonly [string, (id: string) => string])[] = [
    ['the fleet', () => 'slos'],
    ['a promise', (id) => `slos/${id}`],
    ['its curves', (id) => `slos/${id}/series?${range}&points=360`],
    ['who spent it', (id) => `slos/${id}/contributors?${range}&by=cloud_provider&limit=8`],
    ['how long requests took', (id) => `slos/${id}/latency?${range}&columns=120`],
    ['bad requests', (id) => `slos/${id}/exemplars?${range}&limit=10`],
    ['its days', (id) => `slos/${id}/days?count=30`],
  ]
  for (const [name, path] of questions) {
    const rounds: number[][] = [[], []]
    // The first time reads the ledger; what is over is kept from then on.
    for (const took of rounds)
      for (const id of ids.slice(0, PAGES)) {
        const asked = performance.now()
        const answer = await fetch(`${url}api/v1/${path(id)}`)
        if (!answer.ok) throw new Error(`${path(id)} answered ${answer.status}`)
        await answer.arrayBuffer()
        took.push(performance.now() - asked)
      }
    const [first = [], again = []] = rounds
    say(
      `page: ${name}`,
      `first p50 ${ms(at(first, 0.5))}, p99 ${ms(at(first, 0.99))}; again p50 ${ms(at(again, 0.5))}, p99 ${ms(at(again, 0.99))}`,
    )
  }
}

console.log(`${labels.length} series x ${DAYS} days, ${process.version}`)
const options = await prepare()
peak.rss = 0
spans.clear()
const began = performance.now()
const service = await createService(world, options)
const opened = performance.now()
const { url } = await service.start()
const answering = performance.now()
say('cold start', `${ms(answering - began)}, of it opening ledger and definitions ${ms(opened - began)}`)
tell([
  'ledger.refresh',
  'store.changes',
  'store.read',
  'store.coverage',
  'engine.evaluate',
  'alerting.step',
  'journal.append',
])
say('objectives', `${service.fleet().slos.length}, peak memory ${(peak.rss / 1e6).toFixed(0)} MB`)
spans.clear()
peak.rss = 0
const used = process.cpuUsage()
const stop = new AbortController()
const flowing = live(service.ledger, stop.signal)
const running = service.run(stop.signal)
while ((spans.get('tick')?.length ?? 0) < TICKS) await world.clock.sleep(200)
const { user, system: kernel } = process.cpuUsage(used)
await askPages()
stop.abort()
await Promise.all([flowing, running])
say(
  'ticks, one a second, while minutes are written',
  `peak memory ${(peak.rss / 1e6).toFixed(0)} MB, ${((user + kernel) / 1000 / TICKS).toFixed(0)} ms of processor time each`,
)
tell([
  'tick',
  'ledger.refresh',
  'store.changes',
  'store.read',
  'store.coverage',
  'engine.evaluate',
  'alerting.step',
  'fleet.summarise',
  'journal.append',
  'store.flush',
])
const tick = at(
  (spans.get('tick') ?? []).map(({ wall }) => wall),
  0.5,
)
await service[Symbol.asyncDispose]()
clearInterval(watch)

const now = minuteOf(world.clock.now())
const windows = [300, 1_800, 3_600, 7_200, 21_600, DAY, 3 * DAY, DAYS * DAY]
const asked = (await askWindows(join(directory, 'ledger'), windows, now)).took.map(({ wall }) => wall)
say(
  'the same windows asked of the engine, no latencies',
  `${ms(at(asked, 0.5))}, ${(at(asked, 0.5) / tick).toFixed(1)} times a tick`,
)
await system[Symbol.asyncDispose]()
if (kept === undefined) rmSync(directory, { recursive: true, force: true })
