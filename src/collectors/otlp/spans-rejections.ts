/** Why a span cannot be counted, as its sender is told. */
export const SPAN_REJECTIONS = {
  time: 'have no start or no end',
  order: 'end before they start',
  future: 'end more than five minutes in the future',
  late: 'ended longer ago than this source takes',
  weight: 'are said to stand for more than a million each',
} as const

type Rejection = (typeof SPAN_REJECTIONS)[keyof typeof SPAN_REJECTIONS]

/** How many spans of a request were rejected, by reason. */
export class SpanRejections {
  total = 0
  readonly #counts = new Map<Rejection, number>()

  clear(): void {
    this.total = 0
    this.#counts.clear()
  }

  add(reason: Rejection): void {
    this.total++
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  /** `2 have no start or no end, 1 end before they start`; empty when none was rejected. */
  get message(): string {
    return [...this.#counts].map(([reason, count]) => `${count} ${reason}`).join(', ')
  }
}
