import { MOST_SHARED } from '../slo/index.ts'
import { type Context, placeOf, specOf } from './context.ts'
import type { Journey, JourneyNode } from './model.ts'

/** A journey with more places than this takes too long, and nobody can read it. */
const MOST_PLACES = 1_000

/** Parts named in one sentence. */
const MOST_NAMED = 5

/** How often each part stands in a tree, by its name. */
type Places = ReadonlyMap<string, number>

/**
 * Journeys without those that take too long to work out: each part that stands in several places doubles the work of
 * every minute. None of them leads back to itself.
 */
export function withoutTangles(journeys: readonly Journey[], context: Context): readonly Journey[] {
  const byName = new Map(journeys.map((journey) => [journey.name, journey]))
  const known = new Map<string, Places>()
  return journeys.filter(({ name, tree }) => {
    const places = placesIn(tree, byName, known)
    const problem = problemOf(places)
    const document = context.registry.find('Journey', name)
    if (problem && document)
      context.report.error('NINES-1701', placeOf(specOf(document), 'tree'), {
        message: problem,
        remedy: `Let at most ${MOST_SHARED} parts stand in several places: take what branches have in common out in front of them.`,
      })
    return problem === undefined
  })
}

function problemOf(places: Places): string | undefined {
  const shared = [...places].filter(([, count]) => count > 1).map(([part]) => part)
  const all = [...places.values()].reduce((sum, count) => sum + count, 0)
  if (shared.length <= MOST_SHARED && all <= MOST_PLACES) return undefined
  const named = shared.slice(0, MOST_NAMED).join(', ')
  if (all > MOST_PLACES) return `the journey has ${all} places, more than ${MOST_PLACES}`
  return `${shared.length} parts stand in several places of the journey: ${named}, …`
}

function placesIn(
  node: JourneyNode,
  journeys: ReadonlyMap<string, Journey>,
  known: Map<string, Places>,
): Places {
  switch (node.kind) {
    case 'slo':
      return new Map([[[node.slo, node.objective, ...Object.values(node.where)].join(' '), 1]])
    case 'provider':
      return new Map([[node.provider, 1]])
    case 'journey': {
      const before = known.get(node.journey)
      const other = journeys.get(node.journey)
      // One that does not exist is told elsewhere.
      const places = before ?? (other ? placesIn(other.tree, journeys, known) : new Map<string, number>())
      known.set(node.journey, places)
      return places
    }
    case 'routes':
      return together(node.of.map((route) => placesIn(route.node, journeys, known)))
    case 'all':
    case 'any':
    case 'at-least':
      return together(node.of.map((child) => placesIn(child, journeys, known)))
    default:
      return node satisfies never
  }
}

function together(parts: readonly Places[]): Places {
  const sums = new Map<string, number>()
  for (const part of parts) for (const [name, count] of part) sums.set(name, (sums.get(name) ?? 0) + count)
  return sums
}
