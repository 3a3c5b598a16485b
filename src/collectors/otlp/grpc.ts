import { createServer as createNetServer, type Server as NetServer } from 'node:net'
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type StatusObject,
} from '@grpc/grpc-js'
import type { Clock, World } from '../../base/index.ts'
import type { Address } from './address.ts'
import { type Answer, CODE, encodeStatus, encodeTaken } from './answers.ts'
import type { Transport, TransportOptions } from './http.ts'
import { SIGNALS, type SignalName } from './options.ts'

/** A connection on which nothing is asked for so long is closed; a dead peer is found by asking it. */
const IDLE_MS = 300_000
const PING_MS = 60_000
const PING_ANSWER_MS = 10_000
/** Requests of one connection at a time. */
const STREAMS = 100

const SERVICES: Readonly<Record<SignalName, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
}

/** Listens for OTLP over gRPC, without TLS. Rejects when the address cannot be listened on. */
export async function listenGrpc(world: World, options: TransportOptions): Promise<Transport> {
  const { address, maxBody, maxConnections } = options
  const server = new Server({
    'grpc.max_receive_message_length': maxBody,
    'grpc.max_concurrent_streams': STREAMS,
    'grpc.max_connection_idle_ms': IDLE_MS,
    'grpc.keepalive_time_ms': PING_MS,
    'grpc.keepalive_timeout_ms': PING_ANSWER_MS,
  })
  let requests = 0
  for (const signal of SIGNALS) {
    const handle = createHandler(world, options, signal)
    server.addService(definitionOf(signal), {
      Export: (call: Parameters<typeof handle>[0], callback: Parameters<typeof handle>[1]) => {
        requests++
        handle(call, callback)
      },
    })
  }
  // Connections are accepted here and handed over, because the library itself bounds their number nowhere.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const sockets = createNetServer((socket) => {
    // A peer that goes away ends its own requests; there is nobody to tell.
    socket.on('error', () => undefined)
    injector.injectConnection(socket)
  })
  sockets.maxConnections = maxConnections
  const port = await listen(sockets, address)
  return {
    address: { host: address.host, port },
    requests: () => requests,
    close: (graceMs) => close(world.clock, { server, sockets, graceMs }),
  }
}

function definitionOf(signal: SignalName): ServiceDefinition {
  const asTheyAre = (bytes: Buffer): Buffer => bytes
  return {
    Export: {
      path: `/${SERVICES[signal]}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asTheyAre,
      requestDeserialize: asTheyAre,
      responseSerialize: asTheyAre,
      responseDeserialize: asTheyAre,
    },
  }
}

function createHandler(
  world: World,
  { reception, admits }: TransportOptions,
  signal: SignalName,
): handleUnaryCall<Buffer, Buffer> {
  const answerTo = async (body: Buffer): Promise<Answer | undefined> => {
    try {
      return (
        reception.refuses(body.length) ??
        (await reception.receive({ signal, encoding: 'protobuf', body, sent: body }))
      )
    } catch (error) {
      world.log.error('a request could not be answered', { signal, err: error })
      return undefined
    }
  }
  return ({ metadata, request }, reply) => {
    const [authorization] = metadata.get('authorization')
    if (!admits(authorization?.toString()))
      return reply({ code: CODE.unauthenticated, details: 'the token is missing or wrong' })
    void answerTo(request).then((answer) => {
      if (answer === undefined)
        return reply({ code: CODE.internal, details: 'this is a fault of the receiver' })
      if (answer.kind !== 'taken') return reply(statusOf(answer))
      return reply(null, encodeTaken(answer, { signal, encoding: 'protobuf' }))
    })
  }
}

/** Without the time to wait a sender would take RESOURCE_EXHAUSTED as final. */
function statusOf(answer: Exclude<Answer, { kind: 'taken' }>): Partial<StatusObject> {
  const { message } = answer
  if (answer.kind === 'refused') return { code: CODE.invalidArgument, details: message }
  const code = answer.kind === 'full' ? CODE.resourceExhausted : CODE.unavailable
  const metadata = new Metadata()
  const { retryAfterMs } = answer
  metadata.set('grpc-status-details-bin', encodeStatus({ code, message, retryAfterMs }, 'protobuf'))
  return { code, details: message, metadata }
}

function listen(server: NetServer, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
    })
  })
}

async function close(
  clock: Clock,
  {
    server,
    sockets,
    graceMs,
  }: { readonly server: Server; readonly sockets: NetServer; readonly graceMs: number },
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    sockets.close(() => resolve())
  })
  const drained = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve())
  })
  const waiting = new AbortController()
  await Promise.race([drained, clock.sleep(graceMs, waiting.signal).catch(() => undefined)])
  waiting.abort()
  server.forceShutdown()
  await closed
}
