import type * as wire from '../contract/index.ts'
import type { TrafficGroup } from '../store/index.ts'
import { REASONS } from '../traffic/index.ts'
import type { Knowledge } from './service-coverage.ts'

export interface Totals {
  good: number
  bad: number
  ignored: number
}

export function totalsOf(groups: readonly TrafficGroup[]): Totals {
  const totals = { good: 0, bad: 0, ignored: 0 }
  for (const { parts } of groups)
    for (const { outcome, counts } of parts) totals[outcome] += counts.reduce((n, count) => n + count, 0)
  return totals
}

export const errorRatio = ({ good, bad }: Totals): number | null =>
  good + bad === 0 ? null : bad / (good + bad)

/** One number a bucket; null where nothing is known, and where a part is known and showed nothing. */
export function lineOf(
  groups: readonly TrafficGroup[],
  wanted: readonly (keyof Totals)[],
  knowledge: Knowledge,
): (number | null)[] {
  const sums = knowledge.known.map(() => 0)
  const any = sums.map(() => 0)
  for (const { outcome, counts } of groups.flatMap((group) => group.parts)) {
    const chosen = wanted.includes(outcome)
    for (const [i, count] of counts.entries()) {
      any[i] = (any[i] ?? 0) + count
      if (chosen) sums[i] = (sums[i] ?? 0) + count
    }
  }
  return sums.map((sum, i) => ((any[i] ?? 0) > 0 || (knowledge.known[i] ?? 0) > 0 ? sum : null))
}

const MEANINGS: ReadonlyMap<string, string> = new Map(REASONS.map(({ reason, meaning }) => [reason, meaning]))

export function reasonsOf(
  groups: readonly TrafficGroup[],
  wanted: readonly (keyof Totals)[],
): wire.ReasonCount[] {
  const found = new Map<string, wire.ReasonCount>()
  for (const { outcome, reason, counts } of groups.flatMap((group) => group.parts)) {
    if (!wanted.includes(outcome)) continue
    const key = `${outcome} ${reason}`
    const known = found.get(key) ?? { reason, outcome, count: 0, meaning: MEANINGS.get(reason) ?? '' }
    found.set(key, { ...known, count: known.count + counts.reduce((n, count) => n + count, 0) })
  }
  return [...found.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
}
