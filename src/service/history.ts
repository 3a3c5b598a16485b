import type { Incident } from '../alerting/index.ts'
import {
  DAY,
  earlier,
  HOUR,
  hourOf,
  labelsKey,
  later,
  MINUTE,
  type Range,
  type Seconds,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import { type Buckets, history, type Objective, windowBounds } from '../slo/index.ts'
import type { Ledger } from '../store/index.ts'
import type { IndicatorQuery } from '../traffic/index.ts'
import { knownOf } from './coverage.ts'

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
  readonly inputsOf: (source: string) => readonly string[]
}

/** Counts, budget left and burn rates over time: what the engine says of the end of each bucket. */
export async function seriesOf(ledger: Ledger, asked: SeriesAsked): Promise<wire.SloSeries> {
  const { range, step, scope, objective, defined, now } = asked
  const { slo } = defined
  const reach: Range = { from: hourOf(earlier(range.from, reachOf(asked))), to: later(hourOf(now), HOUR) }
  const known = await Promise.all(
    slo.sources.map((source) => knownOf(ledger, { source, inputs: asked.inputsOf(source), range: reach })),
  )
  const drawn: Range = { from: range.from, to: unixSeconds(Math.min(range.to, Math.ceil(now / step) * step)) }
  const found = history(slo, objective, await bucketsOf(ledger, asked, reach), {
    range: drawn,
    step,
    now,
    known,
  })
  const orNull = (values: readonly (number | undefined)[]): (number | null)[] =>
    values.map((value) => value ?? null)
  return {
    id: asked.id,
    scope: { ...scope },
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
    incidents: asked.incidents
      .filter((incident) => incident.startedAt < range.to && (incident.resolvedAt ?? now) >= range.from)
      .map(({ id, startedAt, resolvedAt, severity }) => ({
        id,
        from: startedAt,
        to: resolvedAt ?? null,
        severity,
      })),
  }
}

/** How far before the range its first point looks: the window as it stands there, and the longest burn rule. */
function reachOf({ defined: { slo }, range }: SeriesAsked): number {
  const windows = slo.windows.map((window) => range.from - windowBounds(window, range.from).from)
  return Math.max(DAY, ...windows, ...slo.policy.rules.map((rule) => rule.long))
}

/** Buckets finer than the step are enough for a point at its end; slices are judged by the minute. */
async function bucketsOf(ledger: Ledger, asked: SeriesAsked, reach: Range): Promise<readonly Buckets[]> {
  const byMinute = asked.defined.slo.method !== 'occurrences'
  const fine = byMinute ? reach.from : hourOf(earlier(asked.range.from, finest(asked)))
  const parts: readonly { readonly range: Range; readonly width: Seconds }[] = [
    { range: { from: reach.from, to: fine }, width: HOUR },
    { range: { from: fine, to: reach.to }, width: MINUTE },
  ]
  const key = labelsKey(asked.scope)
  const read = await Promise.all(
    parts
      .filter(({ range }) => range.to > range.from)
      .map(async ({ range, width }): Promise<Buckets[]> => {
        const series = await ledger.read([asked.query], { range, width })
        return series.filter((each) => labelsKey(each.scope) === key)
      }),
  )
  return read.flat()
}

/** Minutes are read as far back as short windows of the first point, which begin inside an hour. */
function finest({ defined: { slo }, step }: SeriesAsked): number {
  return step % HOUR === 0 ? 0 : Math.max(HOUR, ...slo.policy.rules.map((rule) => rule.short))
}
