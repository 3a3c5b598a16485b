import { type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Engine } from './engine.ts'
import type { Changes } from './ledger.ts'
import { hashOf, type SeriesRegistry } from './series.ts'

/**
 * How long, in milliseconds, an insert can take between its stamp and the moment it can be seen, with what clocks of
 * several servers differ. Each question looks back so far again, and leaves out what it has reported already.
 */
const OVERLAP_MS = 60_000

/** Where a reader is: the engine's time in milliseconds, and which inserts of the last minute it was told of. */
interface Cursor {
  readonly at: number
  readonly told: ReadonlySet<string>
}

/** What one insert wrote of one source and writer. It is seen whole or not at all, so it is told once. */
interface Insert {
  readonly source: string
  readonly stamp: number
  covers: boolean
  from: UnixSeconds
  to: UnixSeconds
}

export async function readChanges(
  cursor: string | undefined,
  context: { readonly engine: Engine; readonly registry: SeriesRegistry },
): Promise<Changes> {
  const at = await engineNow(context.engine)
  const before = cursor === undefined ? undefined : parseCursor(cursor)
  const inserts = await readInserts(Math.min(before?.at ?? at, at) - OVERLAP_MS, context)
  const told: string[] = []
  const fresh: Insert[] = []
  for (const [key, insert] of inserts) {
    if (insert.stamp >= at - OVERLAP_MS) told.push(key)
    if (before !== undefined && !before.told.has(key)) fresh.push(insert)
  }
  const covered = new Set(fresh.filter(({ covers }) => covers).map(({ source }) => source))
  return { cursor: JSON.stringify({ at, told }), touched: touchedOf(fresh), covered: [...covered].sort() }
}

/** The engine's own clock, in milliseconds since 1970: what it stamps inserts with. */
export async function engineNow(engine: Engine): Promise<number> {
  const clock = await engine.query('SELECT toUInt64(toUnixTimestamp64Milli(now64(3)))')
  return clock.u64()
}

/** What was written since an instant, by whomever, and more rather than less; for cursors of an earlier run. */
export function readChangesSince(
  at: number,
  context: { readonly engine: Engine; readonly registry: SeriesRegistry },
): Promise<Changes> {
  return readChanges(JSON.stringify({ at, told: [] }), context)
}

/** By source, in the order of their names: the stretches in which something was written, merged. */
export function touchedOf(written: readonly (Range & { readonly source: string })[]): Changes['touched'] {
  const touched = new Map<string, Range[]>()
  for (const one of written) {
    const ranges = touched.get(one.source)
    if (ranges) ranges.push(one)
    else touched.set(one.source, [one])
  }
  return [...touched]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([source, ranges]) => mergeRanges(ranges).map((range) => ({ ...range, source })))
}

async function readInserts(
  since: number,
  context: { readonly engine: Engine; readonly registry: SeriesRegistry },
): Promise<ReadonlyMap<string, Insert>> {
  const { engine, registry } = context
  const rows = await engine.query(
    `SELECT toUInt64(toUnixTimestamp64Milli(inserted_at)), series, toString(writer), toUInt32(min(minute)),
       max(if(kind = 'coverage', count, toUInt64(toUInt32(minute)) + 60)), max(kind = 'coverage')
     FROM ${engine.tables.database}.cells
     WHERE inserted_at >= fromUnixTimestamp64Milli(${Math.max(0, since)}) AND kind != 'checkpoint'
     GROUP BY inserted_at, series, writer`,
  )
  // A series is written before its rows, so by now those of other processes can be known too.
  if (engine.shared) await registry.load()
  const inserts = new Map<string, Insert>()
  while (!rows.done) {
    const stamp = rows.u64()
    const source = registry.byId(rows.big())?.source
    const writer = rows.text()
    const from = unixSeconds(rows.u32())
    const to = unixSeconds(rows.u64())
    const covers = rows.u8() === 1
    if (source === undefined) continue
    // The cursor travels as text; 64 bits of hash keep it short and tell inserts apart.
    const key = hashOf(JSON.stringify([stamp, source, writer])).toString(36)
    const insert = inserts.get(key)
    if (insert === undefined) inserts.set(key, { source, stamp, covers, from, to })
    else {
      if (covers) insert.covers = true
      if (from < insert.from) insert.from = from
      if (to > insert.to) insert.to = to
    }
  }
  return inserts
}

/** Ranges that touch or overlap become one. */
export function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: { from: UnixSeconds; to: UnixSeconds }[] = []
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && from <= last.to) last.to = to > last.to ? to : last.to
    else merged.push({ from, to })
  }
  return merged
}

function parseCursor(text: string): Cursor {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed !== 'object' || parsed === null || !('at' in parsed) || !('told' in parsed))
    throw new Error('a cursor is what `changes` gave')
  return { at: Number(parsed.at), told: new Set(Array.isArray(parsed.told) ? parsed.told.map(String) : []) }
}
