import { type Range, type UnixSeconds, unixSeconds } from '../../base/index.ts'
import type { Answer, KnowledgeGap } from '../pull/index.ts'

/** Samples that are no further apart leave nothing out between them: as far as PromQL looks back for a value. */
export const NEAR_MS = 300_000

/** The start of the minute that a sample speaks of. A sample tells what happened before it, so a full minute is its end. */
export function minuteOfSample(timeMs: number): UnixSeconds {
  return unixSeconds(Math.ceil(timeMs / 60_000) * 60 - 60)
}

const NO_SAMPLES = 'no samples'
const TORN = 'some series had no samples for more than five minutes'
const BEGINS = 'the first sample is of this minute'

/** Gathers which minutes of a range the samples of all series speak of. */
export class Knowledge {
  readonly #range: Range
  /** Minutes between two near samples of some series. */
  readonly #seen: Uint8Array
  /** Minutes with a sample. */
  readonly #has: Uint8Array
  /** Minutes in which a series was silent that has told more since. */
  readonly #torn: Uint8Array
  #last = Number.NEGATIVE_INFINITY

  constructor(range: Range) {
    const minutes = Math.max(0, (range.to - range.from) / 60)
    this.#range = range
    this.#seen = new Uint8Array(minutes)
    this.#has = new Uint8Array(minutes)
    this.#torn = new Uint8Array(minutes)
  }

  /** Two samples of one series that follow each other, or its first, in milliseconds since 1970. */
  sample(time: number, before: number | undefined, { whole = false } = {}): void {
    this.#last = Math.max(this.#last, time)
    this.#mark(this.#has, time, time)
    if (whole) this.#mark(this.#seen, time, time)
    if (before === undefined) return
    const from = before + 60_000
    if (time - before <= NEAR_MS) this.#mark(this.#seen, from, time)
    else this.#mark(this.#torn, from, time)
  }

  /** The minute of `from` up to that of `to`, as far as they are in the range. */
  #mark(minutes: Uint8Array, from: number, to: number): void {
    const index = (time: number): number => (minuteOfSample(time) - this.#range.from) / 60
    const end = Math.min(minutes.length - 1, index(to))
    for (let i = Math.max(0, index(from)); i <= end; i++) minutes[i] = 1
  }

  /** What is known, when samples were asked for up to an instant that may lie behind the range. */
  told(options: {
    readonly untilMs: number
    readonly silentIsZero: boolean
    readonly partial: string | undefined
  }): Required<Pick<Answer, 'gaps' | 'through'>> {
    const { untilMs, silentIsZero, partial } = options
    const { from, to } = this.#range
    const isOpen = this.#last > Number.NEGATIVE_INFINITY && untilMs - this.#last < NEAR_MS
    const through = isOpen ? unixSeconds(Math.min(to, minuteOfSample(this.#last) + 60)) : to
    const gaps: KnowledgeGap[] = []
    for (let i = 0; i < this.#seen.length; i++) {
      const gap =
        this.#gapAt(i, silentIsZero) ??
        (partial === undefined ? undefined : { state: 'partial' as const, reason: partial })
      if (gap === undefined) continue
      const minute = unixSeconds(from + i * 60)
      const last = gaps.at(-1)
      if (last && last.to === minute && last.state === gap.state && last.reason === gap.reason)
        gaps[gaps.length - 1] = { ...last, to: unixSeconds(minute + 60) }
      else gaps.push({ ...gap, from: minute, to: unixSeconds(minute + 60) })
    }
    return { gaps, through }
  }

  #gapAt(i: number, silentIsZero: boolean): Pick<KnowledgeGap, 'state' | 'reason'> | undefined {
    const has = this.#seen[i] === 1 || this.#has[i] === 1
    if (this.#torn[i] === 1)
      return { state: has || silentIsZero ? 'partial' : 'missing', reason: has ? TORN : NO_SAMPLES }
    if (this.#seen[i] === 1 || silentIsZero) return undefined
    return has ? { state: 'partial', reason: BEGINS } : { state: 'missing', reason: NO_SAMPLES }
  }
}
