import type { WireReader } from '../otlp/wire.ts'

const TWO_32 = 4_294_967_296

/** The number of the field at hand. */
export const fieldOf = (reader: WireReader): number => reader.tag >>> 3

/** How the value of the field at hand is written. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2

/**
 * Whether the field at hand is written as its schema says. When it is not, the message is another than it was said to
 * be, and nothing in it can be believed.
 */
export function isWritten(reader: WireReader, type: number): boolean {
  if ((reader.tag & 7) === type) return true
  reader.fail('tag')
  return false
}

/** Reads an embedded message field by field; what `each` does not read, it must skip. */
export function readMessage(reader: WireReader, each: () => void): void {
  if (!isWritten(reader, BYTES)) return
  const outer = reader.enter()
  while (reader.next()) each()
  reader.leave(outer)
}

/** Adds the numbers of a repeated field, which may stand alone or packed into one. */
export function readNumbers(reader: WireReader, into: number[], kind: 'uint32' | 'sint64' | 'double'): void {
  const alone = kind === 'double' ? FIXED64 : VARINT
  if ((reader.tag & 7) === alone) {
    into.push(numberOf(reader, kind))
    return
  }
  if (!isWritten(reader, BYTES)) return
  const outer = reader.enter()
  while (reader.fault === undefined && reader.at < reader.end) into.push(numberOf(reader, kind))
  reader.leave(outer)
}

export function doubleOf(reader: WireReader): number {
  return isWritten(reader, FIXED64) ? reader.double() : 0
}

export function int64Of(reader: WireReader): number {
  return isWritten(reader, VARINT) ? reader.int64() : 0
}

export function uint64Of(reader: WireReader): number {
  return isWritten(reader, VARINT) ? reader.varint() : 0
}

export function uint32Of(reader: WireReader): number {
  return isWritten(reader, VARINT) ? reader.int32() >>> 0 : 0
}

export function sint32Of(reader: WireReader): number {
  return isWritten(reader, VARINT) ? reader.sint32() : 0
}

function numberOf(reader: WireReader, kind: 'uint32' | 'sint64' | 'double'): number {
  if (kind === 'double') return reader.double()
  return kind === 'uint32' ? reader.int32() >>> 0 : sint64Of(reader)
}

/** The lowest bit is the sign, the rest the magnitude. Exact inside ±2^53. */
function sint64Of(reader: WireReader): number {
  const signed = reader.int64()
  const unsigned = signed < 0 ? signed + TWO_32 * TWO_32 : signed
  return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2
}
