import { type Range, type Seconds, seconds, type UnixSeconds } from '../../base/index.ts'
import {
  createTimelines,
  type JourneyMinutes,
  journeyMinutes,
  type LeafMinutes,
  type Need,
  type Timelines,
} from '../../slo/index.ts'
import type { Ledger } from '../../store/index.ts'
import { type KnownOf, type LeafSources, readLeaves } from './leaf-minutes.ts'
import { createNews, type Learned, SILENCE } from './news.ts'
import { knownIn, nothingOf, servedIn } from './past.ts'
import type { PlannedJourney } from './plan.ts'
import { type Roots, rootsOf } from './stretches.ts'

/** A minute waits so long for all leaves of a journey; then the journey goes on without those that say nothing. */
export const WAIT: Seconds = seconds(600)

/** Keeps the engine's minutes of every journey equal to what the ledger says of its leaves. */
export interface JourneyKeeper {
  /** The minutes that journeys served, as the engine holds counts. */
  readonly timelines: Timelines
  /** Works out the minutes that are new, and those that changed. */
  readonly refresh: (learned: Learned) => Promise<void>
}

export function createJourneyKeeper(
  parts: { readonly ledger: Pick<Ledger, 'read'>; readonly timelines: Timelines },
  journeys: readonly PlannedJourney[],
  now: UnixSeconds,
): JourneyKeeper {
  const timelines = createTimelines(
    journeys.map(({ journey }) => journey.row.slo),
    { now },
  )
  const places = new Map(journeys.map(({ journey }, place) => [journey.row.slo.id, place]))
  const roots = rootsOf(journeys)
  const news = createNews(timelines, journeys, roots)
  const told: (Told | undefined)[] = []
  return {
    timelines,
    refresh: async (learned) => {
      const known: KnownOf = (leaf, range) =>
        parts.timelines.known(leaf.defined.slo.id, range, { now: learned.now, wait: WAIT, silence: SILENCE })
      news.look(learned, known)
      for (const group of groupNeeds(timelines.needs(learned.now))) {
        const [first] = group
        if (!first) continue
        const wanted = group.map(({ slo }) => places.get(slo) ?? -1)
        const leaves = await leavesIn(
          { ledger: parts.ledger, known, corrections: learned.corrections },
          roots,
          {
            journeys: wanted,
            range: first.range,
          },
        )
        for (const [i, need] of group.entries()) {
          const place = wanted[i] ?? -1
          const planned = journeys[place]
          if (!planned) continue
          const found = workOut(planned, need, roots.leavesOf[place] ?? new Int32Array(), leaves)
          // It is asked for until it is settled, and mostly says what it said a moment before.
          if (found && sameAs(told[place], found)) continue
          if (found) fill(timelines, planned, found)
          timelines.loaded(need)
          told[place] = found && found.state.length <= SHORT ? found : undefined
        }
      }
    },
  }
}

/** What was last said of a few minutes of a journey. */
interface Told extends JourneyMinutes {
  readonly range: Range
}

/** Minutes that are remembered as they were said, to see whether they are said again. */
const SHORT = 60

function sameAs(before: Told | undefined, { range, shortfall, state }: Told): boolean {
  if (before?.range.from !== range.from || before.range.to !== range.to) return false
  for (let i = 0; i < state.length; i++)
    if (before.state[i] !== state[i] || before.shortfall[i] !== shortfall[i]) return false
  return true
}

/** The minutes of every leaf that some journeys rest on, by its place; each is read once. */
async function leavesIn(
  sources: LeafSources,
  { leaves, leavesOf }: Roots,
  { journeys, range }: { readonly journeys: readonly number[]; readonly range: Range },
): Promise<readonly (LeafMinutes | undefined)[]> {
  const isWanted = new Uint8Array(leaves.length)
  for (const journey of journeys)
    for (const leaf of leavesOf[journey] ?? []) if (leaf >= 0) isWanted[leaf] = 1
  const wanted = leaves.filter((_, place) => isWanted[place] === 1)
  const found = await readLeaves(sources, wanted, range)
  return leaves.map(({ key }) => found.get(key))
}

/** Journeys that need the same stretch are worked out together. */
function groupNeeds(needs: readonly Need[]): readonly (readonly Need[])[] {
  const groups = new Map<number, Map<number, Need[]>>()
  for (const need of needs) {
    const { from, to } = need.range
    const ending = groups.get(from) ?? new Map<number, Need[]>()
    const group = ending.get(to)
    if (group) group.push(need)
    else groups.set(from, ending.set(to, [need]))
  }
  return [...groups.values()].flatMap((ending) => [...ending.values()])
}

/** Undefined when nothing of the journey is measured. */
function workOut(
  { measured }: PlannedJourney,
  { range }: Need,
  places: Int32Array,
  leaves: readonly (LeafMinutes | undefined)[],
): Told | undefined {
  if (measured === undefined) return undefined
  const length = (range.to - range.from) / 60
  const own = Array.from(places, (place) => leaves[place] ?? nothingOf(length))
  return { range, ...journeyMinutes(measured, own) }
}

function fill(timelines: Timelines, { journey }: PlannedJourney, { range, shortfall, state }: Told): void {
  const { id } = journey.row.slo
  const good = servedIn(shortfall, state)
  timelines.load(id, id, { scope: {}, start: range.from, width: 60, good, bad: shortfall })
  const before = (): Uint8Array =>
    timelines.known(id, range, { now: range.from, wait: seconds(0), silence: seconds(0) })
  const spans = knownIn(state, range, before)
  if (spans.length > 0) timelines.cover(id, spans)
}
