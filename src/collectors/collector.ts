import type { Range, UnixSeconds } from '../base/index.ts'
import type { LedgerStep } from '../traffic/index.ts'

/** Where a collector puts what it counted. `write` resolves when the step is durable; only then may it acknowledge. */
export interface Sink {
  readonly write: (step: LedgerStep, signal?: AbortSignal) => Promise<void>
  /** The value last written under the key, or undefined. */
  readonly checkpoint: (key: string) => Promise<string | undefined>
}

/**
 * One source being read. Nothing starts before `run`; `run` ends when the signal is aborted and by then has written
 * all that it holds. It never throws for what the world does: that becomes coverage, status and a log line.
 */
export interface Collector {
  /** Unique: the DataSource's name. */
  readonly name: string
  readonly run: (sink: Sink, signal: AbortSignal) => Promise<void>
  /** Reads a past stretch, for sources that can. Ends when it is read, cannot be read, or the signal is aborted. */
  readonly collect?: (range: Range, options: CollectOptions, signal: AbortSignal) => Promise<Collected>
  readonly status: () => CollectorStatus
}

export interface CollectOptions {
  readonly sink: Sink
  /** What was read before is read and replaced too. */
  readonly again: boolean
  /** Called after each stretch. */
  readonly onProgress?: (collected: Collected) => void
}

/** How much of a past stretch is read. Minutes count once for each question. */
export interface Collected {
  readonly wanted: number
  readonly read: number
  /** Whatever stopped a question, once each. */
  readonly failures: readonly { readonly question: string; readonly text: string; readonly remedy: string }[]
}

/** What people see of a source on the collectors' page. */
export interface CollectorStatus {
  readonly name: string
  /** `envoy-access-log`, `envoy-stats`, `web-log`, … */
  readonly type: string
  readonly state: 'starting' | 'reading' | 'waiting' | 'failing' | 'stopped'
  readonly lastSuccess: UnixSeconds | undefined
  /** Data before this instant is complete. */
  readonly completeThrough: UnixSeconds | undefined
  /** Since the process started. */
  readonly events: number
  readonly rejected: number
  readonly overflowed: number
  /** The last failure with what to do about it; undefined while all is well. */
  readonly problem: { readonly at: UnixSeconds; readonly text: string; readonly remedy: string } | undefined
  /** One row a target: a file, an Envoy. */
  readonly targets: readonly { readonly name: string; readonly detail: string; readonly ok: boolean }[]
}
