import type { UnixSeconds } from '../../base/index.ts'

/** The part of the journal that the outbox needs; any store that has it will do. */
export interface OutboxJournal {
  /** Resolves when the entries are on disk, in order. */
  readonly append: (entries: readonly OutboxDraft[]) => Promise<unknown>
  /** Entries after `seq`, oldest first, at most `limit`. */
  readonly read: (
    after: number,
    options?: { readonly kinds?: readonly string[]; readonly limit?: number },
  ) => Promise<readonly OutboxEntry[]>
}

export interface OutboxDraft {
  readonly at: UnixSeconds
  readonly kind: string
  readonly data: unknown
}

export interface OutboxEntry extends OutboxDraft {
  readonly seq: number
}
