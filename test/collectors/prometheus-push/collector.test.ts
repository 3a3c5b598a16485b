import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import snappy from 'snappyjs'
import { afterAll, expect, test } from 'vitest'
import { type CollectorStatus, SOURCE_KINDS } from '../../../src/collectors/index.ts'
import { remoteWriteOptions } from '../../../src/collectors/prometheus-push/options.ts'
import type { CoverageSpan, ExternalQuery } from '../../../src/traffic/index.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'
import { TestLedger } from '../log/ledger.ts'
import { encodeFirst, encodeSecond, type Series } from './messages.ts'
import { SECOND_HEADERS } from './rig.ts'

const START = 1_790_000_040
const directory = mkdtempSync(join(tmpdir(), 'nines-remote-write-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const question = (query: string): ExternalQuery => ({
  kind: 'external',
  source: 'prom',
  // What a metric without a type has: the DataSource's.
  type: query.startsWith('other') ? 'PrometheusRemoteWrite' : 'Prometheus',
  spec: { query },
  key: query,
  reading: { kind: 'counter' },
})

interface Running {
  readonly url: string
  readonly status: () => CollectorStatus
  /** Posts, and lets time pass until it is answered. */
  readonly post: (series: readonly Series[], headers?: Readonly<Record<string, string>>) => Promise<number>
  readonly stop: () => Promise<void>
}

let runs = 0

async function start(
  world: TestWorld,
  ledger: TestLedger,
  options: { details?: Record<string, unknown>; asked?: readonly string[] } = {},
): Promise<Running> {
  const { details = {}, asked = [] } = options
  const opened = SOURCE_KINDS.get('PrometheusRemoteWrite')?.open(world, {
    name: 'prom',
    input: '',
    labels: { cloud_provider: 'aws' },
    details: { listen: '127.0.0.1:0/write', preset: 'go-http', lag: '10s', ...details },
    base: directory,
    run: `run-${++runs}`,
    questions: () => asked.map(question),
  })
  if (opened?.kind !== 'ok') throw new Error(JSON.stringify(opened))
  const collector = opened.value
  const stopping = new AbortController()
  const ended = collector.run(ledger, stopping.signal)
  const address = (): string => collector.status().targets[0]?.name ?? ''
  for (let i = 0; i < 1_000 && collector.status().state === 'starting'; i++) await world.advance(0)
  return {
    url: `http://${address()}/write`,
    status: () => collector.status(),
    post: async (series, headers = SECOND_HEADERS) => {
      const second = headers['content-type']?.includes('v2') === true
      const body = snappy.compress(second ? encodeSecond(series) : encodeFirst(series))
      let status = 0
      const answered = fetch(`http://${address()}/write`, {
        method: 'POST',
        body: Buffer.from(body),
        headers,
      })
      void answered.then((response) => {
        status = response.status
      })
      for (let i = 0; i < 2_000 && status === 0; i++) {
        await new Promise((resolve) => setImmediate(resolve))
        if (i % 20 === 19) await world.advance(50)
      }
      await answered
      return status
    },
    stop: async () => {
      stopping.abort()
      await world.advance(1_000)
      await ended
    },
  }
}

function at(world: TestWorld, counts: Readonly<Record<string, number>>, up = 1): readonly Series[] {
  const timestamp = Math.floor(world.clock.nowMs())
  const target = { job: 'shop', instance: 'a:80' }
  return [
    ...Object.entries(counts).map(([code, value]) => ({
      labels: { __name__: 'http_requests_total', code, ...target },
      samples: [{ timestamp, value }],
    })),
    { labels: { __name__: 'up', ...target }, samples: [{ timestamp, value: up }] },
  ]
}

const counted = (ledger: TestLedger): Record<string, number> => ledger.totals(({ reason }) => reason)

/** What was said last of each minute. */
function coverageOf(ledger: TestLedger, source: string): Record<string, string> {
  const said: Record<string, string> = {}
  const spans: readonly CoverageSpan[] = ledger.steps.flatMap(({ coverage = [] }) => coverage)
  for (const { from, to, state, reason } of spans.filter((span) => span.source === source))
    for (let minute: number = from; minute < to; minute += 60)
      said[(minute - START) / 60] = `${state} ${reason}`.trim()
  return said
}

