import {
  earlier,
  failed,
  type Labels,
  minuteOf,
  ok,
  type Range,
  type Result,
  type UnixSeconds,
  type World,
} from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import type { Collected, CollectOptions, Collector, CollectorStatus, Sink } from '../collector.ts'
import { type Asking, createAsking } from './asking.ts'
import { collectJobs, type Job, jobsOfPast } from './past.ts'
import { Question } from './question.ts'
import { addRange, inside, partsOf, span } from './ranges.ts'
import { livePlan, type Pending, pastPlan, type QuestionRecord, type Taken } from './record.ts'
import type { Schedule } from './schedule.ts'
import type { Answer, CountSource, PullFailure } from './source.ts'
import { statusOf } from './status.ts'

export interface PullSettings {
  /** The DataSource's name. */
  readonly name: string
  /** As people see it: `prometheus`. */
  readonly type: string
  /** The DataSource's input; empty when it is read as one. */
  readonly input: string
  readonly labels: Labels
  readonly source: CountSource
  /** What is asked now; read before each tick. */
  readonly questions: () => readonly ExternalQuery[]
  readonly schedule: Schedule
  /** How late the source is complete. Younger minutes are not asked for. */
  readonly lagSeconds: number
  /** The last minutes before what was read are read again each time, and replaced. */
  readonly overlapSeconds: number
  /** How far back questions are asked. */
  readonly backfillSeconds: number
  /** The longest stretch of the past in one question; divides a quarter of a day. */
  readonly chunkSeconds: number
  /** Live questions that are asked at a time. The past is read by one more. */
  readonly concurrency: number
  readonly maxSeries: number
  /** Once an hour so much of what was read is read again and replaced, for data that come late; none unless given. */
  readonly hourlySeconds?: number
  /** Data may come so late: a stretch is read again for the last time once it is older. The overlap unless given. */
  readonly settleSeconds?: number
  /** Reading costs money: what is about to be asked is put down first, and gone on with after a crash. */
  readonly paid?: boolean
  /** Under which name the coverage of a question is kept. */
  readonly coverage?: (asked: ExternalQuery) => string
}

export interface PullCollector extends Collector {
  readonly collect: NonNullable<Collector['collect']>
}

/** Between looks for more of the past to read, when there is none or it cannot be read now. */
const PAST_REST_MS = 10_000
/** A question that the source refuses is asked again after so long: what it names may have come to be. */
const REFUSED_REST_MS = 300_000
const SKIPPED_MS = 6 * 3_600_000
/** A live read goes back so far beyond the overlap; what was missed for longer is read as the past. */
const CATCH_UP = 900

/** Reads a source of counts on a schedule, and its past beside it. See docs/sources.md. */
export function createPullCollector(world: World, settings: PullSettings): PullCollector {
  const collector = new Puller(world, settings)
  return {
    name: settings.name,
    run: (sink, signal) => collector.run(sink, signal),
    collect: (range, options, signal) => collector.collect(range, options, signal),
    status: () => collector.status(),
  }
}

class Puller {
  readonly #world: World
  readonly #settings: PullSettings
  readonly #asking: Asking
  #questions = new Map<string, Question>()
  #phase: 'starting' | 'running' | 'stopped' = 'starting'
  #live: Promise<void> = Promise.resolve()
  /** Where live reads that are under way begin; the past is read up to there. */
  #liveFrom = Number.POSITIVE_INFINITY
  #lastSuccess: UnixSeconds | undefined
  #problem: CollectorStatus['problem']
  /** In which more was read again, since 1970. */
  #hour = 0
  #attempts = 0

