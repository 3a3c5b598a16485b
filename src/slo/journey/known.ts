import type { Range, Seconds, UnixSeconds } from '../../base/index.ts'
import { type CoverageTimeline, reportedThrough, stateAt } from '../coverage.ts'
import { MINUTE_KNOWN } from './leaf.ts'

/** How long a minute waits for all of its leaves. */
export interface Waiting {
  readonly now: UnixSeconds
  /** A minute that ended so long ago is no longer waited for. */
  readonly wait: Seconds
  /** Sources that have said nothing for so long are not waited for. */
  readonly silence: Seconds
}

/**
 * What is known of each minute of a range, one of `MINUTE_KNOWN`. Minutes that were just read may still be reported on,
 * or be reported on completely: one input of a source may be read a moment before another.
 */
export function knownMinutes(timeline: CoverageTimeline, range: Range, waiting: Waiting): Uint8Array {
  const { now, wait, silence } = waiting
  const known = new Uint8Array(Math.max(0, Math.ceil((range.to - range.from) / 60)))
  const through = reportedThrough(timeline) ?? -Infinity
  const alive = through > now - silence
  const { known: full, unknown, waiting: pending } = MINUTE_KNOWN
  for (let i = 0; i < known.length; i++) {
    const minute = range.from + i * 60
    const state = stateAt(timeline, minute)
    const young = alive && minute + 60 > now - wait
    const late = state === undefined ? minute >= through : state === 'partial'
    if (young && late) known[i] = pending
    else known[i] = state === 'known' || state === 'partial' ? full : unknown
  }
  return known
}
