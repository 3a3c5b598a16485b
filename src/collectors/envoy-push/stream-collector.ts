import { type Log, type UnixSeconds, unixSeconds, type World } from '../../base/index.ts'
import type { CollectorStatus } from '../collector.ts'
import { formatAddress } from '../otlp/address.ts'
import type { ListenOptions } from './listen.ts'
import { listenForStreams, type StreamReceiver, type StreamServer } from './stream-server.ts'
import { createFileAdmission } from './token.ts'

export interface StreamCollectorOptions {
  readonly name: string
  readonly type: string
  /** The gRPC method that Envoys call. */
  readonly method: string
  readonly listen: ListenOptions
  /** A stream began; what it is told with goes to the collectors' page. The signal is aborted when all must end. */
  readonly accept: (stream: StreamVoice, signal: AbortSignal) => StreamReceiverParts
  /** Called every so often while a stream is open: that nothing comes means that there is nothing. */
  readonly idle: { readonly everyMs: number; readonly tell: () => void } | undefined
}

type StreamReceiverParts = Pick<StreamReceiver, 'message'> & Partial<Pick<StreamReceiver, 'ended'>>

/** What a stream says of itself. */
export interface StreamVoice {
  readonly peer: string
  /** Who sends, once it is known. */
  readonly rename: (node: string) => void
  readonly damaged: () => void
  readonly fail: (text: string, remedy: string) => void
}

const BIND_AGAIN_MS = 5_000
const LONG_MS = 60_000
/** A problem that did not come again is not shown for longer. */
const PROBLEM_S = 300
const MOST_TARGETS = 200

interface Stream {
  name: string
  messages: number
}

/** Listens for Envoys, and knows who sends. What is done with messages is another's matter. */
export class StreamCollector {
  readonly #world: World
  readonly #options: StreamCollectorOptions
  readonly #log: Log
  readonly #streams = new Set<Stream>()
  #phase: 'starting' | 'running' | 'stopped' = 'starting'
  #bound: string | undefined
  #problem: CollectorStatus['problem']

  constructor(world: World, options: StreamCollectorOptions) {
    this.#world = world
    this.#options = options
    this.#log = world.log.child({ source: options.name })
  }

  /** Ends when the signal is aborted and every stream has handed over what it had read. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#world
    const server = await this.#listen(signal)
    this.#phase = 'running'
    const { idle } = this.#options
    while (!signal.aborted) {
      await clock.sleep(idle?.everyMs ?? LONG_MS, signal).catch(() => undefined)
      if (!signal.aborted && this.#streams.size > 0) idle?.tell()
    }
    await server?.stop()
    this.#phase = 'stopped'
  }

  status(): Pick<CollectorStatus, 'name' | 'type' | 'state' | 'problem' | 'targets'> {
    const { name, type } = this.#options
    const targets = [...this.#streams].slice(0, MOST_TARGETS)
    return {
      name,
      type,
      state: this.#state(),
      problem: this.#recent(),
      targets: targets.map((stream) => ({
        name: stream.name,
        detail: `${stream.messages} ${stream.messages === 1 ? 'message' : 'messages'}`,
        ok: true,
      })),
    }
  }

  #state(): CollectorStatus['state'] {
    if (this.#phase !== 'running') return this.#bound === undefined && this.#problem ? 'failing' : this.#phase
    return this.#streams.size > 0 ? 'reading' : 'waiting'
  }

  #recent(): CollectorStatus['problem'] {
    const problem = this.#problem
    const now = this.#world.clock.now()
    return problem !== undefined && now - problem.at <= PROBLEM_S ? problem : undefined
  }

  /** Binds, again and again until it can: a port may be in use by the run before, which is about to end. */
  async #listen(signal: AbortSignal): Promise<StreamServer | undefined> {
    const { listen, method } = this.#options
    const address = formatAddress(listen.listen)
    const admits = createFileAdmission(listen.tokenFile, (text) =>
      this.#fail(`the token cannot be read: ${text}`, 'let Nines read tokenFile'),
    )
    while (!signal.aborted) {
      const opened = await listenForStreams(this.#world, {
        address: listen.listen,
        method,
        maxMessage: listen.maxMessage,
        maxStreams: listen.maxStreams,
        admits,
        accept: ({ peer }) => this.#accept(peer, signal),
        refused: (peer, reason) =>
          this.#fail(
            `${peer} was turned away: ${reason}`,
            'see initial_metadata in the grpc_service of that Envoy',
          ),
      })
      if (opened.kind === 'ok') {
        this.#bound = formatAddress({ ...listen.listen, port: opened.value.port })
        this.#problem = undefined
        this.#log.info('envoy streams are listened for', { address: this.#bound })
        return opened.value
      }
      this.#fail(
        `cannot listen on ${address}: ${opened.error}`,
        'is the port in use, or is it the address of another machine?',
      )
      await this.#world.clock.sleep(BIND_AGAIN_MS, signal).catch(() => undefined)
    }
    return undefined
  }

  #accept(peer: string, signal: AbortSignal): StreamReceiver {
    const stream: Stream = { name: peer, messages: 0 }
    this.#streams.add(stream)
    this.#log.info('envoy stream began', { peer })
    const receiver = this.#options.accept(
      {
        peer,
        rename: (node) => {
          stream.name = node === '' ? peer : node
        },
        damaged: () =>
          this.#fail(
            `a message of ${stream.name} could not be read`,
            'does something else than an Envoy send to this port?',
          ),
        fail: (text, remedy) => this.#fail(text, remedy),
      },
      signal,
    )
    return {
      message: (bytes) => {
        stream.messages++
        return receiver.message(bytes)
      },
      ended: (reason) => {
        this.#streams.delete(stream)
        this.#log.info('envoy stream ended', { peer, node: stream.name, reason })
        receiver.ended?.(reason)
      },
    }
  }

  /** Where it listens, once it does: `127.0.0.1:9001`. */
  address(): string | undefined {
    return this.#bound
  }

  #fail(text: string, remedy: string): void {
    const at: UnixSeconds = unixSeconds(this.#world.clock.now())
    if (this.#problem?.text !== text) this.#log.warn('envoy push has a problem', { text, remedy })
    this.#problem = { at, text, remedy }
  }
}
