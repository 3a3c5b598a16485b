import { type Range, ratio, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Coverage } from './evaluation.ts'

/** What is known of a source over a stretch. What no stretch covers was never reported. */
export interface KnownSpan extends Range {
  readonly state: 'known' | 'partial' | 'missing'
}

/** How bad a minute is, worst highest: a set of sources is as bad as its worst. */
const RANK = { known: 0, partial: 1, unreported: 2, missing: 3 } as const
type Rank = number

/**
 * What is known of one or several sources over time, as boundaries: from `at[i]` on, up to the next boundary, the
 * rank is `rank[i]`. Before the first and after the last boundary nothing was reported. The sums count the minutes
 * before each boundary, so that any range is two searches.
 */
export interface CoverageTimeline {
  readonly at: readonly number[]
  readonly rank: readonly Rank[]
  readonly known: readonly number[]
  readonly partial: readonly number[]
  readonly failed: readonly number[]
}

/** Paints one span over what was known before; spans stay sorted, disjoint and merged. */
export function paintSpan(spans: readonly KnownSpan[], span: KnownSpan): readonly KnownSpan[] {
  const painted: KnownSpan[] = []
  const push = (next: KnownSpan): void => {
    const last = painted.at(-1)
    if (next.to <= next.from) return
    if (last?.to === next.from && last.state === next.state) painted.splice(-1, 1, { ...last, to: next.to })
    else painted.push(next)
  }
  for (const old of spans) push({ ...old, to: unixSeconds(Math.min(old.to, span.from)) })
  push(span)
  for (const old of spans) push({ ...old, from: unixSeconds(Math.max(old.from, span.to)) })
  return painted
}

/** Forgets what lies before `from`, but for the last of it: it says that the source was reported on before. */
export function forgetBefore(spans: readonly KnownSpan[], from: number): readonly KnownSpan[] {
  return spans.slice(
    Math.max(
      0,
      spans.findLastIndex((span) => span.to <= from),
    ),
  )
}

/** The worst of several sources, minute by minute. None: always known. */
export function worstOf(sources: readonly (readonly KnownSpan[])[]): CoverageTimeline {
  // Twenty thousand years ago is before all times.
  if (sources.length === 0) return withSums([-600_000_000_000], [RANK.known])
  const cuts = [...new Set(sources.flatMap((spans) => spans.flatMap((s) => [s.from, s.to])))]
  cuts.sort((a, b) => a - b)
  const walks = sources.map((spans) => ({ spans, next: 0 }))
  const at: number[] = []
  const rank: Rank[] = []
  for (const cut of cuts) {
    const worst = Math.max(...walks.map((walk) => rankAt(walk, cut)))
    if (worst === (rank.at(-1) ?? RANK.unreported)) continue
    at.push(cut)
    rank.push(worst)
  }
  return withSums(at, rank)
}

/** What is known of a source at an instant, which is never before the last that was asked for. */
function rankAt(walk: { readonly spans: readonly KnownSpan[]; next: number }, instant: number): Rank {
  while ((walk.spans[walk.next]?.to ?? Infinity) <= instant) walk.next++
  const span = walk.spans[walk.next]
  return span && span.from <= instant ? RANK[span.state] : RANK.unreported
}

function withSums(at: readonly number[], rank: readonly Rank[]): CoverageTimeline {
  const known: number[] = []
  const partial: number[] = []
  const failed: number[] = []
  let sums = { known: 0, partial: 0, failed: 0 }
  at.forEach((from, i) => {
    known.push(sums.known)
    partial.push(sums.partial)
    failed.push(sums.failed)
    const minutes = ((at[i + 1] ?? from) - from) / 60
    const state = rank[i]
    sums = {
      known: sums.known + (state === RANK.known ? minutes : 0),
      partial: sums.partial + (state === RANK.partial ? minutes : 0),
      failed: sums.failed + (state === RANK.missing ? minutes : 0),
    }
  })
  return { at, rank, known, partial, failed }
}

