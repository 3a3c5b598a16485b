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

/** The leaves that a plan names, each once, in order. */
export function leavesOfPlan(plan: JourneyPlan): readonly number[] {
  const known = LEAVES.get(plan)
  if (known) return known
  const leaves = [...placesOf(plan, new Map()).keys()].sort((a, b) => a - b)
  LEAVES.set(plan, leaves)
  return leaves
}

/** A plan does not change, and is asked for its leaves every few seconds. */
const LEAVES = new WeakMap<JourneyPlan, readonly number[]>()

/** Leaves that stand in more than one place, in order. */
export function sharedInPlan(plan: JourneyPlan): readonly number[] {
  const known = SHARED.get(plan)
  if (known) return known
  const shared = [...placesOf(plan, new Map())]
    .filter(([, places]) => places > 1)
    .map(([leaf]) => leaf)
    .sort((a, b) => a - b)
  SHARED.set(plan, shared)
  return shared
}

const SHARED = new WeakMap<JourneyPlan, readonly number[]>()

/** Leaves whose traffic weighs some route. */
export function weighingInPlan(plan: JourneyPlan): readonly number[] {
  if (plan.kind === 'leaf') return NONE
  const known = WEIGHING.get(plan)
  if (known) return known
  const below =
    plan.kind === 'routes'
      ? plan.of.flatMap(({ tree, weight }) =>
          weight === MEASURED ? leavesOfPlan(tree) : weighingInPlan(tree),
        )
      : plan.of.flatMap(weighingInPlan)
  const weighing = [...new Set(below)]
  WEIGHING.set(plan, weighing)
  return weighing
}

const NONE: readonly number[] = []
const WEIGHING = new WeakMap<JourneyPlan, readonly number[]>()

function placesOf(plan: JourneyPlan, places: Map<number, number>): Map<number, number> {
  if (plan.kind === 'leaf') places.set(plan.leaf, (places.get(plan.leaf) ?? 0) + 1)
  else if (plan.kind === 'routes') for (const { tree } of plan.of) placesOf(tree, places)
  else for (const child of plan.of) placesOf(child, places)
  return places
}
