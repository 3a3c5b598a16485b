import type { Exemplar } from '../../traffic/index.ts'

const MOST_BAD = 35
const MOST_BAD_ALIKE = 5
const MOST_SLOW = 15

/** Keeps a few of the examples that a step is offered: bad ones of every kind, and the slowest of the others. */
export class Examples {
  readonly #bad: Exemplar[] = []
  readonly #alike = new Map<string, number>()
  #slow: Exemplar[] = []

  offer(exemplar: Exemplar): void {
    if (exemplar.outcome === 'bad') this.#offerBad(exemplar)
    else if (exemplar.outcome === 'good' && exemplar.duration !== undefined) this.#offerSlow(exemplar)
  }

  /** At most 50. */
  get kept(): readonly Exemplar[] {
    return [...this.#bad, ...this.#slow]
  }

  #offerBad(exemplar: Exemplar): void {
    if (this.#bad.length >= MOST_BAD) return
    const { labels, reason } = exemplar
    const kind = `${reason} ${labels['service_name'] ?? ''} ${labels['operation'] ?? ''}`
    const seen = this.#alike.get(kind) ?? 0
    if (seen >= MOST_BAD_ALIKE) return
    this.#alike.set(kind, seen + 1)
    this.#bad.push(exemplar)
  }

  #offerSlow(exemplar: Exemplar): void {
    if (this.#slow.length >= MOST_SLOW && durationOf(this.#slow.at(-1)) >= durationOf(exemplar)) return
    this.#slow.push(exemplar)
    this.#slow.sort((a, b) => durationOf(b) - durationOf(a))
    this.#slow = this.#slow.slice(0, MOST_SLOW)
  }
}

const durationOf = (exemplar: Exemplar | undefined): number => exemplar?.duration ?? 0
