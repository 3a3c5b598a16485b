import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from '@tanstack/react-router'
import { fleetQuery } from './api/queries.ts'
import type { CompareSearch } from './compare/ComparePage.tsx'
import { FleetPage } from './fleet/FleetPage.tsx'
import type { FleetSearch } from './fleet/filter.ts'
import type { GraphSearch } from './graph/GraphPage.tsx'
import { IncidentsPage } from './incidents/IncidentsPage.tsx'
import type { PlansSearch } from './plans/PlansPage.tsx'
import type { ReviewSearch } from './review/ReviewPage.tsx'
import { Shell } from './shell/Shell.tsx'
import { NotFound } from './shell/States.tsx'
import type { TrySearch } from './try/TryPage.tsx'

/** The address is the state of the page: what is not in it is the default. Values are plain texts, never JSON. */
type Asked = Record<string, unknown>

const text = (asked: Asked, name: string): string | undefined => {
  const value = asked[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The names that are present, so that links do not carry empty ones. */
function present<K extends string>(asked: Asked, names: readonly K[]): { [N in K]?: string } {
  const out: { [N in K]?: string } = {}
  for (const name of names) {
    const value = text(asked, name)
    if (value !== undefined) out[name] = value
  }
  return out
}

export interface PreferenceSearch {
  readonly theme?: string
  readonly lang?: string
  readonly tz?: string
}

export interface SloSearch {
  readonly from?: string
  readonly to?: string
  readonly scope?: string
  readonly by?: string
  readonly rule?: string
}

export interface ServicesSearch {
  readonly q?: string
  readonly sort?: string
  readonly range?: string
}

export interface ServiceSearch {
  readonly from?: string
  readonly to?: string
  readonly source?: string
  readonly scope?: string
  readonly by?: string
  readonly clouds?: string
  readonly show?: string
}

export interface IncidentsSearch {
  readonly state?: string
}

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (asked: Asked): PreferenceSearch => present(asked, ['theme', 'lang', 'tz']),
  search: { middlewares: [retainSearchParams(['theme', 'lang', 'tz'])] },
})

const fleetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: FleetPage,
  validateSearch: (asked: Asked): FleetSearch => present(asked, ['q', 'state', 'sort', 'view']),
})

const sloRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/slo/$',
  component: lazyRouteComponent(() => import('./slo/SloPage.tsx'), 'SloPage'),
  validateSearch: (asked: Asked): SloSearch => present(asked, ['from', 'to', 'scope', 'by', 'rule']),
})

const servicesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/services',
  component: lazyRouteComponent(() => import('./services/ServicesPage.tsx'), 'ServicesPage'),
  validateSearch: (asked: Asked): ServicesSearch => present(asked, ['q', 'sort', 'range']),
})

const serviceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/service/$',
  component: lazyRouteComponent(() => import('./services/ServicePage.tsx'), 'ServicePage'),
  validateSearch: (asked: Asked): ServiceSearch =>
    present(asked, ['from', 'to', 'source', 'scope', 'by', 'clouds', 'show']),
})

const incidentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/incidents',
  component: IncidentsPage,
  validateSearch: (asked: Asked): IncidentsSearch => present(asked, ['state']),
})

const incidentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/incidents/$incidentId',
  component: lazyRouteComponent(() => import('./incidents/IncidentPage.tsx'), 'IncidentPage'),
})

const sourcesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sources',
  component: lazyRouteComponent(() => import('./sources/SourcesPage.tsx'), 'SourcesPage'),
})

const journeysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/journeys',
  component: lazyRouteComponent(() => import('./journeys/JourneysPage.tsx'), 'JourneysPage'),
})

const journeyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/journey/$',
  component: lazyRouteComponent(() => import('./journeys/JourneyPage.tsx'), 'JourneyPage'),
})

const graphRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/graph',
  component: lazyRouteComponent(() => import('./graph/GraphPage.tsx'), 'GraphPage'),
  validateSearch: (asked: Asked): GraphSearch => present(asked, ['at']),
})

const tryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/try',
  component: lazyRouteComponent(() => import('./try/TryPage.tsx'), 'TryPage'),
  validateSearch: (asked: Asked): TrySearch =>
    present(asked, ['slo', 'service', 'source', 'scope', 'target', 'within', 'window']),
})

const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/compare',
  component: lazyRouteComponent(() => import('./compare/ComparePage.tsx'), 'ComparePage'),
  validateSearch: (asked: Asked): CompareSearch => present(asked, ['slos', 'from', 'to']),
})

const reviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/review',
  component: lazyRouteComponent(() => import('./review/ReviewPage.tsx'), 'ReviewPage'),
  validateSearch: (asked: Asked): ReviewSearch => present(asked, ['from', 'to']),
})

const plansRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/events',
  component: lazyRouteComponent(() => import('./plans/PlansPage.tsx'), 'PlansPage'),
  validateSearch: (asked: Asked): PlansSearch => present(asked, ['at']),
})

const wallRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/wall',
  component: lazyRouteComponent(() => import('./wall/WallPage.tsx'), 'WallPage'),
})

const galleryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dev/gallery',
  component: lazyRouteComponent(() => import('./gallery/GalleryPage.tsx'), 'GalleryPage'),
})

const routeTree = rootRoute.addChildren([
  fleetRoute,
  sloRoute,
  servicesRoute,
  serviceRoute,
  incidentsRoute,
  incidentRoute,
  sourcesRoute,
  journeysRoute,
  journeyRoute,
  graphRoute,
  tryRoute,
  compareRoute,
  reviewRoute,
  plansRoute,
  wallRoute,
  galleryRoute,
])

export function createAppRouter(client: QueryClient) {
  // The first page is nearly always the fleet, and every other page knows names from it.
  void client.prefetchQuery(fleetQuery)
  return createRouter({
    routeTree,
    basepath: new URL(document.baseURI).pathname,
    defaultPreload: 'intent',
    scrollRestoration: true,
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const out = new URLSearchParams()
      for (const [name, value] of Object.entries(search))
        if (typeof value === 'string' && value !== '') out.set(name, value)
      const written = out.toString()
      return written === '' ? '' : `?${written}`
    },
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
