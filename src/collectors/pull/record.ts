import { type Range, type UnixSeconds, unixSeconds } from '../../base/index.ts'
import { addRange, inside, type Ranges, span, without } from './ranges.ts'
import type { KnowledgeGap } from './source.ts'

/** What has been read of one question. Kept in the ledger in the same step as the counts that it speaks of. */
export interface QuestionRecord {
  /** Of the last step that was written. */
  readonly revision: number
  /** Minutes for which the source has answered. */
  readonly read: Ranges
  /** Those of them that were old enough when they were asked for: no late data are expected, and nobody asks again. */
  readonly settled: Ranges
  /** Where the first known minute begins; undefined while nothing was ever known. */
  readonly first: UnixSeconds | undefined
  /** What was said of the last hours, in order: a statement grows with time instead of being joined by another. */
  readonly said: readonly Said[]
  /** What is being read now, of a source that costs money: a run that finds it goes on with it. */
  readonly pending?: readonly Pending[]
}

export interface Pending extends Range {
  readonly kind: 'live' | 'past'
  readonly attempt: string
}

/** A statement on coverage. */
export interface Said extends Range {
  readonly state: 'known' | 'partial' | 'missing'
  readonly reason: string
}

export const EMPTY_RECORD: QuestionRecord = { revision: 0, read: [], settled: [], first: undefined, said: [] }

/** The ledger keeps coverage by quarters of a day; statements are kept for one more than is being read. */
const QUARTER = 21_600
const SAID_FOR = 2 * QUARTER

/** An answer for a range: what is not in its gaps is known. `past`: read after the time that follows it. */
export interface Taken {
  readonly range: Range
  readonly gaps: readonly KnowledgeGap[]
  readonly kind: 'live' | 'past'
  /** Minutes before this were old enough when they were asked for. */
  readonly settledTo: UnixSeconds
}

export interface Settled {
  readonly record: QuestionRecord
  /** What is to be written about coverage. */
  readonly says: readonly Said[]
}

/**
 * Takes in an answer. While the past is read, newest first, minutes without data before the first known one are left
 * unsaid: the service may not have been there yet. They are said to be missing once older data are found.
 */
export function takeAnswer(before: QuestionRecord, { range, gaps, kind, settledTo }: Taken): Settled {
  const told = statementsOf(range, gaps)
  const known = told.find(({ state }) => state !== 'missing')?.from
  const first = earliest(before.first, known)
  const statements = kind === 'live' ? told : told.filter(({ from }) => first !== undefined && from >= first)
  const unsaid =
    kind === 'past' && first !== undefined && before.first !== undefined && first < before.first
      ? before.read
          .map((read) => inside(read, span(Math.max(first, range.to), before.first ?? first)))
          .filter(({ from, to }) => from < to)
          .map(({ from, to }): Said => ({ from, to, state: 'missing', reason: reasonOf(gaps) }))
      : []
  const settled = addRange(before.settled, inside(range, span(0, settledTo)))
  // An answer is written newest first, so what was being read is read once its first minute is.
  const pending = (before.pending ?? []).filter(({ from }) => from < range.from || from >= range.to)
  const record = { ...before, read: addRange(before.read, range), settled, first, pending }
  return say(record, [...unsaid, ...statements])
}

/** Minutes of a range that nobody has read and that could not be read now. */
export function takeFailure(before: QuestionRecord, range: Range, reason: string): Settled {
  const unread = without(range, before.read)
  return say(
    before,
    unread.map(({ from, to }): Said => ({ from, to, state: 'missing', reason })),
  )
}

function say(record: QuestionRecord, statements: readonly Said[]): Settled {
  const said = statements.reduce(paint, record.said)
  const touched = statements.map(({ from, to }) => span(quarterOf(from), quarterOf(to - 1) + QUARTER))
  const says = said.flatMap((one) => {
    const near = touched.filter(({ from, to }) => from < one.to && to > one.from)
    const hull = span(Math.min(...near.map(({ from }) => from)), Math.max(...near.map(({ to }) => to)))
    return near.length === 0 ? [] : [{ ...one, ...inside(one, hull) }]
  })
  const kept = quarterOf((record.read.at(-1)?.to ?? said.at(-1)?.to ?? 0) - SAID_FOR)
  const recent = said.flatMap((one) => {
    const from = unixSeconds(Math.max(one.from, kept))
    return from < one.to ? [{ ...one, from }] : []
  })
  return { record: { ...record, said: recent }, says }
}

