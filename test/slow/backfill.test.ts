import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seconds, unixSeconds } from '../../src/base/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { openLedger } from '../../src/store/index.ts'
import { createPrometheusEmulator, type EmulatedSeries } from '../collectors/prometheus/emulator.ts'
import { createTestWorld } from '../world.ts'
import { compileSource } from './compiled.ts'

// Goal: `nines backfill` that is killed again and again goes on where it was, and in the end the ledger has all of it,
// once. Method: the command as people run it, against an emulated server that answers after a while.

const HOUR = 3_600
const DAYS = 5
const END = Math.floor(Date.now() / 1_000 / HOUR) * HOUR - 2 * HOUR
const START = END - DAYS * 24 * HOUR
const ANSWER_MS = 150

const PER_MINUTE = { 200: 58, 500: 2 }
const SERIES: readonly EmulatedSeries[] = Object.entries(PER_MINUTE).map(([code, rate]) => ({
  labels: { __name__: 'http_requests_total', code },
  // From before the beginning to behind the end, so that every minute in between is known.
  samples: Array.from({ length: (END - START) / 60 + 121 }, (_, i): [number, number] => [
    START + (i - 60) * 60,
    i * rate,
  ]),
}))

let directory = ''
let main = ''
let server: Server
const asked: string[] = []

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nines-slow-backfill-'))
  main = join(compileSource(join(directory, 'build/dist')), 'main.js')
  copyFileSync(join(import.meta.dirname, '../../package.json'), join(directory, 'build/package.json'))
  const emulator = createPrometheusEmulator({ series: () => SERIES })
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      asked.push(body)
      void sleep(ANSWER_MS)
        .then(() => emulator.fetch(`http://prometheus${request.url ?? ''}`, { method: 'POST', body }))
        .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  mkdirSync(join(directory, 'slo'))
  writeFileSync(join(directory, 'slo/shop.yaml'), definitions(`http://127.0.0.1:${portOf()}`))
}, 120_000)
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(directory, { recursive: true, force: true })
})

const definitions = (url: string): string => `
apiVersion: openslo/v1
kind: DataSource
metadata: { name: metrics }
spec: { type: Prometheus, connectionDetails: { url: "${url}", chunk: 3h } }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: shop }
spec:
  service: shop
  indicator:
    metadata: { name: good }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { metricSourceRef: metrics, type: Prometheus, spec: { query: 'http_requests_total{code="500"}' } } }
        total: { metricSource: { metricSourceRef: metrics, type: Prometheus, spec: { query: 'http_requests_total' } } }
  timeWindow: [{ duration: 7d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.95 }]
`

interface Ended {
  readonly code: number | null
  readonly stdout: string
}

async function backfill(killAfterAnswers?: number): Promise<Ended> {
  const instant = (at: number): string => new Date(at * 1_000).toISOString().replace('.000Z', 'Z')
  const range = ['--from', instant(START), '--to', instant(END)]
  const child = spawn(
    process.execPath,
    [main, 'backfill', ...range, '--output', 'json', '--data', 'ledger', '--definitions', 'slo'],
    {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const before = asked.length
  while (
    killAfterAnswers !== undefined &&
    child.exitCode === null &&
    asked.length - before < killAfterAnswers
  )
    await sleep(5)
  if (killAfterAnswers !== undefined) child.kill('SIGKILL')
  return { code: await ended, stdout }
}

test('a back-fill that is killed goes on where it was, and reads everything once', async () => {
  for (const answers of [5, 9, 14, 3]) await backfill(answers)
  const { code, stdout } = await backfill()
  expect(code).toBe(0)
  const [report] = JSON.parse(stdout) as [{ wanted: number; read: number; failures: unknown[] }]
  expect(report).toMatchObject({ source: 'metrics', failures: [] })
  expect(report.read).toBe(report.wanted)
  expect(report.wanted).toBeLessThan(2 * DAYS * 24 * 60)

  const again = await backfill()
  expect(JSON.parse(again.stdout)).toMatchObject([{ source: 'metrics', wanted: 0, read: 0 }])

  // Two questions in chunks of three hours; what was under way when it was killed is asked for again.
  const chunks = 2 * DAYS * 8
  const inFlight = 4 * 4
  expect(asked.length).toBeLessThanOrEqual(chunks + 2 * inFlight)

  const world = createTestWorld({ start: END })
  await using ledger = await openLedger(world, {
    kind: 'embedded',
    path: join(directory, 'ledger'),
    retention: { traffic: 400, exemplars: 14 },
  })
  const text = definitions(`http://127.0.0.1:${portOf()}`)
  const [slo] = loadDefinitions([{ file: 'shop.yaml', text }]).slos
  const range = { from: unixSeconds(START), to: unixSeconds(END) }
  const [series] = await ledger.read(slo?.queries ?? [], { range, width: seconds(60) })
  const minutes = DAYS * 24 * 60
  expect([...(series?.bad ?? [])]).toEqual(Array<number>(minutes).fill(PER_MINUTE[500]))
  expect([...(series?.good ?? [])]).toEqual(Array<number>(minutes).fill(PER_MINUTE[200]))
  for (const source of slo?.slo.sources ?? []) {
    const spans = await ledger.coverage([source], range)
    expect(spans).toMatchObject([{ ...range, state: 'known' }])
  }
}, 120_000)

function portOf(): number {
  const address = server.address()
  return address !== null && typeof address !== 'string' ? address.port : 0
}
