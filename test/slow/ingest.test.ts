import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IngestReport } from '../../src/collectors/index.ts'
import { writeEnvoyLog } from '../collectors/log/generate.ts'
import { FileLedger } from '../collectors/log/ledger.ts'

const root = resolve(import.meta.dirname, '../..')
const CLUSTERS = ['aws-tokyo', 'gcp-tokyo', 'azure-japaneast', 'rack-1']
const LINES_PER_CLUSTER = 250_000

let directory = ''
let files: readonly string[] = []
let expected: Readonly<Record<string, number>> = {}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nines-slow-ingest-'))
  buildChild()
  files = CLUSTERS.map((cluster, i) => {
    const path = join(directory, `${cluster}.json`)
    const startMs = Date.UTC(2026, 2, 14, 10)
    writeEnvoyLog(path, { lines: LINES_PER_CLUSTER, seed: i + 1, startMs })
    return path
  })
  expected = countWithAwk(files)
}, 300_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('a million lines give what awk counts', async () => {
  const ledger = join(directory, 'once')
  const report = await ingest(ledger)
  expect(report.lines).toBe(CLUSTERS.length * LINES_PER_CLUSTER)
  expect(report.rejected).toEqual({})
  expect(countsOf(ledger)).toEqual(expected)
  const { counted } = report
  expect(Math.min(counted.good, counted.bad, counted.ignored)).toBeGreaterThan(10_000)
}, 120_000)

test('ingesting them twice changes nothing', async () => {
  const ledger = join(directory, 'once')
  const before = statSync(ledger).size
  const report = await ingest(ledger)
  expect(report.files.map(({ state }) => state)).toEqual(CLUSTERS.map(() => 'already-counted'))
  expect(statSync(ledger).size).toBe(before)
  expect(countsOf(ledger)).toEqual(expected)
}, 120_000)

test('killed ten times in the middle, then run to the end, it gives the same numbers', async () => {
  const ledger = join(directory, 'killed')
  for (let kill = 0; kill < 10; kill++) expect(await ingestAndKill(ledger, kill)).toBe('SIGKILL')
  const report = await ingest(ledger)
  // Something was left to do, so that the kills did hit the middle.
  expect(report.lines).toBeGreaterThan(0)
  expect(countsOf(ledger)).toEqual(expected)
  expect(new FileLedger(ledger).numbers()).toEqual(new FileLedger(join(directory, 'once')).numbers())
}, 240_000)

/** How the ingest is called: the only place that knows. */
function command(ledger: string): readonly string[] {
  return [join(directory, 'build/test/collectors/log/ingest-child.js'), ledger, ...files]
}

function countsOf(ledger: string): Record<string, number> {
  return new FileLedger(ledger).totals((row) => `${row.labels['service_name']} ${row.minute} ${row.outcome}`)
}

async function ingest(ledger: string): Promise<IngestReport> {
  const child = spawn(process.execPath, command(ledger), { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  return JSON.parse(output) as IngestReport
}

/** Kills the process soon after it has made something more durable; a little later each time. */
async function ingestAndKill(ledger: string, kill: number): Promise<string | null> {
  const before = existsSync(ledger) ? statSync(ledger).size : 0
  const child = spawn(process.execPath, command(ledger), { stdio: 'ignore' })
  const ended = new Promise<string | null>((end) => child.once('exit', (_, signal) => end(signal)))
  for (let waited = 0; waited < 30_000 && child.exitCode === null; waited += 5) {
    if (existsSync(ledger) && statSync(ledger).size > before) break
    await new Promise((wake) => setTimeout(wake, 5))
  }
  await new Promise((wake) => setTimeout(wake, kill * 17))
  child.kill('SIGKILL')
  return await ended
}

/** The child is TypeScript, so it is compiled first. */
function buildChild(): void {
  const config = join(directory, 'tsconfig.json')
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        rootDir: root,
        outDir: join(directory, 'build'),
        typeRoots: [join(root, 'node_modules/@types')],
      },
      files: [join(root, 'test/collectors/log/ingest-child.ts')],
      include: [],
    }),
  )
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
    stdio: 'inherit',
  })
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
  const midnight = Date.UTC(2026, 2, 14) / 1000
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
