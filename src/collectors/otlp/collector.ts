import { readFile } from 'node:fs/promises'
import type { Labels, World } from '../../base/index.ts'
import type { Collector, CollectorStatus, Sink } from '../collector.ts'
import { createIntake, type Intake } from '../push/intake.ts'
import { formatAddress } from './address.ts'
import { listenGrpc } from './grpc.ts'
import { listenHttp, type Transport, type TransportOptions } from './http.ts'
import type { OtlpOptions, SignalName } from './options.ts'
import { type Counted, createReception } from './reception.ts'
import type { Signal, SignalSettings } from './signal.ts'
import { createAdmission } from './token.ts'

export interface OtlpSettings {
  readonly name: string
  /** Names this run of the input; no two runs share it. */
  readonly run: string
  readonly labels: Labels
  readonly options: OtlpOptions
  /** What reads each signal. */
  readonly signals: Readonly<Record<SignalName, (settings: SignalSettings) => Signal>>
}

/** Requests under way get so long to be answered when the source is stopped; the next flush answers them. */
const GRACE_MS = 6_000
const LONGEST_BACK_OFF_MS = 10_000

type Problem = CollectorStatus['problem']

/** Receives OpenTelemetry's protocol. See docs/collectors-opentelemetry.md. */
export function createOtlpCollector(world: World, settings: OtlpSettings): Collector {
  const receiver = new OtlpReceiver(world, settings)
  return {
    name: settings.name,
    run: (sink, signal) => receiver.run(sink, signal),
    status: () => receiver.status(),
  }
}

class OtlpReceiver {
  readonly #world: World
  readonly #settings: OtlpSettings
  readonly #intake: Intake
  readonly #listening = new Map<'http' | 'grpc', Transport>()
  #signals: ReadonlyMap<SignalName, Signal> = new Map()
  #reception: Counted | undefined
  readonly #problems = new Map<string, Problem>()
  #state: 'starting' | 'listening' | 'stopped' = 'starting'

  constructor(world: World, settings: OtlpSettings) {
    const { name, run, options, labels } = settings
    const { http, grpc } = options
    this.#world = world
    this.#settings = settings
    this.#intake = createIntake(world, {
      source: name,
      run,
      labels,
      // Two inputs of one source listen in different places.
      key: [
        'otlp',
        name,
        ...[http, grpc].map((each) => (each === undefined ? 'off' : formatAddress(each))),
      ].join(' '),
      maxSeries: options.maxSeries,
      maxWaiting: options.maxWaiting,
      windowMs: options.retries * 1000,
      silenceMs: options.silence * 1000,
      lagMs: options.lag * 1000,
    })
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    // The intake goes on until the last request is answered.
    const ending = new AbortController()
    const ended = this.#intake.run(sink, ending.signal)
    const stop = (): void => {
      if (this.#state === 'starting') ending.abort()
    }
    signal.addEventListener('abort', stop)
    await this.#intake.ready
    await this.#listen(signal)
    signal.removeEventListener('abort', stop)
    await Promise.race([aborted(signal), ended])
    await Promise.all([...this.#listening.values()].map((transport) => transport.close(GRACE_MS)))
    ending.abort()
    await ended
    this.#state = 'stopped'
  }

  status(): CollectorStatus {
    const numbers = this.#intake.numbers()
    const problem = [...this.#problems.values()].find((each) => each !== undefined) ?? numbers.problem
    return {
      name: this.#settings.name,
      type: 'otlp',
      state: this.#stateOf(problem, numbers.lastSuccess),
      ...numbers,
      problem,
      targets: [
        ...[...this.#listening].map(([name, { address, requests }]) => ({
          name: `${name} ${formatAddress(address)}`,
          detail: `${requests()} requests`,
          ok: true,
        })),
        ...[...this.#signals.values()].flatMap((signal) => signal.targets?.() ?? []),
        ...[...(this.#reception?.passedOver() ?? [])].map(([signal, requests]) => ({
          name: signal,
          detail: `${requests} requests passed over, since signals does not name ${signal}`,
          ok: true,
        })),
      ],
    }
  }

  #stateOf(problem: Problem, last: CollectorStatus['lastSuccess']): CollectorStatus['state'] {
    if (this.#state === 'stopped') return 'stopped'
    if (problem !== undefined) return 'failing'
    if (this.#state === 'starting') return 'starting'
    const isHeard = last !== undefined && this.#world.clock.now() - last <= this.#settings.options.silence
    return isHeard ? 'reading' : 'waiting'
  }

  /** Listens wherever it is asked to; tries again until it does, for a port may still be another process's. */
  async #listen(signal: AbortSignal): Promise<void> {
    const token = await this.#readToken(signal)
    if (token === undefined || signal.aborted) return
    const { options } = this.#settings
    this.#signals = this.#createSignals()
    this.#reception = createReception(this.#intake, this.#signals)
    const shared = {
      reception: this.#reception,
      admits: createAdmission(token === '' ? undefined : token),
      maxBody: options.maxBody,
      maxArriving: options.maxWaiting,
      maxConnections: options.maxConnections,
    }
    const transports = [
      { name: 'http', address: options.http, open: listenHttp },
      { name: 'grpc', address: options.grpc, open: listenGrpc },
    ] as const
    this.#state = 'listening'
    await Promise.all(
      transports.map(async ({ name, address, open }) => {
        if (address === undefined) return
        const opened = await this.#persist(name, () => this.#open(open, { ...shared, address }), signal)
        if (opened !== undefined) this.#listening.set(name, opened)
      }),
    )
  }

  async #open(
    open: (world: World, options: TransportOptions) => Promise<Transport>,
    options: TransportOptions,
  ): Promise<Transport> {
    const transport = await open(this.#world, options)
    const { name } = this.#settings
    this.#world.log.info('listening for OpenTelemetry', {
      source: name,
      address: formatAddress(transport.address),
    })
    return transport
  }

  /** Empty: nobody is asked for one. */
  async #readToken(signal: AbortSignal): Promise<string | undefined> {
    const { tokenFile } = this.#settings.options
    if (tokenFile === undefined) return ''
    return await this.#persist(
      'tokenFile',
      async () => {
        const token = (await readFile(tokenFile, 'utf8')).trim()
        if (token === '') throw new Error(`${tokenFile} is empty`)
        return token
      },
      signal,
    )
  }

  /** Tries until it succeeds. Undefined when the signal came first. */
  async #persist<T>(name: string, attempt: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    const { clock, log } = this.#world
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const value = await attempt()
        this.#problems.delete(name)
        return value
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        const remedy = REMEDIES[name] ?? 'see the log'
        if (this.#problems.get(name)?.text !== text)
          log.warn('the receiver cannot listen', { source: this.#settings.name, what: name, text })
        this.#problems.set(name, { at: clock.now(), text, remedy })
        const pause = Math.min(LONGEST_BACK_OFF_MS, 500 * 2 ** Math.min(failures, 10))
        await clock.sleep(pause, signal).catch(() => undefined)
      }
    }
    return undefined
  }

  #createSignals(): ReadonlyMap<SignalName, Signal> {
    const { name, labels, options, signals } = this.#settings
    const settings: SignalSettings = {
      source: name,
      labels,
      options,
      now: () => this.#world.clock.now(),
      recall: (key) => this.#intake.recall(key),
    }
    return new Map([...options.signals].map((signal) => [signal, signals[signal](settings)]))
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  http: 'is another receiver on this port? Stop it, or write another address as http, or off',
  grpc: 'is another receiver on this port? Stop it, or write another address as grpc, or off',
  tokenFile: 'write the token into the file, readable by the service',
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
