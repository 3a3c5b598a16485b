import type { Labels, World } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import type { Collector, CollectorStatus, Sink } from '../collector.ts'
import { formatAddress } from '../otlp/address.ts'
import { createIntake, type Intake } from '../push/intake.ts'
import { createAsked, type Saying, withQuestions } from './asked.ts'
import { Folder } from './fold.ts'
import type { RemoteWriteOptions } from './options.ts'
import { Receiver } from './receiver.ts'

export interface RemoteWriteSettings {
  /** The DataSource's name. */
  readonly name: string
  /** Of the DataSource's inputs; empty when it is read as one. The same for every run. */
  readonly input: string
  /** Added to every series. */
  readonly labels: Labels
  /** Names this run of the collector; no two runs share it. */
  readonly run: string
  readonly options: RemoteWriteOptions
  /** What is asked of the source now. */
  readonly questions: () => readonly ExternalQuery[]
}

export interface RemoteWriteCollector extends Collector {
  /** Where it listens: `127.0.0.1:9091`; undefined while it does not. */
  readonly address: () => string | undefined
}

const LONGEST_BACK_OFF_MS = 30_000
const SHOWN_SECONDS = 300

/** Counts requests, and answers questions, from what Prometheus and its like write to us. */
export function createRemoteWriteCollector(
  world: World,
  settings: RemoteWriteSettings,
): RemoteWriteCollector {
  const collector = new RemoteWrite(world, settings)
  return {
    name: settings.name,
    run: (sink, signal) => collector.run(sink, signal),
    status: () => collector.status(),
    address: () => collector.address(),
  }
}

class RemoteWrite {
  readonly #world: World
  readonly #settings: RemoteWriteSettings
  readonly #intake: Intake
  readonly #asked: ReturnType<typeof createAsked>
  readonly #folder: Folder
  #phase: 'starting' | 'listening' | 'failing' | 'stopped' = 'starting'
  #address: string | undefined
  #problem: CollectorStatus['problem']
  #answers = { written: 0, partial: 0, refused: 0 }

  constructor(world: World, settings: RemoteWriteSettings) {
    const { name, input, labels, run, options } = settings
    this.#world = world
    this.#settings = settings
    this.#intake = createIntake(world, {
      source: name,
      run,
      key: `remote-write:${name}/${input}`,
      labels,
      maxSeries: options.maxSeries,
      maxWaiting: options.maxWaiting,
      windowMs: options.retries * 1000,
      silenceMs: options.silence * 1000,
      lagMs: options.lag * 1000,
    })
    this.#asked = createAsked(settings.questions, options.labelNames)
    this.#folder = new Folder({
      source: name,
      labels,
      rules: options.rules,
      judge: options.judge,
      most: options.maxCounters,
      maxSeries: options.maxSeries,
      lookbackMs: options.lookback * 1000,
      recall: (key) => this.#intake.recall(key),
    })
  }

  address(): string | undefined {
    return this.#address
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const intake = this.#intake.run(withQuestions(sink, this.#saying()), signal)
    // Before that, what an earlier run remembered is not known, and nothing could be compared with it.
    await this.#intake.ready
    this.#folder.begin(Math.floor(this.#world.clock.nowMs()))
    await this.#listen(signal)
    await intake
    this.#phase = 'stopped'
  }

  #saying(): Saying {
    const { name, options } = this.#settings
    const folder = this.#folder
    return {
      source: name,
      asked: this.#asked,
      hasRules: options.rules.length > 0,
      knowledgeOf: (question) => folder.knowledgeOf(question),
      now: () => this.#world.clock.now(),
    }
  }

  /** Listens until the signal; when the port is taken, again and again. */
  async #listen(signal: AbortSignal): Promise<void> {
    const { options } = this.#settings
    const { clock } = this.#world
    for (let failures = 0; !signal.aborted; failures++) {
      await using receiver = new Receiver(
        this.#world,
        { ...options, ...options.listen },
        {
          intake: this.#intake,
          count: (request, into) => {
            this.#folder.ask(this.#asked().questions)
            return this.#folder.fold(request, into, {
              nowMs: clock.nowMs(),
              whole: false,
              absentAt: undefined,
            })
          },
          answered: (status, reason) => this.#note(status, reason),
        },
      )
      try {
        const port = await receiver.listen()
        this.#address = formatAddress({ host: options.listen.host, port })
        this.#phase = 'listening'
        this.#problem = undefined
        this.#world.log.info('remote write is received', { source: this.#settings.name, at: this.#address })
        await ended(signal)
      } catch (error) {
        this.#fail(error instanceof Error ? error.message : String(error))
        const pause = Math.min(LONGEST_BACK_OFF_MS, 1_000 * 2 ** Math.min(failures, 10))
        await clock.sleep(pause, signal).catch(() => undefined)
      }
      this.#address = undefined
    }
  }

  #fail(text: string): void {
    if (this.#problem?.text !== text)
      this.#world.log.warn('remote write is not received', { source: this.#settings.name, text })
    this.#phase = 'failing'
    this.#problem = {
      at: this.#world.clock.now(),
      text,
      remedy: 'is the port taken, or the address not ours?',
    }
  }

  #note(status: number, text: string): void {
    if (status === 204) {
      this.#answers.written++
      return
    }
    if (status === 400) this.#answers.partial++
    else this.#answers.refused++
    const remedy = REMEDIES.get(status) ?? 'see what the sender logs'
    this.#problem = { at: this.#world.clock.now(), text: `a request was answered ${status}: ${text}`, remedy }
  }

  status(): CollectorStatus {
    const { name, options } = this.#settings
    const numbers = this.#intake.numbers()
    const { written, partial, refused } = this.#answers
    const [first] = this.#asked().refused
    const unanswerable =
      first === undefined
        ? undefined
        : {
            at: this.#world.clock.now(),
            ...first.refusal,
          }
    return {
      ...numbers,
      name,
      type: 'prometheus-remote-write',
      state: this.#state(numbers.lastSuccess !== undefined),
      problem: numbers.problem ?? this.#recentProblem() ?? unanswerable,
      targets: [
        {
          name: this.#address ?? formatAddress(options.listen),
          detail: `${written} requests written, ${partial} invalid in part, ${refused} refused`,
          ok: this.#phase === 'listening',
        },
      ],
    }
  }

  /** What was wrong with one request is shown for a while, what keeps us from listening until it is over. */
  #recentProblem(): CollectorStatus['problem'] {
    const problem = this.#problem
    if (problem === undefined || this.#phase !== 'listening') return problem
    return this.#world.clock.now() - problem.at > SHOWN_SECONDS ? undefined : problem
  }

  #state(hasReceived: boolean): CollectorStatus['state'] {
    if (this.#phase !== 'listening') return this.#phase
    return hasReceived ? 'reading' : 'waiting'
  }
}

const REMEDIES: ReadonlyMap<number, string> = new Map([
  [400, 'see docs/collectors-remote-write.md for what is invalid'],
  [401, 'write authorization: { credentials_file: … } into the remote_write of the sender'],
  [404, 'write the path of listen into the url of the sender'],
  [413, 'lower max_samples_per_send in the queue_config of the sender, or raise maxBody'],
  [415, 'send remote write 1.0 or 2.0 with Snappy'],
  [429, 'is the ledger slow? Raise maxWaiting, or send less'],
  [503, 'see the state of the store'],
])

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
