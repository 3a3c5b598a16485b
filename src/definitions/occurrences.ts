import { DAY, later, type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { instantsIn, type Correction as RangedCorrection, wallTime } from '../slo/index.ts'
import type { Correction, Stretch } from './model.ts'
import { readRule, recur } from './recurrence.ts'

/**
 * When a stretch takes place, as far as it touches the horizon: in order, and joined where one runs into the next.
 *
 * It recurs by the wall clock of its zone, whatever the clocks do in between. With an end it lasts from wall clock to
 * wall clock, an hour less or more in the night that clocks change; with a length it lasts that long.
 */
export function occurrencesOf(stretch: Stretch, horizon: Range): readonly Range[] {
  const instantOf = instantsIn(stretch.zone)
  const start = wallTime(stretch.start)
  const span = stretch.end === undefined ? (stretch.length ?? 0) : wallTime(stretch.end) - start
  const rangeAt = (wall: number): Range => {
    const from = instantOf(wall)
    return { from, to: stretch.end === undefined ? later(from, span) : instantOf(wall + span) }
  }
  // A zone's clock differs from UTC by less than a day.
  const range = { from: horizon.from - span - DAY, to: horizon.to + DAY }
  const walls =
    stretch.recurrence === undefined
      ? [start]
      : recur(readRule(stretch.recurrence), { start, range, after: (wall, last) => instantOf(wall) > last })
  return joined(
    walls.map(rangeAt).filter(({ from, to }) => from < to && from < horizon.to && to > horizon.from),
  )
}

function joined(ranges: readonly Range[]): readonly Range[] {
  const result: { readonly from: UnixSeconds; to: UnixSeconds }[] = []
  for (const { from, to } of ranges) {
    const last = result.at(-1)
    if (last && from <= last.to) last.to = unixSeconds(Math.max(last.to, to))
    else result.push({ from, to })
  }
  return result
}

/** Corrections with all their ranges in the horizon, as the engine takes them. */
export function expandCorrections(
  corrections: readonly Correction[],
  horizon: Range,
): readonly RangedCorrection[] {
  return corrections.map((correction) => ({
    id: correction.name,
    kind: correction.effect,
    scope: correction.scope,
    ranges: occurrencesOf(correction.when, horizon),
    ...(correction.slos.length === 0 ? {} : { slos: correction.slos }),
  }))
}
