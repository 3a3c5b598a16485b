/**
 * A journey as the engine sees it: a tree over numbered leaves. A leaf that stands in several places is one thing that
 * works or fails once, not several that fail independently.
 */
export type JourneyTree =
  | { readonly kind: 'leaf'; readonly leaf: number }
  /** Each must work. */
  | { readonly kind: 'all'; readonly of: readonly JourneyTree[] }
  /** One is enough. */
  | { readonly kind: 'any'; readonly of: readonly JourneyTree[] }
  /** `count` of them must work. */
  | { readonly kind: 'at-least'; readonly count: number; readonly of: readonly JourneyTree[] }
  /** Traffic is split over them without failover. Weights are not below zero and need not add up to one. */
  | {
      readonly kind: 'routes'
      readonly of: readonly { readonly tree: JourneyTree; readonly weight: number }[]
    }

/** More leaves than this in several places at once take too long: each doubles the work. */
export const MOST_SHARED = 10

/** The numbers of the leaves of a tree, each once, in order. */
export function leavesOf(tree: JourneyTree): readonly number[] {
  return [...countLeaves(tree, new Map()).keys()].sort((a, b) => a - b)
}

/** Leaves that stand in more than one place, in order. */
export function sharedLeaves(tree: JourneyTree): readonly number[] {
  return [...countLeaves(tree, new Map())]
    .filter(([, times]) => times > 1)
    .map(([leaf]) => leaf)
    .sort((a, b) => a - b)
}

export function childrenOf(tree: JourneyTree): readonly JourneyTree[] {
  switch (tree.kind) {
    case 'leaf':
      return []
    case 'routes':
      return tree.of.map((route) => route.tree)
    case 'all':
    case 'any':
    case 'at-least':
      return tree.of
    default:
      return tree satisfies never
  }
}

function countLeaves(tree: JourneyTree, counts: Map<number, number>): Map<number, number> {
  if (tree.kind === 'leaf') counts.set(tree.leaf, (counts.get(tree.leaf) ?? 0) + 1)
  else for (const child of childrenOf(tree)) countLeaves(child, counts)
  return counts
}

/**
 * The tree without the leaves that nothing is known of; undefined when nothing is left. What is left must still work:
 * `all` and `any` of the rest, routes by the rest's weights, and of an `at-least` no more than there are.
 */
export function without(tree: JourneyTree, isUnknown: (leaf: number) => boolean): JourneyTree | undefined {
  switch (tree.kind) {
    case 'leaf':
      return isUnknown(tree.leaf) ? undefined : tree
    case 'routes': {
      const of = tree.of.flatMap((route) => {
        const rest = without(route.tree, isUnknown)
        return rest === undefined ? [] : [{ tree: rest, weight: route.weight }]
      })
      return of.length === 0 ? undefined : { kind: 'routes', of }
    }
    case 'all':
    case 'any':
    case 'at-least': {
      const of = tree.of.flatMap((child) => without(child, isUnknown) ?? [])
      if (of.length === 0) return undefined
      return tree.kind === 'at-least'
        ? { kind: 'at-least', count: Math.min(tree.count, of.length), of }
        : { kind: tree.kind, of }
    }
    default:
      return tree satisfies never
  }
}
