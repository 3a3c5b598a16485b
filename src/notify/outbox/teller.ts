import type { Decision } from '../../alerting/index.ts'
import type { Notice } from '../notice.ts'
import type { OutboxEntry } from './journal.ts'
import type { DestinationStatus } from './status.ts'

/** What the outbox needs of a decision. */
export type Telling = Pick<Decision, 'incident' | 'reason' | 'severity' | 'seq' | 'at' | 'call'>

/** Tells one destination, in whatever way that destination can be told. Its memory is a fold over the journal. */
export interface Teller {
  readonly name: string
  readonly fold: (entry: OutboxEntry) => void
  readonly want: (telling: Telling) => void
  readonly notice: (notice: Notice) => void
  /** Something new is wanted. */
  readonly wake: () => void
  /** Incidents of which something is still to be told here. */
  readonly waiting: () => readonly string[]
  /** Asks routes again about incidents that they led past here. */
  readonly reconsider: (incidents: readonly string[]) => void
  readonly status: () => DestinationStatus
  /** Until the signal is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>
}
