import { type Log, minuteOf, type World } from '../../base/index.ts'
import type { LedgerStep, SeriesTable } from '../../traffic/index.ts'
import type { Sink } from '../collector.ts'
import { createTargetCounter, type TargetCounter } from './counter.ts'
import type { CoverageTracker, Stretch } from './coverage.ts'
import type { Target } from './discovery.ts'
import type { ReadEnvoy, Scrape } from './envoy.ts'
import type { EnvoyStatsOptions } from './options.ts'
import type { Basis } from './process.ts'
import type { Failure } from './scrape.ts'

export interface PollerState {
  readonly reading: boolean
  /** Milliseconds since 1970 of the last scrape whose counts are in the ledger. */
  readonly writtenThrough: number | undefined
  readonly events: number
  readonly rejected: number
  readonly overflowed: number
  readonly problem: (Failure & { readonly at: number }) | undefined
  readonly detail: string
}

export interface PollerOptions {
  readonly source: string
  readonly run: string
  readonly target: Target
  readonly table: SeriesTable
  readonly settings: EnvoyStatsOptions
  readonly read: ReadEnvoy
  readonly coverage: CoverageTracker
  /** When the collector's run began, in milliseconds since 1970. */
  readonly readingSince: number
  /** Whether the target was there when the run began, so that its traffic before belongs to the source too. */
  readonly initial: boolean
}

const LONGEST_BACKOFF_MS = 30_000
/** A checkpoint is written at least so often, even when nothing was counted: it says how far the counts go. */
const QUIETEST_MS = 30_000

