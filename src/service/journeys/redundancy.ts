import { earlier, minuteOf, type UnixSeconds } from '../../base/index.ts'
import type * as wire from '../../contract/index.ts'
import { redundancyOf, weighed } from '../../slo/index.ts'
import type { Counted } from '../sparks.ts'
import type { Leaf, PlannedJourney } from './plan.ts'

/** What was served over the last minutes says whether a leaf is down: at least half of its requests failed. */
const LOOK = 300

export function isDown(counted: Counted, leaf: Leaf, now: UnixSeconds): boolean {
  if (leaf.kind === 'provider') return false
  const to = minuteOf(now)
  const counts = counted.counts(leaf.defined.slo.id, leaf.objective.name, {
    scope: leaf.where,
    range: { from: earlier(to, LOOK), to },
  })
  return counts !== undefined && counts.bad > 0 && counts.bad >= counts.good
}

/** How many more leaves must fail until some part of the journey is down. */
export function redundancyLeft(counted: Counted, planned: PlannedJourney, now: UnixSeconds): wire.Redundancy {
  const { journey, leaves, measured } = planned
  const name = journey.row.slo.displayName
  if (!measured)
    return { failures: null, usual: null, leaves: [], down: [], sentence: `Nothing of ${name} is measured.` }
  const tree = weighed(measured, () => 1)
  const down = leaves.flatMap((leaf, i) => (isDown(counted, leaf, now) ? [i] : []))
  const left = redundancyOf(tree, (leaf) => down.includes(leaf))
  const usual = redundancyOf(tree, () => false)
  const named = (numbers: readonly number[]): string => listed(numbers.map((i) => leaves[i]?.name ?? ''))
  return {
    failures: left.failures,
    usual: usual.failures,
    leaves: [...left.leaves],
    down,
    sentence: sentenceOf(name, left.failures, { next: named(left.leaves), down: named(down) }),
  }
}

function sentenceOf(
  name: string,
  failures: number,
  names: { readonly next: string; readonly down: string },
): string {
  const failed = names.down === '' ? '' : ` Down now: ${names.down}.`
  if (failures === 0) return `${name} is down: ${names.down}.`
  if (failures === 1) return `One more failure and ${name} is down: ${names.next}.${failed}`
  return `It takes ${failures} failures to bring ${name} down: ${names.next}.${failed}`
}

/** Names in one sentence: the first three, and how many more. */
function listed(names: readonly string[]): string {
  if (names.length > 4) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
  if (names.length < 2) return names[0] ?? ''
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}
