import { describe, expect, test } from 'vitest'
import {
  type Collector,
  createEnvoyStatsCollector,
  envoyStatsOptions,
} from '../../../src/collectors/index.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'
import { FakeEnvoy, FakeLedger, network, refuse } from './fake-envoy.ts'

// A minute begins at the start, so that minutes are easy to count.
const START = 1_790_000_040
const ADDRESS = '10.0.0.7:9901'
const OK = 'cluster.web.upstream_rq_200'

interface Stage {
  readonly world: TestWorld
  readonly ledger: FakeLedger
  readonly envoys: Record<string, FakeEnvoy>
  readonly envoy: FakeEnvoy
  readonly begin: (options?: { run?: string; details?: object; resolve?: () => Promise<string[]> }) => Act
}

interface Act {
  readonly collector: Collector
  readonly end: () => Promise<void>
}

function stage(): Stage {
  let now = (): number => 0
  const envoys: Record<string, FakeEnvoy> = {}
  const world = createTestWorld({ start: START, fetch: (input, init) => network(envoys, now)(input, init) })
  now = world.clock.nowMs
  const envoy = new FakeEnvoy((START - 3_600) * 1000)
  envoys[ADDRESS] = envoy
  const ledger = new FakeLedger()
  return {
    world,
    ledger,
    envoys,
    envoy,
    begin: ({ run = 'run-1', details = {}, resolve } = {}) => {
      const checked = envoyStatsOptions({ targets: [ADDRESS], ...details })
      if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
      const collector = createEnvoyStatsCollector(world, {
        name: 'edge',
        run,
        labels: { cloud_provider: 'rack' },
        options: checked.value,
        ...(resolve === undefined ? {} : { resolve }),
      })
      const stop = new AbortController()
      const done = collector.run(ledger, stop.signal)
      return {
        collector,
        end: async () => {
          stop.abort()
          await done
        },
      }
    },
  }
}

describe('counting', () => {
  test('begins at the first scrape, and puts each scrape into its own minute', async () => {
    const { world, ledger, envoy, begin } = stage()
    envoy.add(OK, 1_000)
    const { end } = begin()
    await world.advance(1_000)
    envoy.add(OK, 3)
    await world.advance(10_000)
    expect(ledger.rows()).toMatchObject([
      {
        source: 'edge',
        minute: START,
        outcome: 'good',
        reason: '2xx',
        count: 3,
        labels: { cloud_provider: 'rack', service_name: 'web' },
      },
    ])
    await world.advance(60_000)
    envoy.add(OK, 4)
    await world.advance(10_000)
    await end()
    expect(ledger.rows().map(({ minute, count }) => [minute - START, count])).toEqual([
      [0, 3],
      [60, 4],
    ])
  })

  test('asks one question at a time', async () => {
    const { world, envoy, begin } = stage()
    const { end } = begin()
    await world.advance(60_000)
    await end()
    expect(envoy.mostInFlight).toBe(1)
    expect(envoy.asked.length).toBeLessThanOrEqual(2 * 13)
  })

  test('goes on after our restart, and counts nothing twice', async () => {
    const { world, ledger, envoy, begin } = stage()
    const first = begin({ run: 'run-1' })
    await world.advance(6_000)
    envoy.add(OK, 5)
    await world.advance(6_000)
    await first.end()
    envoy.add(OK, 7)
    await world.advance(20_000)
    const second = begin({ run: 'run-2' })
    await world.advance(6_000)
    await second.end()
    expect(ledger.total()).toBe(12)
  })

  test('keeps what the ledger would not take, with the checkpoint that belongs to it', async () => {
    const { world, ledger, envoy, begin } = stage()
    const { collector, end } = begin()
    await world.advance(6_000)
    ledger.broken = true
    envoy.add(OK, 5)
    await world.advance(6_000)
    envoy.add(OK, 6)
    await world.advance(6_000)
    expect(collector.status().problem?.text).toBe('the ledger could not be written: disk full')
    expect(ledger.total()).toBe(0)
    // A crash now must not lose them either.
    const restarted = new FakeLedger()
    for (const [key, value] of ledger.checkpoints) restarted.checkpoints.set(key, value)
    ledger.broken = false
    await world.advance(6_000)
    expect(ledger.total()).toBe(11)
    await end()
  })

  test('counts from zero after Envoy restarted, and says what may be lost', async () => {
    const { world, ledger, envoy, begin } = stage()
    const { end } = begin()
    await world.advance(6_000)
    envoy.add(OK, 5)
    await world.advance(6_000)
    envoy.restart(world.clock.nowMs())
    // More than before: only the process tells that none of it was counted.
    envoy.add(OK, 9)
    await world.advance(120_000)
    await end()
    expect(ledger.total()).toBe(14)
    expect(ledger.coverage()[0]).toMatch(
      /^1 partial: .*Envoy restarted; what it counted after the last scrape is lost/,
    )
  })

  test('takes another, older Envoy for a stranger and tells it', async () => {
    const { world, ledger, envoy, begin } = stage()
    const { collector, end } = begin()
    envoy.add(OK, 5)
    await world.advance(6_000)
    envoy.startedMs -= 1_000_000
    envoy.add(OK, 90)
    await world.advance(5_600)
    expect(collector.status().problem).toMatchObject({
      text: `${ADDRESS} is another Envoy than before, and an older one`,
    })
    expect(ledger.total()).toBe(0)
    await end()
  })
})

