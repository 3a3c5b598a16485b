import { type Range, unixSeconds } from '../../base/index.ts'
import { isSlo, type PlannedJourney, type SloLeaf } from './plan.ts'

/** What journeys rest on, each SLO and each leaf once. */
export interface Roots {
  readonly slos: readonly Root[]
  readonly leaves: readonly SloLeaf[]
  /** By place of the journey: for each of its leaves its place in `leaves`; -1 of one that is not measured. */
  readonly leavesOf: readonly Int32Array[]
}

/** An SLO that journeys rest on, by their places. */
export interface Root {
  /** One that is about it. */
  readonly leaf: SloLeaf
  readonly journeys: readonly number[]
}

export function rootsOf(journeys: readonly PlannedJourney[]): Roots {
  const slos = new Map<string, { leaf: SloLeaf; journeys: number[] }>()
  const places = new Map<string, number>()
  const leaves: SloLeaf[] = []
  const leavesOf = journeys.map(({ leaves: own }, journey) => {
    for (const leaf of own) {
      if (!isSlo(leaf)) continue
      const root = slos.get(leaf.defined.slo.id) ?? { leaf, journeys: [] }
      if (root.journeys.at(-1) !== journey) root.journeys.push(journey)
      slos.set(leaf.defined.slo.id, root)
      if (!places.has(leaf.key)) places.set(leaf.key, leaves.push(leaf) - 1)
    }
    return Int32Array.from(own, (leaf) => places.get(leaf.key) ?? -1)
  })
  return { slos: [...slos.values()], leaves, leavesOf }
}

/** One stretch for each of many things, from the first to the last instant that something was said of. */
export interface Stretches {
  readonly add: (place: number, range: Range) => void
  readonly of: (place: number) => Range | undefined
  readonly clear: () => void
}

export function createStretches(count: number): Stretches {
  const from = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  const to = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
  return {
    add: (place, range) => {
      from[place] = Math.min(from[place] ?? 0, range.from)
      to[place] = Math.max(to[place] ?? 0, range.to)
    },
    of: (place) => {
      const [first = 0, last = 0] = [from[place], to[place]]
      return first < last ? { from: unixSeconds(first), to: unixSeconds(last) } : undefined
    },
    clear: () => {
      from.fill(Number.POSITIVE_INFINITY)
      to.fill(Number.NEGATIVE_INFINITY)
    },
  }
}
