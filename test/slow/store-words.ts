import { type Range, seconds, type UnixSeconds, unixSeconds } from '../../src/base/index.ts'
import type { Ledger } from '../../src/store/index.ts'
import type {
  IndicatorQuery,
  LedgerStep,
  RequestQuery,
  Selector,
  TrafficRow,
} from '../../src/traffic/index.ts'

/** Midnight UTC of two days ago: recent enough for every retention, and all minutes are in the past. */
export const BASE = unixSeconds(Math.floor(Date.now() / 86_400_000) * 86_400 - 2 * 86_400)
export const minute = (n: number): UnixSeconds => unixSeconds(BASE + n * 60)
export const span = (from: number, to: number): Range => ({ from: minute(from), to: minute(to) })
export const every: Selector = { text: '{}', matches: () => true }
export const only = (name: string, value: string): Selector => ({
  text: `{${name}="${value}"}`,
  matches: (labels) => labels[name] === value,
})

export function row(source: string, given: Partial<TrafficRow> = {}): TrafficRow {
  const labels = { service_name: 'checkout' }
  return { source, labels, minute: minute(0), outcome: 'good', reason: '2xx', count: 1, ...given }
}

export function step(given: Partial<LedgerStep> = {}): LedgerStep {
  return { writer: 'w', revision: 1, traffic: [], ...given }
}

export function requests(source: string, given: Partial<RequestQuery> = {}): RequestQuery {
  return { kind: 'requests', source, match: every, outcome: 'all', ...given }
}

export function indicator(
  source: string,
  given: Partial<RequestQuery> = {},
  splitBy: string[] = [],
): IndicatorQuery {
  const total = requests(source, { ...given, outcome: 'all' })
  return {
    id: source,
    numerator: { counts: 'good', query: requests(source, { outcome: 'good', ...given }) },
    total: { ...total, ...(given.within === undefined ? {} : { within: undefined }) } as RequestQuery,
    splitBy,
  }
}

/** Good and bad per scope, as text that a test can compare at a glance. */
export async function readout(
  ledger: Ledger,
  query: IndicatorQuery,
  range: Range,
  width = 60,
): Promise<Record<string, string>> {
  const answer = await ledger.read([query], { range, width: seconds(width) })
  return Object.fromEntries(
    answer.map((s) => [JSON.stringify(s.scope), `${[...s.good].join(' ')} / ${[...s.bad].join(' ')}`]),
  )
}