test('what is written is counted, over a restart, and a request that comes again counts once', async () => {
  const world = createTestWorld({ start: START })
  const ledger = new TestLedger()
  const first = await start(world, ledger)
  expect(await first.post(at(world, { '200': 100 }))).toBe(204)
  await world.advance(15_000)
  const repeated = at(world, { '200': 110, '500': 2 })
  expect([await first.post(repeated), await first.post(repeated)]).toEqual([204, 204])
  expect(counted(ledger)).toEqual({ '2xx': 10, 'http-500': 2 })
  expect(first.status()).toMatchObject({ state: 'reading', type: 'prometheus-remote-write', rejected: 0 })
  await first.stop()
  const second = await start(world, ledger)
  await world.advance(15_000)
  expect([await second.post(repeated), await second.post(at(world, { '200': 115, '500': 2 }))]).toEqual([
    204, 204,
  ])
  expect(counted(ledger)).toEqual({ '2xx': 15, 'http-500': 2 })
  await second.stop()
})

test('a minute is known as far as samples of the chosen series came', async () => {
  const world = createTestWorld({ start: START })
  const ledger = new TestLedger()
  const asked = ['http_requests_total', 'other_total', 'max(a_total)']
  const running = await start(world, ledger, { asked })
  const idle = (value: number): readonly Series[] => [
    { labels: { __name__: 'x' }, samples: [{ timestamp: START * 1000, value }] },
  ]
  for (let step = 0; step < 24; step++) {
    const quiet = step >= 12 && step < 20
    const up = step === 6 ? 0 : 1
    await running.post(quiet ? idle(step) : at(world, { '200': step }, up))
    await world.advance(30_000)
  }
  const own = coverageOf(ledger, 'prom')
  expect([own['1'], own['3']]).toEqual(['known', 'partial a:80 of shop could not be scraped'])
  // Samples came again within five minutes: what lies between was told by them, late.
  expect(own['7']).toBe('known')
  expect(coverageOf(ledger, 'prom?http_requests_total')['3']).toBe('known')
  expect(coverageOf(ledger, 'prom?other_total')['3']).toBe('missing no samples')
  expect(coverageOf(ledger, 'prom?max(a_total)')['3']).toMatch(/^missing only a Prometheus can/)
  expect(running.status().problem?.text).toMatch(/^only a Prometheus can compute/)
  await running.stop()
})

test('a port that is taken is said, and tried again', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const world = createTestWorld({ start: START })
  const running = await start(world, new TestLedger(), { details: { listen: `127.0.0.1:${port}/write` } })
  expect(running.status()).toMatchObject({
    state: 'failing',
    problem: { text: expect.stringContaining('EADDRINUSE') },
  })
  await new Promise((resolve) => other.close(resolve))
  for (let i = 0; i < 100 && running.status().state === 'failing'; i++) await world.advance(1_000)
  expect(running.status()).toMatchObject({ state: 'waiting', problem: undefined })
  await running.stop()
})

test('a token is asked for when there is one', async () => {
  writeFileSync(join(directory, 'token'), 'secret\n')
  const world = createTestWorld({ start: START })
  const running = await start(world, new TestLedger(), { details: { tokenFile: 'token' } })
  const post = (authorization: string): Promise<number> =>
    running.post(at(world, { '200': 1 }), { ...SECOND_HEADERS, authorization })
  expect(await running.post(at(world, { '200': 1 }))).toBe(401)
  expect([await post('Bearer wrong'), await post('Bearer secret')]).toEqual([401, 204])
  writeFileSync(join(directory, 'token'), 'other')
  await world.advance(6_000)
  expect([await post('Bearer secret'), await post('Bearer other')]).toEqual([401, 204])
  await running.stop()
})

test('all that is wrong with the options is said at once', () => {
  const faults = (details: Record<string, unknown>): readonly string[] => {
    const checked = remoteWriteOptions(details)
    return checked.kind === 'ok' ? [] : checked.error.map(({ path }) => path).sort()
  }
  expect(faults({})).toEqual([])
  expect(faults({ listen: '0.0.0.0:9091/api/v1/write' })).toEqual(['listen'])
  expect(faults({ listen: '0.0.0.0:9091', open: true })).toEqual([])
  expect(faults({ listen: '0.0.0.0:9091', tokenFile: '/t' })).toEqual([])
  expect(
    faults({
      listen: 'nowhere',
      open: 'yes',
      counters: [{ selector: 'a{b=~"("}', durations: { unit: 'h' } }, 'x'],
      histograms: { selector: 'a' },
      outcomes: { 'http-429': 'awful' },
      lookback: '9x',
      colour: 'red',
    }),
  ).toEqual([
    'colour',
    'counters[0].durations.selector',
    'counters[0].durations.unit',
    'counters[0].selector',
    'counters[1]',
    'counters[1].selector',
    'histograms',
    'listen',
    'lookback',
    'open',
    'outcomes.http-429',
  ])
})
