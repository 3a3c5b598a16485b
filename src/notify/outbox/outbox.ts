import type { World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { Destination } from '../destination.ts'
import { type Book, foldEntry, newBook } from './book.ts'
import type { OutboxJournal } from './journal.ts'
import type { DestinationStatus, OutboxStatus } from './status.ts'
import { isPending } from './track.ts'
import { type Telling, Worker } from './worker.ts'

export interface OutboxOptions {
  /** Also the outbox: what is to be told is what the journal holds and no record says was told. */
  readonly journal: OutboxJournal
  readonly destinations: readonly Destination[]
  /**
   * What a message would say now; undefined while nobody knows, as before the first evaluation. An incident of which
   * nothing is known for ten minutes is given up.
   */
  readonly brief: (incident: string) => Promise<IncidentBrief | undefined>
}

export interface Outbox extends AsyncDisposable {
  /** Reads the journal and begins to tell. Call it once; what is wanted before is not lost, it is in the journal. */
  readonly start: () => Promise<void>
  /**
   * Takes decisions whose events are in the journal already, and returns at once. Telling the same decision twice is
   * telling it once.
   */
  readonly tell: (decisions: readonly Telling[]) => void
  readonly status: () => OutboxStatus
}

const READ_AT_ONCE = 1_000

/** Tells destinations of incidents, each at its own pace: one that fails holds up no other. */
export function createOutbox(world: World, options: OutboxOptions): Outbox {
  const workers = options.destinations.map(
    (destination) => new Worker(world, { ...options, destination, book: newBook(destination.name) }),
  )
  const stopping = new AbortController()
  let started = false
  let running: Promise<unknown> | undefined
  // What is told while the journal is read is kept until it has been: the past comes first.
  let early: Telling[] | undefined = []
  const take = (tellings: readonly Telling[]): void => {
    for (const worker of workers) {
      for (const telling of tellings) worker.want(telling)
      if (tellings.length > 0) worker.wake()
    }
  }
  return {
    start: async () => {
      if (started) return
      started = true
      await readAll(
        options.journal,
        workers.map((worker) => worker.desk.book),
      )
      take(early ?? [])
      early = undefined
      running = Promise.allSettled(workers.map((worker) => worker.run(stopping.signal)))
    },
    tell: (decisions) => {
      if (early === undefined) take(decisions)
      else early.push(...decisions)
    },
    status: () => ({ destinations: workers.map((worker) => statusOf(worker)) }),
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await running
    },
  }
}

async function readAll(journal: OutboxJournal, books: readonly Book[]): Promise<void> {
  let after = 0
  for (;;) {
    const entries = await journal.read(after, { kinds: ['incident', 'notification'], limit: READ_AT_ONCE })
    for (const entry of entries) for (const book of books) foldEntry(book, entry)
    const last = entries.at(-1)
    if (last === undefined || entries.length < READ_AT_ONCE) return
    after = last.seq
  }
}

function statusOf({ desk }: Worker): DestinationStatus {
  const tracks = [...desk.book.tracks.values()]
  const pending = tracks.filter(isPending)
  const since = pending.map((track) => track.owedSinceMs ?? track.doubt?.sinceMs ?? track.openedMs)
  const { problem } = desk
  return {
    name: desk.name,
    state: problem !== undefined ? 'stopped' : pending.length > 0 ? 'telling' : 'ready',
    pending: pending.length,
    doubtful: tracks.filter((track) => track.doubt !== undefined).length,
    oldestPending:
      since.length === 0 ? undefined : Math.max(0, Math.floor((desk.nowMs() - Math.min(...since)) / 1000)),
    counters: { ...desk.counters },
    problem,
  }
}
