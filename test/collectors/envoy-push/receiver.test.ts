import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { SOURCE_KINDS } from '../../../src/collectors/index.ts'
import { createStorage, totals } from '../../e2e/envoy/sink.ts'
import { createTestWorld } from '../../world.ts'
import { type RigOptions, START, start, until } from './rig.ts'
import { ACCESS_LOGS, encode, pairs, structOf } from './schema.ts'

const RECEIVER: RigOptions = { type: 'EnvoyAccessLogService' }
const NODE = { id: 'edge-1', cluster: 'edge', metadata: structOf({ NAMESPACE: 'shop' }) }

/** A message with so many requests that went well, and so many bytes of padding. */
function batch(count: number, { first = false, padding = 0, at = START, more = {} } = {}): Buffer {
  const entry = {
    common: { start_time: { seconds: at }, upstream_cluster: 'web', duration: { nanos: 5_000_000 }, ...more },
    request: { path: '/cart', user_agent: 'x'.repeat(padding) },
    response: { code: { value: 200 } },
  }
  return encode(ACCESS_LOGS, {
    ...(first ? { identifier: { node: NODE, log_name: 'all' } } : {}),
    http_logs: { log_entry: Array.from({ length: count }, () => entry) },
  })
}

describe('a stream', () => {
  test('is counted, and its sender is known by its node', async () => {
    const rig = await start(RECEIVER)
    const envoy = rig.connect()
    await envoy.send(batch(3, { first: true }))
    await envoy.send(batch(2))
    await rig.flushed(5)
    expect(rig.ledger.rows()).toMatchObject([
      {
        source: 'edge',
        minute: START,
        outcome: 'good',
        reason: '2xx',
        count: 5,
        labels: { cloud_provider: 'rack', service_name: 'web', operation: '/cart' },
      },
    ])
    expect(rig.collector.status()).toMatchObject({
      type: 'envoy-access-log-service',
      state: 'reading',
      events: 5,
      targets: [{ name: 'edge-1', detail: '2 messages', ok: true }],
    })
    await rig.stop()
    expect(await envoy.ended).toBe(status.OK)
    expect(rig.collector.status().state).toBe('stopped')
  })

  test('gives labels from where the DataSource says, and each value its series', async () => {
    const rig = await start({
      ...RECEIVER,
      details: {
        service: { from: 'field', field: 'tag.service', otherwise: 'edge' },
        labelsFrom: { k8s_namespace_name: 'node.metadata.NAMESPACE', tenant: 'tag.tenant', log: 'log_name' },
      },
    })
    const envoy = rig.connect()
    const tagged = (tags: Record<string, string>): { more: object } => ({
      more: { custom_tags: pairs(tags) },
    })
    await envoy.send(batch(1, { first: true, ...tagged({ tenant: 'a', service: 'cart' }) }))
    await envoy.send(batch(2, tagged({ tenant: 'b' })))
    await rig.flushed(3)
    expect(
      totals(rig.ledger.rows(), ({ labels }) =>
        [labels['service_name'], labels['tenant'], labels['k8s_namespace_name'], labels['log']].join(' '),
      ),
    ).toEqual({ 'cart a shop all': 1, 'edge b shop all': 2 })
    await rig.stop()
  })

  test('with a message that is none goes on, and tells it', async () => {
    const rig = await start(RECEIVER)
    const envoy = rig.connect()
    await envoy.send(batch(1, { first: true }))
    await envoy.send(Buffer.from('not a message at all'))
    await envoy.send(batch(1))
    await rig.flushed(2)
    expect(rig.collector.status()).toMatchObject({ events: 2, rejected: 1 })
    expect(rig.problem()?.text).toBe('a message of edge-1 could not be read')
    await rig.stop()
  })

  test('with requests of last week, or of the next hour, has them rejected', async () => {
    const rig = await start(RECEIVER)
    const envoy = rig.connect()
    await envoy.send(batch(3, { at: START - 7 * 86_400 }))
    await envoy.send(batch(1, { at: START + 3_600 }))
    await envoy.send(batch(1))
    await rig.flushed(1)
    expect(rig.collector.status()).toMatchObject({ events: 1, rejected: 4 })
    await rig.stop()
  })

  test('that is silent is known to have had nothing, and one that is gone is not', async () => {
    const rig = await start({ ...RECEIVER, details: { silence: '30s' } })
    const envoy = rig.connect()
    await envoy.send(batch(1, { first: true }))
    await rig.flushed(1)
    await rig.world.advance(600_000)
    envoy.hangUp()
    await until(() => rig.collector.status().state === 'waiting')
    await rig.world.advance(600_000)
    const { coverage } = rig.ledger
    const known = coverage().filter(({ state }) => state === 'known')
    const missing = coverage().filter(({ state }) => state === 'missing')
    const minutes = (spans: typeof known): number =>
      spans.reduce((sum, { from, to }) => sum + (to - from) / 60, 0)
    expect(minutes(known)).toBeGreaterThanOrEqual(9)
    expect(minutes(missing)).toBeGreaterThanOrEqual(8)
    await rig.stop()
  })
})

