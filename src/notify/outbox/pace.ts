import type { World } from '../../base/index.ts'

/** Slack takes about one message a second and channel; going faster only earns refusals. */
export const SPACING_MS = 1_000
const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 300_000
/** A destination that asks for more patience than this is asked again all the same. */
const RETRY_AFTER_MAX_MS = 300_000
/** What only a person can mend is looked at again after these times, so that mending it is all there is to do. */
const PROBE_MS: readonly number[] = [300_000, 900_000, 3_600_000]

/** When a destination may be called next. */
export interface Pace {
  nextMs: number
  notBeforeMs: number
  failures: number
  probes: number
}

export const newPace = (): Pace => ({ nextMs: 0, notBeforeMs: 0, failures: 0, probes: 0 })

/** Full jitter over the upper half: 0.5..1 times 1, 2, 4 … s, at most five minutes. */
export function backoffMs(world: World, failures: number): number {
  const step = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 20))
  return step * (0.5 + world.random() / 2)
}

/** A definite no at `nowMs`: later, and never before `afterMs` when the destination said so. */
export function slowDown(
  world: World,
  pace: Pace,
  at: { readonly nowMs: number; readonly afterMs?: number | undefined },
): void {
  pace.failures++
  const asked = Math.min(Math.max(0, at.afterMs ?? 0), RETRY_AFTER_MAX_MS)
  const wait = asked > 0 ? asked + world.random() * 250 : backoffMs(world, pace.failures)
  pace.notBeforeMs = at.nowMs + wait
}

export function barred(pace: Pace, nowMs: number): void {
  const wait = PROBE_MS[Math.min(pace.probes, PROBE_MS.length - 1)] ?? BACKOFF_MAX_MS
  pace.probes++
  pace.notBeforeMs = nowMs + wait
}

export function allWell(pace: Pace): void {
  pace.failures = 0
  pace.probes = 0
  pace.notBeforeMs = 0
}
