import type { World } from '../../base/index.ts'
import type { PullFailure } from './source.ts'

/**
 * Keeps a source that fails from being asked over and over. After some failures in a row nobody asks until a while has
 * passed; then one question finds out. The while doubles up to a bound, with jitter, and is what the source asked for
 * when that is longer.
 */
export interface Breaker {
  /** Undefined when the source may be asked; else the last failure, which is the answer for now. */
  readonly closedBy: () => PullFailure | undefined
  readonly succeeded: () => void
  readonly failed: (failure: PullFailure) => void
  /** Whether the next question is to go alone, to find out whether the source is back. */
  readonly isProbing: () => boolean
}

const FAILURES = 3
const SHORTEST_MS = 5_000
const LONGEST_MS = 300_000
/** Longer than this nobody waits, whatever a source asks for: it is asked again and may say so again. */
const LONGEST_ASKED_MS = 3_600_000

export function createBreaker({ clock, random }: Pick<World, 'clock' | 'random'>): Breaker {
  let failures = 0
  let until = 0
  let last: PullFailure | undefined
  return {
    closedBy: () => (clock.monotonicMs() < until ? last : undefined),
    isProbing: () => failures >= FAILURES,
    succeeded: () => {
      failures = 0
      until = 0
      last = undefined
    },
    failed: (failure) => {
      failures++
      last = failure
      const asked = Math.min(failure.retryAfterMs ?? 0, LONGEST_ASKED_MS)
      const own =
        failures < FAILURES ? 0 : Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(failures - FAILURES, 10))
      const wait = Math.max(asked, own)
      if (wait > 0) until = clock.monotonicMs() + wait * (1 + 0.2 * random())
    },
  }
}
