import { apportion } from './attribution.ts'
import { availabilityOf } from './availability.ts'
import { inRoom } from './columns.ts'
import { type LeafMinutes, MINUTE_UNITS } from './leaf.ts'
import { columnsAt, lookAt, meanings, STATE_BITS, shortMinutes } from './looks.ts'
import { type JourneyPlan, leavesOfPlan, MEASURED, weighingInPlan } from './plan.ts'
import { addCaused, servedOf } from './shortfall.ts'
import { type JourneyTree, leavesOf, without } from './tree.ts'

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
  const found = meaningsOf(plan, leaves, length)
  const minutes = shortMinutes(found, 0, length)
  if (minutes.length > 0)
    inRoom(() => {
      const served = servedOf(plan, columnsAt(minutes, leaves, namesOf(plan)))
      for (let i = 0; i < minutes.length; i++) shortfall[minutes[i] ?? 0] = unitsOf(1 - (served[i] ?? 0))
    })
  for (let i = 0; i < length; i++) found[i] = (found[i] ?? 0) & STATE_BITS
  return { shortfall, state: found }
}

/** Minutes, half-open, by their places. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** What was lost over some minutes, and how much of it each leaf caused: in whole `MINUTE_UNITS` that add up to it. */
export interface Caused {
  readonly shortfall: number
  /** By number of leaf. */
  readonly caused: Float64Array
}

/** Who caused what over some minutes. */
export function journeyAttribution(
  plan: JourneyPlan,
  leaves: readonly LeafMinutes[],
  stretch: Stretch,
): Caused {
  const [found] = journeyAttributions(plan, leaves, [stretch])
  return found ?? { shortfall: 0, caused: new Float64Array(leaves.length) }
}

/**
 * Who caused what over each of some stretches, which follow each other. Only minutes in which some leaf failed are
 * looked at, all of them at once.
 */
export function journeyAttributions(
  plan: JourneyPlan,
  leaves: readonly LeafMinutes[],
  stretches: readonly Stretch[],
): readonly Caused[] {
  const to = Math.max(0, ...stretches.map((stretch) => stretch.to))
  const minutes = shortMinutes(meaningsOf(plan, leaves, to), stretches[0]?.from ?? 0, to)
  return inRoom(() => {
    const columns = columnsAt(minutes, leaves, namesOf(plan))
    const served = servedOf(plan, columns)
    const parts = partsOf(minutes, stretches)
    const shares = parts.map(() => new Float64Array(leaves.length))
    addCaused(plan, columns, { parts, shares })
    return parts.map(({ from, to: end }, i): Caused => {
      let shortfall = 0
      for (let k = from; k < end; k++) shortfall += unitsOf(1 - (served[k] ?? 0))
      return { shortfall, caused: apportion(shortfall, shares[i] ?? []) }
    })
  })
}

/** Which of the minutes lie in each stretch, as places among them. */
function partsOf(minutes: Int32Array, stretches: readonly Stretch[]): readonly Stretch[] {
  let next = 0
  const before = (minute: number): number => {
    while (next < minutes.length && (minutes[next] ?? 0) < minute) next++
    return next
  }
  return stretches.map(({ from, to }) => ({ from: before(from), to: before(to) }))
}

const meaningsOf = (plan: JourneyPlan, leaves: readonly LeafMinutes[], length: number): Uint8Array =>
  meanings(
    leavesOfPlan(plan).map((leaf) => lookAt(leaves[leaf])),
    length,
  )

const namesOf = (plan: JourneyPlan) => ({ named: leavesOfPlan(plan), weighing: weighingInPlan(plan) })

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
