import { type KeyTable, PLACES } from './attributes.ts'
import { readAttribute } from './attributes-protobuf.ts'
import type { AttributeValue } from './attributes-resource.ts'
import type { Text, TextTable } from './attributes-text.ts'
import type { SpanFacts } from './spans.ts'
import type { SpanAttributes } from './spans-attributes.ts'
import type { SpanResource } from './spans-naming.ts'
import { bytesTag, fixed64Tag, textOf, varintTag, type WireFault, WireReader } from './wire.ts'

// Field numbers: opentelemetry-proto, collector/trace/v1/trace_service.proto, trace/v1/trace.proto, common/v1.
const RESOURCE_SPANS = bytesTag(1)
const RESOURCE = bytesTag(1)
const SCOPE_SPANS = bytesTag(2)
const RESOURCE_ATTRIBUTES = bytesTag(1)
const SPANS = bytesTag(2)
const TRACE_ID = bytesTag(1)
const SPAN_ID = bytesTag(2)
const TRACE_STATE = bytesTag(3)
const NAME = bytesTag(5)
const KIND = varintTag(6)
const START = fixed64Tag(7)
const END = fixed64Tag(8)
const ATTRIBUTES = bytesTag(9)
const STATUS = bytesTag(15)
const STATUS_CODE = varintTag(3)
const KEY = bytesTag(1)
const VALUE = bytesTag(2)
const ANY_STRING = bytesTag(1)
const ANY_BOOL = varintTag(2)
const ANY_INT = varintTag(3)
const ANY_DOUBLE = fixed64Tag(4)
const ANY_ARRAY = bytesTag(5)
const ANY_MAP = bytesTag(6)
const ANY_BYTES = bytesTag(7)

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
/** Every exporter writes both ids first: each a tag, a length, and its bytes. */
const IDS_BYTES = 4 + TRACE_ID_BYTES + SPAN_ID_BYTES
const TRACE_ID_BEGIN = TRACE_ID * 256 + TRACE_ID_BYTES
const SPAN_ID_BEGIN = SPAN_ID * 256 + SPAN_ID_BYTES

export interface TraceTarget {
  readonly facts: SpanFacts
  readonly attributes: SpanAttributes
  readonly texts: TextTable
  /** Whether spans of the kind are requests. */
  readonly isWanted: (kind: number) => boolean
  /** What spans of a resource have in common; `bytes` when they can be known again by them. */
  readonly resource: (
    key: { readonly bytes: Uint8Array; readonly from: number; readonly to: number } | undefined,
    attributes: () => ReadonlyMap<string, AttributeValue> | undefined,
  ) => SpanResource | undefined
  /** Called for each span that is wanted, when its facts are all there. */
  readonly span: (resource: SpanResource) => void
  /** Called for each span. */
  readonly item: () => void
}

/**
 * Reads the spans of a request, and of each only the fields that count; the rest is passed over by its length, so its
 * inside is not looked at. Attributes are entered only when the span's kind is wanted, which is known at its end.
 */
export class TraceScanner {
  readonly #target: TraceTarget
  readonly #keys: KeyTable
  readonly #reader = new WireReader()
  /** Where the attributes of the span at hand begin and end, in turns. */
  #attributes = new Int32Array(128)
  #attributeCount = 0
  #nameFrom = 0
  #nameTo = 0

  constructor(target: TraceTarget) {
    this.#target = target
    this.#keys = target.attributes.keys
  }

  /** Why the bytes are no request, with the place; undefined when they are one. */
  scan(bytes: Uint8Array): { readonly fault: WireFault; readonly at: number } | undefined {
    const reader = this.#reader
    reader.begin(bytes)
    this.#target.attributes.bytes = reader.bytes
    while (reader.next())
      if (reader.tag === RESOURCE_SPANS) {
        const outer = reader.enter()
        this.#resourceSpans()
        reader.leave(outer)
      } else reader.skip()
    const { fault } = reader
    return fault === undefined ? undefined : { fault, at: reader.at }
  }

