import { type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { type CountRow, type CoverageSpan, type Outcome, type TrafficRow } from '../traffic/index.ts'
import { QUARTER } from './coverage.ts'
import type { Written } from './own-changes.ts'
import { RowWriter } from './row-binary.ts'
import { hashOf, type Series, type SeriesRegistry } from './series.ts'

/** The numbers of `cells.kind`. */
export const KIND = { good: 1, bad: 2, ignored: 3, value: 4, coverage: 5, checkpoint: 6 } as const

const NO_TEXT: Buffer = Buffer.from([0])

/** Rows of `cells` being collected for one insert, with the series that must be known before it. */
export class CellDraft {
  readonly #rows = new RowWriter(1 << 20)
  readonly #registry: SeriesRegistry
  readonly #texts = new Map<string, Buffer>()
  readonly #days = new Map<Series, number>()
  #count = 0
  #writer: Buffer = NO_TEXT
  #revision = 0
  #written: Stretch[] = []
  /** The stretch of the source whose row came last: most rows of a step have one source. */
  #stretch: Stretch | undefined

  constructor(registry: SeriesRegistry) {
    this.#registry = registry
  }

  get bytes(): Buffer {
    return this.#rows.bytes
  }

  get count(): number {
    return this.#count
  }

  /** Series with the last day on which these rows fall, as far as the series table does not know it. */
  get days(): ReadonlyMap<Series, number> {
    return this.#days
  }

  /** Whose rows follow. */
  begin(writer: string, revision: number): void {
    this.#stretch = undefined
    this.#writer = this.#textOf(writer)
    this.#revision = revision
  }

  /** What the rows are about, source by source: what changes once they are written. */
  get written(): readonly Written[] {
    return this.#written
  }

  /** Where the draft is, to go back to. */
  get mark(): { readonly size: number; readonly count: number } {
    return { size: this.#rows.size, count: this.#count }
  }

  goBack(mark: { readonly size: number; readonly count: number }): void {
    this.#rows.truncate(mark.size)
    this.#count = mark.count
  }

  clear(): void {
    this.#rows.truncate(0)
    this.#days.clear()
    this.#count = 0
    this.#written = []
    this.#stretch = undefined
  }

  traffic(row: TrafficRow): void {
    const series = this.#registry.requests(row.source, row.labels)
    this.#cell(series.id, KIND[row.outcome], row)
    const { latency } = row
    if (latency === undefined) {
      this.#rows.u16(0) // No bins and no tallies: two lengths of zero.
    } else {
      if (latency.bins.length !== latency.counts.length)
        throw new RangeError('a histogram has a count for each bin')
      this.#rows.u16s(latency.bins)
      this.#rows.u32s(latency.counts)
    }
    this.#rows.raw(NO_TEXT)
    this.#seen(series, row.minute)
  }

  counts(row: CountRow): void {
    const series = this.#registry.counts(row.source, row.key, row.labels)
    this.#cell(series.id, KIND.value, { minute: row.minute, reason: '', count: row.value })
    this.#rows.u16(0)
    this.#rows.raw(NO_TEXT)
    this.#seen(series, row.minute)
  }

  /** The span lies within one quarter of a day. Its end is kept as the count, its state and reason as the text. */
  coverage(span: CoverageSpan): void {
    const series = this.#registry.coverage(span.source)
    this.#cell(series.id, KIND.coverage, { minute: span.from, reason: '', count: span.to })
    this.#rows.u16(0)
    this.#rows.text(`${span.state} ${span.reason}`)
    this.#seen(series, span.from, span.to)
  }

  checkpoint(key: string, value: string): void {
    this.#cell(checkpointId(key), KIND.checkpoint, { minute: 0, reason: '', count: 0 })
    this.#rows.u16(0)
    this.#rows.text(value)
  }

  /** Takes back what the writer said of a cell. */
  zero(cell: ZeroCell): void {
    const series = this.#registry.byId(cell.series)
    this.#cell(cell.series, cell.kind, { minute: cell.minute, reason: cell.reason, count: 0 })
    this.#rows.u16(0)
    this.#rows.raw(NO_TEXT)
    if (series) this.#seen(series, cell.minute)
  }

  #cell(series: bigint, kind: number, cell: { minute: number; reason: string; count: number }): void {
    if (cell.minute % 60 !== 0) throw new RangeError(`${cell.minute} is not the start of a minute`)
    this.#count++
    this.#rows.u32(quarterOf(cell.minute))
    this.#rows.big(series)
    this.#rows.u8(kind)
    this.#rows.raw(this.#textOf(cell.reason))
    this.#rows.u32(cell.minute)
    this.#rows.raw(this.#writer)
    this.#rows.u64(this.#revision)
    this.#rows.u64(cell.count)
  }

  #seen(series: Series, minute: number, to = minute + 60): void {
    const { source, family } = series
    if (this.#stretch?.source !== source) {
      this.#stretch = { source, covers: false, from: unixSeconds(minute), to: unixSeconds(to) }
      this.#written.push(this.#stretch)
    }
    const stretch = this.#stretch
    if (minute < stretch.from) stretch.from = unixSeconds(minute)
    if (to > stretch.to) stretch.to = unixSeconds(to)
    if (family === 'coverage') stretch.covers = true
    const day = dayOf(minute)
    if (day > series.lastDay && day > (this.#days.get(series) ?? -1)) this.#days.set(series, day)
  }

  #textOf(text: string): Buffer {
    const known = this.#texts.get(text)
    if (known) return known
    const row = new RowWriter(text.length + 8)
    row.text(text)
    if (this.#texts.size > 10_000) this.#texts.clear()
    this.#texts.set(text, row.bytes)
    return row.bytes
  }
}

/** A `Written` that grows. */
interface Stretch {
  readonly source: string
  covers: boolean
  from: UnixSeconds
  to: UnixSeconds
}

export interface ZeroCell {
  readonly series: bigint
  readonly kind: number
  readonly reason: string
  readonly minute: number
}

const dayOf = (t: number): number => Math.floor(t / 86_400)

/** The quarter of a day, counted from 1970, by which `cells` is ordered first. */
export const quarterOf = (t: number): number => Math.floor(t / QUARTER)

/** `quarter` between those of a range: the first column of the key, so that only its rows are read. */
export function quartersOf(range: Range): string {
  return `quarter >= ${quarterOf(range.from)} AND quarter <= ${quarterOf(range.to)}`
}

export const outcomeKind = (outcome: Outcome): number => KIND[outcome]

export const checkpointId = (key: string): bigint => hashOf(JSON.stringify(['checkpoint', key]))
