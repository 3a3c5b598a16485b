import {
  type Context,
  labelsOf,
  metadataOf,
  originOf,
  placeOf,
  resolve,
  specOf,
  unresolved,
} from './context.ts'
import { parseDecimal, toRational } from './decimal.ts'
import type { DocumentNode } from './documents.ts'
import { journeyRow } from './journey-row.ts'
import type { DefinedSlo, Journey, JourneyNode } from './model.ts'
import { type Place, placeName } from './place.ts'
import type { Wording } from './report.ts'
import { someOf } from './suggest.ts'
import { readTarget } from './targets.ts'
import { get, itemsOf, type Node, textOf } from './tree.ts'
import { readWindows } from './windows.ts'

/** What a journey's leaves may name. */
export interface JourneySurroundings {
  readonly context: Context
  readonly slos: ReadonlyMap<string, DefinedSlo>
}

export function buildJourney(document: DocumentNode, around: JourneySurroundings): Journey | undefined {
  const { report } = around.context
  const before = report.errors()
  const spec = specOf(document)
  const target = readTarget(spec, report)
  const windows = readWindows(spec, report)
  const root = get(spec, 'tree')
  const tree = root && readNode(root, around)
  if (!target || !tree || report.errors() > before) return undefined
  const { displayName, labels } = metadataOf(document)
  const row = journeyRow(document, { target, windows, tree }, around.context)
  if (!row || report.errors() > before) return undefined
  return {
    name: document.name,
    displayName,
    description: textOf(get(spec, 'description')) ?? '',
    target: target.text,
    allowed: target.allowed,
    windows,
    tree,
    row,
    labels,
    origin: originOf(around.context, document),
  }
}

function readNode(node: Node, around: JourneySurroundings): JourneyNode | undefined {
  checkFields(node, around)
  if (get(node, 'slo')) return readSloLeaf(node, around)
  if (get(node, 'journey')) return readNamed(node, 'journey', 'Journey', around)
  if (get(node, 'provider')) return readNamed(node, 'provider', 'ProviderSLA', around)
  if (get(node, 'all')) return branch('all', readNodes(get(node, 'all'), around))
  if (get(node, 'any')) return branch('any', readNodes(get(node, 'any'), around))
  if (get(node, 'routes')) return readRoutes(node, around)
  return readAtLeast(node, around)
}

function branch(kind: 'all' | 'any', of: readonly JourneyNode[] | undefined): JourneyNode | undefined {
  return of && { kind, of }
}

function readNodes(list: Node | undefined, around: JourneySurroundings): readonly JourneyNode[] | undefined {
  const items = itemsOf(list)
  const nodes = items.flatMap((item) => readNode(item, around) ?? [])
  return nodes.length === items.length ? nodes : undefined
}

/** Fields that belong to another kind of node. */
function checkFields(node: Node, around: JourneySurroundings): void {
  const owners = { objective: 'slo', where: 'slo', of: 'atLeast' } as const
  for (const [key, owner] of Object.entries(owners))
    if (get(node, key) && !get(node, owner))
      malformed(around, placeOf(node, key), {
        message: `${key} stands only beside ${owner}`,
        remedy: `Delete ${key}, or write ${owner}.`,
      })
}

function malformed(around: JourneySurroundings, place: Place, text: Wording): undefined {
  around.context.report.error('NINES-1701', place, text)
  return undefined
}

function readSloLeaf(node: Node, around: JourneySurroundings): JourneyNode | undefined {
  const reference = get(node, 'slo')
  const name = textOf(reference) ?? ''
  const found = around.slos.get(name)
  if (!reference) return undefined
  if (!found) {
    const known = around.context.registry.find('SLO', name)
    if (known)
      around.context.report.error('NINES-1204', reference.place, {
        message: `the SLO ${name} has faults (${placeName(known.node.place)})`,
        remedy: 'Correct it there.',
      })
    else around.context.report.error('NINES-1203', reference.place, unresolved(around.context, 'SLO', name))
    return undefined
  }
  const { slo } = found
  const wanted = get(node, 'objective')
  const names = slo.objectives.map((objective) => objective.name)
  const objective = wanted ? textOf(wanted) : names[0]
  if (objective === undefined || !names.includes(objective))
    return malformed(around, placeOf(node, 'objective'), {
      message: `the SLO ${name} has no objective ${objective ?? ''}`,
      remedy: `Write one of ${someOf(names)}.`,
    })
  if (!wanted && names.length > 1)
    return malformed(around, reference.place, {
      message: `the SLO ${name} has ${names.length} objectives`,
      remedy: `Write "objective:" with one of ${someOf(names)}.`,
    })
  const where = labelsOf(get(node, 'where'))
  const levels = slo.splitBy.slice(0, Object.keys(where).length)
  const missing = Object.keys(where).find((label) => !levels.includes(label))
  if (missing !== undefined)
    return malformed(around, placeOf(node, 'where'), {
      message: `the SLO ${name} is not split by ${missing}${slo.splitBy.length > 0 ? ` at that level: it is split by ${slo.splitBy.join(', ')}` : ''}`,
      remedy: `Write nines.dev/split-by in ${name} so that it begins with these labels.`,
    })
  return { kind: 'slo', slo: slo.id, objective, where }
}

