import { type Labels, labelsKey, perMillion } from '../base/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import {
  type Buckets,
  type Correction,
  compositeBuckets,
  type LoadedSeries,
  type Slo,
  type SloId,
} from '../slo/index.ts'
import type { SplitSeries } from '../traffic/index.ts'

/** The objective that says how those of a composite stand together. */
export const COMPOSITE = 'composite'

/**
 * A composite of time slices: a slice is bad when it is bad for any objective, which sums of slices do not tell. So it
 * is counted slice by slice, as an SLO of its own beside its parts that has no rules and opens no incident.
 */
export interface SliceComposite {
  /** The SLO whose objectives are its parts. */
  readonly defined: DefinedSlo
  /** As the engine counts it, under an identity that no document can have. */
  readonly row: Slo
}

export const compositeId = (slo: SloId): SloId => `${slo}/${COMPOSITE}`

/** True when each objective has an indicator of its own, which is what makes a composite. */
export function isComposite({ objectives }: Slo): boolean {
  return (
    objectives.length >= 2 && new Set(objectives.map(({ indicator }) => indicator)).size === objectives.length
  )
}

/** Those of the SLOs. Parts whose slices differ in length share none, and have no composite. */
export function sliceCompositesOf(slos: readonly DefinedSlo[]): readonly SliceComposite[] {
  return slos.flatMap((defined) => {
    const { slo } = defined
    const [first] = slo.objectives
    const width = first?.slice?.width
    const same = slo.objectives.every(({ slice }) => slice?.width === width)
    if (slo.method !== 'timeslices' || !first || width === undefined || !same || !isComposite(slo)) return []
    // What is promised when each part just keeps its own: their bad slices need not coincide. Weights have no say.
    const allowed = slo.objectives.reduce((sum, objective) => sum + objective.allowed, 0)
    if (allowed >= 1_000_000) return []
    const row: Slo = {
      ...slo,
      id: compositeId(slo.id),
      objectives: [
        {
          ...first,
          name: COMPOSITE,
          displayName: '',
          indicator: COMPOSITE,
          target: String(Math.floor(1_000_000 - allowed) / 10_000),
          allowed: perMillion(allowed),
          slice: { width },
          weight: { num: 1, den: 1 },
        },
      ],
      policy: { name: slo.policy.name, source: slo.policy.source, rules: [] },
    }
    return [{ defined, row }]
  })
}

/** What was read of the parts, as the composite's own: in every scope that any of them has. */
export function compositeSeries(
  { defined }: SliceComposite,
  found: readonly SplitSeries[],
): readonly LoadedSeries[] {
  const scopes = new Map<string, { readonly scope: Labels; readonly series: Map<string, SplitSeries> }>()
  for (const one of found) {
    const key = labelsKey(one.scope)
    const known = scopes.get(key) ?? { scope: one.scope, series: new Map() }
    known.series.set(one.query, one)
    scopes.set(key, known)
  }
  return [...scopes.values()].flatMap(({ scope, series }) => {
    const parts = defined.slo.objectives.flatMap((objective) => {
      const buckets: Buckets | undefined = series.get(objective.indicator)
      return buckets ? [{ objective, buckets }] : []
    })
    const buckets = compositeBuckets(parts)
    return buckets ? [{ ...buckets, scope }] : []
  })
}

/** What corrects an SLO corrects its composite. */
export function correctingToo(
  corrections: readonly Correction[],
  composites: readonly SliceComposite[],
): readonly Correction[] {
  if (composites.length === 0) return corrections
  const rows = new Map(composites.map(({ defined, row }) => [defined.slo.id, row.id]))
  return corrections.map((correction) =>
    correction.slos === undefined
      ? correction
      : { ...correction, slos: correction.slos.flatMap((id) => [id, ...[rows.get(id) ?? []].flat()]) },
  )
}
