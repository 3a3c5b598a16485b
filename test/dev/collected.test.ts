import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labelsKey, unixSeconds } from '../../src/base/index.ts'
import { lineOf, openAccessLog } from '../../src/cli/dev/estate/access-log.ts'
import { openEnvoyAdmin } from '../../src/cli/dev/estate/envoy-admin.ts'
import { createEstate } from '../../src/cli/dev/estate/estate.ts'
import { createLiveDraw } from '../../src/cli/dev/estate/live.ts'
import { recordedAs } from '../../src/cli/dev/estate/recorded.ts'
import type { FinishedRequest } from '../../src/cli/dev/estate/request.ts'
import { LOG_PLACES } from '../../src/cli/dev/estate/shop.ts'
import {
  createEnvoyStatsCollector,
  envoyStatsOptions,
  ingestFiles,
  logSourceOptions,
  type Sink,
} from '../../src/collectors/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import type { LedgerStep, TrafficRow } from '../../src/traffic/index.ts'
import { createTestWorld } from '../world.ts'

// History and live traffic must be the same series: here the real collectors read what the live estate writes, with
// the options that slo-definitions give them, and must make of it what the history would have written.

const liveFrom = unixSeconds(1_790_000_000)
const estate = createEstate({ seed: 1, liveFrom })
const draw = createLiveDraw(estate)
const directory = resolve(import.meta.dirname, '../../slo-definitions')
const file = 'datasources.yaml'
const { sources } = loadDefinitions([{ file, text: readFileSync(join(directory, file), 'utf8') }])

function connectionOf(name: string): Readonly<Record<string, unknown>> {
  return sources.find((source) => source.name === name)?.connectionDetails ?? {}
}

/** Keeps the highest revision of each cell, as the ledger does. */
function createMemory(): { readonly sink: Sink; readonly rows: () => readonly TrafficRow[] } {
  const cells = new Map<string, { readonly revision: number; readonly row: TrafficRow }>()
  const checkpoints = new Map<string, string>()
  return {
    sink: {
      checkpoint: (key) => Promise.resolve(checkpoints.get(key)),
      write: ({ writer, revision, traffic, checkpoints: marks = [] }: LedgerStep) => {
        for (const row of traffic) {
          const key = [writer, labelsKey(row.labels), row.minute, row.outcome, row.reason].join(' ')
          if ((cells.get(key)?.revision ?? -1) <= revision) cells.set(key, { revision, row })
        }
        for (const { key, value } of marks) checkpoints.set(key, value)
        return Promise.resolve()
      },
    },
    rows: () => [...cells.values()].map(({ row }) => row),
  }
}

const keyOf = (labels: Readonly<Record<string, string>>, outcome: string, reason: string): string =>
  `${labelsKey(labels)} ${outcome} ${reason}`

function countedBy(rows: readonly TrafficRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { labels, outcome, reason, count } of rows) {
    const key = keyOf(labels, outcome, reason)
    if (count > 0) counts.set(key, (counts.get(key) ?? 0) + count)
  }
  return counts
}

function meant(requests: readonly FinishedRequest[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { series, ending } of requests) {
    const { labels, outcome, reason } = recordedAs(series, ending)
    const key = keyOf(labels, outcome, reason)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

let scratch = ''
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nines-demo-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

test('the log collector counts every line of every cloud as the history would have, to the last millisecond', async () => {
  const requests = draw((liveFrom + 20) * 1_000, (liveFrom + 80) * 1_000).concat(
    // While clients give up early and probers come in a flood, 12 and 3 days before.
    estate
      .faultsIn({ from: unixSeconds(liveFrom - 13 * 86_400), to: liveFrom })
      .filter((fault) => fault.effect.kind === 'burst')
      .flatMap(({ range }) => draw((range.from + 60) * 1_000, (range.from + 80) * 1_000)),
  )
  const inputs = connectionOf('edge')['inputs']
  if (!Array.isArray(inputs)) throw new Error('edge has no inputs')
  for (const [i, place] of LOG_PLACES.entries()) {
    const own = requests.filter(({ series }) => series.place === place && series.service.source === 'edge')
    const { name, files: _files, ...details } = inputs[i]
    const dir = join(scratch, name)
    await mkdir(dir)
    const log = await openAccessLog(dir)
    await log.write(own.map(lineOf))
    await log.close()
    const options = logSourceOptions({ ...details, files: [join(dir, '*.json')] })
    if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
    const memory = createMemory()
    const world = createTestWorld({ start: liveFrom + 100 })
    const report = await ingestFiles(world, { name: 'edge', options: options.value, sink: memory.sink })
    expect(readdirSync(dir)).toEqual(['access.json'])
    expect(report.rejected).toEqual({})
    expect(own.length).toBeGreaterThan(50)
    expect(countedBy(memory.rows())).toEqual(meant(own))
    const timed = memory.rows().flatMap(({ latency }) => latency?.counts ?? [])
    expect(timed.reduce((sum, count) => sum + count, 0)).toBe(own.length)
    for (const { minute } of memory.rows()) {
      expect(own.some(({ endedAtMs }) => Math.floor(endedAtMs / 60_000) * 60 === minute)).toBe(true)
    }
  }
})

test('the stats collector counts what the rack answered as the history would have', async () => {
  const world = createTestWorld({ start: liveFrom, fetch })
  const opened = await openEnvoyAdmin(world, { cluster: 'accounts', port: 0 })
  if (opened.kind === 'failed') throw new Error(opened.error.message)
  const { stats, address, close } = opened.value
  const targets = connectionOf('rack-envoy')['targets']
  const target = Array.isArray(targets) ? targets[0] : undefined
  const options = envoyStatsOptions({ ...connectionOf('rack-envoy'), targets: [{ ...target, address }] })
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  const memory = createMemory()
  const stopping = new AbortController()
  const collector = createEnvoyStatsCollector(world, {
    name: 'rack-envoy',
    run: 'test',
    options: options.value,
  })
  const running = collector.run(memory.sink, stopping.signal)
  // Each second of the test's clock, the network gets the time of one real answer.
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      await world.advance(1_000)
      await (await fetch(`http://${address}/ready`)).text()
      await world.advance(0)
    }
  }
  await pass(6)
  const requests = Array.from({ length: 1_200 }, (_, second) =>
    draw((liveFrom - 7_200 + second) * 1_000, (liveFrom - 7_199 + second) * 1_000),
  )
    .flat()
    .filter(({ series }) => series.service.source === 'rack-envoy')
  expect(requests.some(({ ending }) => ending.takes === 'timeout')).toBe(true)
  for (const request of requests) stats.add(request)
  await pass(20)
  stopping.abort()
  await running
  await close()
  expect(countedBy(memory.rows())).toEqual(meant(requests))
  const timed = memory.rows().flatMap(({ latency }) => latency?.counts ?? [])
  const served = requests.filter(({ ending }) => ending.takes !== 'timeout').length
  expect(timed.reduce((sum, count) => sum + count, 0)).toBe(served)
})
