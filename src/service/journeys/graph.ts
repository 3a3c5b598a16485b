import { type Incident, incidentsOf } from '../../alerting/index.ts'
import { earlier, type Labels, labelsKey, minuteOf } from '../../base/index.ts'
import type * as wire from '../../contract/index.ts'
import { keyOf, type Shown } from '../loop.ts'
import { publicId } from '../view.ts'
import { isSlo, type PlannedJourney } from './plan.ts'
import { providerNames } from './study.ts'

type Node = wire.DependencyGraph['nodes'][number]
type Edge = wire.DependencyGraph['edges'][number]

/** What is drawn of traffic: the last hour. */
const LOOK = 3_600
const WORST_FIRST: readonly wire.State[] = ['exhausted', 'burning', 'watch', 'unknown', 'ok']

/** Journeys rest on SLOs, SLOs on the service that they are about and on providers. */
export function graphOf(shown: Shown | undefined): wire.DependencyGraph {
  if (!shown) return { now: 0, nodes: [], edges: [] }
  const open = new Map(
    incidentsOf(shown.alerting)
      .filter(({ state }) => state === 'open')
      .map((incident) => [incident.slo, incident]),
  )
  const slos = shown.definitions.slos.filter(({ tree }) => tree === undefined)
  const nodes = [
    ...shown.journeys.flatMap((planned) => rowNode(shown, planned.journey.row, open) ?? []),
    ...slos.flatMap((defined) => rowNode(shown, defined, open) ?? []),
    ...serviceNodes(shown),
    ...providerNodes(shown),
  ]
  const edges = [
    ...shown.journeys.flatMap((planned) => journeyEdges(shown, planned)),
    ...slos.flatMap((defined) => sloEdges(shown, defined)),
  ]
  return { now: shown.now, ...marked(nodes, edges) }
}

type Defined = Shown['definitions']['slos'][number]

const nodeId = ({ slo, tree }: Defined): string => (tree === undefined ? `slo/${slo.id}` : slo.id)

function rowNode(shown: Shown, defined: Defined, open: ReadonlyMap<string, Incident>): Node | undefined {
  const rows = shown.summaries.filter(({ slo }) => slo === defined.slo.id)
  const worst = rows.toSorted((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state))[0]
  if (!worst) return undefined
  const [objective] = defined.slo.objectives
  return {
    id: nodeId(defined),
    kind: defined.tree === undefined ? 'slo' : 'journey',
    name: defined.slo.displayName === '' ? defined.slo.name : defined.slo.displayName,
    state: worst.state,
    leftRatio: worst.whole.windows[0]?.budget.leftRatio ?? null,
    path:
      defined.tree === undefined
        ? `slos/${encodeURIComponent(publicId(defined, objective?.name ?? ''))}`
        : `journeys/${encodeURIComponent(defined.slo.name)}`,
    incident: open.get(defined.slo.id)?.id ?? null,
    cause: false,
  }
}

function serviceNodes(shown: Shown): readonly Node[] {
  const services = new Map<string, wire.SloSummary[]>()
  for (const row of shown.summaries) {
    const defined = shown.definitions.slos.find(({ slo }) => slo.id === row.slo)
    if (defined?.tree === undefined && row.service !== '')
      services.set(row.service, [...(services.get(row.service) ?? []), row])
  }
  return [...services].map(([service, rows]): Node => {
    const worst = rows.toSorted((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state))[0]
    return {
      id: `service/${service}`,
      kind: 'service',
      name: service,
      state: worst?.state ?? 'unknown',
      leftRatio: worst?.whole.windows[0]?.budget.leftRatio ?? null,
      path: `services/${encodeURIComponent(service)}`,
      incident: null,
      cause: false,
    }
  })
}

/** Only those that something here rests on: the catalogue has many more. */
function providerNodes(shown: Shown): readonly Node[] {
  const used = new Set([
    ...shown.definitions.slos.flatMap((defined) => providersOf(defined)),
    ...shown.journeys.flatMap(({ leaves }) => leaves.flatMap((leaf) => (isSlo(leaf) ? [] : [leaf.sla.name]))),
  ])
  return shown.definitions.providerSlas
    .filter(({ name }) => used.has(name))
    .map(({ name, displayName }) => ({
      id: `provider/${name}`,
      kind: 'provider',
      name: displayName === '' ? name : displayName,
      state: 'unknown',
      leftRatio: null,
      path: 'providers',
      incident: null,
      cause: false,
    }))
}

const providersOf = (defined: Defined): readonly string[] =>
  providerNames({ defined }).map((name) => name.split('=').at(-1) ?? name)

