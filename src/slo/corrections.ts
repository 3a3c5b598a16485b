import {
  between,
  type Labels,
  labelsKey,
  minuteAfter,
  minuteOf,
  type Range,
  type Seconds,
  seconds,
  unixSeconds,
} from '../base/index.ts'
import type { Slo, SloId, Window } from './definition.ts'
import { alignOut, intersection } from './ranges.ts'
import type { HeldSeries } from './series.ts'

/**
 * Time that an author took out of what is measured. `exclude`: it does not count at all, neither as events nor as
 * time. `forgive`: what was bad in it counts as good. Every minute (or slice) that a range touches is corrected.
 * Where both meet, excluded wins: time that is gone has nothing to forgive.
 */
export interface Correction {
  readonly id: string
  readonly kind: 'exclude' | 'forgive'
  /** Only what carries these labels; empty: everything. */
  readonly scope: Labels
  /** Recurring corrections come as all their ranges. */
  readonly ranges: readonly Range[]
  /** The SLOs it is about; absent: all. */
  readonly slos?: readonly SloId[]
}

/** Why a correction cannot be applied to an SLO as a whole; scopes inside it are corrected all the same. */
export interface CorrectionProblem {
  readonly correction: string
  readonly slo: SloId
  /** `not-split`: the SLO is not split by the scope's labels. `slices`: a slice is judged whole, not by scope. */
  readonly reason: 'not-split' | 'slices'
}

/** A stretch in which the same corrections hold for one scope. `Series` is what its parts are counted from. */
export interface Segment<Series = HeldSeries> extends Range {
  readonly ids: readonly string[]
  /** `all`: everything of the scope; else the parts of it, which do not overlap. */
  readonly exclude: 'all' | readonly Series[]
  readonly forgive: 'all' | readonly Forgiven<Series>[]
}

/** A part that is forgiven, less the parts of it that are excluded anyway. */
export interface Forgiven<Series> {
  readonly series: Series
  readonly less: readonly Series[]
}

interface Part<Series> {
  readonly labels: Labels
  readonly series: Series
}

/** What a correction takes of a scope: all of it, or these parts, of which some may lie inside others. */
type Reach<Series> = 'all' | readonly Part<Series>[]

/** The corrections that are about an SLO. */
export function correctionsOf(slo: SloId, all: readonly Correction[]): readonly Correction[] {
  return all.filter((correction) => !correction.slos || correction.slos.includes(slo))
}

/** Whether every label of `inner` is a label of `outer` with the same value. */
export function isWithin(inner: Labels, outer: Labels): boolean {
  return Object.entries(inner).every(([name, value]) => value === '' || outer[name] === value)
}

/** Undefined when the correction is not about the scope, or cannot be applied to it. */
function reachOf<Series>(
  correction: Correction,
  scope: Labels,
  { splitBy, divisible, parts }: Split<Series>,
): Reach<Series> | undefined {
  if (isWithin(correction.scope, scope)) return 'all'
  const elsewhere = Object.entries(correction.scope).some(
    ([name, value]) => scope[name] !== undefined && scope[name] !== value,
  )
  if (elsewhere || !divisible || !isSplitBy(correction.scope, splitBy)) return undefined
  return parts.filter(({ labels }) => isWithin(correction.scope, labels) && isWithin(scope, labels))
}

/** Whether the split's labels tell the scope apart. */
function isSplitBy(scope: Labels, splitBy: readonly string[]): boolean {
  return Object.keys(scope).every((name) => splitBy.includes(name))
}

/** Why the correction cannot be applied to the SLO as a whole; undefined when it can, or is not about it. */
export function correctionProblem(
  correction: Pick<Correction, 'scope' | 'slos'>,
  slo: Slo,
): CorrectionProblem['reason'] | undefined {
  if (correction.slos && !correction.slos.includes(slo.id)) return undefined
  return problemOf(correction, { splitBy: slo.splitBy, divisible: slo.method === 'occurrences' })
}

/** Why the correction cannot be applied to the whole of an SLO; undefined when it can. */
export function problemOf(
  correction: Pick<Correction, 'scope'>,
  split: { readonly splitBy: readonly string[]; readonly divisible: boolean },
): CorrectionProblem['reason'] | undefined {
  if (labelsKey(correction.scope) === '') return undefined
  if (!isSplitBy(correction.scope, split.splitBy)) return 'not-split'
  return split.divisible ? undefined : 'slices'
}

/** What a feed is split into. `divisible`: counts of parts add up to the whole, which judged slices do not. */
export interface Split<Series> {
  readonly splitBy: readonly string[]
  readonly divisible: boolean
  readonly parts: readonly Part<Series>[]
}

