import { bytesTag, fixed64Tag, varintTag, type WireReader } from '../otlp/wire.ts'

/** What a google.protobuf.Struct holds, as far as a label can be made of it; null and lists are left out. */
export type StructFields = ReadonlyMap<string, StructValue>
export type StructValue = string | StructFields

/** Labels lie a few names deep; what lies deeper than this is passed over. */
const DEEPEST = 16

/** `map<string, …>` and the like: the key, and where its value begins. Gives the last value of each key. */
export function readMap<T>(
  reader: WireReader,
  into: Map<string, T>,
  read: (reader: WireReader) => T | undefined,
): void {
  const outer = reader.enter()
  let key = ''
  let value: T | undefined
  while (reader.next()) {
    if (reader.tag === bytesTag(1)) key = reader.text()
    else if (reader.tag === bytesTag(2)) value = read(reader)
    else reader.skip()
  }
  reader.leave(outer)
  if (value !== undefined) into.set(key, value)
}

/** Reads the fields of a Struct in the message that was entered. */
export function readStruct(reader: WireReader, depth = 0): StructFields {
  const fields = new Map<string, StructValue>()
  while (reader.next()) {
    if (reader.tag === bytesTag(1)) readMap(reader, fields, (inside) => readValue(inside, depth))
    else reader.skip()
  }
  return fields
}

/** Reads a Struct that is a field of a message. */
export function readStructField(reader: WireReader, depth = 0): StructFields {
  const outer = reader.enter()
  const fields = readStruct(reader, depth)
  reader.leave(outer)
  return fields
}

/** What stands at a path of names with dots between; a name may have dots itself. Undefined: nothing, or no text. */
export function textAt(fields: StructFields, path: string): string | undefined {
  const whole = fields.get(path)
  if (typeof whole === 'string') return whole
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const inner = fields.get(path.slice(0, dot))
    const found = inner instanceof Map ? textAt(inner, path.slice(dot + 1)) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function readValue(reader: WireReader, depth: number): StructValue | undefined {
  const outer = reader.enter()
  let value: StructValue | undefined
  while (reader.next()) {
    switch (reader.tag) {
      case fixed64Tag(2):
        value = String(reader.double())
        break
      case bytesTag(3):
        value = reader.text()
        break
      case varintTag(4):
        value = String(reader.bool())
        break
      case bytesTag(5):
        if (depth < DEEPEST) value = readStructField(reader, depth + 1)
        else reader.skip()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return value
}
