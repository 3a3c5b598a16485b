import { SpanKind } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collector } from '../../src/collectors/index.ts'
import { openTelemetry } from '../../src/collectors/otlp/kind.ts'
import { TestLedger } from '../collectors/log/ledger.ts'
import { freePort } from '../faults/otlp-rig.ts'
import { until } from './envoy/envoy.ts'
import { createRealWorld } from './envoy/world.ts'
import { findCollector, type RunningCollector, startCollector } from './otel-collector/collector.ts'

// Goal: the OpenTelemetry Collector sends to Nines with its default settings, over gRPC and over HTTP, and nothing is
// refused. Method: an SDK sends spans, metrics and access logs to a real Collector, which sends them on; the ledger has
// each request once for each of the two ways.

const binary = findCollector()
if (binary === undefined)
  console.log(
    'The OpenTelemetry Collector is not tested: name one with NINES_OTELCOL or put otelcol on the PATH',
  )

const SPANS = 5_000
const POINTS = 400
const RECORDS = 300
const WAYS = ['toGrpc', 'toHttp'] as const
const world = createRealWorld(1)

describe.skipIf(binary === undefined)('a real OpenTelemetry Collector', () => {
  const ledger = new TestLedger()
  const stopping = new AbortController()
  let collector: Collector
  let ended: Promise<void>
  let otelcol: RunningCollector
  let ports = { toGrpc: 0, toHttp: 0, grpc: 0, http: 0 }

  beforeAll(async () => {
    ports = {
      toGrpc: await freePort(),
      toHttp: await freePort(),
      grpc: await freePort(),
      http: await freePort(),
    }
    const opened = openTelemetry.open(world, {
      name: 'apm',
      labels: {},
      details: {
        http: `127.0.0.1:${ports.http}`,
        grpc: `127.0.0.1:${ports.grpc}`,
        // The services differ by signal, so that no request is told twice.
        signals: ['traces', 'metrics', 'logs'],
      },
      base: '/',
      run: 'run',
      input: '',
      questions: () => [],
    })
    if (opened.kind === 'failed') throw new Error(JSON.stringify(opened.error))
    collector = opened.value
    ended = collector.run(ledger, stopping.signal)
    otelcol = await startCollector(binary ?? '', ports)
  })
  afterAll(async () => {
    await otelcol?.stop()
    stopping.abort()
    await ended
  })

  const resourceOf = (way: string, signal: string) =>
    resourceFromAttributes({ 'service.name': `${signal} ${way}`, 'service.instance.id': 'pod-1' })
  const totals = (signal: string): Record<string, number> =>
    ledger.totals(({ labels, outcome }) => {
      const service = labels['service_name'] ?? ''
      return service.startsWith(signal) ? `${service.replace(`${signal} `, '')} ${outcome}` : 'another'
    })
  const counted = async (signal: string, each: number): Promise<Record<string, number>> => {
    const sum = (): number =>
      Object.entries(totals(signal)).reduce((all, [key, n]) => (key === 'another' ? all : all + n), 0)
    await until(async () => sum() >= each * WAYS.length)
    const { another: _, ...found } = totals(signal)
    return found
  }

  test('sends every span on, once', async () => {
    for (const way of WAYS) {
      const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${ports[way]}/v1/traces` })
      const provider = new NodeTracerProvider({
        resource: resourceOf(way, 'spans'),
        spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: SPANS })],
      })
      for (let i = 0; i < SPANS; i++) {
        const span = provider.getTracer('shop').startSpan('GET /cart', { kind: SpanKind.SERVER })
        span.setAttributes({ 'http.route': '/cart', 'http.response.status_code': i % 10 === 0 ? 500 : 200 })
        span.end()
      }
      await provider.shutdown()
    }
    const [bad, good] = [SPANS / 10, (SPANS / 10) * 9]
    expect(await counted('spans', SPANS)).toEqual({
      'toGrpc bad': bad,
      'toGrpc good': good,
      'toHttp bad': bad,
      'toHttp good': good,
    })
  })

  test('sends every point of metrics on, once', async () => {
    for (const way of WAYS) {
      const exporter = new OTLPMetricExporter({ url: `http://127.0.0.1:${ports[way]}/v1/metrics` })
      const provider = new MeterProvider({
        resource: resourceOf(way, 'points'),
        readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
      })
      const duration = provider
        .getMeter('shop')
        .createHistogram('http.server.request.duration', { unit: 's' })
      for (let i = 0; i < POINTS; i++)
        duration.record(0.02, { 'http.route': '/pay', 'http.response.status_code': i % 4 === 0 ? 503 : 200 })
      // The SDK tells instants in milliseconds; a series that is first recorded and told in one has no known beginning.
      await world.clock.sleep(5)
      await provider.shutdown()
    }
    const [bad, good] = [POINTS / 4, (POINTS / 4) * 3]
    expect(await counted('points', POINTS)).toEqual({
      'toGrpc bad': bad,
      'toGrpc good': good,
      'toHttp bad': bad,
      'toHttp good': good,
    })
  })

  test('sends every access log on, once', async () => {
    for (const way of WAYS) {
      const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${ports[way]}/v1/logs` })
      const provider = new LoggerProvider({
        resource: resourceOf(way, 'records'),
        processors: [new BatchLogRecordProcessor({ exporter })],
      })
      for (let i = 0; i < RECORDS; i++)
        provider.getLogger('edge').emit({
          attributes: {
            response_code: i % 3 === 0 ? 502 : 200,
            duration: 12,
            path: '/v1/cart',
            method: 'GET',
          },
        })
      await provider.shutdown()
    }
    const [bad, good] = [RECORDS / 3, (RECORDS / 3) * 2]
    expect(await counted('records', RECORDS)).toEqual({
      'toGrpc bad': bad,
      'toGrpc good': good,
      'toHttp bad': bad,
      'toHttp good': good,
    })
  })

  test('was refused nothing', () => {
    expect(collector.status()).toMatchObject({ rejected: 0, overflowed: 0, problem: undefined })
    expect(otelcol.said()).not.toMatch(/Exporting failed|Partial success|Dropping|error/i)
  })
})
