import { unixSeconds, type World } from '../../base/index.ts'
import {
  type Accumulator,
  type CountRow,
  createAccumulator,
  createSeriesTable,
  type LedgerStep,
  type SeriesTable,
} from '../../traffic/index.ts'
import type { CollectorStatus, Sink } from '../collector.ts'
import { Batch, cellOf } from './batch.ts'
import { PushCoverage } from './coverage.ts'
import { IDENTITY_BYTES } from './identities.ts'
import type { Counting, Delivery, IntakeNumbers, IntakeOptions, Refused, Taken } from './intake.ts'
import { Memory } from './memory.ts'

/** A step is begun when nobody else came for so long: senders that wait for their answer send nothing more. */
const QUIET_MS = 200
/** The ledger rests so many times as long as the last write took: many small writes cost more than few large ones. */
const REST_FACTOR = 10
/** And at the latest after so long, or after as long as the last write took, but so that nobody loses patience. */
const LONGEST_GATHERING_MS = 1_000
/** How often coverage is looked at while nobody sends. */
const IDLE_MS = 5_000
/** Senders give up after about ten seconds; an answer before that saves them the guess. */
const PATIENCE_MS = 5_000
/** A write that takes longer hangs; it is tried again, which changes nothing when it was done. */
const WRITE_LIMIT_MS = 60_000
/** The same once the signal came: the process is to end. */
const LAST_WRITE_LIMIT_MS = 4_000
const LONGEST_BACK_OFF_MS = 5_000
const ATTEMPTS_AT_THE_END = 2
/**
 * Counts are whole counts of their writer, so its cells are kept in memory. A writer ends after so long or so many
 * cells and the next one begins from zero; what comes late then is counted beside it. A step of at most this many rows
 * and those of one delivery is one insert, so that counts and identities are on disk together.
 */
const GENERATION_MS = 600_000
const GENERATION_CELLS = 100_000
/** What a delivery costs beside its bytes: its connection and its answer. */
const DELIVERY_COST = 1_024

const NOT_RUNNING: Refused = { kind: 'failed', reason: 'the receiver does not run', retryAfterMs: 1_000 }

interface Pending {
  readonly batch: Batch
  readonly step: LedgerStep
}

/** Gathers deliveries and writes them, one step at a time. See `Intake`. */
export class Gatherer {
  readonly ready: Promise<void>
  readonly #world: World
  readonly #options: IntakeOptions
  readonly #memory: Memory
  readonly #table: SeriesTable
  readonly #accumulator: Accumulator
  readonly #counting: Counting
  readonly #maxWaiting: number
  /** Deliveries that are counted and of which it is not known that they are on disk. */
  readonly #undurable = new Map<string, Batch>()
  /** What the writer at hand has added up of the minutes of questions. */
  #sums = new Map<string, CountRow>()
  #coverage: PushCoverage | undefined
  #batch = new Batch()
  /** A step that was begun: it is written again, the same, until it is known to be on disk. */
  #pending: Pending | undefined
  #waitingCost = 0
  #phase: 'starting' | 'taking' | 'stopped' = 'starting'
  #becomeReady: () => void = () => undefined
  #awake: AbortController | undefined
  /** Whether a delivery may end the nap. */
  #isBackingOff = false
  #generation = 1
  #generationSince = 0
  #revision = 0
  #lastWriteMs = 0
  #lastWriteEnd = 0
  #failures = 0
  #events = 0
  #rejected = 0
  #lastSuccess: CollectorStatus['lastSuccess']
  #problem: CollectorStatus['problem']

