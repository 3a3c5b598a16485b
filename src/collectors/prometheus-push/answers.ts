import { type Labels, labelsKey, type UnixSeconds } from '../../base/index.ts'
import { type CountRow, OVERFLOW } from '../../traffic/index.ts'

/** One series of answers to a question. */
export interface AnswerSeries {
  readonly question: string
  readonly labels: Labels
}

/** The series of answers, bounded for each question: what comes after the bound is one series that says so. */
export class AnswerTable {
  readonly #fixed: Labels
  readonly #most: number
  readonly #known = new Map<string, Map<string, AnswerSeries>>()

  constructor(options: { readonly fixed: Labels; readonly most: number }) {
    this.#fixed = options.fixed
    this.#most = options.most
  }

  series(question: string, labels: Labels): AnswerSeries {
    const own = this.#known.get(question) ?? new Map<string, AnswerSeries>()
    this.#known.set(question, own)
    const key = labelsKey(labels)
    const found = own.get(key)
    if (found !== undefined) return found
    if (own.size >= this.#most) return { question, labels: { ...this.#fixed, [OVERFLOW]: 'true' } }
    const made = { question, labels: { ...this.#fixed, ...labels } }
    own.set(key, made)
    return made
  }
}

/** What one request adds to the minutes of the questions that are asked. */
export class Answers {
  readonly #source: string
  readonly #minutes = new Map<AnswerSeries, Map<UnixSeconds, number>>()

  constructor(source: string) {
    this.#source = source
  }

  add(series: AnswerSeries, minute: UnixSeconds, more: number): void {
    if (more <= 0) return
    const minutes = this.#minutes.get(series) ?? new Map<UnixSeconds, number>()
    this.#minutes.set(series, minutes)
    minutes.set(minute, (minutes.get(minute) ?? 0) + more)
  }

  rows(): readonly CountRow[] {
    return [...this.#minutes].flatMap(([{ question, labels }, minutes]) =>
      [...minutes].map(([minute, value]) => ({ key: question, source: this.#source, labels, minute, value })),
    )
  }
}
