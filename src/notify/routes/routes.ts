import type { Labels, UnixSeconds } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { Notice } from '../notice.ts'
import type { Routed, Routing } from '../outbox/routing.ts'
import { type Hours, openingOf } from './hours.ts'

/** A node of the tree, as Alertmanager has them: the deepest that match decide, in the order they are written. */
export interface Route {
  /** Where it stands: `routes`, `routes.1`, `routes.1.2`. */
  readonly path: string
  /** `{severity="page"}`; `{}` matches everything. */
  readonly text: string
  readonly matches: (labels: Labels) => boolean
  /** Names of receivers; empty: those of the route above. */
  readonly receivers: readonly string[]
  /** Whether the routes after it are asked too. */
  readonly continues: boolean
  /** Told only inside these hours; undefined: those of the route above, or at any time. */
  readonly hours: Hours | undefined
  readonly routes: readonly Route[]
}

/** One answer of the tree: whom, and why. */
export interface Match {
  readonly receiver: string
  /** The route that decided; `definition` where an alert policy names the receiver itself. */
  readonly path: string
  readonly hours: Hours | undefined
}

export interface RouteTree {
  readonly root: Route
  /** Names that destinations go by, of each receiver. */
  readonly destinations: ReadonlyMap<string, string>
  /** Who stands in for a receiver that cannot be told. */
  readonly fallbacks: ReadonlyMap<string, string>
}

/** What routes are asked about. `targets` are names of receivers that the SLO's alert policies name. */
export interface RouteQuestion {
  readonly labels: Labels
  readonly targets: readonly string[]
}

/** Whom the tree leads to, each once, in the order of the routes. Names in alert policies decide before any route. */
export function match(tree: RouteTree, { labels, targets }: RouteQuestion): readonly Match[] {
  const named = targets.filter((target) => tree.destinations.has(target))
  if (named.length > 0)
    return [...new Set(named)].map((receiver) => ({ receiver, path: 'definition', hours: undefined }))
  const found = descend(tree.root, labels, { receivers: [], hours: undefined })
  return found.filter((one, i) => found.findIndex((other) => other.receiver === one.receiver) === i)
}

interface Inherited {
  readonly receivers: readonly string[]
  readonly hours: Hours | undefined
}

function descend(route: Route, labels: Labels, above: Inherited): readonly Match[] {
  if (!route.matches(labels)) return []
  const own: Inherited = {
    receivers: route.receivers.length > 0 ? route.receivers : above.receivers,
    hours: route.hours ?? above.hours,
  }
  const found: Match[] = []
  for (const child of route.routes) {
    const deeper = descend(child, labels, own)
    found.push(...deeper)
    if (deeper.length > 0 && !child.continues) break
  }
  if (found.length > 0) return found
  return own.receivers.map((receiver) => ({ receiver, path: route.path, hours: own.hours }))
}

/** Labels that routes see: the service, the severity, the SLO and its own labels, the owner, and where it burns. */
export function routeLabels(brief: Pick<IncidentBrief, 'incident' | 'owner' | 'labels'>): Labels {
  const { incident, owner, labels = {} } = brief
  return {
    ...labels,
    ...incident.scope,
    service: incident.service,
    severity: incident.severity,
    slo: incident.slo,
    objective: incident.objective,
    owner,
    ...(incident.scope['cloud_provider'] === undefined ? {} : { cloud: incident.scope['cloud_provider'] }),
  }
}

export const noticeLabels = ({ labels, service, severity }: Notice): Labels => ({
  ...labels,
  service,
  severity,
})

/** The tree as the outbox asks it. `failing` says whether a destination cannot be told now. */
export function createRouting(
  tree: RouteTree,
  options: { readonly failing: (destination: string) => boolean; readonly now: () => UnixSeconds },
): Routing {
  const nameOf = (receiver: string): string => tree.destinations.get(receiver) ?? receiver
  const standIns = new Map([...tree.fallbacks].map(([one, other]) => [nameOf(one), nameOf(other)]))
  const chosen = (destination: string, question: RouteQuestion): Match | undefined =>
    match(tree, question).find(({ receiver }) => {
      const name = nameOf(receiver)
      return name === destination || (standIns.get(name) === destination && options.failing(name))
    })
  return {
    incident: (destination, brief): Routed => {
      const found = chosen(destination, { labels: routeLabels(brief), targets: brief.targets ?? [] })
      if (found === undefined) return { kind: 'elsewhere' }
      if (found.hours === undefined) return { kind: 'here' }
      const now = options.now()
      const at = openingOf(found.hours, now)
      return at <= now ? { kind: 'here' } : { kind: 'later', at }
    },
    notice: (destination, notice) =>
      chosen(destination, { labels: noticeLabels(notice), targets: [] }) !== undefined,
    fallbackOf: (destination) => standIns.get(destination),
  }
}
