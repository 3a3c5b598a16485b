import { afterAll, describe, expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { prometheusOptions } from '../../src/collectors/prometheus/options.ts'
import { createPrometheusSource } from '../../src/collectors/prometheus/source.ts'
import { createPullCollector, type PullCollector, parseSchedule } from '../../src/collectors/pull/index.ts'
import type { ExternalQuery } from '../../src/traffic/index.ts'
import { CountLedger } from '../collectors/pull/ledger.ts'
import { createTestWorld } from '../world.ts'
import { createCounters, increasesOf } from './prometheus/estate.ts'
import { findProgram, type Server, startPrometheus, startVictoriaMetrics } from './prometheus/server.ts'

// Goal: thirty days of counters in a real server, through resets, pods that go and come, and hours in which nothing was
// scraped, are counted to the last request: by the minute, and in the sum of the counters' differences. Method: the
// data are made here, given to the server by its own tools, and read back by the collector as a back-fill.

const DAYS = 30
const END = Math.floor(Date.now() / 60_000) * 60 - 6 * 3_600
const START = END - DAYS * 86_400

const { counters, dumps } = createCounters({ from: START, to: END, seed: 7 })

const programs = {
  prometheus: findProgram('prometheus', 'NINES_PROMETHEUS'),
  promtool: findProgram('promtool', 'NINES_PROMTOOL'),
  victoria: findProgram('victoria-metrics', 'NINES_VICTORIA_METRICS'),
}
if (programs.prometheus === undefined || programs.promtool === undefined)
  console.log(
    'Prometheus is not tested: install it with promtool, or name them with NINES_PROMETHEUS and NINES_PROMTOOL',
  )
if (programs.victoria === undefined)
  console.log('VictoriaMetrics is not tested: install it, or name it with NINES_VICTORIA_METRICS')

const ask = (query: string, more: Partial<ExternalQuery> = {}): ExternalQuery => ({
  kind: 'external',
  source: 'prom',
  type: 'Prometheus',
  spec: { query },
  key: query,
  reading: { kind: 'counter' },
  ...more,
})

const TOTAL = ask('sum by (region) (http_requests_total{job="shop"})')
const BAD = ask('sum by (region) (rate(http_requests_total{job="shop", code=~"5.."}[5m]))', {
  silence: 'zero',
})

function collectorOf(url: string, chunk = '6h'): PullCollector {
  const world = createTestWorld({ start: END + 2 * 3_600, fetch })
  const details = { url, chunk, labelNames: { region: 'cloud_region' } }
  const options = prometheusOptions(details, { name: 'prom', base: '/' })
  const schedule = parseSchedule('* * * * *')
  if (options.kind === 'failed' || schedule.kind === 'failed') throw new Error('wrong options')
  return createPullCollector(world, {
    ...options.value.pull,
    name: 'prom',
    type: 'prometheus',
    input: '',
    labels: {},
    source: createPrometheusSource(world, options.value),
    questions: () => [TOTAL, BAD],
  })
}

async function fill(url: string, chunk?: string): Promise<CountLedger> {
  const ledger = new CountLedger()
  const collector = collectorOf(url, chunk)
  const report = await collector.collect(
    { from: unixSeconds(START - 60), to: unixSeconds(END + 3_600) },
    { again: false, sink: ledger },
    new AbortController().signal,
  )
  expect(report.failures).toEqual([])
  expect(report.read).toBe(report.wanted)
  return ledger
}

const counted = (ledger: CountLedger, key: string): Map<string, number> =>
  new Map(Object.entries(ledger.counts(key)).map(([cell, n]) => [cell.replace('cloud_region=', ''), n]))

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, n) => sum + n, 0)

function expectExact(ledger: CountLedger): void {
  for (const [query, code] of [
    [TOTAL, /./],
    [BAD, /^5/],
  ] as const) {
    const expected = increasesOf(counters, code)
    const found = counted(ledger, query.key)
    console.log(`${query.key}: ${sumOf(found)} counted, ${sumOf(expected)} by the counters' differences`)
    expect(sumOf(found)).toBe(sumOf(expected))
    const different = [...expected].filter(([cell, n]) => found.get(cell) !== n)
    expect(different.slice(0, 5)).toEqual([])
    expect(found.size).toBe(expected.size)
  }
}

/** While Prometheus was down nothing is known; when one pod of three was not reached, not all is. */
function expectCoverage(ledger: CountLedger): void {
  const source = `prom?${TOTAL.key}`
  const third = START + (DAYS * 86_400) / 3
  expect(ledger.state(source, third + 1_200)).toBe('missing')
  expect(ledger.state(source, third - 1_200)).toBe('known')
  expect(ledger.state(source, START + 2 * 86_400 + 600)).toBe('partial')
  const states = new Map<string, number>()
  for (const [key, { state }] of ledger.states)
    if (key.startsWith(source)) states.set(state, (states.get(state) ?? 0) + 1)
  console.log([...states].map(([state, minutes]) => `${minutes} minutes ${state}`).join(', '))
}

describe.skipIf(programs.prometheus === undefined || programs.promtool === undefined)('Prometheus', () => {
  let server: Server | undefined
  const started = async (): Promise<Server> =>
    (server ??= await startPrometheus(
      { prometheus: programs.prometheus ?? '', promtool: programs.promtool ?? '' },
      dumps,
    ))
  afterAll(async () => await server?.[Symbol.asyncDispose]())

  test('thirty days through resets and gaps sum to the difference of the counters, minute by minute', async () => {
    const ledger = await fill((await started()).url)
    expectExact(ledger)
    expectCoverage(ledger)
  })

  test('the counts do not depend on how the range is cut', async () => {
    const { url } = await started()
    const [long, short] = [await fill(url, '6h'), await fill(url, '1h')]
    expect(short.counts(TOTAL.key)).toEqual(long.counts(TOTAL.key))
    expect(short.counts(BAD.key)).toEqual(long.counts(BAD.key))
  })
})

describe.skipIf(programs.victoria === undefined)('VictoriaMetrics', () => {
  let server: Server | undefined
  afterAll(async () => await server?.[Symbol.asyncDispose]())

  test('thirty days through resets and gaps sum to the difference of the counters, minute by minute', async () => {
    server = await startVictoriaMetrics(programs.victoria ?? '', dumps)
    const ledger = await fill(server.url)
    expectExact(ledger)
    expectCoverage(ledger)
  })
})
