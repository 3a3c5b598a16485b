import { labelsKey } from '../../../src/base/index.ts'
import type { Sink } from '../../../src/collectors/index.ts'
import type { CountRow, LedgerStep } from '../../../src/traffic/index.ts'

interface Cell {
  readonly revision: number
  readonly row: CountRow
}

interface Statement {
  readonly revision: number
  readonly state: string
  readonly reason: string
}

/** A ledger in memory that keeps to the contract of a step: absolute rows, the last revision wins. */
export class CountLedger implements Sink {
  /** By writer and minute, and there by question and labels. */
  readonly cells = new Map<string, Map<string, Cell>>()
  readonly states = new Map<string, Statement>()
  readonly checkpoints = new Map<string, { readonly revision: number; readonly value: string }>()
  readonly steps: LedgerStep[] = []
  /** What becomes of the next write. `lost`: it rejects and did nothing. `unsure`: it rejects and is there. */
  fate: () => 'written' | 'lost' | 'unsure' = () => 'written'

  readonly write = async (step: LedgerStep): Promise<void> => {
    const fate = this.fate()
    if (fate !== 'lost') this.#apply(structuredClone(step))
    if (fate !== 'written') throw new Error('the disk is full')
  }
  readonly checkpoint = async (key: string): Promise<string | undefined> => this.checkpoints.get(key)?.value

  #apply(step: LedgerStep): void {
    this.steps.push(step)
    const { writer, revision, replaces, counts = [], coverage = [] } = step
    const put = <T extends { readonly revision: number }>(
      into: Map<string, T>,
      key: string,
      value: T,
    ): void => {
      if ((into.get(key)?.revision ?? -1) <= value.revision) into.set(key, value)
    }
    const cellsAt = (minute: number): Map<string, Cell> => {
      const key = `${writer} ${minute}`
      const found = this.cells.get(key) ?? new Map<string, Cell>()
      this.cells.set(key, found)
      return found
    }
    for (let minute: number = replaces?.from ?? 0; minute < (replaces?.to ?? 0); minute += 60)
      for (const [key, { row, revision: known }] of cellsAt(minute))
        if (known < revision) cellsAt(minute).set(key, { revision, row: { ...row, value: 0 } })
    for (const row of counts)
      put(cellsAt(row.minute), `${row.key} ${labelsKey(row.labels)}`, { revision, row })
    for (const { source, from, to, state, reason } of coverage)
      for (let minute: number = from; minute < to; minute += 60)
        put(this.states, `${source} ${minute}`, { revision, state, reason })
    for (const { key, value } of step.checkpoints ?? []) put(this.checkpoints, key, { revision, value })
  }

  /** The counts of a question's minutes, by labels; zeros are left out. */
  counts(key: string): Record<string, number> {
    const sums = new Map<string, number>()
    for (const { row } of [...this.cells.values()].flatMap((cells) => [...cells.values()])) {
      if (row.key !== key || row.value === 0) continue
      const cell = `${row.minute} ${labelsKey(row.labels)}`
      sums.set(cell, (sums.get(cell) ?? 0) + row.value)
    }
    return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** What is known of a minute: `known`, `partial`, `missing`, or undefined when nothing was said. */
  state(source: string, minute: number): string | undefined {
    return this.states.get(`${source} ${minute}`)?.state
  }

  reason(source: string, minute: number): string | undefined {
    return this.states.get(`${source} ${minute}`)?.reason
  }
}
