import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type IngestProgress,
  ingestFiles,
  type LogOptions,
  logSourceOptions,
} from '../../../src/collectors/index.ts'
import { createRandom, createTestWorld } from '../../world.ts'
import { TestLedger } from './ledger.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nines-ingest-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function optionsOf(details: Record<string, unknown> = {}): LogOptions {
  const options = logSourceOptions({
    files: [`${directory}/*`],
    format: 'envoy-json',
    service: { from: 'authority' },
    labels: { cloud_provider: 'aws' },
    ...details,
  })
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  return options.value
}

/** Lines over three minutes; the same every time. */
function lines(count: number, seed = 1): string[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const second = Math.floor((i / count) * 180)
    const start = new Date(Date.UTC(2026, 2, 14, 10, 0, second)).toISOString()
    const code = random() < 0.1 ? 503 : 200
    const authority = ['cart', 'pay', 'search'][Math.floor(random() * 3)]
    return JSON.stringify({
      start_time: start,
      response_code: code,
      response_flags: '-',
      duration: Math.floor(random() * 900),
      path: `/v1/items/${i}`,
      authority,
      'x-request-id': `${seed}-${i}`,
    })
  })
}

const file = (name: string): string => join(directory, name)
const write = (name: string, content: readonly string[]): void =>
  writeFileSync(file(name), `${content.join('\n')}\n`)
const ingest = (sink: TestLedger, details: Record<string, unknown> = {}, again = false) =>
  ingestFiles(createTestWorld(), { name: 'edge', options: optionsOf(details), sink, again })
/** What a ledger says after one undisturbed count of these lines in one file. */
async function truth(content: readonly string[]): Promise<Record<string, string>> {
  const other = mkdtempSync(join(tmpdir(), 'nines-truth-'))
  writeFileSync(join(other, 'log'), `${content.join('\n')}\n`)
  const ledger = new TestLedger()
  await ingest(ledger, { files: [join(other, 'log')] })
  rmSync(other, { recursive: true })
  return ledger.numbers()
}

describe('ingesting', () => {
  test('counts every line by service, minute, outcome and reason', async () => {
    const content = lines(600)
    write('a.log', content)
    const ledger = new TestLedger()
    const report = await ingest(ledger)
    expect(report).toMatchObject({ lines: 600, interrupted: false, rejected: {}, overflowed: 0 })
    const expected: Record<string, number> = {}
    for (const line of content) {
      const { authority, response_code, start_time, duration } = JSON.parse(line)
      const minute = Math.floor((Date.parse(start_time) + duration) / 60_000) * 60
      const key = `${authority} ${minute} ${response_code === 200 ? 'good 2xx' : 'bad http-503'}`
      expected[key] = (expected[key] ?? 0) + 1
    }
    const got = ledger.totals(
      (row) => `${row.labels['service_name']} ${row.minute} ${row.outcome} ${row.reason}`,
    )
    expect(got).toEqual(expected)
    expect(ledger.steps[0]?.traffic[0]?.labels).toEqual({
      cloud_provider: 'aws',
      operation: '/v1/items/{id}',
      service_name: expect.any(String),
    })
  })

  test('says what is known: from the first event to the last', async () => {
    write('a.log', lines(600))
    const ledger = new TestLedger()
    await ingest(ledger, { chunkBytes: 20_000 })
    const spans = ledger.steps.flatMap((step) => step.coverage ?? [])
    expect(spans.length).toBeGreaterThan(2)
    expect(spans.every(({ state }) => state === 'known')).toBe(true)
    expect(Math.min(...spans.map(({ from }) => from))).toBe(Date.UTC(2026, 2, 14, 10) / 1000)
    expect(Math.max(...spans.map(({ to }) => to))).toBe(Date.UTC(2026, 2, 14, 10, 3) / 1000)
  })

  test('keeps a few bad and slow requests with their ids, fifty a step at most', async () => {
    write('a.log', lines(2_000))
    const ledger = new TestLedger()
    await ingest(ledger)
    const exemplars = ledger.steps.flatMap((step) => step.exemplars ?? [])
    expect(exemplars.length).toBeLessThanOrEqual(50)
    expect(exemplars.filter(({ outcome }) => outcome === 'bad').length).toBeGreaterThan(10)
    const slow = exemplars.filter(({ outcome }) => outcome === 'good')
    expect(Math.min(...slow.map(({ duration }) => duration ?? 0))).toBeGreaterThan(880_000)
    expect(exemplars.every(({ requestId }) => requestId?.startsWith('1-'))).toBe(true)
  })

  test('rejects what it cannot read, with line numbers, and goes on', async () => {
    const content = lines(10)
    content.splice(2, 0, 'garbage', '', '{"response_code":200}')
    content.splice(8, 0, `{"x":"${'y'.repeat(1_100_000)}"}`, `{"x":"${'y'.repeat(5_000_000)}"}`)
    write('a.log', content)
    const report = await ingest(new TestLedger())
    expect(report.counted.good + report.counted.bad).toBe(10)
    expect(report.rejected).toEqual({ 'not-json': 1, 'no-time': 1, 'line-too-long': 2 })
    expect(report.firstRejected.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '3 not-json',
      '5 no-time',
      '9 line-too-long',
      '10 line-too-long',
    ])
  })

  test('reads CRLF, a byte order mark, bytes that are no UTF-8, and a last line without its end', async () => {
    const content = lines(5)
    const bad = Buffer.from(`${content[0]?.replace('/v1/items/0', '/v1/\u0001')}\r\n`, 'latin1')
    bad[bad.indexOf(1)] = 0xff
    writeFileSync(
      file('a.log'),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bad, Buffer.from(content.slice(1).join('\r\n'))]),
    )
    expect(await ingest(new TestLedger())).toMatchObject({ lines: 5, rejected: {} })
  })

  test('tells how far it is', async () => {
    write('a.log', lines(500))
    write('b.log', lines(500, 2))
    const seen: IngestProgress[] = []
    const options = { name: 'edge', options: optionsOf(), sink: new TestLedger() }
    await ingestFiles(createTestWorld(), { ...options, onProgress: (progress) => seen.push(progress) })
    expect(seen.at(-1)).toMatchObject({ lines: 1000, bytes: seen[0]?.totalBytes })
    expect(seen.map(({ bytes }) => bytes)).toEqual(seen.map(({ bytes }) => bytes).toSorted((a, b) => a - b))
  })

  test('a file that cannot be read does not stop the others', async () => {
    write('a.log', lines(5))
    writeFileSync(file('b.gz'), gzipSync(`${lines(500, 2).join('\n')}\n`).subarray(0, 1000))
    const options = { name: 'edge', options: optionsOf(), sink: new TestLedger() }
    const files = [file('none.log'), file('a.log'), file('b.gz')]
    const report = await ingestFiles(createTestWorld(), { ...options, files })
    const states = Object.fromEntries(report.files.map(({ path, state }) => [path, state]))
    expect(states).toEqual({
      [file('none.log')]: 'failed',
      [file('a.log')]: 'counted',
      [file('b.gz')]: 'failed',
    })
    expect(report.files.find(({ path }) => path.endsWith('.gz'))?.problem).toContain('cut off')
  })
})

