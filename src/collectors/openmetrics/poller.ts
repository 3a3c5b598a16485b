import { minuteOf, type World } from '../../base/index.ts'
import type { CoverageTracker } from '../envoy-stats/coverage.ts'
import type { Folder } from '../prometheus-push/fold.ts'
import type { Written } from '../prometheus-push/work.ts'
import type { Intake, Taken } from '../push/intake.ts'
import { createExpositionReader, type Exposition, type ExpositionReader } from './exposition.ts'
import { type Scrape, type ScrapeFailure, scrape } from './scrape.ts'

/** One exporter. */
export interface Target {
  /** `10.0.0.7:9090`, or its URL: the `instance` of its series. */
  readonly name: string
  readonly url: string
  readonly labels: Readonly<Record<string, string>>
}

export interface PollerOptions {
  readonly target: Target
  readonly job: string
  readonly tokenFile: string | undefined
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly maxBytes: number
  /** A scrape that is longer ago says nothing about what a series was. */
  readonly lookbackMs: number
  readonly intake: Intake
  readonly folder: Folder
  readonly coverage: CoverageTracker
  /** Whether the target was there when the run began, so that its traffic before belongs to the source too. */
  readonly initial: boolean
}

export interface PollerState {
  readonly reading: boolean
  /** Milliseconds since 1970 of the last scrape whose counts are in the ledger. */
  readonly countedAt: number | undefined
  readonly rejected: number
  readonly problem: (ScrapeFailure & { readonly atMs: number }) | undefined
  readonly detail: string
}

const LONGEST_BACKOFF_MS = 60_000

/** One exporter being read, at its own pace. */
export class Poller {
  readonly target: Target
  readonly #world: World
  readonly #options: PollerOptions
  readonly #key: string
  readonly #reader: ExpositionReader
  /** The last scrape that was counted, and the last that is in the ledger, in milliseconds since 1970. */
  #lastMs: number | undefined
  #bracketedMs: number | undefined
  #failures = 0
  #state: PollerState = {
    reading: false,
    countedAt: undefined,
    rejected: 0,
    problem: undefined,
    detail: 'not read yet',
  }

  constructor(world: World, options: PollerOptions) {
    const { target, job } = options
    this.target = target
    this.#world = world
    this.#options = options
    this.#key = `t${target.name}`
    this.#reader = createExpositionReader({ job, instance: target.name, ...target.labels })
  }

  state(): PollerState {
    return this.#state
  }

  /** Ends when the signal is aborted. Never rejects for what the world does. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#world
    this.#rejoin()
    while (!signal.aborted) {
      const began = clock.monotonicMs()
      await this.#poll(signal)
      const { intervalMs } = this.#options
      const backOff = intervalMs * 2 ** Math.min(16, Math.max(0, this.#failures - 1))
      const pause = Math.max(intervalMs, Math.min(LONGEST_BACKOFF_MS, backOff)) * (1 + 0.05 * random())
      await clock.sleep(Math.max(0, pause - (clock.monotonicMs() - began)), signal).catch(() => undefined)
    }
  }

  /** Goes on from where an earlier run left off. */
  #rejoin(): void {
    const { intake, coverage, initial, target } = this.#options
    const now = this.#world.clock.nowMs()
    const recalled = Number(intake.recall(this.#key) ?? Number.NaN)
    if (Number.isSafeInteger(recalled) && recalled <= now) {
      this.#lastMs = recalled
      this.#bracketedMs = recalled
      coverage.rejoin(target.name, { from: recalled, to: recalled })
    } else coverage.join(target.name, initial ? minuteOf(now / 1000) * 1000 : now)
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { target, coverage } = this.#options
    const answer = await scrape(this.#world, { ...this.#options, url: target.url }, signal)
    if (signal.aborted) return
    const failure = answer.kind === 'ok' ? await this.#take(answer.value) : answer.error
    if (failure === undefined) {
      this.#failures = 0
      return
    }
    this.#failures++
    const atMs = this.#world.clock.nowMs()
    coverage.fail(target.name, atMs, failure.text)
    if (this.#state.problem?.text !== failure.text)
      this.#world.log.warn('an exporter cannot be read', { target: target.name, ...failure })
    this.#state = { ...this.#state, reading: false, detail: failure.text, problem: { ...failure, atMs } }
  }

  async #take({ text, format, askedMs }: Scrape): Promise<ScrapeFailure | undefined> {
    const { intake, coverage, target } = this.#options
    const atMs = Math.max(Math.floor(askedMs), (this.#lastMs ?? 0) + 1)
    const read = this.#reader.read(text, { atMs, format })
    if (read.ended === false)
      return {
        text: `the answer of ${target.name} was cut`,
        remedy: 'it must end with # EOF: raise timeout?',
      }
    const before = this.#lastMs
    let written: Written | undefined
    const taken = await intake.take({
      identity: undefined,
      bytes: text.length,
      count: (into) => {
        written = this.#count(read, { atMs, before }, into)
        this.#lastMs = atMs
      },
    })
    const unwritten = written === undefined ? 0 : [...written.faults.values()].reduce((a, b) => a + b, 0)
    if (taken.kind !== 'counted' && taken.kind !== 'repeated') return unwrittenBecause(taken)
    // What was counted before and could not be written then is written now.
    coverage.bracket(target.name, { from: this.#bracketedMs ?? atMs, to: atMs })
    this.#bracketedMs = atMs
    this.#state = {
      reading: true,
      countedAt: atMs,
      rejected: this.#state.rejected + read.rejected + unwritten,
      problem: undefined,
      detail: `${read.series.length} series`,
    }
    return undefined
  }

  #count(
    read: Exposition,
    when: { readonly atMs: number; readonly before: number | undefined },
    into: Parameters<Parameters<Intake['take']>[0]['count']>[0],
  ): Written {
    const { folder, lookbackMs } = this.#options
    const { atMs, before } = when
    const near = before !== undefined && atMs - before <= lookbackMs
    into.remember(this.#key, String(atMs))
    if (read.rejected > 0) into.reject(read.rejected)
    return folder.fold(read, into, { nowMs: atMs, whole: true, absentAt: near ? before : undefined })
  }
}

/** The scrape may be counted all the same; the next one adds only what came since. */
function unwrittenBecause(taken: Exclude<Taken, { kind: 'counted' | 'repeated' }>): ScrapeFailure {
  const reason = taken.kind === 'full' ? 'too much is waiting' : taken.reason
  return { text: `the ledger could not be written: ${reason}`, remedy: 'see the state of the store' }
}
