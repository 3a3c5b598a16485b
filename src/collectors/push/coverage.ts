import { unixSeconds } from '../../base/index.ts'
import type { CoverageSpan } from '../../traffic/index.ts'

export interface PushCoverageOptions {
  readonly source: string
  /** When the receiver began to listen. */
  readonly start: number
  readonly silenceMs: number
  /** How long after a minute ended its events may still be on their way. */
  readonly lagMs: number
  /** What `state` gave in an earlier run. */
  readonly before?: string | undefined
}

/** A stretch in which nothing was heard. */
interface Gap {
  readonly from: number
  readonly to: number
  readonly reason: string
}

interface Minute {
  events: number
  rejected: number
  trouble: string
}

const MINUTE_MS = 60_000
/** A gap longer than that, before this run began, is not told minute by minute. */
const FURTHEST_BACK_MS = 24 * 3_600_000

/**
 * Which minutes of a source that pushes are known. A sender that says nothing may have nothing to say or be dead, so a
 * minute is known only between two deliveries that are not further apart than `silenceMs`; before the first delivery
 * nothing is claimed. Instants are milliseconds since 1970.
 */
export class PushCoverage {
  readonly #options: PushCoverageOptions
  readonly #minutes = new Map<number, Minute>()
  #gaps: readonly Gap[] = []
  /** Minutes before it are decided; undefined before the first delivery. */
  #cursor: number | undefined
  #last: number | undefined
  #begun: number

  constructor(options: PushCoverageOptions) {
    this.#options = options
    this.#begun = options.start
    const before = parse(options.before ?? '')
    if (before === undefined || before.alive > options.start) return
    this.#cursor = Math.max(before.cursor, startOf(options.start - FURTHEST_BACK_MS))
    this.#last = before.last
    this.#begun = 0
    this.#gaps = [{ from: before.alive, to: options.start, reason: 'the receiver did not run' }]
  }

  /** Something came in, so what came before it has come too. */
  delivered(at: number, seen: { readonly events: number; readonly rejected: number }): void {
    const last = this.#last
    // A clock that was set back makes the future ours again.
    if (last === undefined || last - at > this.#options.silenceMs) this.#beginAt(at)
    else if (at - last > this.#options.silenceMs)
      this.#gaps = [...this.#gaps, { from: last, to: at, reason: silentSince(last) }]
    this.#last = Math.max(this.#last ?? at, at)
    const minute = this.#minuteAt(at)
    minute.events += seen.events
    minute.rejected += seen.rejected
  }

  /** Something was turned away. */
  trouble(at: number, reason: string): void {
    if (this.#cursor !== undefined) this.#minuteAt(at).trouble ||= reason
  }

  /** The minutes that are decided and were not given before. */
  settle(now: number): readonly CoverageSpan[] {
    const spans: CoverageSpan[] = []
    const last = this.#last
    if (this.#cursor === undefined || last === undefined) return spans
    const isSilent = now - last > this.#options.silenceMs
    // A gap that is still open is looked at as one that ends now; it is not kept, since it goes on.
    const open = isSilent ? [{ from: last, to: now, reason: silentSince(last) }] : []
    let cursor = this.#cursor
    for (; cursor + MINUTE_MS + this.#options.lagMs <= now; cursor += MINUTE_MS) {
      if (!isSilent && last < cursor + MINUTE_MS) break
      append(spans, this.#options.source, cursor, this.#verdictOf(cursor, [...this.#gaps, ...open]))
      this.#minutes.delete(cursor)
    }
    this.#cursor = cursor
    this.#gaps = this.#gaps.filter(({ to }) => to > cursor)
    return spans
  }

  /** Minutes before it are decided; undefined before the first delivery. */
  get through(): number | undefined {
    return this.#cursor
  }

  /** What a later run needs to go on from `now`; empty before the first delivery. */
  state(now: number): string {
    if (this.#cursor === undefined || this.#last === undefined) return ''
    const [cursor, last, alive] = [this.#cursor, this.#last, now].map(Math.floor)
    return JSON.stringify({ cursor, last, alive })
  }

  #beginAt(at: number): void {
    this.#begun = at
    this.#last = undefined
    this.#cursor = startOf(at)
    this.#gaps = []
    this.#minutes.clear()
  }

  #minuteAt(at: number): Minute {
    const start = startOf(at)
    const minute = this.#minutes.get(start) ?? { events: 0, rejected: 0, trouble: '' }
    this.#minutes.set(start, minute)
    return minute
  }

  #verdictOf(start: number, gaps: readonly Gap[]): Verdict {
    const end = start + MINUTE_MS
    const gap = gaps.find(({ from, to }) => from < end && to > start)
    if (gap !== undefined)
      return { state: gap.from <= start && gap.to >= end ? 'missing' : 'partial', reason: gap.reason }
    if (this.#begun > start) return { state: 'partial', reason: `receiving began at ${clock(this.#begun)}` }
    const { events, rejected, trouble } = this.#minutes.get(start) ?? { events: 0, rejected: 0, trouble: '' }
    if (trouble !== '') return { state: 'partial', reason: trouble }
    if (rejected * 100 > events + rejected)
      return { state: 'partial', reason: `${rejected} of ${events + rejected} events could not be used` }
    return { state: 'known', reason: '' }
  }
}

interface Verdict {
  readonly state: CoverageSpan['state']
  readonly reason: string
}

function append(spans: CoverageSpan[], source: string, minute: number, verdict: Verdict): void {
  const [from, to] = [unixSeconds(minute / 1000), unixSeconds((minute + MINUTE_MS) / 1000)]
  const before = spans.at(-1)
  if (before !== undefined && before.state === verdict.state && before.reason === verdict.reason)
    spans[spans.length - 1] = { ...before, to }
  else spans.push({ source, from, to, ...verdict })
}

function parse(text: string): { cursor: number; last: number; alive: number } | undefined {
  const found = /^\{"cursor":(\d+),"last":(\d+),"alive":(\d+)\}$/.exec(text)
  if (found === null) return undefined
  return { cursor: Number(found[1]), last: Number(found[2]), alive: Number(found[3]) }
}

const startOf = (instant: number): number => Math.floor(instant / MINUTE_MS) * MINUTE_MS

const silentSince = (instant: number): string => `nothing was received since ${clock(instant)}`

/** `12:34:56` in UTC. */
function clock(ms: number): string {
  const second = Math.floor(ms / 1000) % 86_400
  const parts = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
