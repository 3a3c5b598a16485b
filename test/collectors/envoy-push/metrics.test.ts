import { describe, expect, test } from 'vitest'
import { createMetricsReader } from '../../../src/collectors/envoy-push/metrics.ts'
import { SOURCE_KINDS } from '../../../src/collectors/index.ts'
import { createStorage, totals, within } from '../../e2e/envoy/sink.ts'
import { createRandom, createTestWorld } from '../../world.ts'
import { endFuzz, fuzzRuns } from '../fuzz-runs.ts'
import { strictReader } from '../otlp/fuzz-reader.ts'
import { mutate } from './mutate.ts'
import { METHODS, type Rig, type RigOptions, type Sender, START, start, until } from './rig.ts'
import { encode, METRICS, METRICS_AS_BYTES, structOf } from './schema.ts'

const RECEIVER: RigOptions = { type: 'EnvoyMetricsService' }
const RUNS = fuzzRuns(200, 100_000)
/** Of one message, in milliseconds of this thread's work. */
const LONGEST_MS = 100
const OK = 'cluster.web.upstream_rq_200'
const TIME = 'cluster.web.upstream_rq_time'

/** An Envoy's statistics, and the messages in which it tells them. */
class FakeSink {
  readonly counters: Record<string, number> = {}
  startedMs: number
  readonly #id: string
  #recorded: number[] = []
  #isFirst = true

  constructor(startedMs: number, id = 'edge-1') {
    this.startedMs = startedMs
    this.#id = id
  }

  add(name: string, count = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + count
  }

  /** Milliseconds. */
  record(...values: readonly number[]): void {
    this.#recorded.push(...values)
  }

  /** Begins a new stream: its first message says who sends. */
  reconnect(): void {
    this.#isFirst = true
  }

