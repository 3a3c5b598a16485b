import { createFileRegistry, type DescMessage, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor.js'
import { type Labels, seconds, unixSeconds } from '../src/base/index.ts'
import { createTraceSignal } from '../src/collectors/otlp/traces.ts'
import type { Counting } from '../src/collectors/push/intake.ts'
import { type Accumulator, createAccumulator, createJudge, type SeriesHandle } from '../src/traffic/index.ts'
import { keyValues, TraceRequest } from '../test/collectors/otlp/fuzz-messages.ts'
import { createRandom } from '../test/world.ts'

// How many spans one core turns from protobuf into counts in a second: decoded, told apart from those that came before,
// judged, named and added up; beside the same work over the objects that protobufjs and @bufbuild/protobuf make.

const REQUESTS = 40
const SPANS = 1_000
const RESOURCES = 10
const ROUNDS = Number(process.env['ROUNDS'] ?? 9)
const NOW = unixSeconds(Date.UTC(2026, 2, 14, 12) / 1000)
const WINDOW = 100_000
/** By these four bytes the ids are found again, so that each round has ids of its own. */
const MARK = Buffer.from([0xa5, 0x5a, 0xc3, 0x3c])
const ROUTES = Array.from({ length: 20 }, (_, i) => `/api/v1/resource-${i}/{id}`)
const random = createRandom(1)

function pick<T>(list: readonly T[]): T {
  const found = list[Math.floor(random() * list.length)]
  if (found === undefined) throw new Error('an empty list')
  return found
}

/** A server span of twelve attributes and about 512 bytes, as an SDK's HTTP instrumentation makes them. */
function span(index: number): object {
  const spanId = Buffer.alloc(8)
  MARK.copy(spanId)
  spanId.writeUInt32BE(index, 4)
  const traceId = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)))
  const end = BigInt(NOW) * 1_000_000_000n - BigInt(Math.floor(random() * 120e9))
  const duration = BigInt(Math.floor(1e6 * Math.exp(random() * 6)))
  const code = random() < 0.97 ? 200 : pick([404, 500, 503, 429])
  const route = pick(ROUTES)
  return {
    traceId,
    spanId,
    parentSpanId: Buffer.from('0123456789abcdef', 'hex'),
    name: `GET ${route}`,
    kind: 2,
    startTimeUnixNano: String(end - duration),
    endTimeUnixNano: String(end),
    attributes: keyValues({
      'http.request.method': 'GET',
      'url.scheme': 'https',
      'url.path': route.replace('{id}', String(index)),
      'server.address': 'shop.example.com',
      'server.port': 443,
      'http.route': route,
      'http.response.status_code': code,
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
      'client.address': '203.0.113.7',
      'network.protocol.version': '2',
      'network.peer.address': '10.20.30.40',
      'thread.id': index % 64,
    }),
    status: code >= 500 ? { code: 2 } : {},
  }
}

function resource(i: number): object {
  return {
    attributes: keyValues({
      'service.name': `service-${i}`,
      'service.namespace': 'shop',
      'service.version': '1.42.0',
      'service.instance.id': `pod-${i}`,
      'cloud.provider': ['aws', 'gcp', 'azure'][i % 3] ?? 'aws',
      'cloud.region': `region-${i % 4}`,
      'k8s.cluster.name': 'prod',
      'deployment.environment.name': 'production',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.version': '2.12.0',
      'host.name': `host-${i}`,
      'process.pid': 4_711,
    }),
  }
}

function request(first: number): Buffer {
  const resourceSpans = Array.from({ length: RESOURCES }, (_, i) => ({
    resource: resource(i),
    scopeSpans: [
      {
        scope: { name: '@opentelemetry/instrumentation-http', version: '0.223.0' },
        spans: Array.from({ length: SPANS / RESOURCES }, (_s, j) => span(first + i * 1_000 + j)),
      },
    ],
  }))
  return Buffer.from(TraceRequest.encode(TraceRequest.fromObject({ resourceSpans })).finish())
}

