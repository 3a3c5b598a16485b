import { type Labels, labelsKey, type Range, type World } from '../../base/index.ts'
import {
  type CountRow,
  type ExternalQuery,
  type LedgerStep,
  OVERFLOW,
  questionSource,
  type TrafficRow,
} from '../../traffic/index.ts'
import type { Sink } from '../collector.ts'
import { inside, type Ranges, span, without } from './ranges.ts'
import {
  EMPTY_RECORD,
  type Pending,
  parseRecord,
  type QuestionRecord,
  type Said,
  type Settled,
  showRecord,
  type Taken,
  takeAnswer,
  takeFailure,
} from './record.ts'
import type { Answer, MinuteCount, PullFailure } from './source.ts'

export interface QuestionSettings {
  /** The DataSource's name. */
  readonly source: string
  /** Of the DataSource's inputs; empty when it is read as one. The same for every run. */
  readonly input: string
  /** Added to every row that does not have them itself. */
  readonly labels: Labels
  /** Combinations of labels; what comes after goes to one series that says so. */
  readonly maxSeries: number
  /** Under which name its coverage is kept; that of the question unless given. */
  readonly coverage?: ((asked: ExternalQuery) => string) | undefined
}

/** Rows written at once: the writes of live reads wait for no longer than such a step takes. */
const ROWS_AT_ONCE = 20_000

/** Readings that are under way at a time; older ones were given up. */
const MOST_PENDING = 200

/** Answers after which twice as much is asked for at once. */
const ANSWERS_TO_GROW = 100

/** One question: what has been read of it, and how its counts get into the ledger. */
export class Question {
  /** As it is asked now: what its silence means depends on who asks. */
  asked: ExternalQuery
  readonly #world: World
  readonly #settings: QuestionSettings
  readonly #writer: string
  #record: QuestionRecord | undefined
  /** The highest that was tried, written or not. */
  #revision = 0
  /** What this run has written of the minutes since `from`, so that only what differs is written again. */
  #written: { readonly from: number; readonly cells: Map<string, CountRow> } | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #numbers = { events: 0, rejected: 0, overflowed: 0 }
  /** Since the last answer. */
  failure: PullFailure | undefined
  /** Not asked before this instant of the monotonic clock. */
  restUntil = 0
  #most = Number.POSITIVE_INFINITY
  #rather = Number.POSITIVE_INFINITY
  #answers = 0
  #skips: { readonly range: Range; readonly untilMs: number }[] = []

  constructor(world: World, asked: ExternalQuery, settings: QuestionSettings) {
    this.asked = asked
    this.#world = world
    this.#settings = settings
    this.#writer = `pull:${settings.source}/${settings.input}?${asked.key}`
  }

