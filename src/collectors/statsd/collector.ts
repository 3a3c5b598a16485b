import { createSocket, type Socket } from 'node:dgram'
import type { World } from '../../base/index.ts'
import type { Collector, CollectorStatus, Sink } from '../collector.ts'
import { formatAddress } from '../otlp/address.ts'
import { createIntake, type Intake } from '../push/intake.ts'
import { createStatsdCounter, type Datagram, type StatsdCounter } from './counter.ts'
import { kernelDrops } from './drops.ts'
import type { StatsdOptions } from './options.ts'

export interface StatsdSettings {
  /** The DataSource's name. */
  readonly name: string
  /** Names this run of the input; no two runs share it. */
  readonly run: string
  readonly options: StatsdOptions
  /** How many datagrams the kernel threw away at a port; the system's own answer unless given. */
  readonly drops?: (port: number) => Promise<number | undefined>
}

/** Datagrams are handed on together, so often. */
const GATHERING_MS = 100
/** What waits to be handed on, in bytes; what comes beyond it is dropped and said to be. */
const MOST_GATHERED = 16 * 1024 * 1024
/** What a datagram costs beside its bytes. */
const DATAGRAM_COST = 128
const DROPS_MS = 5_000
const LONGEST_BACK_OFF_MS = 10_000

/** Receives statsd and DogStatsD. See docs/collectors-statsd.md. */
export function createStatsdCollector(world: World, settings: StatsdSettings): Collector {
  const receiver = new StatsdReceiver(world, settings)
  return {
    name: settings.name,
    run: (sink, signal) => receiver.run(sink, signal),
    status: () => receiver.status(),
  }
}

class StatsdReceiver {
  readonly #world: World
  readonly #settings: StatsdSettings
  readonly #intake: Intake
  readonly #counter: StatsdCounter
  #gathered: Datagram[] = []
  #gatheredCost = 0
  #state: 'starting' | 'listening' | 'stopped' = 'starting'
  #problem: CollectorStatus['problem']
  #address = ''
  #datagrams = 0
  /** Datagrams that were lost: by the kernel, and by us. */
  #lost = { kernel: 0, own: 0 }
  #dropsSeen = 0
  /** Of our own losses, those that were told. */
  #lostTold = 0

