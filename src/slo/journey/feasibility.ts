import { availabilityOf } from './availability.ts'
import type { JourneyTree } from './tree.ts'

/** Whether a journey's target can hold on what its leaves promise. */
export interface Feasibility {
  /** What the journey gives when every leaf keeps just its promise and they fail independently: 0..1. */
  readonly given: number
  readonly feasible: boolean
  /**
   * By how much every leaf's shortfall must be multiplied so that the target just holds: below 1 when it is not
   * feasible, above when there is room. `Infinity`: it holds even when every leaf fails always.
   */
  readonly scale: number
  /** By number of leaf: the promise it must keep, in 0..1, when all are tightened or loosened alike. */
  readonly needed: Float64Array
}

/** Halvings of the interval at most: from the largest scale that there is down to the last digit of a double. */
const HALVINGS = 200

/**
 * `promises[i]` is what leaf `i` promises, in 0..1; `target` the journey's. The answer is by the textbook: leaves fail
 * independently. What was measured, where outages coincide, is what `journeyMinutes` says.
 */
export function feasibilityOf(
  tree: JourneyTree,
  { promises, target }: { readonly promises: ArrayLike<number>; readonly target: number },
): Feasibility {
  const shortfalls = Float64Array.from(promises, (promise) => 1 - promise)
  const scaled = (scale: number): Float64Array => shortfalls.map((s) => 1 - Math.min(1, s * scale))
  const given = availabilityOf(tree, scaled(1))
  const holds = (scale: number): boolean => availabilityOf(tree, scaled(scale)) >= target
  // From here on every leaf that can fail fails always.
  const largest = Math.max(1, ...[...shortfalls].filter((s) => s > 0).map((s) => 1 / s))
  const scale = holds(largest) ? Number.POSITIVE_INFINITY : bisect(holds, largest)
  return {
    given,
    feasible: given >= target,
    scale,
    needed: scaled(Number.isFinite(scale) ? scale : largest),
  }
}

/** The largest number from 0 to `most` that still holds; what holds at a number holds at every smaller one. */
function bisect(holds: (n: number) => boolean, most: number): number {
  let low = 0
  let high = most
  for (let turn = 0; turn < HALVINGS; turn++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}