function readNamed(
  node: Node,
  key: 'journey' | 'provider',
  kind: string,
  around: JourneySurroundings,
): JourneyNode | undefined {
  const reference = get(node, key)
  const found = reference && resolve(around.context, kind, reference)
  if (!found) return undefined
  return key === 'journey' ? { kind: key, journey: found.name } : { kind: key, provider: found.name }
}

function readAtLeast(node: Node, around: JourneySurroundings): JourneyNode | undefined {
  const number = get(node, 'atLeast')
  if (number?.kind !== 'number') return undefined
  const items = itemsOf(get(node, 'of'))
  if (!Number.isInteger(number.value) || number.value > items.length)
    return malformed(around, number.place, {
      message: `atLeast ${number.source} of ${items.length} parts cannot be`,
      remedy:
        items.length === 0
          ? 'Write the parts under "of:".'
          : `Write a whole number from 1 to ${items.length}.`,
    })
  const of = readNodes(get(node, 'of'), around)
  return of && { kind: 'at-least', count: number.value, of }
}

function readRoutes(node: Node, around: JourneySurroundings): JourneyNode | undefined {
  const items = itemsOf(get(node, 'routes'))
  const weighted = items.filter((item) => get(item, 'weight'))
  if (weighted.length > 0 && weighted.length < items.length)
    return malformed(around, placeOf(node, 'routes'), {
      message: 'some routes have a weight and some have none',
      remedy: 'Give each a weight, or none: then measured traffic weighs them.',
    })
  const routes = items.flatMap((item) => {
    const written = get(item, 'weight')
    const value = written && parseDecimal(textOf(written) ?? '')
    const weight = value && value.digits > 0n ? toRational(value) : undefined
    if (written && !weight)
      return (
        malformed(around, written.place, {
          message: `weight ${textOf(written) ?? ''} is not a number above zero`,
          remedy: 'Write the share of traffic, such as 70.',
        }) ?? []
      )
    const route = readNode(item, around)
    return route ? [{ node: route, weight }] : []
  })
  return routes.length === items.length ? { kind: 'routes', of: routes } : undefined
}

/** Journeys that do not lead back to themselves; the others are told. */
export function withoutCycles(journeys: readonly Journey[], context: Context): readonly Journey[] {
  const byName = new Map(journeys.map((journey) => [journey.name, journey]))
  return journeys.filter((journey) => {
    const path = cycleFrom(journey.name, byName)
    const document = context.registry.find('Journey', journey.name)
    if (!path || !document) return true
    context.report.error('NINES-1702', placeOf(specOf(document), 'tree'), {
      message: `the journey leads back to itself: ${path.join(' → ')}`,
      remedy: 'Take one of these steps out.',
    })
    return false
  })
}

function cycleFrom(start: string, byName: ReadonlyMap<string, Journey>): readonly string[] | undefined {
  const visited = new Set<string>()
  const search = (name: string, path: readonly string[]): readonly string[] | undefined => {
    const journey = byName.get(name)
    if (!journey || visited.has(name)) return undefined
    visited.add(name)
    for (const next of journeysIn(journey.tree)) {
      if (next === start) return [...path, next]
      const found = search(next, [...path, next])
      if (found) return found
    }
    return undefined
  }
  return search(start, [start])
}

function journeysIn(node: JourneyNode): readonly string[] {
  switch (node.kind) {
    case 'journey':
      return [node.journey]
    case 'all':
    case 'any':
    case 'at-least':
      return node.of.flatMap(journeysIn)
    case 'routes':
      return node.of.flatMap((route) => journeysIn(route.node))
    case 'slo':
    case 'provider':
      return []
    default:
      return node satisfies never
  }
}
