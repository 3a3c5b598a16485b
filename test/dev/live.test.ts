import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { labelsKey, type Range, unixSeconds } from '../../src/base/index.ts'
import { lineOf, openAccessLog } from '../../src/cli/dev/estate/access-log.ts'
import { isoOf } from '../../src/cli/dev/estate/civil-time.ts'
import { openEnvoyAdmin } from '../../src/cli/dev/estate/envoy-admin.ts'
import { createEstate } from '../../src/cli/dev/estate/estate.ts'
import { generateHistory } from '../../src/cli/dev/estate/history.ts'
import { createLiveDraw, startLiveEstate } from '../../src/cli/dev/estate/live.ts'
import { recordedAs } from '../../src/cli/dev/estate/recorded.ts'
import type { FinishedRequest } from '../../src/cli/dev/estate/request.ts'
import { judge } from '../../src/traffic/index.ts'
import { createTestWorld } from '../world.ts'

const liveFrom = unixSeconds(1_790_000_000)
const estate = createEstate({ seed: 1, liveFrom })
const draw = createLiveDraw(estate)

function drawSeconds(from: number, seconds: number): FinishedRequest[] {
  return Array.from({ length: seconds }, (_, i) => draw((from + i) * 1_000, (from + i + 1) * 1_000)).flat()
}

let scratch = ''
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nines-demo-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

describe('live traffic', () => {
  test('is the same for the same instants and seed, ends inside its stretch, and is in order', () => {
    const once = drawSeconds(liveFrom, 5)
    expect(drawSeconds(liveFrom, 5).map(lineOf)).toEqual(once.map(lineOf))
    const ends = once.map((each) => each.endedAtMs)
    expect(ends).toEqual([...ends].sort((a, b) => a - b))
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(liveFrom * 1_000)
    expect(Math.max(...ends)).toBeLessThan((liveFrom + 5) * 1_000)
  })

  test('is as much as the history would have written, in the same series with the same reasons', () => {
    const hour: Range = { from: unixSeconds(liveFrom - 3_620), to: unixSeconds(liveFrom - 20) }
    const past = new Map<string, number>()
    for (const step of generateHistory(estate, { range: hour })) {
      for (const row of step.traffic) {
        const key = `${row.source} ${labelsKey(row.labels)} ${row.outcome} ${row.reason}`
        past.set(key, (past.get(key) ?? 0) + row.count)
      }
    }
    const live = new Map<string, number>()
    for (const { series, ending } of drawSeconds(hour.from + 1_500, 600)) {
      const { labels, outcome, reason } = recordedAs(series, ending)
      const key = `${series.service.source} ${labelsKey(labels)} ${outcome} ${reason}`
      live.set(key, (live.get(key) ?? 0) + 1)
    }
    for (const [key, count] of past) {
      if (count > 2_000) expect((live.get(key) ?? 0) * 6).toBeGreaterThan(count * 0.8)
      if (count > 2_000) expect((live.get(key) ?? 0) * 6).toBeLessThan(count * 1.25)
    }
    const inBoth = [...live.keys()].filter((key) => past.has(key)).length
    expect(inBoth / live.size).toBeGreaterThan(0.85)
  })

  test('loses checkout in gcp half a minute after the start, for about a minute', () => {
    const shareBad = (from: number, seconds: number, provider: string): number => {
      const own = drawSeconds(from, seconds).filter(
        ({ series }) => series.service.name === 'checkout' && series.place.provider === provider,
      )
      return (
        own.filter(({ series, ending }) => recordedAs(series, ending).outcome === 'bad').length / own.length
      )
    }
    expect(shareBad(liveFrom, 35, 'gcp')).toBeLessThan(0.05)
    expect(shareBad(liveFrom + 35, 45, 'gcp')).toBe(1)
    expect(shareBad(liveFrom + 35, 45, 'aws')).toBeLessThan(0.05)
    expect(shareBad(liveFrom + 130, 60, 'gcp')).toBeLessThan(0.05)
  })

  test('pages within a minute: by then 14.4 times the budget of an hour is spent there', () => {
    const gcp = (request: { service_name?: string; cloud_provider?: string }): boolean =>
      request.service_name === 'checkout' && request.cloud_provider === 'gcp'
    let good = 0
    let bad = 0
    for (const step of generateHistory(estate, {
      range: { from: unixSeconds(liveFrom - 3_600), to: liveFrom },
    })) {
      for (const row of step.traffic) {
        if (!gcp(row.labels)) continue
        if (row.outcome === 'good') good += row.count
        if (row.outcome === 'bad') bad += row.count
      }
    }
    for (const { series, ending } of drawSeconds(liveFrom, 35 + 60)) {
      const { labels, outcome } = recordedAs(series, ending)
      if (!gcp(labels)) continue
      if (outcome === 'good') good++
      if (outcome === 'bad') bad++
    }
    expect(bad / (good + bad)).toBeGreaterThan(0.0144)
  })
})