/** The corrections of one scope as disjoint stretches in order, on whole steps. */
export function segmentsOf<Series>(
  corrections: readonly Correction[],
  scope: Labels,
  split: Split<Series> & { readonly step: number },
): readonly Segment<Series>[] {
  const pieces: Piece<Series>[] = []
  for (const correction of corrections) {
    const reach = reachOf(correction, scope, split)
    if (reach === undefined) continue
    for (const range of correction.ranges) pieces.push({ ...alignOut(range, split.step), correction, reach })
  }
  const cuts = [...new Set(pieces.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
  const segments: Segment<Series>[] = []
  cuts.forEach((from, i) => {
    const to = cuts[i + 1] ?? unixSeconds(Infinity)
    const active = pieces.filter((piece) => piece.from <= from && piece.to >= to)
    if (active.length > 0) segments.push(segmentFrom({ from, to }, active))
  })
  return segments
}

interface Piece<Series> extends Range {
  readonly correction: Correction
  readonly reach: Reach<Series>
}

function segmentFrom<Series>({ from, to }: Range, active: readonly Piece<Series>[]): Segment<Series> {
  const exclude = joined(active.filter((p) => p.correction.kind === 'exclude'))
  // What is excluded is among what is forgiven, less itself: nothing is left of it to forgive.
  const forgive = joined(active)
  const out = exclude === 'all' ? [] : exclude
  return {
    from,
    to,
    ids: [...new Set(active.map((p) => p.correction.id))],
    exclude: exclude === 'all' ? 'all' : out.map((p) => p.series),
    forgive:
      forgive === 'all'
        ? 'all'
        : forgive.map(({ labels, series }) => ({
            series,
            less: out.filter((other) => isWithin(labels, other.labels)).map((other) => other.series),
          })),
  }
}

/** What several pieces reach, without what lies inside another part. */
function joined<Series>(pieces: readonly Piece<Series>[]): Reach<Series> {
  const all = new Set<Part<Series>>()
  for (const { reach } of pieces) {
    if (reach === 'all') return 'all'
    for (const part of reach) all.add(part)
  }
  const parts = [...all]
  return parts.filter((p) => !parts.some((other) => other !== p && isWithin(other.labels, p.labels)))
}

/** Whole numbers of events, or of parts of slices. */
export interface Sums {
  readonly total: number
  readonly bad: number
}

/** What a segment takes from the sums of a stretch of it; `of` gives those of a part over the same stretch. */
export function takenBy<Series>(
  { exclude, forgive }: Segment<Series>,
  own: Sums,
  of: (series: Series) => Sums,
): Sums {
  if (exclude === 'all') return own
  let total = 0
  let excluded = 0
  for (const series of exclude) {
    const part = of(series)
    total += part.total
    excluded += part.bad
  }
  if (forgive === 'all') return { total, bad: own.bad }
  let bad = excluded
  for (const { series, less } of forgive) {
    bad += of(series).bad
    for (const inner of less) bad -= of(inner).bad
  }
  return { total, bad }
}

/** The stretches of the range that do not count as time. */
export function excludedIn(segments: readonly Segment<unknown>[], range: Range): readonly Range[] {
  return intersection(
    segments.filter((segment) => segment.exclude === 'all'),
    range,
  )
}

/** The length of a window, and how much of it has gone by, without the time that corrections take out. */
export function countedTime(
  segments: readonly Segment<unknown>[],
  window: Window | undefined,
  { bounds, range }: { readonly bounds: Range; readonly range: Range },
): { readonly length: Seconds; readonly elapsed: Seconds } {
  const length = countedLength(segments, bounds)
  if (window?.kind !== 'calendar') return { length, elapsed: length }
  return { length, elapsed: countedLength(segments, range) }
}

/** The length of a range without the time that corrections take out. */
export function countedLength(segments: readonly Segment<unknown>[], range: Range): Seconds {
  return seconds(between(range.from, range.to) - excludedTime(segments, range))
}

function excludedTime(segments: readonly Segment<unknown>[], range: Range): number {
  if (segments.length === 0) return 0
  return excludedIn(segments, range).reduce((sum, { from, to }) => sum + to - from, 0)
}

/** The instants, on minutes, inside whose hours minutes are wanted. */
export function cutsOf(corrections: readonly Correction[]): readonly number[] {
  return corrections.flatMap((c) => c.ranges.flatMap((r) => [minuteOf(r.from), minuteAfter(r.to)]))
}
