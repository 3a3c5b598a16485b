import { Client, type ClientWritableStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { type Collector, type CollectorStatus, SOURCE_KINDS } from '../../../src/collectors/index.ts'
import { createStorage, type MemoryLedger, openLedger } from '../../e2e/envoy/sink.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'

export const START = 1_790_000_040
export const METHODS = {
  accessLogs: '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
  metrics: '/envoy.service.metrics.v3.MetricsService/StreamMetrics',
} as const

/** A receiver on the loopback interface whose time is moved by hand; the network takes the time that it takes. */
export interface Rig {
  readonly world: TestWorld
  readonly collector: Collector
  readonly ledger: MemoryLedger
  readonly port: number
  readonly counted: () => number
  readonly problem: () => CollectorStatus['problem']
  readonly connect: (options?: { readonly token?: string; readonly method?: string }) => Sender
  /** Lets time pass until so many events are in the ledger. */
  readonly flushed: (events: number) => Promise<void>
  readonly stop: () => Promise<void>
}

export interface Sender {
  /** Resolves when the bytes were handed to the connection. */
  readonly send: (bytes: Buffer) => Promise<void>
  /** Hands over and does not wait; gives whether more may follow. */
  readonly push: (bytes: Buffer) => boolean
  /** How the stream ended: a gRPC status. */
  readonly ended: Promise<number>
  readonly hangUp: () => void
}

export interface RigOptions {
  readonly type: string
  readonly details?: Record<string, unknown>
  readonly world?: TestWorld
  readonly storage?: ReturnType<typeof createStorage>
  readonly run?: string
  /** Whether writing waits. */
  readonly isStuck?: () => boolean
}

export async function start(options: RigOptions): Promise<Rig> {
  const { type, details = {}, run = 'run-1', storage = createStorage(), isStuck = () => false } = options
  const world = options.world ?? createTestWorld({ start: START })
  const opened = SOURCE_KINDS.get(type)?.open(world, {
    name: 'edge',
    labels: { cloud_provider: 'rack' },
    details: { listen: '127.0.0.1:0', ...details },
    base: '/',
    run,
    input: '',
    questions: () => [],
  })
  if (opened?.kind !== 'ok') throw new Error(JSON.stringify(opened?.error))
  const collector = opened.value
  const ledger = openLedger(storage)
  const stopping = new AbortController()
  const told = world.lines.length
  const sink = {
    ...ledger.sink,
    write: async (step: Parameters<typeof ledger.sink.write>[0]) => {
      if (isStuck()) throw new Error('disk full')
      await ledger.sink.write(step)
    },
  }
  const done = collector.run(sink, stopping.signal)
  const listening = (): unknown =>
    world.lines.slice(told).find(({ message }) => message === 'envoy streams are listened for')?.fields[
      'address'
    ]
  await until(() => listening() !== undefined)
  const port = Number(String(listening()).split(':').at(-1))
  const clients: Client[] = []
  const counted = (): number => ledger.rows().reduce((sum, { count }) => sum + count, 0)
  return {
    world,
    collector,
    ledger,
    port,
    counted,
    problem: () => collector.status().problem,
    connect: (to = {}) => {
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
      clients.push(client)
      return sender(client, { method: to.method ?? METHODS.accessLogs, token: to.token })
    },
    flushed: async (events) => {
      await until(async () => {
        await world.advance(300)
        return counted() >= events
      })
    },
    stop: async () => {
      stopping.abort()
      let ended = false
      void done.finally(() => {
        ended = true
      })
      await until(async () => {
        await world.advance(100)
        return ended
      })
      await done
      for (const client of clients) client.close()
    },
  }
}

/** Waits for what the network brings; gives up after ten seconds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 5_000; i++) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error('it did not come to pass within ten seconds')
}

function sender(client: Client, { method, token }: { method: string; token: string | undefined }): Sender {
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  const same = (bytes: Buffer): Buffer => bytes
  let settle: (code: number) => void = () => undefined
  const ended = new Promise<number>((resolve) => {
    settle = resolve
  })
  const call: ClientWritableStream<Buffer> = client.makeClientStreamRequest(
    method,
    same,
    same,
    metadata,
    (error: ServiceError | null) => settle(error?.code ?? 0),
  )
  call.on('error', () => undefined)
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        call.write(bytes, (error: Error | null | undefined) => (error ? reject(error) : resolve()))
      }),
    push: (bytes) => call.write(bytes),
    ended,
    hangUp: () => call.cancel(),
  }
}
