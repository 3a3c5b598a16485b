import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seconds, unixSeconds } from '../../src/base/index.ts'
import { type AwsEmulator, type Execution, startAwsEmulator } from '../../src/cli/dev/aws/index.ts'
import { openLedger } from '../../src/store/index.ts'
import { type IndicatorQuery, REASONS, type RequestQuery } from '../../src/traffic/index.ts'
import { albLine, draws, putObject } from '../collectors/athena/alb.ts'
import { defineTable } from '../collectors/athena/rig.ts'
import { createTestWorld } from '../world.ts'
import { compileSource } from './compiled.ts'

// Goal: a month of a load balancer's logs gives the same counts by Athena, by reading the objects, and by awk; and a
// process that is killed again and again pays for no query twice. Method: `nines backfill` as people run it, against the
// emulated Athena and S3. NINES_TEST_ALB_LINES says how many lines; ten million take some minutes.

const LINES = Number(process.env['NINES_TEST_ALB_LINES'] ?? 1_000_000)
const DAYS = 31
const OBJECTS_A_DAY = 12
const DAY = 86_400
const START = (Math.floor(Date.now() / 1_000 / DAY) - DAYS - 2) * DAY
const END = START + DAYS * DAY
const PREFIX = 'AWSLogs/123456789012/elasticloadbalancing/ap-northeast-1'

let directory = ''
let main = ''
let emulator: AwsEmulator

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nines-slow-athena-'))
  main = join(compileSource(join(directory, 'build/dist')), 'main.js')
  copyFileSync(join(import.meta.dirname, '../../package.json'), join(directory, 'build/package.json'))
  writeLogs(join(directory, 'buckets'))
  emulator = await startAwsEmulator({
    root: join(directory, 'buckets'),
    quota: 5,
    queuedMs: 30,
    runningMs: 60,
  })
  await defineTable(emulator, {
    layout: 'alb',
    database: 'nines',
    table: 'alb_logs',
    location: `s3://logs/${PREFIX}/`,
    unit: 'day',
    since: '2026/01/01',
  })
  mkdirSync(join(directory, 'slo'))
}, 900_000)
afterAll(async () => {
  await emulator.close()
  rmSync(directory, { recursive: true, force: true })
})

test('Athena, S3 and awk count the same requests by minute, service and outcome', async () => {
  define({})
  const ledger = join(directory, 'month')
  const ended = await backfill(ledger, [START, END])
  expect(ended.code, ended.stdout + ended.stderr).toBe(0)
  const expected = countWithAwk()
  const found = await countsOf(ledger, [START, END])
  expect(Object.values(expected).reduce((sum, n) => sum + n, 0)).toBe(LINES)
  expect(found['edge']).toEqual(expected)
  expect(found['direct']).toEqual(expected)
  const queries = selects()
  const bytes = queries.reduce((sum, { scannedBytes }) => sum + scannedBytes, 0)
  const whole = Math.max(...queries.map(({ scannedBytes }) => scannedBytes))
  console.log(
    `${LINES} lines: ${queries.length} queries scanned ${bytes} bytes, the largest ${whole}; at most ${emulator.executions.mostActive} at a time`,
  )
  expect(emulator.executions.mostActive).toBeLessThanOrEqual(5)
  expect(emulator.executions.refusedForQuota).toBe(0)
  // A stretch of six hours reads its day, and the next where its last two hours are delivered.
  expect(Math.max(...queries.map(({ objects }) => objects))).toBeLessThanOrEqual(2 * OBJECTS_A_DAY)
}, 1_800_000)

test('killed at twenty random points, no query is paid for twice and no minute is lost', async () => {
  const range: Stretch = [END - 4 * DAY, END]
  define({ chunk: '1h', concurrency: 2 })
  const ledger = join(directory, 'killed')
  const before = new Set(emulator.executions.all.keys())
  const random = draws(Number(process.env['NINES_TEST_SEED'] ?? 11))
  for (let kill = 0; kill < 20; kill++) await backfill(ledger, range, 500 + random() * 1_500)
  const ended = await backfill(ledger, range)
  expect(ended.code, ended.stdout + ended.stderr).toBe(0)
  const paid = selects().filter(({ id }) => !before.has(id))
  expect(new Set(paid.map(({ sql }) => sql)).size).toBe(4 * 24)
  expect(paid).toHaveLength(4 * 24)
  const inRange = ([key]: readonly [string, number]): boolean =>
    Date.parse(`${key.split(' ')[0]}:00Z`) >= range[0] * 1_000
  const expected = Object.fromEntries(Object.entries(countWithAwk()).filter(inRange))
  const found = await countsOf(ledger, range)
  expect(found['edge']).toEqual(expected)
  expect(found['direct']).toEqual(expected)
}, 600_000)

type Stretch = readonly [from: number, to: number]

function selects(): readonly Execution[] {
  return [...emulator.executions.all.values()].filter(({ kind }) => kind === 'DML')
}

/** Objects of a day, each of some hours; some lines of a day's end lie in the object that was delivered on the next. */
function writeLogs(root: string): void {
  const random = draws(5)
  const each = Math.ceil(LINES / (DAYS * OBJECTS_A_DAY))
  let left = LINES
  for (let n = 0; n < DAYS * OBJECTS_A_DAY; n++) {
    const width = DAY / OBJECTS_A_DAY
    const from = START + n * width
    const lines = Array.from({ length: Math.min(each, left) }, () =>
      albLine(from * 1_000 + Math.floor(random() * width * 1_000), random),
    )
    if (lines.length === 0) break
    left -= lines.length
    // What happens in the last two hours of a day is delivered on the next.
    const day = new Date((from + width / 2 + (n % 3 === 2 ? 3_600 : 0)) * 1_000)
      .toISOString()
      .slice(0, 10)
      .replaceAll('-', '/')
    putObject(root, `logs/${PREFIX}/${day}/123456789012_elasticloadbalancing_${n}.log.gz`, lines)
  }
}

