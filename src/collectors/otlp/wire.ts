/** Why bytes are no protobuf message. */
export type WireFault = keyof typeof WIRE_FAULTS

export const WIRE_FAULTS = {
  truncated: 'a field is longer than what holds it',
  varint: 'a number is longer than ten bytes',
  tag: 'a field has a number or a type that protobuf does not have',
  group: 'a group is not closed as it was opened',
  depth: 'groups stand inside each other more than 100 deep',
} as const

/** Tags of fields, as they stand on the wire: the field's number and how its value is written. */
export const varintTag = (field: number): number => field * 8
export const fixed64Tag = (field: number): number => field * 8 + 1
export const bytesTag = (field: number): number => field * 8 + 2
export const fixed32Tag = (field: number): number => field * 8 + 5

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const GROUP_START = 3
const GROUP_END = 4
const FIXED32 = 5

/** As deep as protobuf's own readers follow by default. */
const DEEPEST = 100
const NOTHING = new Uint8Array(0)
const TWO_32 = 4_294_967_296

/**
 * Reads protobuf field by field without making anything of what is not asked for. It never reads outside the message
 * at hand: what goes wrong is kept in `fault`, after which there is no next field, so that every loop ends.
 *
 *     reader.begin(bytes)
 *     while (reader.next())
 *       if (reader.tag === bytesTag(1)) {
 *         const outer = reader.enter()
 *         while (reader.next()) reader.skip()
 *         reader.leave(outer)
 *       } else reader.skip()
 *     if (reader.fault !== undefined) …
 *
 * Each field must be read or skipped before the next one is asked for. A field that has another wire type than its
 * schema says is an unknown field, so schemas are compared by tag.
 */
export class WireReader {
  bytes: Uint8Array = NOTHING
  view: DataView = new DataView(NOTHING.buffer)
  /** Where the next byte is read. */
  at = 0
  /** Where the message at hand ends. */
  end = 0
  /** The tag of the field at hand. */
  tag = 0
  fault: WireFault | undefined = undefined

  /** Starts at the message `bytes[from, to)`. */
  begin(bytes: Uint8Array, from = 0, to = bytes.length): void {
    // Never a Buffer: the engine reads one kind of array faster than two, and a Buffer's slice keeps all of it alive.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = from
    this.end = to
    this.fault = undefined
  }

  /** Reads the tag of the next field; false at the message's end, and after a fault. */
  next(): boolean {
    if (this.at >= this.end || this.fault !== undefined) return false
    const first = this.bytes[this.at] ?? 0
    if (first >= 8 && first < 128) {
      this.at++
      this.tag = first
      return true
    }
    return this.#longTag()
  }

  /** Passes over the value of the field at hand. */
  skip(): void {
    if ((this.tag & 7) === GROUP_START) this.#skipGroup()
    else this.#skipValue()
  }

  /** Makes the embedded message at hand the one that is read; gives the end of the outer one, for `leave`. */
  enter(): number {
    const outer = this.end
    const length = this.length()
    this.end = this.at + length
    return outer
  }

  /** Goes on in the outer message, behind the embedded one. */
  leave(outer: number): void {
    this.at = this.end
    this.end = outer
  }

  /** The length of what follows, which lies inside the message; 0 after a fault. */
  length(): number {
    const first = this.bytes[this.at] ?? 0
    let length = first
    if (first < 128 && this.at < this.end) this.at++
    else length = this.#longLength()
    if (length <= this.end - this.at) return length
    this.fail('truncated')
    return 0
  }

  /** An unsigned number: exact below 2^53, the nearest double from there. An int32 below zero is near 2^64. */
  varint(): number {
    const first = this.bytes[this.at] ?? 0
    if (first < 128 && this.at < this.end) {
      this.at++
      return first
    }
    const low = this.#low()
    return this.#high * TWO_32 + low
  }

