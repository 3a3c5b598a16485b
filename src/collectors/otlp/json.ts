import { failed, ok, type Result } from '../../base/index.ts'
import type { AttributeValue } from './attributes-resource.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** As deep as any OTLP message, with room for maps within maps of attributes. */
const DEEPEST = 100
/** The shortest attribute has two objects in 34 bytes; what has more is made to fill the memory, not to be read. */
const BYTES_AN_OBJECT = 12
const FREE_OBJECTS = 1_000

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const OPEN_LIST = 91
const CLOSE_LIST = 93

const utf8 = new TextDecoder('utf-8', { ignoreBOM: false })

/** Parses a body. The error is a sentence for the sender. */
export function readJson(body: Uint8Array): Result<unknown, string> {
  const shape = shapeOf(body)
  if (shape !== undefined) return failed(shape)
  try {
    const value: unknown = JSON.parse(utf8.decode(body))
    return ok(value)
  } catch (error) {
    return failed(
      `the body is no JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}`,
    )
  }
}

/** What is wrong with the body's shape: a small body can make the parser build something far larger. */
function shapeOf(body: Uint8Array): string | undefined {
  let depth = 0
  let values = 0
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0
    if (byte === QUOTE) {
      at++
      while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (++depth > DEEPEST) return `the body is nested more than ${DEEPEST} deep`
      values += 2
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--
    else if (byte === COMMA) values++
  }
  // Commas weigh half: a number takes eight bytes, an empty object several times that.
  return values > (2 * body.length) / BYTES_AN_OBJECT + FREE_OBJECTS
    ? 'the body has more values than telemetry of its size can have'
    : undefined
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const NONE: readonly unknown[] = []

/** A repeated field; absent and null are empty. Undefined: it is something else. */
export function listIn(object: JsonObject, key: string): readonly unknown[] | undefined {
  const value = object[key]
  if (value === undefined || value === null) return NONE
  return Array.isArray(value) ? value : undefined
}

/** A whole number of up to 64 bits without sign, as a text or as a number; undefined when it is none. */
export function uint64Of(value: unknown): bigint | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) || (Number.isInteger(value) && value > 0 && value < 2 ** 64)
      ? BigInt(value)
      : undefined
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt.asUintN(64, BigInt(value)) : undefined
}

/** An enumeration: a number, or the end of its name, which some senders write. */
export function enumOf(value: unknown, names: readonly string[]): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return 0
  return Math.max(
    0,
    names.findIndex((name) => value === name || value.endsWith(`_${name}`)),
  )
}

/** The value of an AnyValue; lists, maps, bytes and nothing are undefined. */
export function anyValueOf(value: unknown): AttributeValue {
  if (!isObject(value)) return undefined
  const { stringValue, intValue, boolValue, doubleValue } = value
  if (typeof stringValue === 'string') return stringValue
  if (intValue !== undefined) return numberOf(intValue)
  if (typeof boolValue === 'boolean') return boolValue
  return doubleValue === undefined ? undefined : numberOf(doubleValue)
}

/** A list of KeyValues as a map; the last of several values of a key counts. Undefined: it is no list. */
export function attributesOf(value: unknown): Map<string, AttributeValue> | undefined {
  const list = isObject(value) ? listIn(value, 'attributes') : NONE
  if (list === undefined) return undefined
  const attributes = new Map<string, AttributeValue>()
  for (const each of list)
    if (isObject(each) && typeof each['key'] === 'string')
      attributes.set(each['key'], anyValueOf(each['value']))
  return attributes
}

/** How far maps within maps are followed. */
const DEEPEST_MAP = 8

/** The entries of an AnyValue that is a map, under names joined with dots; undefined when it is none. */
export function entriesOf(value: unknown): Map<string, AttributeValue> | undefined {
  const list = isObject(value) ? value['kvlistValue'] : undefined
  if (!isObject(list)) return undefined
  const entries = new Map<string, AttributeValue>()
  gather(listIn(list, 'values'), { into: entries, prefix: '', depth: 0 })
  return entries
}

interface Place {
  readonly into: Map<string, AttributeValue>
  readonly prefix: string
  readonly depth: number
}

/** Puts KeyValues into the map, and the entries of maps within. */
export function gather(list: readonly unknown[] | undefined, { into, prefix, depth }: Place): void {
  for (const each of list ?? NONE) {
    if (!isObject(each) || typeof each['key'] !== 'string') continue
    const name = prefix === '' ? each['key'] : `${prefix}.${each['key']}`
    const { value } = each
    const inner = isObject(value) ? value['kvlistValue'] : undefined
    into.set(name, anyValueOf(value))
    if (isObject(inner) && depth < DEEPEST_MAP)
      gather(listIn(inner, 'values'), { into, prefix: name, depth: depth + 1 })
  }
}

/** Writes the words of an id in hexadecimal, which may be in either case; false when it is none. */
export function hexInto(
  value: unknown,
  words: Int32Array,
  [first, count]: readonly [number, number],
): boolean {
  if (typeof value !== 'string' || value.length !== count * 8 || !/^[0-9a-f]*$/i.test(value)) return false
  for (let i = 0; i < count; i++) words[first + i] = Number.parseInt(value.slice(i * 8, i * 8 + 8), 16)
  return true
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value)
    ? Number(value)
    : undefined
}
