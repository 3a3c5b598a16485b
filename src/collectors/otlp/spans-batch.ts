import type { UnixSeconds } from '../../base/index.ts'
import type { Judgement, SeriesHandle } from '../../traffic/index.ts'
import type { Counting } from '../push/intake.ts'
import { millisecondsOf, type SpanFacts } from './spans.ts'
import type { SpanExamples } from './spans-examples.ts'
import type { SpanSeries } from './spans-naming.ts'
import type { SeenSpans } from './spans-seen.ts'

const FIRST_SIZE = 1_024
/** What a request larger than this took is given back after it. */
const KEPT_SIZE = 65_536
const ID_WORDS = 6

/** What stays from one batch to the next. */
export interface BatchSetting {
  /** Undefined: spans that come twice count twice. */
  readonly seen: SeenSpans | undefined
  readonly examples: SpanExamples
  readonly now: () => UnixSeconds
}

/** The judged spans of one request, in columns, so that keeping them until they may be counted makes no objects. */
export class SpanBatch {
  size = 0
  /** Spans that were counted before, since the process started. */
  duplicates = 0
  #series: SpanSeries[] = []
  #handles: SeriesHandle[] = []
  #judgements: Judgement[] = []
  /** The two halves of the instant of its end. */
  #ends = new Int32Array(FIRST_SIZE * 2)
  /** Unsigned 32 bits end in 2106, as the ledger's minutes do. */
  #minutes = new Uint32Array(FIRST_SIZE)
  #durations = new Float64Array(FIRST_SIZE)
  #weights = new Float64Array(FIRST_SIZE)
  #ids = new Int32Array(FIRST_SIZE * ID_WORDS)
  #isNew = new Uint8Array(FIRST_SIZE)
  readonly #facts: SpanFacts
  readonly #setting: BatchSetting

  constructor(facts: SpanFacts, setting: BatchSetting) {
    this.#facts = facts
    this.#setting = setting
  }

  clear(): void {
    this.size = 0
    if (this.#minutes.length > KEPT_SIZE) this.#resize(FIRST_SIZE)
    if (this.#series.length > KEPT_SIZE) {
      this.#series = []
      this.#handles = []
      this.#judgements = []
    }
  }

  /** Keeps the span whose facts are there. */
  add(series: SpanSeries, judgement: Judgement, weight: number): void {
    const facts = this.#facts
    const at = this.size
    if (at >= this.#minutes.length) this.#resize(at * 2)
    this.#series[at] = series
    this.#judgements[at] = judgement
    this.#ends[at * 2] = facts.endHigh
    this.#ends[at * 2 + 1] = facts.endLow
    this.#minutes[at] = Math.trunc((facts.endSeconds >>> 0) / 60) * 60
    this.#durations[at] = facts.duration
    this.#weights[at] = weight
    const { ids } = facts
    for (let i = 0; i < ID_WORDS; i++) this.#ids[at * ID_WORDS + i] = ids[i] ?? 0
    this.size = at + 1
  }

  count(into: Counting): void {
    const { seen, examples, now } = this.#setting
    const isNew = this.#isNew
    seen?.begin(now())
    examples.begin(now())
    seen?.addAll(this.#ids, this.size, isNew)
    // What is counted moves to the beginning of its columns.
    let kept = 0
    for (let i = 0; i < this.size; i++) {
      const series = this.#series[i]
      const judgement = this.#judgements[i]
      if (series === undefined || judgement === undefined) continue
      if (seen !== undefined && isNew[i] === 0) {
        this.duplicates++
        continue
      }
      const { outcome, reason, timed } = judgement
      const duration = this.#durations[i] ?? 0
      const wanted =
        outcome === 'bad'
          ? examples.wantsBad(reason, series.labels)
          : outcome === 'good' && timed && examples.wantsSlow(duration)
      if (wanted) this.#offer(i, { into, series, judgement })
      const weight = this.#weights[i] ?? 1
      series.handle ??= into.series(series.labels)
      this.#handles[kept] = series.handle
      this.#judgements[kept] = judgement
      this.#minutes[kept] = this.#minutes[i] ?? 0
      this.#durations[kept] = timed ? duration : -1
      this.#weights[kept] = weight === 1 ? 1 : wholeWeight(series, reason, weight)
      kept++
    }
    into.addAll({
      size: kept,
      series: this.#handles,
      minutes: this.#minutes,
      judgements: this.#judgements,
      durations: this.#durations,
      weights: this.#weights,
    })
  }

  #offer(i: number, found: { into: Counting; series: SpanSeries; judgement: Judgement }): void {
    const { into, series, judgement } = found
    const { labels } = series
    const duration = this.#durations[i] ?? 0
    const endMs = millisecondsOf(this.#ends[i * 2] ?? 0, this.#ends[i * 2 + 1] ?? 0)
    const ids = this.#ids
    into.exemplar(
      this.#setting.examples.exemplar({ labels, judgement, endMs, duration, ids, at: i * ID_WORDS }),
    )
  }

  #resize(size: number): void {
    this.#ends = resizedWords(this.#ends, size * 2)
    const minutes = new Uint32Array(size)
    minutes.set(this.#minutes.subarray(0, Math.min(size, this.#minutes.length)))
    this.#minutes = minutes
    this.#durations = resized(this.#durations, size)
    this.#weights = resized(this.#weights, size)
    this.#isNew = new Uint8Array(size)
    this.#ids = resizedWords(this.#ids, size * ID_WORDS)
  }
}

/**
 * A weight as a whole number. What is cut off is carried to the next span of the series with the same reason, so that
 * the counts of each are never more than one away from the sum of their weights, whichever way spans are sampled.
 */
function wholeWeight(series: SpanSeries, reason: string, weight: number): number {
  const owed = (series.carried.get(reason) ?? 0) + weight
  // A weight of 3 that was computed as 2.9999999999 is 3.
  const whole = Math.floor(owed + 1e-6)
  series.carried.set(reason, owed - whole)
  return whole
}

function resized(column: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size)
  larger.set(column.subarray(0, Math.min(size, column.length)))
  return larger
}

function resizedWords(column: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size)
  larger.set(column.subarray(0, Math.min(size, column.length)))
  return larger
}
