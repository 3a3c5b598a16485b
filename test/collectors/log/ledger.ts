import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { labelsKey } from '../../../src/base/index.ts'
import type { Sink } from '../../../src/collectors/index.ts'
import { type LedgerStep, mergeHistograms, type TrafficRow } from '../../../src/traffic/index.ts'

interface Cell {
  readonly revision: number
  readonly writer: string
  readonly row: TrafficRow
}

/** A ledger in memory that keeps to the contract of a step: absolute rows, the last revision wins. */
export class TestLedger implements Sink {
  readonly cells = new Map<string, Cell>()
  readonly checkpoints = new Map<string, string>()
  readonly steps: LedgerStep[] = []
  /** Set to make the next writes fail. */
  failing = 0

  // The face's functions are called unbound.
  readonly write = async (step: LedgerStep): Promise<void> => {
    if (this.failing > 0) {
      this.failing--
      throw new Error('the disk is full')
    }
    this.apply(JSON.parse(JSON.stringify(step)))
  }
  readonly checkpoint = async (key: string): Promise<string | undefined> => this.checkpoints.get(key)

  apply(step: LedgerStep): void {
    this.steps.push(step)
    const { writer, revision, replaces } = step
    if (replaces !== undefined)
      for (const [key, cell] of this.cells) {
        const inside = cell.row.minute >= replaces.from && cell.row.minute < replaces.to
        if (cell.writer !== writer || !inside || cell.revision > revision) continue
        const { latency: _, ...row } = cell.row
        this.cells.set(key, { ...cell, revision, row: { ...row, count: 0 } })
      }
    for (const row of step.traffic) {
      const key = `${writer} ${cellKey(row)}`
      if ((this.cells.get(key)?.revision ?? -1) <= revision) this.cells.set(key, { writer, revision, row })
    }
    for (const { key, value } of step.checkpoints ?? []) this.checkpoints.set(key, value)
  }

  /** Sums over writers, by what `by` gives of a row; zero sums are left out. Sorted by key. */
  totals(by: (row: TrafficRow) => string): Record<string, number> {
    const sums = new Map<string, number>()
    for (const { row } of this.cells.values()) sums.set(by(row), (sums.get(by(row)) ?? 0) + row.count)
    return Object.fromEntries([...sums].filter(([, sum]) => sum > 0).sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Everything that the ledger says, summed over writers: the numbers and the latencies. */
  numbers(): Record<string, string> {
    const sums = new Map<string, TrafficRow>()
    for (const { row } of this.cells.values()) {
      const key = cellKey(row)
      const before = sums.get(key)
      const none = { bins: [], counts: [] }
      const latency = mergeHistograms(before?.latency ?? none, row.latency ?? none)
      sums.set(key, { ...row, count: (before?.count ?? 0) + row.count, latency })
    }
    const told = [...sums].filter(([, { count }]) => count > 0)
    return Object.fromEntries(
      told
        .map(([key, { count, latency }]) => [key, `${count} ${JSON.stringify(latency)}`] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  }
}

/** The same on disk: a step is one line, synced before the write resolves. A torn last line was never acknowledged. */
export class FileLedger extends TestLedger {
  readonly #path: string

  constructor(path: string) {
    super()
    this.#path = path
    if (!existsSync(path)) return
    const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    for (const line of whole) {
      const step = parseStep(line)
      if (step !== undefined) this.apply(step)
    }
  }

  override readonly write = async (step: LedgerStep): Promise<void> => {
    const file = openSync(this.#path, 'a')
    // A line break first: it ends a line that a crash tore.
    writeSync(file, `\n${JSON.stringify(step)}\n`)
    fsyncSync(file)
    closeSync(file)
    this.apply(step)
  }
}

function parseStep(line: string): LedgerStep | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as LedgerStep)
  } catch {
    return undefined
  }
}

function cellKey(row: TrafficRow): string {
  return `${labelsKey(row.labels)} ${row.minute} ${row.outcome} ${row.reason}`
}
