import type { Labels } from '../../base/index.ts'
import { NEAR_MS } from '../prometheus/knowledge.ts'

/** When a target was last seen to be scraped well, newest first; two, because one may be of the scrape at hand. */
type Scrapes = readonly [number, number]

const MOST_TARGETS = 20_000

/** What `up` tells of targets: a series that a scrape did not show began at zero after it. */
export class Targets {
  readonly #recall: (key: string) => string | undefined
  readonly #scrapes = new Map<string, Scrapes>()

  constructor(recall: (key: string) => string | undefined) {
    this.#recall = recall
  }

  /** A scrape that went well. Gives the text to remember it by. */
  up(target: string, atMs: number): string {
    const [last, before] = this.#of(target)
    const now: Scrapes =
      atMs > last ? [atMs, last] : atMs < last && atMs > before ? [last, atMs] : [last, before]
    if (this.#scrapes.size >= MOST_TARGETS) this.#scrapes.clear()
    this.#scrapes.set(target, now)
    return now.join(' ')
  }

  /** The scrape before the instant that would have shown a series of the target; undefined when there was none near. */
  scrapedBefore(target: string, atMs: number): number | undefined {
    const found = this.#of(target).find((each) => each < atMs)
    return found !== undefined && found > 0 && atMs - found <= NEAR_MS ? found : undefined
  }

  #of(target: string): Scrapes {
    const known = this.#scrapes.get(target)
    if (known !== undefined) return known
    const found = /^(\d+) (\d+)$/.exec(this.#recall(target) ?? '')
    return found === null ? [0, 0] : [Number(found[1]), Number(found[2])]
  }
}

/** Undefined for series without a target, as rules make them. */
export function targetOf(labels: Labels): string | undefined {
  const { job, instance } = labels
  return job === undefined || instance === undefined ? undefined : `u${JSON.stringify([job, instance])}`
}
