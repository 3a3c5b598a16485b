import type { WireReader } from '../otlp/wire.ts'
import {
  doubleOf,
  FIXED64,
  fieldOf,
  int64Of,
  isWritten,
  readMessage,
  readNumbers,
  sint32Of,
  uint32Of,
  uint64Of,
} from './protobuf.ts'

/** A native histogram as remote write carries it: a running total by bucket, unless it is a gauge. */
export interface NativeHistogram {
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** When it began to count, in milliseconds since 1970; 0 when that is not known. */
  readonly startMs: number
  readonly count: number
  /** Whether counts are whole numbers. Those of a rule's result are not. */
  readonly whole: boolean
  /** Whether its series ended. */
  readonly stale: boolean
  /** Whether its counts may fall, so that they are no running total. */
  readonly gauge: boolean
  /** What the buckets mean: -4..8, each power of two cut into `2^schema`; -53, bounds of its own. */
  readonly schema: number
  readonly zeroCount: number
  readonly zeroThreshold: number
  readonly negative: readonly NativeBucket[]
  readonly positive: readonly NativeBucket[]
  readonly bounds: readonly number[]
}

export interface NativeBucket {
  readonly index: number
  readonly count: number
}

const CUSTOM_BOUNDS = -53
const MOST_BUCKETS = 10_000
const GAUGE = 3

interface Parts {
  integer: number | undefined
  float: number | undefined
  sumBits: Bits
  schema: number
  zeroThreshold: number
  zeroInteger: number | undefined
  zeroFloat: number | undefined
  readonly spans: { readonly negative: number[]; readonly positive: number[] }
  readonly deltas: { readonly negative: number[]; readonly positive: number[] }
  readonly floats: { readonly negative: number[]; readonly positive: number[] }
  hint: number
  atMs: number
  startMs: number
  readonly bounds: number[]
}

/** The halves of a double, because a calculation may lose what kind of NaN it is. */
export interface Bits {
  readonly value: number
  readonly stale: boolean
}

/** Reads a double that may be the marker of the end of a series, the NaN 0x7ff0000000000002. */
export function readValue(reader: WireReader): Bits {
  const at = isWritten(reader, FIXED64) ? reader.fixed64At() : -1
  if (at < 0) return { value: 0, stale: false }
  const { view } = reader
  return {
    value: view.getFloat64(at, true),
    stale: view.getUint32(at, true) === 2 && view.getUint32(at + 4, true) === 0x7ff00000,
  }
}

/** Reads the message; both versions of the protocol write it alike. A text says what is wrong with it. */
export function readHistogram(reader: WireReader): NativeHistogram | string {
  const parts: Parts = {
    integer: undefined,
    float: undefined,
    sumBits: { value: 0, stale: false },
    schema: 0,
    zeroThreshold: 0,
    zeroInteger: undefined,
    zeroFloat: undefined,
    spans: { negative: [], positive: [] },
    deltas: { negative: [], positive: [] },
    floats: { negative: [], positive: [] },
    hint: 0,
    atMs: 0,
    startMs: 0,
    bounds: [],
  }
  readMessage(reader, () => readPart(reader, parts))
  return reader.fault !== undefined ? 'it is malformed' : checked(parts)
}

// Field numbers of prompb/types.proto and of prompb/io/prometheus/write/v2/types.proto.
function readPart(reader: WireReader, parts: Parts): void {
  switch (fieldOf(reader)) {
    case 1:
      parts.integer = uint64Of(reader)
      parts.float = undefined
      return
    case 2:
      parts.float = doubleOf(reader)
      parts.integer = undefined
      return
    case 3:
      parts.sumBits = readValue(reader)
      return
    case 4:
      parts.schema = sint32Of(reader)
      return
    case 5:
      parts.zeroThreshold = doubleOf(reader)
      return
    case 6:
      parts.zeroInteger = uint64Of(reader)
      parts.zeroFloat = undefined
      return
    case 7:
      parts.zeroFloat = doubleOf(reader)
      parts.zeroInteger = undefined
      return
    case 14:
      parts.hint = uint32Of(reader)
      return
    case 15:
      parts.atMs = int64Of(reader)
      return
    case 16:
      readNumbers(reader, parts.bounds, 'double')
      return
    case 17:
      parts.startMs = int64Of(reader)
      return
    default:
      readBuckets(reader, parts)
  }
}

