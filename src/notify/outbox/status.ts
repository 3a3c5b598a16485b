import type { UnixSeconds } from '../../base/index.ts'

/** How telling people goes, for the page, `/readyz` and `/metrics`. */
export interface OutboxStatus {
  readonly destinations: readonly DestinationStatus[]
}

export interface DestinationStatus {
  readonly name: string
  /** `stopped`: only a person can mend it, `problem` says how; it is tried again by itself now and then. */
  readonly state: 'ready' | 'telling' | 'stopped'
  /** Incidents of which something is still to be told. */
  readonly pending: number
  /** Messages of which nobody knows yet whether they arrived. */
  readonly doubtful: number
  /** For how long the oldest of what is pending has waited, in seconds; undefined when nothing is. */
  readonly oldestPending: number | undefined
  readonly counters: Readonly<Counters>
  readonly problem: Problem | undefined
}

export interface Problem {
  readonly at: UnixSeconds
  readonly reason: string
  readonly remedy: string
}

/** Since the process started. */
export interface Counters {
  posts: number
  updates: number
  /** Refused for now: limits, no connection. */
  refused: number
  /** Refused until somebody mends something. */
  barred: number
  ambiguous: number
  /** Doubtful posts that were found. */
  adopted: number
  /** Sent again because the channel could not be read. */
  possibleDuplicates: number
  /** Duplicates found and made into pointers. */
  duplicates: number
  /** Given up, because not even their text alone was taken. */
  dropped: number
}

/** What is told of any destination, from what waits at it and since when, by its own clock. */
export function statusOf(
  desk: {
    readonly name: string
    readonly problem: Problem | undefined
    readonly counters: Counters
    readonly nowMs: () => number
  },
  waiting: { readonly pending: number; readonly doubtful: number; readonly since: readonly number[] },
): DestinationStatus {
  const { name, problem, counters } = desk
  const { pending, doubtful, since } = waiting
  return {
    name,
    state: problem !== undefined ? 'stopped' : pending > 0 ? 'telling' : 'ready',
    pending,
    doubtful,
    oldestPending:
      since.length === 0 ? undefined : Math.max(0, Math.floor((desk.nowMs() - Math.min(...since)) / 1000)),
    counters: { ...counters },
    problem,
  }
}

export const newCounters = (): Counters => ({
  posts: 0,
  updates: 0,
  refused: 0,
  barred: 0,
  ambiguous: 0,
  adopted: 0,
  possibleDuplicates: 0,
  duplicates: 0,
  dropped: 0,
})
