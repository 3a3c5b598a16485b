import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileSource } from '../slow/compiled.ts'
import { createRandom } from '../world.ts'
import { freePort, type Life, startReceiver } from './otlp-rig.ts'

// Goal: every span whose export was answered with success is counted, none twice, retries included. Method: the SDK's
// own exporters in this process send 100,000 spans to a receiver in another, which is killed five times: three times at
// any moment, twice when a write is on disk and its senders were not told. Each batch has a route of its own, so the
// ledger says of each how many of its spans were counted.

const SPANS = Number(process.env['NINES_CRASH_SPANS'] ?? 100_000)
const directory = mkdtempSync(join(tmpdir(), 'nines-otlp-crash-'))
const path = join(directory, 'data')
let compiled: string
let life: Life | undefined
beforeAll(() => {
  compiled = compileSource(join(directory, 'compiled'))
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
})
afterAll(() => {
  life?.child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

interface Batch {
  readonly route: string
  readonly size: number
  attempts: number
  isAnswered: boolean
}

/** An exporter as an application has it, which is asked again with the same spans until it says that they were taken. */
class Persistent implements SpanExporter {
  readonly batches: Batch[] = []
  readonly #name: string
  readonly #exporter: SpanExporter

  constructor(name: string, exporter: SpanExporter) {
    this.#name = name
    this.#exporter = exporter
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    const batch = {
      route: `/${this.#name}/${this.batches.length}`,
      size: spans.length,
      attempts: 0,
      isAnswered: false,
    }
    this.batches.push(batch)
    for (const span of spans) span.attributes['http.route'] = batch.route
    const attempt = (): void => {
      batch.attempts++
      this.#exporter.export(spans, (result) => {
        if (result.code !== 0) return void setTimeout(attempt, 200)
        batch.isAnswered = true
        done(result)
      })
    }
    attempt()
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }
}

test('five times killed while SDKs export, every span that was answered counts once', async () => {
  const [http, grpc] = [await freePort(), await freePort()]
  const details = { http: `127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}` }
  const url = `http://127.0.0.1:${http}/v1/traces`
  const exporters = [
    ['proto', new ProtoExporter({ url })],
    ['packed', new ProtoExporter({ url, compression: 'gzip' as never })],
    ['json', new JsonExporter({ url })],
    ['json-packed', new JsonExporter({ url, compression: 'gzip' as never })],
    ['grpc', new GrpcExporter({ url: `http://127.0.0.1:${grpc}` })],
    ['grpc-packed', new GrpcExporter({ url: `http://127.0.0.1:${grpc}`, compression: 'gzip' as never })],
  ] as const
  const senders = exporters.map(([name, exporter]) => {
    const persistent = new Persistent(name, exporter)
    const provider = new NodeTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'checkout' }),
      spanProcessors: [
        new BatchSpanProcessor(persistent, {
          maxQueueSize: SPANS,
          exportTimeoutMillis: 200_000,
          scheduledDelayMillis: 100,
        }),
      ],
    })
    return { persistent, provider }
  })
  const began = Math.floor(Date.now() / 60_000) * 60
  let made = 0
  /** Lets the application end so many requests, one after the other in all processors. */
  const serve = (requests: number): void => {
    for (const end = Math.min(SPANS, made + requests); made < end; made++) {
      const { provider } = senders[made % senders.length] ?? {}
      const span = provider?.getTracer('load').startSpan('GET', { kind: SpanKind.SERVER })
      span?.setAttribute('http.response.status_code', made % 50 === 0 ? 503 : 200)
      span?.end()
    }
  }
  const random = createRandom(11)
  for (let kill = 0; kill < 5; kill++) {
    const isSilent = kill % 2 === 1
    life = startReceiver(compiled, path, { details, ...(isSilent ? { silentAfter: 2 } : {}) })
    await life.said('listening')
    serve(SPANS / 6)
    if (isSilent) await life.said('silent')
    else await life.said('written').then(() => delay(random() * 1_000))
    life.child.kill('SIGKILL')
    await life.ended
  }
  life = startReceiver(compiled, path, { details })
  await life.said('listening')
  serve(SPANS)
  await Promise.all(senders.map(({ provider }) => provider.forceFlush()))
  life.child.stdin?.end()
  await life.said('closed')

  const batches = senders.flatMap(({ persistent }) => persistent.batches)
  expect(batches.every(({ isAnswered }) => isAnswered)).toBe(true)
  expect(batches.reduce((sum, { size }) => sum + size, 0)).toBe(SPANS)
  const read = { from: began - 600, to: Math.floor(Date.now() / 60_000) * 60 + 120 }
  const { counted } = await startReceiver(compiled, path, { read }).said('counted')
  const found = new Map(counted as readonly (readonly [string, number])[])
  const wrong = batches.filter(({ route, size }) => found.get(route) !== size)
  expect(wrong.map(({ route, size }) => `${route}: ${found.get(route) ?? 0} of ${size}`)).toEqual([])
  expect([...found.values()].reduce((sum, each) => sum + each, 0)).toBe(SPANS)
  const again = batches.filter(({ attempts }) => attempts > 1).length
  console.log(
    `${SPANS} spans in ${batches.length} batches over five kills, ${again} batches sent again by the application`,
  )
})