  constructor(world: World, settings: PullSettings) {
    this.#world = world
    this.#settings = settings
    this.#asking = createAsking(world, settings.source)
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    this.#phase = 'running'
    await Promise.all([this.#runLive(sink, signal), this.#runPast(sink, signal)])
    this.#phase = 'stopped'
  }

  async #runLive(sink: Sink, signal: AbortSignal): Promise<void> {
    const { clock } = this.#world
    if (this.#settings.paid === true) await this.#resume(sink, signal)
    while (!signal.aborted) {
      this.#live = this.#tick(sink, signal)
      await this.#live
      const next = this.#settings.schedule.next(clock.nowMs())
      const pause = next === undefined ? 86_400_000 : next - clock.nowMs()
      await clock.sleep(Math.max(1, pause), signal).catch(() => undefined)
    }
  }

  /** What was being read when the run before ended is read to its end, under the name that it was begun with. */
  async #resume(sink: Sink, signal: AbortSignal): Promise<void> {
    const groups = new Map<string, { pending: Pending; questions: Question[] }>()
    for (const question of this.#follow()) {
      if (!(await this.#recalled(question, sink))) continue
      for (const pending of question.record?.pending ?? []) {
        const key = `${pending.from} ${pending.to} ${pending.attempt}`
        const group = groups.get(key) ?? { pending, questions: [] }
        groups.set(key, group)
        group.questions.push(question)
      }
    }
    for (const { pending, questions } of groups.values()) {
      const { from, to, kind, attempt } = pending
      await this.#read({ questions, range: span(from, to), attempt }, { sink, kind }, signal)
    }
  }

  /** How much is read again now: once an hour more than each time. */
  #overlap(): number {
    const { hourlySeconds = 0, overlapSeconds } = this.#settings
    const hour = Math.floor(this.#world.clock.now() / 3_600)
    if (hourlySeconds <= overlapSeconds || hour === this.#hour) return overlapSeconds
    this.#hour = hour
    return hourlySeconds
  }

  async #tick(sink: Sink, signal: AbortSignal): Promise<void> {
    const questions = this.#follow()
    const end = this.#end()
    const overlap = this.#overlap()
    const jobs = await this.#jobsOf(questions, sink, (question) => {
      if (question.record === undefined) return undefined
      return livePlan(question.record, { end, overlap, most: overlap + CATCH_UP })
    })
    this.#liveFrom = Math.min(end, ...jobs.map(({ range }) => range.from))
    const queue = jobs.values()
    const lane = async (): Promise<void> => {
      for (const job of queue) {
        await this.#read(job, { sink, kind: 'live' }, signal)
        if (signal.aborted) return
      }
    }
    // When the source was away, the first question finds out whether it is back.
    const first = this.#asking.isProbing() ? queue.next().value : undefined
    if (first !== undefined) await this.#read(first, { sink, kind: 'live' }, signal)
    await Promise.all(Array.from({ length: this.#settings.concurrency }, lane))
    this.#liveFrom = Number.POSITIVE_INFINITY
  }

  /** Minutes before this are complete at the source. */
  #end(): UnixSeconds {
    return minuteOf(earlier(this.#world.clock.now(), this.#settings.lagSeconds))
  }

  /** What is asked now; what is no longer asked is forgotten, and found in the ledger when it is asked again. */
  #follow(): readonly Question[] {
    const { name: source, input, labels, maxSeries, questions, coverage } = this.#settings
    const wanted = new Map(questions().map((asked) => [asked.key, asked]))
    const settings = { source, input, labels, maxSeries, coverage }
    this.#questions = new Map(
      [...wanted].map(([key, asked]) => {
        const question = this.#questions.get(key) ?? new Question(this.#world, asked, settings)
        question.asked = asked
        return [key, question]
      }),
    )
    return [...this.#questions.values()]
  }

  /** Questions of the same range go together as far as the source takes them. */
  async #jobsOf(
    questions: readonly Question[],
    sink: Sink,
    plan: (question: Question) => Range | undefined,
  ): Promise<readonly Job[]> {
    const byRange = new Map<string, { questions: Question[]; range: Range }>()
    for (const question of questions) {
      if (!(await this.#recalled(question, sink))) continue
      const range = plan(question)
      if (range === undefined || range.to <= range.from) continue
      const key = `${range.from} ${range.to}`
      const group = byRange.get(key)
      if (group) group.questions.push(question)
      else byRange.set(key, { questions: [question], range })
    }
    const { together } = this.#settings.source
    return [...byRange.values()].flatMap(({ questions: all, range }) =>
      Array.from({ length: Math.ceil(all.length / together) }, (_, i) => ({
        questions: all.slice(i * together, (i + 1) * together),
        range,
      })),
    )
  }

  async #recalled(question: Question, sink: Sink): Promise<boolean> {
    try {
      await question.recall(sink)
      return true
    } catch (error) {
      this.#ledgerFailed('read', error)
      return false
    }
  }

  /** Asks and writes. True when all questions were answered; a range that is too long is asked in parts. */
  async #read(
    { questions, range, attempt }: Job,
    how: { readonly sink: Sink; readonly kind: 'live' | 'past' },
    signal: AbortSignal,
  ): Promise<boolean> {
    const now = this.#world.clock.monotonicMs()
    const asked = questions.filter((question) => question.restUntil <= now)
    for (const question of questions)
      if (!asked.includes(question) && question.failure)
        await this.#miss(question, { ...how, range }, question.failure)
    const most = Math.min(...asked.map((question) => question.most))
    let answered = asked.length === questions.length
    for (const part of partsOf(range, most)) {
      const settledTo = earlier(this.#end(), this.#settleSeconds())
      if (asked.length === 0 || signal.aborted) return false
      const named = await this.#named(asked, { part, attempt }, how)
      if (named.kind === 'failed') return false
      const replies = await this.#asking.ask(
        { questions: asked.map((q) => q.asked), range: part, ...named.value },
        signal,
      )
      for (const question of asked) {
        const reply = replies.get(question.asked.key)
        if (reply?.kind === 'ok') {
          answered = (await this.#take(question, { ...how, settledTo, range: part }, reply.value)) && answered
          continue
        }
        const length = part.to - part.from
        if (!signal.aborted && reply?.error.kind === 'too-much' && length > 60) {
          question.shrink(length)
          const inParts = await this.#read({ questions: [question], range: part }, how, signal)
          answered = inParts && answered
          continue
        }
        answered = false
        if (!signal.aborted && reply !== undefined)
          await this.#miss(question, { ...how, range: part }, reply.error)
      }
    }
    return answered
  }

  #settleSeconds(): number {
    return Math.max(this.#settings.overlapSeconds, this.#settings.settleSeconds ?? 0)
  }

  /** Puts down what is about to be asked, where asking costs money. Fails when the ledger does: then nobody asks. */
  async #named(
    asked: readonly Question[],
    { part, attempt }: { readonly part: Range; readonly attempt: string | undefined },
    { sink, kind }: { readonly sink: Sink; readonly kind: 'live' | 'past' },
  ): Promise<Result<{ readonly attempt?: string }, undefined>> {
    if (this.#settings.paid !== true || this.#asking.isResting()) return ok({})
    if (attempt !== undefined) return ok({ attempt })
    const fresh = `${Math.floor(this.#world.clock.nowMs()).toString(36)}-${++this.#attempts}`
    try {
      for (const question of asked) await question.intend({ ...part, kind, attempt: fresh }, sink)
      return ok({ attempt: fresh })
    } catch (error) {
      this.#ledgerFailed('written', error)
      return failed(undefined)
    }
  }

  async #take(
    question: Question,
    { sink, ...taken }: Omit<Taken, 'gaps'> & { readonly sink: Sink },
    answer: Answer,
  ): Promise<boolean> {
    try {
      await question.take(answer, taken, sink)
      this.#lastSuccess = this.#world.clock.now()
      return true
    } catch (error) {
      this.#ledgerFailed('written', error)
      return false
    }
  }

  async #miss(
    question: Question,
    { range, kind, sink }: { readonly range: Range; readonly kind: 'live' | 'past'; readonly sink: Sink },
    failure: PullFailure,
  ): Promise<void> {
    const { clock, random, log } = this.#world
    if (question.failure?.text !== failure.text)
      log.warn('a question has no answer', {
        source: this.#settings.name,
        question: this.#settings.source.describe(question.asked),
        text: failure.text,
      })
    const now = clock.monotonicMs()
    const isOfQuestion = failure.kind === 'refused' || failure.kind === 'too-much'
    if (isOfQuestion && kind === 'live' && question.restUntil <= now)
      question.restUntil = now + REFUSED_REST_MS * (0.9 + 0.2 * random())
    // A stretch of the past that cannot be answered keeps neither the rest of it nor what is new from being read.
    if (isOfQuestion && kind === 'past') question.skip(range, now + SKIPPED_MS)
    question.failure = failure
    this.#problem = { at: clock.now(), text: failure.text, remedy: failure.remedy }
    if (kind === 'past') return
    try {
      await question.miss(range, failure, sink)
    } catch (error) {
      this.#ledgerFailed('written', error)
    }
  }

  #ledgerFailed(done: 'read' | 'written', error: unknown): void {
    const text = `the ledger could not be ${done}: ${error instanceof Error ? error.message : String(error)}`
    if (this.#problem?.text !== text)
      this.#world.log.warn('pull source has a problem', { source: this.#settings.name, text })
    this.#problem = { at: this.#world.clock.now(), text, remedy: 'see the state of the store' }
  }

  /** Reads the past, newest first, one stretch at a time, and rests as long as each took. */
  async #runPast(sink: Sink, signal: AbortSignal): Promise<void> {
    const { clock } = this.#world
    while (!signal.aborted) {
      await this.#live
      const job = await this.#nextPast(sink)
      const began = clock.monotonicMs()
      const done = job !== undefined && (await this.#read(job, { sink, kind: 'past' }, signal))
      const took = clock.monotonicMs() - began
      await clock.sleep(done ? Math.max(1, took) : PAST_REST_MS, signal).catch(() => undefined)
    }
  }

  async #nextPast(sink: Sink): Promise<Job | undefined> {
    const now = this.#world.clock.monotonicMs()
    if (this.#asking.isResting()) return undefined
    const able = [...this.#questions.values()].filter(({ restUntil, record }) => restUntil <= now && record)
    const jobs = await this.#jobsOf(able, sink, (question) => this.#pastOf(question))
    return jobs.toSorted((a, b) => b.range.to - a.range.to || b.range.from - a.range.from)[0]
  }

  /** Live reads come first: until there is one, and from where the next one begins, the past is not read. */
  #pastOf(question: Question): Range | undefined {
    const { record, most } = question
    const { overlapSeconds: overlap, backfillSeconds, chunkSeconds } = this.#settings
    const end = this.#end()
    if (record === undefined || record.read.length === 0) return undefined
    const { from: live } = livePlan(record, { end, overlap, most: overlap + CATCH_UP })
    const bounds = span(minuteOf(end - backfillSeconds), Math.min(live, this.#liveFrom))
    const skipped = question.skipped(this.#world.clock.monotonicMs())
    return pastPlan(this.#untilSettled(record), bounds, { chunk: divisorOf(chunkSeconds, most), skipped })
  }

  /** What was read and is too young to be read for the last time counts as settled until then, chunk by chunk. */
  #untilSettled(record: QuestionRecord): QuestionRecord {
    const { settleSeconds, chunkSeconds, overlapSeconds } = this.#settings
    if (settleSeconds === undefined || settleSeconds <= overlapSeconds) return record
    const young = Math.floor((this.#end() - settleSeconds) / chunkSeconds) * chunkSeconds
    const recent = record.read.map((read) => inside(read, span(young, read.to)))
    return { ...record, settled: recent.reduce(addRange, record.settled) }
  }

  async collect(range: Range, options: CollectOptions, signal: AbortSignal): Promise<Collected> {
    const { sink, again, onProgress } = options
    const { chunkSeconds, concurrency, source } = this.#settings
    const bounds = inside(span(minuteOf(range.from), Math.ceil(range.to / 60) * 60), span(0, this.#end()))
    if (this.#settings.paid === true) await this.#resume(sink, signal)
    const able: Question[] = []
    for (const question of this.#follow()) if (await this.#recalled(question, sink)) able.push(question)
    const jobs = jobsOfPast(able, { bounds, again, chunkSeconds, together: source.together })
    return collectJobs(this.#world, jobs, {
      read: (job) => this.#read(job, { sink, kind: 'past' }, signal),
      describe: (question) => source.describe(question.asked),
      lanes: concurrency,
      signal,
      ...(onProgress ? { onProgress } : {}),
    })
  }

  status(): CollectorStatus {
    const { name, type, source, backfillSeconds } = this.#settings
    return statusOf([...this.#questions.values()], {
      name,
      type,
      phase: this.#phase,
      describe: source.describe,
      remark: source.remark ?? (() => undefined),
      wanted: span(minuteOf(this.#end() - backfillSeconds), this.#end()),
      lastSuccess: this.#lastSuccess,
      problem: this.#problem,
      now: this.#world.clock.monotonicMs(),
    })
  }
}

/** The longest whole-minute divisor of a chunk that is no longer than `most`. */
function divisorOf(chunk: number, most: number): number {
  for (let parts = 1; parts <= chunk / 60; parts++)
    if (chunk % (parts * 60) === 0 && chunk / parts <= most) return chunk / parts
  return 60
}
