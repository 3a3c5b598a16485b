import { between, type Labels, labelsKey, ratio, seconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import {
  type CompositePart,
  compositeOf,
  type Evaluation,
  exhaustionOf,
  type Objective,
} from '../slo/index.ts'
import { COMPOSITE, compositeId, isComposite, sliceCompositesOf } from './slice-composite.ts'
import { isCloud, toEvaluation, toSummary } from './view.ts'

/**
 * The row of an SLO whose objectives each have an indicator of their own. Its budget is counted in whole budgets: 1 is
 * all of it. Time slices are counted together, slice by slice, and come as `counted`. Undefined for other SLOs.
 */
export function compositeSummary(
  defined: DefinedSlo,
  evaluationsOf: (objective: string) => readonly Evaluation[],
  counted: readonly Evaluation[] = [],
): wire.SloSummary | undefined {
  const { slo } = defined
  const [first] = slo.objectives
  if (!first || !isComposite(slo)) return undefined
  if (slo.method === 'timeslices') return countedSummary(defined, evaluationsOf, counted)
  const all = slo.objectives.map((objective) => ({ objective, evaluations: evaluationsOf(objective.name) }))
  const evaluate = (scope: Labels): wire.Evaluation | undefined => {
    const parts = all.flatMap(({ objective, evaluations }) => {
      const evaluation = evaluations.find((each) => labelsKey(each.scope) === labelsKey(scope))
      return evaluation ? [{ objective, evaluation }] : []
    })
    return parts.length === all.length ? evaluationOf(defined, scope, parts) : undefined
  }
  const whole = evaluate({})
  if (!whole) return undefined
  const burns = all.some(({ evaluations }) =>
    evaluations.some(({ verdicts }) => verdicts.some(({ kind }) => kind === 'burning')),
  )
  const scopes = evaluationsOf(first.name).filter(({ scope }) => isCloud(scope))
  return {
    id: compositeId(slo.id),
    slo: slo.id,
    objective: COMPOSITE,
    name: slo.displayName === '' ? slo.name : slo.displayName,
    service: slo.service,
    owner: defined.owner,
    indicator: slo.objectives.map(({ name }) => name).join(' + '),
    target: targetOf(slo.objectives),
    window: slo.windows[0]?.name ?? '',
    method: slo.method,
    state: burns && whole.state !== 'exhausted' ? 'burning' : whole.state,
    whole,
    clouds: scopes.flatMap(({ scope }) => {
      const { state, windows } = evaluate(scope) ?? {}
      const [window] = windows ?? []
      if (!state || !window) return []
      return [
        { cloud: scope['cloud_provider'] ?? '', state, sli: window.sli, leftRatio: window.budget.leftRatio },
      ]
    }),
    spark: [],
    incident: null,
  }
}

/** As that of any objective; its parts have the rules, and it burns where one of them does. */
function countedSummary(
  defined: DefinedSlo,
  evaluationsOf: (objective: string) => readonly Evaluation[],
  counted: readonly Evaluation[],
): wire.SloSummary | undefined {
  const { slo } = defined
  const [composite] = sliceCompositesOf([defined])
  const [objective] = composite?.row.objectives ?? []
  if (!composite || !objective) return undefined
  const row = toSummary({
    defined: { ...defined, slo: composite.row },
    objective,
    evaluations: counted,
    spark: [],
    incident: undefined,
  })
  const burns = slo.objectives.some(({ name }) =>
    evaluationsOf(name).some(({ verdicts }) => verdicts.some(({ kind }) => kind === 'burning')),
  )
  return (
    row && {
      ...row,
      slo: slo.id,
      indicator: slo.objectives.map(({ name }) => name).join(' + '),
      state: burns && row.state !== 'exhausted' ? 'burning' : row.state,
    }
  )
}

/** The course of one objective of a composite. */
export interface PartSeries {
  readonly objective: Objective
  readonly series: wire.SloSeries
}

/**
 * The course of a composite, from those of its objectives over the same buckets, each with what its weight makes of it: a
 * point is not known while it is not known of every part. Undefined without parts.
 */
export function compositeSeries(id: string, parts: readonly PartSeries[]): wire.SloSeries | undefined {
  const first = parts[0]?.series
  if (!first) return undefined
  const each = (valueOf: (part: PartSeries, i: number) => number | null | undefined): (number | null)[] =>
    first.start.map((_, i) => {
      const values = parts.map((part) => valueOf(part, i))
      return values.every((value) => typeof value === 'number')
        ? values.reduce((sum, value) => sum + value, 0)
        : null
    })
  const weighted = (part: PartSeries, value: number | null | undefined): number | undefined =>
    typeof value === 'number' ? weightOf(part) * value : undefined
  const spent = each((part, i) => {
    const left = part.series.left[i]
    return weighted(part, typeof left === 'number' ? 1 - left : undefined)
  })
  return {
    ...first,
    id,
    good: each(({ series }, i) => series.good[i]),
    bad: each(({ series }, i) => series.bad[i]),
    left: spent.map((share) => (share === null ? null : 1 - share)),
    burn: first.burn.map((rule, r) => ({
      ...rule,
      long: each((part, i) => weighted(part, part.series.burn[r]?.long[i])),
      short: each((part, i) => weighted(part, part.series.burn[r]?.short[i])),
    })),
    incidents: parts.flatMap(({ series }) => series.incidents).sort((a, b) => a.from - b.from),
  }
}

interface Part {
  readonly objective: Objective
  readonly evaluation: Evaluation
}

const weightOf = ({ objective: { weight } }: Pick<Part, 'objective'>): number => weight.num / weight.den

/** What is promised when each part just keeps its own target: the shortfalls add up. */
function targetOf(objectives: readonly Objective[]): string {
  const allowed = objectives.reduce((sum, objective) => sum + weightOf({ objective }) * objective.allowed, 0)
  return String(Math.max(0, Math.floor(1_000_000 - allowed) / 10_000))
}

function evaluationOf(defined: DefinedSlo, scope: Labels, parts: readonly Part[]): wire.Evaluation {
  const { method } = defined.slo
  const pace = together(method, parts, ({ evaluation }) => longestShort(evaluation))?.rate
  const windows = defined.slo.windows.map((_, i) => windowOf(method, parts, { i, pace }))
  const [headline] = windows
  const left = headline?.budget.leftRatio ?? null
  const state =
    left === null ? 'unknown' : left <= 0 ? 'exhausted' : pace !== undefined && pace > 1 ? 'watch' : 'ok'
  return { scope: { ...scope }, state, windows, verdicts: [], conditions: [] }
}

/** The counts over the longest short window, by which all SLOs are said to spend faster than even. */
function longestShort({ verdicts }: Evaluation): CompositePart['counts'] | undefined {
  return verdicts.map(({ short }) => short).toSorted((a, b) => b.length - a.length)[0]?.counts
}

function together(
  method: DefinedSlo['slo']['method'],
  parts: readonly Part[],
  countsOf: (part: Part) => CompositePart['counts'] | undefined,
) {
  const counted = parts.flatMap((part): CompositePart[] => {
    const counts = countsOf(part)
    return counts ? [{ counts, allowed: part.objective.allowed, weight: part.objective.weight }] : []
  })
  return counted.length === parts.length ? compositeOf(method, counted) : undefined
}

function windowOf(
  method: DefinedSlo['slo']['method'],
  parts: readonly Part[],
  { i, pace }: { readonly i: number; readonly pace: number | undefined },
): wire.WindowEvaluation {
  const said = parts.flatMap(({ evaluation }) => toEvaluation(evaluation).windows[i] ?? [])
  const [first] = said
  if (!first) throw new Error('an SLO without a window')
  const composite = together(method, parts, ({ evaluation }) => evaluation.windows[i]?.counts)
  // By what is left of each part, which knows how much of a calendar window has gone by.
  const spent = parts.reduce((sum, part) => {
    const share = part.evaluation.windows[i]?.budget.leftRatio
    return share === undefined ? Number.NaN : sum + weightOf(part) * (1 - share)
  }, 0)
  const left = composite === undefined || Number.isNaN(spent) ? undefined : 1 - spent
  const length = seconds(first.bounds.to - first.bounds.from)
  const speed = parts.reduce((sum, part) => sum + (weightOf(part) * 1e6) / part.objective.allowed, 0)
  const time = Math.floor(length / speed)
  const worst = said.reduce((a, b) => ((b.coverage.ratio ?? 0) < (a.coverage.ratio ?? 0) ? b : a), first)
  const rolling = first.bounds.to <= first.range.to
  const bounds = parts[0]?.evaluation.windows[i]?.bounds
  const remaining = rolling || !bounds ? undefined : between(parts[0]?.evaluation.now ?? bounds.to, bounds.to)
  const share = left === undefined ? undefined : ratio(left)
  return {
    ...worst,
    good: said.reduce((sum, window) => sum + window.good, 0),
    bad: said.reduce((sum, window) => sum + window.bad, 0),
    sli: composite?.sli ?? null,
    budget: {
      events: 1,
      spent: left === undefined ? 0 : spent,
      left: left ?? 1,
      leftRatio: left ?? null,
      time,
      timeLeft: left === undefined ? null : Math.floor(time * left),
      interval: null,
    },
    exhaustion: {
      ...exhaustionOf({ share, sign: left === undefined || left > 0 ? 1 : left < 0 ? -1 : 0 }, pace, {
        length,
        remaining,
      }),
    },
    corrected: null,
  }
}
