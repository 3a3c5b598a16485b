import { type Labels, microseconds, type UnixSeconds } from '../../base/index.ts'
import type { Exemplar, Judgement } from '../../traffic/index.ts'

const MOST_BAD = 35
const MOST_BAD_ALIKE = 5
const MOST_SLOW = 15

/** What an example is made of. The ids are four words of the trace's and two of the span's, from `at` on. */
export interface Example {
  readonly labels: Labels
  readonly judgement: Judgement
  readonly endMs: number
  readonly duration: number
  readonly ids: Int32Array
  readonly at: number
}

/**
 * Which spans of a second are shown as examples: bad ones of every kind, and good ones that took longer than nearly all
 * of the second before. Nothing is made of a span before it is chosen, since most never are.
 */
export class SpanExamples {
  readonly #source: string
  #second: UnixSeconds | undefined = undefined
  #bad = 0
  readonly #alike = new Map<string, number>()
  #slow = 0
  /** The longest durations of this second, shortest first. */
  #longest: number[] = []
  #bar = 0

  constructor(source: string) {
    this.#source = source
  }

  /** To be called before each batch. */
  begin(now: UnixSeconds): void {
    if (this.#second === now) return
    this.#second = now
    this.#bad = 0
    this.#alike.clear()
    this.#slow = 0
    this.#bar = this.#longest.length < MOST_SLOW ? 0 : (this.#longest[0] ?? 0)
    this.#longest = []
  }

  wantsBad(reason: string, labels: Labels): boolean {
    if (this.#bad >= MOST_BAD) return false
    const kind = `${reason} ${labels['service_name'] ?? ''} ${labels['operation'] ?? ''}`
    const seen = this.#alike.get(kind) ?? 0
    if (seen >= MOST_BAD_ALIKE) return false
    this.#alike.set(kind, seen + 1)
    this.#bad++
    return true
  }

  wantsSlow(duration: number): boolean {
    const longest = this.#longest
    if (longest.length < MOST_SLOW || duration > (longest[0] ?? 0)) {
      if (longest.length >= MOST_SLOW) longest.shift()
      const at = longest.findIndex((each) => each > duration)
      longest.splice(at < 0 ? longest.length : at, 0, duration)
    }
    if (duration <= this.#bar || this.#slow >= MOST_SLOW) return false
    this.#slow++
    return true
  }

  exemplar({ labels, judgement, endMs, duration, ids, at }: Example): Exemplar {
    const { outcome, reason } = judgement
    const hasTrace = ids.subarray(at, at + 4).some((word) => word !== 0)
    return {
      source: this.#source,
      labels,
      atMs: endMs,
      outcome,
      reason,
      duration: microseconds(duration),
      ...(hasTrace ? { traceId: hexOf(ids, at, at + 4) } : {}),
    }
  }
}

function hexOf(words: Int32Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += ((words[at] ?? 0) >>> 0).toString(16).padStart(8, '0')
  return text
}