  constructor(world: World, options: IntakeOptions) {
    this.#world = world
    this.#options = options
    this.#maxWaiting = options.maxWaiting ?? 64 * 1024 * 1024
    this.#memory = new Memory({ key: options.key, windowMs: options.windowMs ?? 900_000 })
    this.#table = createSeriesTable({ maxSeries: options.maxSeries ?? 2_000, fixed: options.labels ?? {} })
    this.#accumulator = createAccumulator({
      source: options.source,
      writer: this.#writer(),
      table: this.#table,
      maxCells: Number.POSITIVE_INFINITY,
    })
    this.#counting = this.#createCounting()
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve
    })
  }

  recall(key: string): string | undefined {
    return this.#batch.remembered.get(key) ?? this.#memory.recall(key)
  }

  numbers(): IntakeNumbers {
    const through = this.#coverage?.through
    return {
      events: this.#events,
      rejected: this.#rejected,
      overflowed: this.#accumulator.overflowed(),
      lastSuccess: this.#lastSuccess,
      completeThrough: through === undefined ? undefined : unixSeconds(through / 1000),
      problem: this.#problem,
    }
  }

  trouble(reason: string): void {
    this.#coverage?.trouble(this.#world.clock.nowMs(), reason)
  }

  async take(delivery: Delivery): Promise<Taken> {
    if (this.#phase !== 'taking') return NOT_RUNNING
    const key = delivery.identity === undefined ? undefined : keyOf(delivery.identity)
    if (key !== undefined) {
      const undurable = this.#undurable.get(key)
      if (undurable !== undefined) return undurable.wait({ kind: 'repeated' })
      if (delivery.identity !== undefined && this.#memory.knows(delivery.identity))
        return { kind: 'repeated' }
    }
    return this.refuses(delivery.bytes) ?? this.#count(delivery, key)
  }

  refuses(bytes: number): Refused | undefined {
    if (this.#phase !== 'taking') return NOT_RUNNING
    if (this.#waitingCost === 0 || this.#waitingCost + bytes + DELIVERY_COST <= this.#maxWaiting)
      return undefined
    const retryAfterMs = Math.round(1_000 + this.#world.random() * 2_000)
    const reason = this.#failures > 0 ? (this.#problem?.text ?? '') : ''
    this.#coverage?.trouble(this.#world.clock.nowMs(), reason === '' ? 'deliveries were turned away' : reason)
    return reason === '' ? { kind: 'full', retryAfterMs } : { kind: 'failed', reason, retryAfterMs }
  }

  #count(delivery: Delivery, key: string | undefined): Promise<Taken> {
    const cost = delivery.bytes + DELIVERY_COST
    const batch = this.#batch
    const [events, rejected] = [this.#events, this.#rejected]
    delivery.count(this.#counting)
    this.#coverage?.delivered(this.#world.clock.nowMs(), {
      events: this.#events - events,
      rejected: this.#rejected - rejected,
    })
    batch.cost += cost
    this.#waitingCost += cost
    if (key !== undefined && delivery.identity !== undefined) {
      batch.identities.push(delivery.identity.slice(0, IDENTITY_BYTES))
      batch.keys.push(key)
      this.#undurable.set(key, batch)
    }
    batch.deliveries++
    if (!this.#isBackingOff && (batch.deliveries === 1 || this.#isHeavy())) this.#awake?.abort()
    return batch.wait({ kind: 'counted' })
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const stop = (): void => {
      this.#phase = 'stopped'
      this.#awake?.abort()
    }
    signal.addEventListener('abort', stop)
    try {
      if (await this.#load(sink, signal)) {
        if (!signal.aborted) this.#phase = 'taking'
        this.#becomeReady()
        while (!signal.aborted) {
          await this.#gather(signal)
          await this.#flush(sink)
        }
        await this.#finish(sink)
      }
    } finally {
      this.#phase = 'stopped'
      this.#becomeReady()
      signal.removeEventListener('abort', stop)
    }
  }

  /** Reads what earlier runs remember; tries until it succeeds. Gives whether it did before the signal. */
  async #load(sink: Sink, signal: AbortSignal): Promise<boolean> {
    const { clock, log } = this.#world
    const { source, silenceMs = 180_000, lagMs = 10_000 } = this.#options
    while (!signal.aborted) {
      try {
        const unreadable = await this.#memory.load(sink.checkpoint)
        if (unreadable > 0) log.warn('checkpoints could not be understood', { source, unreadable })
        this.#revision = Math.max(clock.nowMs(), this.#memory.revision)
        this.#generationSince = clock.monotonicMs()
        const before = this.#memory.state
        this.#coverage = new PushCoverage({ source, start: clock.nowMs(), silenceMs, lagMs, before })
        this.#problem = undefined
        this.#failures = 0
        return true
      } catch (error) {
        this.#fail('the ledger could not be read', error)
        await this.#backOff(signal)
      }
    }
    return false
  }

  /** Waits until there is something to write and it is time to. */
  async #gather(signal: AbortSignal): Promise<void> {
    const { clock } = this.#world
    if (this.#pending !== undefined) return await this.#backOff(signal)
    if (this.#batch.deliveries === 0) await this.#nap(IDLE_MS, signal)
    const began = clock.monotonicMs()
    const longest = Math.min(Math.max(LONGEST_GATHERING_MS, this.#lastWriteMs), PATIENCE_MS / 2)
    const rested = this.#lastWriteEnd + Math.min(LONGEST_GATHERING_MS, REST_FACTOR * this.#lastWriteMs)
    let seen = 0
    while (!signal.aborted && !this.#isHeavy()) {
      const { deliveries } = this.#batch
      const now = clock.monotonicMs()
      if (deliveries === 0 || now - began >= longest) return
      if (deliveries === seen && now >= rested) return
      seen = deliveries
      await this.#nap(QUIET_MS, signal)
    }
  }

  /** Half of what may wait, or as many cells as a writer may have. */
  #isHeavy(): boolean {
    return this.#batch.cost * 2 >= this.#maxWaiting || this.#cells() >= GENERATION_CELLS
  }

  #cells(): number {
    return this.#accumulator.cells() + this.#sums.size
  }

  /** Writes what was gathered, after what could not be written before. Gives whether all is on disk. */
  async #flush(sink: Sink): Promise<boolean> {
    this.#pending ??= this.#begin()
    if (this.#pending === undefined) return true
    const { batch, step } = this.#pending
    const began = this.#world.clock.monotonicMs()
    const error = await this.#write(sink, step)
    this.#lastWriteEnd = this.#world.clock.monotonicMs()
    this.#lastWriteMs = this.#lastWriteEnd - began
    if (error !== undefined) {
      this.#fail('the ledger could not be written', error.cause)
      this.#answerAll()
      return false
    }
    this.#pending = undefined
    for (const key of batch.keys) this.#undurable.delete(key)
    this.#waitingCost -= batch.cost
    this.#failures = 0
    this.#problem = undefined
    this.#lastSuccess = this.#world.clock.now()
    batch.answer()
    return this.#batch.deliveries === 0
  }

  /** Makes a step of what was gathered; undefined when there is nothing to write. */
  #begin(): Pending | undefined {
    const { clock } = this.#world
    const batch = this.#batch
    const now = clock.nowMs()
    const coverage = this.#coverage?.settle(now) ?? []
    if (batch.deliveries === 0 && coverage.length === 0) return undefined
    const { writer, traffic } = this.#accumulator.drain()
    const revision = ++this.#revision
    const state = this.#coverage?.state(now) ?? ''
    const { identities, remembered, counts } = batch
    const monotonicMs = clock.monotonicMs()
    const checkpoints = this.#memory.keep(
      { identities, remembered, state },
      { monotonicMs, wallMs: now, revision },
    )
    this.#batch = new Batch()
    this.#turnOver()
    const exemplars = batch.examples.kept
    const step = {
      writer,
      revision,
      keeper: this.#options.key,
      traffic,
      counts,
      coverage,
      exemplars,
      checkpoints,
    }
    return { batch, step }
  }

  /** Ends the writer when it is time to. All that it counted was just drained. */
  #turnOver(): void {
    const now = this.#world.clock.monotonicMs()
    if (now - this.#generationSince < GENERATION_MS && this.#cells() < GENERATION_CELLS) return
    this.#generation++
    this.#generationSince = now
    this.#accumulator.startOver(this.#writer())
    this.#sums = new Map()
  }

  /** Gives what went wrong. Those who wait are told in time, also while the write is still under way. */
  async #write(sink: Sink, step: LedgerStep): Promise<{ readonly cause: unknown } | undefined> {
    const giveUp = new AbortController()
    const settled = new AbortController()
    const written = sink
      .write(step, giveUp.signal)
      .then(() => undefined)
      .catch((cause: unknown) => ({ cause }))
      .finally(() => settled.abort())
    const late = (ms: number): Promise<'late'> =>
      this.#world.clock
        .sleep(ms, settled.signal)
        .catch(() => undefined)
        .then(() => 'late')
    let waited = 0
    while (waited < this.#writeLimit()) {
      const patience = Math.min(PATIENCE_MS, this.#writeLimit())
      const outcome = await Promise.race([written, late(patience)])
      if (outcome !== 'late') return outcome
      if (settled.signal.aborted) return await written
      waited += patience
      this.#fail('the ledger is slow', new Error(`a write takes longer than ${waited / 1000} s`))
      this.#answerAll()
    }
    giveUp.abort(new Error('the write took too long'))
    settled.abort()
    return { cause: new Error(`no answer within ${waited / 1000} s`) }
  }

  #writeLimit(): number {
    return this.#phase === 'stopped' ? LAST_WRITE_LIMIT_MS : WRITE_LIMIT_MS
  }

  /** Writes what is left. Those whose deliveries cannot be written are told so. */
  async #finish(sink: Sink): Promise<void> {
    this.#phase = 'stopped'
    for (let attempt = 0; attempt < ATTEMPTS_AT_THE_END; attempt++) if (await this.#flush(sink)) break
    this.#phase = 'stopped'
    if (this.#pending !== undefined || this.#batch.deliveries > 0)
      this.#world.log.warn('could not be written before the end', {
        source: this.#options.source,
        deliveries: (this.#pending?.batch.deliveries ?? 0) + this.#batch.deliveries,
      })
    this.#answerAll()
  }

  /** Nobody waits any longer; what was counted stays, and who sends again waits for it then. */
  #answerAll(): void {
    const reason = this.#problem?.text ?? 'the receiver stops'
    const retryAfterMs = Math.round(1_000 + this.#world.random() * 1_000)
    for (const batch of [this.#pending?.batch, this.#batch])
      batch?.answer({ kind: 'failed', reason, retryAfterMs })
  }

  #fail(what: string, error: unknown): void {
    const text = `${what}: ${error instanceof Error ? error.message : String(error)}`
    this.#failures++
    if (this.#problem?.text !== text)
      this.#world.log.warn('deliveries wait', { source: this.#options.source, text })
    this.#problem = { at: this.#world.clock.now(), text, remedy: 'see the state of the store' }
  }

  async #backOff(signal: AbortSignal): Promise<void> {
    const longest = Math.min(LONGEST_BACK_OFF_MS, 500 * 2 ** Math.min(this.#failures, 10))
    this.#isBackingOff = true
    await this.#nap(longest * (0.75 + this.#world.random() / 4), signal)
    this.#isBackingOff = false
  }

  async #nap(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const awake = new AbortController()
    this.#awake = awake
    await this.#world.clock.sleep(ms, awake.signal).catch(() => undefined)
    this.#awake = undefined
  }

  #writer(): string {
    return `${this.#options.run}/${this.#generation}`
  }

  #createCounting(): Counting {
    return {
      series: this.#table.series,
      add: (series, addition, weight = 1) => {
        this.#events += weight
        this.#accumulator.addTo(series, addition, weight)
      },
      addAll: (additions) => {
        this.#events += this.#accumulator.addAll(additions)
      },
      exemplar: (exemplar) => this.#batch.examples.offer(exemplar),
      counts: (rows) => {
        for (const row of rows) {
          const cell = cellOf(row)
          const sum = { ...row, value: row.value + (this.#sums.get(cell)?.value ?? 0) }
          this.#sums.set(cell, sum)
          this.#events += row.value
          this.#batch.addCounts([sum])
        }
      },
      remember: (key, value) => this.#batch.remembered.set(key, value),
      reject: (events) => {
        this.#rejected += events
      },
    }
  }
}

function keyOf(identity: Uint8Array): string {
  if (identity.length < IDENTITY_BYTES) throw new Error(`an identity has ${IDENTITY_BYTES} bytes or more`)
  return Buffer.from(identity.buffer, identity.byteOffset, IDENTITY_BYTES).toString('latin1')
}
