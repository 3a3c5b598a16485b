import type { Labels, World } from '../../base/index.ts'
import type { Addition, Additions, CountRow, Exemplar, SeriesHandle } from '../../traffic/index.ts'
import type { CollectorStatus, Sink } from '../collector.ts'
import { Gatherer } from './gatherer.ts'

/**
 * Takes in what others push. Deliveries that come within about a second are written to the ledger as one step, and
 * each is answered when that step is on disk. The identities of deliveries are written in the same step as their
 * counts, so that a delivery sent again, even over a crash in between, counts once.
 */
export interface Intake {
  /**
   * Resolves when all of the delivery is on disk, or was before. `full`: too much is waiting; nothing was counted, and
   * the sender should wait so long. `failed`: the ledger could not be written; it may have been all the same, and
   * sending it again is right.
   */
  readonly take: (delivery: Delivery) => Promise<Taken>
  /**
   * What `take` would answer to so many bytes because of what waits already, whatever they hold; undefined when it would
   * look at them. So that nobody decodes what would be turned away.
   */
  readonly refuses: (bytes: number) => Refused | undefined
  /** Says that something was lost before it came here: the minute is known in part. The reason is for people. */
  readonly trouble: (reason: string) => void
  /** Writes until the signal, then what is left. Before it, and after it, `take` answers `failed`. */
  readonly run: (sink: Sink, signal: AbortSignal) => Promise<void>
  /** Resolves when deliveries are taken and `recall` knows what earlier runs remembered, or when the run has ended. */
  readonly ready: Promise<void>
  /** What was last remembered under the key, by this run or one before. */
  readonly recall: (key: string) => string | undefined
  /** For the collector's status. */
  readonly numbers: () => IntakeNumbers
}

export type IntakeNumbers = Pick<
  CollectorStatus,
  'events' | 'rejected' | 'overflowed' | 'lastSuccess' | 'completeThrough' | 'problem'
>

export type Taken =
  | { readonly kind: 'counted' }
  /** Deliveries with this identity were counted before; nothing was counted again. */
  | { readonly kind: 'repeated' }
  | Refused

export type Refused =
  | { readonly kind: 'full'; readonly retryAfterMs: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number }

export interface Delivery {
  /** A hash of its bytes: 16 bytes or more. Undefined: each delivery is new, as on a stream without retries. */
  readonly identity: Uint8Array | undefined
  /** Decompressed size in bytes: what waits is bounded by it. */
  readonly bytes: number
  /**
   * Counts the delivery into what will be written. Called at most once, synchronously, and not at all when the delivery is repeated
   * or refused. Must not throw: what can be wrong with a delivery is found before it is handed over.
   */
  readonly count: (into: Counting) => void
}

/** What a delivery may add to the step that is being gathered. */
export interface Counting {
  readonly series: (labels: Labels) => SeriesHandle
  readonly add: (series: SeriesHandle, addition: Addition, weight?: number) => void
  readonly addAll: (additions: Additions) => void
  /** Kept as far as the source's bound on examples goes. */
  readonly exemplar: (exemplar: Exemplar) => void
  /** Adds to the counts of minutes: a row holds what comes on top of all that was said before. */
  readonly counts: (rows: readonly CountRow[]) => void
  /** Remembers a value under a key in the same step, the last one said. For the last value of a running total. */
  readonly remember: (key: string, value: string) => void
  /** Events that could not be read or placed. */
  readonly reject: (events: number) => void
}

export interface IntakeOptions {
  /** The DataSource's name. */
  readonly source: string
  /** Names this run of the input; no two runs share it. */
  readonly run: string
  /** Where identities and remembered values are kept: the same over restarts, and no two receivers share it. */
  readonly key: string
  /** Labels that all series share; the overflow series carries them too. */
  readonly labels?: Labels
  /** How many series are told apart; 2,000 unless given. */
  readonly maxSeries?: number
  /** Bytes of deliveries that wait for the ledger, each with a KiB for itself; 64 MiB unless given. */
  readonly maxWaiting?: number
  /** How long a delivery's identity is known; 15 minutes unless given. */
  readonly windowMs?: number
  /** After so long without a delivery the source's minutes are missing; 3 minutes unless given. */
  readonly silenceMs?: number
  /** How long after a minute ended its events may still be on their way; 10 seconds unless given. */
  readonly lagMs?: number
}

/** Prepares the intake of one source. Nothing is read or written before `run`. */
export function createIntake(world: World, options: IntakeOptions): Intake {
  const gatherer = new Gatherer(world, options)
  return {
    take: (delivery) => gatherer.take(delivery),
    refuses: (bytes) => gatherer.refuses(bytes),
    trouble: (reason) => gatherer.trouble(reason),
    run: (sink, signal) => gatherer.run(sink, signal),
    ready: gatherer.ready,
    recall: (key) => gatherer.recall(key),
    numbers: () => gatherer.numbers(),
  }
}
