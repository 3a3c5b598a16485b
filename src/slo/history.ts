import { between, type Range, type Ratio, ratio, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { budgetOf } from './budget.ts'
import { burnRate } from './burn.ts'
import { type CoverageTimeline, countMinutes, type KnownSpan, worstOf } from './coverage.ts'
import type { BurnRule, Objective, Slo, Window } from './definition.ts'
import type { Counts } from './evaluation.ts'
import type { Buckets } from './feed.ts'
import { judgementOf, scaleOf, stepOf, stepsFrom } from './slices.ts'
import { windowBounds } from './window.ts'

export interface HistoryOptions {
  /** What is drawn. */
  readonly range: Range
  /** Seconds a bucket. */
  readonly step: number
  readonly now: UnixSeconds
  /** What is known of each source, to tell quiet from unknown; absent: everything is known. */
  readonly known?: readonly (readonly KnownSpan[])[]
}

/** One number a bucket in every list; undefined where nothing is known. */
export interface History {
  readonly start: readonly UnixSeconds[]
  /** Exact sums of the bucket, in events or in slices. */
  readonly good: readonly (number | undefined)[]
  readonly bad: readonly (number | undefined)[]
  /** Share of the budget left at the end of the bucket, of the first window as it stands there. */
  readonly left: readonly (Ratio | undefined)[]
  /** What would be left when spending evenly; only where the first window is a calendar one. */
  readonly ideal: readonly Ratio[] | undefined
  readonly rules: readonly RuleHistory[]
  /** Where the budget goes from here at the pace of the policy's longest short window; undefined without data. */
  readonly projection: Projection | undefined
}

export interface RuleHistory {
  readonly rule: BurnRule
  readonly long: readonly (number | undefined)[]
  readonly short: readonly (number | undefined)[]
}

/** A straight line from what is left now to nothing, or to what is left when the window ends. */
export interface Projection {
  readonly from: UnixSeconds
  readonly left: Ratio
  readonly to: UnixSeconds
  readonly leftThen: Ratio
}

/**
 * The course of one objective in one scope, from its buckets: consecutive parts in order, such as hours for the past
 * and minutes for the last days, reaching back one window before the range. A window that begins inside a bucket
 * begins with the next one: exact when buckets divide the step. Slices need buckets no longer than a slice.
 */
export function history(
  slo: Slo,
  objective: Objective,
  series: readonly Buckets[],
  options: HistoryOptions,
): History {
  const line = sumsOf(slo, objective, series, options.known ? worstOf(options.known) : undefined)
  const { range, step, now } = options
  const count = Math.max(0, Math.ceil((range.to - range.from) / step))
  const start = Array.from({ length: count }, (_, i) => unixSeconds(range.from + i * step))
  const ends = start.map((t) => unixSeconds(Math.min(t + step, range.to, now)))
  const first = slo.windows[0]
  const boundsAt = first ? rememberBounds(first) : undefined
  const cells = start.map((from, i) => countIn(line, from, ends[i] ?? from))
  const left = ends.map((end) =>
    boundsAt ? leftAt(line, { objective, end, bounds: boundsAt(end) }) : undefined,
  )
  const rateAt = (end: UnixSeconds, length: number): number | undefined => {
    const counts = countIn(line, end - length, end)
    return counts && burnRate(counts, objective.allowed)
  }
  return {
    start,
    good: cells.map((counts) => counts && counts.good / line.scale),
    bad: cells.map((counts) => counts && counts.bad / line.scale),
    left,
    ideal:
      first?.kind === 'calendar' && boundsAt ? ends.map((end) => idealAt(boundsAt(end), end)) : undefined,
    rules: slo.policy.rules.map((rule) => ({
      rule,
      long: ends.map((end) => rateAt(end, rule.long)),
      short: ends.map((end) => rateAt(end, rule.short)),
    })),
    projection: boundsAt && projectionAt(line, { slo, objective, end: now, bounds: boundsAt(now) }),
  }
}

/** Running sums at the ends of buckets. */
interface SumLine {
  readonly at: readonly number[]
  readonly total: readonly number[]
  readonly bad: readonly number[]
  readonly scale: number
  readonly coverage: CoverageTimeline | undefined
}

function sumsOf(
  slo: Slo,
  objective: Objective,
  series: readonly Buckets[],
  coverage: CoverageTimeline | undefined,
): SumLine {
  const judgement = judgementOf(slo.method, objective.slice)
  const scale = scaleOf(judgement)
  const at: number[] = []
  const total: number[] = []
  const bad: number[] = []
  let sums = { total: 0, bad: 0 }
  const push = (time: number): void => {
    at.push(time)
    total.push(sums.total)
    bad.push(sums.bad)
  }
  for (const part of series) {
    const width = judgement.kind === 'events' ? part.width : stepOf(judgement)
    if (width % part.width !== 0)
      throw new Error(`Cannot judge slices of ${width} s from buckets of ${part.width} s`)
    const steps = judgement.kind === 'events' ? undefined : stepsFrom(judgement, part)
    const count = steps?.total.length ?? part.good.length
    const first = steps ? steps.start * width : part.start
    if (at[at.length - 1] !== first) push(first)
    for (let i = 0; i < count; i++) {
      const failed = steps ? (steps.bad[i] ?? 0) : (part.bad[i] ?? 0)
      const from = first + i * width
      const all = steps
        ? sliceCount(steps.total[i] ?? 0, from, width, coverage) * scale
        : (part.good[i] ?? 0) + failed
      sums = { total: sums.total + all, bad: sums.bad + failed }
      push(from + width)
    }
  }
  return { at, total, bad, scale, coverage }
}

/** A slice without events counts, as good, where everything is known. */
function sliceCount(
  events: number,
  from: number,
  width: number,
  coverage: CoverageTimeline | undefined,
): number {
  if (events > 0 || !coverage) return 1
  const { known } = countMinutes(coverage, { from: unixSeconds(from), to: unixSeconds(from + width) })
  return known * 60 === width ? 1 : 0
}

/** What a stretch counts; undefined when nothing is known of it and nothing was counted. */
function countIn(line: SumLine, from: number, to: number): Counts | undefined {
  if (to <= from) return undefined
  const a = placeOf(line.at, from, 'next')
  const b = placeOf(line.at, to, 'last')
  const total = b > a ? (line.total[b] ?? 0) - (line.total[a] ?? 0) : 0
  const bad = b > a ? (line.bad[b] ?? 0) - (line.bad[a] ?? 0) : 0
  if (total === 0 && line.coverage) {
    const { known, partial } = countMinutes(line.coverage, { from: unixSeconds(from), to: unixSeconds(to) })
    if (known + partial === 0) return undefined
  }
  return { good: total - bad, bad }
}

/** The boundary at the instant, or the next one after it, or the last one before it. */
function placeOf(at: readonly number[], t: number, side: 'next' | 'last'): number {
  let low = 0
  let high = at.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((at[middle] ?? 0) < t || (side === 'last' && at[middle] === t)) low = middle + 1
    else high = middle
  }
  return side === 'next' ? Math.min(low, at.length - 1) : low - 1
}

