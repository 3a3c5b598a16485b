import { unixSeconds } from '../base/index.ts'
import { type Engine, quote } from './engine.ts'
import type { Journal, JournalDraft, JournalEntry } from './ledger.ts'
import { RowWriter } from './row-binary.ts'
import { JOURNAL } from './schema.ts'

/** Appends one batch at a time, so numbers are given in the order in which entries reach the disk. */
export async function openJournal(
  engine: Engine,
): Promise<Journal & { readonly settled: () => Promise<void> }> {
  let next = (await lastSeq(engine)) + 1
  let tail: Promise<unknown> = Promise.resolve()

  const append = async (drafts: readonly JournalDraft[]): Promise<readonly JournalEntry[]> => {
    if (engine.shared) next = (await lastSeq(engine)) + 1
    const entries = drafts.map((draft, i) => ({ ...draft, seq: next + i }))
    const rows = new RowWriter()
    for (const entry of entries) {
      rows.u64(entry.seq)
      rows.big(BigInt.asUintN(64, BigInt(entry.at)))
      rows.text(entry.kind)
      rows.text(JSON.stringify(entry.data ?? null))
    }
    try {
      await engine.insert(JOURNAL, rows.bytes)
    } catch (error) {
      // Whether the rows got there is not known; what is there says which number is free.
      next = (await lastSeq(engine)) + 1
      throw error
    }
    next += entries.length
    return entries
  }

  return {
    append: (drafts) => {
      if (drafts.length === 0) return Promise.resolve([])
      const appended = tail.then(() => append(drafts))
      tail = appended.catch(() => undefined)
      return appended
    },
    read: (after, options = {}) => readJournal(engine, after, options),
    settled: async () => {
      await tail
    },
  }
}

async function lastSeq(engine: Engine): Promise<number> {
  const rows = await engine.query(`SELECT max(seq) FROM ${engine.tables.database}.journal`)
  return rows.u64()
}

async function readJournal(
  engine: Engine,
  after: number,
  options: { readonly kinds?: readonly string[]; readonly limit?: number },
): Promise<readonly JournalEntry[]> {
  const { kinds, limit } = options
  if (kinds?.length === 0) return []
  const rows = await engine.query(
    `SELECT seq, toUInt64(at), toString(kind), data FROM ${engine.tables.database}.journal WHERE seq > ${after}` +
      (kinds === undefined ? '' : ` AND kind IN (${kinds.map(quote).join(', ')})`) +
      ` ORDER BY seq${limit === undefined ? '' : ` LIMIT ${limit}`}`,
  )
  const entries: JournalEntry[] = []
  while (!rows.done) {
    const seq = rows.u64()
    const at = unixSeconds(Number(BigInt.asIntN(64, rows.big())))
    const kind = rows.text()
    const data: unknown = JSON.parse(rows.text())
    entries.push({ seq, at, kind, data })
  }
  return entries
}
