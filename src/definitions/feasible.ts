import { availabilityOf, feasibilityOf, type JourneyTree, leavesOf } from '../slo/index.ts'
import { type Context, placeOf, specOf } from './context.ts'
import type { DefinedSlo, Journey, JourneyNode, ProviderSla } from './model.ts'

/** What journeys stand on. */
export interface Promises {
  readonly slos: readonly DefinedSlo[]
  readonly journeys: readonly Journey[]
  readonly providerSlas: readonly ProviderSla[]
}

/** What a leaf is called, and what it promises in 0..1. */
interface Leaf {
  readonly key: string
  readonly name: string
  readonly promise: number
}

/**
 * Tells of journeys whose target is above what their parts can give even when every one keeps just its promise and no
 * two fail together. They are evaluated all the same.
 */
export function checkFeasibility(promises: Promises, context: Context): void {
  for (const journey of promises.journeys) {
    const document = context.registry.find('Journey', journey.name)
    if (!document) continue
    const leaves: Leaf[] = []
    const tree = treeOf(journey.tree, promises, leaves)
    const place = placeOf(specOf(document), 'target')
    const target = 1 - journey.allowed / 1_000_000
    const given = { promises: leaves.map(({ promise }) => promise), target }
    const found = feasibilityOf(tree, given)
    if (found.feasible) continue
    const needed = leavesOf(tree)
      .map((n) => `${leaves[n]?.name ?? ''} ${percentOf(found.needed[n] ?? 0, 'up')} %`)
      .slice(0, MOST_NAMED)
    context.report.warn('NINES-1708', place, {
      message: `${journey.target} % is more than its parts can give: ${percentOf(found.given, 'down')} % when each keeps just its promise`,
      remedy: `Promise at most ${percentOf(found.given, 'down')} %, or let its parts promise ${needed.join(', ')}.`,
    })
  }
}

/** Parts named in one sentence. */
const MOST_NAMED = 5

/** Percent with six decimals at most, rounded to the careful side. */
function percentOf(share: number, side: 'up' | 'down'): string {
  // A double a hair below a round number is that number.
  const millionths = share * 1e8
  const whole = Math.round(millionths)
  const careful =
    Math.abs(millionths - whole) < 1e-3
      ? whole
      : side === 'up'
        ? Math.ceil(millionths)
        : Math.floor(millionths)
  return String(careful / 1e6)
}

/**
 * The journey over its last parts: SLOs and providers, each once, however many journeys lead to it. Routes without a
 * weight are taken as if all came by the best: what is not feasible then is not feasible at all.
 */
function treeOf(node: JourneyNode, promises: Promises, leaves: Leaf[]): JourneyTree {
  const below = (of: readonly JourneyNode[]): readonly JourneyTree[] =>
    of.map((child) => treeOf(child, promises, leaves))
  switch (node.kind) {
    case 'all':
    case 'any':
      return { kind: node.kind, of: below(node.of) }
    case 'at-least':
      return { kind: 'at-least', count: node.count, of: below(node.of) }
    case 'routes': {
      const trees = below(node.of.map((route) => route.node))
      const weights = node.of.map(({ weight }) => (weight ? weight.num / weight.den : undefined))
      if (weights.every((weight) => weight !== undefined))
        return { kind: 'routes', of: trees.map((tree, i) => ({ tree, weight: weights[i] ?? 0 })) }
      const values = trees.map((tree) =>
        availabilityOf(
          tree,
          leaves.map(({ promise }) => promise),
        ),
      )
      const best = values.indexOf(Math.max(...values))
      return trees[best] ?? { kind: 'all', of: [] }
    }
    case 'journey': {
      const journey = promises.journeys.find(({ name }) => name === node.journey)
      return journey ? treeOf(journey.tree, promises, leaves) : { kind: 'all', of: [] }
    }
    case 'slo':
    case 'provider':
      return { kind: 'leaf', leaf: numberOf(leafOf(node, promises), leaves) }
    default:
      return node satisfies never
  }
}

function numberOf(leaf: Leaf, leaves: Leaf[]): number {
  const known = leaves.findIndex(({ key }) => key === leaf.key)
  return known >= 0 ? known : leaves.push(leaf) - 1
}

/** A part that does not exist is told elsewhere, and limits nothing here. */
function leafOf(node: Extract<JourneyNode, { kind: 'slo' | 'provider' }>, promises: Promises): Leaf {
  if (node.kind === 'provider') {
    const sla = promises.providerSlas.find(({ name }) => name === node.provider)
    return {
      key: `provider ${node.provider}`,
      name: node.provider,
      promise: 1 - (sla?.allowed ?? 0) / 1_000_000,
    }
  }
  const slo = promises.slos.find((defined) => defined.slo.id === node.slo)?.slo
  const objective = slo?.objectives.find(({ name }) => name === node.objective)
  return {
    key: `slo ${JSON.stringify([node.slo, node.objective, node.where])}`,
    name: [slo?.name ?? node.slo, ...Object.values(node.where)].join(' '),
    promise: 1 - (objective?.allowed ?? 0) / 1_000_000,
  }
}
