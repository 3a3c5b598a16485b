import { type Clock, unixSeconds } from '../base/index.ts'

/** What adjusting a clock looks like: followed at once. */
const DRIFT_MS = 5_000
/** A jump that still stands after this long is the truth: the machine slept, or its clock was wrong before. */
const BELIEVED_AFTER_MS = 60_000

/**
 * The wall clock without jumps that are taken back. A clock that is an hour off for some seconds would make coverage
 * of minutes that have not been, and alerts of what is long over; so it is believed only when it has stayed like that
 * for a minute. Until then the time goes on as the clock that never jumps does.
 */
export function createSteadyClock(clock: Clock): Clock {
  let offset = clock.nowMs() - clock.monotonicMs()
  let doubt: { readonly offset: number; readonly sinceMs: number } | undefined
  const nowMs = (): number => {
    const monotonicMs = clock.monotonicMs()
    const seen = clock.nowMs() - monotonicMs
    if (Math.abs(seen - offset) <= DRIFT_MS) {
      offset = seen
      doubt = undefined
    } else if (doubt === undefined || Math.abs(seen - doubt.offset) > DRIFT_MS) {
      doubt = { offset: seen, sinceMs: monotonicMs }
    } else if (monotonicMs - doubt.sinceMs >= BELIEVED_AFTER_MS) {
      offset = seen
      doubt = undefined
    }
    return monotonicMs + offset
  }
  return { ...clock, nowMs, now: () => unixSeconds(Math.floor(nowMs() / 1_000)) }
}
