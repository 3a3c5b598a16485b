import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seconds, unixSeconds } from '../../src/base/index.ts'
import type { IngestReport } from '../../src/collectors/index.ts'
import { openLedger } from '../../src/store/index.ts'
import { type IndicatorQuery, REASONS, type RequestQuery } from '../../src/traffic/index.ts'
import { writeEnvoyLog } from '../collectors/log/generate.ts'
import { createTestWorld } from '../world.ts'
import { compileSource } from './compiled.ts'

// A million lines through `nines ingest` as people run it, into the ledger as it is, against a count by awk.

const CLUSTERS = ['aws-tokyo', 'gcp-tokyo', 'azure-japaneast', 'rack-1']
const LINES_PER_CLUSTER = Number(process.env['NINES_TEST_LINES'] ?? 250_000)
// Ten days ago, so that the ledger keeps it, at ten o'clock.
const HOUR_MS = Math.floor(Date.now() / 86_400_000 - 10) * 86_400_000 + 10 * 3_600_000

let directory = ''
let main = ''
let files: readonly string[] = []
let expected: Readonly<Record<string, number>> = {}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nines-slow-ingest-'))
  main = join(compileSource(join(directory, 'build/dist')), 'main.js')
  copyFileSync(join(import.meta.dirname, '../../package.json'), join(directory, 'build/package.json'))
  files = CLUSTERS.map((cluster, i) => {
    const path = join(directory, `${cluster}.json`)
    writeEnvoyLog(path, { lines: LINES_PER_CLUSTER, seed: i + 1, startMs: HOUR_MS })
    return path
  })
  expected = countWithAwk(files)
}, 300_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('a million lines give what awk counts', async () => {
  const ledger = join(directory, 'once')
  const { report, code } = await ingest(ledger)
  expect(code).toBe(0)
  expect(report.lines).toBe(CLUSTERS.length * LINES_PER_CLUSTER)
  expect(report.rejected).toEqual({})
  const { counted } = report
  expect(Math.min(counted.good, counted.bad, counted.ignored)).toBeGreaterThan(LINES_PER_CLUSTER / 25)
  expect(await countsOf(ledger)).toEqual(expected)
}, 120_000)

test('ingesting them twice changes nothing', async () => {
  const ledger = join(directory, 'once')
  const { report } = await ingest(ledger)
  expect(report.files.map(({ state }) => state)).toEqual(CLUSTERS.map(() => 'already-counted'))
  expect(await countsOf(ledger)).toEqual(expected)
}, 120_000)

test('counting them again on purpose gives the same numbers', async () => {
  const ledger = join(directory, 'once')
  const { report } = await ingest(ledger, ['--again'])
  expect(report.lines).toBe(CLUSTERS.length * LINES_PER_CLUSTER)
  expect(await countsOf(ledger)).toEqual(expected)
}, 120_000)

test('killed ten times in the middle, then run to the end, it gives the same numbers', async () => {
  const ledger = join(directory, 'killed')
  for (let kill = 0; kill < 10; kill++) expect(await ingestAndKill(ledger, kill)).toBe('SIGKILL')
  const { report } = await ingest(ledger)
  const states = report.files.map(({ state }) => state)
  // Something was done already and something was left to do, so that the kills did hit the middle.
  expect(states).toContain('already-counted')
  expect(states).toContain('counted')
  expect(await countsOf(ledger)).toEqual(expected)
}, 240_000)

test('Ctrl-C ends it with 130, and the same command goes on', async () => {
  const ledger = join(directory, 'stopped')
  const few = files.slice(0, 1)
  const child = start(ledger, few)
  await untilInsert(ledger, child, 3)
  child.kill('SIGINT')
  const { code, stderr, report } = await ended(child)
  expect(code).toBe(130)
  expect(stderr).toContain('The same command goes on where this one stopped.')
  expect(report.interrupted).toBe(true)
  expect((await ended(start(ledger, few))).code).toBe(0)
  const counted = Object.values(await countsOf(ledger))
  expect(counted.reduce((sum, n) => sum + n, 0)).toBe(LINES_PER_CLUSTER)
}, 120_000)

test('a ledger that another process holds is not touched, and it is said what to do', async () => {
  const ledger = join(directory, 'once')
  await using _held = await openLedger(createTestWorld(), { kind: 'embedded', path: ledger, retention })
  const { code, stderr } = await ended(start(ledger))
  expect(code).toBe(1)
  expect(stderr).toContain(`is in use by process ${process.pid}. Stop it`)
}, 60_000)

