import { hostname } from 'node:os'
import { unixSeconds, type World } from '../base/index.ts'
import { type Engine, quote } from './engine.ts'
import type { Journal, JournalDraft, JournalEntry } from './ledger.ts'
import { RowWriter } from './row-binary.ts'
import { JOURNAL } from './schema.ts'
import { StoreError } from './store-error.ts'

/** Between looks at a replica that does not show yet what another one has taken in. */
const LOOK_AGAIN_MS = 50
/** Looks before a number counts as not taken: a crash of the server can take a token and lose the rows. */
const LOOKS = 100
/** Times that one append may find its number taken by another process. */
const ATTEMPTS = 100

/** What an append needs to know besides its entries. */
interface Place {
  readonly world: World
  readonly engine: Engine
  /** Names one append of one process, so that it can tell its rows from another's. */
  readonly batch: string
}

/**
 * Appends one batch at a time, so numbers are given in the order in which entries reach the disk. Where several
 * processes append, each claims the next number with an insert whose deduplication token is that number: the
 * engine takes the first and drops the others, which then see whose it is and claim the next one.
 */
export async function openJournal(
  world: World,
  engine: Engine,
): Promise<Journal & { readonly settled: () => Promise<void> }> {
  const appender = `${hostname()}-${process.pid}-${world.random().toString(36).slice(2)}`
  let appends = 0
  let next = (await lastSeq(engine)) + 1
  let tail: Promise<unknown> = Promise.resolve()

  const append = async (drafts: readonly JournalDraft[]): Promise<readonly JournalEntry[]> => {
    const place = { world, engine, batch: `${appender}-${++appends}` }
    if (engine.shared) return claim(drafts, place)
    const entries = numbered(drafts, next)
    try {
      await engine.insert(JOURNAL, encode(entries, place.batch))
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

async function claim(drafts: readonly JournalDraft[], place: Place): Promise<readonly JournalEntry[]> {
  const { engine, batch } = place
  let lost = 0
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const entries = numbered(drafts, (await lastSeq(engine)) + 1)
    const seq = entries[0]?.seq ?? 0
    await engine.insert(JOURNAL, encode(entries, batch), `journal-${seq}.${lost}`)
    const owner = await ownerOf(seq, place)
    if (owner === batch) return entries
    if (owner === undefined) lost++
  }
  throw new StoreError(`${engine.place} is appended to by too many processes at once`, { retryable: true })
}

/** Whose the number is, as soon as it can be seen; undefined when it stays unseen. */
async function ownerOf(seq: number, place: Place): Promise<string | undefined> {
  const { world, engine } = place
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await world.clock.sleep(LOOK_AGAIN_MS)
    const rows = await engine.query(`SELECT batch FROM ${engine.tables.database}.journal WHERE seq = ${seq}`)
    if (!rows.done) return rows.text()
  }
  return undefined
}

function numbered(drafts: readonly JournalDraft[], from: number): readonly JournalEntry[] {
  return drafts.map((draft, i) => ({ ...draft, seq: from + i }))
}

function encode(entries: readonly JournalEntry[], batch: string): Buffer {
  const rows = new RowWriter()
  for (const entry of entries) {
    rows.u64(entry.seq)
    rows.big(BigInt.asUintN(64, BigInt(entry.at)))
    rows.text(entry.kind)
    rows.text(JSON.stringify(entry.data ?? null))
    rows.text(batch)
  }
  return rows.bytes
}

async function lastSeq(engine: Engine): Promise<number> {
  const rows = await engine.query(`SELECT max(seq) FROM ${engine.tables.database}.journal`)
  return rows.u64()
}

async function readJournal(
  engine: Engine,
  after: number,
  options: { readonly kinds?: readonly string[]; readonly limit?: number; readonly newestFirst?: boolean },
): Promise<readonly JournalEntry[]> {
  const { kinds, limit, newestFirst } = options
  if (kinds?.length === 0) return []
  const rows = await engine.query(
    `SELECT seq, at, toString(kind), data FROM ${engine.tables.database}.journal WHERE seq > ${after}` +
      (kinds === undefined ? '' : ` AND kind IN (${kinds.map(quote).join(', ')})`) +
      ` ORDER BY seq${newestFirst === true ? ' DESC' : ''}${limit === undefined ? '' : ` LIMIT ${limit}`}`,
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
