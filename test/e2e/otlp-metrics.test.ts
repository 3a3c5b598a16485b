import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc'
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonExporter,
} from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { labelsKey, type Microseconds, microseconds } from '../../src/base/index.ts'
import type { Collector } from '../../src/collectors/index.ts'
import { openTelemetry } from '../../src/collectors/otlp/kind.ts'
import { countBelow } from '../../src/traffic/index.ts'
import { TestLedger } from '../collectors/log/ledger.ts'
import { createRandom } from '../world.ts'
import { createRealWorld } from './envoy/world.ts'

// Goal: what OpenTelemetry's own SDK records as requests and sends with its own exporters is what is in the ledger, request
// for request, over every transport, temporality and kind of histogram. Method: one process after another exports into a
// receiver that is stopped and started again in the middle, on the same ledger.

const REQUESTS = 3_000
const THRESHOLD = microseconds(250_000)
const ROUTES = ['/pay', '/cart/{id}', '/search']
const world = createRealWorld(1)

interface Receiver {
  readonly ledger: TestLedger
  readonly collector: Collector
  readonly stop: () => Promise<void>
}

let ports = { http: 0, grpc: 0 }
let receiver: Receiver
let runs = 0

async function openReceiver(ledger = new TestLedger()): Promise<Receiver> {
  const opened = openTelemetry.open(world, {
    name: 'otel',
    labels: {},
    details: { http: `127.0.0.1:${ports.http}`, grpc: `127.0.0.1:${ports.grpc}`, signals: ['metrics'] },
    base: '/',
    run: `run-${++runs}`,
    input: '',
    questions: () => [],
  })
  if (opened.kind === 'failed') throw new Error(JSON.stringify(opened.error))
  const stopping = new AbortController()
  const collector = opened.value
  const ended = collector.run(ledger, stopping.signal)
  while (collector.status().targets.length < 2) await world.clock.sleep(5)
  const stop = async (): Promise<void> => {
    stopping.abort()
    await ended
  }
  return { ledger, collector, stop }
}

async function restart(): Promise<void> {
  await receiver.stop()
  receiver = await openReceiver(receiver.ledger)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

beforeEach(async () => {
  ports = { http: await freePort(), grpc: await freePort() }
  receiver = await openReceiver()
})
afterEach(() => receiver.stop())

type Transport = 'http/json' | 'http/protobuf' | 'grpc'

function exporterOf(transport: Transport, preference: AggregationTemporalityPreference): PushMetricExporter {
  const temporalityPreference = preference
  const url = `http://127.0.0.1:${ports.http}/v1/metrics`
  switch (transport) {
    case 'http/json':
      return new JsonExporter({ url, temporalityPreference })
    case 'http/protobuf':
      return new ProtoExporter({ url, temporalityPreference })
    case 'grpc':
      return new GrpcExporter({ url: `http://127.0.0.1:${ports.grpc}`, temporalityPreference })
    default:
      throw new Error(transport satisfies never)
  }
}

interface Recorded {
  good: number
  bad: number
  /** Of the good ones, in seconds. */
  readonly durations: number[]
}

/** One process: records requests, exports thrice in between, and shuts down, which exports once more. */
async function record(
  exporter: PushMetricExporter,
  options: { exponential: boolean; seed: number },
): Promise<Recorded> {
  const random = createRandom(options.seed)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({
      'service.name': 'shop',
      'cloud.provider': 'gcp',
      'service.instance.id': `pod-${options.seed}`,
    }),
    readers: [reader],
    views: options.exponential
      ? [{ instrumentName: '*', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }]
      : [],
  })
  const meter = provider.getMeter('shop', '1.0')
  const duration = meter.createHistogram('http.server.request.duration', {
    unit: 's',
    advice: {
      explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    },
  })
  const heap = meter.createUpDownCounter('process.memory', { unit: 'By' })
  const recorded: Recorded = { good: 0, bad: 0, durations: [] }
  for (let i = 0; i < REQUESTS; i++) {
    if (i % 1_000 === 999) {
      // The SDK tells instants in milliseconds; what begins and ends in one has no known beginning.
      await new Promise((resolve) => setTimeout(resolve, 5))
      await provider.forceFlush()
      if (i === 1_999) await restart()
    }
    const fails = i > 500 && random() < 0.03
    const seconds = random() < 0.01 ? 20 * random() : 0.6 * random() ** 3
    heap.add(1)
    duration.record(seconds, {
      'http.request.method': 'GET',
      'http.route': ROUTES[i % 3] ?? '',
      'http.response.status_code': fails ? 503 : 200,
      ...(fails ? { 'error.type': '503' } : {}),
    })
    if (fails) recorded.bad++
    else {
      recorded.good++
      recorded.durations.push(seconds)
    }
  }
  await provider.forceFlush()
  await provider.shutdown()
  return recorded
}

/** How many good ones are counted below an edge. */
function countedWithin(ledger: TestLedger, edge: Microseconds): number {
  let count = 0
  for (const { row } of ledger.cells.values())
    if (row.outcome === 'good' && row.latency !== undefined) count += countBelow(row.latency, edge)
  return count
}

const { CUMULATIVE, DELTA, LOWMEMORY } = AggregationTemporalityPreference

describe.each<Transport>(['http/json', 'http/protobuf', 'grpc'])('over %s', (transport) => {
  describe.each([
    ['running totals', CUMULATIVE],
    ['deltas', DELTA],
    ['deltas to save memory', LOWMEMORY],
  ] as const)('as %s', (_, preference) => {
    test.each([
      ['buckets with bounds', false],
      ['exponential buckets', true],
    ] as const)('in %s every request is counted once', async (_, exponential) => {
      const first = await record(exporterOf(transport, preference), { exponential, seed: 7 })
      const second = await record(exporterOf(transport, preference), { exponential, seed: 8 })
      const { ledger, collector } = receiver
      expect(ledger.totals(({ outcome }) => outcome)).toEqual({
        good: first.good + second.good,
        bad: first.bad + second.bad,
      })
      const { rejected, targets } = collector.status()
      expect(rejected).toBe(0)
      const durations = [...first.durations, ...second.durations]
      const within = durations.filter((seconds) => seconds <= 0.25).length
      const counted = countedWithin(ledger, THRESHOLD)
      const told = targets.find(({ name }) => name === 'metrics, durations')?.detail ?? ''
      if (exponential) {
        expect(told).toMatch(/up to [\d.]+ % shorter/)
        const shorter = Number(/up to ([\d.]+) %/.exec(told)?.[1]) / 100
        expect(counted).toBeLessThanOrEqual(within)
        expect(counted).toBeGreaterThanOrEqual(
          durations.filter((seconds) => seconds <= 0.25 * (1 - shorter * 1.1)).length,
        )
      } else {
        expect(told).toContain('exact within 5ms, 10ms, 25ms, 50ms, 75ms, 100ms, 250ms')
        expect(counted).toBe(within)
      }
      const series = ledger.totals(({ labels }) => labelsKey(labels))
      expect(Object.keys(series)).toEqual([
        'cloud_provider=gcp,operation=/cart/{id},service_name=shop',
        'cloud_provider=gcp,operation=/pay,service_name=shop',
        'cloud_provider=gcp,operation=/search,service_name=shop',
      ])
    })
  })
})
