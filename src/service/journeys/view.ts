import { labelsKey, type Range, ratio } from '../../base/index.ts'
import type * as wire from '../../contract/index.ts'
import { feasibilityOf, floorPercent, weighed, windowBounds } from '../../slo/index.ts'
import type { Shown } from '../loop.ts'
import { keyOf } from '../loop.ts'
import { publicId } from '../view.ts'
import { isSlo, type Leaf, type PlannedJourney } from './plan.ts'
import { isDown } from './redundancy.ts'
import { minutesIn, providerOf, type Study } from './study.ts'

/** From what was worked out of a journey to what goes over the wire. */

export function toNodes({ nodes }: PlannedJourney): wire.JourneyNode[] {
  return nodes.map((node, i) => ({
    node: i,
    parent: node.parent ?? null,
    kind: node.kind,
    count: node.count ?? null,
    weight: node.weight ?? null,
    leaf: node.leaf ?? null,
    journey: node.journey,
  }))
}

/** Leaves of which nothing is known now, and those that are only a promise. */
export function unmeasuredOf(shown: Shown, { leaves }: PlannedJourney): string[] {
  return leaves.filter((leaf) => !isMeasured(shown, leaf)).map(({ name }) => name)
}

function evaluationOf(shown: Shown, leaf: Leaf) {
  if (!isSlo(leaf)) return undefined
  const evaluations = shown.evaluations.get(keyOf(leaf.defined.slo.id, leaf.objective.name)) ?? []
  const scope = labelsKey(leaf.where)
  return evaluations.find((each) => labelsKey(each.scope) === scope)
}

function isMeasured(shown: Shown, leaf: Leaf): boolean {
  const evaluation = evaluationOf(shown, leaf)
  return evaluation !== undefined && evaluation.state !== 'unknown'
}

const promiseOf = (leaf: Leaf): number =>
  1 - (isSlo(leaf) ? leaf.objective.allowed : leaf.sla.allowed) / 1_000_000

/** What the leaves' promises give, weighed by the traffic of the range. */
export function feasibilityFor(planned: PlannedJourney, sums: Study['sums']) {
  const total = (leaf: number): number => (sums[leaf]?.good ?? 0) + (sums[leaf]?.bad ?? 0)
  const { allowed } = planned.journey
  const target = 1 - allowed / 1_000_000
  const promises = planned.leaves.map(promiseOf)
  return { ...feasibilityOf(weighed(planned.promised, total), { promises, target }), target }
}

export function toFeasibility(
  planned: PlannedJourney,
  found: ReturnType<typeof feasibilityFor>,
): wire.Feasibility {
  const { given, target, feasible, scale } = found
  const advised = floorPercent(ratio(given), 4)
  const name = planned.journey.row.slo.displayName
  const room = Number.isFinite(scale)
    ? `they may fail ${scale.toPrecision(3)} times as much before ${planned.journey.target} % is missed`
    : `it would keep ${planned.journey.target} % if all of them failed always`
  return {
    given,
    target,
    feasible,
    scale: Number.isFinite(scale) ? scale : null,
    advised,
    sentence: feasible
      ? `When each part keeps just its promise, ${name} keeps ${advised} %: ${room}.`
      : `When each part keeps just its promise, ${name} keeps only ${advised} %, less than the ${planned.journey.target} % that it promises. Promise ${advised} %, or let its parts fail ${scale.toPrecision(3)} times as much.`,
  }
}

export function toLeaves(
  shown: Shown,
  planned: PlannedJourney,
  { sums, needed }: { readonly sums: Study['sums']; readonly needed: Float64Array },
): wire.JourneyLeaf[] {
  const [window] = planned.journey.windows
  const bounds = window && windowBounds(window, shown.now)
  const minutes = bounds ? (bounds.to - bounds.from) / 60 : 0
  return planned.leaves.map((leaf, i): wire.JourneyLeaf => {
    const { good, bad } = sums[i] ?? { good: 0, bad: 0 }
    const need = needed[i]
    const cloud = isSlo(leaf) ? (leaf.where['cloud_provider'] ?? '') : leaf.sla.provider
    return {
      leaf: i,
      kind: leaf.kind,
      id: isSlo(leaf) ? publicId(leaf.defined, leaf.objective.name) : leaf.sla.name,
      name: leaf.name,
      service: isSlo(leaf) ? leaf.defined.slo.service : leaf.sla.service,
      where: isSlo(leaf) ? { ...leaf.where } : {},
      cloud,
      region: isSlo(leaf) ? (leaf.where['cloud_region'] ?? '') : '',
      provider: isSlo(leaf) ? providerOf(leaf, cloud) : leaf.sla.name,
      promise: promiseOf(leaf),
      needed: need ?? null,
      neededMinutes: need === undefined ? null : (1 - need) * minutes,
      state: evaluationOf(shown, leaf)?.state ?? 'unknown',
      sli: good + bad === 0 ? null : good / (good + bad),
      good,
      bad,
      down: isDown(shown.timelines, leaf, shown.now),
      measured: isMeasured(shown, leaf),
    }
  })
}

export function toAttribution({ leaves }: PlannedJourney, study: Study, range: Range): wire.Attribution {
  const { shortfall, causes } = study
  const sumBy = (nameOf: (cause: Study['causes'][number]) => string): wire.Cause[] => {
    const sums = new Map<string, number>()
    for (const cause of causes) sums.set(nameOf(cause), (sums.get(nameOf(cause)) ?? 0) + cause.units)
    return [...sums]
      .map(([name, units]) => ({
        name,
        minutes: minutesIn(units),
        share: shortfall === 0 ? 0 : units / shortfall,
      }))
      .sort((a, b) => b.minutes - a.minutes || (a.name < b.name ? -1 : 1))
  }
  const byLeaf = leaves.map((leaf, i) => {
    const units = causes.filter((cause) => cause.leaf === i).reduce((sum, cause) => sum + cause.units, 0)
    return {
      leaf: i,
      name: leaf.name,
      minutes: minutesIn(units),
      share: shortfall === 0 ? 0 : units / shortfall,
    }
  })
  return {
    range: { ...range },
    shortfall: minutesIn(shortfall),
    leaves: byLeaf.sort((a, b) => b.minutes - a.minutes || a.leaf - b.leaf),
    clouds: sumBy(({ cloud }) => cloud),
    regions: sumBy(({ cloud, region }) => (region === '' ? cloud : `${cloud}/${region}`)),
    providers: sumBy(({ provider }) => provider).filter(({ name }) => name !== ''),
    owners: sumBy(({ provider }) => (provider === '' ? 'ours' : 'provider')),
  }
}