test('a stream that ends in the middle makes its minute partial, one that was quiet does not', async () => {
  const partial = async (quietMs: number): Promise<readonly string[]> => {
    const rig = await start(RECEIVER)
    const envoys = [rig.connect(), rig.connect()] as const
    await envoys[0].send(batch(1, { first: true }))
    await rig.flushed(1)
    await rig.world.advance(60_000)
    await envoys[1].send(batch(1, { first: true, at: START + 60 }))
    await rig.flushed(2)
    await rig.world.advance(quietMs)
    envoys[1].hangUp()
    await until(() => rig.collector.status().targets.length === 1)
    await rig.world.advance(200_000)
    const reasons = rig.ledger.coverage().filter(({ state }) => state === 'partial')
    await rig.stop()
    return reasons.map(({ reason }) => reason)
  }
  expect(await partial(0)).toContain('the stream of edge-1 ended while it was in use: its sender closed it')
  expect((await partial(20_000)).join()).not.toContain('the stream of')
})

describe('when the ledger does not keep up', () => {
  test('no more is read, nothing is dropped, and all counts once it does', async () => {
    let stuck = true
    const rig = await start({ ...RECEIVER, details: { maxWaiting: 1024 * 1024 }, isStuck: () => stuck })
    const envoy = rig.connect()
    const MESSAGES = 60
    const sent = Array.from({ length: MESSAGES }, (_, i) =>
      envoy.send(batch(1, { first: i === 0, padding: 100_000 })),
    )
    await until(async () => {
      await rig.world.advance(200)
      return rig.collector.status().events >= 9
    })
    for (let i = 0; i < 20; i++) await rig.world.advance(500)
    // A MiB holds ten such messages; the rest waits in the sender.
    expect(rig.collector.status().events).toBeLessThanOrEqual(11)
    expect(rig.counted()).toBe(0)
    expect(rig.problem()?.text).toContain('disk full')
    stuck = false
    await rig.flushed(MESSAGES)
    await Promise.all(sent)
    expect(rig.counted()).toBe(MESSAGES)
    expect(rig.collector.status().rejected).toBe(0)
    await rig.stop()
  })

  test('what was read is counted although its sender has hung up', async () => {
    let stuck = true
    const rig = await start({ ...RECEIVER, details: { maxWaiting: 1024 * 1024 }, isStuck: () => stuck })
    const envoy = rig.connect()
    for (let i = 0; i < 12; i++) void envoy.send(batch(1, { padding: 100_000 })).catch(() => undefined)
    await until(async () => {
      await rig.world.advance(200)
      return rig.collector.status().events >= 9
    })
    envoy.hangUp()
    stuck = false
    await rig.flushed(9)
    await rig.stop()
    expect(rig.counted()).toBeGreaterThanOrEqual(9)
  })

  test('the end comes all the same, with what could be written written', async () => {
    let stuck = false
    const rig = await start({ ...RECEIVER, isStuck: () => stuck })
    const envoy = rig.connect()
    await envoy.send(batch(2, { first: true }))
    await rig.flushed(2)
    stuck = true
    await envoy.send(batch(3))
    await until(() => rig.collector.status().events === 5)
    await rig.stop()
    expect(rig.counted()).toBe(2)
  })
})

