import { type JourneyTree, leavesOf, sharedLeaves } from './tree.ts'

/** What a journey gives when its leaves give so much, and how much each leaf moves it. */
export interface Sensitivity {
  /** 0..1. */
  readonly value: number
  /** By number of leaf: by how much the value rises when the leaf's own rises by one. Never below zero. */
  readonly gradient: Float64Array
}

/**
 * The share of attempts that a journey serves when leaf `i` serves `leaves[i]` (0..1) and leaves fail independently of
 * each other within the minute: `all` is the product, `any` one less the product of the shortfalls, `at-least` the sum
 * over the ways in which enough work, `routes` the weighted mean. A leaf in several places is one: the value is that of
 * the journey with it working and with it failing, each by its share (Shannon's expansion).
 */
export function availabilityOf(tree: JourneyTree, leaves: ArrayLike<number>): number {
  const shared = sharedLeaves(tree)
  if (shared.length === 0) return valueOf(tree, leaves)
  const fixed = Float64Array.from(leaves)
  let value = 0
  for (let choice = 0; choice < 2 ** shared.length; choice++) {
    let share = 1
    shared.forEach((leaf, i) => {
      const works = (choice >> i) & 1
      fixed[leaf] = works
      share *= works ? at(leaves, leaf) : 1 - at(leaves, leaf)
    })
    if (share > 0) value += share * valueOf(tree, fixed)
  }
  return value
}

/** The value with all its partial derivatives: it is linear in each leaf. */
export function sensitivityOf(tree: JourneyTree, leaves: ArrayLike<number>): Sensitivity {
  const shared = sharedLeaves(tree)
  const gradient = new Float64Array(Math.max(0, ...leavesOf(tree)) + 1)
  if (shared.length === 0) return { value: descend(tree, leaves, gradient), gradient }
  const fixed = Float64Array.from(leaves)
  let value = 0
  for (let choice = 0; choice < 2 ** shared.length; choice++) {
    shared.forEach((leaf, i) => (fixed[leaf] = (choice >> i) & 1))
    const own = new Float64Array(gradient.length)
    const given = descend(tree, fixed, own)
    const shares = shared.map((leaf, i) => ((choice >> i) & 1 ? at(leaves, leaf) : 1 - at(leaves, leaf)))
    const share = shares.reduce((product, each) => product * each, 1)
    value += share * given
    own.forEach((slope, leaf) => (gradient[leaf] = (gradient[leaf] ?? 0) + share * slope))
    shared.forEach((leaf, i) => {
      // Where a leaf is tried both ways, what it moves is the difference between the two.
      const others = shares.reduce((product, each, k) => (k === i ? product : product * each), 1)
      const sign = (choice >> i) & 1 ? 1 : -1
      gradient[leaf] = (gradient[leaf] ?? 0) - share * (own[leaf] ?? 0) + sign * others * given
    })
  }
  return { value, gradient }
}

const at = (values: ArrayLike<number>, i: number): number => values[i] ?? 0

/** Value of a tree in which each leaf stands once; adds what each leaf moves to `gradient`. */
function descend(tree: JourneyTree, leaves: ArrayLike<number>, gradient: Float64Array): number {
  const values = new Map<JourneyTree, number>()
  const value = rise(tree, leaves, values)
  sink(tree, 1, { values, gradient })
  return value
}

function rise(tree: JourneyTree, leaves: ArrayLike<number>, values: Map<JourneyTree, number>): number {
  const value = valueOf(tree, leaves, values)
  values.set(tree, value)
  return value
}

/** `values`, where it is given, gets that of every part below. */
function valueOf(tree: JourneyTree, leaves: ArrayLike<number>, values?: Map<JourneyTree, number>): number {
  const each = (of: readonly JourneyTree[]): readonly number[] =>
    of.map((child) => (values ? rise(child, leaves, values) : valueOf(child, leaves)))
  switch (tree.kind) {
    case 'leaf':
      return at(leaves, tree.leaf)
    case 'all':
      return each(tree.of).reduce((product, x) => product * x, 1)
    case 'any':
      return 1 - each(tree.of).reduce((product, x) => product * (1 - x), 1)
    case 'at-least':
      return workingOf(each(tree.of))
        .slice(tree.count)
        .reduce((sum, share) => sum + share, 0)
    case 'routes': {
      const children = each(tree.of.map((route) => route.tree))
      const weight = tree.of.reduce((sum, route) => sum + route.weight, 0)
      return tree.of.reduce((sum, route, i) => sum + route.weight * at(children, i), 0) / weight
    }
    default:
      return tree satisfies never
  }
}

interface Sinking {
  readonly values: ReadonlyMap<JourneyTree, number>
  readonly gradient: Float64Array
}

/** `slope`: by how much the whole moves when this part does. */
function sink(tree: JourneyTree, slope: number, sinking: Sinking): void {
  const { values, gradient } = sinking
  if (tree.kind === 'leaf') {
    gradient[tree.leaf] = (gradient[tree.leaf] ?? 0) + slope
    return
  }
  if (tree.kind === 'routes') {
    const weight = tree.of.reduce((sum, route) => sum + route.weight, 0)
    for (const route of tree.of) sink(route.tree, (slope * route.weight) / weight, sinking)
    return
  }
  const children = tree.of.map((child) => values.get(child) ?? 0)
  tree.of.forEach((child, i) => {
    const others = children.filter((_, k) => k !== i)
    sink(child, slope * neededShare(tree, others), sinking)
  })
}

/** How often the others leave it to this one: it works and the part works, it fails and the part fails. */
function neededShare(
  tree: Extract<JourneyTree, { of: readonly JourneyTree[] }>,
  others: readonly number[],
): number {
  switch (tree.kind) {
    case 'all':
      return others.reduce((product, x) => product * x, 1)
    case 'any':
      return others.reduce((product, x) => product * (1 - x), 1)
    case 'at-least':
      return workingOf(others)[tree.count - 1] ?? 0
    default:
      return tree satisfies never
  }
}

/** By number: the share of the time in which exactly so many work. */
function workingOf(values: readonly number[]): readonly number[] {
  let shares: readonly number[] = [1]
  for (const x of values) {
    const before = shares
    shares = Array.from(
      { length: before.length + 1 },
      (_, k) => at(before, k) * (1 - x) + (k === 0 ? 0 : at(before, k - 1) * x),
    )
  }
  return shares
}
