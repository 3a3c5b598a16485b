import {
  HOUR,
  hourOf,
  type Labels,
  labelsKey,
  later,
  MINUTE,
  type Range,
  type Ratio,
  ratio,
  type Seconds,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import { budgetOf } from './budget.ts'
import { burnRate } from './burn.ts'
import { type Correction, correctionsOf, countedTime, cutsOf, segmentsOf } from './corrections.ts'
import { type KnownSpan, worstOf } from './coverage.ts'
import type { BurnRule, Objective, Slo, Window } from './definition.ts'
import type { Buckets } from './feed.ts'
import { difference, intersection } from './ranges.ts'
import { type RuleReplay, replayCourse } from './replay.ts'
import { type Judgement, judgementOf, stepOf } from './slices.ts'
import { correctLine, countIn, type SumLine, sumLineOf } from './sum-line.ts'
import { windowBounds } from './window.ts'

export interface HistoryOptions {
  /** What is drawn. */
  readonly range: Range
  /** Seconds a bucket. */
  readonly step: number
  readonly now: UnixSeconds
  /** What is known of each source, to tell quiet from unknown; absent: everything is known. */
  readonly known?: readonly (readonly KnownSpan[])[]
  /** What is corrected; those of other SLOs are left out. Absent: nothing. */
  readonly corrections?: readonly Correction[]
  /** The labels of what is drawn, which say what corrections are about it; absent: the SLO as a whole. */
  readonly scope?: Labels
  /**
   * The buckets of all scopes, as the ledger answers them for the times of the series: what corrections of a part,
   * such as one cloud, are counted from. Absent: only corrections of all that is drawn hold.
   */
  readonly parts?: readonly ScopedBuckets[]
}

export interface ScopedBuckets extends Buckets {
  readonly scope: Labels
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
 * begins with the next one: exact when buckets divide the step. Slices need buckets no longer than a slice. Buckets
 * that lie inside a correction are corrected: exact with the buckets that `historyReads` names.
 */
export function history(
  slo: Slo,
  objective: Objective,
  series: readonly Buckets[],
  options: HistoryOptions,
): History {
  const line = lineOf(slo, objective, series, options)
  const { range, step, now } = options
  const count = Math.max(0, Math.ceil((range.to - range.from) / step))
  const start = Array.from({ length: count }, (_, i) => unixSeconds(range.from + i * step))
  const ends = start.map((t) => unixSeconds(Math.min(t + step, range.to, now)))
  const first = slo.windows[0]
  const boundsAt = first ? rememberBounds(first) : undefined
  const cells = start.map((from, i) => countIn(line, from, ends[i] ?? from))
  const left = ends.map((end) =>
    boundsAt ? leftAt(line, { slo, objective, end, bounds: boundsAt(end) }) : undefined,
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
      first?.kind === 'calendar' && boundsAt
        ? ends.map((end) => idealAt(line, { slo, objective, end, bounds: boundsAt(end) }))
        : undefined,
    rules: slo.policy.rules.map((rule) => ({
      rule,
      long: ends.map((end) => rateAt(end, rule.long)),
      short: ends.map((end) => rateAt(end, rule.short)),
    })),
    projection: boundsAt && projectionAt(line, { slo, objective, end: now, bounds: boundsAt(now) }),
  }
}

/** When each rule would have fired on the same buckets, which reach back one longest window before the range. */
export function replayHistory(
  slo: Slo,
  objective: Objective,
  series: readonly Buckets[],
  options: Omit<HistoryOptions, 'step' | 'now'>,
): readonly RuleReplay[] {
  return replayCourse(slo, objective, lineOf(slo, objective, series, options), options.range)
}

function lineOf(
  slo: Slo,
  objective: Objective,
  series: readonly Buckets[],
  options: Omit<HistoryOptions, 'step' | 'now'>,
): SumLine {
  const { scope = {}, parts = [] } = options
  const judgement = judgementOf(slo.method, objective.slice)
  const coverage = options.known ? worstOf(options.known) : undefined
  const line = sumLineOf(judgement, series, coverage)
  const corrections = correctionsOf(slo.id, options.corrections ?? [])
  if (corrections.length === 0) return line
  const divisible = judgement.kind === 'events'
  const segments = segmentsOf(corrections, scope, {
    splitBy: slo.splitBy,
    divisible,
    parts: divisible ? partsOf(judgement, parts) : [],
    step: stepOf(judgement),
  })
  return correctLine(line, segments)
}

/** A line for each scope; none is corrected by itself. */
function partsOf(
  judgement: Judgement,
  parts: readonly ScopedBuckets[],
): readonly { readonly labels: Labels; readonly series: SumLine }[] {
  const byScope = new Map<string, ScopedBuckets[]>()
  for (const part of parts) {
    const key = labelsKey(part.scope)
    byScope.set(key, [...(byScope.get(key) ?? []), part])
  }
  return [...byScope.values()].map((series) => ({
    labels: series[0]?.scope ?? {},
    series: sumLineOf(judgement, series, undefined),
  }))
}

/**
 * What to read for a history of `range`: hours, but minutes from `fine` on (an hour's start), and in the hours that
 * corrections begin or end inside of. Consecutive, in order.
 */
export function historyReads(
  range: Range,
  fine: UnixSeconds,
  corrections: readonly Correction[],
): readonly { readonly range: Range; readonly width: Seconds }[] {
  const hours = intersection([range], { from: range.from, to: fine })
  const cut = cutsOf(corrections)
    .filter((instant) => instant % HOUR !== 0)
    .map((instant) => ({ from: hourOf(instant), to: later(hourOf(instant), HOUR) }))
  const byHour = difference(hours, cut)
  const byMinute = difference([range], byHour)
  return [
    ...byHour.map((each) => ({ range: each, width: HOUR })),
    ...byMinute.map((each) => ({ range: each, width: MINUTE })),
  ].sort((a, b) => a.range.from - b.range.from)
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
  readonly slo: Slo
  readonly objective: Objective
  readonly end: UnixSeconds
  readonly bounds: Range
}

function timeOf(
  line: SumLine,
  { slo, bounds, end }: Asked,
): { readonly length: Seconds; readonly elapsed: Seconds } {
  return countedTime(line.segments, slo.windows[0], { bounds, range: { from: bounds.from, to: end } })
}

function leftAt(line: SumLine, asked: Asked): Ratio | undefined {
  const { objective, bounds, end } = asked
  const counts = countIn(line, bounds.from, end)
  if (!counts) return undefined
  const terms = { allowed: objective.allowed, scale: line.scale, ...timeOf(line, asked) }
  return budgetOf(counts, terms).leftRatio
}

/** Time that does not count asks for no part of the budget; a window of nothing else keeps all of it. */
function idealAt(line: SumLine, asked: Asked): Ratio {
  const { length, elapsed } = timeOf(line, asked)
  return ratio(length === 0 ? 1 : (length - elapsed) / length)
}

function projectionAt(line: SumLine, asked: Asked): Projection | undefined {
  const { slo, objective, end, bounds } = asked
  const left = leftAt(line, asked)
  const shorts = slo.policy.rules.map((rule) => rule.short)
  const pace = countIn(line, end - Math.max(60, ...shorts), end)
  const rate = pace && (burnRate(pace, objective.allowed) ?? 0)
  if (left === undefined || rate === undefined) return undefined
  const { length } = timeOf(line, asked)
  const calendar = bounds.to > end
  // A rolling window loses what it spent a window ago, so that at the even pace or below nothing runs out.
  const speed = calendar ? rate : Math.max(0, rate - 1)
  const gone = left > 0 && rate > 0 ? (left * length) / rate : Infinity
  const horizon = calendar ? bounds.to - end : bounds.to - bounds.from
  const lasts = speed > 0 ? Math.min(gone, horizon) : horizon
  return {
    from: end,
    left,
    to: unixSeconds(Math.floor(end + lasts)),
    leftThen: ratio(speed > 0 ? left - (rate * lasts) / length : left),
  }
}