  /** The longest stretch, in seconds, that is asked for at once: whole minutes, at least one. */
  get most(): number {
    return Math.max(60, Math.min(this.#most, this.#rather))
  }

  /** Leaves a stretch of the past out until an instant of the monotonic clock. */
  skip(range: Range, untilMs: number): void {
    this.#skips.push({ range, untilMs })
  }

  skipped(nowMs: number): Ranges {
    this.#skips = this.#skips.filter(({ untilMs }) => untilMs > nowMs)
    return this.#skips.map(({ range }) => range)
  }

  /** A stretch of so many seconds was too much for one answer. Half of it is asked for from now on. */
  shrink(length: number): void {
    this.#most = Math.max(60, Math.floor(length / 120) * 60)
    this.#answers = 0
  }

  get numbers(): { readonly events: number; readonly rejected: number; readonly overflowed: number } {
    return this.#numbers
  }

  /** Undefined until it was asked of the ledger. */
  get record(): QuestionRecord | undefined {
    return this.#record
  }

  /** What was read by this and earlier runs. Rejects when the ledger cannot be read. */
  async recall(sink: Sink): Promise<QuestionRecord> {
    if (this.#record !== undefined) return this.#record
    const text = await sink.checkpoint(this.#writer)
    const found = text === undefined ? EMPTY_RECORD : parseRecord(text)
    if (found === undefined)
      this.#world.log.warn('a checkpoint cannot be read, all is read again', { writer: this.#writer })
    this.#record ??= found ?? EMPTY_RECORD
    return this.#record
  }

  /** Writes an answer. Rejects when the ledger does; then nothing of what was not written counts as read. */
  async take(answer: Answer, taken: Omit<Taken, 'gaps'>, sink: Sink): Promise<void> {
    if (answer.traffic !== undefined) return this.#takeTraffic(answer.traffic, { answer, taken }, sink)
    const range = inside(taken.range, span(0, answer.through ?? taken.range.to))
    const { counts, overflowed } = this.#countsOf(answer.rows, range)
    const fresh = without(range, (await this.recall(sink)).read)
    this.#numbers.rejected += sumWithin(fresh, answer.rejected ?? [])
    this.#numbers.overflowed += sumWithin(fresh, overflowed)
    for (const piece of inPieces(counts, range)) {
      await this.#exclusively(() =>
        this.#write(sink, piece, (record) =>
          takeAnswer(record, { ...taken, range: piece.range, gaps: answer.gaps }),
        ),
      )
    }
    this.failure = undefined
    this.#rather = answer.rather ?? Number.POSITIVE_INFINITY
    // What was too much may have been so for a while only.
    if (++this.#answers % ANSWERS_TO_GROW === 0) this.#most *= 2
  }

  /** Requests replace whatever this question had said of the range, in parts that each are whole minutes. */
  async #takeTraffic(
    traffic: readonly TrafficRow[],
    { answer, taken }: { readonly answer: Answer; readonly taken: Omit<Taken, 'gaps'> },
    sink: Sink,
  ): Promise<void> {
    const range = inside(taken.range, span(0, answer.through ?? taken.range.to))
    const fresh = without(range, (await this.recall(sink)).read)
    this.#numbers.rejected += sumWithin(fresh, answer.rejected ?? [])
    const sorted = traffic.toSorted((a, b) => a.minute - b.minute)
    for (const piece of inPieces(sorted, range))
      await this.#exclusively(async () => {
        const before = await this.recall(sink)
        const settled = takeAnswer(before, { ...taken, range: piece.range, gaps: answer.gaps })
        await this.#commit(sink, { traffic: piece.counts, counts: [], replaces: piece.range }, settled)
      })
    const values = traffic.map(({ minute, count }): [number, number] => [minute, count])
    this.#numbers.events += sumWithin(fresh, values)
    const beyond = traffic.filter(({ labels }) => Object.hasOwn(labels, OVERFLOW))
    this.#numbers.overflowed += sumWithin(
      fresh,
      beyond.map(({ minute, count }): [number, number] => [minute, count]),
    )
    this.failure = undefined
  }

  /** Puts down what is about to be asked, before it is. Rejects when the ledger does. */
  async intend(pending: Pending, sink: Sink): Promise<void> {
    await this.#exclusively(async () => {
      const before = await this.recall(sink)
      const others = (before.pending ?? []).filter(({ from }) => from !== pending.from)
      const record = { ...before, pending: [...others, pending].slice(-MOST_PENDING) }
      await this.#commit(sink, { counts: [], replaces: undefined }, { record, says: [] })
    })
  }

  /** Says why there is no answer; only of minutes that nobody has read. */
  async miss(range: Range, failure: PullFailure, sink: Sink): Promise<void> {
    this.failure = failure
    await this.#exclusively(async () => {
      const { record, says } = takeFailure(await this.recall(sink), range, failure.text)
      if (says.length > 0) await this.#commit(sink, { counts: [], replaces: undefined }, { record, says })
    })
  }

  async #write(
    sink: Sink,
    piece: Piece<CountRow>,
    settle: (record: QuestionRecord) => Settled,
  ): Promise<void> {
    const { range, counts } = piece
    if (range.to <= range.from) return
    const before = await this.recall(sink)
    const fresh = without(range, before.read)
    const known = this.#written
    const differs = known !== undefined && range.from >= known.from
    const rows = differs ? differences(known.cells, counts, range) : counts
    await this.#commit(sink, { counts: rows, replaces: differs ? undefined : range }, settle(before))
    this.#remember(range, counts)
    const values = counts.map(({ minute, value }): [number, number] => [minute, value])
    this.#numbers.events += sumWithin(fresh, values)
  }

  async #commit(
    sink: Sink,
    {
      counts,
      replaces,
      traffic = [],
    }: {
      readonly counts: readonly CountRow[]
      readonly replaces: Range | undefined
      readonly traffic?: readonly TrafficRow[]
    },
    { record, says }: Settled,
  ): Promise<void> {
    // The wall clock keeps revisions rising even if the checkpoint was lost; they never fall when it goes back.
    const revision = Math.max(record.revision + 1, this.#revision + 1, Math.floor(this.#world.clock.nowMs()))
    this.#revision = revision
    const next = { ...record, revision }
    const about = this.#settings.coverage?.(this.asked) ?? questionSource(this.asked)
    const step: LedgerStep = {
      writer: this.#writer,
      revision,
      traffic,
      counts,
      coverage: says.map((said: Said) => ({ ...said, source: about })),
      checkpoints: [{ key: this.#writer, value: showRecord(next) }],
    }
    try {
      await sink.write(replaces === undefined ? step : { ...step, replaces })
    } catch (error) {
      // It may have been written all the same, so nothing is known of what the ledger holds.
      this.#written = undefined
      throw error
    }
    this.#record = next
  }

  /** Keeps what the ledger holds of the newest stretch, which is read again and again; what is older is forgotten. */
  #remember(range: Range, counts: readonly CountRow[]): void {
    const before = this.#written
    const isNewest = range.to >= (this.#record?.read.at(-1)?.to ?? 0)
    if (before === undefined && !isNewest) return
    const from = isNewest || before === undefined ? range.from : before.from
    const cells = new Map<string, CountRow>()
    for (const [key, row] of before?.cells ?? [])
      if (row.minute >= from && (row.minute < range.from || row.minute >= range.to)) cells.set(key, row)
    for (const row of counts) if (row.minute >= from) cells.set(cellKey(row), row)
    this.#written = { from, cells }
  }

  #countsOf(
    rows: readonly MinuteCount[],
    range: Range,
  ): { counts: CountRow[]; overflowed: [number, number][] } {
    const { source, labels: fixed, maxSeries } = this.#settings
    const combinations = new Map<string, Labels>()
    for (const { labels } of rows) {
      const key = labelsKey(labels)
      if (!combinations.has(key)) combinations.set(key, { ...fixed, ...labels })
    }
    const kept = [...combinations.keys()].sort().slice(0, maxSeries)
    const place = new Map(kept.map((key) => [key, combinations.get(key) ?? fixed]))
    const sums = new Map<string, CountRow>()
    const overflowed: [number, number][] = []
    for (const { labels, minute, value } of rows) {
      if (minute < range.from || minute >= range.to || value === 0) continue
      const own = place.get(labelsKey(labels))
      if (own === undefined) overflowed.push([minute, value])
      const row = {
        key: this.asked.key,
        source,
        labels: own ?? { ...fixed, [OVERFLOW]: 'true' },
        minute,
        value,
      }
      const key = cellKey(row)
      sums.set(key, { ...row, value: value + (sums.get(key)?.value ?? 0) })
    }
    return { counts: [...sums.values()].sort((a, b) => a.minute - b.minute), overflowed }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work, work)
    this.#queue = done.catch(() => undefined)
    return done
  }
}