  /** The resource may stand behind its spans, so it is looked for first. */
  #resourceSpans(): void {
    const reader = this.#reader
    const start = reader.at
    const parts: number[] = []
    while (reader.next())
      if (reader.tag === RESOURCE) {
        const outer = reader.enter()
        parts.push(reader.at, reader.end)
        reader.leave(outer)
      } else reader.skip()
    const { bytes, end } = reader
    const [from = 0, to = 0] = parts
    const key = parts.length > 2 ? undefined : { bytes, from, to }
    if (reader.fault !== undefined) return
    const resource = this.#target.resource(key, () => this.#resourceAttributes(parts))
    if (resource === undefined) return
    reader.at = start
    reader.end = end
    while (reader.next())
      if (reader.tag === SCOPE_SPANS) {
        const outer = reader.enter()
        while (reader.next())
          if (reader.tag === SPANS) this.#span(resource)
          else reader.skip()
        reader.leave(outer)
      } else reader.skip()
  }

  /** Of several parts of one message, what repeats is joined. Undefined after a fault. */
  #resourceAttributes(parts: readonly number[]): ReadonlyMap<string, AttributeValue> | undefined {
    const reader = this.#reader
    const attributes = new Map<string, AttributeValue>()
    for (let i = 0; i < parts.length; i += 2) {
      reader.at = parts[i] ?? 0
      reader.end = parts[i + 1] ?? 0
      while (reader.next())
        if (reader.tag === RESOURCE_ATTRIBUTES) readAttribute(reader, attributes)
        else reader.skip()
    }
    return reader.fault === undefined ? attributes : undefined
  }

  #span(resource: SpanResource): void {
    const reader = this.#reader
    const { facts, isWanted, item, span } = this.#target
    const outer = reader.enter()
    const { end } = reader
    facts.clear()
    this.#attributeCount = 0
    this.#nameTo = 0
    this.#nameFrom = 0
    this.#fields()
    item()
    if (reader.fault === undefined && isWanted(facts.kind)) {
      for (let i = 0; i < this.#attributeCount; i += 2)
        this.#attribute(this.#attributes[i] ?? 0, this.#attributes[i + 1] ?? 0)
      // Names are looked at only where nothing better names the operation.
      if (facts.text(PLACES.route) === undefined && facts.text(PLACES.rpcMethod) === undefined)
        facts.name = this.#name()
      if (reader.fault === undefined) span(resource)
    }
    reader.end = end
    reader.leave(outer)
  }

  #name(): Text | undefined {
    return this.#nameTo > this.#nameFrom
      ? this.#target.texts.take(this.#reader.bytes, this.#nameFrom, this.#nameTo)
      : undefined
  }

  /** All fields of the span at hand. Those written as every exporter writes them are read here, the others one by one. */
  #fields(): void {
    const reader = this.#reader
    const { facts } = this.#target
    const { bytes, view, end } = reader
    const keys = this.#keys
    let { at } = reader
    if (
      at + IDS_BYTES <= end &&
      view.getUint16(at) === TRACE_ID_BEGIN &&
      view.getUint16(at + 18) === SPAN_ID_BEGIN
    ) {
      this.#id(TRACE_ID, at + 2, at + 18)
      this.#id(SPAN_ID, at + 20, at + IDS_BYTES)
      at += IDS_BYTES
    }
    while (at + 1 < end) {
      const tag = bytes[at] ?? 0
      const second = bytes[at + 1] ?? 0
      if ((tag & 0x87) === 2 && tag > 7 && second < 128) {
        const body = at + 2
        const next = body + second
        if (next > end) {
          reader.fail('truncated')
          return
        }
        if (tag === ATTRIBUTES) {
          // Most attributes say nothing that counts, and nearly all look alike: a short key and then a short value.
          const keyEnd = body + 2 + (bytes[body + 1] ?? 0)
          const isPlain =
            keyEnd + 2 <= next &&
            bytes[body] === KEY &&
            bytes[keyEnd] === VALUE &&
            keyEnd + 2 + (bytes[keyEnd + 1] ?? 0) === next
          if (!isPlain || keys.mayHold(view, body + 2, keyEnd)) this.#noteAttribute(body, next)
          at = next
          continue
        }
        if (tag === NAME) {
          this.#nameFrom = body
          this.#nameTo = next
        } else if (tag === TRACE_ID || tag === SPAN_ID) this.#id(tag, body, next)
        else if (tag === STATUS) {
          reader.at = at + 1
          this.#status()
        } else if (tag === TRACE_STATE) this.#traceState(body, next)
        at = next
      } else if (tag === START && at + 9 <= end) {
        facts.startLow = view.getInt32(at + 1, true)
        facts.startHigh = view.getInt32(at + 5, true)
        at += 9
      } else if (tag === END && at + 9 <= end) {
        facts.endLow = view.getInt32(at + 1, true)
        facts.endHigh = view.getInt32(at + 5, true)
        at += 9
      } else if (tag === KIND && second < 128) {
        facts.kind = second
        at += 2
      } else {
        reader.at = at
        if (!reader.next()) return
        this.#field()
        at = reader.at
      }
      if (reader.fault !== undefined) return
    }
    reader.at = at
    while (reader.next()) this.#field()
  }

  /** One field, however it is written. */
  #field(): void {
    const reader = this.#reader
    const { facts } = this.#target
    switch (reader.tag) {
      case KIND:
        facts.kind = reader.int32()
        return
      case START:
      case END: {
        const at = reader.fixed64At()
        if (at < 0) return
        const [low, high] = [reader.view.getInt32(at, true), reader.view.getInt32(at + 4, true)]
        if (reader.tag === START) [facts.startLow, facts.startHigh] = [low, high]
        else [facts.endLow, facts.endHigh] = [low, high]
        return
      }
      case STATUS:
        this.#status()
        return
      case ATTRIBUTES:
      case TRACE_ID:
      case SPAN_ID:
      case TRACE_STATE:
      case NAME: {
        const { tag } = reader
        const length = reader.length()
        const [from, to] = [reader.at, reader.at + length]
        reader.at = to
        if (tag === ATTRIBUTES) this.#noteAttribute(from, to)
        else if (tag === TRACE_STATE) this.#traceState(from, to)
        else if (tag === NAME) [this.#nameFrom, this.#nameTo] = [from, to]
        else this.#id(tag, from, to)
        return
      }
      default:
        reader.skip()
    }
  }

  #noteAttribute(from: number, to: number): void {
    if (this.#attributeCount + 2 > this.#attributes.length) {
      const longer = new Int32Array(this.#attributes.length * 2)
      longer.set(this.#attributes)
      this.#attributes = longer
    }
    this.#attributes[this.#attributeCount++] = from
    this.#attributes[this.#attributeCount++] = to
  }

  /** An id of another length than it should have is none. */
  #id(tag: number, from: number, to: number): void {
    const { ids } = this.#target.facts
    const { view } = this.#reader
    if (tag === TRACE_ID) {
      const isWhole = to - from === TRACE_ID_BYTES
      ids[0] = isWhole ? view.getInt32(from, false) : 0
      ids[1] = isWhole ? view.getInt32(from + 4, false) : 0
      ids[2] = isWhole ? view.getInt32(from + 8, false) : 0
      ids[3] = isWhole ? view.getInt32(from + 12, false) : 0
    } else {
      const isWhole = to - from === SPAN_ID_BYTES
      ids[4] = isWhole ? view.getInt32(from, false) : 0
      ids[5] = isWhole ? view.getInt32(from + 4, false) : 0
    }
  }

  #traceState(from: number, to: number): void {
    this.#target.facts.traceState = to > from ? textOf(this.#reader.bytes, from, to) : undefined
  }

  #status(): void {
    const reader = this.#reader
    const outer = reader.enter()
    while (reader.next())
      if (reader.tag === STATUS_CODE) this.#target.facts.status = reader.int32()
      else reader.skip()
    reader.leave(outer)
  }

  /** A KeyValue. What nearly all look like, a short key and then a short value, is read at once. */
  #attribute(from: number, to: number): void {
    const reader = this.#reader
    const { bytes } = reader
    const keyLength = bytes[from + 1] ?? 0
    const keyEnd = from + 2 + keyLength
    if (keyLength < 128 && keyEnd + 2 <= to && bytes[from] === KEY && bytes[keyEnd] === VALUE) {
      const length = bytes[keyEnd + 1] ?? 0
      if (length < 128 && keyEnd + 2 + length === to) {
        const index = this.#keys.find(reader, from + 2, keyEnd)
        if (index >= 0) this.#shortValue(index, keyEnd + 2, to)
        return
      }
    }
    this.#anyAttribute(from, to)
  }

  #shortValue(index: number, from: number, to: number): void {
    const { attributes } = this.#target
    const reader = this.#reader
    const { bytes } = reader
    const tag = bytes[from] ?? 0
    const second = bytes[from + 1] ?? 0
    if (tag === ANY_STRING && from + 2 + second === to && second < 128) {
      attributes.putText(index, from + 2, to)
      return
    }
    if (tag === ANY_INT && to === from + 2 && second < 128) {
      attributes.putNumber(index, second)
      return
    }
    const third = bytes[from + 2] ?? 0
    if (tag === ANY_INT && to === from + 3 && second > 127 && third < 128) {
      attributes.putNumber(index, (second & 127) + third * 128)
      return
    }
    reader.at = from
    reader.end = to
    if (!this.#value(index)) attributes.putOther(index)
  }

  /** A KeyValue however it is written: the key may come behind the value, and either more than once. */
  #anyAttribute(from: number, to: number): void {
    const reader = this.#reader
    const { attributes } = this.#target
    let [keyFrom, keyTo] = [0, 0]
    reader.at = from
    reader.end = to
    while (reader.next())
      if (reader.tag === KEY) {
        const length = reader.length()
        keyFrom = reader.at
        keyTo = reader.at + length
        reader.at = keyTo
      } else reader.skip()
    if (reader.fault !== undefined) return
    const index = attributes.keys.find(reader, keyFrom, keyTo)
    if (index < 0) return
    reader.at = from
    let isSet = false
    while (reader.next())
      if (reader.tag === VALUE) {
        const outer = reader.enter()
        isSet = this.#value(index) || isSet
        reader.leave(outer)
      } else reader.skip()
    if (!isSet) attributes.putOther(index)
  }

  /** The AnyValue at hand; false when nothing is set in it. */
  #value(index: number): boolean {
    const reader = this.#reader
    const { attributes } = this.#target
    let isSet = false
    while (reader.next())
      switch (reader.tag) {
        case ANY_STRING: {
          const length = reader.length()
          const from = reader.at
          reader.at = from + length
          attributes.putText(index, from, reader.at)
          isSet = true
          break
        }
        case ANY_INT:
          attributes.putNumber(index, reader.int64())
          isSet = true
          break
        case ANY_DOUBLE:
          attributes.putNumber(index, reader.double())
          isSet = true
          break
        case ANY_BOOL:
        case ANY_ARRAY:
        case ANY_MAP:
        case ANY_BYTES:
          reader.skip()
          attributes.putOther(index)
          isSet = true
          break
        default:
          reader.skip()
      }
    return isSet
  }
}
