import type { CoverageSpan, Outcome } from '../../traffic/index.ts'
import { REJECTION_NAMES, type Rejection } from './record.ts'

/** A line that could not be counted. */
export interface RejectedLine {
  readonly file: string
  /** Counts from 1. */
  readonly line: number
  readonly reason: Rejection
}

const FIRST_KEPT = 20

/** What was seen of a file, or of several: for the report, the status page and the coverage. */
export class Tally {
  readonly counted: Record<Outcome, number> = { good: 0, bad: 0, ignored: 0 }
  readonly rejected: Partial<Record<Rejection, number>> = {}
  /** The first ones; all are counted. */
  readonly firstRejected: RejectedLine[] = []
  overflowed = 0
  /** Lines without anything in them. */
  blank = 0
  readonly #onRejected: ((line: RejectedLine) => void) | undefined

  constructor(options: { readonly onRejected?: ((line: RejectedLine) => void) | undefined } = {}) {
    this.#onRejected = options.onRejected
  }

  count(outcome: Outcome, { overflow }: { readonly overflow: boolean }): void {
    this.counted[outcome]++
    if (overflow) this.overflowed++
  }

  reject(line: RejectedLine): void {
    this.rejected[line.reason] = (this.rejected[line.reason] ?? 0) + 1
    if (this.firstRejected.length < FIRST_KEPT) this.firstRejected.push(line)
    this.#onRejected?.(line)
  }

  /** Adds what another one saw. */
  addAll(other: Tally): void {
    for (const outcome of ['good', 'bad', 'ignored'] as const) this.counted[outcome] += other.counted[outcome]
    for (const reason of REJECTION_NAMES)
      if (other.rejected[reason] !== undefined)
        this.rejected[reason] = (this.rejected[reason] ?? 0) + other.rejected[reason]
    this.firstRejected.push(...other.firstRejected.slice(0, FIRST_KEPT - this.firstRejected.length))
    this.overflowed += other.overflowed
    this.blank += other.blank
  }

  get events(): number {
    return this.counted.good + this.counted.bad + this.counted.ignored
  }

  get rejections(): number {
    return Object.values(this.rejected).reduce((sum, each) => sum + each, 0)
  }
}

/** Known, unless more than one line in a hundred could not be read. */
export function coverageState(seen: {
  readonly events: number
  readonly rejections: number
}): Pick<CoverageSpan, 'state' | 'reason'> {
  const lines = seen.events + seen.rejections
  if (seen.rejections * 100 <= lines) return { state: 'known', reason: '' }
  return { state: 'partial', reason: `${seen.rejections} of ${lines} lines could not be read` }
}
