import { type UnixSeconds, unixSeconds } from '../../base/index.ts'
import type { CoverageSpan } from '../../traffic/index.ts'
import { minuteOfSample, NEAR_MS } from '../prometheus/knowledge.ts'

type State = CoverageSpan['state']

export interface Verdict {
  readonly state: State
  readonly reason: string
}

const NO_SAMPLES = 'no samples'
const TORN = 'some series had no samples for more than five minutes'
const BEGINS = 'the first sample is of this minute'
const MOST_MINUTES = 360

interface Minute {
  /** It lies between two near samples of some series. */
  seen: boolean
  has: boolean
  /** A series was silent in it that has told more since. */
  torn: boolean
  /** Why it is not whole, though there are samples. */
  trouble: string
}

/**
 * Which of the last hours' minutes are known of some series, from the samples that came of them: the same verdicts as
 * those of one who asks a Prometheus, but minute by minute as they come.
 */
export class Knowledge {
  readonly #minutes = new Map<number, Minute>()

  /** Two samples of one series that follow each other, in milliseconds since 1970; `whole`: it began at zero. */
  sample(atMs: number, beforeMs: number | undefined, whole: boolean): void {
    const minute = this.#at(minuteOfSample(atMs))
    minute.has = true
    minute.seen ||= whole
    if (beforeMs === undefined) return
    const near = atMs - beforeMs <= NEAR_MS
    const first = Math.max(minuteOfSample(beforeMs + 60_000), minuteOfSample(atMs) - (MOST_MINUTES - 1) * 60)
    for (let at: number = first; at <= minuteOfSample(atMs); at += 60) {
      if (near) this.#at(at).seen = true
      else this.#at(at).torn = true
    }
  }

  trouble(atMs: number, reason: string): void {
    this.#at(minuteOfSample(atMs)).trouble ||= reason
  }

  of(minute: UnixSeconds, silentIsZero: boolean): Verdict {
    const known = this.#minutes.get(minute)
    const has = known?.has === true || known?.seen === true
    if (known?.torn === true)
      return has || silentIsZero
        ? { state: 'partial', reason: TORN }
        : { state: 'missing', reason: NO_SAMPLES }
    if (known !== undefined && known.trouble !== '') return { state: 'partial', reason: known.trouble }
    if (known?.seen === true || silentIsZero) return { state: 'known', reason: '' }
    return has ? { state: 'partial', reason: BEGINS } : { state: 'missing', reason: NO_SAMPLES }
  }

  #at(minute: number): Minute {
    const found = this.#minutes.get(minute)
    if (found !== undefined) return found
    const made = { seen: false, has: false, torn: false, trouble: '' }
    this.#minutes.set(minute, made)
    if (this.#minutes.size > MOST_MINUTES * 2)
      for (const each of this.#minutes.keys())
        if (each < minute - MOST_MINUTES * 60) this.#minutes.delete(each)
    return made
  }
}

const WORTH: Readonly<Record<State, number>> = { missing: 0, partial: 1, known: 2 }
/** Minutes that are not known yet are looked at again for so long: samples may come late, and rarely. */
const LOOKED_AT_AGAIN_SECONDS = 900

/** What was said of a source's minutes, and what can be said now that more has come. */
export class Statements {
  readonly #source: string
  readonly #verdictOf: (minute: UnixSeconds) => Verdict
  readonly #said = new Map<number, { readonly given: Verdict; readonly state: State }>()

  constructor(source: string, verdictOf: (minute: UnixSeconds) => Verdict) {
    this.#source = source
    this.#verdictOf = verdictOf
  }

  /** Of each minute of what the receiver knows: no more than the samples know. */
  narrow(spans: readonly CoverageSpan[]): readonly CoverageSpan[] {
    const said: CoverageSpan[] = []
    for (const { from, to, state, reason } of spans) {
      for (let at: number = from; at < to; at += 60) {
        const minute = unixSeconds(at)
        const own = worse({ state, reason }, this.#verdictOf(minute))
        said.push({ source: this.#source, from: minute, to: unixSeconds(at + 60), ...own })
        if (WORTH[own.state] < WORTH[state])
          this.#said.set(at, { given: { state, reason }, state: own.state })
      }
    }
    return joined(said)
  }

  /** Minutes of which more is known than was said. */
  improved(now: number): readonly CoverageSpan[] {
    const better: CoverageSpan[] = []
    for (const [at, { given, state }] of this.#said) {
      const minute = unixSeconds(at)
      const own = worse(given, this.#verdictOf(minute))
      if (WORTH[own.state] > WORTH[state]) {
        better.push({ source: this.#source, from: minute, to: unixSeconds(at + 60), ...own })
        this.#said.set(at, { given, state: own.state })
      }
      if (own.state === given.state || at < now - LOOKED_AT_AGAIN_SECONDS) this.#said.delete(at)
    }
    return joined(better.sort((a, b) => a.from - b.from))
  }
}

function worse(a: Verdict, b: Verdict): Verdict {
  return WORTH[b.state] < WORTH[a.state] ? b : a
}

function joined(spans: readonly CoverageSpan[]): readonly CoverageSpan[] {
  const all: CoverageSpan[] = []
  for (const span of spans) {
    const last = all.at(-1)
    if (last && last.to === span.from && last.state === span.state && last.reason === span.reason)
      all[all.length - 1] = { ...last, to: span.to }
    else all.push(span)
  }
  return all
}
