import { type Labels, labelsKey, type Range, seconds } from '../base/index.ts'
import { phasesOf } from '../collectors/index.ts'
import type * as wire from '../contract/index.ts'
import type { Ledger } from '../store/index.ts'
import {
  type Histogram,
  type IndicatorQuery,
  mergeHistograms,
  quantileOf,
  type RequestQuery,
} from '../traffic/index.ts'
import { inScope, requestsIn } from './drill.ts'

/** What tells one leg from another: from where, to where, to what, and which part of the way. */
const BY = ['probe_from', 'cloud_provider', 'cloud_region', 'service_name', 'operation']
/** Legs looked at; each asks the ledger for its latencies. */
const MOST_LEGS = 400

/** How far it is from where Nines runs to what it probes, in time, phase by phase. */
export async function distancesOf(
  ledger: Ledger,
  asked: { readonly sources: readonly string[]; readonly range: Range },
): Promise<wire.Distances> {
  const { range } = asked
  const legs: wire.Distances['legs'] = []
  for (const source of asked.sources) {
    const query = everythingOf(phasesOf(source))
    const found = await ledger.breakdown(query, { range, by: BY, limit: MOST_LEGS })
    for (const { labels, good } of found)
      legs.push(await legOf(ledger, { source, labels, probes: good, query, range }))
  }
  return { range: { ...range }, legs: legs.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) }
}

async function legOf(
  ledger: Ledger,
  leg: {
    readonly source: string
    readonly labels: Labels
    readonly probes: number
    readonly query: IndicatorQuery
    readonly range: Range
  },
): Promise<wire.Distances['legs'][number]> {
  const { source, labels, probes, range } = leg
  const scope = Object.fromEntries(BY.map((name) => [name, labels[name] ?? '']))
  const requests = requestsIn(inScope(leg.query, scope))
  const width = seconds(range.to - range.from)
  const columns = requests === undefined ? [] : await ledger.latency(requests, { range, width })
  const all = columns.reduce<Histogram>(mergeHistograms, { bins: [], counts: [] })
  const quantile = (share: number): number | null => {
    const edges = quantileOf(all, share)
    return edges === undefined || !Number.isFinite(edges.upper) ? null : edges.upper / 1_000
  }
  return {
    source,
    from: labels['probe_from'] ?? '',
    to: [labels['cloud_provider'], labels['cloud_region']].filter((part) => part !== undefined).join('/'),
    service: labels['service_name'] ?? '',
    phase: labels['operation'] ?? '',
    probes,
    p50Ms: quantile(0.5),
    p90Ms: quantile(0.9),
    p99Ms: quantile(0.99),
  }
}

const keyOf = ({ from, to, service, phase }: wire.Distances['legs'][number]): string =>
  labelsKey({ a: from, b: to, c: service, d: phase })

function everythingOf(source: string): IndicatorQuery {
  const requests: RequestQuery = {
    kind: 'requests',
    source,
    match: { text: '{}', matches: () => true },
    outcome: 'all',
  }
  const total = requests
  return {
    id: 'distances',
    numerator: { counts: 'good', query: { ...requests, outcome: 'good' } },
    total,
    splitBy: [],
  }
}
