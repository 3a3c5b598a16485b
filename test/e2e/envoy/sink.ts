import { labelsKey, microseconds } from '../../../src/base/index.ts'
import type { Sink } from '../../../src/collectors/index.ts'
import { type CoverageSpan, countBelow, type TrafficRow } from '../../../src/traffic/index.ts'

/** A ledger in memory: of each row the last revision, and the sum over writers. */
export interface MemoryLedger {
  readonly sink: Sink
  /** The process dies: what it writes from now on is lost, though it may not know. */
  readonly crash: () => void
  readonly rows: () => readonly TrafficRow[]
  readonly coverage: () => readonly CoverageSpan[]
  readonly writes: () => number
}

export interface Storage {
  readonly cells: Map<string, { readonly revision: number; readonly row: TrafficRow }>
  readonly checkpoints: Map<string, { readonly value: string }>
  readonly coverage: CoverageSpan[]
}

export function createStorage(): Storage {
  return { cells: new Map(), checkpoints: new Map(), coverage: [] }
}

/** One process's view of the storage. */
export function openLedger(storage: Storage): MemoryLedger {
  let dead = false
  let writes = 0
  return {
    sink: {
      write: async (step) => {
        if (dead) throw new Error('the ledger is gone')
        writes++
        for (const row of step.traffic) {
          const key = JSON.stringify([
            step.writer,
            row.source,
            labelsKey(row.labels),
            row.minute,
            row.outcome,
            row.reason,
          ])
          const was = storage.cells.get(key)
          if (was === undefined || was.revision <= step.revision)
            storage.cells.set(key, { revision: step.revision, row })
        }
        storage.coverage.push(...(step.coverage ?? []))
        for (const checkpoint of step.checkpoints ?? []) storage.checkpoints.set(checkpoint.key, checkpoint)
      },
      checkpoint: async (key) => storage.checkpoints.get(key)?.value,
    },
    crash: () => {
      dead = true
    },
    rows: () => [...storage.cells.values()].map(({ row }) => row),
    coverage: () => storage.coverage,
    writes: () => writes,
  }
}

/** How many events there are of each key. */
export function totals(
  rows: readonly TrafficRow[],
  keyOf: (row: TrafficRow) => string,
): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const row of rows) sums[keyOf(row)] = (sums[keyOf(row)] ?? 0) + row.count
  return Object.fromEntries(
    Object.entries(sums)
      .filter(([, count]) => count !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** How many of the rows' events took less than so many milliseconds. */
export function within(rows: readonly TrafficRow[], ms: number): number {
  return rows.reduce(
    (sum, { latency }) => sum + (latency ? countBelow(latency, microseconds(ms * 1000)) : 0),
    0,
  )
}
