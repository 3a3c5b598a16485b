import type { World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { Destination } from '../destination.ts'
import { Courier } from '../letters/courier.ts'
import type { LetterDestination } from '../letters/letter.ts'
import type { Notice } from '../notice.ts'
import { newBook } from './book.ts'
import { relieve } from './fallback.ts'
import type { OutboxJournal } from './journal.ts'
import type { Routing } from './routing.ts'
import type { OutboxStatus } from './status.ts'
import type { Teller, Telling } from './teller.ts'
import { Worker } from './worker.ts'

export interface OutboxOptions {
  /** Also the outbox: what is to be told is what the journal holds and no record says was told. */
  readonly journal: OutboxJournal
  readonly destinations: readonly Destination[]
  /** Those that take finished letters. Names are unique over both lists. */
  readonly letters?: readonly LetterDestination[]
  /** Absent: everybody is told of everything. */
  readonly routing?: Routing
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
  /** Takes a notice that is in the journal already. */
  readonly notice: (notice: Notice) => void
  readonly status: () => OutboxStatus
}

const READ_AT_ONCE = 1_000
const KINDS = ['incident', 'notification', 'notice']

/** Tells destinations of incidents, each at its own pace: one that fails holds up no other. */
export function createOutbox(world: World, options: OutboxOptions): Outbox {
  const workers: readonly Teller[] = [
    ...options.destinations.map(
      (destination) => new Worker(world, { ...options, destination, book: newBook(destination.name) }),
    ),
    ...(options.letters ?? []).map((destination) => new Courier(world, { ...options, destination })),
  ]
  const stopping = new AbortController()
  let started = false
  let running: Promise<unknown> | undefined
  // What is told while the journal is read is kept until it has been: the past comes first.
  let early: Telling[] | undefined = []
  let noticed: Notice[] = []
  const take = (tellings: readonly Telling[]): void => {
    for (const worker of workers) {
      for (const telling of tellings) worker.want(telling)
      if (tellings.length > 0) worker.wake()
    }
  }
  const announce = (notice: Notice): void => {
    for (const worker of workers) {
      worker.notice(notice)
      worker.wake()
    }
  }
  return {
    start: async () => {
      if (started) return
      started = true
      await readAll(options.journal, workers)
      take(early ?? [])
      for (const notice of noticed) announce(notice)
      early = undefined
      noticed = []
      const { signal } = stopping
      running = Promise.allSettled([
        ...workers.map((worker) => worker.run(signal)),
        ...(options.routing === undefined
          ? []
          : [relieve(world, { workers, routing: options.routing, signal })]),
      ])
    },
    tell: (decisions) => {
      if (early === undefined) take(decisions)
      else early.push(...decisions)
    },
    notice: (notice) => {
      if (early === undefined) announce(notice)
      else noticed.push(notice)
    },
    status: () => ({ destinations: workers.map((worker) => worker.status()) }),
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await running
    },
  }
}

async function readAll(journal: OutboxJournal, tellers: readonly Teller[]): Promise<void> {
  let after = 0
  for (;;) {
    const entries = await journal.read(after, { kinds: KINDS, limit: READ_AT_ONCE })
    for (const entry of entries) for (const teller of tellers) teller.fold(entry)
    const last = entries.at(-1)
    if (last === undefined || entries.length < READ_AT_ONCE) return
    after = last.seq
  }
}
