import { apportion, attributionOf } from './attribution.ts'
import { availabilityOf } from './availability.ts'
import { type JourneyPlan, leavesOfPlan, MEASURED } from './plan.ts'
import { type LeafView, shortfallOf } from './shortfall.ts'
import { type JourneyTree, leavesOf, without } from './tree.ts'

/**
 * A minute's shortfall is a whole number of ten-billionths: fine enough for a target of ten nines, and a year of whole
 * minutes still adds up exactly in a double.
 */
export const MINUTE_UNITS = 10_000_000_000

/** What was measured of one leaf, minute by minute. */
export interface LeafMinutes {
  readonly good: Float64Array
  readonly bad: Float64Array
  /** One of `MINUTE_KNOWN`. */
  readonly known: Uint8Array
  /** What a minute that is not known counts as. `freeze`: the journey goes on without the leaf. */
  readonly noData: 'freeze' | 'good' | 'bad'
}

/** What is known of one minute of a leaf. */
export const MINUTE_KNOWN = {
  unknown: 0,
  /** The sources reported on the minute. */
  known: 1,
  /** They may still report on it. */
  waiting: 2,
} as const

/** What is known of one minute of a journey. */
export const MINUTE_STATE = {
  /** No leaf is known: the minute does not count. */
  unknown: 0,
  /** Every leaf is known. */
  full: 1,
  /** Some leaf is not known: the minute counts, of the rest or as the leaf's policy says. */
  partial: 2,
  /** Every leaf that is known had no traffic: nobody was let down, and the minute does not count. */
  idle: 3,
  /** Some leaf may still report: until then nothing is said, since a fallback that is not heard of yet is not down. */
  waiting: 4,
} as const

export interface JourneyMinutes {
  /** In `MINUTE_UNITS`, whole; 0 where the minute does not count. */
  readonly shortfall: Float64Array
  /** One of `MINUTE_STATE`. */
  readonly state: Uint8Array
}

/** A journey minute by minute: outages that coincide are seen to coincide. All leaves have the same minutes. */
export function journeyMinutes(plan: JourneyPlan, leaves: readonly LeafMinutes[]): JourneyMinutes {
  const length = leaves[0]?.good.length ?? 0
  const shortfall = new Float64Array(length)
  const state = new Uint8Array(length)
  const named = leavesOfPlan(plan)
  const shortfallIn = shortfallOf(plan)
  const view: LeafView = {
    values: new Float64Array(leaves.length),
    totals: new Float64Array(leaves.length),
    out: new Uint8Array(leaves.length),
  }
  for (let minute = 0; minute < length; minute++) {
    const seen = stateOf(named, leaves, minute)
    state[minute] = seen & STATE_BITS
    if ((seen & FAILED) === 0) continue
    look(leaves, minute, view)
    shortfall[minute] = unitsOf(shortfallIn(view) ?? 0)
  }
  return { shortfall, state }
}

/**
 * How much of the shortfall over minutes `from` to `to` (half-open) each leaf caused, in whole `MINUTE_UNITS` that add up
 * to the shortfall over them.
 */
export function journeyAttribution(
  plan: JourneyPlan,
  leaves: readonly LeafMinutes[],
  { from, to }: { readonly from: number; readonly to: number },
): { readonly shortfall: number; readonly caused: Float64Array } {
  const named = leavesOfPlan(plan)
  const shares = new Float64Array(leaves.length)
  let shortfall = 0
  for (let minute = from; minute < to; minute++) {
    if ((stateOf(named, leaves, minute) & FAILED) === 0) continue
    const { tree, values } = minuteOfPlan(plan, leaves, minute)
    if (tree === undefined) throw new Error('a minute in which something failed has a tree')
    shortfall += unitsOf(1 - availabilityOf(tree, values))
    attributionOf(tree, values).forEach((share, leaf) => (shares[leaf] = (shares[leaf] ?? 0) + share))
  }
  return { shortfall, caused: apportion(shortfall, shares) }
}

/**
 * What the textbook makes of it: the journey of the leaves' averages over minutes `from` to `to`, as if outages never
 * coincided, in 0..1. Undefined when no leaf has any traffic.
 */
