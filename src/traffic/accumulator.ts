import { type Labels, labelsKey } from '../base/index.ts'
import { type Cell, CellTable, GROUP } from './cells.ts'
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

/** Many events, in columns of which the first `size` places count. */
export interface Additions {
  readonly size: number
  readonly series: readonly (SeriesHandle | undefined)[]
  readonly minutes: Uint32Array
  readonly judgements: readonly (Judged | undefined)[]
  /** µs; below zero when it is unknown or says nothing. */
  readonly durations: Float64Array
  readonly weights: Float64Array
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
  /** The same as one after the other, but the memory of many series is waited for at once. Gives their weight. */
  readonly addAll: (additions: Additions) => number
  /** What changed since the last drain; with `all`, everything that the writer has counted. */
  readonly drain: (options?: { readonly all?: boolean }) => Drained
  /** Forgets all counts and goes on from zero under another writer. What was not drained is lost: drain first. */
  readonly startOver: (writer: string) => void
  readonly cells: () => number
  /** How many events went to the overflow series since the accumulator was made. */
  readonly overflowed: () => number
}

type Judged = Pick<Addition, 'outcome' | 'reason'>

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
  const table = options.table ?? createSeriesTable(options)
  const cells = new CellTable()
  let dirty: Cell[] = []
  let writer = options.writer
  let rotation = 1
  let revision = 0
  let overflowed = 0

  /** `duration` is below zero when it says nothing. */
  const addToCell = (cell: Cell, duration: number, weight: number): void => {
    if (!cell.dirty) {
      cell.dirty = true
      dirty.push(cell)
    }
    cell.count += weight
    if (cell.series.overflow) overflowed += weight
    if (duration < 0) return
    cell.latency ??= new HistogramBuilder()
    cell.latency.add(binOf(duration), weight)
  }
  const addTo: Accumulator['addTo'] = (series, addition, weight = 1) => {
    const { minute, duration } = addition
    addToCell(
      cells.take(series, minute, addition),
      duration === undefined ? -1 : Math.max(0, duration),
      weight,
    )
  }
  const addAll: Accumulator['addAll'] = (additions) => {
    const { size, durations, weights } = additions
    let sum = 0
    for (let from = 0; from < size; from += GROUP) {
      const group = cells.takeAll(additions, from)
      for (let i = from; i < Math.min(size, from + GROUP); i++) {
        const cell = group[i - from]
        const weight = weights[i] ?? 1
        sum += weight
        if (cell !== undefined) addToCell(cell, durations[i] ?? -1, weight)
      }
    }
    return sum
  }
  const startOver = (next: string): void => {
    writer = next
    cells.clear()
    dirty = []
  }
  return {
    series: table.series,
    add: (labels, addition, weight) => addTo(table.series(labels), addition, weight),
    addTo,
    addAll,
    drain: ({ all: everything = false } = {}) => {
      const drained = {
        writer,
        revision: ++revision,
        traffic: rowsOf(source, everything ? cells.all : dirty),
      }
      for (const cell of dirty) cell.dirty = false
      dirty = []
      if (cells.all.length > maxCells) startOver(`${options.writer}/${++rotation}`)
      return drained
    },
    startOver,
    cells: () => cells.all.length,
    overflowed: () => overflowed,
  }
}

function rowsOf(source: string, cells: readonly Cell[]): readonly TrafficRow[] {
  return cells.map(({ series, minute, outcome, reason, count, latency }) => ({
    source,
    labels: series.labels,
    minute,
    outcome,
    reason,
    count,
    ...(latency === undefined ? {} : { latency: latency.build() }),
  }))
}