/** The sum of what is of minutes in some ranges: what is read again counts once for people. */
function sumWithin(ranges: Ranges, minutes: Iterable<readonly [minute: number, n: number]>): number {
  let sum = 0
  for (const [minute, n] of minutes)
    if (ranges.some(({ from, to }) => minute >= from && minute < to)) sum += n
  return sum
}

interface Piece<Row> {
  readonly range: Range
  readonly counts: readonly Row[]
}

/** Cut between minutes, so that no piece has many more rows than are written at once. Newest first, as all is read. */
function inPieces<Row extends { readonly minute: number }>(
  counts: readonly Row[],
  range: Range,
): readonly Piece<Row>[] {
  if (counts.length <= ROWS_AT_ONCE) return [{ range, counts }]
  const pieces: Piece<Row>[] = []
  let from = 0
  let start: number = range.from
  for (let i = 1; i < counts.length; i++) {
    const minute = counts[i]?.minute ?? 0
    if (i - from < ROWS_AT_ONCE || minute === counts[i - 1]?.minute) continue
    pieces.push({ range: span(start, minute), counts: counts.slice(from, i) })
    from = i
    start = minute
  }
  pieces.push({ range: span(start, range.to), counts: counts.slice(from) })
  return pieces.reverse()
}

/** What is to be written so that the ledger holds these counts in the range, given what was written before. */
function differences(
  written: ReadonlyMap<string, CountRow>,
  counts: readonly CountRow[],
  range: Range,
): readonly CountRow[] {
  const now = new Set(counts.map(cellKey))
  const changed = counts.filter((row) => written.get(cellKey(row))?.value !== row.value)
  const gone = [...written]
    .filter(
      ([key, { minute, value }]) => minute >= range.from && minute < range.to && value > 0 && !now.has(key),
    )
    .map(([, row]) => ({ ...row, value: 0 }))
  return [...changed, ...gone]
}

const cellKey = ({ minute, labels }: Pick<CountRow, 'minute' | 'labels'>): string =>
  `${minute} ${labelsKey(labels)}`
