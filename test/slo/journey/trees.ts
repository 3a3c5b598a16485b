import fc from 'fast-check'
import { childrenOf, type JourneyTree, leavesOf } from '../../../src/slo/index.ts'

export const leaf = (n: number): JourneyTree => ({ kind: 'leaf', leaf: n })
export const all = (...of: readonly JourneyTree[]): JourneyTree => ({ kind: 'all', of })
export const any = (...of: readonly JourneyTree[]): JourneyTree => ({ kind: 'any', of })
export const atLeast = (count: number, ...of: readonly JourneyTree[]): JourneyTree => ({
  kind: 'at-least',
  count,
  of,
})
export const routes = (...of: readonly (readonly [number, JourneyTree])[]): JourneyTree => ({
  kind: 'routes',
  of: of.map(([weight, tree]) => ({ tree, weight })),
})

/** Trees over leaves 0 to `leaves - 1`. `shared`: a leaf may stand in several places. */
export function trees(leaves: number, { shared = false } = {}): fc.Arbitrary<JourneyTree> {
  const shape = fc.letrec<{ tree: JourneyTree }>((tie) => {
    const children = fc.array(tie('tree'), { minLength: 1, maxLength: 4 })
    return {
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.nat({ max: leaves - 1 }).map(leaf),
        children.map((of) => all(...of)),
        children.map((of) => any(...of)),
        fc.tuple(children, fc.nat()).map(([of, n]) => atLeast(1 + (n % of.length), ...of)),
        fc
          .array(fc.tuple(fc.integer({ min: 1, max: 9 }), tie('tree')), { minLength: 1, maxLength: 4 })
          .map((of) => routes(...of)),
      ),
    }
  }).tree
  return (shared ? shape : shape.map((tree) => renumber(tree, { next: 0 }))).filter(
    (tree) => leavesOf(tree).length <= leaves && placesOf(tree) <= leaves + (shared ? 4 : 0),
  )
}

function renumber(tree: JourneyTree, counter: { next: number }): JourneyTree {
  if (tree.kind === 'leaf') return leaf(counter.next++)
  if (tree.kind === 'routes')
    return { ...tree, of: tree.of.map((route) => ({ ...route, tree: renumber(route.tree, counter) })) }
  return { ...tree, of: tree.of.map((child) => renumber(child, counter)) }
}

const placesOf = (tree: JourneyTree): number =>
  tree.kind === 'leaf' ? 1 : childrenOf(tree).reduce((n, child) => n + placesOf(child), 0)

/** What share of people a journey serves when each leaf works or does not: the meaning of a tree, word for word. */
export function served(tree: JourneyTree, works: (leaf: number) => boolean): number {
  switch (tree.kind) {
    case 'leaf':
      return works(tree.leaf) ? 1 : 0
    case 'routes': {
      const sum = tree.of.reduce((n, { weight }) => n + weight, 0)
      return tree.of.reduce((n, route) => n + (route.weight / sum) * served(route.tree, works), 0)
    }
    case 'all':
      return tree.of.reduce((n, child) => n * served(child, works), 1)
    case 'any':
      return 1 - tree.of.reduce((n, child) => n * (1 - served(child, works)), 1)
    case 'at-least': {
      // With routes below, a part may serve a share: the chance that enough of them serve somebody.
      const shares = tree.of.map((child) => served(child, works))
      let sum = 0
      for (let choice = 0; choice < 2 ** shares.length; choice++) {
        const taken = shares.filter((_, i) => (choice >> i) & 1).length
        if (taken < tree.count) continue
        sum += shares.reduce((product, x, i) => product * ((choice >> i) & 1 ? x : 1 - x), 1)
      }
      return sum
    }
    default:
      return tree satisfies never
  }
}

/** The expectation over every state of the leaves. */
export function enumerated(tree: JourneyTree, leaves: ArrayLike<number>): number {
  const numbers = leavesOf(tree)
  let sum = 0
  for (let state = 0; state < 2 ** numbers.length; state++) {
    const works = (n: number): boolean => ((state >> numbers.indexOf(n)) & 1) === 1
    const share = numbers.reduce((product, n) => product * (works(n) ? leaves[n]! : 1 - leaves[n]!), 1)
    if (share > 0) sum += share * served(tree, works)
  }
  return sum
}
