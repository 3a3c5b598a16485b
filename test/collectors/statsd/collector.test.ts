import { createSocket } from 'node:dgram'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Collector } from '../../../src/collectors/index.ts'
import { createStatsdCollector } from '../../../src/collectors/statsd/collector.ts'
import { kernelDrops } from '../../../src/collectors/statsd/drops.ts'
import { statsdOptions } from '../../../src/collectors/statsd/options.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'
import { TestLedger } from '../log/ledger.ts'

const START = 1_790_000_040

interface Rig {
  readonly world: TestWorld
  readonly ledger: TestLedger
  readonly collector: Collector
  readonly send: (text: string) => Promise<void>
  /** Sends so many without waiting for them to arrive. */
  readonly flood: (text: string, count: number) => Promise<void>
  readonly stop: () => Promise<void>
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; turns < 5_000; turns++) {
    if (isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error('it did not come to that')
}

const datagrams = (collector: Collector): number =>
  Number(/^(\d+) datagrams/.exec(collector.status().targets[0]?.detail ?? '')?.[1] ?? 0)

interface Started {
  readonly drops?: (port: number) => Promise<number | undefined>
  readonly receiveBuffer?: number
}

async function start({ drops = async () => 0, ...details }: Started = {}): Promise<Rig> {
  const options = statsdOptions({
    ...details,
    listen: '127.0.0.1:0',
    labels: { cloud_provider: 'aws' },
    metrics: [{ name: 'shop.requests', status: 'code' }],
  })
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  const world = createTestWorld({ start: START })
  const ledger = new TestLedger()
  const collector = createStatsdCollector(world, {
    name: 'agents',
    run: 'run-1',
    options: options.value,
    drops,
  })
  const stopping = new AbortController()
  const ended = collector.run(ledger, stopping.signal)
  await until(() => collector.status().targets.length > 0)
  const port = Number(collector.status().targets[0]?.name.split(':')[1])
  const client = createSocket('udp4')
  let sent = 0
  return {
    world,
    ledger,
    collector,
    send: async (text) => {
      sent++
      await new Promise<void>((resolve, reject) =>
        client.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
      )
      await until(() => datagrams(collector) === sent)
    },
    flood: async (text, count) => {
      const send = () => new Promise((resolve) => client.send(text, port, '127.0.0.1', resolve))
      await Promise.all(Array.from({ length: count }, send))
    },
    stop: async () => {
      await new Promise<void>((resolve) => client.close(() => resolve()))
      stopping.abort()
      await ended
    },
  }
}

const outcomes = (ledger: TestLedger): Record<string, number> =>
  ledger.totals(({ labels, reason }) => `${labels['cloud_provider']} ${reason}`)

test('what a client sends over UDP is in the ledger a moment later', async () => {
  const { world, ledger, collector, send, stop } = await start()
  expect(collector.status().state).toBe('waiting')
  for (let i = 0; i < 20; i++)
    await send(`shop.requests:1|c|#code:200\nshop.requests:1|c|#code:${500 + (i % 2)}`)
  await send('rubbish')
  await world.advance(2_000)
  expect(outcomes(ledger)).toEqual({ 'aws 2xx': 20, 'aws http-500': 10, 'aws http-501': 10 })
  const status = collector.status()
  expect(status).toMatchObject({ type: 'statsd', state: 'reading', events: 40, rejected: 1 })
  expect(status.targets.map(({ ok }) => ok)).toEqual([true, true, false])
  expect(status.targets[2]?.detail).toContain('rubbish')
  await stop()
  expect(collector.status().state).toBe('stopped')
})

test('what came before the end is written at the end', async () => {
  const { ledger, send, stop } = await start()
  await send('shop.requests:7|c|#code:200')
  await stop()
  expect(outcomes(ledger)).toEqual({ 'aws 2xx': 7 })
})

test('a minute in which the kernel dropped datagrams is known in part', async () => {
  let dropped = 5
  const { world, ledger, collector, send, stop } = await start({ drops: async () => dropped })
  for (let minute = 0; minute < 4; minute++) {
    await send('shop.requests:1|c|#code:200')
    if (minute === 2) dropped = 12
    await world.advance(60_000)
  }
  await send('shop.requests:1|c|#code:200')
  await world.advance(20_000)
  const spans = ledger.steps.flatMap(({ coverage = [] }) => coverage)
  const lost = spans.filter(({ reason }) => reason === 'the kernel dropped 7 datagrams')
  expect(lost).toHaveLength(1)
  expect(lost[0]).toMatchObject({ state: 'partial', source: 'agents', from: START + 120 })
  expect(spans.some(({ state, from }) => state === 'known' && from <= START + 60)).toBe(true)
  expect(collector.status().targets[1]).toMatchObject({ detail: '7 by the kernel, 0 by us', ok: false })
  await stop()
})

test.skipIf(!existsSync('/proc/net/udp'))(
  'of a flood that is too much, what was counted and what the kernel says it dropped is what was sent',
  async () => {
    const { world, ledger, collector, flood, stop } = await start({
      drops: kernelDrops,
      receiveBuffer: 4_096,
    })
    const lost = (): number =>
      Number(/^(\d+) by the kernel/.exec(collector.status().targets[1]?.detail ?? '')?.[1])
    await flood('shop.requests:1|c|#code:200', 5_000)
    // The system's table is read every five seconds, and takes a moment of real time.
    for (let turns = 0; turns < 200 && datagrams(collector) + lost() < 5_000; turns++) {
      await world.advance(5_000)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await world.advance(6_000)
    expect(lost()).toBeGreaterThan(0)
    expect(outcomes(ledger)['aws 2xx']).toBe(5_000 - lost())
    await stop()
  },
)

test('a port that is taken is tried again and again, and told', async () => {
  const taken = createSocket('udp4')
  await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', () => resolve()))
  const options = statsdOptions({
    listen: `127.0.0.1:${taken.address().port}`,
    metrics: [{ name: 'shop.requests', status: 'code' }],
  })
  if (options.kind === 'failed') throw new Error('refused')
  const world = createTestWorld({ start: START })
  const collector = createStatsdCollector(world, { name: 'agents', run: 'run-1', options: options.value })
  const stopping = new AbortController()
  const ended = collector.run(new TestLedger(), stopping.signal)
  await until(() => collector.status().state === 'failing')
  expect(collector.status().problem?.remedy).toContain('another receiver')
  await new Promise<void>((resolve) => taken.close(() => resolve()))
  await world.advance(1_000)
  await until(() => collector.status().state === 'waiting')
  stopping.abort()
  await ended
})
