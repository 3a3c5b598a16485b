import type { Incident } from '../alerting/index.ts'
import {
  earlier,
  HOUR,
  hourOf,
  labelsKey,
  later,
  MINUTE,
  pickLabels,
  type Range,
  seconds,
  type UnixSeconds,
} from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import { burnRate, type Objective } from '../slo/index.ts'
import type { Ledger } from '../store/index.ts'
import type { IndicatorQuery, SplitSeries } from '../traffic/index.ts'

export interface SeriesAsked {
  readonly id: string
  readonly defined: DefinedSlo
  readonly objective: Objective
  readonly query: IndicatorQuery
  readonly scope: Readonly<Record<string, string>>
  readonly range: Range
  readonly step: number
  readonly incidents: readonly Incident[]
  readonly now: UnixSeconds
}

/** Counts, budget left and burn rates over time: what the engine would have said at the end of each bucket. */
export async function seriesOf(ledger: Ledger, asked: SeriesAsked): Promise<wire.SloSeries> {
  const { range, step, scope, objective, defined, now } = asked
  const to = Math.min(range.to, later(hourOf(now), HOUR))
  const window = defined.slo.windows[0]
  const reach = window?.kind === 'rolling' ? window.length : 31 * 86_400
  const [coarse, fine] = await Promise.all([
    read(ledger, asked, { from: hourOf(earlier(range.from, reach)), to: later(hourOf(now), HOUR) }, HOUR),
    read(
      ledger,
      asked,
      { from: hourOf(earlier(range.from, 3 * 86_400)), to: later(hourOf(now), HOUR) },
      MINUTE,
    ),
  ])
  const sums = { coarse: prefix(coarse), fine: prefix(fine) }
  const start: number[] = []
  for (let at: number = range.from; at < to; at += step) start.push(at)
  const ends = start.map((at) => Math.min(at + step, Math.ceil(now / 60) * 60))
  const between = (from: number, until: number): { good: number; bad: number } => sumOf(sums, from, until)
  const counts = start.map((at, i) => between(at, ends[i] ?? at))
  return {
    id: asked.id,
    scope: pickLabels(scope, Object.keys(scope)),
    range: { ...range },
    step,
    start,
    good: counts.map(({ good, bad }) => (good + bad === 0 ? null : good)),
    bad: counts.map(({ good, bad }) => (good + bad === 0 ? null : bad)),
    left: ends.map((end) => {
      const { good, bad } = between(end - reach, end)
      const events = ((good + bad) * objective.allowed) / 1e6
      return events === 0 ? null : (events - bad) / events
    }),
    ideal: null,
    burn: defined.slo.policy.rules.map((rule) => ({
      rule: rule.name,
      severity: rule.severity,
      factor: rule.factor.num / rule.factor.den,
      long: ends.map((end) => burnRate(between(end - rule.long, end), objective.allowed) ?? null),
      short: ends.map((end) => burnRate(between(end - rule.short, end), objective.allowed) ?? null),
    })),
    incidents: asked.incidents
      .filter((incident) => incident.startedAt < range.to && (incident.resolvedAt ?? now) >= range.from)
      .map((incident) => ({
        id: incident.id,
        from: incident.startedAt,
        to: incident.resolvedAt ?? null,
        severity: incident.severity,
      })),
  }
}

async function read(
  ledger: Ledger,
  { query, scope }: SeriesAsked,
  range: Range,
  width: number,
): Promise<SplitSeries | undefined> {
  const found = await ledger.read([query], { range, width: seconds(width) })
  const key = labelsKey(scope)
  return found.find((series) => labelsKey(series.scope) === key)
}

interface Prefix {
  readonly start: number
  readonly width: number
  readonly good: Float64Array
  readonly bad: Float64Array
}

function prefix(series: SplitSeries | undefined): Prefix | undefined {
  if (!series) return undefined
  const sum = (values: Float64Array): Float64Array => {
    const sums = new Float64Array(values.length + 1)
    for (let i = 0; i < values.length; i++) sums[i + 1] = (sums[i] ?? 0) + (values[i] ?? 0)
    return sums
  }
  return { start: series.start, width: series.width, good: sum(series.good), bad: sum(series.bad) }
}

function sumOf(
  sums: { coarse: Prefix | undefined; fine: Prefix | undefined },
  from: number,
  to: number,
): { good: number; bad: number } {
  const { coarse, fine } = sums
  if (fine && from >= fine.start) return part(fine, from, to)
  if (!fine || !coarse) return coarse ? part(coarse, from, to) : { good: 0, bad: 0 }
  const a = part(coarse, from, fine.start)
  const b = part(fine, fine.start, to)
  return { good: a.good + b.good, bad: a.bad + b.bad }
}

function part({ start, width, good, bad }: Prefix, from: number, to: number): { good: number; bad: number } {
  const at = (t: number): number => Math.max(0, Math.min(good.length - 1, Math.floor((t - start) / width)))
  const a = at(from)
  const b = at(to)
  return { good: (good[b] ?? 0) - (good[a] ?? 0), bad: (bad[b] ?? 0) - (bad[a] ?? 0) }
}
