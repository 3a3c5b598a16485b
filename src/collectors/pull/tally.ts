import { type Labels, labelsKey, type Range, type UnixSeconds, unixSeconds } from '../../base/index.ts'
import type { MinuteCount } from './source.ts'

/** Adds up counts by labels and minute. */
export class Tally {
  readonly rejected: Map<UnixSeconds, number> = new Map()
  readonly #range: Range
  readonly #byLabels = new Map<string, { readonly labels: Labels; readonly minutes: Float64Array }>()

  constructor(range: Range) {
    this.#range = range
  }

  add(labels: Labels, minute: UnixSeconds, value: number): void {
    const { from, to } = this.#range
    if (minute < from || minute >= to || value === 0) return
    const key = labelsKey(labels)
    const found = this.#byLabels.get(key) ?? { labels, minutes: new Float64Array((to - from) / 60) }
    this.#byLabels.set(key, found)
    const i = (minute - from) / 60
    found.minutes[i] = (found.minutes[i] ?? 0) + value
  }

  /** A data point that is no number. */
  reject(minute: UnixSeconds): void {
    const { from, to } = this.#range
    if (minute >= from && minute < to) this.rejected.set(minute, (this.rejected.get(minute) ?? 0) + 1)
  }

  rows(): readonly MinuteCount[] {
    return [...this.#byLabels.values()].flatMap(({ labels, minutes }) =>
      [...minutes].flatMap((value, i) =>
        value > 0 ? [{ labels, minute: unixSeconds(this.#range.from + i * 60), value }] : [],
      ),
    )
  }
}
