import { type Labels, labelsKey, pickLabels } from '../base/index.ts'
import { groupBy } from './cause.ts'
import { commonLabels } from './scope.ts'
import type { AlertingSettings } from './state.ts'
import type { Subject } from './subject.ts'

/** Several services that burn in one region, or in one cloud, at about the same time. */
export interface Region {
  readonly scope: Labels
  /** When the first of them began to. */
  readonly from: number
  /** Those that make it one: they burn there and nowhere else. */
  readonly natives: readonly Subject[]
}

export interface RegionOptions {
  readonly settings: AlertingSettings
  /** The key of what a subject rests on in the end; its own when it rests on nothing that burns. */
  readonly rootOf: (key: string) => string
  /** How many services are known to be measured inside a scope. */
  readonly servicesIn: (scope: Labels) => number
}

/** The narrowest labels of region and cloud that all places of the subject share; undefined when they share no cloud. */
export function homeOf({ burns, places }: Subject): Labels | undefined {
  if (!burns) return undefined
  const home = pickLabels(commonLabels(places), ['cloud_provider', 'cloud_region'])
  return home['cloud_provider'] === undefined ? undefined : home
}

/**
 * Regions that are lost, as far as these subjects tell: regions first, then what is left by cloud. Two lost regions of
 * one cloud are one lost cloud.
 */
export function regionsIn(subjects: readonly Subject[], options: RegionOptions): readonly Region[] {
  const homes = subjects.flatMap((subject) => {
    const home = homeOf(subject)
    return home === undefined ? [] : [{ subject, home }]
  })
  const regional = homes.filter(({ home }) => home['cloud_region'] !== undefined)
  const regions = formed(regional, ({ home }) => home, options)
  const taken = new Set(regions.flatMap(({ natives }) => natives.map(({ key }) => key)))
  const lost = [...groupBy(regions, ({ scope }) => scope['cloud_provider'] ?? '').values()]
  const whole = lost.filter((each) => each.length > 1).map(joined)
  const single = lost.filter((each) => each.length === 1).flat()
  const rest = homes.filter(({ subject }) => !taken.has(subject.key))
  const clouds = formed(rest, ({ home }) => pickLabels(home, ['cloud_provider']), options)
  return [...whole, ...single, ...clouds]
}

function joined(regions: readonly Region[]): Region {
  return {
    scope: pickLabels(regions[0]?.scope ?? {}, ['cloud_provider']),
    from: Math.min(...regions.map(({ from }) => from)),
    natives: regions.flatMap(({ natives }) => natives),
  }
}

interface Housed {
  readonly subject: Subject
  readonly home: Labels
}

function formed(
  housed: readonly Housed[],
  scopeOf: (one: Housed) => Labels,
  options: RegionOptions,
): readonly Region[] {
  const groups = [...groupBy(housed, (one) => labelsKey(scopeOf(one)))].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )
  return groups.flatMap(([, group]) => {
    const [first] = group
    if (first === undefined) return []
    const scope = scopeOf(first)
    const from = beginning(scope, group, options)
    if (from === undefined) return []
    const here = new Set(group.map(({ subject }) => subject.key))
    const natives = group
      .map(({ subject }) => subject)
      .filter(({ key, onset }) => onset >= from && here.has(options.rootOf(key)))
    return [{ scope, from, natives }]
  })
}

/** When enough services began to burn within a short time; undefined when they never did. */
function beginning(scope: Labels, group: readonly Housed[], options: RegionOptions): number | undefined {
  const { settings, rootOf } = options
  const here = new Set(group.map(({ subject }) => subject.key))
  // What rests on something that burns elsewhere is that one's doing, and no sign of a region.
  const sorted = group
    .map(({ subject }) => subject)
    .filter(({ key }) => here.has(rootOf(key)))
    .toSorted((a, b) => a.onset - b.onset)
  if (servicesOf(sorted) < 2) return undefined
  const enough = Math.min(settings.regionServices, Math.max(2, options.servicesIn(scope)))
  for (const [i, { onset }] of sorted.entries()) {
    if (sorted[i - 1]?.onset === onset) continue
    const window = sorted.slice(i).filter((each) => each.onset - onset <= settings.regionWithin)
    if (servicesOf(window) < enough) continue
    // All that rests on one of them, and on that alone, is its doing too.
    if (new Set(window.map(({ key }) => rootOf(key))).size >= 2) return onset
  }
  return undefined
}

export const servicesOf = (subjects: readonly Subject[]): number =>
  new Set(subjects.map(({ objective }) => objective.slo.service)).size