describe('what fails', () => {
  test('is told with what to do about it, and makes minutes missing', async () => {
    const { world, ledger, envoys, begin } = stage()
    const { collector, end } = begin()
    await world.advance(60_000)
    delete envoys[ADDRESS]
    await world.advance(240_000)
    expect(collector.status()).toMatchObject({
      state: 'failing',
      problem: {
        text: `connection refused by ${ADDRESS}`,
        remedy: 'is admin enabled and bound to an address that Nines reaches?',
      },
      targets: [{ name: ADDRESS, ok: false, detail: `connection refused by ${ADDRESS}` }],
    })
    expect(ledger.coverage()).toContain(`1 missing: ${ADDRESS}: connection refused by ${ADDRESS}`)
    await end()
    expect(collector.status().state).toBe('stopped')
  })

  test('heals, and counts what Envoy counted meanwhile', async () => {
    const { world, ledger, envoy, begin } = stage()
    const { collector, end } = begin()
    await world.advance(6_000)
    envoy.fault = refuse
    envoy.add(OK, 3)
    await world.advance(20_000)
    envoy.fault = undefined
    await world.advance(31_000)
    expect(ledger.total()).toBe(3)
    expect(collector.status()).toMatchObject({ state: 'reading', problem: undefined, events: 3 })
    await end()
  })

  test.each([
    [() => Promise.resolve(new Response('', { status: 302 })), 'redirects (HTTP 302)'],
    [() => Promise.resolve(new Response('', { status: 403 })), 'refuses to show its statistics (HTTP 403)'],
    [() => Promise.resolve(new Response('', { status: 500 })), 'answered HTTP 500 to /stats'],
    [() => Promise.resolve(new Response('<html>\n')), 'what 10.0.0.7:9901 sent are no statistics'],
    [() => Promise.resolve(new Response('x'.repeat(5_000))), 'larger than 2000 bytes'],
    [() => new Promise<Response>(() => undefined), 'did not answer within 3000 ms'],
    [() => Promise.reject(new Error('odd')), 'could not be read: odd'],
  ])('in any way ends neither the loop nor the process (%#)', async (fault, text) => {
    const { world, envoy, begin } = stage()
    envoy.fault = fault
    const { collector, end } = begin({ details: { maxBytes: 2_000 } })
    await world.advance(15_000)
    expect(collector.status().problem?.text).toContain(text)
    await end()
  })
})

describe('targets', () => {
  test('are found by name, and read while they are there', async () => {
    const { world, ledger, envoys, begin } = stage()
    let addresses = ['10.0.0.7']
    const details = { targets: ['envoy.example.com:9901'] }
    const { collector, end } = begin({ details, resolve: async () => addresses })
    await world.advance(10_000)
    // A second Envoy starts after we began to read: all it ever counted is ours.
    const second = new FakeEnvoy(world.clock.nowMs())
    envoys['10.0.0.8:9901'] = second
    second.add(OK, 4)
    addresses = ['10.0.0.7', '10.0.0.8']
    await world.advance(40_000)
    expect(collector.status().targets.map(({ name }) => name)).toEqual([ADDRESS, '10.0.0.8:9901'])
    expect(ledger.total()).toBe(4)
    addresses = ['10.0.0.8']
    await world.advance(40_000)
    expect(collector.status().targets.map(({ name }) => name)).toEqual(['10.0.0.8:9901'])
    expect(collector.status().events).toBe(4)
    await end()
  })

  test('that come back are counted on, and what was counted before stays', async () => {
    const { world, ledger, envoy, begin } = stage()
    await world.advance(20_000)
    let addresses = ['10.0.0.7']
    const details = { targets: ['envoy.example.com:9901'] }
    const { end } = begin({ details, resolve: async () => addresses })
    await world.advance(42_000)
    envoy.add(OK, 5)
    await world.advance(10_000)
    // It leaves and comes back within a minute, of which each writer has one row: there must be two.
    addresses = ['10.0.0.8']
    await world.advance(20_000)
    addresses = ['10.0.0.7']
    envoy.add(OK, 7)
    await world.advance(27_000)
    expect(ledger.total()).toBe(12)
    expect(new Set(ledger.rows().map(({ minute }) => minute)).size).toBe(1)
    await end()
  })

  test('stay when their name does not resolve for a while', async () => {
    const { world, begin } = stage()
    let broken = false
    const resolve = async (): Promise<string[]> => {
      if (broken) throw new Error('ENOTFOUND')
      return ['10.0.0.7']
    }
    const { collector, end } = begin({ details: { targets: ['envoy.example.com:9901'] }, resolve })
    await world.advance(10_000)
    broken = true
    await world.advance(60_000)
    expect(collector.status()).toMatchObject({
      state: 'reading',
      problem: { text: 'envoy.example.com does not resolve: ENOTFOUND' },
    })
    await end()
  })
})

test('minutes are known once scrapes bracket them', async () => {
  const { world, ledger, begin } = stage()
  const { end } = begin()
  await world.advance(200_000)
  await end()
  const [first, ...others] = ledger.coverage()
  expect(first).toBe('1 known')
  expect(others).toEqual(['1 known', '1 known'])
})
