import { isAscii } from 'node:buffer'
import { type Range, unixSeconds } from '../../base/index.ts'
import {
  type Accumulator,
  type CoverageSpan,
  createAccumulator,
  createJudge,
  createSeriesTable,
  type Judgement,
  type LedgerStep,
  type SeriesTable,
  type TrafficRow,
} from '../../traffic/index.ts'
import { createNaming, type SeriesOf } from '../request/naming.ts'
import { createDecoder } from './decoder.ts'
import { ExemplarPick } from './exemplars.ts'
import type { FileCheckpoint } from './identity.ts'
import { LONGEST_LINE, type Stretch } from './line-reader.ts'
import type { LogOptions } from './options.ts'
import type { LineDecoder, LogRecord, Rejection } from './record.ts'
import { coverageState, type Tally } from './tally.ts'

/** What all files of one source share. */
export interface SourceSetting {
  readonly name: string
  readonly options: LogOptions
  readonly judge: (record: LogRecord) => Judgement
  readonly naming: (file: string) => SeriesOf
  readonly table: SeriesTable
  /** Events before this are rejected: the ledger would not keep them. */
  readonly oldest: number
}

export function createSetting(
  name: string,
  options: LogOptions,
  { oldest = -Infinity }: { readonly oldest?: number | undefined } = {},
): SourceSetting {
  const { maxSeries, labels, abort, healthChecks, outcomes } = options
  const table = createSeriesTable({ maxSeries, fixed: labels })
  return {
    name,
    options,
    judge: createJudge({ ...healthChecks, outcomes, ...(abort === undefined ? {} : { abort }) }),
    naming: createNaming(options, table),
    table,
    oldest,
  }
}

const MOST_ROWS = 20_000
/** A round outranks any offset within a chunk of the rounds before. */
const ROUND = 2 ** 31
const DAY = 86_400
const ALL_TIME: Range = { from: unixSeconds(0), to: unixSeconds(4_294_967_280) }

/**
 * Counts one file, chunk by chunk. A chunk is all lines that start within the same stretch of `chunkBytes` bytes, so
 * where it is cut depends on the contents alone. Each chunk is a writer of its own, and says its whole counts each
 * time: a chunk that a crash cut off is counted again from its start, in a later round, and replaces what it had said.
 */
export class FileCount {
  readonly #setting: SourceSetting
  readonly #decode: LineDecoder
  readonly #key: string
  readonly #path: string
  readonly #chunkBytes: number
  readonly #prefix: FileCheckpoint['prefix']
  readonly #round: number
  readonly #accumulator: Accumulator
  readonly #exemplars: ExemplarPick
  readonly #seriesOf: SeriesOf
  readonly #tally: Tally
  readonly #growing: boolean
  readonly #closed: LedgerStep[] = []
  #chunk: number
  #chunkStart: number
  #linesBefore: number
  #position: number
  #lines: number
  /** Whether this round has said all that it counted in this chunk, so that changes are enough from now on. */
  #settled: boolean
  #changed = false
  /** Start of the last minute that had an event in the chunks before. */
  #through: number | undefined
  #span: ChunkSpan = EMPTY_SPAN