test('what a stream brought just before the end is in the ledger', async () => {
  const rig = await start(RECEIVER)
  const envoy = rig.connect()
  for (let i = 0; i < 50; i++) await envoy.send(batch(1, { first: i === 0 }))
  await until(() => rig.collector.status().events === 50)
  await rig.stop()
  expect(rig.counted()).toBe(50)
})

describe('a token', () => {
  test('is asked of each stream, and may be changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nines-token-'))
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'first\n')
    const rig = await start({ ...RECEIVER, details: { tokenFile } })
    expect(await rig.connect().ended).toBe(status.UNAUTHENTICATED)
    expect(await rig.connect({ token: 'second' }).ended).toBe(status.UNAUTHENTICATED)
    expect(rig.problem()?.text).toContain('was turned away: it does not show the token')
    await rig.connect({ token: 'first' }).send(batch(1))
    await rig.flushed(1)
    writeFileSync(tokenFile, 'second\n')
    await rig.connect({ token: 'second' }).send(batch(1))
    await rig.flushed(2)
    rmSync(folder, { recursive: true })
    expect(await rig.connect({ token: 'second' }).ended).toBe(status.UNAUTHENTICATED)
    await rig.stop()
    expect(rig.counted()).toBe(2)
  })
})

test('a port that is in use is waited for', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  const world = createTestWorld({ start: START })
  const starting = start({ ...RECEIVER, world, details: { listen: `127.0.0.1:${port}` } })
  await until(() => world.lines.some(({ fields }) => String(fields['text']).startsWith('cannot listen on')))
  await new Promise((resolve) => taken.close(resolve))
  await world.advance(6_000)
  const rig = await starting
  expect(rig.port).toBe(port)
  await rig.stop()
})

test('a receiver goes on from the ledger of the run before, and counts nothing twice', async () => {
  const storage = createStorage()
  const first = await start({ ...RECEIVER, storage, run: 'run-1' })
  await first.connect().send(batch(3))
  await first.flushed(3)
  await first.stop()
  const second = await start({ ...RECEIVER, storage, run: 'run-2', world: first.world })
  await second.connect().send(batch(4))
  await second.flushed(7)
  await second.stop()
  expect(second.counted()).toBe(7)
})

describe('options', () => {
  const problems = (details: Record<string, unknown>): readonly string[] => {
    const opening = { name: 'edge', labels: {}, details, base: '/', run: 'r', input: '', questions: () => [] }
    const opened = SOURCE_KINDS.get('EnvoyAccessLogService')?.open(createTestWorld(), opening)
    if (opened?.kind !== 'failed') return []
    return opened.error.map(({ path, message, remedy }) => `${path}: ${message}; ${remedy}`)
  }

  test('need none', () => expect(problems({})).toEqual([]))

  test('do not open a port to everybody unasked', () => {
    expect(problems({ listen: '0.0.0.0:9001' })).toEqual([
      'listen: whoever reaches 0.0.0.0 could write; write tokenFile: and the path of a file with a token, or open: true when the network is yours',
    ])
    expect(problems({ listen: '0.0.0.0:9001', open: true })).toEqual([])
    expect(problems({ listen: '[::]:9001', tokenFile: 'token' })).toEqual([])
  })

  test('are told all at once', () => {
    expect(
      problems({
        listen: 'nowhere',
        labelsFrom: { 'a-b': 'tag.x', tenant: 'nowhere' },
        service: { from: 'field', field: 'nothing' },
        silence: 'long',
        nonsense: 1,
      }).map((problem) => problem.split(';')[0]),
    ).toEqual([
      "nonsense: there is no option 'nonsense'",
      "listen: 'nowhere' is no address with a port",
      "labelsFrom.a-b: 'a-b' is no label name",
      "labelsFrom.tenant: 'nowhere' is no place",
      "service.field: 'nothing' is no place",
      "silence: 'long' is no duration from 1s to 30d",
    ])
  })
})