function statementsOf(range: Range, gaps: readonly KnowledgeGap[]): readonly Said[] {
  const whole: Said = { ...range, state: 'known', reason: '' }
  return gaps
    .map((gap): Said => ({ ...inside(gap, range), state: gap.state, reason: gap.reason }))
    .reduce(paint, [whole])
}

/** Puts a statement over what was said before; statements stay in order, and neighbours that say the same are one. */
export function paint(said: readonly Said[], added: Said): readonly Said[] {
  if (added.to <= added.from) return said
  const pieces = said.flatMap((one) => without(one, [added]).map((rest): Said => ({ ...one, ...rest })))
  const joined: Said[] = []
  for (const next of [...pieces, added].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last && last.to === next.from && last.state === next.state && last.reason === next.reason)
      joined[joined.length - 1] = { ...last, to: next.to }
    else joined.push(next)
  }
  return joined
}

const quarterOf = (at: number): number => Math.floor(at / QUARTER) * QUARTER

function earliest(a: UnixSeconds | undefined, b: UnixSeconds | undefined): UnixSeconds | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

function reasonOf(gaps: readonly KnowledgeGap[]): string {
  return gaps.find(({ state }) => state === 'missing')?.reason ?? 'the source has no data'
}

/** The stretch to read now: what is new, and the last minutes again. `most` bounds it; the rest is read as the past. */
export function livePlan(
  record: QuestionRecord,
  options: { readonly end: UnixSeconds; readonly overlap: number; readonly most: number },
): Range {
  const { end, overlap, most } = options
  const through = record.read.at(-1)?.to
  const from = through === undefined ? 0 : Math.min(through, end) - overlap
  return span(Math.max(from, end - most), end)
}

/** The newest stretch between two instants that is not settled, cut at multiples of `chunk`. Undefined: there is none. */
export function pastPlan(
  record: QuestionRecord,
  within: Range,
  { chunk, skipped }: { readonly chunk: number; readonly skipped: Ranges },
): Range | undefined {
  const hole = without(within, skipped.reduce(addRange, record.settled)).at(-1)
  if (hole === undefined) return undefined
  return span(Math.max(hole.from, Math.floor((hole.to - 1) / chunk) * chunk), hole.to)
}

/** As the checkpoint's text. Whole numbers in short lists: it is written with every answer. */
export function showRecord({ revision, read, settled, first, said, pending = [] }: QuestionRecord): string {
  return JSON.stringify({
    v: 1,
    revision,
    first: first ?? null,
    read: read.map(({ from, to }) => [from, to]),
    settled: settled.map(({ from, to }) => [from, to]),
    said: said.map(({ from, to, state, reason }) => [from, to, state, reason]),
    ...(pending.length > 0 ? { pending: pending.map(pendingTexts) } : {}),
  })
}

/** Undefined for a text that this version did not write. */
export function parseRecord(text: string): QuestionRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isPlain(value) || value['v'] !== 1 || typeof value['revision'] !== 'number') return undefined
  const { revision, first } = value
  const rangesOf = (list: unknown): Ranges =>
    listOf(list).flatMap(([from, to]) =>
      typeof from === 'number' && typeof to === 'number' ? [span(from, to)] : [],
    )
  const read = rangesOf(value['read'])
  const settled = rangesOf(value['settled'])
  const said = listOf(value['said']).flatMap(([from, to, state, reason]): readonly Said[] => {
    const known = (['known', 'partial', 'missing'] as const).find((each) => each === state)
    if (typeof from !== 'number' || typeof to !== 'number' || known === undefined) return []
    return [{ ...span(from, to), state: known, reason: typeof reason === 'string' ? reason : '' }]
  })
  const known = {
    revision,
    read,
    settled,
    said,
    first: typeof first === 'number' ? unixSeconds(first) : undefined,
  }
  const pending = listOf(value['pending']).flatMap(([from, to, kind, attempt]): readonly Pending[] => {
    if (typeof from !== 'number' || typeof to !== 'number' || typeof attempt !== 'string') return []
    return [{ ...span(from, to), kind: kind === 'past' ? 'past' : 'live', attempt }]
  })
  return pending.length === 0 ? known : { ...known, pending }
}

const pendingTexts = ({ from, to, kind, attempt }: Pending): readonly unknown[] => [from, to, kind, attempt]

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly (readonly unknown[])[] {
  return Array.isArray(value) ? value.filter((each: unknown) => Array.isArray(each)) : []
}
