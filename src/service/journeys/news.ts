import {
  earlier,
  minuteAfter,
  minuteOf,
  type Range,
  type Seconds,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../../base/index.ts'
import type { Correction, Timelines } from '../../slo/index.ts'
import type { Changes } from '../../store/index.ts'
import { dataSourceOf } from '../../traffic/index.ts'
import type { KnownOf } from './leaf-minutes.ts'
import type { PlannedJourney } from './plan.ts'
import { createStretches, type Roots, type Stretches } from './stretches.ts'

/** A source that has said nothing for so long is not waited for. */
export const SILENCE: Seconds = seconds(7_200)

/** What the engine learned before journeys are looked at. */
export interface Learned {
  readonly now: UnixSeconds
  readonly touched: Changes['touched']
  /** From when on coverage was read again, by source. */
  readonly covered: ReadonlyMap<string, UnixSeconds>
  readonly corrections: readonly Correction[]
}

/** Tells the engine of which stretches of which journeys something new is known. */
export interface News {
  readonly look: (learned: Learned, known: KnownOf) => void
}

export function createNews(
  timelines: Pick<Timelines, 'touched' | 'correct'>,
  journeys: readonly PlannedJourney[],
  roots: Roots,
): News {
  const tails: (Tail | undefined)[] = []
  const ofSlos = createStretches(roots.slos.length)
  const ofJourneys = createStretches(journeys.length)
  let corrections: readonly Correction[] = []
  return {
    look: (learned, known) => {
      const tail = { from: minuteOf(earlier(learned.now, SILENCE)), to: minuteAfter(learned.now) }
      for (const [place, { leaf }] of roots.slos.entries()) {
        addWritten(ofSlos, place, { learned, sources: leaf.defined.slo.sources, tail })
        const seen = { from: tail.from, known: known(leaf, tail) }
        const changed = differing(tails[place], seen)
        if (changed) ofSlos.add(place, changed)
        tails[place] = seen
      }
      if (corrections !== learned.corrections) {
        for (const { ranges } of [...corrections, ...learned.corrections])
          for (const range of ranges) for (const place of roots.slos.keys()) ofSlos.add(place, range)
        corrections = learned.corrections
        timelines.correct(corrections)
      }
      // One stretch a journey, however many of its parts have something new in it.
      for (const [place, root] of roots.slos.entries()) {
        const range = ofSlos.of(place)
        if (range) for (const journey of root.journeys) ofJourneys.add(journey, range)
      }
      for (const [place, { journey }] of journeys.entries()) {
        const range = ofJourneys.of(place)
        if (range) timelines.touched(journey.row.slo.id, range)
      }
      ofSlos.clear()
      ofJourneys.clear()
    },
  }
}

/** What was written to the sources of an SLO, and what was read again of their coverage before the last hours. */
function addWritten(
  stretches: Stretches,
  place: number,
  about: { readonly learned: Learned; readonly sources: readonly string[]; readonly tail: Range },
): void {
  const { learned, sources, tail } = about
  for (const { source, from, to } of learned.touched)
    if (sources.some((name) => dataSourceOf(name) === source)) stretches.add(place, { from, to })
  for (const name of sources) {
    const from = learned.covered.get(name)
    if (from !== undefined && from < tail.from) stretches.add(place, { from, to: tail.to })
  }
}

interface Tail {
  readonly from: UnixSeconds
  readonly known: Uint8Array
}

/** From the first to the last minute that both say something of, and not the same. */
function differing(before: Tail | undefined, after: Tail): Range | undefined {
  if (!before) return undefined
  const offset = (after.from - before.from) / 60
  let first: number | undefined
  let last = 0
  for (let i = 0; i < after.known.length; i++) {
    const was = before.known[i + offset]
    if (was === undefined || was === after.known[i]) continue
    first ??= i
    last = i
  }
  if (first === undefined) return undefined
  return { from: unixSeconds(after.from + first * 60), to: unixSeconds(after.from + (last + 1) * 60) }
}
