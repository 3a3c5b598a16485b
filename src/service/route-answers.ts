import type { Labels, UnixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import { match, openingOf, type Route } from '../notify/index.ts'
import type { NotifyOptions } from './options.ts'
import { type Receivers, SLACK_RECEIVER } from './receivers.ts'

/** The tree as people read it, row by row, and the receivers it leads to. */
export function routesOf(
  { tree, destinations, letters, feeds }: Receivers,
  notify: NotifyOptions | undefined,
): wire.Routes {
  const kinds = new Map((notify?.receivers ?? []).map((one) => [one.name, one]))
  const names = tree === undefined ? [] : [...tree.destinations.keys()]
  const told = [...destinations, ...letters, ...feeds].map(({ name }) => name)
  return {
    receivers: (names.length > 0 ? names : told).map((name) => ({
      name,
      kind: kinds.get(name)?.kind ?? (name === SLACK_RECEIVER || name.startsWith('slack ') ? 'slack' : ''),
      fallback: kinds.get(name)?.fallback ?? null,
      repeatSeconds: kinds.get(name)?.repeatEvery ?? null,
    })),
    routes: tree === undefined ? [] : rowsOf(tree.root, 0),
  }
}

const rowsOf = (route: Route, depth: number): wire.Routes['routes'] => [
  {
    path: route.path,
    depth,
    match: route.text,
    receivers: [...route.receivers],
    continue: route.continues,
    hours: route.hours?.name ?? null,
  },
  ...route.routes.flatMap((child) => rowsOf(child, depth + 1)),
]

/** Whom an incident with these labels would be told to, now. */
export function testOf(
  { tree, destinations, letters, feeds }: Receivers,
  labels: Labels,
  now: UnixSeconds,
): wire.RouteTest {
  if (tree === undefined) {
    const everybody = [...destinations, ...letters, ...feeds]
    return {
      labels: { ...labels },
      told: everybody.map(({ name }) => ({ receiver: name, path: '', waitsUntil: null })),
    }
  }
  return {
    labels: { ...labels },
    told: match(tree, { labels, targets: [] }).map(({ receiver, path, hours }) => {
      const opens = hours === undefined ? now : openingOf(hours, now)
      return { receiver, path, waitsUntil: opens > now ? opens : null }
    }),
  }
}
