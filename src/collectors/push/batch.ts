import { labelsKey } from '../../base/index.ts'
import type { CountRow } from '../../traffic/index.ts'
import { Examples } from './examples.ts'
import type { Taken } from './intake.ts'

interface Waiting {
  readonly answer: (taken: Taken) => void
  readonly whenDurable: Taken
}

/** Deliveries that go to the ledger in one step: what they brought beside traffic, and who waits for them. */
export class Batch {
  readonly identities: Uint8Array[] = []
  /** The same, as keys. */
  readonly keys: string[] = []
  readonly remembered = new Map<string, string>()
  readonly examples = new Examples()
  /** What the deliveries cost of the bound on what waits. */
  cost = 0
  deliveries = 0
  #counts = new Map<string, CountRow>()
  #waiting: Waiting[] = []

  get counts(): readonly CountRow[] {
    return [...this.#counts.values()]
  }

  addCounts(rows: readonly CountRow[]): void {
    for (const row of rows) this.#counts.set(cellOf(row), row)
  }

  /** Resolves when the batch is on disk, or when it is known not to be soon. */
  wait(whenDurable: Taken): Promise<Taken> {
    return new Promise((answer) => {
      this.#waiting.push({ answer, whenDurable })
    })
  }

  /** Tells all who wait: that it is on disk, or what else. They wait no longer. */
  answer(otherwise?: Taken): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { answer, whenDurable } of waiting) answer(otherwise ?? whenDurable)
  }
}

/** What a count is of. */
export function cellOf({ key, labels, minute }: CountRow): string {
  return JSON.stringify([key, labelsKey(labels), minute])
}
