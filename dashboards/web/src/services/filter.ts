import type { ServiceSummary } from '../../../../src/contract/index.ts'
import { matches } from '../fleet/filter.ts'

/** What the address of the list of services can say. `sort` is a column, with `-` before it for downwards. */
export interface ServicesSearch {
  readonly q?: string
  readonly sort?: string
  readonly range?: string
}

export const lengths = ['1h', '6h', '24h', '7d', '30d'] as const
export type Length = (typeof lengths)[number]
export const DEFAULT_LENGTH: Length = '6h'

export const columns = ['name', 'requests', 'errors', 'p50', 'p95', 'p99'] as const
export type Column = (typeof columns)[number]

export function lengthOf(search: ServicesSearch): Length {
  return lengths.find((l) => l === search.range) ?? DEFAULT_LENGTH
}

/** Most failing first unless somebody says otherwise. */
export function sortOf(search: ServicesSearch): { column: Column; down: boolean } {
  const text = search.sort ?? '-errors'
  const name = text.replace(/^-/, '')
  const column = columns.find((c) => c === name)
  return column === undefined ? { column: 'errors', down: true } : { column, down: text.startsWith('-') }
}

/** What a click on a column's head asks for: names from A, figures from the largest, and then the other way round. */
export function nextSort(search: ServicesSearch, column: Column): string {
  const now = sortOf(search)
  const first = column === 'name' ? column : `-${column}`
  if (now.column !== column) return first
  return now.down ? column : `-${column}`
}

/** What the filter leaves, in the order asked for. What is not known stands last, whichever way. */
export function select(
  services: readonly ServiceSummary[],
  search: ServicesSearch,
): readonly ServiceSummary[] {
  const { column, down } = sortOf(search)
  const sign = down ? -1 : 1
  return services
    .filter((s) => matches(`${s.name} ${s.service} ${s.source} ${s.clouds.join(' ')}`, search.q ?? ''))
    .toSorted((a, b) => {
      if (column === 'name') return sign * a.name.localeCompare(b.name) || a.source.localeCompare(b.source)
      const [x, y] = [figure(a, column), figure(b, column)]
      if (x === null || y === null) return Number(x === null) - Number(y === null) || byName(a, b)
      return sign * (x - y) || byName(a, b)
    })
}

const byName = (a: ServiceSummary, b: ServiceSummary): number =>
  a.name.localeCompare(b.name) || a.source.localeCompare(b.source)

function figure(service: ServiceSummary, column: Exclude<Column, 'name'>): number | null {
  switch (column) {
    case 'requests':
      return isTold(service) ? service.good + service.bad : null
    case 'errors':
      return service.errorRatio
    case 'p50':
    case 'p95':
    case 'p99':
      return service.latency[column]
    default:
      return column satisfies never
  }
}

/** Whether anything is known: only then is no request a zero. */
export function isTold({ data }: Pick<ServiceSummary, 'data'>): boolean {
  return data !== 'no-data' && data !== 'error'
}

/** The service that fails most, by share; undefined when none does. */
export function worstOf(services: readonly ServiceSummary[]): ServiceSummary | undefined {
  return services
    .filter((s) => s.bad > 0)
    .toSorted((a, b) => (b.errorRatio ?? 0) - (a.errorRatio ?? 0) || b.bad - a.bad)[0]
}
