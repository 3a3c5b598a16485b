import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as grpc from '@grpc/grpc-js'
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
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { microseconds } from '../../src/base/index.ts'
import type { MetricSignal } from '../../src/collectors/otlp/metrics.ts'
import { certaintyOf } from '../../src/collectors/otlp/metrics-resolution.ts'
import type { Encoding } from '../../src/collectors/otlp/signal.ts'
import { binAtEdge } from '../../src/traffic/index.ts'
import { type Counted, createCounting, openSignal } from '../collectors/otlp/metrics-support.ts'
import { createRandom } from '../world.ts'

// Goal: what OpenTelemetry's own SDK records as requests and sends with its own exporters is what is counted, request
// for request, over every transport, temporality and kind of histogram. Method: one process after another exports into
// a receiver whose signal is opened anew, from what it remembers, in the middle.

interface Receiver {
  readonly into: Counted
  signal: MetricSignal
  requests: number
}

const REQUESTS = 3_000
const THRESHOLD = microseconds(250_000)
const ROUTES = ['/pay', '/cart/{id}', '/search']

let receiver: Receiver
const openReceiver = (): Receiver => {
  const into = createCounting()
  return { into, signal: openSignal(into.remembered, { now: () => Date.now() / 1000 }), requests: 0 }
}
const restart = (): void => {
  const { into, requests } = receiver
  const signal = openSignal(new Map(into.remembered), { now: () => Date.now() / 1000 })
  receiver = { into, requests, signal }
}

function take(body: Uint8Array, encoding: Encoding): void {
  receiver.requests++
  const reading = receiver.signal.read(body, encoding)
  if (reading.kind === 'failed') throw new Error(reading.error)
  expect(reading.value.message).toBe('')
  reading.value.count(receiver.into)
}

const web = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const type = request.headers['content-type'] ?? ''
    take(Buffer.concat(parts), type.includes('json') ? 'json' : 'protobuf')
    response.writeHead(200, { 'content-type': type }).end(type.includes('json') ? '{}' : '')
  })
})
const calls = new grpc.Server()
calls.addService(
  {
    Export: {
      path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: (each: Buffer) => each,
      requestDeserialize: (each: Buffer) => each,
      responseSerialize: (each: Buffer) => each,
      responseDeserialize: (each: Buffer) => each,
    },
  },
  {
    Export: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      take(call.request, 'protobuf')
      done(null, Buffer.alloc(0))
    },
  },
)
let url = ''
let address = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/v1/metrics`
  const port = await new Promise<number>((resolve, reject) =>
    calls.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  address = `http://127.0.0.1:${port}`
})
afterAll(async () => {
  await new Promise<void>((resolve) => web.close(() => resolve()))
  calls.forceShutdown()
})

type Transport = 'http/json' | 'http/protobuf' | 'grpc'

function exporterOf(transport: Transport, preference: AggregationTemporalityPreference): PushMetricExporter {
  const temporalityPreference = preference
  switch (transport) {
    case 'http/json':
      return new JsonExporter({ url, temporalityPreference })
    case 'http/protobuf':
      return new ProtoExporter({ url, temporalityPreference })
    case 'grpc':
      return new GrpcExporter({ url: address, temporalityPreference })
    default:
      throw new Error(transport satisfies never)
  }
}

interface Recorded {
  good: number
  bad: number
  within: number
  /** Good ones that took at most the threshold less a step, and at most it. */
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
  const recorded: Recorded = { good: 0, bad: 0, within: 0, durations: [] }
  for (let i = 0; i < REQUESTS; i++) {
    if (i % 1_000 === 999) {
      // The SDK tells instants in milliseconds; what begins and ends in one has no known beginning.
      await new Promise((resolve) => setTimeout(resolve, 5))
      await provider.forceFlush()
      if (i === 1_999) restart()
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
function countedWithin(into: Counted, edge: number): number {
  const end = binAtEdge(edge) ?? 0
  let count = 0
  for (const [key, { bins }] of into.cells)
    if (key.includes(' good ')) for (const [bin, n] of bins) if (bin < end) count += n
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
      receiver = openReceiver()
      const first = await record(exporterOf(transport, preference), { exponential, seed: 7 })
      const second = await record(exporterOf(transport, preference), { exponential, seed: 8 })
      const { into, signal } = receiver
      expect(receiver.requests).toBeGreaterThanOrEqual(8)
      expect(into.total('good')).toBe(first.good + second.good)
      expect(into.total('bad')).toBe(first.bad + second.bad)
      expect(into.rejected()).toBe(0)
      const durations = [...first.durations, ...second.durations]
      const counted = countedWithin(into, THRESHOLD)
      const certainty = certaintyOf(THRESHOLD, signal.resolution())
      const within = durations.filter((seconds) => seconds <= 0.25).length
      if (certainty.kind === 'exact') expect(counted).toBe(within)
      else {
        expect(counted).toBeLessThanOrEqual(within)
        expect(countedWithin(into, certainty.atMost ?? Number.NaN)).toBeGreaterThanOrEqual(within)
      }
      expect(certainty.kind).toBe(exponential ? 'bounded' : 'exact')
      const series = new Set([...into.cells.keys()].map((key) => key.replace(/ .*/, '')))
      expect([...series].sort()).toEqual([
        'cloud_provider=gcp,operation=/cart/{id},service_name=shop',
        'cloud_provider=gcp,operation=/pay,service_name=shop',
        'cloud_provider=gcp,operation=/search,service_name=shop',
      ])
    })
  })
})
