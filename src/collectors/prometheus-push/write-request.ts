import { isUtf8 } from 'node:buffer'
import { failed, ok, type Result } from '../../base/index.ts'
import { textOf, WireReader } from '../otlp/wire.ts'
import { type NativeHistogram, readHistogram, readValue } from './native-histogram.ts'
import { BYTES, doubleOf, fieldOf, int64Of, isWritten, readMessage, readNumbers } from './protobuf.ts'

/** The two messages that remote write carries. */
export type Message = 'prometheus.WriteRequest' | 'io.prometheus.write.v2.Request'

/** What is common to both. */
export interface WriteRequest {
  readonly series: readonly WrittenSeries[]
  /** Why some of what was sent is no series, sample, histogram or exemplar; each reason with how often. */
  readonly faults: ReadonlyMap<string, number>
}

/** One series of one request; a request may hold the same one several times. */
export interface WrittenSeries {
  /** Names and values in turn, in order of names, none empty; `__name__` among them. */
  readonly labels: readonly string[]
  readonly samples: readonly WrittenSample[]
  readonly histograms: readonly NativeHistogram[]
  readonly exemplars: readonly WrittenExemplar[]
}

export interface WrittenSample {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly value: number
  /** Whether it only says that its series ended. */
  readonly stale: boolean
  /** When the counter began to count, in milliseconds since 1970; 0 when that is not known. */
  readonly startMs: number
}

export interface WrittenExemplar {
  readonly atMs: number
  readonly value: number
  readonly traceId: string | undefined
}

/** The latest instant that a calendar can show, in milliseconds: what is beyond is no time. */
const LATEST_MS = 8_640_000_000_000_000
const TRACE_ID = new Set(['trace_id', 'traceID', 'TraceID', 'traceId'])

/** Reads a request. What is invalid in it is left out and said; only bytes that are no such message fail. */
export function decodeWriteRequest(bytes: Uint8Array, message: Message): Result<WriteRequest, string> {
  const reader = new WireReader()
  reader.begin(bytes)
  const second = message === 'io.prometheus.write.v2.Request'
  const drafts: Draft[] = []
  const symbols: string[] = []
  const faults = new Map<string, number>()
  const [symbolField, seriesField] = second ? [4, 5] : [0, 1]
  while (reader.next()) {
    if (fieldOf(reader) === seriesField) drafts.push(readSeries(reader, second, faults))
    else if (fieldOf(reader) === symbolField) symbols.push(readText(reader) ?? BROKEN_TEXT)
    else reader.skip()
  }
  if (reader.fault !== undefined) return failed(`the body is no ${message}`)
  const fault = (reason: string, times: number): void => {
    if (times > 0) faults.set(reason, (faults.get(reason) ?? 0) + times)
  }
  const series: WrittenSeries[] = []
  for (const draft of drafts) {
    const { samples, histograms, exemplars } = draft
    const size = samples.length + histograms.length
    const labels = second ? dereferenced(draft.references, symbols) : draft.texts
    const checked = labels === undefined ? 'a series refers to a symbol that is not there' : orderly(labels)
    const wrong =
      typeof checked === 'string'
        ? checked
        : samples.length > 0 && histograms.length > 0
          ? 'a series has samples and histograms'
          : undefined
    if (wrong !== undefined || typeof checked === 'string') {
      fault(wrong ?? '', Math.max(1, size))
      continue
    }
    const start = draft.startMs
    series.push({
      labels: checked,
      samples: start === 0 ? samples : samples.map((each) => withStart(each, start)),
      histograms: start === 0 ? histograms : histograms.map((each) => withStart(each, start)),
      exemplars: exemplars.map(({ atMs, value, references, texts }) => ({
        atMs,
        value,
        traceId: traceIdIn(second ? (dereferenced(references, symbols) ?? []) : texts),
      })),
    })
  }
  return ok({ series, faults })
}

const BROKEN_TEXT = '\uFFFD\uFFFD'

interface Draft {
  readonly references: number[]
  readonly texts: string[]
  readonly samples: WrittenSample[]
  readonly histograms: NativeHistogram[]
  readonly exemplars: DraftExemplar[]
  startMs: number
}

interface DraftExemplar {
  readonly atMs: number
  readonly value: number
  readonly references: readonly number[]
  readonly texts: readonly string[]
}

/** The start stood with the series before it stood with each sample. */
function withStart<T extends { readonly startMs: number }>(each: T, startMs: number): T {
  return each.startMs === 0 ? { ...each, startMs } : each
}

