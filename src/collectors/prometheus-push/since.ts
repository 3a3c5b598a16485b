import { createHash } from 'node:crypto'
import type { Work } from './work.ts'

const SAID_AGAIN_MS = 3_600_000

/** Since when the series of each rule and question are looked for: what was not there then was not there at all. */
export class Since {
  readonly #recall: (key: string) => string | undefined
  readonly #known = new Map<string, number>()
  #saidMs = Number.NEGATIVE_INFINITY
  /** Of what is looked for from the beginning on, in milliseconds since 1970. */
  #beginning: number | undefined

  constructor(recall: (key: string) => string | undefined) {
    this.#recall = recall
  }

  /** Whatever is written from then on is seen, also by those who are noted with the first request. */
  begin(atMs: number): void {
    this.#beginning = atMs
  }

  /** Looks for these from now on, unless an earlier run did before. Says it again before it is forgotten. */
  note(names: readonly string[], work: Work): void {
    const { nowMs } = work.how
    const again = nowMs - this.#saidMs >= SAID_AGAIN_MS
    if (again) this.#saidMs = nowMs
    for (const name of names) {
      const known = this.#known.get(name)
      if (known !== undefined && !again) continue
      const since = known ?? this.#recalled(name) ?? this.#beginning ?? nowMs
      this.#known.set(name, since)
      work.remember(keyOf(name), String(since))
    }
    this.#beginning = undefined
  }

  readonly of = (name: string): number => this.#known.get(name) ?? Number.POSITIVE_INFINITY

  #recalled(name: string): number | undefined {
    const recalled = Number(this.#recall(keyOf(name)) ?? Number.NaN)
    return Number.isSafeInteger(recalled) ? recalled : undefined
  }
}

const keyOf = (name: string): string =>
  `f${createHash('sha256').update(name).digest('base64url').slice(0, 22)}`
