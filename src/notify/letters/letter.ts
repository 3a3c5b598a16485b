import type { DecisionReason } from '../../alerting/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { Notice } from '../notice.ts'
import type { Line } from '../outbox/track.ts'

/**
 * A destination that takes finished letters and keeps them: a webhook, a pager, a mailbox. What it was given cannot be
 * changed or looked up, so news is another letter, and a letter whose fate is unknown is sent again with the same key.
 */
export interface LetterDestination {
  /** Unique among all destinations, and the same over restarts: what was delivered is remembered under it. */
  readonly name: string
  /** What is worth a letter here. */
  readonly reasons: ReadonlySet<DecisionReason>
  /** So many incidents that ended before anybody could be told may share a letter; 1: none. */
  readonly together: number
  /** An open incident that nobody acknowledged is told again after so many seconds. Absent: never. */
  readonly repeatEvery?: number | undefined
  /** Tries once. Letters are of different incidents; more than one only when all of them are over. */
  readonly deliver: (letters: readonly Letter[]) => Promise<Receipt>
  /** Absent: it has no place for what is no incident. */
  readonly announce?: (notice: Notice) => Promise<Receipt>
}

export interface Letter {
  readonly brief: IncidentBrief
  /** What happened since the last letter, oldest first; empty when only time passed. */
  readonly news: readonly Line[]
  /** The newest thing that it tells of. */
  readonly seq: number
  /** The same for every attempt at this letter, and for no other. */
  readonly key: string
  /** Nothing about the incident was delivered before. */
  readonly first: boolean
}

/** What became of a letter; as with messages, but there is nothing to find or to change. */
export type Receipt =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'ambiguous'; readonly reason: string }
  | { readonly kind: 'barred'; readonly reason: string; readonly remedy: string }
  /** It will never be taken as it is. */
  | { readonly kind: 'unfit'; readonly reason: string }