/** One Envoy being read, at its own pace. */
export class Poller {
  readonly target: Target
  readonly #world: World
  readonly #options: PollerOptions
  readonly #key: string
  readonly #read: ReadEnvoy
  readonly #log: Log
  #counter: TargetCounter | undefined
  #pending: { readonly step: LedgerStep; readonly through: number } | undefined
  #stretches: Stretch[] = []
  #dirty = false
  #failures = 0
  #state: PollerState = {
    reading: false,
    writtenThrough: undefined,
    events: 0,
    rejected: 0,
    overflowed: 0,
    problem: undefined,
    detail: 'not read yet',
  }

  constructor(world: World, options: PollerOptions) {
    this.target = options.target
    this.#world = world
    this.#options = options
    this.#key = `envoy-stats:${options.source}:${options.target.name}`
    this.#read = options.read
    this.#log = world.log.child({ source: options.source, target: options.target.name })
  }

  state(): PollerState {
    return this.#state
  }

  /** Ends when the signal is aborted, after all that was counted is written. Never rejects for what the world does. */
  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#world
    while (!signal.aborted) {
      const began = clock.monotonicMs()
      await this.#poll(sink, signal)
      const pause = pauseAfter(this.#failures, this.#options.settings.intervalMs) * (1 + 0.1 * random())
      await clock.sleep(Math.max(0, pause - (clock.monotonicMs() - began)), signal).catch(() => undefined)
    }
    await this.#write(sink)
  }

  async #poll(sink: Sink, signal: AbortSignal): Promise<void> {
    const { target, coverage } = this.#options
    this.#counter ??= await this.#restore(sink)
    const counter = this.#counter
    if (counter === undefined) {
      this.#failures++
      return
    }
    const outcome = await this.#read(counter.remembered(), signal)
    if (outcome.kind === 'ok') {
      this.#take(outcome.value, counter)
    } else if (!signal.aborted) {
      this.#failures++
      this.#state = { ...this.#state, reading: false, detail: outcome.error.text }
      this.#report(outcome.error)
      coverage.fail(target.name, this.#world.clock.nowMs(), outcome.error.text)
    }
    await this.#write(sink, signal)
  }

  /** Goes on from where an earlier run left off. Undefined when the ledger could not be asked. */
  async #restore(sink: Sink): Promise<TargetCounter | undefined> {
    const { coverage, initial, run, target, read: _, ...rest } = this.#options
    try {
      const checkpoint = await sink.checkpoint(this.#key)
      const writer = `${run}/${target.name}`
      const counter = createTargetCounter({ ...rest, writer, labels: target.labels, checkpoint })
      const before = counter.remembered()
      const now = this.#world.clock.nowMs()
      if (before !== undefined) coverage.rejoin(target.name, { from: before.gaplessFrom, to: before.at })
      else coverage.join(target.name, initial ? minuteOf(now / 1000) * 1000 : now)
      return counter
    } catch (error) {
      const text = `the ledger could not be read: ${messageOf(error)}`
      this.#report({ text, remedy: 'see the state of the store' })
      return undefined
    }
  }

  #take(scrape: Scrape, counter: TargetCounter): void {
    const before = counter.remembered()?.at
    const { basis, events, changed } = counter.take(scrape)
    const seen = { basis, before, options: this.#options }
    const was = this.#state
    this.#stretches.push(stretchOf(scrape, seen))
    this.#dirty ||= changed || basis !== 'continue' || !isRecent(scrape.at, was.writtenThrough)
    this.#failures = 0
    this.#state = {
      ...was,
      reading: true,
      events: was.events + events,
      rejected: was.rejected + scrape.reading.rejected,
      overflowed: counter.overflowed(),
      detail: detailOf(scrape),
      problem: undefined,
    }
    const odd = oddity(scrape, seen)
    if (odd !== undefined) this.#report(odd)
    if (basis !== 'continue') this.#log.info('envoy process seen', { basis, epoch: scrape.process?.epoch })
  }

  /** Writes what was counted. What cannot be written now is kept, and written first the next time. */
  async #write(sink: Sink, signal?: AbortSignal): Promise<void> {
    const { target, coverage } = this.#options
    for (;;) {
      this.#pending ??= this.#drained()
      if (this.#pending === undefined) return
      const { step, through } = this.#pending
      try {
        await sink.write(step, signal)
      } catch (error) {
        const text = `the ledger could not be written: ${messageOf(error)}`
        this.#report({ text, remedy: 'see the state of the store' })
        return
      }
      this.#pending = undefined
      this.#state = { ...this.#state, writtenThrough: through }
      for (const stretch of this.#stretches) if (stretch.to <= through) coverage.bracket(target.name, stretch)
      this.#stretches = this.#stretches.filter(({ to }) => to > through)
    }
  }

  #drained(): { readonly step: LedgerStep; readonly through: number } | undefined {
    const counter = this.#counter
    const remembered = counter?.remembered()
    if (!this.#dirty || counter === undefined || remembered === undefined) return undefined
    const { checkpoint, ...step } = counter.drain()
    this.#dirty = false
    return {
      step:
        checkpoint === undefined ? step : { ...step, checkpoints: [{ key: this.#key, value: checkpoint }] },
      through: remembered.at,
    }
  }

  #report(problem: Failure): void {
    const at = this.#world.clock.nowMs()
    if (this.#state.problem?.text !== problem.text)
      this.#log.warn('envoy statistics have a problem', { ...problem })
    this.#state = { ...this.#state, problem: { ...problem, at } }
  }
}

interface Seen {
  readonly basis: Basis
  /** When the scrape before was answered, in milliseconds since 1970. */
  readonly before: number | undefined
  readonly options: PollerOptions
}

function isRecent(at: number, written: number | undefined): boolean {
  return written !== undefined && at - written < QUIETEST_MS
}

function pauseAfter(failures: number, intervalMs: number): number {
  if (failures <= 1) return intervalMs
  return Math.max(intervalMs, Math.min(LONGEST_BACKOFF_MS, intervalMs * 2 ** Math.min(failures - 1, 16)))
}

/** Which stretch of time a scrape accounts for, and what may be missing from it. */
function stretchOf(scrape: Scrape, { basis, before, options }: Seen): Stretch {
  const { at, process } = scrape
  if (basis === 'first-sight') return { from: at, to: at }
  if (before === undefined) return { from: process?.earliest ?? at, to: at }
  if (basis === 'restarted')
    return { from: before, to: at, loss: 'Envoy restarted; what it counted after the last scrape is lost' }
  if (basis === 'hot-restarted' && !options.settings.statsFlushOnAdmin)
    return {
      from: before,
      to: at,
      loss: 'Envoy restarted hot between two flushes; set stats_flush_on_admin to lose nothing',
    }
  return { from: before, to: at }
}

/** What is wrong although the Envoy answers. */
function oddity(scrape: Scrape, { basis, before, options }: Seen): Failure | undefined {
  const { name } = options.target
  if (basis === 'first-sight' && before !== undefined) {
    return {
      text: `${name} is another Envoy than before, and an older one`,
      remedy: 'does a load balancer stand before several admin interfaces? Name each of them as a target',
    }
  }
  if (scrape.reading.summaries) {
    return {
      text: `${name} gives percentiles instead of bins, so durations are unknown`,
      remedy: 'update Envoy to 1.27 or later',
    }
  }
  return undefined
}

function detailOf({ process, totals }: Scrape): string {
  const epoch = process === undefined || process.epoch === 0 ? '' : `, restarted hot ${process.epoch} times`
  return `${totals.counters.size} counters, ${totals.histograms.size} histograms${epoch}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