  /** A number below or above zero, as int64 is written: exact inside ±2^53, the nearest double outside. */
  int64(): number {
    const low = this.#low()
    return (this.#high | 0) * TWO_32 + low
  }

  /** The low 32 bits with their sign, as int32 and enumerations are read. */
  int32(): number {
    return this.#low() | 0
  }

  /** An sint32: small numbers of either sign are short. */
  sint32(): number {
    const low = this.#low()
    return (low >>> 1) ^ -(low & 1)
  }

  bool(): boolean {
    const low = this.#low()
    return (low | this.#high) !== 0
  }

  fixed32(): number {
    const at = this.#take(4)
    return at < 0 ? 0 : this.view.getUint32(at, true)
  }

  /** Unsigned: exact below 2^53, the nearest double from there. See `fixed64At` for instants. */
  fixed64(): number {
    const at = this.#take(8)
    return at < 0 ? 0 : this.view.getUint32(at + 4, true) * TWO_32 + this.view.getUint32(at, true)
  }

  /** With sign: exact inside ±2^53. */
  sfixed64(): number {
    const at = this.#take(8)
    return at < 0 ? 0 : Number(this.view.getBigInt64(at, true))
  }

  double(): number {
    const at = this.#take(8)
    return at < 0 ? 0 : this.view.getFloat64(at, true)
  }

  /** Where the eight bytes of a fixed64 stand; below zero after a fault. */
  fixed64At(): number {
    return this.#take(8)
  }

  /** The text at hand. What is no UTF-8 becomes U+FFFD: it is no reason to lose what was counted. */
  text(): string {
    const length = this.length()
    const from = this.at
    this.at += length
    return textOf(this.bytes, from, this.at)
  }

  fail(fault: WireFault): void {
    this.fault ??= fault
  }

  /** The high half of the number that `#low` read. */
  #high = 0

  /** Reads a varint of up to 64 bits; gives its low half. */
  #low(): number {
    const { bytes, end } = this
    let low = 0
    let high = 0
    let at = this.at
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) {
        this.fail('truncated')
        break
      }
      const byte = bytes[at++] ?? 0
      const bits = byte & 127
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 128) {
        this.at = at
        this.#high = high >>> 0
        return low >>> 0
      }
    }
    this.fail('varint')
    this.#high = 0
    return 0
  }

  #longTag(): boolean {
    const { bytes, end } = this
    let tag = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= end) return this.#noTag('truncated')
      const byte = bytes[this.at++] ?? 0
      if (shift === 28 && byte > 15) return this.#noTag('tag')
      tag |= (byte & 127) << shift
      if (byte < 128) {
        this.tag = tag >>> 0
        return this.tag >= 8 || this.#noTag('tag')
      }
    }
    return this.#noTag('tag')
  }

  #noTag(fault: WireFault): false {
    this.fail(fault)
    return false
  }

  /** Lengths are below 2^31, so in five bytes; protobuf's own readers refuse what is longer, too. */
  #longLength(): number {
    const { bytes, end } = this
    let length = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= end) break
      const byte = bytes[this.at++] ?? 0
      if (shift === 28 && byte > 7) break
      length |= (byte & 127) << shift
      if (byte < 128) return length
    }
    this.fail('truncated')
    return 0
  }

  #take(size: number): number {
    const { at } = this
    if (size > this.end - at) {
      this.fail('truncated')
      return -1
    }
    this.at = at + size
    return at
  }

  #skipValue(): void {
    switch (this.tag & 7) {
      case VARINT:
        this.#low()
        return
      case FIXED64:
        this.#take(8)
        return
      case BYTES: {
        const length = this.length()
        this.at += length
        return
      }
      case FIXED32:
        this.#take(4)
        return
      case GROUP_END:
        this.fail('group')
        return
      default:
        this.fail('tag')
    }
  }

  /** Groups are how protobuf began. OTLP has none, but an unknown field may be one. */
  #skipGroup(): void {
    const open: number[] = [this.tag >>> 3]
    while (open.length > 0) {
      if (!this.next()) {
        this.fail('group')
        return
      }
      const field = this.tag >>> 3
      const type = this.tag & 7
      if (type === GROUP_START) {
        open.push(field)
        if (open.length > DEEPEST) this.fail('depth')
      } else if (type !== GROUP_END) this.#skipValue()
      else if (open.pop() !== field) this.fail('group')
    }
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text in `bytes[from, to)`; what is no UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  // Short texts are nearly always ASCII, for which a loop is faster than the way into the decoder.
  if (to - from <= 24) {
    let text = ''
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0
      if (byte > 127) return utf8.decode(bytes.subarray(from, to))
      text += String.fromCharCode(byte)
    }
    return text
  }
  return utf8.decode(bytes.subarray(from, to))
}
