import { bytesTag, varintTag, WireReader } from '../otlp/wire.ts'
import { LATEST_MS, LONGEST_US, type RequestRecord } from '../request/record.ts'
import { readFlags } from './flags.ts'
import { readMap, readStruct, readStructField, type StructFields } from './struct.ts'

/** One request or TCP connection. */
export interface AccessLogEntry extends RequestRecord {
  /** What the entry carries for labels; empty unless asked for. */
  readonly extras: EntryExtras
}

export interface EntryExtras {
  readonly tags: ReadonlyMap<string, string>
  readonly filterState: ReadonlyMap<string, StructFields | string>
  readonly metadata: ReadonlyMap<string, StructFields>
  readonly requestHeaders: ReadonlyMap<string, string>
  readonly responseHeaders: ReadonlyMap<string, string>
  readonly trailers: ReadonlyMap<string, string>
}

/** Which extras are worth reading. */
export interface WantedExtras {
  readonly tags: boolean
  readonly filterState: boolean
  readonly metadata: boolean
}

export type EntryKind = 'http' | 'tcp'

/** `AccessLogType` of the last entry of a TCP connection, and a word that is none. */
const [TCP_END, RUNNING] = [3, 'intermediate']

/** Fields of an entry as they come; a field that comes again replaces what was there. */
interface Draft {
  start: Instant | undefined
  duration: Instant | undefined
  lastByte: Instant | undefined
  cluster: string
  flags: number
  route: string
  logType: number
  running: boolean
  authority: string
  path: string
  originalPath: string
  userAgent: string
  requestId: string
  code: number | undefined
  codeDetails: string
  readonly tags: Map<string, string>
  readonly filterState: Map<string, StructFields | string>
  readonly metadata: Map<string, StructFields>
  readonly requestHeaders: Map<string, string>
  readonly responseHeaders: Map<string, string>
  readonly trailers: Map<string, string>
}

/** A Timestamp or a Duration: whole seconds and nanoseconds. */
interface Instant {
  readonly seconds: number
  readonly nanos: number
}

interface Around {
  readonly wanted: WantedExtras
  readonly flagNames: (set: number) => string | undefined
}

/** Reads one entry; undefined when it has no time. */
export function readEntry(reader: WireReader, kind: EntryKind, around: Around): AccessLogEntry | undefined {
  const draft = emptyDraft()
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.tag === bytesTag(1)) readCommon(reader, draft, around.wanted)
    else if (kind === 'http' && reader.tag === bytesTag(3)) readRequest(reader, draft)
    else if (kind === 'http' && reader.tag === bytesTag(4)) readResponse(reader, draft)
    else reader.skip()
  }
  reader.leave(outer)
  return entryOf(draft, kind, around)
}