describe('a line of an access log', () => {
  test('has the keys of the recommended format in the order of the alphabet, typed', () => {
    const [request] = drawSeconds(liveFrom, 1)
    if (!request) throw new Error('nobody asked for anything')
    const line: Record<string, unknown> = JSON.parse(lineOf(request))
    const keys = Object.keys(line)
    expect(keys).toEqual([...keys].sort())
    for (const key of ['authority', 'upstream_cluster', 'route_name', 'grpc_status', 'response_code_details'])
      expect(keys).toContain(key)
    expect(typeof line['duration']).toBe('number')
    expect(typeof line['response_code']).toBe('number')
    expect(line['start_time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(line['trace_id']).toMatch(/^[0-9a-f]{32}$/)
    expect(line['log_type']).toBe('DownstreamEnd')
  })

  test('is judged as the history says', () => {
    for (const request of drawSeconds(liveFrom + 20, 30)) {
      const line = JSON.parse(lineOf(request))
      const judged = judge({
        code: line.response_code,
        flags: line.response_flags,
        codeDetails: line.response_code_details,
        grpcStatus: line.grpc_status ?? undefined,
        contentType: line.content_type,
        path: line.path,
        userAgent: line.useragent,
        logType: line.log_type,
        duration: line.duration * 1_000,
      })
      const { outcome, reason } = recordedAs(request.series, request.ending)
      expect([judged.outcome, judged.reason]).toEqual([outcome, reason])
      expect(Date.parse(line.start_time) + line.duration).toBe(Math.floor(request.endedAtMs))
    }
  })

  test('dates are those of the calendar', () => {
    for (const ms of [
      0, 951_782_399_999, 951_782_400_000, 1_709_164_800_000, 1_790_000_000_123, 4_102_444_800_000,
    ])
      expect(isoOf(ms)).toBe(new Date(ms).toISOString())
  })
})

describe('a log', () => {
  test('is set aside when it is full, and old ones go', async () => {
    const dir = join(scratch, 'rotation')
    const log = await openAccessLog(dir, { fileBytes: 25, filesKept: 2 })
    for (let i = 0; i < 12; i++) await log.write([`line ${i}`])
    await log.close()
    const names = (await readdir(dir)).sort()
    expect(names).toHaveLength(3)
    expect(names).toContain('access.json')
    const text = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')))
    expect(text.join('')).toMatch(/line 11\n/)
    expect(text.every((each) => each.endsWith('\n'))).toBe(true)
  })

  test('of an earlier run is set aside, with the line it could not finish', async () => {
    const dir = join(scratch, 'restart')
    const first = await openAccessLog(dir)
    await first.write(['whole'])
    await first.close()
    const second = await openAccessLog(dir)
    await second.write(['new'])
    await second.close()
    expect(await readFile(join(dir, 'access.json'), 'utf8')).toBe('new\n')
    expect(await readFile(join(dir, 'access-1.json'), 'utf8')).toBe('whole\n')
  })
})

describe('the emulated Envoy', () => {
  test('answers /stats with exact histograms, as text and as JSON', async () => {
    const world = createTestWorld({ start: liveFrom })
    const opened = await openEnvoyAdmin(world, { cluster: 'accounts', port: 0 })
    if (opened.kind === 'failed') throw new Error(opened.error.message)
    const admin = opened.value
    const requests = drawSeconds(liveFrom - 60, 60).filter(({ series }) => series.service.name === 'accounts')
    for (const request of requests) admin.stats.add(request)
    await world.advance(5_000)
    const ask = async (path: string): Promise<string> =>
      (await fetch(`http://${admin.address}${path}`)).text()
    const name = 'cluster.accounts.upstream_rq_time'
    const text = await ask('/stats?usedonly&histogram_buckets=detailed&filter=^cluster')
    const totals = /totals=(.*)\n/.exec(text)?.[1]?.split(', ') ?? []
    expect(text).toContain(`${name}:\n  totals=`)
    expect(totals.every((bin) => /^[\d.]+,[\d.]+:\d+$/.test(bin))).toBe(true)
    const served = requests.filter(({ ending }) => ending.takes !== 'timeout').length
    expect(totals.reduce((sum, bin) => sum + Number(bin.split(':')[1]), 0)).toBe(served)
    expect(text).toContain(`cluster.accounts.upstream_rq_total: ${requests.length}\n`)
    expect(text).not.toContain('upstream_rq_maintenance_mode')
    const json = JSON.parse(await ask('/stats?format=json&histogram_buckets=detailed'))
    expect(json.stats.at(-1).histograms.details[0].name).toBe(name)
    expect(json.stats.at(-1).histograms.details[0].totals).toHaveLength(totals.length)
    expect(JSON.parse(await ask('/server_info'))).toMatchObject({ state: 'LIVE', uptime_current_epoch: '5s' })
    expect(await ask('/ready')).toBe('LIVE\n')
    expect(await ask('/stats?filter=(')).toContain('Invalid re2 regex')
    await admin.close()
  })

  test('says what to do when its port is taken', async () => {
    const world = createTestWorld({ start: liveFrom })
    const first = await openEnvoyAdmin(world, { cluster: 'accounts', port: 0 })
    if (first.kind === 'failed') throw new Error(first.error.message)
    const port = Number(first.value.address.split(':')[1])
    const second = await startLiveEstate(world, {
      estate,
      dir: scratch,
      adminPort: port,
      signal: new AbortController().signal,
    })
    expect(second.kind).toBe('failed')
    if (second.kind === 'failed') expect(second.error.message).toContain(`127.0.0.1:${port}`)
    await first.value.close()
  })
})

test('says what to do when its logs cannot be written', async () => {
  const file = join(scratch, 'a-file')
  await writeFile(file, '')
  const started = await startLiveEstate(createTestWorld({ start: liveFrom }), {
    estate,
    dir: file,
    adminPort: 0,
    signal: new AbortController().signal,
  })
  expect(started).toMatchObject({
    kind: 'failed',
    error: { remedy: 'Choose a directory that can be written.' },
  })
})

test('the live estate writes every cloud, second by second, and skips what it slept through', async () => {
  const world = createTestWorld({ start: liveFrom })
  const started = await startLiveEstate(world, {
    estate,
    dir: join(scratch, 'live'),
    adminPort: 0,
    signal: new AbortController().signal,
  })
  if (started.kind === 'failed') throw new Error(started.error.message)
  const { sources, stop } = started.value
  const file = (i: number): string => sources.logs[i]?.files.replace('*.json', 'access.json') ?? ''
  const lines = async (i: number): Promise<string[]> =>
    (await readFile(file(i), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  const settled = async (i: number): Promise<number> => {
    let before = -1
    for (let turns = 0; turns < 50; turns++) {
      const size = await stat(file(i)).then(
        (found) => found.size,
        () => 0,
      )
      if (size > 0 && size === before) break
      before = size
      await world.advance(0)
    }
    return (await lines(i)).length
  }
  for (let second = 0; second < 8; second++) {
    await world.advance(1_000)
    await settled(0)
  }
  expect(sources.logs.map(({ place }) => place.provider)).toEqual(['aws', 'aws', 'gcp', 'azure'])
  for (const i of [0, 1, 2, 3]) expect(await settled(i)).toBeGreaterThan(0)
  const before = await settled(0)
  world.setWall(unixSeconds(liveFrom + 7_200))
  await world.advance(1_000)
  await settled(0)
  const after = await settled(0)
  // An hour or two asleep would be tens of thousands of lines.
  expect(after - before).toBeLessThan(400)
  await stop()
  const last = await settled(0)
  await world.advance(5_000)
  expect(await settled(0)).toBe(last)
  await expect(fetch(`http://${sources.admin}/ready`)).rejects.toThrow()
})
