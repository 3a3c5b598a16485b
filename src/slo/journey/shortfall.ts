import type { JourneyPlan } from './plan.ts'
import { leavesOfPlan, MEASURED, sharedInPlan } from './plan.ts'

/** What is known of the leaves in one minute. Written over for the next. */
export interface LeafView {
  /** By number of leaf, 0..1. */
  readonly values: Float64Array
  /** Events, by number of leaf: what weighs measured routes. */
  readonly totals: Float64Array
  /** 1: the journey goes on without the leaf. */
  readonly out: Uint8Array
}

/** What a part serves, 0..1; not a number when nothing is known of any of its leaves. */
type Part = (view: LeafView) => number

/**
 * The share of people that a journey lets down in a minute: `1 - availabilityOf` of what is left of its tree without the
 * leaves that are out. It builds nothing, since it runs for every minute of a month. Undefined when no leaf is left.
 */
export function shortfallOf(plan: JourneyPlan): (view: LeafView) => number | undefined {
  const known = COMPILED.get(plan)
  if (known) return known
  const compiled = compile(plan)
  COMPILED.set(plan, compiled)
  return compiled
}

/** A plan is worked out again every few seconds, for a few minutes. */
const COMPILED = new WeakMap<JourneyPlan, (view: LeafView) => number | undefined>()

function compile(plan: JourneyPlan): (view: LeafView) => number | undefined {
  const part = partOf(plan)
  const shared = sharedInPlan(plan)
  return (view) => {
    const value = shared.length === 0 ? part(view) : expanded(part, shared, view)
    return Number.isNaN(value) ? undefined : 1 - value
  }
}

/** A leaf in several places works or fails once: the value with it working and with it failing, each by its share. */
function expanded(part: Part, shared: readonly number[], view: LeafView): number {
  const { values } = view
  const kept = shared.map((leaf) => values[leaf] ?? 0)
  let sum = 0
  for (let choice = 0; choice < 2 ** shared.length; choice++) {
    let share = 1
    for (const [i, leaf] of shared.entries()) {
      const works = (choice >> i) & 1
      const value = kept[i] ?? 0
      share *= works ? value : 1 - value
      values[leaf] = works
    }
    if (share > 0) sum += share * part(view)
  }
  for (const [i, leaf] of shared.entries()) values[leaf] = kept[i] ?? 0
  return sum
}

function partOf(plan: JourneyPlan): Part {
  switch (plan.kind) {
    case 'leaf': {
      const { leaf } = plan
      return ({ values, out }) => (out[leaf] === 1 ? Number.NaN : (values[leaf] ?? 0))
    }
    case 'all':
      return productOf(plan.of.map(partOf), false)
    case 'any':
      return productOf(plan.of.map(partOf), true)
    case 'at-least':
      return enoughOf(plan.of.map(partOf), plan.count)
    case 'routes':
      return weighedOf(plan.of.map(({ tree, weight }) => routeOf(tree, weight)))
    default:
      return plan satisfies never
  }
}

/** Of what works, or with `failing` one less that of what fails. */
function productOf(parts: readonly Part[], failing: boolean): Part {
  return (view) => {
    let product = 1
    let known = false
    for (const part of parts) {
      const value = part(view)
      if (Number.isNaN(value)) continue
      known = true
      product *= failing ? 1 - value : value
    }
    return known ? (failing ? 1 - product : product) : Number.NaN
  }
}

function enoughOf(parts: readonly Part[], count: number): Part {
  // By number: the share of the time in which exactly so many work.
  const shares = new Float64Array(parts.length + 1)
  return (view) => {
    let known = 0
    shares.fill(0)
    shares[0] = 1
    for (const part of parts) {
      const value = part(view)
      if (Number.isNaN(value)) continue
      known++
      for (let k = known; k > 0; k--)
        shares[k] = (shares[k] ?? 0) * (1 - value) + (shares[k - 1] ?? 0) * value
      shares[0] = (shares[0] ?? 0) * (1 - value)
    }
    if (known === 0) return Number.NaN
    let sum = 0
    for (let k = Math.min(count, known); k <= known; k++) sum += shares[k] ?? 0
    return sum
  }
}

interface WeighedRoute {
  readonly part: Part
  readonly weight: (view: LeafView) => number
}

function routeOf(tree: JourneyPlan, weight: number | typeof MEASURED): WeighedRoute {
  if (weight !== MEASURED) return { part: partOf(tree), weight: () => weight }
  const leaves = leavesOfPlan(tree)
  return {
    part: partOf(tree),
    weight: ({ totals }) => leaves.reduce((sum, leaf) => sum + (totals[leaf] ?? 0), 0),
  }
}

/** Routes by their weights; where none has any, all weigh the same. */
function weighedOf(routes: readonly WeighedRoute[]): Part {
  return (view) => {
    let sum = 0
    let served = 0
    let known = 0
    let plain = 0
    for (const { part, weight } of routes) {
      const value = part(view)
      if (Number.isNaN(value)) continue
      const by = weight(view)
      sum += by
      served += by * value
      known++
      plain += value
    }
    if (known === 0) return Number.NaN
    return sum > 0 ? served / sum : plain / known
  }
}
