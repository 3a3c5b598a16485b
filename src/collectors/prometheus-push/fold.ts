import { type Labels, microseconds } from '../../base/index.ts'
import { createJudge, type JudgeOptions, type Outcome, type SeriesHandle } from '../../traffic/index.ts'
import { minuteOfSample } from '../prometheus/knowledge.ts'
import type { Counting } from '../push/intake.ts'
import { allot, type Owed, owedIn, owedText } from './allotment.ts'
import { Answers, AnswerTable } from './answers.ts'
import { type Advance, settle, withPart } from './assembly.ts'
import { type Added, type Bins, classicAdded, nativeAdded, nativeTotals } from './durations.ts'
import { increaseOf, isTotal, type Point } from './increase.ts'
import { Knowledge } from './knowledge.ts'
import type { NativeHistogram } from './native-histogram.ts'
import { type Asked, type Fate, type HistogramUse, nameOf, type PartUse, type Plan, planOf } from './plan.ts'
import type { Question } from './questions.ts'
import type { RequestRule } from './rules.ts'
import { Since } from './since.ts'
import { Targets, targetOf } from './targets.ts'
import { LastTotals } from './totals.ts'
import { type Circumstances, FAULTS, Work, type Written } from './work.ts'
import type { WriteRequest, WrittenExemplar, WrittenSample, WrittenSeries } from './write-request.ts'

export interface FoldOptions {
  /** The DataSource's name. */
  readonly source: string
  /** On every series. */
  readonly labels: Labels
  readonly rules: readonly RequestRule[]
  readonly judge: JudgeOptions
  /** How many series are followed; points of more are rejected. */
  readonly most: number
  /** Combinations of labels that the answers to one question are told apart by. */
  readonly maxSeries: number
  /** A series that was silent for longer begins anew. */
  readonly lookbackMs: number
  /** What an earlier run remembered under the key. */
  readonly recall: (key: string) => string | undefined
}

const MOST_PLANS = 200_000
const FORGOTTEN_AFTER_MS = 24 * 3_600_000

/**
 * Turns points of running totals into requests and answers. One for each source; holds no clock and reads nothing. What
 * it remembers is handed over with what it counts, so that both become durable together.
 */
export class Folder {
  readonly #options: FoldOptions
  readonly #judge: ReturnType<typeof createJudge>
  readonly #totals: LastTotals
  readonly #plans = new Map<string, Plan | undefined>()
  readonly #handles = new Map<Labels, SeriesHandle>()
  readonly #owed = new Map<string, Owed>()
  readonly #table: AnswerTable
  readonly #targets: Targets
  /** Targets of which some series is followed. */
  readonly #followed = new Set<string>()
  readonly #since: Since
  readonly #knowledge = new Map<string, Knowledge>()
  #questions: readonly Question[] = []

  constructor(options: FoldOptions) {
    this.#options = options
    this.#judge = createJudge(options.judge)
    this.#totals = new LastTotals(options)
    this.#table = new AnswerTable({ fixed: options.labels, most: options.maxSeries })
    this.#targets = new Targets(options.recall)
    this.#since = new Since(options.recall)
  }

  /** Whatever is written from then on, in milliseconds since 1970, is handed over. */
  begin(atMs: number): void {
    this.#since.begin(atMs)
  }