/** Where the bytes stand that make ids differ. */
function idsIn(body: Buffer): readonly number[] {
  const places: number[] = []
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + 1)) places.push(at)
  if (places.length !== SPANS) throw new Error(`${places.length} ids`)
  return places
}

interface Reader {
  readonly read: (body: Buffer) => void
  readonly accumulator: Accumulator
}

function createOurs(): Reader {
  const accumulator = createAccumulator({ source: 'bench', writer: 'ours' })
  const signal = createTraceSignal({
    source: 'bench',
    labels: {},
    now: () => NOW,
    options: {
      service: { kind: 'from', from: 'field', field: 'service.name', map: {}, otherwise: '', pattern: '' },
      operations: [],
      abort: undefined,
      healthChecks: { paths: [], agents: [] },
      outcomes: {},
      duplicates: { most: WINDOW, window: seconds(300) },
      late: seconds(86_400),
    },
  })
  const into: Counting = {
    series: accumulator.series,
    add: accumulator.addTo,
    addAll: accumulator.addAll,
    exemplar: () => undefined,
    counts: () => undefined,
    remember: () => undefined,
    reject: (events) => {
      throw new Error(`${events} rejected`)
    },
  }
  const read = (body: Buffer): void => {
    const reading = signal.read(body, 'protobuf')
    if (reading.kind === 'failed') throw new Error(reading.error)
    reading.value.count(into)
  }
  return { read, accumulator }
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: object | number
  /** Of @bufbuild/protobuf; in protobufjs the name of what is set. */
  readonly value?: string | { readonly case: string; readonly value: unknown }
}
interface Decoded {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly Pair[] }
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[]
  }[]
}
interface Pair {
  readonly key: string
  readonly value: Value
}
interface DecodedSpan {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly kind: number
  readonly startTimeUnixNano: { toString(): string }
  readonly endTimeUnixNano: { toString(): string }
  readonly attributes: readonly Pair[]
}

const LABELS = new Map([
  ['service.namespace', 'service_namespace'],
  ['cloud.provider', 'cloud_provider'],
  ['cloud.region', 'cloud_region'],
  ['k8s.cluster.name', 'k8s_cluster_name'],
  ['deployment.environment.name', 'deployment_environment'],
  ['service.name', 'service_name'],
])
const plain = ({ value, stringValue, intValue }: Value): unknown =>
  typeof value === 'object' ? value.value : value === 'stringValue' ? stringValue : Number(intValue)

/** The same work over a library's objects, as one would write it, with series looked up once and judged by the same rules. */
function createOver(decode: (body: Buffer) => Decoded): Reader {
  const accumulator = createAccumulator({ source: 'bench', writer: 'library' })
  const judge = createJudge()
  const handles = new Map<string, SeriesHandle>()
  let seen = new Set<string>()
  let before = new Set<string>()
  const read = (body: Buffer): void => {
    for (const each of decode(body).resourceSpans) {
      const labels: Record<string, string> = {}
      for (const { key, value } of each.resource?.attributes ?? []) {
        const label = LABELS.get(key)
        if (label !== undefined) labels[label] = String(plain(value))
      }
      const name = JSON.stringify(labels)
      for (const { spans } of each.scopeSpans)
        for (const span of spans) {
          if (span.kind !== 2) continue
          const id = `${Buffer.from(span.traceId).toString('latin1')}${Buffer.from(span.spanId).toString('latin1')}`
          if (seen.has(id) || before.has(id)) continue
          seen.add(id)
          if (seen.size >= WINDOW) [before, seen] = [seen, new Set()]
          count(span, { labels, name })
        }
    }
  }
  const count = (span: DecodedSpan, of: { readonly labels: Labels; readonly name: string }): void => {
    let [route, code, userAgent, path] = ['', 0, '', '']
    for (const { key, value } of span.attributes)
      if (key === 'http.route') route = String(plain(value))
      else if (key === 'http.response.status_code') code = Number(plain(value))
      else if (key === 'user_agent.original') userAgent = String(plain(value))
      else if (key === 'url.path') path = String(plain(value))
    const key = `${of.name} ${route}`
    let handle = handles.get(key)
    if (handle === undefined) {
      handle = accumulator.series({ ...of.labels, operation: route })
      handles.set(key, handle)
    }
    const start = BigInt(span.startTimeUnixNano.toString())
    const end = BigInt(span.endTimeUnixNano.toString())
    const duration = Number((end - start) / 1_000n)
    const { outcome, reason } = judge({ code, userAgent, path, duration })
    accumulator.addTo(handle, { minute: Number(end / 60_000_000_000n) * 60, outcome, reason, duration })
  }
  return { read, accumulator }
}

