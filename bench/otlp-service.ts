import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { SOURCE_KINDS } from '../src/collectors/index.ts'
import { openLedger } from '../src/store/index.ts'
import { createSystem } from '../src/system.ts'
import { keyValues, TraceRequest } from '../test/collectors/otlp/fuzz-messages.ts'
import { createRandom } from '../test/world.ts'

// How many spans a second of the service's processor time takes in: over HTTP, decoded, judged, counted, and answered
// when they are on disk. The receiver and its ledger run in a process of their own, whose processor time (that of all
// its threads, the ledger's engine among them) is what counts; this one sends.
//
// `NINES_SOAK_MINUTES=10` sends at a steady pace for so long instead, and says how much memory the receiver has.

const SPANS = 500
const AT_ONCE = Number(process.env['NINES_BENCH_CONNECTIONS'] ?? 100)
const PLENTY = Number(process.env['NINES_BENCH_SPANS'] ?? 2_000_000)
const SOAK_MINUTES = Number(process.env['NINES_SOAK_MINUTES'] ?? 0)
const SOAK_SPANS_A_SECOND = 20_000
const MARK = Buffer.from([0xa5, 0x5a, 0xc3, 0x3c])
const ROUTES = Array.from({ length: 20 }, (_, i) => `/api/v1/resource-${i}/{id}`)
const random = createRandom(1)
let ids = 0

/** The receiver: says where it listens, and on each message what it has used. */
async function serve(path: string): Promise<void> {
  const system = createSystem({ logLevel: 'warn', logFormat: 'json', env: {} })
  await using ledger = await openLedger(system, {
    kind: 'embedded',
    path,
    retention: { traffic: 400, exemplars: 14 },
  })
  const opened = SOURCE_KINDS.get('OpenTelemetry')?.open(system, {
    name: 'apm',
    labels: {},
    details: { http: '127.0.0.1:0', grpc: 'off' },
    base: '.',
    run: 'bench',
    input: '',
    questions: () => [],
  })
  if (opened?.kind !== 'ok') throw new Error(JSON.stringify(opened))
  const collector = opened.value
  const stopping = new AbortController()
  const ended = collector.run(ledger, stopping.signal)
  while (collector.status().targets.length === 0) await delay(10)
  process.on('message', (message) => {
    if (message === 'stop') stopping.abort()
    const { user, system: kernel } = process.cpuUsage()
    const { events, rejected } = collector.status()
    process.send?.({ cpu: (user + kernel) / 1e6, rss: process.memoryUsage.rss(), events, rejected })
  })
  process.send?.({ port: Number(collector.status().targets[0]?.name.split(':').at(-1)) })
  await ended
  process.disconnect()
}

interface Usage {
  readonly cpu: number
  readonly rss: number
  readonly events: number
  readonly rejected: number
}

interface Receiver {
  readonly child: ChildProcess
  readonly port: number
  readonly usage: () => Promise<Usage>
}

function heard<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as T)))
}