  constructor(
    setting: SourceSetting,
    file: {
      readonly key: string
      readonly path: string
      readonly prefix: FileCheckpoint['prefix']
      readonly checkpoint: FileCheckpoint | undefined
      readonly tally: Tally
      /** The file is still being written: the minute of its last event may get more, so it is not known yet. */
      readonly growing?: boolean
      /** Count from the first line again, whatever the checkpoint says. */
      readonly again?: boolean
    },
  ) {
    const { checkpoint, again = false } = file
    this.#setting = setting
    this.#decode = createDecoder(setting.options)
    this.#key = file.key
    this.#path = file.path
    // A file stays cut as it was begun, or its chunks would no longer be the writers that they were.
    this.#chunkBytes = checkpoint?.chunkBytes ?? setting.options.chunkBytes
    this.#prefix = file.prefix
    this.#tally = file.tally
    this.#round = (checkpoint?.round ?? 0) + 1
    this.#chunkStart = again ? 0 : (checkpoint?.start ?? 0)
    this.#linesBefore = again ? 0 : (checkpoint?.lines ?? 0)
    this.#position = this.#chunkStart
    this.#lines = this.#linesBefore
    this.#chunk = Math.floor(this.#chunkStart / this.#chunkBytes)
    this.#settled = this.#round === 1
    this.#through = again ? undefined : checkpoint?.through
    this.#growing = file.growing ?? false
    this.#seriesOf = setting.naming(file.path)
    this.#exemplars = new ExemplarPick(setting.name)
    this.#accumulator = createAccumulator({
      source: setting.name,
      writer: this.#writer(),
      table: setting.table,
      maxCells: Infinity,
    })
  }

  /** Where reading goes on, in unpacked bytes. */
  get position(): number {
    return this.#position
  }

  /** Counts a stretch, which must begin at `position`. */
  count(stretch: Stretch): void {
    this.#changed = true
    if (stretch.kind === 'too-long') {
      this.#enterChunkOf(stretch.start)
      this.#reject('line-too-long')
      this.#position = stretch.end
      return
    }
    const { bytes, start } = stretch
    let from = 0
    while (from < bytes.length) {
      this.#enterChunkOf(start + from)
      const boundary = (this.#chunk + 1) * this.#chunkBytes - start
      // The line that reaches over the boundary still belongs to this chunk.
      const lineEnd = boundary >= bytes.length ? -1 : bytes.indexOf(10, Math.max(from, boundary - 1))
      const end = lineEnd < 0 ? bytes.length : lineEnd + 1
      this.#countLines(textOf(bytes.subarray(from, end)), start + from === 0)
      this.#position = start + end
      from = end
    }
  }

  /** Steps of the chunks that were finished since the last time. They must be written, in order. */
  takeClosed(): readonly LedgerStep[] {
    return this.#closed.splice(0)
  }

  /** Steps that bring the ledger to `position`, those of finished chunks first; empty when nothing changed. */
  take(): readonly LedgerStep[] {
    const closed = this.takeClosed()
    if (!this.#changed) return closed
    this.#changed = false
    return [...closed, ...this.#steps(this.#here())]
  }

  #enterChunkOf(start: number): void {
    const chunk = Math.floor(start / this.#chunkBytes)
    if (chunk === this.#chunk) return
    const through = Math.max(this.#through ?? -Infinity, this.#span.last)
    const isKnown = Number.isFinite(through)
    this.#closed.push(...this.#steps({ start, lines: this.#lines, ...(isKnown ? { through } : {}) }))
    if (isKnown) this.#through = through
    this.#span = EMPTY_SPAN
    this.#chunk = chunk
    this.#chunkStart = start
    this.#linesBefore = this.#lines
    this.#settled = this.#round === 1
    this.#accumulator.startOver(this.#writer())
  }

  #countLines(text: string, isFileStart: boolean): void {
    let from = isFileStart && text.charCodeAt(0) === 0xfeff ? 1 : 0
    while (from < text.length) {
      const lineEnd = text.indexOf('\n', from)
      const next = lineEnd < 0 ? text.length : lineEnd + 1
      let end = lineEnd < 0 ? text.length : lineEnd
      if (end > from && text.charCodeAt(end - 1) === 13) end--
      this.#countLine(text, from, end)
      from = next
    }
  }

  #countLine(text: string, from: number, to: number): void {
    if (from === to) {
      this.#lines++
      this.#tally.blank++
      return
    }
    const record = to - from > LONGEST_LINE ? 'line-too-long' : this.#decode(text, from, to)
    if (record === undefined) {
      this.#lines++
      this.#tally.blank++
      return
    }
    if (typeof record === 'string') return this.#reject(record)
    const minute = Math.floor(record.endMs / 60_000) * 60
    if (minute < this.#setting.oldest) return this.#reject('too-old')
    this.#lines++
    const judgement = this.#setting.judge(record)
    const series = this.#seriesOf(record)
    this.#accumulator.addTo(series, {
      minute,
      outcome: judgement.outcome,
      reason: judgement.reason,
      duration: judgement.timed ? record.duration : undefined,
    })
    this.#exemplars.offer(record, judgement, series.labels)
    this.#tally.count(judgement.outcome, series)
    this.#see(minute)
  }

  #see(minute: number): void {
    if (this.#span.events === 0) this.#span = { ...this.#span, first: minute, last: minute }
    this.#span.events++
    // One line with a clock that was years behind does not make those years known.
    if (minute < this.#span.first && minute > this.#span.last - DAY) this.#span.first = minute
    if (minute > this.#span.last) this.#span.last = minute
  }

  #reject(rejection: Rejection): void {
    this.#lines++
    this.#span = { ...this.#span, rejected: this.#span.rejected + 1 }
    this.#tally.reject({ file: this.#path, line: this.#lines, reason: rejection })
  }

  #here(): Place {
    const through = this.#through
    return {
      start: this.#chunkStart,
      lines: this.#linesBefore,
      ...(through === undefined ? {} : { through }),
    }
  }

  #spans(): readonly CoverageSpan[] {
    const { first, last, events, rejected } = this.#span
    if (events === 0) return []
    // Quiet minutes between two chunks are as known as those within one.
    const from = unixSeconds(Math.min(first, this.#through ?? first))
    const to = unixSeconds(this.#growing ? last : last + 60)
    if (to <= from) return []
    return [{ source: this.#setting.name, from, to, ...coverageState({ events, rejections: rejected }) }]
  }

  #steps(next: Place): readonly LedgerStep[] {
    const whole = !this.#settled
    this.#settled = true
    const { writer, traffic } = this.#accumulator.drain({ all: whole })
    const revision = this.#round * ROUND + Math.min(this.#position - this.#chunkStart, ROUND - 1)
    const coverage = this.#spans()
    const parts = whole ? partsByMinute(traffic) : partsBySize(traffic)
    return parts.map((part, i): LedgerStep => {
      const isLast = i === parts.length - 1
      const at = isLast ? next : this.#here()
      const read = isLast ? this.#position : this.#chunkStart
      const { round, prefix, chunkBytes } = {
        round: this.#round,
        prefix: this.#prefix,
        chunkBytes: this.#chunkBytes,
      }
      const checkpoint: FileCheckpoint = { ...at, read, round, chunkBytes, prefix }
      return {
        writer,
        revision,
        traffic: part.rows,
        ...(part.range === undefined ? {} : { replaces: part.range }),
        ...(isLast ? { exemplars: this.#exemplars.take(), coverage } : {}),
        checkpoints: [{ key: this.#key, value: JSON.stringify(checkpoint) }],
      }
    })
  }

  #writer(): string {
    return `${this.#key}:${this.#chunk}`
  }
}

type Place = Pick<FileCheckpoint, 'start' | 'lines' | 'through'>

/** What a chunk has seen: the starts of its first and last minute, and how many lines. */
interface ChunkSpan {
  first: number
  last: number
  events: number
  rejected: number
}

const EMPTY_SPAN: ChunkSpan = { first: Infinity, last: -Infinity, events: 0, rejected: 0 }

interface Part {
  readonly rows: readonly TrafficRow[]
  readonly range?: Range
}

function partsBySize(rows: readonly TrafficRow[]): readonly Part[] {
  const parts: Part[] = []
  for (let at = 0; at < rows.length || at === 0; at += MOST_ROWS)
    parts.push({ rows: rows.slice(at, at + MOST_ROWS) })
  return parts
}

/**
 * All rows of a writer, in parts that each replace a stretch of time, so that what an earlier round said and this one
 * does not (the options changed) becomes zero. A day on either side is enough: the lines have the same times as then.
 */
function partsByMinute(rows: readonly TrafficRow[]): readonly Part[] {
  const sorted = rows.toSorted((a, b) => a.minute - b.minute)
  const first = sorted[0]
  const last = sorted.at(-1)
  if (first === undefined || last === undefined) return [{ rows: [], range: ALL_TIME }]
  const parts: Part[] = []
  let from = unixSeconds(Math.max(0, first.minute - DAY))
  for (let at = 0; at < sorted.length; ) {
    let end = Math.min(sorted.length, at + MOST_ROWS)
    while (end < sorted.length && sorted[end]?.minute === sorted[end - 1]?.minute) end++
    const to = sorted[end]?.minute ?? unixSeconds(last.minute + DAY)
    parts.push({ rows: sorted.slice(at, end), range: { from, to } })
    from = to
    at = end
  }
  return parts
}

// Most logs are ASCII, for which the one-byte decoding is several times as fast.
function textOf(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
}
