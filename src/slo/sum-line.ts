import { unixSeconds } from '../base/index.ts'
import { excludedIn, type Segment, type Sums, takenBy } from './corrections.ts'
import { type CoverageTimeline, countMinutes, countWithout } from './coverage.ts'
import type { Counts } from './evaluation.ts'
import type { Buckets } from './feed.ts'
import { dataState, isUnknown } from './measured-window.ts'
import { type Judgement, scaleOf, stepOf, stepsFrom } from './slices.ts'

/** Running sums at the ends of buckets. */
export interface SumLine {
  readonly at: readonly number[]
  readonly total: readonly number[]
  readonly bad: readonly number[]
  readonly scale: number
  readonly coverage: CoverageTimeline | undefined
  /** What corrections took out of the sums, in order. */
  readonly segments: readonly Segment<SumLine>[]
}

/** What was measured, before corrections. Throws when a slice is shorter than its buckets. */
export function sumLineOf(
  judgement: Judgement,
  series: readonly Buckets[],
  coverage: CoverageTimeline | undefined,
): SumLine {
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
  return { at, total, bad, scale, coverage, segments: [] }
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

/** Takes out of every bucket that lies inside a segment what the segment takes of it. */
export function correctLine(line: SumLine, segments: readonly Segment<SumLine>[]): SumLine {
  if (segments.length === 0) return line
  const total: number[] = []
  const bad: number[] = []
  let taken = { total: 0, bad: 0 }
  let next = 0
  line.at.forEach((to, i) => {
    const from = line.at[i - 1] ?? to
    while ((segments[next]?.to ?? Infinity) <= from) next++
    const segment = segments[next]
    if (segment && from < to && segment.from <= from && to <= segment.to) {
      const out = takenBy(segment, sumsIn(line, from, to), (part) => sumsIn(part, from, to))
      taken = { total: taken.total + out.total, bad: taken.bad + out.bad }
    }
    total.push((line.total[i] ?? 0) - taken.total)
    bad.push((line.bad[i] ?? 0) - taken.bad)
  })
  return { ...line, total, bad, segments }
}

/**
 * What a stretch counts; undefined when nothing was counted, and nothing is known of what corrections leave of it.
 */
export function countIn(line: SumLine, from: number, to: number): Counts | undefined {
  if (to <= from) return undefined
  const { total, bad } = sumsIn(line, from, to)
  if (total === 0 && line.coverage) {
    const range = { from: unixSeconds(from), to: unixSeconds(to) }
    const minutes = countWithout(line.coverage, range, excludedIn(line.segments, range))
    if (isUnknown(dataState(total, minutes))) return undefined
  }
  return { good: total - bad, bad }
}

function sumsIn(line: SumLine, from: number, to: number): Sums {
  const a = placeOf(line.at, from, 'next')
  const b = placeOf(line.at, to, 'last')
  if (b <= a) return { total: 0, bad: 0 }
  return {
    total: (line.total[b] ?? 0) - (line.total[a] ?? 0),
    bad: (line.bad[b] ?? 0) - (line.bad[a] ?? 0),
  }
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