export function textbookOf(
  plan: JourneyPlan,
  leaves: readonly LeafMinutes[],
  { from, to }: { readonly from: number; readonly to: number },
): number | undefined {
  const sums = leaves.map(({ good, bad, known }) => {
    const sum = { good: 0, bad: 0 }
    for (let minute = from; minute < to; minute++) {
      if (known[minute] !== 1) continue
      sum.good += good[minute] ?? 0
      sum.bad += bad[minute] ?? 0
    }
    return sum
  })
  const total = (leaf: number): number => (sums[leaf]?.good ?? 0) + (sums[leaf]?.bad ?? 0)
  const tree = without(weighed(plan, total), (leaf) => total(leaf) === 0)
  return (
    tree &&
    availabilityOf(
      tree,
      sums.map(({ good }, leaf) => (total(leaf) === 0 ? 0 : good / total(leaf))),
    )
  )
}

const unitsOf = (share: number): number =>
  Math.min(MINUTE_UNITS, Math.max(0, Math.round(share * MINUTE_UNITS)))

/** A state's number is below this, beside which it says whether something failed. */
const STATE_BITS = 7
const FAILED = 8

/** One of `MINUTE_STATE`, and `FAILED` when somebody was let down by a leaf: two answers in one number, for speed. */
function stateOf(named: readonly number[], leaves: readonly LeafMinutes[], minute: number): number {
  let measured = 0
  let idle = 0
  let assumed = 0
  let failed = 0
  for (const leaf of named) {
    const of = leaves[leaf]
    if (of === undefined) continue
    const known = of.known[minute]
    if (known === MINUTE_KNOWN.waiting) return MINUTE_STATE.waiting
    if (known === MINUTE_KNOWN.known) {
      const bad = of.bad[minute] ?? 0
      if (bad > 0) failed = FAILED
      if (bad + (of.good[minute] ?? 0) > 0) measured++
      else idle++
    } else if (of.noData !== 'freeze') {
      assumed++
      if (of.noData === 'bad') failed = FAILED
    }
  }
  const { unknown, full, partial, idle: nobody } = MINUTE_STATE
  if (measured + assumed === 0) return idle === 0 ? unknown : nobody
  return (measured + idle === named.length ? full : partial) | failed
}

function look(leaves: readonly LeafMinutes[], minute: number, { values, totals, out }: LeafView): void {
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i]
    if (leaf === undefined) continue
    const good = leaf.good[minute] ?? 0
    const total = good + (leaf.bad[minute] ?? 0)
    const known = leaf.known[minute] === MINUTE_KNOWN.known
    out[i] = (known && total === 0) || (!known && leaf.noData === 'freeze') ? 1 : 0
    totals[i] = known ? total : 0
    values[i] = known ? (total === 0 ? 0 : good / total) : leaf.noData === 'good' ? 1 : 0
  }
}

/** The tree of one minute: without what is not known and where nobody came, its measured routes weighed. */
function minuteOfPlan(
  plan: JourneyPlan,
  leaves: readonly LeafMinutes[],
  minute: number,
): { readonly tree: JourneyTree | undefined; readonly values: Float64Array } {
  const view: LeafView = {
    values: new Float64Array(leaves.length),
    totals: new Float64Array(leaves.length),
    out: new Uint8Array(leaves.length),
  }
  look(leaves, minute, view)
  const tree = without(
    weighed(plan, (leaf) => view.totals[leaf] ?? 0),
    (leaf) => view.out[leaf] === 1,
  )
  return { tree, values: view.values }
}

/** Measured routes get the traffic of their leaves as their weight; where none had any, all weigh the same. */
export function weighed(plan: JourneyPlan, total: (leaf: number) => number): JourneyTree {
  switch (plan.kind) {
    case 'leaf':
      return plan
    case 'all':
    case 'any':
      return { kind: plan.kind, of: plan.of.map((child) => weighed(child, total)) }
    case 'at-least':
      return { kind: 'at-least', count: plan.count, of: plan.of.map((child) => weighed(child, total)) }
    case 'routes': {
      const of = plan.of.map((route) => {
        const tree = weighed(route.tree, total)
        const weight =
          route.weight === MEASURED
            ? leavesOf(tree).reduce((sum, leaf) => sum + total(leaf), 0)
            : route.weight
        return { tree, weight }
      })
      const nothing = of.every(({ weight }) => weight === 0)
      return { kind: 'routes', of: nothing ? of.map(({ tree }) => ({ tree, weight: 1 })) : of }
    }
    default:
      return plan satisfies never
  }
}
