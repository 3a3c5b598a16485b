import { DAY, later, type Range, unixSeconds } from '../../base/index.ts'
import {
  type Buckets,
  type JourneyPlan,
  journeyMinutes,
  type KnownSpan,
  type LeafMinutes,
  MINUTE_KNOWN,
  MINUTE_STATE,
  MINUTE_UNITS,
} from '../../slo/index.ts'
import { type LeafSources, type MeasuredLeaf, readLeaves } from './leaf-minutes.ts'
import { isSlo, type Leaf, type PlannedJourney } from './plan.ts'

/** A journey's minutes as the engine counts them, and what is known of them. */
export interface JourneyPast {
  readonly buckets: readonly Buckets[]
  readonly known: readonly KnownSpan[]
}

/** A journey as it is, or as it might have been. */
export interface Version {
  readonly plan: JourneyPlan | undefined
  /** The leaves of the plan in one stretch, from what was measured of the journey's own. */
  readonly leaves: (measured: readonly MeasuredLeaf[], range: Range) => readonly LeafMinutes[]
}

export const asItIs = (planned: PlannedJourney): Version => ({
  plan: planned.measured,
  leaves: (measured) => measured,
})

/** Works the minutes of a range out again from the ledger, a day at a time, for each version of the journey. */
export async function pastOf(
  sources: LeafSources,
  planned: PlannedJourney,
  { range, versions }: { readonly range: Range; readonly versions: readonly Version[] },
): Promise<readonly JourneyPast[]> {
  const slos = planned.leaves.filter(isSlo)
  const pasts = versions.map(() => ({ buckets: [] as Buckets[], known: [] as KnownSpan[] }))
  for (const day of daysOf(range)) {
    const found = await readLeaves(sources, slos, day)
    const length = (day.to - day.from) / 60
    const measured = planned.leaves.map((leaf) => measuredOf(leaf, found, length))
    versions.forEach(({ plan, leaves }, i) => {
      const past = pasts[i]
      if (!past || !plan) return
      const { shortfall, state } = journeyMinutes(plan, leaves(measured, day))
      past.buckets.push({ start: day.from, width: 60, good: servedIn(shortfall, state), bad: shortfall })
      past.known.push(...knownIn(state, day))
    })
  }
  return pasts
}

function measuredOf(leaf: Leaf, found: ReadonlyMap<string, MeasuredLeaf>, length: number): MeasuredLeaf {
  return found.get(leaf.key) ?? nothingOf(length)
}

/** A leaf that is not measured. */
export function nothingOf(length: number): MeasuredLeaf {
  const none = new Float64Array(length)
  return { good: none, bad: none, known: new Uint8Array(length), noData: 'freeze', parts: [] }
}

/** Whole days, so that what is held at once stays small. */
export function daysOf(range: Range): readonly Range[] {
  const days: Range[] = []
  for (let from = range.from; from < range.to; from = later(from, DAY))
    days.push({ from, to: unixSeconds(Math.min(range.to, from + DAY)) })
  return days
}

/** What a minute served, in `MINUTE_UNITS`; 0 where it does not count. */
export function servedIn(shortfall: Float64Array, state: Uint8Array): Float64Array {
  const served = new Float64Array(shortfall.length)
  for (let i = 0; i < served.length; i++)
    if (state[i] === MINUTE_STATE.full || state[i] === MINUTE_STATE.partial)
      served[i] = MINUTE_UNITS - (shortfall[i] ?? 0)
  return served
}

const SAID: Readonly<Record<number, KnownSpan['state'] | undefined>> = {
  [MINUTE_STATE.full]: 'known',
  [MINUTE_STATE.idle]: 'known',
  [MINUTE_STATE.partial]: 'partial',
}

/**
 * What is known of the journey. Of minutes that are waited for, or of which nothing is known, nothing is said, unless
 * something was said of them `before`.
 */
export function knownIn(state: Uint8Array, range: Range, before?: () => Uint8Array): readonly KnownSpan[] {
  const spans: KnownSpan[] = []
  let said: Uint8Array | undefined
  for (let i = 0; i < state.length; ) {
    const first = i
    const seen = state[i]
    while (i < state.length && state[i] === seen) i++
    const what = SAID[seen ?? 0]
    if (what !== undefined) addSpan(spans, range, { first, last: i, state: what })
    else if (before) {
      said ??= before()
      for (let k = first; k < i; k++)
        if (said[k] === MINUTE_KNOWN.known) addSpan(spans, range, { first: k, last: k + 1, state: 'missing' })
    }
  }
  return spans
}

function addSpan(
  spans: KnownSpan[],
  range: Range,
  {
    first,
    last,
    state,
  }: { readonly first: number; readonly last: number; readonly state: KnownSpan['state'] },
): void {
  const from = unixSeconds(range.from + first * 60)
  const to = unixSeconds(range.from + last * 60)
  const before = spans.at(-1)
  if (before && before.to === from && before.state === state) spans[spans.length - 1] = { ...before, to }
  else spans.push({ from, to, state })
}