async function measure(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'nines-bench-otlp-'))
  const child = fork(import.meta.filename, ['serve', join(directory, 'ledger')])
  try {
    const { port } = await heard<{ port: number }>(child)
    const usage = (): Promise<Usage> => {
      child.send('usage')
      return heard<Usage>(child)
    }
    const receiver = { child, port, usage }
    if (SOAK_MINUTES > 0) await soak(receiver)
    else {
      await send(receiver, PLENTY / 10, {})
      await report(receiver, 'as it is', { spans: PLENTY })
      await report(receiver, 'gzip', { spans: PLENTY / 2, isPacked: true })
    }
    child.send('stop')
    await new Promise((resolve) => child.once('exit', resolve))
  } finally {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Sending {
  readonly spans: number
  readonly isPacked?: boolean
}

async function report(receiver: Receiver, name: string, { spans, isPacked = false }: Sending): Promise<void> {
  const before = await receiver.usage()
  const began = performance.now()
  await send(receiver, spans, { isPacked })
  const seconds = (performance.now() - began) / 1000
  const after = await receiver.usage()
  const counted = after.events - before.events
  if (counted !== spans || after.rejected > 0) throw new Error(`${counted} of ${spans} were counted`)
  const perCpu = Math.round(spans / (after.cpu - before.cpu))
  console.log(
    `${name}: ${perCpu.toLocaleString('en-US')} spans per processor second, ${Math.round(spans / seconds).toLocaleString('en-US')} a second, ${Math.round(after.rss / 1e6)} MB`,
  )
}

/** Sends so many spans, each with an id of its own, so many requests at once. */
async function send(
  { port }: Receiver,
  spans: number,
  { isPacked = false, perSecond = Number.POSITIVE_INFINITY }: { isPacked?: boolean; perSecond?: number },
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const began = performance.now()
  let left = spans / SPANS
  const sender = async (): Promise<void> => {
    const body = requestBody()
    const places = idsIn(body)
    while (left-- > 0) {
      const sent = spans - left * SPANS
      const early = (sent / perSecond) * 1000 - (performance.now() - began)
      if (early > 0) await delay(early)
      for (const place of places) body.writeUInt32BE(++ids, place)
      await post(agent, port, isPacked ? gzipSync(body, { level: 1 }) : body, isPacked)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sender))
  agent.destroy()
}

function post(agent: Agent, port: number, body: Buffer, isPacked: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-length': body.length,
      ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    }
    const request = httpRequest({ agent, port, path: '/v1/traces', method: 'POST', headers }, (response) => {
      response.resume()
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function soak(receiver: Receiver): Promise<void> {
  const sizes: number[] = []
  for (let minute = 1; minute <= SOAK_MINUTES; minute++) {
    await send(receiver, SOAK_SPANS_A_SECOND * 60, { perSecond: SOAK_SPANS_A_SECOND })
    const { rss, events } = await receiver.usage()
    sizes.push(rss)
    console.log(`minute ${minute}: ${Math.round(rss / 1e6)} MB after ${events.toLocaleString('en-US')} spans`)
  }
  const half = Math.floor(sizes.length / 2)
  const [early, late] = [sizes.slice(0, half), sizes.slice(half)].map((each) => Math.max(...each) / 1e6)
  console.log(
    `at most ${Math.round(early ?? 0)} MB in the first half, ${Math.round(late ?? 0)} MB in the second`,
  )
}

/** A server span of twelve attributes and about 512 bytes, as an SDK's HTTP instrumentation makes them. */
function span(index: number, now: number): object {
  const spanId = Buffer.alloc(8)
  MARK.copy(spanId)
  const end = BigInt(now) * 1_000_000n - BigInt(Math.floor(random() * 5e9))
  const code = random() < 0.97 ? 200 : [404, 500, 503, 429][index % 4]
  const route = ROUTES[index % ROUTES.length] ?? ''
  return {
    traceId: Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256))),
    spanId,
    parentSpanId: Buffer.from('0123456789abcdef', 'hex'),
    name: `GET ${route}`,
    kind: 2,
    startTimeUnixNano: String(end - BigInt(Math.floor(1e6 * Math.exp(random() * 6)))),
    endTimeUnixNano: String(end),
    attributes: keyValues({
      'http.request.method': 'GET',
      'url.scheme': 'https',
      'url.path': route.replace('{id}', String(index)),
      'server.address': 'shop.example.com',
      'server.port': 443,
      'http.route': route,
      'http.response.status_code': code ?? 500,
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
      'client.address': '203.0.113.7',
      'network.protocol.version': '2',
      'network.peer.address': '10.20.30.40',
      'thread.id': index % 64,
    }),
    status: (code ?? 500) >= 500 ? { code: 2 } : {},
  }
}

function requestBody(): Buffer {
  const now = Date.now()
  const service = Math.floor(random() * 10)
  const resource = {
    attributes: keyValues({
      'service.name': `service-${service}`,
      'service.namespace': 'shop',
      'cloud.provider': ['aws', 'gcp', 'azure'][service % 3] ?? 'aws',
      'cloud.region': `region-${service % 4}`,
      'k8s.cluster.name': 'prod',
      'telemetry.sdk.language': 'nodejs',
    }),
  }
  const spans = Array.from({ length: SPANS }, (_, i) => span(i, now))
  const scopeSpans = [{ scope: { name: '@opentelemetry/instrumentation-http', version: '0.223.0' }, spans }]
  return Buffer.from(
    TraceRequest.encode(TraceRequest.fromObject({ resourceSpans: [{ resource, scopeSpans }] })).finish(),
  )
}

/** Where the bytes stand that make ids differ. */
function idsIn(body: Buffer): readonly number[] {
  const places: number[] = []
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + 1)) places.push(at + MARK.length)
  if (places.length !== SPANS) throw new Error(`${places.length} ids`)
  return places
}

if (process.argv[2] === 'serve') await serve(process.argv[3] ?? '')
else await measure()
