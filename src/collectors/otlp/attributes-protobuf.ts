import type { AttributeValue } from './attributes-resource.ts'
import { bytesTag, fixed64Tag, varintTag, type WireReader } from './wire.ts'

const KEY = bytesTag(1)
const VALUE = bytesTag(2)
const STRING = bytesTag(1)
const BOOL = varintTag(2)
const INT = varintTag(3)
const DOUBLE = fixed64Tag(4)
const ARRAY = bytesTag(5)
const MAP = bytesTag(6)
const BYTES = bytesTag(7)

/** How far a log record's body is followed into maps within maps. */
const DEEPEST = 8

/** What a map within a body is read into: names joined with dots, as log formats name what is nested. */
export type BodyValue = AttributeValue | ReadonlyMap<string, AttributeValue>

/**
 * Reads the KeyValue at hand into the map. The last of several values of a key counts. With `nested`, the entries of a
 * map within are read too, under names joined with dots; without, it is passed over.
 */
export function readAttribute(
  reader: WireReader,
  into: Map<string, AttributeValue>,
  { nested = false }: { readonly nested?: boolean } = {},
): void {
  readInto(reader, { into, prefix: '', depth: nested ? 0 : DEEPEST })
}

/** Reads the AnyValue at hand: a log record's body. */
export function readBody(reader: WireReader): BodyValue {
  const entries = new Map<string, AttributeValue>()
  const value = readAny(reader, { into: entries, prefix: '', depth: 0 })
  return value === 'map' ? entries : value === undefined ? undefined : value.scalar
}

interface Place {
  readonly into: Map<string, AttributeValue>
  readonly prefix: string
  readonly depth: number
}

function readInto(reader: WireReader, { into, prefix, depth }: Place): void {
  const outer = reader.enter()
  const start = reader.at
  let key = ''
  while (reader.next())
    if (reader.tag === KEY) key = reader.text()
    else reader.skip()
  // The value may stand before its key, so it is read once the key is known.
  reader.at = start
  const name = prefix === '' ? key : `${prefix}.${key}`
  let scalar: AttributeValue
  while (reader.next())
    if (reader.tag === VALUE) {
      const value = readAny(reader, { into, prefix: name, depth: depth + 1 })
      if (value === 'map') scalar = undefined
      else if (value !== undefined) scalar = value.scalar
    } else reader.skip()
  into.set(name, scalar)
  reader.leave(outer)
}

/** Undefined: nothing is set, so that what another part of the same message set stays. */
function readAny(reader: WireReader, place: Place): { readonly scalar: AttributeValue } | 'map' | undefined {
  const outer = reader.enter()
  let value: { readonly scalar: AttributeValue } | 'map' | undefined
  while (reader.next())
    switch (reader.tag) {
      case STRING:
        value = { scalar: reader.text() }
        break
      case BOOL:
        value = { scalar: reader.bool() }
        break
      case INT:
        value = { scalar: reader.int64() }
        break
      case DOUBLE:
        value = { scalar: reader.double() }
        break
      case MAP:
        value = 'map'
        readMap(reader, place)
        break
      case ARRAY:
      case BYTES:
        value = { scalar: undefined }
        reader.skip()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return value
}

function readMap(reader: WireReader, place: Place): void {
  if (place.depth >= DEEPEST) {
    reader.skip()
    return
  }
  const outer = reader.enter()
  while (reader.next())
    if (reader.tag === bytesTag(1)) readInto(reader, place)
    else reader.skip()
  reader.leave(outer)
}