function define(more: Readonly<Record<string, unknown>>): void {
  const shared = { region: 'ap-northeast-1', endpoint: emulator.url, service: { from: 'upstream_cluster' } }
  const documents = [
    {
      name: 'edge',
      type: 'Athena',
      connectionDetails: {
        ...shared,
        database: 'nines',
        table: 'alb_logs',
        layout: 'alb',
        partitions: { unit: 'day' },
        ...more,
      },
    },
    {
      name: 'direct',
      type: 'S3Logs',
      connectionDetails: { ...shared, bucket: 'logs', prefix: `${PREFIX}/{yyyy/MM/dd}/`, format: 'alb' },
    },
  ].map(({ name, ...spec }) =>
    JSON.stringify({ apiVersion: 'openslo/v1', kind: 'DataSource', metadata: { name }, spec }),
  )
  writeFileSync(join(directory, 'slo/sources.yaml'), documents.join('\n---\n'))
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function backfill(ledger: string, [from, to]: Stretch, killAfterMs?: number): Promise<Ended> {
  const instant = (at: number): string => new Date(at * 1_000).toISOString().replace('.000Z', 'Z')
  const child = spawn(
    process.execPath,
    [
      main,
      'backfill',
      '--from',
      instant(from),
      '--to',
      instant(to),
      '--data',
      ledger,
      '--definitions',
      'slo',
    ],
    {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'emulated',
        CI: '1',
      },
    },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  if (killAfterMs !== undefined) {
    await sleep(killAfterMs)
    child.kill('SIGKILL')
  }
  return { code: await ended, stdout, stderr }
}

/** By source: counts by `minute service outcome`. */
async function countsOf(path: string, [from, to]: Stretch): Promise<Record<string, Record<string, number>>> {
  await using ledger = await openLedger(createTestWorld(), {
    kind: 'embedded',
    path,
    retention: { traffic: 400, exemplars: 14, journal: 1_100 },
  })
  const ignored = REASONS.filter(({ outcome }) => outcome === 'ignored').map(({ reason }) => reason)
  const judge = Object.fromEntries(
    REASONS.map(({ reason }) => [reason, ignored.includes(reason) ? 'bad' : 'good'] as const),
  )
  const found: Record<string, Record<string, number>> = {}
  for (const source of ['edge', 'direct']) {
    const counts: Record<string, number> = {}
    const all: RequestQuery = {
      kind: 'requests',
      source,
      match: { text: '{}', matches: () => true },
      outcome: 'all',
    }
    const query = (id: string, total: RequestQuery): IndicatorQuery => ({
      id,
      numerator: { counts: 'good', query: { ...total, outcome: 'good' } },
      total,
      splitBy: ['service_name'],
    })
    const series = await ledger.read([query('plain', all), query('ignored', { ...all, judge })], {
      range: { from: unixSeconds(from), to: unixSeconds(to) },
      width: seconds(60),
    })
    for (const { query: id, scope, start, good, bad } of series) {
      const service = scope['service_name']
      if (service === undefined) continue
      for (let i = 0; i < good.length; i++) {
        const minute = new Date((start + i * 60) * 1_000).toISOString().slice(0, 16)
        const say = (outcome: string, n: number): void => {
          if (n > 0) counts[`${minute} ${service} ${outcome}`] = n
        }
        if (id === 'plain') say('good', good[i] ?? 0)
        say(id === 'plain' ? 'bad' : 'ignored', bad[i] ?? 0)
      }
    }
    found[source] = counts
  }
  return found
}

let byAwk: Record<string, number> | undefined

/** The same count by another program, written from the rules and not from our code. */
function countWithAwk(): Record<string, number> {
  if (byAwk !== undefined) return byAwk
  const program = String.raw`
    function micros(t) { return (substr(t, 12, 2) * 3600 + substr(t, 15, 2) * 60 + substr(t, 18, 9)) * 1000000 }
    {
      split($0, part, "\""); split(part[5], group, " "); split(part[11], behind, " ")
      service = "unknown_service"
      if (match(group[3], /:targetgroup\/[^\/]+\//)) service = substr(group[3], RSTART + 13, RLENGTH - 14)
      if (part[4] ~ /^(ELB-HealthChecker|kube-probe)\//) outcome = "ignored"
      else if ($9 == 460) {
        took = micros($2) - micros(behind[2]); if (took < 0) took += 86400000000
        outcome = took >= 10000000 ? "bad" : "ignored"
      } else outcome = $9 >= 500 ? "bad" : "good"
      n[substr($2, 1, 16) " " service " " outcome]++
    }
    END { for (key in n) print key, n[key] }`
  const files = join(directory, 'buckets/logs')
  const printed = execFileSync(
    'sh',
    ['-c', 'find "$0" -name "*.gz" | xargs zcat | awk "$1"', files, program],
    { maxBuffer: 1024 ** 3, env: { ...process.env, LC_ALL: 'C' } },
  ).toString()
  byAwk = Object.fromEntries(
    printed
      .trimEnd()
      .split('\n')
      .map((line) => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))] as const
      }),
  )
  return byAwk
}
