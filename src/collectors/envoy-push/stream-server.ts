import {
  type handleClientStreamingCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { failed, ok, type Result, type World } from '../../base/index.ts'
import { type Address, formatAddress } from '../otlp/address.ts'

/** A call by which an Envoy sends messages without end and expects no answer. */
export interface IncomingStream {
  /** `10.0.0.7:41234`: where it comes from. */
  readonly peer: string
}

/** What becomes of one stream. */
export interface StreamReceiver {
  /**
   * Takes a message. A promise stops the stream until it resolves: what the sender says meanwhile waits in its own
   * buffers, because no more is read from the connection.
   */
  readonly message: (bytes: Buffer) => Promise<void> | undefined
  /** The stream is over; no more messages come. `reason` is empty when it was closed by us. */
  readonly ended: (reason: string) => void
}

export interface StreamServerOptions {
  readonly address: Address
  /** The full method: `/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs`. */
  readonly method: string
  /** Bytes of one message; the stream of one that is larger is ended. */
  readonly maxMessage: number
  readonly maxStreams: number
  /** Whether the sender may send; `authorization` is that header of the call, or undefined. */
  readonly admits: (authorization: string | undefined) => Promise<boolean>
  /** A stream began. */
  readonly accept: (stream: IncomingStream) => StreamReceiver
  /** A stream was turned away, and why. */
  readonly refused: (peer: string, reason: string) => void
}

export interface StreamServer {
  readonly port: number
  /** Takes no more from anybody, and resolves when all streams have ended. */
  readonly stop: () => Promise<void>
}

const EMPTY = Buffer.alloc(0)
/** Envoy sends nothing while there is no traffic; a connection that died in silence is found out by these. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 20_000 }

const GOODBYE_MS = 500

type Call = ServerReadableStream<Buffer, Buffer>

/** Listens for one client-streaming method, message by message as bytes. The failure is a sentence for people. */
export async function listenForStreams(
  world: World,
  options: StreamServerOptions,
): Promise<Result<StreamServer, string>> {
  const server = new Server({ 'grpc.max_receive_message_length': options.maxMessage, ...KEEPALIVE })
  const streams = new Set<OpenStream>()
  const serve: handleClientStreamingCall<Buffer, Buffer> = (call, answer) => {
    const stream = new OpenStream(call, answer, () => streams.delete(stream))
    streams.add(stream)
    void stream.serve(options, streams.size)
  }
  server.addService({ stream: definitionOf(options.method) }, { stream: serve })
  const bound = await bind(server, options.address)
  if (bound.kind === 'failed') {
    server.forceShutdown()
    return bound
  }
  return ok({
    port: bound.value,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
      await Promise.all([...streams].map((stream) => stream.end()))
      // A sender that does not close its connection although it was told so is not waited for.
      const waiting = new AbortController()
      await Promise.race([closed, world.clock.sleep(GOODBYE_MS, waiting.signal).catch(() => undefined)])
      waiting.abort()
      server.forceShutdown()
    },
  })
}

/** One call from its first message to its last. */
class OpenStream {
  readonly #call: Call
  readonly #answer: sendUnaryData<Buffer>
  readonly #gone: () => void
  readonly #done: Promise<void>
  #settle: () => void = () => undefined
  #receiver: StreamReceiver | undefined
  #waiting: Promise<void> | undefined
  #ending = false
  #over = false

  constructor(call: Call, answer: sendUnaryData<Buffer>, gone: () => void) {
    this.#call = call
    this.#answer = answer
    this.#gone = gone
    this.#done = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  async serve(options: StreamServerOptions, streams: number): Promise<void> {
    const peer = this.#call.getPeer()
    // Until somebody listens to them nothing is read, so no message is lost while the token is checked.
    this.#call.on('error', (error: Error) => this.#finish(error.message))
    this.#call.on('cancelled', () => this.#finish('the connection was lost'))
    const [authorization] = this.#call.metadata.get('authorization')
    if (streams > options.maxStreams) {
      options.refused(peer, 'too many streams are open')
      this.#refuse(status.RESOURCE_EXHAUSTED, 'too many streams are open')
    } else if (!(await options.admits(authorization?.toString()))) {
      options.refused(peer, 'it does not show the token')
      this.#refuse(status.UNAUTHENTICATED, 'the token is missing or wrong')
    } else if (!this.#over) {
      const receiver = options.accept({ peer })
      this.#receiver = receiver
      this.#call.on('data', (bytes: Buffer) => this.#take(receiver, bytes))
      this.#call.on('end', () => this.#close('its sender closed it'))
      if (this.#ending) await this.#drain(receiver)
    }
  }

  /** Takes what has been read, and no more; resolves when it is taken. */
  async end(): Promise<void> {
    this.#ending = true
    if (this.#receiver === undefined) this.#refuse(status.UNAVAILABLE, 'the receiver is stopping')
    else if (this.#waiting === undefined) await this.#drain(this.#receiver)
    await this.#done
  }

  // A connection that is lost may leave messages that were read already: they are taken like all others.
  #take(receiver: StreamReceiver, bytes: Buffer): void {
    const full = receiver.message(bytes)
    if (full === undefined) return
    this.#call.pause()
    this.#waiting = full.then(async () => {
      this.#waiting = undefined
      if (this.#ending) await this.#drain(receiver)
      else this.#call.resume()
    })
  }

  async #drain(receiver: StreamReceiver): Promise<void> {
    this.#call.removeAllListeners('data')
    this.#call.pause()
    for (;;) {
      const bytes: unknown = this.#call.read()
      if (!Buffer.isBuffer(bytes)) break
      await receiver.message(bytes)
    }
    this.#close('')
  }

  #close(reason: string): void {
    if (this.#over) return
    this.#finish(reason)
    this.#answer(null, EMPTY)
  }

  #refuse(code: status, details: string): void {
    if (this.#over) return
    this.#finish(details)
    this.#answer({ code, details })
  }

  #finish(reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#gone()
    this.#receiver?.ended(reason)
    this.#settle()
  }
}

function bind(server: Server, address: Address): Promise<Result<number, string>> {
  return new Promise((resolve) => {
    server.bindAsync(formatAddress(address), ServerCredentials.createInsecure(), (error, port) => {
      resolve(error === null ? ok(port) : failed(error.message))
    })
  })
}

function definitionOf(path: string): MethodDefinition<Buffer, Buffer> {
  const same = (bytes: Buffer): Buffer => bytes
  return {
    path,
    requestStream: true,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
}
