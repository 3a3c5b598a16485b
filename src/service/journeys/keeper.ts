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
import {
  type Correction,
  createTimelines,
  journeyMinutes,
  type LeafMinutes,
  type Need,
  type Timelines,
} from '../../slo/index.ts'
import type { Changes, Ledger } from '../../store/index.ts'
import { dataSourceOf } from '../../traffic/index.ts'
import { readLeaves } from './leaf-minutes.ts'
import { knownIn, nothingOf, servedIn } from './past.ts'
import type { PlannedJourney, SloLeaf } from './plan.ts'

/** A minute waits so long for all leaves of a journey; then the journey goes on without those that say nothing. */
export const WAIT: Seconds = seconds(600)
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
  const byId = new Map(journeys.map((planned) => [planned.journey.row.slo.id, planned]))
  const dependents = dependentsOf(journeys)
  const slos = [...dependents.values()].map(({ leaf }) => leaf)
  const tails = new Map<string, { readonly from: UnixSeconds; readonly known: Uint8Array }>()
  let corrections: readonly Correction[] = []
  // One stretch a journey, however many of its parts have something new in it.
  const stretches = new Map<string, Range>()
  const touch = (slo: string, { from, to }: Range): void => {
    for (const id of dependents.get(slo)?.journeys ?? []) {
      const known = stretches.get(id)
      if (known && known.from <= from && known.to >= to) continue
      const hull = { from: Math.min(from, known?.from ?? from), to: Math.max(to, known?.to ?? to) }
      stretches.set(id, { from: unixSeconds(hull.from), to: unixSeconds(hull.to) })
    }
  }
  return {
    timelines,
    refresh: async (learned) => {
      const known = (leaf: SloLeaf, range: Range): Uint8Array =>
        parts.timelines.known(leaf.defined.slo.id, range, { now: learned.now, wait: WAIT, silence: SILENCE })
      const tail = { from: minuteOf(earlier(learned.now, SILENCE)), to: minuteAfter(learned.now) }
      for (const leaf of slos) {
        const { id, sources } = leaf.defined.slo
        for (const { source, from, to } of learned.touched)
          if (sources.some((name) => dataSourceOf(name) === source)) touch(id, { from, to })
        for (const name of sources) {
          const from = learned.covered.get(name)
          if (from !== undefined && from < tail.from) touch(id, { from, to: tail.to })
        }
        const seen = known(leaf, tail)
        const changed = differing(tails.get(id), { from: tail.from, known: seen })
        if (changed) touch(id, changed)
        tails.set(id, { from: tail.from, known: seen })
      }
      if (corrections !== learned.corrections) {
        const ranges = [...corrections, ...learned.corrections].flatMap((each) => each.ranges)
        for (const range of ranges) for (const leaf of slos) touch(leaf.defined.slo.id, range)
        corrections = learned.corrections
        timelines.correct(corrections)
      }
      for (const [id, range] of stretches) timelines.touched(id, range)
      stretches.clear()
      for (const group of groupNeeds(timelines.needs(learned.now))) {
        const wanted = group.flatMap(({ slo }) => byId.get(slo) ?? [])
        const [first] = group
        if (!first) continue
        const leaves = await readLeaves(
          { ledger: parts.ledger, known, corrections },
          leavesOf(wanted),
          first.range,
        )
        for (const need of group) {
          const planned = byId.get(need.slo)
          if (planned) fill(timelines, planned, { need, leaves })
          timelines.loaded(need)
        }
      }
    },
  }
}

/** Each SLO that journeys rest on, with a leaf that is about it, and the journeys. */
function dependentsOf(
  journeys: readonly PlannedJourney[],
): ReadonlyMap<string, { readonly leaf: SloLeaf; readonly journeys: ReadonlySet<string> }> {
  const found = new Map<string, { leaf: SloLeaf; journeys: Set<string> }>()
  for (const { journey, leaves } of journeys)
    for (const leaf of leaves) {
      if (leaf.kind !== 'slo') continue
      const { id } = leaf.defined.slo
      const one = found.get(id) ?? { leaf, journeys: new Set() }
      one.journeys.add(journey.row.slo.id)
      found.set(id, one)
    }
  return found
}

/** Every SLO leaf of some journeys, each once. */
function leavesOf(journeys: readonly PlannedJourney[]): readonly SloLeaf[] {
  const leaves = journeys.flatMap((planned) =>
    planned.leaves.flatMap((leaf) => (leaf.kind === 'slo' ? [leaf] : [])),
  )
  return [...new Map(leaves.map((leaf) => [leaf.key, leaf])).values()]
}

/** From the first to the last minute that both say something of, and not the same. */
function differing(
  before: { readonly from: UnixSeconds; readonly known: Uint8Array } | undefined,
  after: { readonly from: UnixSeconds; readonly known: Uint8Array },
): Range | undefined {
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

/** Journeys that need the same stretch are worked out together. */
function groupNeeds(needs: readonly Need[]): readonly (readonly Need[])[] {
  const groups = new Map<string, Need[]>()
  for (const need of needs) {
    const key = `${need.range.from} ${need.range.to}`
    const group = groups.get(key)
    if (group) group.push(need)
    else groups.set(key, [need])
  }
  return [...groups.values()]
}

function fill(
  timelines: Timelines,
  { journey, leaves, measured }: PlannedJourney,
  { need, leaves: found }: { readonly need: Need; readonly leaves: ReadonlyMap<string, LeafMinutes> },
): void {
  if (measured === undefined) return
  const { id } = journey.row.slo
  const { range } = need
  const length = (range.to - range.from) / 60
  const { shortfall, state } = journeyMinutes(
    measured,
    leaves.map((leaf) => found.get(leaf.key) ?? nothingOf(length)),
  )
  const good = servedIn(shortfall, state)
  timelines.load(id, id, { scope: {}, start: range.from, width: 60, good, bad: shortfall })
  const before = (): Uint8Array =>
    timelines.known(id, range, { now: range.from, wait: seconds(0), silence: seconds(0) })
  const spans = knownIn(state, range, before)
  if (spans.length > 0) timelines.cover(id, spans)
}
