import { labelsKey, MINUTE, type Range } from '../../base/index.ts'
import type { Correction, LeafMinutes } from '../../slo/index.ts'
import type { Ledger } from '../../store/index.ts'
import type { IndicatorQuery, SplitSeries } from '../../traffic/index.ts'
import type { SloLeaf } from './plan.ts'

/** What is known of each minute of a leaf's SLO, as `Timelines.known` says it. */
export type KnownOf = (leaf: SloLeaf, range: Range) => Uint8Array

export interface LeafSources {
  readonly ledger: Pick<Ledger, 'read'>
  readonly known: KnownOf
  readonly corrections: readonly Correction[]
}

/** A leaf's minutes, and the parts that its SLO is split by. */
export interface MeasuredLeaf extends LeafMinutes {
  readonly parts: readonly SplitSeries[]
}

/**
 * What was measured of leaves, minute by minute, by the leaf's key. Events count as their indicator judges them, by
 * whatever method their own SLO spends its budget.
 */
export async function readLeaves(
  { ledger, known, corrections }: LeafSources,
  leaves: readonly SloLeaf[],
  range: Range,
): Promise<ReadonlyMap<string, MeasuredLeaf>> {
  const queries = new Map(leaves.map((leaf) => [indicatorKey(leaf), leaf] as const))
  const asked = [...queries].flatMap(([id, leaf]) => {
    const query = queryOf(leaf)
    return query ? [{ ...query, id }] : []
  })
  const found = new Map<string, SplitSeries[]>()
  for (const series of await ledger.read(asked, { range, width: MINUTE }))
    found.set(series.query, [...(found.get(series.query) ?? []), series])
  return new Map(
    leaves.map((leaf) => [
      leaf.key,
      minutesOf(leaf, {
        parts: found.get(indicatorKey(leaf)) ?? [],
        known: known(leaf, range),
        corrections,
        range,
      }),
    ]),
  )
}

const indicatorKey = ({ defined, objective }: SloLeaf): string =>
  `${defined.slo.id}\u0000${objective.indicator}`

function queryOf({ defined, objective }: SloLeaf): IndicatorQuery | undefined {
  return defined.queries.find(({ id }) => id === objective.indicator)
}

interface Found {
  readonly parts: readonly SplitSeries[]
  readonly known: Uint8Array
  readonly corrections: readonly Correction[]
  readonly range: Range
}

function minutesOf(leaf: SloLeaf, { parts, known, corrections, range }: Found): MeasuredLeaf {
  const key = labelsKey(leaf.where)
  const own = parts.find(({ scope }) => labelsKey(scope) === key)
  const length = known.length
  const minutes: MeasuredLeaf = {
    parts,
    good: own ? Float64Array.from(own.good) : new Float64Array(length),
    bad: own ? Float64Array.from(own.bad) : new Float64Array(length),
    known,
    noData: leaf.defined.slo.noData,
  }
  for (const correction of corrections) {
    if (correction.slos && !correction.slos.includes(leaf.defined.slo.id)) continue
    const part = partOf(leaf, correction, parts)
    if (part) for (const stretch of correction.ranges) correct(minutes, part, { correction, stretch, range })
  }
  return minutes
}

/** The counts that a correction is about: the leaf's own, or of a part of it that the SLO is split by. */
function partOf(
  { where }: SloLeaf,
  { scope }: Correction,
  parts: readonly SplitSeries[],
): Pick<SplitSeries, 'good' | 'bad'> | 'all' | undefined {
  const names = Object.keys(scope)
  if (names.every((name) => where[name] === scope[name])) return 'all'
  if (names.some((name) => where[name] !== undefined && where[name] !== scope[name])) return undefined
  const key = labelsKey({ ...where, ...scope })
  return parts.find((part) => labelsKey(part.scope) === key)
}

/** Where corrections meet, none takes more than there is. */
function correct(
  { good, bad }: LeafMinutes,
  part: Pick<SplitSeries, 'good' | 'bad'> | 'all',
  at: { readonly correction: Correction; readonly stretch: Range; readonly range: Range },
): void {
  const { correction, stretch, range } = at
  const from = Math.max(0, Math.floor((stretch.from - range.from) / 60))
  const to = Math.min(good.length, Math.ceil((stretch.to - range.from) / 60))
  for (let i = from; i < to; i++) {
    const partBad = Math.min(bad[i] ?? 0, part === 'all' ? (bad[i] ?? 0) : (part.bad[i] ?? 0))
    const partGood = Math.min(good[i] ?? 0, part === 'all' ? (good[i] ?? 0) : (part.good[i] ?? 0))
    bad[i] = (bad[i] ?? 0) - partBad
    good[i] = (good[i] ?? 0) + (correction.kind === 'forgive' ? partBad : -partGood)
  }
}
