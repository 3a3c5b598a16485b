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
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { Correction as DefinedCorrection, DefinedSlo } from '../definitions/index.ts'
import {
  type Correction,
  history,
  type Objective,
  type ScopedBuckets,
  type SloId,
  type Timelines,
  windowBounds,
} from '../slo/index.ts'
import type { Ledger } from '../store/index.ts'
import { dataSourceOf, type IndicatorQuery } from '../traffic/index.ts'
import { inScope, keyOfQuery } from './drill.ts'
import type { Past } from './past.ts'

export interface SeriesAsked {
  readonly id: string
  readonly defined: DefinedSlo
  readonly objective: Objective
  readonly query: IndicatorQuery
  readonly scope: Readonly<Record<string, string>>
  readonly range: Range
  readonly step: number
  readonly incidents: readonly Incident[]
  /** As the engine has them: with their ranges. */
  readonly corrections: readonly Correction[]
  /** As they are written. */
  readonly written: readonly DefinedCorrection[]
  readonly now: UnixSeconds
  /** What the engine holds of the running day. */
  readonly minutes: Timelines['minutes']
  readonly inputsOf: (source: string) => readonly string[]
}

export interface HistoryParts {
  readonly ledger: Ledger
  readonly past: Past
}

/** Counts, budget left and burn rates over time: what the engine says of the end of each bucket. */
export async function seriesOf(parts: HistoryParts, asked: SeriesAsked): Promise<wire.SloSeries> {
  const { range, step, scope, objective, defined, now } = asked
  const { slo } = defined
  const reach: Range = { from: hourOf(earlier(range.from, reachOf(asked))), to: later(hourOf(now), HOUR) }
  const drawn: Range = { from: range.from, to: unixSeconds(Math.min(range.to, Math.ceil(now / step) * step)) }
  const known = await Promise.all(
    slo.sources.map((source) =>
      parts.past.known({ source, inputs: asked.inputsOf(dataSourceOf(source)), range: reach }),
    ),
  )
  const all = await bucketsOf(parts, asked, { reach, drawn })
  const own = all.filter((series) => labelsKey(series.scope) === labelsKey(scope))
  const found = history(slo, objective, own, {
    range: drawn,
    step,
    now,
    known,
    corrections: asked.corrections,
    scope,
    parts: all,
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
    corrections: correctionsOf(asked),
  }
}

/** The corrections that touch what is drawn: those about the SLO whose labels do not contradict the scope's. */
function correctionsOf({
  corrections,
  written,
  defined,
  scope,
  range,
}: SeriesAsked): wire.SloSeries['corrections'] {
  return corrections.flatMap((correction) => {
    const text = written.find(({ name }) => name === correction.id)
    const fits = Object.entries(correction.scope).every(([name, value]) => (scope[name] ?? value) === value)
    if (!text || !fits || (correction.slos && !correction.slos.includes(defined.slo.id))) return []
    const { effect, reason, approver } = text
    return correction.ranges
      .filter(({ from, to }) => from < range.to && to > range.from)
      .map(({ from, to }) => ({ id: correction.id, from, to, effect, reason, approver }))
  })
}

/** How far before the range its first point looks: the window as it stands there, and the longest burn rule. */
function reachOf({ defined: { slo }, range }: SeriesAsked): number {
  const windows = slo.windows.map((window) => range.from - windowBounds(window, range.from).from)
  return Math.max(DAY, ...windows, ...slo.policy.rules.map((rule) => rule.long))
}

interface Reach {
  readonly reach: Range
  readonly drawn: Range
}

/**
 * What was counted over the reach. Days that are over come from what was read once, the running day from what the engine
 * holds. Slices are judged by the minute, and corrections of a part are counted from all scopes: these go to the ledger.
 */
async function bucketsOf(
  parts: HistoryParts,
  asked: SeriesAsked,
  { reach, drawn }: Reach,
): Promise<readonly ScopedBuckets[]> {
  const { defined, objective, scope, now } = asked
  const plain =
    defined.slo.method === 'occurrences' && !asked.corrections.some((c) => concerns(c, defined.slo.id))
  if (!plain) return readAll(parts.ledger, asked, reach)
  const query = { ...inScope(asked.query, scope), splitBy: [] }
  const key = keyOfQuery(query)
  const fine = dayOf(earlier(drawn.from, finest(asked)))
  const today = unixSeconds(Math.max(fine, dayOf(now)))
  const past = parts.past.buckets
  const before = await past({ key, query, range: { from: reach.from, to: fine }, width: HOUR })
  const over = await past({ key, query, range: { from: fine, to: today }, width: seconds(widthFor(asked)) })
  const running: Range = { from: today, to: reach.to }
  const held = asked.minutes(defined.slo.id, objective.name, { scope, range: running })
  const read = held ? [held] : await parts.ledger.read([query], { range: running, width: MINUTE })
  return [...before, ...over, ...read].map((each) => ({ ...each, scope }))
}

const dayOf = (t: number): UnixSeconds => unixSeconds(Math.floor(t / DAY) * DAY)

const concerns = ({ slos }: Correction, id: SloId): boolean => !slos || slos.includes(id)

/** So many seconds that every bucket and every burn window of its end begins and ends on one of them. */
function widthFor({ defined: { slo }, step, range }: SeriesAsked): number {
  const lengths = slo.policy.rules.flatMap(({ long, short }) => [long, short])
  return Math.max(60, [HOUR, step, range.from, ...lengths].reduce(gcd))
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

/** What the ledger has of every scope over the reach: hours, and minutes where something begins or ends inside one. */
async function readAll(ledger: Ledger, asked: SeriesAsked, reach: Range): Promise<readonly ScopedBuckets[]> {
  const byMinute = asked.defined.slo.method !== 'occurrences'
  const fine = byMinute
    ? reach.from
    : Math.min(hourOf(earlier(asked.range.from, finest(asked))), firstCut(asked, reach))
  const middle = unixSeconds(Math.max(reach.from, fine))
  const parts: readonly { readonly range: Range; readonly width: Seconds }[] = [
    { range: { from: reach.from, to: middle }, width: HOUR },
    { range: { from: middle, to: reach.to }, width: MINUTE },
  ]
  const read = await Promise.all(
    parts
      .filter(({ range }) => range.to > range.from)
      .map(({ range, width }) => ledger.read([asked.query], { range, width })),
  )
  return read.flat()
}

/** The first hour that a correction begins or ends inside of; infinite when there is none. */
function firstCut({ corrections }: SeriesAsked, { from, to }: Range): number {
  const edges = corrections.flatMap(({ ranges }) => ranges.flatMap((range) => [range.from, range.to]))
  const inside = edges.filter((edge) => edge > from && edge < to && edge % HOUR !== 0)
  return Math.min(Number.POSITIVE_INFINITY, ...inside.map((edge) => hourOf(edge)))
}

/** Minutes are read as far back as short windows of the first point, which begin inside an hour. */
function finest({ defined: { slo }, step }: SeriesAsked): number {
  return step % HOUR === 0 ? 0 : Math.max(HOUR, ...slo.policy.rules.map((rule) => rule.short))
}
