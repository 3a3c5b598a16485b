import type { World } from '../base/index.ts'
import type { CoverageSpan, Exemplar, LedgerStep } from '../traffic/index.ts'
import { CellDraft, KIND, outcomeKind, quartersOf, type ZeroCell } from './cells.ts'
import { cutByQuarter } from './coverage.ts'
import { type Engine, quote } from './engine.ts'
import type { Retention } from './options.ts'
import type { OwnChanges } from './own-changes.ts'
import { RowWriter } from './row-binary.ts'
import { CELLS, EXEMPLARS } from './schema.ts'
import { type SeriesRegistry, writeLabels } from './series.ts'

/**
 * Rows that go into one insert. A step with more is split: its rows first, its coverage and checkpoint with the last,
 * so that a crash in between makes the collector read again what it had not finished.
 */
const MAX_ROWS = 200_000
/** Coverage statements remembered so that those which say nothing new are not written again. */
const MAX_STATEMENTS = 20_000

export interface WriterOptions {
  readonly engine: Engine
  readonly registry: SeriesRegistry
  readonly retention: Retention
  /** Told of what an insert wrote, before its steps resolve. */
  readonly changes: OwnChanges
}

interface Pending {
  readonly step: LedgerStep
  readonly rows: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Group commit: one flush at a time, and whatever came meanwhile goes into the next one together. */
export class StepWriter {
  readonly #world: World
  readonly #options: WriterOptions
  readonly #draft: CellDraft
  readonly #statements = new Map<string, { readonly said: string; readonly revision: number }>()
  #queue: Pending[] = []
  #running: Promise<void> | undefined

  constructor(world: World, options: WriterOptions) {
    this.#world = world
    this.#options = options
    this.#draft = new CellDraft(options.registry)
  }

  /** Resolves when the step is on disk. An abort takes back a step whose flush has not begun. */
  write(step: LedgerStep, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const rows = step.traffic.length + (step.counts?.length ?? 0)
      const pending: Pending = { step, rows, resolve, reject }
      this.#queue.push(pending)
      signal?.addEventListener(
        'abort',
        () => {
          if (!this.#queue.includes(pending)) return
          this.#queue = this.#queue.filter((other) => other !== pending)
          reject(signal.reason)
        },
        { once: true },
      )
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Steps that are written in the same turn of the event loop share the first flush already.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch()
      const refused = new Set<Pending>()
      try {
        await this.#world.trace.span('store.flush', { steps: batch.length }, () =>
          this.#flush(batch, refused),
        )
        for (const pending of batch) if (!refused.has(pending)) pending.resolve()
      } catch (error) {
        for (const pending of batch) if (!refused.has(pending)) pending.reject(error)
      }
      this.#draft.clear()
    }
    this.#running = undefined
  }