describe('ingesting again', () => {
  test('changes nothing', async () => {
    write('a.log', lines(600))
    const ledger = new TestLedger()
    await ingest(ledger)
    const [before, steps] = [ledger.numbers(), ledger.steps.length]
    const report = await ingest(ledger)
    expect(report.files).toEqual([{ path: file('a.log'), state: 'already-counted', problem: '' }])
    expect([ledger.numbers(), ledger.steps.length]).toEqual([before, steps])
  })

  test('on purpose gives the same numbers, with other options too', async () => {
    write('a.log', lines(600))
    const ledger = new TestLedger()
    await ingest(ledger, { chunkBytes: 10_000 })
    const before = ledger.numbers()
    await ingest(ledger, { chunkBytes: 10_000 }, true)
    expect(ledger.numbers()).toEqual(before)
    await ingest(ledger, { service: 'all', chunkBytes: 77 }, true)
    expect(ledger.totals((row) => row.labels['service_name'] ?? '')).toEqual({ all: 600 })
    await ingest(ledger, {}, true)
    expect(ledger.numbers()).toEqual(before)
  })

  test('knows a file by its contents: renamed, copied or packed it is the same', async () => {
    write('a.log', lines(600))
    const ledger = new TestLedger()
    await ingest(ledger)
    const before = ledger.numbers()
    copyFileSync(file('a.log'), file('copy.log'))
    renameSync(file('a.log'), file('a.log.1'))
    writeFileSync(file('a.log.2.gz'), gzipSync(`${lines(600).join('\n')}\n`))
    const report = await ingest(ledger)
    expect(report.files.map(({ state }) => state)).toEqual([
      'already-counted',
      'already-counted',
      'already-counted',
    ])
    expect(ledger.numbers()).toEqual(before)
  })

  test('tells files apart that begin with the same line', async () => {
    const [a, b] = [lines(300, 1), lines(300, 2)]
    write('a.log', ['{"begun":1}', ...a])
    write('b.log', ['{"begun":1}', ...b])
    const ledger = new TestLedger()
    await ingest(ledger)
    expect(ledger.numbers()).toEqual(await truth([...a, ...b]))
  })

  test('counts what a file has gained, even the rest of a line', async () => {
    const content = lines(600)
    const whole = `${content.join('\n')}\n`
    const ledger = new TestLedger()
    for (const end of [40, 500, 1_000, 30_000, 30_010, whole.length]) {
      writeFileSync(file('a.log'), whole.slice(0, end))
      await ingest(ledger, { chunkBytes: 9_000 })
    }
    // The first look saw no whole line, so it could not know what file it was: that piece was rejected, not counted.
    expect(ledger.numbers()).toEqual(await truth(content))
  })

  test('a packed file counts as an unpacked one', async () => {
    const content = lines(600)
    writeFileSync(file('a.gz'), gzipSync(`${content.join('\n')}\n`))
    const ledger = new TestLedger()
    await ingest(ledger, { chunkBytes: 9_000 })
    expect(ledger.numbers()).toEqual(await truth(content))
    expect((await ingest(ledger)).files[0]?.state).toBe('already-counted')
  })

  test.each([1, 100, 5_000, 1_000_000])(
    'gives the same numbers with chunks of %d bytes',
    async (chunkBytes) => {
      const content = lines(200)
      write('a.log', content)
      const ledger = new TestLedger()
      await ingest(ledger, { chunkBytes })
      expect(ledger.numbers()).toEqual(await truth(content))
    },
  )

  test('goes on where it was stopped, wherever that was', async () => {
    const content = lines(400)
    write('a.log', content)
    const expected = await truth(content)
    const ledger = new TestLedger()
    for (let stops = 0; ; stops++) {
      // The ledger takes three steps, then is gone, as if the process had been killed.
      const crash = new Error('killed')
      let left = 3
      const sink = {
        checkpoint: ledger.checkpoint,
        write: async (step: Parameters<TestLedger['write']>[0]) => {
          if (left-- <= 0) throw crash
          await ledger.write(step)
        },
      }
      const report = await ingestFiles(createTestWorld(), {
        name: 'edge',
        options: optionsOf({ chunkBytes: 3_000 }),
        sink,
      })
      if (report.files[0]?.state === 'counted') {
        expect(stops).toBeGreaterThan(4)
        break
      }
    }
    expect(ledger.numbers()).toEqual(expected)
  })

  test('stops when it is told to, and goes on later', async () => {
    write('a.log', lines(600))
    const ledger = new TestLedger()
    const stop = new AbortController()
    stop.abort()
    const options = { name: 'edge', options: optionsOf(), sink: ledger }
    expect((await ingestFiles(createTestWorld(), { ...options, signal: stop.signal })).interrupted).toBe(true)
    await ingestFiles(createTestWorld(), options)
    expect(ledger.numbers()).toEqual(await truth(lines(600)))
  })
})

