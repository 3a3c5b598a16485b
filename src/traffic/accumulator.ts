import { type Labels, labelsKey, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { binOf, HistogramBuilder } from './histogram.ts'
import { type Outcome, OVERFLOW, type TrafficRow } from './model.ts'

/** A series that a table has taken in: keep it, so that the hot path need not look its labels up. */
export interface SeriesHandle {
  readonly labels: Labels
  /** Counts from 0 without holes in one table. */
  readonly id: number
  /** Whether it is the series of all that came after the bound. */
  readonly overflow: boolean
}

/** The series of a source, bounded: what comes after the bound is one series, counted and shown, never dropped. */
export interface SeriesTable {
  readonly series: (labels: Labels) => SeriesHandle
  /** How many series are told apart so far. */
  readonly size: () => number
}

export interface AccumulatorOptions {
  readonly source: string
  readonly writer: string
  /** How many series are told apart; 2,000 unless given. Ignored when a table is given. */
  readonly maxSeries?: number
  /** A table shared by several accumulators of one source. */
  readonly table?: SeriesTable
  /** After a drain that finds more cells than this, counting goes on under a new writer. 100,000 unless given. */
  readonly maxCells?: number
}

/** One event, or `weight` equal ones. */
export interface Addition {
  /** Start of the minute in which it ended; any minute, however late. */
  readonly minute: number
  readonly outcome: Outcome
  readonly reason: string
  /** µs; undefined when it is unknown or says nothing. */
  readonly duration: number | undefined
}

/** Absolute whole counts of every cell that changed. Whoever takes it must write it, again and again until it is. */
export interface Drained {
  readonly writer: string
  /** Rises with every drain, across writers too. */
  readonly revision: number
  readonly traffic: readonly TrafficRow[]
}

export interface Accumulator {
  readonly series: (labels: Labels) => SeriesHandle
  readonly add: (labels: Labels, addition: Addition, weight?: number) => void
  readonly addTo: (series: SeriesHandle, addition: Addition, weight?: number) => void
  /** What changed since the last drain; with `all`, everything that the writer has counted. */
  readonly drain: (options?: { readonly all?: boolean }) => Drained
  /** Forgets all counts and goes on from zero under another writer. What was not drained is lost: drain first. */
  readonly startOver: (writer: string) => void
  readonly cells: () => number
  /** How many events went to the overflow series since the accumulator was made. */
  readonly overflowed: () => number
}

interface Cell {
  readonly labels: Labels
  readonly minute: UnixSeconds
  readonly outcome: Outcome
  readonly reason: string
  count: number
  latency: HistogramBuilder | undefined
  dirty: boolean
}

interface Slot {
  readonly minutes: Map<number, Cell[]>
  // Events come nearly in order, so the minute is nearly always the one before.
  lastMinute: number
  lastCells: Cell[]
}

/** `fixed`: labels that all series of the source share; the overflow series carries them too. */
export function createSeriesTable(options: { maxSeries?: number; fixed?: Labels } = {}): SeriesTable {
  const maxSeries = options.maxSeries ?? 2_000
  const known = new Map<string, SeriesHandle>()
  let overflow: SeriesHandle | undefined
  let next = 0
  return {
    series: (labels) => {
      const key = labelsKey(labels)
      const found = known.get(key)
      if (found !== undefined) return found
      if (known.size >= maxSeries) {
        overflow ??= { labels: { ...options.fixed, [OVERFLOW]: 'true' }, id: next++, overflow: true }
        return overflow
      }
      const handle = { labels, id: next++, overflow: false }
      known.set(key, handle)
      return handle
    },
    size: () => known.size,
  }
}

/** Counts requests by series, minute, outcome and reason, for one writer of the ledger. */
export function createAccumulator(options: AccumulatorOptions): Accumulator {
  const { source } = options
  const maxCells = options.maxCells ?? 100_000
  const table =
    options.table ??
    createSeriesTable(options.maxSeries === undefined ? {} : { maxSeries: options.maxSeries })
  let slots: (Slot | undefined)[] = []
  let all: Cell[] = []
  let dirty: Cell[] = []
  let writer = options.writer
  let rotation = 1
  let revision = 0
  let overflowed = 0

  const addTo: Accumulator['addTo'] = (series, addition, weight = 1) => {
    const slot = (slots[series.id] ??= { minutes: new Map(), lastMinute: Number.NaN, lastCells: [] })
    const cells = cellsOf(slot, addition.minute)
    let cell = find(cells, addition)
    if (cell === undefined) {
      cell = newCell(series.labels, addition)
      cells.push(cell)
      all.push(cell)
    }
    if (!cell.dirty) {
      cell.dirty = true
      dirty.push(cell)
    }
    cell.count += weight
    if (series.overflow) overflowed += weight
    if (addition.duration !== undefined) {
      cell.latency ??= new HistogramBuilder()
      cell.latency.add(binOf(addition.duration), weight)
    }
  }
  const startOver = (next: string): void => {
    writer = next
    slots = []
    all = []
    dirty = []
  }
  return {
    series: table.series,
    add: (labels, addition, weight) => addTo(table.series(labels), addition, weight),
    addTo,
    drain: ({ all: everything = false } = {}) => {
      const drained = { writer, revision: ++revision, traffic: rowsOf(source, everything ? all : dirty) }
      for (const cell of dirty) cell.dirty = false
      dirty = []
      if (all.length > maxCells) startOver(`${options.writer}/${++rotation}`)
      return drained
    },
    startOver,
    cells: () => all.length,
    overflowed: () => overflowed,
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

// A minute of a series has a handful of reasons: a look at each is faster than a key.
function find(cells: readonly Cell[], wanted: Addition): Cell | undefined {
  for (const cell of cells) if (cell.reason === wanted.reason && cell.outcome === wanted.outcome) return cell
  return undefined
}

function newCell(labels: Labels, addition: Addition): Cell {
  const { outcome, reason } = addition
  const minute = unixSeconds(addition.minute)
  return { labels, minute, outcome, reason, count: 0, latency: undefined, dirty: false }
}

function rowsOf(source: string, cells: readonly Cell[]): readonly TrafficRow[] {
  return cells.map(({ labels, minute, outcome, reason, count, latency }) => ({
    source,
    labels,
    minute,
    outcome,
    reason,
    count,
    ...(latency === undefined ? {} : { latency: latency.build() }),
  }))
}