  constructor(world: World, settings: StatsdSettings) {
    const { name, run, options } = settings
    this.#world = world
    this.#settings = settings
    this.#counter = createStatsdCounter(options)
    this.#intake = createIntake(world, {
      source: name,
      run,
      key: `statsd ${name} ${formatAddress(options.listen)}`,
      labels: options.labels,
      maxSeries: options.maxSeries,
      silenceMs: options.silence * 1_000,
    })
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    // The intake goes on until the last datagram is handed to it.
    const ending = new AbortController()
    const ended = this.#intake.run(sink, ending.signal)
    // Should it end by a mistake of ours, that is told at the end.
    ended.catch(() => ending.abort())
    const stop = (): void => {
      if (this.#state === 'starting') ending.abort()
    }
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    await this.#intake.ready
    const socket = await this.#listen(signal)
    signal.removeEventListener('abort', stop)
    if (socket !== undefined) {
      await Promise.all([
        this.#every(GATHERING_MS, signal, async () => this.#handOn()),
        this.#every(DROPS_MS, signal, () => this.#lookForDrops(socket.address().port)),
      ])
      await new Promise<void>((resolve) => socket.close(resolve))
    }
    this.#handOn()
    ending.abort()
    await ended
    this.#state = 'stopped'
  }

  status(): CollectorStatus {
    const numbers = this.#intake.numbers()
    const problem = this.#problem ?? numbers.problem
    return {
      name: this.#settings.name,
      type: 'statsd',
      state: this.#stateOf(problem, numbers.lastSuccess),
      ...numbers,
      problem,
      targets: this.#targets(),
    }
  }

  #stateOf(
    problem: CollectorStatus['problem'],
    last: CollectorStatus['lastSuccess'],
  ): CollectorStatus['state'] {
    if (this.#state === 'stopped') return 'stopped'
    if (problem !== undefined) return 'failing'
    if (this.#state === 'starting') return 'starting'
    const isHeard = last !== undefined && this.#world.clock.now() - last <= this.#settings.options.silence
    return isHeard ? 'reading' : 'waiting'
  }

  #targets(): CollectorStatus['targets'] {
    if (this.#address === '') return []
    const { lines, unnamed, malformed, lastMalformed } = this.#counter.numbers()
    const { kernel, own } = this.#lost
    const last = lastMalformed === undefined ? '' : `; the last: ${lastMalformed}`
    const name = `udp ${this.#address}`
    return [
      {
        name,
        detail: `${this.#datagrams} datagrams, ${lines} lines, ${unnamed} of metrics that no rule names`,
        ok: true,
      },
      { name: `${name}, lost`, detail: `${kernel} by the kernel, ${own} by us`, ok: kernel + own === 0 },
      { name: `${name}, malformed`, detail: `${malformed} lines${last}`, ok: malformed === 0 },
    ]
  }

  /** Opens the port; tries again until it can. Undefined when the signal came first. */
  async #listen(signal: AbortSignal): Promise<Socket | undefined> {
    const { clock, log } = this.#world
    const { name } = this.#settings
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        // Other sockets of the port may have lost some before ours is opened.
        this.#dropsSeen = (await this.#dropsOf(this.#settings.options.listen.port)) ?? 0
        const socket = await this.#bind()
        const { address, port } = socket.address()
        this.#address = formatAddress({ host: address, port })
        this.#problem = undefined
        this.#state = 'listening'
        log.info('listening for statsd', { source: name, address: this.#address })
        return socket
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        if (this.#problem?.text !== text) log.warn('the receiver cannot listen', { source: name, text })
        this.#problem = {
          at: clock.now(),
          text,
          remedy: 'is another receiver on this port? Stop it, or write another as listen',
        }
        const pause = Math.min(LONGEST_BACK_OFF_MS, 500 * 2 ** Math.min(failures, 10))
        await clock.sleep(pause, signal).catch(() => undefined)
      }
    }
    return undefined
  }

  #bind(): Promise<Socket> {
    const { listen, receiveBuffer } = this.#settings.options
    const socket = createSocket({
      type: listen.host.includes(':') ? 'udp6' : 'udp4',
      recvBufferSize: receiveBuffer,
    })
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close()
        reject(error)
      })
      socket.bind(listen.port, listen.host, () => {
        socket.removeAllListeners('error')
        // What goes wrong with one datagram is no reason to hear no others.
        socket.on('error', (error) =>
          this.#world.log.warn('a datagram was not read', { text: error.message }),
        )
        socket.on('message', (bytes) => this.#receive(bytes))
        resolve(socket)
      })
    })
  }

  #receive(bytes: Uint8Array): void {
    this.#datagrams++
    const cost = bytes.length + DATAGRAM_COST
    if (this.#gatheredCost + cost > MOST_GATHERED) {
      this.#lost.own++
      return
    }
    this.#gatheredCost += cost
    this.#gathered.push({ bytes, at: this.#world.clock.now() })
  }

  #handOn(): void {
    const [datagrams, bytes] = [this.#gathered, this.#gatheredCost]
    if (datagrams.length === 0) return
    this.#gathered = []
    this.#gatheredCost = 0
    const own = this.#lost.own
    const count = (into: Parameters<StatsdCounter['count']>[1]): void => {
      for (const datagram of datagrams) this.#counter.count(datagram, into)
    }
    // Nobody waits for an answer. What is refused now is lost: nobody sends it again.
    void this.#intake.take({ identity: undefined, bytes, count }).then((taken) => {
      if (taken.kind === 'full') this.#lost.own += datagrams.length
    })
    if (own > this.#lostTold)
      this.#tellLoss(`${own - this.#lostTold} datagrams came faster than they were read`)
    this.#lostTold = own
  }

  async #lookForDrops(port: number): Promise<void> {
    const drops = await this.#dropsOf(port)
    if (drops === undefined) return
    const before = this.#dropsSeen
    this.#dropsSeen = drops
    if (drops <= before) return
    this.#lost.kernel += drops - before
    this.#tellLoss(`the kernel dropped ${drops - before} datagrams`)
  }

  #dropsOf(port: number): Promise<number | undefined> {
    return (this.#settings.drops ?? kernelDrops)(port)
  }

  #tellLoss(text: string): void {
    this.#intake.trouble(text)
    this.#world.log.warn('datagrams were lost', { source: this.#settings.name, text })
  }

  async #every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await this.#world.clock.sleep(ms, signal).catch(() => undefined)
      await work()
    }
  }
}
