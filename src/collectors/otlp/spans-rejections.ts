/** Why a span cannot be counted, as its sender is told. */
export const SPAN_REJECTIONS = {
  time: 'no start or no end',
  order: 'the end before the start',
  future: 'the end more than five minutes in the future',
  late: 'ended longer ago than this source takes',
  weight: 'said to stand for more than a million spans',
} as const

/** How many spans or records of a request were rejected, by reason. */
export class Rejections {
  total = 0
  readonly #counts = new Map<string, number>()

  clear(): void {
    this.total = 0
    this.#counts.clear()
  }

  add(reason: string): void {
    this.total++
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  /** `no start or no end (2), the end before the start (1)`; empty when none was rejected. */
  get message(): string {
    return [...this.#counts].map(([reason, count]) => `${reason} (${count})`).join(', ')
  }
}