function readBuckets(reader: WireReader, { spans, deltas, floats }: Parts): void {
  switch (fieldOf(reader)) {
    case 8:
      return readSpan(reader, spans.negative)
    case 9:
      return readNumbers(reader, deltas.negative, 'sint64')
    case 10:
      return readNumbers(reader, floats.negative, 'double')
    case 11:
      return readSpan(reader, spans.positive)
    case 12:
      return readNumbers(reader, deltas.positive, 'sint64')
    case 13:
      return readNumbers(reader, floats.positive, 'double')
    default:
      reader.skip()
  }
}

function readSpan(reader: WireReader, into: number[]): void {
  let [offset, length] = [0, 0]
  readMessage(reader, () => {
    if (fieldOf(reader) === 1) offset = sint32Of(reader)
    else if (fieldOf(reader) === 2) length = uint32Of(reader)
    else reader.skip()
  })
  into.push(offset, length)
}

function checked(parts: Parts): NativeHistogram | string {
  const { schema, bounds, atMs, startMs } = parts
  const whole = parts.float === undefined
  const count = parts.float ?? parts.integer ?? 0
  const zeroCount = parts.zeroFloat ?? parts.zeroInteger ?? 0
  const stale = parts.sumBits.stale
  const shared = {
    atMs,
    startMs,
    count,
    whole,
    stale,
    gauge: parts.hint === GAUGE,
    schema,
    zeroCount,
    zeroThreshold: parts.zeroThreshold,
    bounds,
  }
  if (stale) return { ...shared, negative: [], positive: [] }
  const custom = schema === CUSTOM_BOUNDS
  if (!custom && (schema < -4 || schema > 8)) return `its schema ${schema} is not known`
  const counts = whole ? 'deltas' : 'floats'
  const negative = bucketsOf(parts.spans.negative, parts[counts].negative, whole)
  const positive = bucketsOf(parts.spans.positive, parts[counts].positive, whole)
  if (typeof negative === 'string') return negative
  if (typeof positive === 'string') return positive
  if (custom && (negative.length > 0 || zeroCount !== 0 || !risesTo(bounds, positive)))
    return 'its custom bounds do not fit its buckets'
  const sum = [...negative, ...positive].reduce((total, bucket) => total + bucket.count, zeroCount)
  // What took no number at all (NaN) is counted, but lies in no bucket.
  const short = Number.isNaN(parts.sumBits.value) ? sum > count : sum !== count
  if (whole && short) return `its buckets hold ${sum} and its count is ${count}`
  if (!whole && !(count >= 0 && zeroCount >= 0)) return 'its count is no number from zero on'
  return { ...shared, negative, positive }
}

function bucketsOf(
  spans: readonly number[],
  values: readonly number[],
  deltas: boolean,
): readonly NativeBucket[] | string {
  const buckets: NativeBucket[] = []
  let index = 0
  let at = 0
  let count = 0
  for (let i = 0; i < spans.length; i += 2) {
    const [offset, length] = [spans[i] ?? 0, spans[i + 1] ?? 0]
    if (i > 0 && offset < 0) return 'a span of its buckets begins before the one before ends'
    index += offset
    if (at + length > values.length) return 'its spans promise more buckets than there are'
    for (let j = 0; j < length; j++, index++, at++) {
      count = (deltas ? count : 0) + (values[at] ?? 0)
      if (!(count >= 0)) return 'a bucket holds less than nothing'
      if (count > 0) buckets.push({ index, count })
    }
  }
  if (at < values.length) return 'it has more buckets than its spans promise'
  return buckets.length > MOST_BUCKETS ? `it has more than ${MOST_BUCKETS} buckets` : buckets
}

function risesTo(bounds: readonly number[], buckets: readonly NativeBucket[]): boolean {
  for (let i = 0; i < bounds.length; i++) {
    const [bound, before] = [bounds[i] ?? Number.NaN, i === 0 ? -Infinity : (bounds[i - 1] ?? Infinity)]
    if (!(bound > before) || bound === Infinity) return false
  }
  return buckets.every(({ index }) => index >= 0 && index <= bounds.length)
}

/** The upper bound of a bucket of positive values, in the histogram's own unit; infinite for the last custom one. */
export function upperBound(schema: number, index: number, bounds: readonly number[]): number {
  if (schema === CUSTOM_BOUNDS) return bounds[index] ?? Infinity
  return 2 ** (index * 2 ** -schema)
}
