import { type Labels, labelsKey } from '../../base/index.ts'
import type { DefinedSlo, Definitions, Journey, JourneyNode, ProviderSla } from '../../definitions/index.ts'
import { type JourneyPlan, MEASURED, type Objective } from '../../slo/index.ts'

/** What a journey stands on in the end: SLOs and providers' promises, each once, however many places lead to it. */
export type Leaf = SloLeaf | ProviderLeaf

export interface SloLeaf {
  readonly kind: 'slo'
  /** One text for one leaf, the same in every journey. */
  readonly key: string
  readonly name: string
  readonly defined: DefinedSlo
  readonly objective: Objective
  readonly where: Labels
}

export interface ProviderLeaf {
  readonly kind: 'provider'
  readonly key: string
  readonly name: string
  readonly sla: ProviderSla
}

/** A part as it is drawn: parents before their children. */
export interface DrawnNode {
  readonly parent: number | undefined
  readonly kind: 'all' | 'any' | 'at-least' | 'routes' | 'leaf'
  readonly count: number | undefined
  readonly weight: number | undefined
  readonly leaf: number | undefined
  readonly journey: string
}

export interface PlannedJourney {
  readonly journey: Journey
  readonly leaves: readonly Leaf[]
  /**
   * Over the leaves that are measured. A provider's promise is a number on a page, and says nothing of a minute: the
   * measured figure goes on without it. Undefined when nothing of the journey is measured.
   */
  readonly measured: JourneyPlan | undefined
  /** Over all leaves: what can be promised on their promises. */
  readonly promised: JourneyPlan
  readonly nodes: readonly DrawnNode[]
}

export function planJourneys(definitions: Definitions): readonly PlannedJourney[] {
  const around = {
    definitions,
    slos: new Map(definitions.slos.map((defined) => [defined.slo.id, defined])),
    journeys: new Map(definitions.journeys.map((journey) => [journey.name, journey])),
    providers: new Map(definitions.providerSlas.map((sla) => [sla.name, sla])),
  }
  return definitions.journeys.flatMap((journey) => planJourney(journey, around) ?? [])
}

interface Around {
  readonly slos: ReadonlyMap<string, DefinedSlo>
  readonly journeys: ReadonlyMap<string, Journey>
  readonly providers: ReadonlyMap<string, ProviderSla>
}

interface Planning extends Around {
  readonly leaves: Map<string, { readonly leaf: Leaf; readonly number: number }>
  readonly nodes: DrawnNode[]
}

/** Undefined when something it names is gone, which was told when the definitions were loaded. */
function planJourney(journey: Journey, around: Around): PlannedJourney | undefined {
  const planning: Planning = { ...around, leaves: new Map(), nodes: [] }
  const promised = partOf(journey.tree, { journey: '', parent: undefined, weight: undefined }, planning)
  const leaves = [...planning.leaves.values()].map(({ leaf }) => leaf)
  if (!promised) return undefined
  const measured = prune(promised, (leaf) => leaves[leaf]?.kind === 'slo')
  return { journey, leaves, measured, promised, nodes: planning.nodes }
}

interface Place {
  readonly journey: string
  readonly parent: number | undefined
  readonly weight: number | undefined
}

function partOf(node: JourneyNode, place: Place, planning: Planning): JourneyPlan | undefined {
  if (node.kind === 'journey') {
    const other = planning.journeys.get(node.journey)
    return other && partOf(other.tree, { ...place, journey: other.name }, planning)
  }
  const drawn = planning.nodes.length
  const draw = (kind: DrawnNode['kind'], more: { count?: number; leaf?: number } = {}): void => {
    planning.nodes.push({ ...place, kind, count: more.count, leaf: more.leaf })
  }
  const below = (child: JourneyNode, weight?: number): JourneyPlan | undefined =>
    partOf(child, { journey: place.journey, parent: drawn, weight }, planning)
  switch (node.kind) {
    case 'slo':
    case 'provider': {
      const leaf = leafOf(node, planning)
      if (!leaf) return undefined
      const known = planning.leaves.get(leaf.key) ?? { leaf, number: planning.leaves.size }
      planning.leaves.set(leaf.key, known)
      draw('leaf', { leaf: known.number })
      return { kind: 'leaf', leaf: known.number }
    }
    case 'routes': {
      draw('routes')
      const sum = node.of.reduce((n, { weight }) => n + (weight ? weight.num / weight.den : 0), 0)
      const of = node.of.flatMap((route) => {
        const weight = route.weight && route.weight.num / route.weight.den
        const tree = below(route.node, weight === undefined ? undefined : weight / sum)
        return tree ? [{ tree, weight: weight ?? (MEASURED as typeof MEASURED) }] : []
      })
      return of.length < node.of.length ? undefined : { kind: 'routes', of }
    }
    case 'all':
    case 'any':
    case 'at-least': {
      draw(node.kind, node.kind === 'at-least' ? { count: node.count } : {})
      const of = node.of.flatMap((child) => below(child) ?? [])
      if (of.length < node.of.length) return undefined
      return node.kind === 'at-least' ? { kind: node.kind, count: node.count, of } : { kind: node.kind, of }
    }
    default:
      return node satisfies never
  }
}

function leafOf(
  node: Extract<JourneyNode, { kind: 'slo' | 'provider' }>,
  { slos, providers }: Around,
): Leaf | undefined {
  if (node.kind === 'provider') {
    const sla = providers.get(node.provider)
    return sla && { kind: 'provider', key: `provider ${sla.name}`, name: sla.name, sla }
  }
  const defined = slos.get(node.slo)
  const objective = defined?.slo.objectives.find(({ name }) => name === node.objective)
  if (!defined || !objective) return undefined
  const several = defined.slo.objectives.length > 1 ? [objective.name] : []
  return {
    kind: 'slo',
    key: `slo ${JSON.stringify([defined.slo.id, objective.name, labelsKey(node.where)])}`,
    name: [defined.slo.name, ...several, ...Object.values(node.where)].join(' '),
    defined,
    objective,
    where: node.where,
  }
}

/** The plan of the leaves that are kept; undefined when none is. */
export function prune(plan: JourneyPlan, keep: (leaf: number) => boolean): JourneyPlan | undefined {
  switch (plan.kind) {
    case 'leaf':
      return keep(plan.leaf) ? plan : undefined
    case 'routes': {
      const of = plan.of.flatMap(({ tree, weight }) => {
        const kept = prune(tree, keep)
        return kept ? [{ tree: kept, weight }] : []
      })
      return of.length === 0 ? undefined : { kind: 'routes', of }
    }
    case 'all':
    case 'any':
    case 'at-least': {
      const of = plan.of.flatMap((child) => prune(child, keep) ?? [])
      if (of.length === 0) return undefined
      return plan.kind === 'at-least'
        ? { kind: plan.kind, count: Math.min(plan.count, of.length), of }
        : { kind: plan.kind, of }
    }
    default:
      return plan satisfies never
  }
}

export const isSlo = (leaf: Leaf): leaf is SloLeaf => leaf.kind === 'slo'

/** The SLOs that a journey rests on, by identity, each once. */
export function dependenciesOf({ leaves }: PlannedJourney): readonly string[] {
  return [...new Set(leaves.flatMap((leaf) => (leaf.kind === 'slo' ? [leaf.defined.slo.id] : [])))]
}