  /** What is asked from now on. */
  ask(questions: readonly Question[]): void {
    const same =
      questions.length === this.#questions.length &&
      questions.every(({ key }, i) => key === this.#questions[i]?.key)
    if (same) return
    this.#questions = questions
    this.#plans.clear()
  }

  /** What is known of a question's minutes; without a key, of those of the requests. */
  knowledgeOf(question = REQUESTS): Knowledge {
    const known = this.#knowledge.get(question)
    if (known !== undefined) return known
    const made = new Knowledge()
    this.#knowledge.set(question, made)
    return made
  }

  fold(request: Pick<WriteRequest, 'series'>, into: Counting, how: Circumstances): Written {
    const work = new Work(into, how)
    const answers = new Answers(this.#options.source)
    const on: Hands = { work, answers, touched: new Map() }
    const names = [...this.#options.rules.map(nameOf), ...this.#questions.map(({ key }) => key)]
    this.#since.note(names, work)
    for (const series of request.series) {
      const plan = this.#planOf(series.labels)
      this.#takeUp(series, work)
      for (const sample of series.samples) work.sample(this.#takeSample(sample, plan, on))
      for (const histogram of series.histograms)
        work.histogram(this.#takeHistogram(histogram, { plan, work }))
      for (const exemplar of series.exemplars) this.#takeExemplar(exemplar, { plan, work })
    }
    // Counters come first, so that histograms which do not say how requests ended find those that failed.
    for (const each of on.touched.values()) this.#settle(each, work)
    into.counts(answers.rows())
    return work.written()
  }

  #planOf(flat: readonly string[]): Plan | undefined {
    const key = flat.join('\u0000')
    if (this.#plans.has(key)) return this.#plans.get(key)
    const labels = labelsIn(flat)
    const { rules, labels: fixed } = this.#options
    const plan = planOf(labels, {
      rules,
      fixed,
      judge: this.#judge,
      questions: this.#questions,
      answers: this.#table,
      since: this.#since.of,
    })
    if (this.#plans.size >= MOST_PLANS) this.#plans.clear()
    if (plan?.target !== undefined) this.#followed.add(plan.target)
    this.#plans.set(key, plan)
    return plan
  }

  /** Whether targets were scraped well: it says what series that come later were before. */
  #takeUp({ labels: flat, samples }: WrittenSeries, work: Work): void {
    if (flat[1] !== 'up' || flat[0] !== '__name__') return
    const labels = labelsIn(flat)
    const target = targetOf(labels)
    if (target === undefined) return
    for (const { atMs, value, stale } of samples) {
      if (stale || work.untimely(atMs) !== undefined) continue
      if (value === 1) work.remember(target, this.#targets.up(target, atMs))
      else if (this.#followed.has(target))
        this.knowledgeOf().trouble(atMs, `${labels['instance']} of ${labels['job']} could not be scraped`)
    }
  }

  /**
   * When the series was zero for certain: it says so itself, or it was looked for and was not there. What was before it
   * was looked for is not counted. Undefined when nobody knows; then a first point only says where counting begins.
   */
  #zeroBefore(
    plan: Plan,
    point: { readonly atMs: number; readonly startMs: number },
    work: Work,
  ): Point | undefined {
    const { target, since } = plan
    const scraped = target === undefined ? undefined : this.#targets.scrapedBefore(target, point.atMs)
    const zeros = [point.startMs, work.how.absentAt, scraped]
    const atMs = zeros.find((each) => each !== undefined && each > 0 && each >= since)
    return atMs === undefined ? undefined : { atMs, value: 0 }
  }

  #takeSample(sample: WrittenSample, plan: Plan | undefined, on: Hands): string | undefined {
    const { work, touched } = on
    const untimely = work.untimely(sample.atMs)
    if (untimely !== undefined) return untimely
    // That a series ended says nothing about how much it counted; what is no total cannot be counted.
    if (plan === undefined || sample.stale) return undefined
    const fault = this.#takePoint(sample, plan, on)
    if (plan.part === undefined || !isTotal(sample.value)) return fault
    const { part: name, key } = plan.part
    const state = this.#totals.histogram(key)
    if (state === undefined && !this.#hasRoom(sample.atMs)) return FAULTS.room
    const next = withPart(state, { ...sample, name })
    if (next === undefined) return fault
    work.remember(key, this.#totals.setHistogram(key, next))
    touched.set(key, { use: plan.part, plan })
    return fault
  }

  /** Follows the series as a counter, and counts its points for the questions that want that. */
  #takePoint(sample: WrittenSample, plan: Plan, { work, answers }: Hands): string | undefined {
    const { counter, asked, key } = plan
    if (counter === undefined && asked.length === 0) return undefined
    const { atMs, value, startMs } = sample
    const last = this.#totals.point(key)
    if (last !== undefined && atMs <= last.atMs) {
      // What an older point would have told of a total has been counted with the later one.
      if (atMs < last.atMs) return asked.some(isPoints) ? FAULTS.order : undefined
      return value === last.value || !isTotal(value) ? undefined : FAULTS.conflict
    }
    if (last === undefined && !this.#hasRoom(atMs)) return FAULTS.room
    const minute = minuteOfSample(atMs)
    for (const { question, series } of asked)
      if (question.reading === 'points' && question.passes(value)) answers.add(series, minute, 1)
    const near = last !== undefined && atMs - last.atMs <= this.#options.lookbackMs ? last : undefined
    const known = near !== undefined && isTotal(near.value) ? near : undefined
    // A value that is no total leaves the total as it was, so that what comes after is compared with that.
    const next = isTotal(value) ? value : (last?.value ?? Number.NaN)
    work.remember(key, this.#totals.setPoint(key, { atMs, value: next }))
    const before = known ?? this.#zeroBefore(plan, sample, work)
    const isWhole = known === undefined && before !== undefined
    for (const { question } of asked) this.knowledgeOf(question.key).sample(atMs, near?.atMs, isWhole)
    if (counter !== undefined) this.knowledgeOf().sample(atMs, near?.atMs, isWhole)
    if (before === undefined || !isTotal(value)) return undefined
    const increase = increaseOf(before, { atMs, value }, startMs)
    for (const { question, series } of asked)
      if (question.reading === 'increase') answers.add(series, minute, increase)
    if (counter === undefined || increase === 0) return undefined
    work.add(this.#handleOf(counter, work), { minute, ...ending(counter) }, increase)
    if (counter.owed !== undefined) this.#owe(counter.owed, counter, { increase, work })
    return undefined
  }

  #takeHistogram(
    histogram: NativeHistogram,
    to: { readonly plan: Plan | undefined; readonly work: Work },
  ): string | undefined {
    const { plan, work } = to
    const untimely = work.untimely(histogram.atMs)
    if (untimely !== undefined) return untimely
    const use = plan?.histogram
    if (plan === undefined || use === undefined || histogram.stale || histogram.gauge) return undefined
    const { atMs, startMs } = histogram
    const counted = this.#totals.histogram(use.key)?.counted
    if (counted !== undefined && atMs <= counted.atMs) return atMs === counted.atMs ? undefined : FAULTS.order
    if (counted === undefined && !this.#hasRoom(atMs)) return FAULTS.room
    const now = nativeTotals(histogram, use.unit)
    work.remember(
      use.key,
      this.#totals.setHistogram(use.key, { counted: { atMs, totals: now }, waiting: [] }),
    )
    const beforeMs = counted?.atMs ?? 0
    this.#advance(
      { atMs, startMs, before: counted?.totals, beforeMs, now },
      { use, plan, work, native: true },
    )
    return undefined
  }

  #settle({ use, plan }: { readonly use: PartUse; readonly plan: Plan }, work: Work): void {
    const before = this.#totals.histogram(use.key)
    if (before === undefined) return
    const { state, advances } = settle(before, { whole: work.how.whole })
    if (advances.length === 0 && state.waiting.length === before.waiting.length) return
    work.remember(use.key, this.#totals.setHistogram(use.key, state))
    for (const advance of advances) this.#advance(advance, { use, plan, work, native: false })
  }

  #advance(
    advance: Advance,
    to: {
      readonly use: HistogramUse
      readonly plan: Plan
      readonly work: Work
      readonly native: boolean
    },
  ): void {
    const { use, plan, work, native } = to
    const { atMs, startMs, before, beforeMs, now } = advance
    const isNear = before !== undefined && atMs - beforeMs <= this.#options.lookbackMs
    const isWhole = !isNear && this.#zeroBefore(plan, { atMs, startMs }, work) !== undefined
    if (use.counts === 'requests') this.knowledgeOf().sample(atMs, isNear ? beforeMs : undefined, isWhole)
    if (!isNear && !isWhole) return
    const base = isNear && startMs <= beforeMs ? before : undefined
    const added = native ? nativeAdded(base, now) : classicAdded(base, now, use.unit)
    this.#addHistogram(added, { use, work, minute: minuteOfSample(atMs) })
  }

  #addHistogram(
    added: Added,
    to: { readonly use: HistogramUse; readonly work: Work; readonly minute: number },
  ): void {
    const { use, work, minute } = to
    const bins: Bins = (use.judgement.timed ? added.bins : undefined) ?? new Map()
    const handle = this.#handleOf(use, work)
    if (use.counts === 'requests') {
      work.add(handle, { minute, ...ending(use) }, added.count)
      work.addDurations(handle, { minute, ...ending(use) }, bins)
      return
    }
    if (use.owed === undefined) return work.addDurations(handle, { minute, ...ending(use) }, bins)
    const { allotments, owed } = allot(bins, this.#owedOf(use.owed), use.judgement)
    for (const { outcome, reason, bins: own } of allotments)
      work.addDurations(handle, { minute, outcome, reason }, own)
    this.#setOwed(use.owed, owed, work)
  }

  #takeExemplar(
    exemplar: WrittenExemplar,
    to: { readonly plan: Plan | undefined; readonly work: Work },
  ): void {
    const { plan, work } = to
    work.exemplar()
    const use = plan?.part ?? plan?.histogram
    const fate: Fate | undefined = use ?? plan?.counter
    if (fate === undefined || exemplar.traceId === undefined || exemplar.atMs <= 0) return
    if (work.untimely(exemplar.atMs) !== undefined) return
    const us = use === undefined ? Number.NaN : Math.round(exemplar.value * use.unit)
    work.into.exemplar({
      source: this.#options.source,
      labels: fate.labels,
      atMs: exemplar.atMs,
      outcome: fate.judgement.outcome,
      reason: fate.judgement.reason,
      traceId: exemplar.traceId.slice(0, 128),
      ...(us >= 0 && us < 1e15 ? { duration: microseconds(us) } : {}),
    })
  }

  #hasRoom(atMs: number): boolean {
    return this.#totals.hasRoom() || this.#totals.forget(atMs - FORGOTTEN_AFTER_MS) > 0
  }

  #handleOf({ labels }: Fate, work: Work): SeriesHandle {
    const known = this.#handles.get(labels)
    if (known !== undefined) return known
    const handle = work.into.series(labels)
    if (this.#handles.size >= MOST_PLANS) this.#handles.clear()
    this.#handles.set(labels, handle)
    return handle
  }

  #owedOf(key: string): Owed {
    const known = this.#owed.get(key)
    if (known !== undefined) return known
    const recalled = owedIn(this.#options.recall(key))
    this.#owed.set(key, recalled)
    return recalled
  }

  #setOwed(key: string, owed: Owed, work: Work): void {
    if (owed.size === 0 && this.#owedOf(key).size === 0) return
    this.#owed.set(key, owed)
    work.remember(key, owedText(owed))
  }

  #owe(key: string, { judgement }: Fate, to: { readonly increase: number; readonly work: Work }): void {
    const { outcome, reason } = judgement
    const owed = new Map(this.#owedOf(key))
    owed.set(reason, { outcome, count: (owed.get(reason)?.count ?? 0) + to.increase })
    this.#setOwed(key, owed, to.work)
  }
}

const isPoints = ({ question }: Asked): boolean => question.reading === 'points'

/** Stands for the rules, where a question has its key. */
const REQUESTS = ''

function labelsIn(flat: readonly string[]): Labels {
  const labels: Record<string, string> = {}
  for (let i = 0; i < flat.length; i += 2) labels[flat[i] ?? ''] = flat[i + 1] ?? ''
  return labels
}

/** What a request is counted with. */
interface Hands {
  readonly work: Work
  readonly answers: Answers
  /** Histograms that got buckets. */
  readonly touched: Map<string, { readonly use: PartUse; readonly plan: Plan }>
}

function ending({ judgement }: Fate): { readonly outcome: Outcome; readonly reason: string } {
  return { outcome: judgement.outcome, reason: judgement.reason }
}
