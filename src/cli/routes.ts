import type { World } from '../base/index.ts'
import { isoMinute, unixSeconds } from '../base/index.ts'
import { routes, routeTest } from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'
import { type Column, renderTable } from './table.ts'

export interface RoutesOptions {
  readonly url: string
  readonly output: 'table' | 'json'
}

export interface RoutesTestOptions extends RoutesOptions {
  readonly service?: string
  readonly severity?: string
  readonly slo?: string
  readonly owner?: string
  readonly cloud?: string
  readonly label: Readonly<Record<string, string>>
}

const ROUTE_COLUMNS: readonly Column[] = [
  { title: 'ROUTE', align: 'left' },
  { title: 'MATCHES', align: 'left' },
  { title: 'TELLS', align: 'left' },
  { title: 'HOURS', align: 'left' },
]
const TOLD_COLUMNS: readonly Column[] = [
  { title: 'RECEIVER', align: 'left' },
  { title: 'BY', align: 'left' },
  { title: 'WHEN', align: 'left' },
]

const asIs = (cell: string): string => cell

/** `nines routes show`: receivers and the tree that leads to them. */
export async function routesShowCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  options: RoutesOptions,
): Promise<number> {
  const found = await ask(world, options.url, { path: '/routes', answer: routes })
  if (found.kind === 'failed') {
    io.stderr(`${found.error}\n`)
    return EXIT.failed
  }
  if (options.output === 'json') {
    io.stdout(`${JSON.stringify(found.value, undefined, 2)}\n`)
    return EXIT.ok
  }
  const { receivers, routes: rows } = found.value
  const tree =
    rows.length === 0
      ? 'No routes: everybody is told of everything.\n'
      : renderTable(
          ROUTE_COLUMNS,
          rows.map((row) => [
            `${'  '.repeat(row.depth)}${row.path}`,
            row.match,
            `${row.receivers.join(', ') || '(as above)'}${row.continue ? ', and on' : ''}`,
            row.hours ?? 'always',
          ]),
          asIs,
        )
  const list = receivers.map(
    ({ name, kind, fallback }) => `${name}: ${kind}${fallback === null ? '' : `, in its place ${fallback}`}`,
  )
  io.stdout(`${tree}\n${list.join('\n')}\n`)
  return EXIT.ok
}

/** `nines routes test`: who would be told. Ends with 1 when nobody would. */
export async function routesTestCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  options: RoutesTestOptions,
): Promise<number> {
  const { service, severity, slo, owner, cloud, label } = options
  const labels: Record<string, string> = { ...label }
  for (const [name, value] of Object.entries({ service, severity, slo, owner }))
    if (value !== undefined) labels[name] = value
  if (cloud !== undefined) Object.assign(labels, { cloud, cloud_provider: cloud })
  const written = Object.entries(labels).map(
    ([name, value]) => `${name}=${value.replaceAll(/[\\,]/g, '\\$&')}`,
  )
  const path = `/routes/test?labels=${encodeURIComponent(written.join(','))}`
  const found = await ask(world, options.url, { path, answer: routeTest })
  if (found.kind === 'failed') {
    io.stderr(`${found.error}\n`)
    return EXIT.failed
  }
  const { told } = found.value
  if (options.output === 'json') io.stdout(`${JSON.stringify(found.value, undefined, 2)}\n`)
  else if (told.length > 0)
    io.stdout(
      renderTable(
        TOLD_COLUMNS,
        told.map(({ receiver, path: by, waitsUntil }) => [
          receiver,
          by === '' ? 'no routes' : by,
          waitsUntil === null ? 'at once' : `from ${isoMinute(unixSeconds(waitsUntil))}`,
        ]),
        asIs,
      ),
    )
  if (told.length === 0) io.stderr('Nobody would be told.\n')
  return told.length === 0 ? EXIT.failed : EXIT.ok
}
