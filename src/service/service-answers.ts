import { incidentsOf as incidentsIn } from '../alerting/index.ts'
import { type Labels, type Range, seconds, unixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { Api } from '../http/index.ts'
import type { TrafficGroup } from '../store/index.ts'
import { narrowSelector } from '../traffic/index.ts'
import { edgesFor, roundStep, rowsOf, toExemplar } from './drill.ts'
import type { Shown } from './loop.ts'
import { NO_LATENCY, quantileMs, quantilesOf } from './service-latency.ts'
import { errorRatio, lineOf, reasonsOf, totalsOf } from './service-traffic.ts'
import { type Found, lookOf, rangeOf, type ServicesParts, startsOf, summaryOf } from './service-view.ts'

type Asked = Parameters<Api['service']>[1]

export async function detailOf(
  parts: ServicesParts,
  found: Found,
  asked: Asked,
): Promise<wire.ServiceDetail> {
  const { ledger } = parts
  const shown = parts.shown()
  const step = roundStep(asked, asked.points)
  const { range, known } = await lookOf(parts, found.source, { ...asked, step })
  const match = narrowSelector(found.match, asked.scope)
  const about = { source: found.source, match, range }
  const [groups, latencies, everywhere] = await Promise.all([
    ledger.traffic({ ...about, by: [], width: seconds(step) }),
    ledger.latencyGroups({ ...about, by: [] }),
    ledger.traffic({
      ...about,
      match: found.match,
      by: ['cloud_provider'],
      width: seconds(range.to - range.from),
    }),
  ])
  const summary = summaryOf(shown, { ...found, groups }, { known, latency: latencies[0] })
  const types = new Map(shown?.definitions.sources.map(({ name, type }) => [name, type]))
  const slos = new Set(summary.slos.map(({ id }) => id))
  return {
    ...summary,
    clouds: [...new Set(everywhere.flatMap(({ labels }) => labels['cloud_provider'] ?? []))].sort(),
    now: parts.now(),
    description: shown?.definitions.services.find((each) => each.name === found.service)?.description ?? '',
    sources: found.sources.map(({ name, good, bad }) => ({ name, good, bad, type: types.get(name) ?? '' })),
    range: { ...range },
    scope: { ...asked.scope },
    step,
    start: startsOf(range, step),
    series: {
      good: lineOf(groups, ['good'], known),
      bad: lineOf(groups, ['bad'], known),
      ignored: lineOf(groups, ['ignored'], known),
      minutes: [...known.measured],
    },
    gaps: [...known.gaps],
    reasons: reasonsOf(groups, ['good', 'bad', 'ignored']),
    incidents: incidentsOf(shown, slos, range),
  }
}

function incidentsOf(
  shown: Shown | undefined,
  slos: ReadonlySet<string>,
  range: Range,
): wire.ServiceDetail['incidents'] {
  const names = new Map(
    shown?.summaries.filter(({ id }) => slos.has(id)).map((s) => [`${s.slo}\n${s.objective}`, s.name]),
  )
  return (shown ? incidentsIn(shown.alerting) : []).flatMap((incident) => {
    const name = names.get(`${incident.slo}\n${incident.objective}`)
    const until = incident.resolvedAt ?? Number.POSITIVE_INFINITY
    if (name === undefined || incident.startedAt >= range.to || until < range.from) return []
    const { id, startedAt, resolvedAt, severity } = incident
    return [{ id, name, from: startedAt, to: resolvedAt ?? null, severity }]
  })
}

/** The label that is not one: why events were judged as they were. */
const REASON = 'reason'
const REASONS_SHOWN = 6

export async function groupsOf(
  parts: ServicesParts,
  found: Found,
  asked: Parameters<Api['serviceGroups']>[1],
): Promise<wire.ServiceGroups> {
  const { ledger } = parts
  const step = roundStep(asked, asked.points)
  const { range, known } = await lookOf(parts, found.source, { ...asked, step })
  const by = asked.by.filter((name) => name !== REASON)
  const about = { source: found.source, match: narrowSelector(found.match, asked.scope), range, by }
  const [traffic, latencies] = await Promise.all([
    ledger.traffic({ ...about, width: seconds(step) }),
    asked.by.includes(REASON) ? [] : ledger.latencyGroups(about),
  ])
  const all = (asked.by.includes(REASON) ? traffic.flatMap(byReason) : traffic).map((group) => ({
    group,
    totals: totalsOf([group]),
  }))
  const bad = all.reduce((n, { totals }) => n + totals.bad, 0)
  const worst = all.toSorted(
    (a, b) =>
      b.totals.bad - a.totals.bad || b.totals.good - a.totals.good || b.totals.ignored - a.totals.ignored,
  )
  return {
    service: found.service,
    source: found.source,
    range: { ...range },
    by: [...asked.by],
    step,
    start: startsOf(range, step),
    minutes: [...known.measured],
    total: all.length,
    groups: worst.slice(0, asked.limit).map(({ group, totals }) => {
      const latency = latencies.find((each) => sameLabels(each.labels, group.labels))
      return {
        labels: { ...group.labels },
        ...totals,
        errorRatio: errorRatio(totals),
        latency: latency === undefined ? NO_LATENCY : quantilesOf(latency.latency),
        share: bad === 0 ? 0 : totals.bad / bad,
        series: {
          requests: lineOf([group], ['good', 'bad'], known),
          bad: lineOf([group], ['bad'], known),
        },
        reasons: reasonsOf([group], ['bad']).slice(0, REASONS_SHOWN),
      }
    }),
  }
}

const sameLabels = (a: Labels, b: Labels): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, value]) => b[name] === value)