/** The last boundary at or before `t`; -1 before the first. */
function segmentAt(timeline: CoverageTimeline, t: number): number {
  const { at } = timeline
  let low = 0
  let high = at.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((at[middle] ?? 0) <= t) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** What is known of the minute that holds an instant; undefined: it was never reported. */
export function stateAt(timeline: CoverageTimeline, t: number): KnownSpan['state'] | undefined {
  const rank = timeline.rank[segmentAt(timeline, t)]
  if (rank === RANK.known) return 'known'
  if (rank === RANK.partial) return 'partial'
  return rank === RANK.missing ? 'missing' : undefined
}

/** Where time in which nothing was reported begins: the end of the last report; undefined without any. */
export function reportedThrough(timeline: CoverageTimeline): number | undefined {
  const { at, rank } = timeline
  for (let i = at.length - 1; i >= 0; i--) if (rank[i] !== RANK.unreported) return at[i + 1] ?? Infinity
  return undefined
}

/** Where the last time of which anything is known ends; undefined when nothing ever was. */
export function knownThrough(timeline: CoverageTimeline): number | undefined {
  const { at, rank } = timeline
  for (let i = at.length - 1; i >= 0; i--)
    if (rank[i] === RANK.known || rank[i] === RANK.partial) return at[i + 1] ?? Infinity
  return undefined
}

/** When the sources were first reported on, all of them; undefined when never. */
export function firstReported(timeline: CoverageTimeline): number | undefined {
  return timeline.at[0]
}

/** Whether anything is known of `[from, to)`, completely or in part. */
export function isKnownIn(timeline: CoverageTimeline, from: number, to: number): boolean {
  const { at, rank } = timeline
  for (let i = Math.max(0, segmentAt(timeline, from)); (at[i] ?? to) < to; i++)
    if (rank[i] === RANK.known || rank[i] === RANK.partial) return true
  return false
}

/** The minutes of a range by what is known of them. `failed` are those that are known to be missing. */
export interface MinuteCounts {
  readonly known: number
  readonly partial: number
  readonly failed: number
  readonly unreported: number
}

export function countMinutes(timeline: CoverageTimeline, range: Range): MinuteCounts {
  const minutes = Math.max(0, (range.to - range.from) / 60)
  const from = minutesBefore(timeline, range.from)
  const to = minutesBefore(timeline, range.to)
  const known = to.known - from.known
  const partial = to.partial - from.partial
  const failed = to.failed - from.failed
  return { known, partial, failed, unreported: minutes - known - partial - failed }
}

function minutesBefore(timeline: CoverageTimeline, t: number): Omit<MinuteCounts, 'unreported'> {
  const i = segmentAt(timeline, t)
  const inside = (t - (timeline.at[i] ?? t)) / 60
  const rank = timeline.rank[i]
  return {
    known: (timeline.known[i] ?? 0) + (rank === RANK.known ? inside : 0),
    partial: (timeline.partial[i] ?? 0) + (rank === RANK.partial ? inside : 0),
    failed: (timeline.failed[i] ?? 0) + (rank === RANK.missing ? inside : 0),
  }
}

/** The minutes of a range without the stretches of it that do not count as time. */
export function countWithout(
  timeline: CoverageTimeline,
  range: Range,
  excluded: readonly Range[],
): MinuteCounts {
  let { known, partial, failed, unreported } = countMinutes(timeline, range)
  for (const stretch of excluded) {
    const out = countMinutes(timeline, stretch)
    known -= out.known
    partial -= out.partial
    failed -= out.failed
    unreported -= out.unreported
  }
  return { known, partial, failed, unreported }
}

/** The coverage of a range, for people. */
export function coverageOf(timeline: CoverageTimeline, range: Range, counted: MinuteCounts): Coverage {
  const { known, partial, failed, unreported } = counted
  const minutes = known + partial + failed + unreported
  return {
    minutes,
    known,
    partial,
    missing: failed + unreported,
    failed,
    ratio: minutes === 0 ? undefined : ratio(known / minutes),
    completeThrough: completeThrough(timeline, range),
    kind: known === minutes ? 'full' : known + partial > 0 ? 'partial' : 'none',
  }
}

function completeThrough(timeline: CoverageTimeline, range: Range): UnixSeconds | undefined {
  const i = segmentAt(timeline, range.from)
  if (range.to <= range.from || timeline.rank[i] !== RANK.known) return undefined
  return unixSeconds(Math.min(range.to, timeline.at[i + 1] ?? range.to))
}

/** The stretches of a range that are not known completely, in order. */
export function gapsIn(timeline: CoverageTimeline, range: Range): readonly Range[] {
  const { at, rank } = timeline
  const gaps: Range[] = []
  for (let i = segmentAt(timeline, range.from); ; i++) {
    const from = i < 0 ? range.from : (at[i] ?? Infinity)
    if (from >= range.to) return gaps
    if (rank[i] === RANK.known) continue
    gaps.push({
      from: unixSeconds(Math.max(range.from, from)),
      to: unixSeconds(Math.min(range.to, at[i + 1] ?? Infinity)),
    })
  }
}
