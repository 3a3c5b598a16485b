import { type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Addition, Additions, SeriesHandle } from './accumulator.ts'
import type { HistogramBuilder } from './histogram.ts'

/** What is counted together: the events of a series in a minute that ended for one reason. */
export interface Cell {
  readonly series: SeriesHandle
  readonly minute: UnixSeconds
  readonly outcome: Addition['outcome']
  readonly reason: string
  count: number
  latency: HistogramBuilder | undefined
  /** Whether it changed since it was last written. */
  dirty: boolean
}

type Judged = Pick<Addition, 'outcome' | 'reason'>

interface Slot {
  readonly minutes: Map<number, Cell[]>
  // Events come nearly in order, so the minute is nearly always the one before.
  lastMinute: number
  lastCells: Cell[]
}

/** Of so many events the cells are looked for before any is added to. */
export const GROUP = 64
const PLACES = 4_096

/** The cells of one writer, by the series of one table. */
export class CellTable {
  all: Cell[] = []
  #slots: (Slot | undefined)[] = []
  /** The cells that were taken last, each at the one place that it may have: finding them again takes one look. */
  #recent = emptyPlaces()
  #group: (Cell | undefined)[] = []

  clear(): void {
    this.all = []
    this.#slots = []
    this.#group = []
    this.#recent = emptyPlaces()
  }

  /** The cell, made when it is not there yet. */
  take(series: SeriesHandle, minute: number, judged: Judged): Cell {
    const place = placeOf(series.id, minute, judged)
    const last = this.#recent[place]
    if (last !== undefined && last.series === series && last.minute === minute && isOf(last, judged))
      return last
    const cell = this.#find(series, minute, judged)
    this.#recent[place] = cell
    return cell
  }

  /** The cells of a group of events that begins at `from`. The list is filled again by the next call. */
  takeAll({ size, series, minutes, judgements }: Additions, from: number): readonly (Cell | undefined)[] {
    const to = Math.min(size, from + GROUP)
    for (let i = from; i < to; i++) {
      const handle = series[i]
      const judged = judgements[i]
      if (handle === undefined || judged === undefined) throw new Error(`the columns have no row ${i}`)
      this.#group[i - from] = this.take(handle, minutes[i] ?? 0, judged)
    }
    return this.#group
  }

  #find(series: SeriesHandle, minute: number, judged: Judged): Cell {
    const slot = (this.#slots[series.id] ??= { minutes: new Map(), lastMinute: Number.NaN, lastCells: [] })
    const cells = cellsOf(slot, minute)
    // A minute of a series has a handful of reasons: a look at each is faster than a key.
    for (const cell of cells) if (isOf(cell, judged)) return cell
    const cell = newCell(series, minute, judged)
    cells.push(cell)
    this.all.push(cell)
    return cell
  }
}

function cellsOf(slot: Slot, minute: number): Cell[] {
  if (slot.lastMinute === minute) return slot.lastCells
  let cells = slot.minutes.get(minute)
  if (cells === undefined) {
    cells = []
    slot.minutes.set(minute, cells)
  }
  slot.lastMinute = minute
  slot.lastCells = cells
  return cells
}

function newCell(series: SeriesHandle, minute: number, { outcome, reason }: Judged): Cell {
  return { series, minute: unixSeconds(minute), outcome, reason, count: 0, latency: undefined, dirty: false }
}

function emptyPlaces(): (Cell | undefined)[] {
  return Array.from({ length: PLACES }, () => undefined)
}

/** Outcomes and reasons differ in how long their names are. */
function placeOf(series: number, minute: number, { outcome, reason }: Judged): number {
  const name = series * 64 + outcome.length * 8 + reason.length
  const hash = Math.imul(name, 0x9e3779b1) + Math.imul(minute, 0x85ebca6b)
  return (hash ^ (hash >>> 15)) & (PLACES - 1)
}

function isOf(cell: Cell, { outcome, reason }: Judged): boolean {
  return cell.reason === reason && cell.outcome === outcome
}