function readSeries(reader: WireReader, second: boolean, faults: Map<string, number>): Draft {
  const draft: Draft = { references: [], texts: [], samples: [], histograms: [], exemplars: [], startMs: 0 }
  const [exemplars, histograms] = second ? [4, 3] : [3, 4]
  readMessage(reader, () => {
    const field = fieldOf(reader)
    if (field === 1) readLabels(reader, draft, second)
    else if (field === 2) {
      const sample = readSample(reader)
      if (Math.abs(sample.atMs) <= LATEST_MS) draft.samples.push(sample)
      else faults.set(NO_TIME, (faults.get(NO_TIME) ?? 0) + 1)
    } else if (field === exemplars) draft.exemplars.push(readExemplar(reader, second))
    else if (field === histograms) {
      const histogram = readHistogram(reader)
      const reason = typeof histogram === 'string' ? `a histogram is invalid: ${histogram}` : NO_TIME
      if (typeof histogram !== 'string' && Math.abs(histogram.atMs) <= LATEST_MS)
        draft.histograms.push(histogram)
      else if (reader.fault === undefined) faults.set(reason, (faults.get(reason) ?? 0) + 1)
    } else if (field === 6 && second) draft.startMs = int64Of(reader)
    else reader.skip()
  })
  return draft
}

const NO_TIME = 'a time is beyond all calendars'

function readLabels(
  reader: WireReader,
  into: { readonly references: number[]; readonly texts: string[] },
  second: boolean,
): void {
  if (second) return readNumbers(reader, into.references, 'uint32')
  let [name, value]: [string | undefined, string | undefined] = ['', '']
  readMessage(reader, () => {
    if (fieldOf(reader) === 1) name = readText(reader)
    else if (fieldOf(reader) === 2) value = readText(reader)
    else reader.skip()
  })
  into.texts.push(name ?? BROKEN_TEXT, value ?? BROKEN_TEXT)
}

function readSample(reader: WireReader): WrittenSample {
  let bits = { value: 0, stale: false }
  let [atMs, startMs] = [0, 0]
  readMessage(reader, () => {
    if (fieldOf(reader) === 1) bits = readValue(reader)
    else if (fieldOf(reader) === 2) atMs = int64Of(reader)
    else if (fieldOf(reader) === 3) startMs = int64Of(reader)
    else reader.skip()
  })
  return { atMs, startMs, ...bits }
}

function readExemplar(reader: WireReader, second: boolean): DraftExemplar {
  const labels = { references: [], texts: [] }
  let [value, atMs] = [0, 0]
  readMessage(reader, () => {
    if (fieldOf(reader) === 1) readLabels(reader, labels, second)
    else if (fieldOf(reader) === 2) value = doubleOf(reader)
    else if (fieldOf(reader) === 3) atMs = int64Of(reader)
    else reader.skip()
  })
  return { value, atMs, ...labels }
}

/** Undefined when the bytes are no UTF-8. */
function readText(reader: WireReader): string | undefined {
  if (!isWritten(reader, BYTES)) return undefined
  const length = reader.length()
  const from = reader.at
  reader.at += length
  return isUtf8(reader.bytes.subarray(from, reader.at)) ? textOf(reader.bytes, from, reader.at) : undefined
}

function dereferenced(
  references: readonly number[],
  symbols: readonly string[],
): readonly string[] | undefined {
  if (references.length % 2 !== 0) return undefined
  const texts: string[] = []
  for (const reference of references) {
    const text = symbols[reference]
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts
}

/** The labels in order of names, without those that have no value; or what is wrong with them. */
function orderly(labels: readonly string[]): readonly string[] | string {
  const pairs: (readonly [string, string])[] = []
  for (let i = 0; i < labels.length; i += 2) {
    const [name, value] = [labels[i] ?? '', labels[i + 1] ?? '']
    if (name === '') return 'a label has no name'
    if (name === BROKEN_TEXT || value === BROKEN_TEXT) return 'a label is no UTF-8'
    if (value !== '') pairs.push([name, value])
  }
  // Senders must have them in order, and nearly all do.
  if (pairs.length * 2 < labels.length || pairs.some(([name], i) => name <= (pairs[i - 1]?.[0] ?? '')))
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  else if (pairs.some(([name]) => name === '__name__')) return labels
  let named = false
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i]?.[0] === pairs[i - 1]?.[0]) return 'a label is there twice'
    named ||= pairs[i]?.[0] === '__name__'
  }
  return named ? pairs.flat() : 'a series has no name'
}

function traceIdIn(labels: readonly string[]): string | undefined {
  for (let i = 0; i < labels.length; i += 2) if (TRACE_ID.has(labels[i] ?? '')) return labels[i + 1]
  return undefined
}
