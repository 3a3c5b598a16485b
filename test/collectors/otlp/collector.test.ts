import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { Address } from '../../../src/collectors/otlp/address.ts'
import { createOtlpCollector } from '../../../src/collectors/otlp/collector.ts'
import { otlpOptions } from '../../../src/collectors/otlp/options.ts'
import { createTestWorld } from '../../world.ts'
import { FaultyLedger, MINUTE, START } from '../push/rig.ts'
import { plainSignal, post } from './rig.ts'

const directory = mkdtempSync(join(tmpdir(), 'nines-otlp-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(ends.map((end) => end()))
  ends = []
})

let runs = 0

async function start(details: Readonly<Record<string, unknown>> = {}, ledger = new FaultyLedger()) {
  const checked = otlpOptions({ http: '127.0.0.1:0', grpc: 'off', signals: ['traces', 'logs'], ...details })
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  const world = createTestWorld({ start: START })
  const collector = createOtlpCollector(world, {
    name: 'apm',
    run: `run-${++runs}`,
    labels: {},
    options: checked.value,
    signals: { traces: () => plainSignal, metrics: () => plainSignal, logs: () => plainSignal },
  })
  const stopping = new AbortController()
  const ended = collector.run(ledger, stopping.signal)
  /** Lets time pass until the promise is settled: what waits for real sockets waits for no time. */
  const passing = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false
    void promise.catch(() => undefined).then(() => (isSettled = true))
    for (let turns = 0; !isSettled && turns < 10_000; turns++) {
      await new Promise((resolve) => setImmediate(resolve))
      await world.advance(1)
    }
    return await promise
  }
  const stop = async (): Promise<void> => {
    stopping.abort()
    await passing(ended)
  }
  ends.push(stop)
  const listening = async (): Promise<Address> => {
    const found = (): string | undefined => collector.status().targets[0]?.name
    while (found() === undefined) await new Promise((resolve) => setImmediate(resolve))
    const [host = '', port = ''] = (found() ?? '').replace('http ', '').split(':')
    return { host, port: Number(port) }
  }
  return { world, ledger, collector, passing, stop, listening }
}

const body = (good: number, more: object = {}): Buffer =>
  Buffer.from(JSON.stringify({ good, minute: MINUTE, ...more }))

test('requests are counted once each, retries included, and answered when they are on disk', async () => {
  const { ledger, passing, listening, collector } = await start()
  const address = await listening()
  const answers = await passing(Promise.all([1, 2, 3, 3].map((good) => post(address, { body: body(good) }))))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(ledger.counted).toBe(6)
  expect((await passing(post(address, { body: body(2) }))).status).toBe(200)
  // The same bytes as another signal are another request.
  expect((await passing(post(address, { body: body(2), path: '/v1/logs' }))).status).toBe(200)
  expect(ledger.counted).toBe(8)
  expect(collector.status()).toMatchObject({ state: 'reading', events: 8, rejected: 0, problem: undefined })
})

test('what cannot be used is told to the sender and to the status', async () => {
  const { passing, listening, collector, ledger } = await start()
  const answer = await passing(post(await listening(), { body: body(1, { rejected: 4 }) }))
  expect(JSON.parse(answer.body.toString())).toEqual({
    partialSuccess: { rejectedSpans: '4', errorMessage: 'some were no use' },
  })
  expect((await passing(post(await listening(), { body: Buffer.from('no') }))).status).toBe(400)
  expect(collector.status()).toMatchObject({ events: 1, rejected: 4 })
  expect(ledger.counted).toBe(1)
})

test('a ledger that fails is 503, and the retry counts once', async () => {
  const { ledger, passing, listening, collector } = await start()
  ledger.fates.push('done-but-failed')
  const address = await listening()
  expect((await passing(post(address, { body: body(5) }))).status).toBe(503)
  expect(collector.status()).toMatchObject({ state: 'failing' })
  expect((await passing(post(address, { body: body(5) }))).status).toBe(200)
  expect(ledger.counted).toBe(5)
})

test('what was answered before a restart is known after it', async () => {
  const before = await start()
  await before.passing(post(await before.listening(), { body: body(5) }))
  await before.stop()
  const after = await start({}, before.ledger)
  expect((await after.passing(post(await after.listening(), { body: body(5) }))).status).toBe(200)
  expect(before.ledger.counted).toBe(5)
})

test('a request under way when it stops is answered', async () => {
  const { ledger, passing, listening, stop, collector } = await start()
  const waiting = post(await listening(), { body: body(1) })
  while (collector.status().events === 0) await new Promise((resolve) => setImmediate(resolve))
  await stop()
  expect((await passing(waiting)).status).toBe(200)
  expect(ledger.counted).toBe(1)
})

test('a port that is taken is said, and listened on once it is free', async () => {
  const first = await start()
  const { port } = await first.listening()
  const second = await start({ http: `127.0.0.1:${port}` })
  while (second.collector.status().problem === undefined)
    await new Promise((resolve) => setImmediate(resolve))
  expect(second.collector.status()).toMatchObject({
    state: 'failing',
    problem: {
      text: expect.stringContaining('EADDRINUSE'),
      remedy: expect.stringContaining('another receiver'),
    },
  })
  await first.stop()
  await second.passing(second.listening())
  expect(second.collector.status()).toMatchObject({ state: 'waiting', problem: undefined })
})

test('a token is read from its file', async () => {
  const tokenFile = join(directory, 'token')
  const { passing, listening, collector } = await start({ tokenFile })
  while (collector.status().problem === undefined) await new Promise((resolve) => setImmediate(resolve))
  writeFileSync(tokenFile, 'secret\n')
  const address = await passing(listening())
  expect((await passing(post(address, { body: body(1) }))).status).toBe(401)
  const headers = { authorization: 'Bearer secret' }
  expect((await passing(post(address, { body: body(1), headers }))).status).toBe(200)
})

test('two receivers of one source remember apart', async () => {
  const ledger = new FaultyLedger()
  const first = await start({}, ledger)
  await first.passing(post(await first.listening(), { body: body(1) }))
  const { port } = await first.listening()
  await first.stop()
  const other = await start({ http: `127.0.0.1:${port}` }, ledger)
  await other.passing(post(await other.listening(), { body: body(1) }))
  expect(ledger.counted).toBe(2)
})

test('a signal that is not counted is taken and passed over, and the status says so', async () => {
  const { ledger, passing, listening, collector } = await start()
  const answer = await passing(post(await listening(), { body: body(2), path: '/v1/metrics' }))
  expect([answer.status, answer.body.toString()]).toEqual([200, '{}'])
  expect(ledger.counted).toBe(0)
  expect(collector.status().targets).toContainEqual({
    name: 'metrics',
    detail: '1 requests passed over, since signals does not name metrics',
    ok: true,
  })
})
