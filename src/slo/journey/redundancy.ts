import { type JourneyTree, leavesOf } from './tree.ts'

/**
 * How many more leaves must fail until some part of the journey is down for good, when those in `down` have failed:
 * 0: it is down, 1: the next failure takes it down. Routes without failover are down, for their share of the people,
 * when one of them is. `leaves`: the smallest set that takes it down, the first of equal ones.
 *
 * A leaf in several places counts once.
 */
export function redundancyOf(
  tree: JourneyTree,
  isDown: (leaf: number) => boolean,
): { readonly failures: number; readonly leaves: readonly number[] } {
  const leaves = cutOf(tree, isDown)
  return { failures: leaves.length, leaves: [...leaves].sort((a, b) => a - b) }
}

/** Sets of leaves looked at for one part: beyond it the smallest found so far is given. */
const MOST_CUTS = 2_000

function cutOf(tree: JourneyTree, isDown: (leaf: number) => boolean): readonly number[] {
  const [smallest = leavesOf(tree)] = cutsOf(tree, isDown)
  return smallest
}

/** Sets of leaves that take the part down, smallest first, none of them holding another. */
function cutsOf(tree: JourneyTree, isDown: (leaf: number) => boolean): readonly (readonly number[])[] {
  switch (tree.kind) {
    case 'leaf':
      return [isDown(tree.leaf) ? [] : [tree.leaf]]
    case 'all':
      return smallest(tree.of.flatMap((child) => cutsOf(child, isDown)))
    case 'routes':
      return smallest(tree.of.flatMap((route) => cutsOf(route.tree, isDown)))
    case 'any':
      return together(tree.of, isDown)
    case 'at-least': {
      // Down when one more than may fail have failed.
      const needed = tree.of.length - tree.count + 1
      return smallest(chosen(tree.of, needed).flatMap((some) => together(some, isDown)))
    }
    default:
      return tree satisfies never
  }
}

function together(
  trees: readonly JourneyTree[],
  isDown: (leaf: number) => boolean,
): readonly (readonly number[])[] {
  let sets: readonly (readonly number[])[] = [[]]
  for (const tree of trees) {
    const own = cutsOf(tree, isDown)
    sets = smallest(sets.flatMap((set) => own.map((each) => [...new Set([...set, ...each])])))
  }
  return sets
}

function chosen<T>(items: readonly T[], count: number): readonly (readonly T[])[] {
  if (count === 0) return [[]]
  const [first, ...rest] = items
  if (first === undefined || items.length < count) return []
  return [...chosen(rest, count - 1).map((some) => [first, ...some]), ...chosen(rest, count)]
}

function smallest(sets: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const kept: (readonly number[])[] = []
  for (const set of sets.toSorted((a, b) => a.length - b.length)) {
    if (kept.length >= MOST_CUTS) break
    const held = new Set(set)
    if (!kept.some((other) => other.every((leaf) => held.has(leaf)))) kept.push(set)
  }
  return kept
}
