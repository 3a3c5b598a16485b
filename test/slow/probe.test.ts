import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { minuteOf, unixSeconds } from '../../src/base/index.ts'
import { SOURCE_KINDS } from '../../src/collectors/index.ts'
import { distancesOf } from '../../src/service/distances.ts'
import { openLedger } from '../../src/store/index.ts'
import { serveHttp } from '../collectors/probe/servers.ts'
import { createTestWorld } from '../world.ts'

const START = minuteOf(Date.now() / 1_000 - 3_600)

test('the ledger tells how far it is to what was probed, phase by phase, and the requests apart from that', async () => {
  await using server = await serveHttp((_request, response) => response.end('ok'))
  const world = createTestWorld({ start: START })
  // A probe looks at the clock when it begins, is connected, is answered and is done.
  const steps = [0, 2, 60, 3]
  let looks = 0
  let ms = 0
  const monotonicMs = (): number => (ms += steps[looks++ % steps.length] ?? 0)
  const measuring = { ...world, clock: { ...world.clock, monotonicMs } }
  const path = mkdtempSync(join(tmpdir(), 'nines-probe-'))
  const ledger = await openLedger(world, {
    kind: 'embedded',
    path,
    retention: { traffic: 400, exemplars: 30 },
  })
  try {
    const opened = SOURCE_KINDS.get('Probe')?.open(measuring, {
      name: 'edge-probe',
      labels: {},
      details: {
        from: 'gcp/asia-northeast1',
        interval: '10s',
        timeout: '5s',
        targets: [
          {
            url: `http://127.0.0.1:${server.port}/pay`,
            service: 'payments',
            labels: { cloud_provider: 'aws', cloud_region: 'ap-northeast-1' },
          },
        ],
      },
      base: '/',
      run: 'run-1',
      input: '',
      questions: () => [],
    })
    if (opened?.kind !== 'ok') throw new Error('the probe does not open')
    const stopping = new AbortController()
    const running = opened.value.run(ledger, stopping.signal)
    const end = performance.now() + 30_000
    for (let events = 1; events <= 12; events++) {
      await world.advance(10_000)
      while (opened.value.status().events < events && performance.now() < end)
        await new Promise((next) => setImmediate(next))
    }
    stopping.abort()
    await running
    const range = { from: START, to: unixSeconds(START + 600) }
    const { legs } = await distancesOf(ledger, { sources: ['edge-probe'], range })
    const way = {
      source: 'edge-probe',
      from: 'gcp/asia-northeast1',
      to: 'aws/ap-northeast-1',
      service: 'payments',
    }
    // Of the layout's bins, two digits wide, the upper edge.
    expect(legs).toEqual([
      { ...way, phase: 'connect', probes: 12, p50Ms: 2.1, p90Ms: 2.1, p99Ms: 2.1 },
      { ...way, phase: 'first-byte', probes: 12, p50Ms: 61, p90Ms: 61, p99Ms: 61 },
      { ...way, phase: 'transfer', probes: 12, p50Ms: 3.1, p90Ms: 3.1, p99Ms: 3.1 },
    ])
    const match = { text: '{}', matches: () => true }
    const all = { kind: 'requests', source: 'edge-probe', match, outcome: 'all' } as const
    const query = {
      id: 'probes',
      numerator: { counts: 'good', query: { ...all, outcome: 'good' } },
      total: all,
      splitBy: [],
    } as const
    const [requests] = await ledger.breakdown(query, { range, by: ['service_name', 'operation'], limit: 10 })
    expect(requests).toEqual({
      labels: { service_name: 'payments', operation: 'GET /pay' },
      good: 12,
      bad: 0,
    })
  } finally {
    await ledger[Symbol.asyncDispose]()
    rmSync(path, { recursive: true, force: true })
  }
})
