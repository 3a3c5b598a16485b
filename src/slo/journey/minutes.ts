import { apportion, attributionOf } from './attribution.ts'
import { availabilityOf } from './availability.ts'
import { type JourneyTree, leavesOf, without } from './tree.ts'

/**
 * A minute's shortfall is a whole number of ten-billionths: fine enough for a target of ten nines, and a year of whole
 * minutes still adds up exactly in a double.
 */
export const MINUTE_UNITS = 10_000_000_000

/** A route that has this weight gets its share of the traffic that was measured in the minute. */
export const MEASURED = 'measured'

/** A journey before the weights of its routes are known. */
export type JourneyPlan =
  | { readonly kind: 'leaf'; readonly leaf: number }
  | { readonly kind: 'all' | 'any'; readonly of: readonly JourneyPlan[] }
  | { readonly kind: 'at-least'; readonly count: number; readonly of: readonly JourneyPlan[] }
  | {
      readonly kind: 'routes'
      readonly of: readonly { readonly tree: JourneyPlan; readonly weight: number | typeof MEASURED }[]
    }

/** What was measured of one leaf, minute by minute. */
export interface LeafMinutes {
  readonly good: Float64Array
  readonly bad: Float64Array
  /** 1: the sources reported on the minute. */
  readonly known: Uint8Array
  /** What a minute that is not known counts as. `freeze`: the journey goes on without the leaf. */
  readonly noData: 'freeze' | 'good' | 'bad'
}

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
  const named = namedLeaves(plan)
  for (let minute = 0; minute < length; minute++) {
    const seen = stateOf(named, leaves, minute)
    state[minute] = seen.state
    if (seen.failed) shortfall[minute] = shortfallAt(plan, leaves, minute)
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
  const named = namedLeaves(plan)
  const shares = new Float64Array(leaves.length)
  let shortfall = 0
  for (let minute = from; minute < to; minute++) {
    if (!stateOf(named, leaves, minute).failed) continue
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

function shortfallAt(plan: JourneyPlan, leaves: readonly LeafMinutes[], minute: number): number {
  const { tree, values } = minuteOfPlan(plan, leaves, minute)
  return tree === undefined ? 0 : unitsOf(1 - availabilityOf(tree, values))
}

const unitsOf = (share: number): number =>
  Math.min(MINUTE_UNITS, Math.max(0, Math.round(share * MINUTE_UNITS)))

function stateOf(
  named: readonly number[],
  leaves: readonly LeafMinutes[],
  minute: number,
): { readonly state: number; readonly failed: boolean } {
  let measured = 0
  let idle = 0
  let assumed = 0
  let failed = false
  for (const leaf of named) {
    const of = leaves[leaf]
    if (of === undefined) continue
    if (of.known[minute] === 1) {
      const bad = of.bad[minute] ?? 0
      if (bad > 0) failed = true
      if (bad + (of.good[minute] ?? 0) > 0) measured++
      else idle++
    } else if (of.noData !== 'freeze') {
      assumed++
      if (of.noData === 'bad') failed = true
    }
  }
  const { unknown, full, partial, idle: nobody } = MINUTE_STATE
  if (measured + assumed === 0) return { state: idle === 0 ? unknown : nobody, failed: false }
  return { state: measured + idle === named.length ? full : partial, failed }
}

/** The tree of one minute: without what is not known and where nobody came, its measured routes weighed. */
function minuteOfPlan(
  plan: JourneyPlan,
  leaves: readonly LeafMinutes[],
  minute: number,
): { readonly tree: JourneyTree | undefined; readonly values: Float64Array } {
  const values = new Float64Array(leaves.length)
  const totals = new Float64Array(leaves.length)
  const out = new Set<number>()
  leaves.forEach((leaf, i) => {
    const good = leaf.good[minute] ?? 0
    const total = good + (leaf.bad[minute] ?? 0)
    if (leaf.known[minute] === 1 && total > 0) {
      values[i] = good / total
      totals[i] = total
    } else if (leaf.known[minute] === 1 || leaf.noData === 'freeze') out.add(i)
    else values[i] = leaf.noData === 'good' ? 1 : 0
  })
  const tree = without(
    weighed(plan, (leaf) => totals[leaf] ?? 0),
    (leaf) => out.has(leaf),
  )
  return { tree, values }
}

/** Measured routes get the traffic of their leaves as their weight; where none had any, all weigh the same. */
function weighed(plan: JourneyPlan, total: (leaf: number) => number): JourneyTree {
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

/** The leaves that a plan names, each once. */
function namedLeaves(plan: JourneyPlan): readonly number[] {
  return leavesOf(weighed(plan, () => 1))
}