/** One group a reason, with the reason among its labels. */
function byReason(group: TrafficGroup): TrafficGroup[] {
  const reasons = [...new Set(group.parts.map(({ reason }) => reason))]
  return reasons.map((reason) => ({
    source: group.source,
    labels: { ...group.labels, [REASON]: reason },
    parts: group.parts.filter((part) => part.reason === reason),
  }))
}

export async function latencyOf(
  parts: ServicesParts,
  found: Found,
  asked: Asked,
): Promise<wire.ServiceLatency> {
  const step = roundStep(asked, asked.points)
  const { range } = await lookOf(parts, found.source, { ...asked, step })
  const query = {
    kind: 'requests' as const,
    source: found.source,
    match: narrowSelector(found.match, asked.scope),
    outcome: 'all' as const,
  }
  const columns = await parts.ledger.latency(query, { range, width: seconds(step) })
  const edges = edgesFor(columns, undefined)
  const start = startsOf(range, step)
  const byStart = new Map(columns.map((column) => [Number(column.start), column]))
  const filled = start.map((at) => byStart.get(at) ?? { start: unixSeconds(at), bins: [], counts: [] })
  const line = (share: number): (number | null)[] => filled.map((column) => quantileMs(column, share))
  return {
    range: { ...range },
    step,
    start,
    edges: edges.map((us) => us / 1_000),
    counts: filled.map((column) => rowsOf(column, edges)),
    thresholdMs: null,
    timed: filled.map(({ counts }) => counts.reduce((n, count) => n + count, 0)),
    p50: line(0.5),
    p90: line(0.9),
    p95: line(0.95),
    p99: line(0.99),
    p999: line(0.999),
  }
}

/** For each one shown, so many are looked through. */
const LOOKED_THROUGH = 40

/** Single requests: bad ones, newest first; or those that took longest, slowest first. */
export async function exemplarsOf(
  parts: ServicesParts,
  found: Found,
  asked: Parameters<Api['serviceExemplars']>[1],
): Promise<readonly wire.Exemplar[]> {
  const { ledger, viewer } = parts
  const { kind, limit } = asked
  const kept = await ledger.exemplars(
    {
      kind: 'requests',
      source: found.source,
      match: narrowSelector(found.match, asked.scope),
      outcome: kind === 'bad' ? 'bad' : 'all',
    },
    { range: rangeOf(asked, parts.now()), limit: kind === 'bad' ? limit : limit * LOOKED_THROUGH },
  )
  const chosen =
    kind === 'bad'
      ? kept
      : kept
          .filter(({ duration }) => duration !== undefined)
          .toSorted((a, b) => (b.duration ?? 0) - (a.duration ?? 0))
  return chosen.slice(0, limit).map((exemplar) => toExemplar(exemplar, viewer))
}
