import { type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'

/**
 * What the ledger said of stretches of time, kept until something is written into them again. Time that is over is
 * asked about once, however often it is looked at; what changed is known from the ledger's own list of changes.
 */
export interface Blocks<T> {
  /** One answer for each block of the range, in order; `ask` is called with runs of blocks that are not known. */
  readonly of: (asked: BlocksAsked, ask: (run: Range) => Promise<readonly T[]>) => Promise<readonly T[]>
  /** The ledger was written to inside the range, for this source. */
  readonly touched: (source: string, range: Range) => void
}

export interface BlocksAsked {
  /** Names the question; the same key must mean the same question. */
  readonly key: string
  /** Sources that the answer rests on, as the ledger's changes name them. */
  readonly sources: readonly string[]
  /** Its length is a multiple of the width. */
  readonly range: Range
  /** Seconds a block. */
  readonly width: number
}

interface Entry<T> {
  readonly sources: ReadonlySet<string>
  readonly width: number
  /** Where blocks begin, after a multiple of the width. */
  readonly phase: number
  readonly blocks: Map<number, T>
  /** Runs that are being asked about; what is written into them meanwhile is asked again. */
  readonly asking: Set<{ readonly range: Range; touched: boolean }>
  /** One question of a kind at a time, so that two viewers ask once. */
  last: Promise<unknown>
  bytes: number
}

/** So much is kept of one kind; what was not looked at for the longest goes first. */
const MOST_BYTES = 96 * 1024 * 1024
/** What a block takes beside its numbers. */
const BLOCK_BYTES = 100

/** `bytesOf` says how much memory one answer takes, roughly. */
export function createBlocks<T>(bytesOf: (answer: T) => number): Blocks<T> {
  const kept: Kept<T> = { entries: new Map(), bytesOf }
  return {
    of: (asked, ask) => {
      const entry = entryOf(kept, asked)
      const work = entry.last.then(() => fill(kept, entry, { asked, ask }))
      entry.last = work.catch(() => undefined)
      return work
    },
    touched: (source, range) => {
      for (const entry of kept.entries.values()) if (entry.sources.has(source)) drop(entry, range)
    },
  }
}

interface Kept<T> {
  readonly entries: Map<string, Entry<T>>
  readonly bytesOf: (answer: T) => number
}

function entryOf<T>({ entries }: Kept<T>, asked: BlocksAsked): Entry<T> {
  const { sources, width } = asked
  const phase = asked.range.from % width
  const key = `${asked.key}\n${width} ${phase}`
  const found = entries.get(key)
  const entry: Entry<T> = found ?? {
    sources: new Set(sources),
    width,
    phase,
    blocks: new Map(),
    asking: new Set(),
    last: Promise.resolve(),
    bytes: 0,
  }
  // The order of a map is that of its entries' coming: the first is what was not looked at for the longest.
  entries.delete(key)
  entries.set(key, entry)
  return entry
}

interface Filling<T> {
  readonly asked: BlocksAsked
  readonly ask: (run: Range) => Promise<readonly T[]>
}

async function fill<T>(kept: Kept<T>, entry: Entry<T>, { asked, ask }: Filling<T>): Promise<readonly T[]> {
  const { range, width } = asked
  const answers = new Map<number, T>()
  for (let at: number = range.from; at < range.to; at += width) {
    const known = entry.blocks.get(at)
    if (known !== undefined) answers.set(at, known)
  }
  for (const run of missingRuns(answers, asked)) {
    const watch = { range: run, touched: false }
    entry.asking.add(watch)
    try {
      const found = await ask(run)
      found.forEach((answer, i) => {
        answers.set(run.from + i * width, answer)
        if (!watch.touched) remember(kept, entry, { at: run.from + i * width, answer })
      })
    } finally {
      entry.asking.delete(watch)
    }
  }
  makeRoom(kept)
  const ordered: T[] = []
  for (let at: number = range.from; at < range.to; at += width) {
    const answer = answers.get(at)
    if (answer !== undefined) ordered.push(answer)
  }
  return ordered
}

function missingRuns(answers: ReadonlyMap<number, unknown>, { range, width }: BlocksAsked): readonly Range[] {
  const runs: Range[] = []
  let from: UnixSeconds | undefined
  for (let at: number = range.from; at < range.to; at += width) {
    if (!answers.has(at)) from ??= unixSeconds(at)
    else if (from !== undefined) {
      runs.push({ from, to: unixSeconds(at) })
      from = undefined
    }
  }
  return from === undefined ? runs : [...runs, { from, to: range.to }]
}

function remember<T>(
  { bytesOf }: Kept<T>,
  entry: Entry<T>,
  { at, answer }: { readonly at: number; readonly answer: T },
): void {
  entry.blocks.set(at, answer)
  entry.bytes += bytesOf(answer) + BLOCK_BYTES
}

function drop<T>(entry: Entry<T>, { from, to }: Range): void {
  for (const watch of entry.asking) if (watch.range.from < to && watch.range.to > from) watch.touched = true
  const { width, phase } = entry
  // What is written is mostly of the last minutes: blocks are few, unless years are restated.
  for (let at = Math.floor((from - phase) / width) * width + phase; at < to; at += width)
    entry.blocks.delete(at)
}

/** Bytes are counted as they come and not as they go, so an entry is measured anew when it looks too large. */
function makeRoom<T>({ entries, bytesOf }: Kept<T>): void {
  let held = 0
  for (const entry of entries.values()) held += entry.bytes
  for (const [key, entry] of entries) {
    if (held <= MOST_BYTES) return
    held -= entry.bytes
    let bytes = 0
    for (const answer of entry.blocks.values()) bytes += bytesOf(answer) + BLOCK_BYTES
    entry.bytes = bytes
    held += bytes
    if (held <= MOST_BYTES || entries.size === 1) continue
    entries.delete(key)
    held -= bytes
  }
}