  /** A step that replaces a stretch must see what was written before it, so it goes alone. */
  #takeBatch(): readonly Pending[] {
    let rows = 0
    let length = 0
    for (const pending of this.#queue) {
      const alone = pending.step.replaces !== undefined
      if (length > 0 && (alone || rows + pending.rows > MAX_ROWS)) break
      rows += pending.rows
      length++
      if (alone) break
    }
    return this.#queue.splice(0, length)
  }

  async #flush(batch: readonly Pending[], refused: Set<Pending>): Promise<void> {
    await this.#writeExemplars(batch.flatMap(({ step }) => step.exemplars ?? []))
    const said: (() => void)[] = []
    for (const pending of batch) {
      const { step } = pending
      const mark = this.#draft.mark
      try {
        this.#draft.begin(step.writer, step.revision)
        for (let at = 0; at < pending.rows; at += MAX_ROWS) {
          this.#addRows(step, { from: at, to: at + MAX_ROWS })
          if (pending.rows > MAX_ROWS && this.#draft.count >= MAX_ROWS) await this.#insert()
        }
        for (const cell of await this.#stale(step)) this.#draft.zero(cell)
        said.push(...this.#writeCoverage(step))
        if (step.keeper !== undefined) this.#draft.begin(step.keeper, step.revision)
        for (const { key, value } of step.checkpoints ?? []) this.#draft.checkpoint(key, value)
      } catch (error) {
        // A row that cannot be written is a bug of its writer's and no reason to refuse the others' steps.
        if (!(error instanceof RangeError)) throw error
        this.#draft.goBack(mark)
        refused.add(pending)
        pending.reject(error)
      }
    }
    await this.#insert()
    for (const remember of said) remember()
  }

  async #insert(): Promise<void> {
    if (this.#draft.count === 0) return
    await this.#options.registry.save(this.#draft.days)
    try {
      await this.#options.engine.insert(CELLS, this.#draft.bytes)
    } finally {
      // An insert that failed may have been done nevertheless.
      this.#options.changes.note(this.#draft.written)
    }
    this.#draft.clear()
  }

  /** The rows from one place to another, traffic first; the caller inserts between. */
  #addRows(
    { writer, traffic, counts = [] }: LedgerStep,
    part: { readonly from: number; readonly to: number },
  ): void {
    const oldest = this.#oldestMinute()
    let left = 0
    for (let i = part.from; i < Math.min(part.to, traffic.length + counts.length); i++) {
      const row = traffic[i]
      const count = row === undefined ? counts[i - traffic.length] : undefined
      if (((row ?? count)?.minute ?? 0) < oldest) left++
      else if (row !== undefined) this.#draft.traffic(row)
      else if (count !== undefined) this.#draft.counts(count)
    }
    if (left > 0)
      this.#world.log.warn('rows older than the retention were left out', { writer, rows: left, oldest })
  }

  /** The engine drops rows past their time as they come in; they are left out before, so that it can be said. */
  #oldestMinute(): number {
    return this.#world.clock.now() - this.#options.retention.traffic * 86_400
  }

  /** Gives what to remember once the rows are on disk. */
  #writeCoverage(step: LedgerStep): (() => void)[] {
    const said: (() => void)[] = []
    const oldest = this.#oldestMinute()
    for (const span of (step.coverage ?? []).flatMap(cutByQuarter)) {
      if (span.to <= oldest) continue
      const { key, text } = statementOf(step.writer, span)
      const before = this.#statements.get(key)
      if (before && before.said === text && before.revision <= step.revision) continue
      this.#draft.coverage(span)
      said.push(() => {
        if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
        if ((this.#statements.get(key)?.revision ?? 0) <= step.revision)
          this.#statements.set(key, { said: text, revision: step.revision })
      })
    }
    return said
  }

  /** Cells of this writer in the stretch that it replaces, that the step does not name. */
  async #stale(step: LedgerStep): Promise<readonly ZeroCell[]> {
    const { replaces } = step
    if (replaces === undefined) return []
    const { registry, engine } = this.#options
    const named = new Set<string>()
    for (const row of step.traffic) {
      const { id } = registry.requests(row.source, row.labels)
      named.add(
        cellKey({ series: id, kind: outcomeKind(row.outcome), reason: row.reason, minute: row.minute }),
      )
    }
    for (const row of step.counts ?? []) {
      const { id } = registry.counts(row.source, row.key, row.labels)
      named.add(cellKey({ series: id, kind: KIND.value, reason: '', minute: row.minute }))
    }
    const rows = await engine.query(
      `SELECT series, toInt8(kind), reason, toUInt32(minute) FROM ${engine.tables.database}.cells FINAL
       PREWHERE ${quartersOf(replaces)} AND writer = ${quote(step.writer)}
         AND kind IN ('good', 'bad', 'ignored', 'value') AND minute >= ${replaces.from} AND minute < ${replaces.to}
       WHERE count > 0 AND revision < ${step.revision}`,
    )
    const stale: ZeroCell[] = []
    while (!rows.done) {
      const cell = { series: rows.big(), kind: rows.u8(), reason: rows.text(), minute: rows.u32() }
      if (!named.has(cellKey(cell))) stale.push(cell)
    }
    return stale
  }

  async #writeExemplars(exemplars: readonly Exemplar[]): Promise<void> {
    if (exemplars.length === 0) return
    const rows = new RowWriter(exemplars.length * 400)
    for (const exemplar of exemplars) encodeExemplar(rows, exemplar)
    await this.#options.engine.insert(EXEMPLARS, rows.bytes)
  }
}

function statementOf(writer: string, span: CoverageSpan): { key: string; text: string } {
  return {
    key: JSON.stringify([span.source, writer, span.from]),
    text: `${span.to} ${span.state} ${span.reason}`,
  }
}

function cellKey(cell: ZeroCell): string {
  return `${cell.series} ${cell.kind} ${cell.minute} ${cell.reason}`
}

function encodeExemplar(rows: RowWriter, exemplar: Exemplar): void {
  rows.text(exemplar.source)
  rows.u64(Math.floor(exemplar.atMs))
  writeLabels(rows, exemplar.labels)
  rows.u8(outcomeKind(exemplar.outcome))
  rows.text(exemplar.reason)
  rows.u8(exemplar.duration === undefined ? 1 : 0)
  if (exemplar.duration !== undefined) rows.u64(exemplar.duration)
  rows.text(exemplar.traceId ?? '')
  rows.text(exemplar.requestId ?? '')
}