/** Bounds of the window that ends at, or holds, an instant; looked up once for all instants inside it. */
function rememberBounds(window: Window): (end: UnixSeconds) => Range {
  let last: Range | undefined
  return (end) => {
    // At its own end a calendar window is complete; the next one has nothing to show yet.
    if (window.kind === 'calendar' && last && last.from < end && end <= last.to) return last
    last = windowBounds(window, window.kind === 'calendar' ? unixSeconds(end - 1) : end)
    return last
  }
}

interface Asked {
  readonly objective: Objective
  readonly end: UnixSeconds
  readonly bounds: Range
}

function leftAt(line: SumLine, { objective, end, bounds }: Asked): Ratio | undefined {
  const counts = countIn(line, bounds.from, end)
  if (!counts) return undefined
  const length = between(bounds.from, bounds.to)
  const elapsed = between(bounds.from, end)
  return budgetOf(counts, { allowed: objective.allowed, length, elapsed, scale: line.scale }).leftRatio
}

function idealAt(bounds: Range, end: number): Ratio {
  return ratio((bounds.to - end) / (bounds.to - bounds.from))
}

function projectionAt(line: SumLine, asked: Asked & { readonly slo: Slo }): Projection | undefined {
  const { slo, objective, end, bounds } = asked
  const left = leftAt(line, asked)
  const shorts = slo.policy.rules.map((rule) => rule.short)
  const pace = countIn(line, end - Math.max(60, ...shorts), end)
  const rate = pace && (burnRate(pace, objective.allowed) ?? 0)
  if (left === undefined || rate === undefined) return undefined
  const length = bounds.to - bounds.from
  const calendar = bounds.to > end
  // A rolling window loses what it spent a window ago, so that at the even pace or below nothing runs out.
  const speed = calendar ? rate : Math.max(0, rate - 1)
  const gone = left > 0 && rate > 0 ? (left * length) / rate : Infinity
  const horizon = calendar ? bounds.to - end : length
  const lasts = speed > 0 ? Math.min(gone, horizon) : horizon
  return {
    from: end,
    left,
    to: unixSeconds(Math.floor(end + lasts)),
    leftThen: ratio(speed > 0 ? left - (rate * lasts) / length : left),
  }
}