function journeyEdges(shown: Shown, planned: PlannedJourney): readonly Edge[] {
  const from = planned.journey.row.slo.id
  const edges = new Map<string, Edge>()
  for (const leaf of planned.leaves) {
    const to = isSlo(leaf) ? nodeId(leaf.defined) : `provider/${leaf.sla.name}`
    const flow = isSlo(leaf)
      ? flowOf(shown, { ...leaf, slo: leaf.defined.slo.id, objective: leaf.objective.name })
      : QUIET
    const known = edges.get(to)
    // Splits of one SLO are one edge: their traffic together.
    edges.set(to, known ? joined(known, flow) : { from, to, burning: false, ...flow })
  }
  return [...edges.values()]
}

type Flow = Pick<Edge, 'perMinute' | 'errorShare'>
const QUIET: Flow = { perMinute: null, errorShare: null }

function joined(edge: Edge, flow: Flow): Edge {
  if (flow.perMinute === null || edge.perMinute === null)
    return { ...edge, ...(edge.perMinute === null ? flow : {}) }
  const perMinute = edge.perMinute + flow.perMinute
  const errors = edge.perMinute * (edge.errorShare ?? 0) + flow.perMinute * (flow.errorShare ?? 0)
  return { ...edge, perMinute, errorShare: perMinute === 0 ? null : errors / perMinute }
}

function flowOf(
  shown: Shown,
  about: { readonly slo: string; readonly objective: string; readonly where: Labels },
): Flow {
  const to = minuteOf(shown.now)
  const counts = shown.timelines.counts(about.slo, about.objective, {
    scope: about.where,
    range: { from: earlier(to, LOOK), to },
  })
  if (!counts) return QUIET
  const total = counts.good + counts.bad
  return { perMinute: total / (LOOK / 60), errorShare: total === 0 ? null : counts.bad / total }
}

function sloEdges(shown: Shown, defined: Defined): readonly Edge[] {
  const { slo } = defined
  const [objective] = slo.objectives
  const flow = flowOf(shown, { slo: slo.id, objective: objective?.name ?? '', where: {} })
  const from = nodeId(defined)
  const service = slo.service === '' ? [] : [{ from, to: `service/${slo.service}`, burning: false, ...flow }]
  return [
    ...service,
    ...providersOf(defined).map((name) => ({ from, to: `provider/${name}`, burning: false, ...flow })),
  ]
}

/** The path to follow: edges whose ends both burn, and the nodes at which it ends. */
function marked(
  nodes: readonly Node[],
  edges: readonly Edge[],
): Pick<wire.DependencyGraph, 'nodes' | 'edges'> {
  const burns = new Set(
    nodes.filter(({ state, incident }) => state === 'burning' || incident !== null).map(({ id }) => id),
  )
  const kept = edges
    .filter(({ to }) => nodes.some(({ id }) => id === to))
    .map((edge) => ({ ...edge, burning: burns.has(edge.from) && burns.has(edge.to) }))
  const rests = new Set(
    kept.filter(({ burning, to }) => burning && !to.startsWith('service/')).map(({ from }) => from),
  )
  return {
    nodes: nodes.map((node) => ({
      ...node,
      cause: node.kind !== 'service' && burns.has(node.id) && !rests.has(node.id),
    })),
    edges: kept,
  }
}

/** Cloud × service: the worst of the promises that a service makes in a cloud. */
export function matrixOf(shown: Shown | undefined): wire.CloudMatrix {
  const rows = (shown?.summaries ?? []).filter(({ clouds }) => clouds.length > 0)
  const clouds = [...new Set(rows.flatMap((row) => row.clouds.map(({ cloud }) => cloud)))].sort()
  const services = [...new Set(rows.map(({ service }) => service))].sort()
  type Cell = wire.CloudMatrix['services'][number]['cells'][number]
  const cellOf = (service: string, cloud: string): Cell => {
    const found = rows
      .filter((row) => row.service === service)
      .flatMap((row) => row.clouds.filter((each) => each.cloud === cloud).map((each) => ({ row, each })))
      .toSorted(
        (a, b) =>
          WORST_FIRST.indexOf(a.each.state) - WORST_FIRST.indexOf(b.each.state) ||
          (a.each.leftRatio ?? Infinity) - (b.each.leftRatio ?? Infinity),
      )[0]
    if (!found || !shown) return null
    const { row, each } = found
    return {
      slo: row.id,
      state: each.state,
      sli: each.sli,
      leftRatio: each.leftRatio,
      events: eventsIn(shown, row, cloud),
    }
  }
  return {
    now: shown?.now ?? 0,
    clouds,
    services: services.map((service) => ({ service, cells: clouds.map((cloud) => cellOf(service, cloud)) })),
  }
}

function eventsIn(shown: Shown, { slo, objective }: wire.SloSummary, cloud: string): number {
  const key = labelsKey({ cloud_provider: cloud })
  const found = shown.evaluations.get(keyOf(slo, objective))?.find(({ scope }) => labelsKey(scope) === key)
  const counts = found?.windows[0]?.counts
  return Math.round((counts?.good ?? 0) + (counts?.bad ?? 0))
}