describe('the service', () => {
  const line = (more: Record<string, unknown>) =>
    JSON.stringify({ start_time: '2026-03-14T10:00:00Z', response_code: 200, path: '/', ...more })
  const services = async (content: readonly string[], details: Record<string, unknown>) => {
    write('a.log', content)
    const ledger = new TestLedger()
    await ingest(ledger, details)
    return ledger.totals((row) => `${row.labels['service_name']} ${row.labels['operation']}`)
  }

  test('from the authority, by a map', async () => {
    const content = [line({ authority: 'Shop.example.com:443' }), line({ authority: 'x' }), line({})]
    expect(await services(content, {})).toEqual({ 'shop.example.com /': 1, 'unknown_service /': 1, 'x /': 1 })
    const service = { from: 'authority', map: { 'shop.example.com': 'shop' }, otherwise: 'others' }
    expect(await services(content, { service })).toMatchObject({ 'shop /': 1, 'others /': 2 })
  })

  test('from the upstream cluster, as Istio writes it too', async () => {
    const content = [
      line({ upstream_cluster: 'outbound|8080|v1|reviews.default.svc.cluster.local' }),
      line({ upstream_cluster: 'cart' }),
    ]
    expect(await services(content, { service: { from: 'upstream_cluster' } })).toEqual({
      'cart /': 1,
      'reviews /': 1,
    })
  })

  test('from a gRPC method, a key, or where the file is', async () => {
    const content = [line({ path: '/shop.v1.Cart/Get', grpc_status: 0, route_name: 'all', app: 'front' })]
    expect(await services(content, { service: { from: 'grpc_service' } })).toEqual({
      'shop.v1.Cart /shop.v1.Cart/Get': 1,
    })
    const byKey = { service: { from: 'field' }, fields: { app: 'service' } }
    expect(await services([...content, ''], byKey)).toMatchObject({ 'front /shop.v1.Cart/Get': 1 })
    mkdirSync(file('pay'))
    writeFileSync(join(directory, 'pay', 'x.log'), `${content[0]}\n`)
    const ledger = new TestLedger()
    await ingest(ledger, {
      files: [`${directory}/*/x.log`],
      service: { from: 'file', pattern: `${directory}/{service}/*.log` },
    })
    expect(ledger.totals((row) => row.labels['service_name'] ?? '')).toEqual({ pay: 1 })
  })

  test('operations come from the route, from patterns, or from the path', async () => {
    const content = [
      line({ path: '/u/ada' }),
      line({ path: '/u/7?q', route_name: 'users' }),
      line({ path: '/o/7' }),
    ]
    expect(await services(content, { service: 's', operations: ['/u/{name}'] })).toEqual({
      's /o/{id}': 1,
      's /u/{name}': 1,
      's users': 1,
    })
  })

  test('beyond the bound everything is counted in one series', async () => {
    const content = Array.from({ length: 9 }, (_, i) => line({ path: `/p/${'abcdefghi'[i]}` }))
    write('a.log', content)
    const ledger = new TestLedger()
    const report = await ingest(ledger, { maxSeries: 4, service: 's' })
    expect(report.overflowed).toBe(5)
    expect(ledger.totals((row) => row.labels['__overflow__'] ?? 'told apart')).toEqual({
      true: 5,
      'told apart': 4,
    })
  })
})
