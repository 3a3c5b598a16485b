import { labelsKey, type Range } from '../../base/index.ts'
import {
  apportion,
  type JourneyPlan,
  journeyAttributions,
  type LeafMinutes,
  MINUTE_KNOWN,
  MINUTE_UNITS,
  textbookOf,
} from '../../slo/index.ts'
import { type LeafSources, type MeasuredLeaf, readLeaves } from './leaf-minutes.ts'
import { daysOf, nothingOf } from './past.ts'
import { isSlo, type PlannedJourney, type SloLeaf } from './plan.ts'

/** What the past of a journey comes to over some range. */
export interface Study {
  readonly range: Range
  /** In `MINUTE_UNITS`, as all that follows: what each leaf caused, in which place. */
  readonly shortfall: number
  readonly causes: readonly PlacedCause[]
  /** Events, by number of leaf. */
  readonly sums: readonly { readonly good: number; readonly bad: number }[]
  /** From the leaves' averages, as if outages never coincided; undefined without any traffic. */
  readonly textbook: number | undefined
}

export interface PlacedCause {
  readonly leaf: number
  readonly cloud: string
  readonly region: string
  /** The ProviderSLA whose fault it is; empty: ours. */
  readonly provider: string
  readonly units: number
}

/**
 * Reads the range again from the ledger, a day at a time: attribution is by the minute, and what a leaf caused is told by
 * the hour to the clouds and regions that its SLO is split by, in proportion to what failed there.
 */
export async function studyOf(sources: LeafSources, planned: PlannedJourney, range: Range): Promise<Study> {
  const { leaves, measured } = planned
  const slos = leaves.filter(isSlo)
  const sums = leaves.map(() => ({ good: 0, bad: 0, served: 0, minutes: 0 }))
  const causes = new Map<string, PlacedCause>()
  let shortfall = 0
  for (const day of daysOf(range)) {
    const found = await readLeaves(sources, slos, day)
    const length = (day.to - day.from) / 60
    const minutes = leaves.map((leaf) => found.get(leaf.key) ?? nothingOf(length))
    minutes.forEach((leaf, i) => addTo(sums[i], leaf))
    if (!measured) continue
    const hours = hoursOf(length)
    for (const [i, caused] of journeyAttributions(measured, minutes, hours).entries()) {
      const hour = hours[i] ?? { from: 0, to: 0 }
      shortfall += caused.shortfall
      caused.caused.forEach((units, leaf) => {
        const [one, measuredLeaf] = [leaves[leaf], minutes[leaf]]
        if (units > 0 && one?.kind === 'slo' && measuredLeaf)
          for (const cause of placesOf(one, leaf, { units, measured: measuredLeaf, hour })) add(causes, cause)
      })
    }
  }
  return {
    range,
    shortfall,
    causes: [...causes.values()],
    sums,
    textbook: measured && textbook(measured, sums),
  }
}

/** Minutes of a day by the hour. */
const hoursOf = (length: number): readonly { readonly from: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(length / 60) }, (_, hour) => ({
    from: hour * 60,
    to: Math.min(length, hour * 60 + 60),
  }))

interface LeafSum {
  good: number
  bad: number
  /** Sum over minutes of the share of requests that were good, and how many minutes had any. */
  served: number
  minutes: number
}

function addTo(sum: LeafSum | undefined, { good, bad, known }: LeafMinutes): void {
  if (!sum) return
  for (let i = 0; i < known.length; i++) {
    if (known[i] !== MINUTE_KNOWN.known) continue
    const total = (good[i] ?? 0) + (bad[i] ?? 0)
    sum.good += good[i] ?? 0
    sum.bad += bad[i] ?? 0
    if (total === 0) continue
    sum.served += (good[i] ?? 0) / total
    sum.minutes++
  }
}

/** Every minute weighs the same, as it does in what is measured: then the difference is that outages coincide. */
function textbook(plan: JourneyPlan, sums: readonly LeafSum[]): number | undefined {
  const averages = sums.map(({ good, bad, served, minutes }): LeafMinutes => {
    const total = good + bad
    const share = minutes === 0 ? 0 : served / minutes
    return {
      good: Float64Array.of(total * share),
      bad: Float64Array.of(total * (1 - share)),
      known: Uint8Array.of(MINUTE_KNOWN.known),
      noData: 'freeze',
    }
  })
  return textbookOf(plan, averages, { from: 0, to: 1 })
}

interface Caused {
  readonly units: number
  readonly measured: MeasuredLeaf
  readonly hour: { readonly from: number; readonly to: number }
}

/** Where a leaf's requests failed in an hour. */
function placesOf(leaf: SloLeaf, number: number, { units, measured, hour }: Caused): readonly PlacedCause[] {
  const { splitBy } = leaf.defined.slo
  const levels = ['cloud_provider', 'cloud_region'].filter((label) => splitBy.includes(label))
  const deepest = Math.max(...levels.map((label) => splitBy.indexOf(label)), -1) + 1
  const parts = measured.parts.filter(
    ({ scope }) =>
      Object.keys(scope).length === deepest &&
      Object.entries(leaf.where).every(([name, value]) => scope[name] === value),
  )
  const bad = parts.map((part) => {
    let sum = 0
    for (let i = hour.from; i < hour.to; i++) sum += part.bad[i] ?? 0
    return sum
  })
  const place = (labels: Readonly<Record<string, string>>, amount: number): PlacedCause => {
    const cloud = labels['cloud_provider'] ?? ''
    const region = labels['cloud_region'] ?? ''
    return { leaf: number, cloud, region, provider: providerOf(leaf, cloud), units: amount }
  }
  if (bad.every((count) => count === 0)) return [place(leaf.where, units)]
  return [...apportion(units, bad)].flatMap((amount, i) => {
    const part = parts[i]
    return part && amount > 0 ? [place(part.scope, amount)] : []
  })
}

/** `nines.dev/provider` on an SLO names the promises of the providers whose fault its failures are. */
export function providerNames(leaf: Pick<SloLeaf, 'defined'>): readonly string[] {
  return (leaf.defined.annotations['nines.dev/provider'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** One that is for a cloud is written `aws=aws-alb`; one that is for all stands alone. */
export function providerOf(leaf: Pick<SloLeaf, 'defined'>, cloud: string): string {
  const names = providerNames(leaf).map((name) => name.split('='))
  const own = names.find(([first, second]) => second !== undefined && first === cloud)?.[1]
  return own ?? names.find(([, second]) => second === undefined)?.[0] ?? ''
}

function add(causes: Map<string, PlacedCause>, cause: PlacedCause): void {
  const { leaf, cloud, region, provider } = cause
  const key = `${leaf} ${labelsKey({ cloud, region, provider })}`
  causes.set(key, { ...cause, units: (causes.get(key)?.units ?? 0) + cause.units })
}

/** Units as minutes in which everybody was let down. */
export const minutesIn = (units: number): number => units / MINUTE_UNITS
