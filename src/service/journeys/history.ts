import { incidentsOf } from '../../alerting/index.ts'
import { DAY, hourOf, later, type Range, unixSeconds } from '../../base/index.ts'
import type * as wire from '../../contract/index.ts'
import { type History, history, type Slo, windowBounds } from '../../slo/index.ts'
import type { Shown } from '../loop.ts'
import type { LeafSources } from './leaf-minutes.ts'
import { asItIs, pastOf } from './past.ts'
import type { PlannedJourney } from './plan.ts'

export interface SeriesAsked {
  readonly shown: Shown
  readonly planned: PlannedJourney
  readonly range: Range
  readonly step: number
}

/** How far before an instant the budget and the longest rule look. */
function reachOf(slo: Slo, from: Range['from']): Range['from'] {
  const windows = slo.windows.map((window) => windowBounds(window, from).from)
  const longest = Math.max(DAY, ...slo.policy.rules.map((rule) => rule.long))
  return hourOf(Math.min(from - longest, ...windows))
}

/** The course of a journey, in minutes of which each counts by the share of the people it let down. */
export async function journeySeries(sources: LeafSources, asked: SeriesAsked): Promise<wire.SloSeries> {
  const { shown, planned, range, step } = asked
  const { slo } = planned.journey.row
  const [objective] = slo.objectives
  if (!objective) throw new Error('a journey has an objective')
  const end = unixSeconds(Math.min(range.to, Math.ceil(shown.now / step) * step))
  const reach = { from: reachOf(slo, range.from), to: later(hourOf(Math.min(end, shown.now)), 3_600) }
  const [past] = await pastOf(sources, planned, { range: reach, versions: [asItIs(planned)] })
  const found = history(slo, objective, past?.buckets ?? [], {
    range: { from: range.from, to: end },
    step,
    now: shown.now,
    known: [past?.known ?? []],
    corrections: shown.corrections,
  })
  return toSeries(asked, found)
}

function toSeries({ shown, planned, range, step }: SeriesAsked, found: History): wire.SloSeries {
  const { id } = planned.journey.row.slo
  const orNull = (values: readonly (number | undefined)[]): (number | null)[] =>
    values.map((value) => value ?? null)
  return {
    id,
    scope: {},
    range: { ...range },
    step,
    start: [...found.start],
    good: orNull(found.good),
    bad: orNull(found.bad),
    left: orNull(found.left),
    ideal: found.ideal ? [...found.ideal] : null,
    burn: found.rules.map(({ rule, long, short }) => ({
      rule: rule.name,
      severity: rule.severity,
      factor: rule.factor.num / rule.factor.den,
      long: orNull(long),
      short: orNull(short),
    })),
    incidents: incidentsOf(shown.alerting)
      .filter((incident) => incident.slo === id && incident.startedAt < range.to)
      .filter(({ resolvedAt }) => (resolvedAt ?? shown.now) >= range.from)
      .map((incident) => ({
        id: incident.id,
        from: incident.startedAt,
        to: incident.resolvedAt ?? null,
        severity: incident.severity,
      })),
    corrections: [],
  }
}
