import { type Labels, microseconds } from '../../base/index.ts'
import type { Exemplar, Judgement } from '../../traffic/index.ts'
import { ownText } from '../request/own-text.ts'
import type { LogRecord } from './record.ts'

const MOST_BAD = 35
const MOST_BAD_ALIKE = 5
const MOST_SLOW = 15

/** Keeps a few requests of each step to answer "show me one": bad ones of every kind, and the slowest good ones. */
export class ExemplarPick {
  readonly #source: string
  #bad: Exemplar[] = []
  #alike = new Map<string, number>()
  #slow: { readonly duration: number; readonly exemplar: Exemplar }[] = []
  /** A good request must take longer than this to be kept. */
  #bar = 0

  constructor(source: string) {
    this.#source = source
  }

  offer(record: LogRecord, judgement: Judgement, labels: Labels): void {
    if (judgement.outcome === 'bad') this.#offerBad(record, judgement, labels)
    else if (judgement.outcome === 'good' && judgement.timed && (record.duration ?? 0) > this.#bar)
      this.#offerSlow(record, judgement, labels)
  }

  /** What was kept since the last time; at most 50. */
  take(): readonly Exemplar[] {
    const taken = [...this.#bad, ...this.#slow.map(({ exemplar }) => exemplar)]
    this.#bad = []
    this.#alike = new Map()
    this.#slow = []
    this.#bar = 0
    return taken
  }

  #offerBad(record: LogRecord, judgement: Judgement, labels: Labels): void {
    if (this.#bad.length >= MOST_BAD) return
    const kind = `${judgement.reason} ${labels['service_name'] ?? ''} ${labels['operation'] ?? ''}`
    const seen = this.#alike.get(kind) ?? 0
    if (seen >= MOST_BAD_ALIKE) return
    this.#alike.set(kind, seen + 1)
    this.#bad.push(this.#exemplar(record, judgement, labels))
  }

  #offerSlow(record: LogRecord, judgement: Judgement, labels: Labels): void {
    this.#slow.push({ duration: record.duration ?? 0, exemplar: this.#exemplar(record, judgement, labels) })
    if (this.#slow.length <= MOST_SLOW) return
    this.#slow.sort((a, b) => b.duration - a.duration)
    this.#slow.pop()
    this.#bar = this.#slow.at(-1)?.duration ?? 0
  }

  #exemplar(record: LogRecord, judgement: Judgement, labels: Labels): Exemplar {
    const { duration, traceId, requestId } = record
    return {
      source: this.#source,
      labels,
      atMs: record.endMs,
      outcome: judgement.outcome,
      reason: judgement.reason,
      ...(duration === undefined ? {} : { duration: microseconds(duration) }),
      ...(traceId === undefined ? {} : { traceId: ownText(traceId) }),
      ...(requestId === undefined ? {} : { requestId: ownText(requestId) }),
    }
  }
}