/** Our descriptors for the other library. */
function bufSchema(): DescMessage {
  const root = TraceRequest.root as protobuf.Root & { toDescriptor(edition: string): protobuf.Message }
  const set = descriptor.FileDescriptorSet.encode(root.toDescriptor('proto3')).finish()
  const schema = createFileRegistry(fromBinary(FileDescriptorSetSchema, set)).getMessage('Request')
  if (schema === undefined) throw new Error('no schema')
  return schema
}

/** Which counts came out, as one text. */
function sumOf({ accumulator }: Reader): string {
  return accumulator
    .drain({ all: true })
    .traffic.map(({ labels, minute, outcome, reason, count, latency }) => {
      const entries = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
      return JSON.stringify([entries, minute, outcome, reason, count, latency])
    })
    .toSorted()
    .join('\n')
}

const bodies = Array.from({ length: REQUESTS }, (_, i) => request(i * SPANS * 10))
const ids = bodies.map(idsIn)
const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
const schema = bufSchema()
const readers: readonly (readonly [string, Reader])[] = [
  ['ours', createOurs()],
  ['protobufjs', createOver((body) => TraceRequest.decode(body) as unknown as Decoded)],
  ['@bufbuild/protobuf', createOver((body) => fromBinary(schema, body) as unknown as Decoded)],
]
const times = new Map<string, number[]>(readers.map(([name]) => [name, []]))
for (let round = 0; round < ROUNDS; round++) {
  bodies.forEach((body, i) => {
    for (const at of ids[i] ?? []) body.writeUInt16BE(0x1000 + round, at + 2)
  })
  for (const [name, { read }] of readers) {
    globalThis.gc?.()
    // Of all threads: collecting garbage on another core is work too.
    const before = process.cpuUsage()
    for (const body of bodies) read(body)
    const { user, system } = process.cpuUsage(before)
    times.get(name)?.push((user + system) / 1_000)
  }
}
const sums = readers.map(([, reader]) => sumOf(reader))
if (sums.some((sum) => sum !== sums[0])) throw new Error('they do not count the same')
const spans = REQUESTS * SPANS
const rates = readers.map(([name]) => {
  const sorted = [...(times.get(name) ?? [])].slice(2).sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return { name, rate: (spans / median) * 1_000, best: (spans / (sorted[0] ?? Number.NaN)) * 1_000 }
})
console.log(
  `${REQUESTS} requests of ${SPANS} spans, ${Math.round(bytes / spans)} bytes a span, ${ROUNDS} rounds`,
)
for (const { name, rate, best } of rates)
  console.log(
    `${name.padEnd(20)} ${Math.round(rate / 1_000)} k spans per CPU second (best ${Math.round(best / 1_000)} k)   ` +
      `ours is ${((rates[0]?.rate ?? 0) / rate).toFixed(1)} times that`,
  )
console.log(`the target for ours is 2000 k; all three have the same ${sums[0]?.split('\n').length} cells`)