test('every rejected line is listed with its number', async () => {
  const list = join(directory, 'rejected.txt')
  const path = join(import.meta.dirname, '../fixtures/logs/combined.txt')
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').length
  const options = ['-f', 'combined', '--retention', '8500', '-o', 'json', '--data', join(directory, 'odd')]
  const child = spawn(process.execPath, [main, 'ingest', path, '--rejected', list, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { code, report } = await ended(child)
  const listed = readFileSync(list, 'utf8').trimEnd().split('\n')
  expect(code).toBe(2)
  expect(report.lines + report.blank).toBe(lines)
  expect(listed.length).toBe(Object.values(report.rejected).reduce((sum, n) => sum + n, 0))
  expect(listed[0]).toBe(`${path}:2: not-the-format`)
}, 60_000)

const retention = { traffic: 400, exemplars: 14, journal: 1_100 }

function start(ledger: string, paths: readonly string[] = files, more: readonly string[] = []) {
  const options = ['--source', 'edge', '--service-from', 'grpc_service', '--output', 'json', '--data', ledger]
  return spawn(process.execPath, [main, 'ingest', ...paths, ...options, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: directory,
  })
}

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stderr: string
  readonly report: IngestReport
}

async function ended(child: ReturnType<typeof start>): Promise<Ended> {
  let output = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const [code, signal] = await new Promise<[number | null, string | null]>((end) =>
    child.once('close', (...how) => end(how)),
  )
  return { code, signal, stderr, report: JSON.parse(output === '' ? '{}' : output) as IngestReport }
}

const ingest = (ledger: string, more: readonly string[] = []): Promise<Ended> =>
  ended(start(ledger, files, more))

/** Kills the process while it makes something durable; a little later each time. */
async function ingestAndKill(ledger: string, kill: number): Promise<string | null> {
  const child = start(ledger)
  const end = ended(child)
  await untilInsert(ledger, child, 3)
  await new Promise((wake) => setTimeout(wake, kill * 17))
  child.kill('SIGKILL')
  return (await end).signal
}

/** Waits until the process has begun its `nth` insert: each goes through a file with its number. */
async function untilInsert(ledger: string, child: ReturnType<typeof start>, nth: number): Promise<void> {
  const incoming = join(ledger, 'incoming')
  const before = existsSync(incoming) ? readdirSync(incoming) : []
  for (let waited = 0; waited < 30_000 && child.exitCode === null; waited += 2) {
    const names = existsSync(incoming) ? readdirSync(incoming) : []
    if (names.some((name) => Number.parseInt(name, 10) >= nth && !before.includes(name))) return
    await new Promise((wake) => setTimeout(wake, 2))
  }
}

/** What the ledger says: `service minute outcome` → how many. */
async function countsOf(path: string): Promise<Record<string, number>> {
  await using ledger = await openLedger(createTestWorld(), { kind: 'embedded', path, retention })
  const every = { text: '{}', matches: () => true }
  const all: RequestQuery = { kind: 'requests', source: 'edge', match: every, outcome: 'all' }
  const ignored = REASONS.filter(({ outcome }) => outcome === 'ignored').map(({ reason }) => reason)
  // Nothing is bad here but what was ignored.
  const judge = Object.fromEntries(
    REASONS.map(({ reason }) => [reason, ignored.includes(reason) ? 'bad' : 'good'] as const),
  )
  const query = (id: string, total: RequestQuery): IndicatorQuery => ({
    id,
    numerator: { counts: 'good', query: { ...total, outcome: 'good' } },
    total,
    splitBy: ['service_name'],
  })
  const from = unixSeconds(HOUR_MS / 1000 - 3_600)
  const found = await ledger.read([query('plain', all), query('ignored', { ...all, judge })], {
    range: { from, to: unixSeconds(from + 3 * 3_600) },
    width: seconds(60),
  })
  const counts: Record<string, number> = {}
  for (const { query: id, scope, start: first, good, bad } of found) {
    const service = scope['service_name']
    if (service === undefined) continue
    for (let i = 0; i < good.length; i++) {
      const minute = first + i * 60
      const say = (outcome: string, n: number): void => {
        if (n > 0) counts[`${service} ${minute} ${outcome}`] = n
      }
      if (id === 'plain') say('good', good[i] ?? 0)
      if (id === 'plain') say('bad', bad[i] ?? 0)
      else say('ignored', bad[i] ?? 0)
    }
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The same count by another program, written from the rules and not from our code: `service minute outcome`. */
function countWithAwk(paths: readonly string[]): Record<string, number> {
  const program = String.raw`
    function value(key,   at, rest) {
      at = index($0, "\"" key "\":")
      if (at == 0) return ""
      rest = substr($0, at + length(key) + 3)
      if (substr(rest, 1, 1) == "\"") { rest = substr(rest, 2); return substr(rest, 1, index(rest, "\"") - 1) }
      match(rest, /[,}]/)
      return substr(rest, 1, RSTART - 1)
    }
    {
      path = value("path"); agent = value("useragent"); flags = value("response_flags")
      status = value("grpc_status"); took = value("duration") + 0; start = value("start_time")
      split(path, part, "/")
      # All of it is on one day and within two hours, so the minute is counted from midnight.
      split(substr(start, 12, 12), clock, ":")
      ms = (clock[1] * 3600 + clock[2] * 60) * 1000 + int(clock[3] * 1000 + 0.5) + took
      minute = midnight + int(ms / 60000) * 60
      if (value("log_type") != "DownstreamEnd") outcome = "ignored"
      else if (path ~ /^\/grpc\.health\./ || agent ~ /^kube-probe\// || agent ~ /^grpc_health_probe/) outcome = "ignored"
      else if (flags ~ /^(UF|UC|UT|UH)/) outcome = "bad"
      else if (flags ~ /^(RL|FI|NR)$/) outcome = "ignored"
      else if (status != "null" && status == 1) outcome = took >= 10000 ? "bad" : "ignored"
      else if (status != "null") outcome = (status ~ /^(2|4|12|13|14|15)$/) ? "bad" : "good"
      else if (flags == "DC") outcome = took >= 10000 ? "bad" : "ignored"
      else outcome = "bad"
      counts[part[2] " " minute " " outcome]++
    }
    END { for (each in counts) print each " " counts[each] }`
  const midnight = HOUR_MS / 1000 - 36_000
  const output = execFileSync('awk', ['-v', `midnight=${midnight}`, program, ...paths], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, LC_ALL: 'C' },
  })
  const entries = output
    .trim()
    .split('\n')
    .map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))] as const
    })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
