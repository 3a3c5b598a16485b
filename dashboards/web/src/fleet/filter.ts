import type { SloSummary, State } from '../../../../src/contract/index.ts'

/** What the address of the fleet can say. `sort` is a column, with `-` before it for downwards. */
export interface FleetSearch {
  readonly q?: string
  /** States to show, with commas between; absent: all. */
  readonly state?: string
  readonly sort?: string
  readonly view?: string
}

export const columns = ['state', 'name', 'sli', 'target', 'left', 'gone'] as const
export type Column = (typeof columns)[number]

export const views = ['list', 'grid', 'matrix'] as const
export type View = (typeof views)[number]

/** The order of the counters; and how urgent a state is, most urgent first. */
export const shownOrder: readonly State[] = ['exhausted', 'burning', 'watch', 'ok', 'unknown']
const URGENCY: readonly State[] = ['burning', 'exhausted', 'watch', 'unknown', 'ok']

export function urgency(state: State): number {
  return URGENCY.indexOf(state)
}

export function statesOf(search: FleetSearch): readonly State[] {
  const named = (search.state ?? '').split(',')
  return shownOrder.filter((s) => named.includes(s))
}

export function viewOf(search: FleetSearch): View {
  return views.find((v) => v === search.view) ?? 'list'
}

export function sortOf(search: FleetSearch): { column: Column; down: boolean } {
  const text = search.sort ?? 'state'
  const name = text.replace(/^-/, '')
  return { column: columns.find((c) => c === name) ?? 'state', down: text.startsWith('-') }
}

/** Every word of the query occurs somewhere in the text, in any order and case. */
export function matches(text: string, query: string): boolean {
  const low = text.toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word))
}

/** What the filters leave, in the order asked for; equal rows stand by name. */
export function select(slos: readonly SloSummary[], search: FleetSearch): readonly SloSummary[] {
  const states = statesOf(search)
  const { column, down } = sortOf(search)
  const sign = down ? -1 : 1
  return slos
    .filter((s) => states.length === 0 || states.includes(s.state))
    .filter((s) => matches(`${s.name} ${s.service} ${s.owner} ${s.slo} ${s.indicator}`, search.q ?? ''))
    .toSorted((a, b) => sign * compare(a, b, column) || compare(a, b, 'left') || a.name.localeCompare(b.name))
}

function compare(a: SloSummary, b: SloSummary, column: Column): number {
  if (column === 'name') return a.name.localeCompare(b.name)
  if (column === 'state') return urgency(a.state) - urgency(b.state)
  const [x, y] = [figure(a, column), figure(b, column)]
  return x === y ? 0 : x - y
}

/** The number a column sorts by; what is not known comes after everything that is. */
function figure(slo: SloSummary, column: Exclude<Column, 'name' | 'state'>): number {
  const window = slo.whole.windows[0]
  switch (column) {
    case 'sli':
      return window?.sli ?? Number.MAX_VALUE
    case 'target':
      return Number(slo.target)
    case 'left':
      return window?.budget.leftRatio ?? Number.MAX_VALUE
    case 'gone':
      if (window?.exhaustion.kind === 'exhausted') return -1
      return window?.exhaustion.kind === 'in' ? window.exhaustion.seconds : Number.MAX_VALUE
    default:
      return column satisfies never
  }
}

/** The clouds of the fleet, the well-known first, in one order everywhere. */
export function cloudsOf(slos: readonly SloSummary[]): string[] {
  const known = ['aws', 'gcp', 'azure', 'rack']
  const rank = (cloud: string): number => (known.includes(cloud) ? known.indexOf(cloud) : known.length)
  const all = new Set(slos.flatMap((s) => s.clouds.map((c) => c.cloud)))
  return [...all].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

/** At most four letters, so that columns stay narrow: `azr`. The full name is in the cell's label. */
export function monogram(cloud: string): string {
  return cloud === 'azure' ? 'azr' : cloud.slice(0, 4)
}
