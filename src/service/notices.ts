import type { World } from '../base/index.ts'
import { type Notice, noticeEntry } from '../notify/index.ts'
import type { Journal } from '../store/index.ts'

/** What people are told once and is no incident: written down first, and never twice. */
export interface Notices {
  readonly recall: () => Promise<void>
  /** Does nothing for an identity that is known. */
  readonly tell: (drafts: readonly NoticeDraft[]) => Promise<void>
  readonly isKnown: (id: string) => boolean
  /** Newest last; those of the journal's whole time. */
  readonly all: () => readonly Notice[]
}

export type NoticeDraft = Omit<Notice, 'at'>

const AT_ONCE = 5_000

export function createNotices(
  world: World,
  { journal, tell }: { readonly journal: Journal; readonly tell: (notice: Notice) => void },
): Notices {
  const known = new Map<string, Notice>()
  return {
    recall: async () => {
      for (let after = 0; ; ) {
        const entries = await journal.read(after, { kinds: ['notice'], limit: AT_ONCE })
        for (const { data } of entries) {
          const read = noticeEntry.safeParse(data)
          if (read.success) known.set(read.data.id, read.data)
        }
        const last = entries.at(-1)
        if (!last) return
        after = last.seq
      }
    },
    isKnown: (id) => known.has(id),
    all: () => [...known.values()],
    tell: async (drafts) => {
      const at = world.clock.now()
      const fresh = drafts.filter(({ id }) => !known.has(id)).map((draft): Notice => ({ ...draft, at }))
      if (fresh.length === 0) return
      await journal.append(fresh.map((data) => ({ at, kind: 'notice', data })))
      for (const notice of fresh) {
        known.set(notice.id, notice)
        tell(notice)
      }
    },
  }
}
