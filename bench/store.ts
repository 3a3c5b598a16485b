// The ledger on its embedded engine: how fast thirty days go in and come out, beside what one would write first.
//
// `node dist/bench/store.js [series]`: 1,000 series are 43.2 million rows; the default is a tenth of it.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Session } from 'chdb'
import {
  type Labels,
  microseconds,
  type Range,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../src/base/index.ts'
import { type Ledger, openLedger } from '../src/store/index.ts'
import { createSystem } from '../src/system.ts'
import type { IndicatorQuery, RequestQuery, TrafficRow } from '../src/traffic/index.ts'

const DAY = 86_400
const DAYS = 30
const SERIES = Number(process.argv[2] ?? 100)
const EDGES = [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000].map((ms) => microseconds(ms * 1000))
const from = unixSeconds(Math.floor(Date.now() / 1000 / DAY) * DAY - (DAYS - 1) * DAY)
const to = unixSeconds(from + DAYS * DAY)
const labels: readonly Labels[] = Array.from({ length: SERIES }, (_, s) => ({
  cloud_provider: ['aws', 'gcp', 'azure', 'rack'][s % 4] ?? '',
  cloud_region: `region-${s % 7}`,
  service_name: `service-${s % 50}`,
  operation: `/v1/operation-${s}`,
}))

let seed = 1
const random = (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
  return seed / 0x7fffffff
}

/** One minute of one series: about ten bins, as a service has them whose latency is spread over a decade. */
function rowOf(series: number, minute: UnixSeconds): TrafficRow {
  const bins: number[] = []
  const counts: number[] = []
  let bin = 455 + (series % 20)
  let count = 0
  for (let i = 0; i < 10; i++) {
    bins.push(bin)
    const n = 1 + Math.floor(random() * (100 - i * 9))
    counts.push(n)
    count += n
    bin += 1 + Math.floor(random() * 3)
  }
  const bad = random() < 0.02
  return {
    source: 'edge',
    labels: labels[series] ?? {},
    minute,
    outcome: bad ? 'bad' : 'good',
    reason: bad ? '5xx' : '2xx',
    count,
    latency: { bins, counts },
  }
}

function rowsOf(start: number, minutes: number): TrafficRow[] {
  const rows: TrafficRow[] = []
  for (let s = 0; s < SERIES; s++)
    for (let m = 0; m < minutes; m++) rows.push(rowOf(s, unixSeconds(start + m * 60)))
  return rows
}

function indicators(): IndicatorQuery[] {
  return labels.map((own, s) => {
    const match = {
      text: `{operation="${own['operation']}"}`,
      matches: (l: Labels) => l['operation'] === own['operation'],
    }
    const total: RequestQuery = { kind: 'requests', source: 'edge', match, outcome: 'all' }
    const within = EDGES[s % EDGES.length]
    const good: RequestQuery = {
      ...total,
      outcome: 'good',
      ...(s % 2 || within === undefined ? {} : { within }),
    }
    return {
      id: `slo-${s}`,
      numerator: { counts: 'good', query: good },
      total,
      splitBy: ['cloud_provider', 'cloud_region'],
    }
  })
}

const world = createSystem({ env: {}, logLevel: 'warn', logFormat: 'json' })
const directory = mkdtempSync(join(tmpdir(), 'nines-bench-'))
const peak = { rss: 0 }
const watch = setInterval(() => {
  peak.rss = Math.max(peak.rss, process.memoryUsage().rss)
}, 50)

async function timed<T>(
  name: string,
  work: () => Promise<T>,
  note: (result: T, ms: number) => string,
): Promise<T> {
  peak.rss = 0
  const before = process.cpuUsage()
  const start = performance.now()
  const result = await work()
  const ms = performance.now() - start
  const used = process.cpuUsage(before)
  const cpu = (used.user + used.system) / 1000
  const rss = Math.max(peak.rss, process.memoryUsage().rss)
  const figures = `${ms.toFixed(0).padStart(7)} ms ${cpu.toFixed(0).padStart(7)} CPU-ms ${(rss / 1e6).toFixed(0).padStart(5)} MB`
  console.log(`${name.padEnd(50)} ${figures}   ${note(result, ms)}`)
  return result
}

const open = (): Promise<Ledger> =>
  openLedger(world, { kind: 'embedded', path: directory, retention: { traffic: 400, exemplars: 30 } })

async function load(ledger: Ledger): Promise<void> {
  // An hour of all series, or what makes about fifty thousand rows, in one step.
  const minutes = Math.max(1, Math.min(1440, Math.floor(50_000 / SERIES)))
  for (let start = from, revision = 1; start < to; start = unixSeconds(start + minutes * 60), revision++) {
    const count = Math.min(minutes, (to - start) / 60)
    await ledger.write({
      writer: 'bench',
      revision,
      traffic: rowsOf(start, count),
      checkpoints: [{ key: 'bench', value: `${start}` }],
    })
  }
}

const rate =
  (rows: number) =>
  (_: unknown, ms: number): string =>
    `${(((rows / ms) * 1000) / 1e6).toFixed(2)} M rows/s`
const range = (seconds: number): Range => ({ from: unixSeconds(to - seconds), to })

function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

const rows = SERIES * DAYS * 1440
console.log(`${SERIES} series × ${DAYS} days = ${(rows / 1e6).toFixed(1)} M rows, ten bins each`)
let ledger = await timed('open, empty', open, () => '')
await timed('write all, with durable steps', () => load(ledger), rate(rows))
await ledger[Symbol.asyncDispose]()
console.log(
  `on disk: ${(sizeOf(directory) / 1e6).toFixed(0)} MB, ${(sizeOf(directory) / rows).toFixed(1)} bytes a row with parts not yet merged`,
)
ledger = await timed('open again', open, () => '')
const queries = indicators()
const read = (seconds_: number, width: number) => () =>
  ledger.read(queries, { range: range(seconds_), width: seconds(width) })
const answered = (answer: readonly unknown[], ms: number): string =>
  `${answer.length} series, ${((queries.length / ms) * 1000).toFixed(0)} SLOs/s`
await timed(`${SERIES} SLOs, 30 days by the hour`, read(DAYS * DAY, 3600), answered)
await timed(`${SERIES} SLOs, 3 days by the minute`, read(3 * DAY, 60), answered)
for (let i = 0; i < 3; i++) await timed(`${SERIES} SLOs, the last 3 minutes`, read(180, 60), answered)
const one = queries.slice(0, 1)
await timed(
  'one SLO, 30 days by the minute',
  () => ledger.read(one, { range: range(DAYS * DAY), width: seconds(60) }),
  answered,
)
await timed(
  'where the budget of one SLO went, 30 days',
  () => {
    const query = queries[0]
    if (!query) throw new Error('there is an SLO')
    return ledger.breakdown(query, { range: range(DAYS * DAY), by: ['cloud_provider', 'reason'], limit: 10 })
  },
  (found) => `${found.length} parts`,
)
await timed(
  'inventory',
  () => ledger.inventory(),
  (found) => `${found.length} sources`,
)
const cursor = (await ledger.changes(undefined)).cursor
const minutely = rowsOf(to - 60, 1)
let revision = 1e9
const lap: number[] = []
for (let i = 0; i < 60; i++) {
  const start = performance.now()
  await ledger.write({
    writer: 'live',
    revision: revision++,
    traffic: minutely,
    checkpoints: [{ key: 'live', value: `${i}` }],
  })
  lap.push(performance.now() - start)
}
lap.sort((a, b) => a - b)
console.log(
  `one minute of all series, durable: ${lap[30]?.toFixed(1)} ms at the median, ${lap[58]?.toFixed(1)} ms at the worst but one of 60`,
)
await timed(
  'changes',
  () => ledger.changes(cursor),
  (changes) => `${changes.touched.length} stretches`,
)

console.log('\nwhat one would write first: rows as JSON objects, one SELECT for each SLO')
const naive = new Session(join(directory, 'engine'))
await naive.queryAsync('CREATE DATABASE IF NOT EXISTS naive')
await naive.queryAsync(`CREATE TABLE naive.traffic (source String, labels Map(String, String), outcome String, reason String,
  minute DateTime('UTC'), count UInt64, latency Map(String, UInt64)) ENGINE = MergeTree ORDER BY minute`)
const sample = rowsOf(from, Math.max(1, Math.floor(50_000 / SERIES)))
await timed(
  `insert ${sample.length} rows as objects`,
  () =>
    naive.insert({
      table: 'naive.traffic',
      values: sample.map((row) => ({
        ...row,
        latency: Object.fromEntries((row.latency?.bins ?? []).map((bin, i) => [bin, row.latency?.counts[i]])),
      })),
    }),
  rate(sample.length),
)
const few = Math.min(20, SERIES)
await timed(
  `${few} SLOs, 30 days by the hour, one SELECT each`,
  async () => {
    const found: unknown[] = []
    for (const query of queries.slice(0, few))
      found.push(...(await ledger.read([query], { range: range(DAYS * DAY), width: seconds(3600) })))
    return found
  },
  (found, ms) => `${found.length} series, ${((few / ms) * 1000).toFixed(0)} SLOs/s`,
)
clearInterval(watch)
naive.close()
await ledger[Symbol.asyncDispose]()
rmSync(directory, { recursive: true, force: true })