  flush(nowMs: number): Buffer {
    const families = Object.entries(this.counters).map(([name, value]) => ({
      name,
      type: 0,
      metric: [{ counter: { value }, timestamp_ms: nowMs }],
    }))
    const uptime = { name: 'server.uptime', type: 1, metric: [{ gauge: { value: this.#uptime(nowMs) } }] }
    const bounds = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000]
    const histogram = {
      sample_count: this.#recorded.length,
      sample_sum: 1,
      bucket: bounds.map((upper_bound) => ({
        upper_bound,
        cumulative_count: this.#recorded.filter((each) => each < upper_bound).length,
      })),
    }
    const time = [
      { name: TIME, type: 2, metric: [{ summary: { sample_count: this.#recorded.length } }] },
      { name: TIME, type: 4, metric: [{ histogram }] },
    ]
    this.#recorded = []
    const node = { id: this.#id, cluster: 'edge', metadata: structOf({ NAMESPACE: 'shop' }) }
    const identifier = this.#isFirst ? { identifier: { node } } : {}
    this.#isFirst = false
    return encode(METRICS, { ...identifier, envoy_metrics: [...families, uptime, ...time] })
  }

  #uptime(nowMs: number): number {
    return Math.floor((nowMs - this.startedMs) / 1000)
  }
}

/** Sends a flush, and lets time pass until it is counted. */
async function flush({ world, collector }: Rig, stream: Sender, envoy: FakeSink): Promise<void> {
  const before = collector.status().lastSuccess ?? 0
  await stream.send(envoy.flush(world.clock.nowMs()))
  await until(async () => {
    await world.advance(1_000)
    return (collector.status().lastSuccess ?? 0) > before
  })
}

/** Sends a flush that adds nothing new, and lets it be looked at. */
async function quietFlush(rig: Rig, stream: Sender, envoy: FakeSink): Promise<void> {
  await stream.send(envoy.flush(rig.world.clock.nowMs()))
  await until(() => true)
  for (let i = 0; i < 5; i++) await rig.world.advance(1_000)
}

const begin = (rig: Rig): Sender => rig.connect({ method: METHODS.metrics })

describe('statistics that come by themselves', () => {
  test('are counted from the first snapshot on, with durations', async () => {
    const rig = await start({
      ...RECEIVER,
      details: { labelsFrom: { namespace: 'node.metadata.NAMESPACE' } },
    })
    const envoy = new FakeSink((START - 3_600) * 1_000)
    const stream = begin(rig)
    envoy.add(OK, 1_000)
    await flush(rig, stream, envoy)
    envoy.add(OK, 6)
    envoy.add('cluster.web.upstream_rq_503', 2)
    envoy.add('cluster.web.upstream_cx_none_healthy', 1)
    envoy.record(3, 3, 40, 40, 240, 800)
    await flush(rig, stream, envoy)
    await quietFlush(rig, stream, envoy)
    await quietFlush(rig, stream, envoy)
    expect(totals(rig.ledger.rows(), ({ outcome, reason }) => `${outcome} ${reason}`)).toEqual({
      'bad flag-UH': 1,
      'bad http-503': 1,
      'good 2xx': 6,
    })
    expect(rig.ledger.rows()[0]?.labels).toEqual({
      cloud_provider: 'rack',
      namespace: 'shop',
      service_name: 'web',
    })
    // One failure is taken to be the fastest; the rest of those within each bound of the buckets is good.
    const good = rig.ledger.rows().filter(({ outcome }) => outcome === 'good')
    expect([5, 50, 250, 1000].map((ms) => within(good, ms))).toEqual([1, 3, 4, 5])
    expect(rig.collector.status()).toMatchObject({
      type: 'envoy-metrics-service',
      state: 'reading',
      events: 8,
      targets: [{ name: 'edge-1', ok: true }],
    })
    await rig.stop()
  })

  test('go on over a new stream and a new run, and count nothing twice', async () => {
    const storage = createStorage()
    const first = await start({ ...RECEIVER, storage, run: 'run-1' })
    const envoy = new FakeSink((START - 3_600) * 1_000)
    const one = begin(first)
    await flush(first, one, envoy)
    envoy.add(OK, 5)
    envoy.record(3, 3)
    await flush(first, one, envoy)
    one.hangUp()
    envoy.reconnect()
    const two = begin(first)
    envoy.add(OK, 7)
    envoy.record(3)
    await flush(first, two, envoy)
    expect(first.counted()).toBe(12)
    await first.stop()
    const second = await start({ ...RECEIVER, storage, run: 'run-2', world: first.world })
    envoy.reconnect()
    envoy.add(OK, 9)
    envoy.record(3, 3)
    const three = begin(second)
    await flush(second, three, envoy)
    await quietFlush(second, three, envoy)
    await second.stop()
    expect(second.counted()).toBe(21)
    expect(within(second.ledger.rows(), 5)).toBe(5)
  })

  test('of an Envoy that restarted are counted from zero', async () => {
    const rig = await start(RECEIVER)
    const envoy = new FakeSink((START - 3_600) * 1_000)
    const stream = begin(rig)
    envoy.add(OK, 5)
    await flush(rig, stream, envoy)
    stream.hangUp()
    const again = new FakeSink(rig.world.clock.nowMs())
    again.add(OK, 4)
    await rig.world.advance(3_000)
    await flush(rig, begin(rig), again)
    expect(rig.counted()).toBe(4)
    await rig.stop()
  })

  test('that are differences are added up', async () => {
    const rig = await start({ ...RECEIVER, details: { countersAsDeltas: true } })
    const stream = begin(rig)
    const envoy = new FakeSink((START - 3_600) * 1_000)
    for (const count of [100, 3, 2]) {
      envoy.counters[OK] = count
      await flush(rig, stream, envoy)
    }
    expect(rig.counted()).toBe(5)
    await rig.stop()
  })

  test('of two streams of one node are those of the newer one', async () => {
    const rig = await start(RECEIVER)
    const envoy = new FakeSink((START - 3_600) * 1_000)
    const old = begin(rig)
    await flush(rig, old, envoy)
    envoy.add(OK, 5)
    envoy.reconnect()
    const fresh = begin(rig)
    await flush(rig, fresh, envoy)
    envoy.add(OK, 2)
    await flush(rig, fresh, envoy)
    expect(rig.counted()).toBe(7)
    expect(rig.collector.status().targets).toHaveLength(1)
    await rig.stop()
  })

  test('whose tags are taken out are told', async () => {
    const rig = await start(RECEIVER)
    const stream = begin(rig)
    const metric = [{ label: [{ name: 'envoy.cluster_name', value: 'web' }], counter: { value: 3 } }]
    await stream.send(
      encode(METRICS, {
        identifier: { node: { id: 'edge-1' } },
        envoy_metrics: [{ name: 'cluster.upstream_rq_200', type: 0, metric }],
      }),
    )
    await until(() => rig.problem()?.text.includes('tags taken out') === true)
    await rig.stop()
  })
})

test('options of both kinds are told at once', () => {
  const details = {
    listen: '0.0.0.0:9002',
    targets: ['a:1'],
    level: 'sideways',
    countersAsDeltas: 1,
    labelsFrom: { a: 'tag.b' },
  }
  const opening = { name: 'edge', labels: {}, details, base: '/', run: 'r', input: '', questions: () => [] }
  const opened = SOURCE_KINDS.get('EnvoyMetricsService')?.open(createTestWorld(), opening)
  expect(opened?.kind === 'failed' ? opened.error.map(({ path }) => path) : []).toEqual([
    'countersAsDeltas',
    'listen',
    'labelsFrom.a',
    'targets',
    'level',
  ])
})

test(`${RUNS} damaged messages are read as another library reads them`, { timeout: 86_400_000 }, () => {
  const random = createRandom(77)
  const read = createMetricsReader(() => true)
  const text = (bytes: Uint8Array | undefined): string =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  const fake = (): Buffer => {
    const sink = new FakeSink(0)
    sink.add(OK, Math.floor(random() * 1e6))
    sink.record(3, 400)
    return sink.flush(60_000)
  }
  let refused = 0
  let longest = 0
  for (let run = 0; run < RUNS; run++) {
    const bytes = run % 10 === 0 ? fake() : mutate(fake(), fake(), random)
    let plain: Record<string, unknown> | undefined
    try {
      plain = METRICS_AS_BYTES.toObject(METRICS_AS_BYTES.decode(strictReader(bytes)), { longs: Number })
    } catch {
      plain = undefined
    }
    const began = process.cpuUsage()
    const message = read(bytes)
    longest = Math.max(longest, process.cpuUsage(began).user / 1_000)
    if (message === undefined) refused++
    expect(message === undefined, `run ${run}: ${bytes.toString('hex')}`).toBe(plain === undefined)
    if (message === undefined || plain === undefined) continue
    const values = new Map<string, number>()
    const counts = new Map<string, number>()
    type Metric = {
      counter?: { value?: number }
      gauge?: { value?: number }
      histogram?: { sample_count?: number }
    }
    for (const family of (plain['envoy_metrics'] ?? []) as { name?: Uint8Array; metric?: Metric[] }[])
      for (const metric of family.metric ?? []) {
        const name = text(family.name)
        // The last of the two on the wire wins; where a damaged message has both, this side cannot tell which it was.
        if (metric.counter !== undefined && metric.gauge !== undefined) values.delete(name)
        else if (metric.counter ?? metric.gauge)
          values.set(name, (metric.counter ?? metric.gauge)?.value ?? 0)
        if (metric.histogram) counts.set(name, metric.histogram.sample_count ?? 0)
      }
    for (const [name, value] of values) expect(message.values.get(name)).toBe(value)
    expect(new Map([...message.histograms].map(([name, { count }]) => [name, count]))).toEqual(counts)
  }
  expect(longest).toBeLessThan(LONGEST_MS)
  endFuzz('Envoy metrics', { bodies: RUNS, refused, 'ms the longest': longest })
})