/** `AccessLogCommon`. */
function readCommon(reader: WireReader, draft: Draft, wanted: WantedExtras): void {
  const outer = reader.enter()
  while (reader.next()) {
    switch (reader.tag) {
      case bytesTag(5):
        draft.start = readInstant(reader, draft.start)
        break
      case bytesTag(12):
        draft.lastByte = readInstant(reader, draft.lastByte)
        break
      case bytesTag(15):
        draft.cluster = reader.text()
        break
      case bytesTag(16):
        draft.flags = readFlags(reader, draft.flags)
        break
      case bytesTag(17):
        if (wanted.metadata) readMetadata(reader, draft)
        else reader.skip()
        break
      case bytesTag(19):
        draft.route = reader.text()
        break
      case bytesTag(21):
        if (wanted.filterState) readMap(reader, draft.filterState, readAny)
        else reader.skip()
        break
      case bytesTag(22):
        if (wanted.tags) readMap(reader, draft.tags, readText)
        else reader.skip()
        break
      case bytesTag(23):
        draft.duration = readInstant(reader, draft.duration)
        break
      case varintTag(27):
        draft.running = reader.bool()
        break
      case varintTag(33):
        draft.logType = reader.int32()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
}

/** `HTTPRequestProperties`. */
function readRequest(reader: WireReader, draft: Draft): void {
  const outer = reader.enter()
  while (reader.next()) {
    switch (reader.tag) {
      case bytesTag(3):
        draft.authority = reader.text()
        break
      case bytesTag(5):
        draft.path = reader.text()
        break
      case bytesTag(6):
        draft.userAgent = reader.text()
        break
      case bytesTag(9):
        draft.requestId = reader.text()
        break
      case bytesTag(10):
        draft.originalPath = reader.text()
        break
      case bytesTag(13):
        readMap(reader, draft.requestHeaders, readText)
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
}

/** `HTTPResponseProperties`. */
function readResponse(reader: WireReader, draft: Draft): void {
  const outer = reader.enter()
  while (reader.next()) {
    switch (reader.tag) {
      case bytesTag(1):
        draft.code = readWrapped(reader, draft.code)
        break
      case bytesTag(4):
        readMap(reader, draft.responseHeaders, readText)
        break
      case bytesTag(5):
        readMap(reader, draft.trailers, readText)
        break
      case bytesTag(6):
        draft.codeDetails = reader.text()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
}

/** A `UInt32Value`: there, it holds a number, which is 0 when the message is empty. */
function readWrapped(reader: WireReader, known: number | undefined): number {
  const outer = reader.enter()
  let value = known ?? 0
  while (reader.next()) {
    if (reader.tag === varintTag(1)) value = reader.int32() >>> 0
    else reader.skip()
  }
  reader.leave(outer)
  return value
}

function readInstant(reader: WireReader, known: Instant | undefined): Instant {
  const outer = reader.enter()
  let { seconds, nanos } = known ?? { seconds: 0, nanos: 0 }
  while (reader.next()) {
    if (reader.tag === varintTag(1)) seconds = reader.int64()
    else if (reader.tag === varintTag(2)) nanos = reader.int32()
    else reader.skip()
  }
  reader.leave(outer)
  return { seconds, nanos }
}

/** `Metadata`: a Struct for each filter. */
function readMetadata(reader: WireReader, draft: Draft): void {
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.tag === bytesTag(1)) readMap(reader, draft.metadata, readStructField)
    else reader.skip()
  }
  reader.leave(outer)
}

/** An `Any` that holds a Struct, a StringValue or a BytesValue, which is what filters keep that is meant to be read. */
function readAny(reader: WireReader): StructFields | string | undefined {
  const outer = reader.enter()
  let type = ''
  let [from, to] = [reader.end, reader.end]
  while (reader.next()) {
    if (reader.tag === bytesTag(1)) type = reader.text()
    else if (reader.tag === bytesTag(2)) {
      const size = reader.length()
      ;[from, to] = [reader.at, reader.at + size]
      reader.at = to
    } else reader.skip()
  }
  reader.leave(outer)
  const inner = new WireReader()
  inner.begin(reader.bytes, from, to)
  const value = readKnown(inner, type.slice(type.lastIndexOf('/') + 1))
  // What is inside is a message of its own: that it is damaged says nothing of the entry.
  return inner.fault === undefined ? value : undefined
}

function readKnown(reader: WireReader, type: string): StructFields | string | undefined {
  if (type === 'google.protobuf.Struct') return readStruct(reader)
  if (type !== 'google.protobuf.StringValue' && type !== 'google.protobuf.BytesValue') return undefined
  let text = ''
  while (reader.next()) {
    if (reader.tag === bytesTag(1)) text = reader.text()
    else reader.skip()
  }
  return text
}

function readText(reader: WireReader): string {
  return reader.text()
}

function emptyDraft(): Draft {
  return {
    start: undefined,
    duration: undefined,
    lastByte: undefined,
    cluster: '',
    flags: 0,
    route: '',
    logType: 0,
    running: false,
    authority: '',
    path: '',
    originalPath: '',
    userAgent: '',
    requestId: '',
    code: undefined,
    codeDetails: '',
    tags: new Map(),
    filterState: new Map(),
    metadata: new Map(),
    requestHeaders: new Map(),
    responseHeaders: new Map(),
    trailers: new Map(),
  }
}

/** Undefined when the entry has no time, or nothing that says how the request ended. */
function entryOf(draft: Draft, kind: EntryKind, { flagNames }: Around): AccessLogEntry | undefined {
  const { start, requestHeaders, responseHeaders, trailers } = draft
  if (start === undefined) return undefined
  const duration = microsecondsOf(draft.duration ?? draft.lastByte)
  const endMs = start.seconds * 1_000 + Math.floor((start.nanos / 1_000 + (duration ?? 0)) / 1_000)
  if (!(endMs >= 0 && endMs < LATEST_MS)) return undefined
  const flags = flagNames(draft.flags)
  // Trailers-only answers, which are those that failed at once, carry the status among the headers.
  const grpcStatus = trailers.get('grpc-status') ?? responseHeaders.get('grpc-status')
  // A request that got no answer at all has no code, and Envoy says why in a flag, or its client left.
  const code = kind === 'http' ? (draft.code ?? 0) : undefined
  return {
    endMs,
    duration,
    code,
    flags,
    grpcStatus,
    codeDetails: given(draft.codeDetails),
    contentType: contentTypeOf(draft),
    path: given(draft.originalPath) ?? given(draft.path),
    userAgent: given(draft.userAgent),
    logType: logTypeOf(draft, kind),
    authority: given(draft.authority),
    upstreamCluster: given(draft.cluster),
    route: given(draft.route),
    service: undefined,
    traceId: traceIdOf(requestHeaders),
    requestId: given(draft.requestId),
    extras: {
      tags: draft.tags,
      filterState: draft.filterState,
      metadata: draft.metadata,
      requestHeaders,
      responseHeaders,
      trailers,
    },
  }
}

/** Before Envoy 1.26 there are no types; then an entry that is not marked as running is the last one. */
function logTypeOf({ logType, running }: Draft, kind: EntryKind): number | string {
  if (logType !== 0) return logType
  if (running) return RUNNING
  return kind === 'tcp' ? TCP_END : 0
}

/** The answer's content type tells that a request was gRPC as well, where Envoy logs that of the request not. */
function contentTypeOf({ requestHeaders, responseHeaders }: Draft): string | undefined {
  const asked = requestHeaders.get('content-type')
  if (asked !== undefined) return asked
  const answered = responseHeaders.get('content-type')
  return answered?.startsWith('application/grpc') === true ? answered : undefined
}

/** From `traceparent` or `x-b3-traceid`, when Envoy is told to log them. */
function traceIdOf(headers: ReadonlyMap<string, string>): string | undefined {
  if (headers.size === 0) return undefined
  const parent = /^[\da-f]{2}-([\da-f]{32})-/.exec(headers.get('traceparent') ?? '')
  return parent?.[1] ?? given(headers.get('x-b3-traceid') ?? '')
}

/** Whole microseconds; clocks that step back make negative durations, which were none that we know to be longer. */
function microsecondsOf(length: Instant | undefined): number | undefined {
  if (length === undefined) return undefined
  const microseconds = Math.floor(length.seconds * 1e6 + length.nanos / 1_000)
  return microseconds <= LONGEST_US ? Math.max(0, microseconds) : undefined
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text
}
