import type { Range } from '../base/index.ts'
import { touchedOf } from './changes.ts'
import type { Changes } from './ledger.ts'

/** What one insert wrote of one source, on behalf of one writer. */
export interface Written extends Range {
  readonly source: string
  /** Whether coverage was among it. */
  readonly covers: boolean
}

/** Entries that are kept apart; older ones are told as one stretch a source, which says too much but never too little. */
const MAX_ENTRIES = 20_000

/**
 * What this process wrote. To an engine that no other process can reach nothing else is ever written, so this answers
 * what changed without asking the engine: a tick asks every few seconds.
 */
export class OwnChanges {
  readonly #run: number
  #entries: (Written & { readonly at: number })[] = []
  #at = 0

  /** `run` is when the ledger was opened, by the engine's clock in milliseconds: it tells this run's cursors from others. */
  constructor(run: number) {
    this.#run = run
  }

  /** Where a reader is that knows all there is now. */
  get cursor(): string {
    return `${this.#run}:${this.#at}`
  }

  note(written: Iterable<Written>): void {
    this.#at++
    for (const one of written) this.#entries.push({ ...one, at: this.#at })
    if (this.#entries.length > MAX_ENTRIES) this.#shorten()
  }

  /**
   * Without a cursor nothing changed: whoever begins reads everything anyway. Gives the instant since which the tables
   * must be asked, when the cursor is of an earlier run.
   */
  since(cursor: string | undefined): Changes | { readonly askSince: number } {
    const [run, after] = (cursor ?? this.cursor).split(':').map(Number)
    if (run === undefined || after === undefined || !Number.isSafeInteger(run + after))
      throw new Error('a cursor is what `changes` gave')
    if (run !== this.#run) return { askSince: run }
    const fresh = this.#entries.filter(({ at }) => at > after)
    return {
      cursor: this.cursor,
      touched: touchedOf(fresh),
      covered: [...new Set(fresh.filter(({ covers }) => covers).map(({ source }) => source))].sort(),
    }
  }

  #shorten(): void {
    const older = this.#entries.splice(0, MAX_ENTRIES / 2)
    const joined = new Map<string, Written & { readonly at: number }>()
    for (const one of older) {
      const known = joined.get(one.source) ?? one
      joined.set(one.source, {
        source: one.source,
        from: one.from < known.from ? one.from : known.from,
        to: one.to > known.to ? one.to : known.to,
        covers: one.covers || known.covers,
        at: one.at,
      })
    }
    this.#entries.unshift(...joined.values())
  }
}
