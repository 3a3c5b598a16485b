import * as fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { WireReader } from '../../../src/collectors/otlp/wire.ts'
import { strictReader } from './fuzz-reader.ts'

// The reader beside protobufjs: numbers of every size are read alike, and what one refuses the other refuses.

function reading<T>(bytes: Uint8Array, read: (reader: WireReader) => T): T | string {
  const reader = new WireReader()
  reader.begin(bytes)
  const value = read(reader)
  return reader.fault ?? value
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

/** A varint as the wire has it. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  for (let left = BigInt.asUintN(64, value); ; left >>= 7n) {
    const low = Number(left & 127n)
    if (left < 128n) return Uint8Array.from([...bytes, low])
    bytes.push(low | 128)
  }
}

test('numbers of every size and sign are read to the nearest double', () => {
  fc.assert(
    fc.property(int64, (value) => {
      expect(reading(varint(value), (r) => r.int64())).toBe(Number(value))
      expect(reading(varint(value), (r) => r.varint())).toBe(Number(BigInt.asUintN(64, value)))
      expect(reading(varint(value), (r) => r.int32())).toBe(Number(BigInt.asIntN(32, value)))
      expect(reading(varint(value), (r) => r.bool())).toBe(value !== 0n)
      const fixed = new Uint8Array(8)
      new DataView(fixed.buffer).setBigInt64(0, value, true)
      expect(reading(fixed, (r) => r.sfixed64())).toBe(Number(value))
      expect(reading(fixed, (r) => r.fixed64())).toBe(Number(BigInt.asUintN(64, value)))
      expect(reading(fixed, (r) => r.double())).toBe(new DataView(fixed.buffer).getFloat64(0, true))
      expect(reading(fixed.subarray(0, 7), (r) => r.fixed64())).toBe('truncated')
    }),
  )
})

test('a sint32 is read as protobufjs reads it', () => {
  fc.assert(
    fc.property(fc.integer(), (value) => {
      const bytes = protobuf.Writer.create().sint32(value).finish()
      expect(reading(bytes, (r) => r.sint32())).toBe(value)
    }),
  )
})

test('a number of more than ten bytes is refused', () => {
  expect(reading(Uint8Array.from([...Array(10).fill(255), 1]), (r) => r.varint())).toBe('varint')
  expect(reading(Uint8Array.from([...Array(9).fill(255), 1]), (r) => r.varint())).toBe(2 ** 64)
  expect(reading(Uint8Array.from(Array(5).fill(255)), (r) => r.varint())).toBe('truncated')
})

test('a field outside the message at hand is not read', () => {
  const length = (bytes: readonly number[]) => reading(Uint8Array.from(bytes), (r) => r.length())
  expect(length([3, 1, 2])).toBe('truncated')
  expect(length([2, 1, 2])).toBe(2)
  expect(length([0xff, 0xff, 0xff, 0xff, 0x0f])).toBe('truncated')
  expect(length([])).toBe('truncated')
})

/** All fields of a message, as `number:type`, unread; or why it is none. */
function fieldsOf(bytes: Uint8Array): string {
  const reader = new WireReader()
  reader.begin(bytes)
  const fields: string[] = []
  while (reader.next()) {
    fields.push(`${reader.tag >>> 3}:${reader.tag & 7}`)
    reader.skip()
  }
  return reader.fault === undefined ? fields.join(' ') : 'refused'
}

function fieldsOfOracle(bytes: Uint8Array): string {
  const reader = strictReader(bytes)
  const fields: string[] = []
  try {
    while (reader.pos < reader.len) {
      const tag = reader.tag()
      fields.push(`${tag >>> 3}:${tag & 7}`)
      reader.skipType(tag & 7, 0, tag >>> 3)
    }
    return fields.join(' ')
  } catch {
    return 'refused'
  }
}

// Bytes that are often tags, lengths and groups.
const likely = fc.oneof(
  fc.constantFrom(8, 9, 10, 11, 12, 13, 18, 19, 20, 0, 1, 2, 3, 128, 255),
  fc.integer({ min: 0, max: 255 }),
)

test('unknown fields of every type, groups too, are passed over as protobufjs passes over them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), fc.array(likely, { maxLength: 24 }), (noise, drawn) => {
      for (const bytes of [noise, Uint8Array.from(drawn)]) expect(fieldsOf(bytes)).toBe(fieldsOfOracle(bytes))
    }),
    { numRuns: 300 },
  )
})

test('groups a hundred deep are passed over, deeper ones refused', () => {
  const nested = (depth: number) =>
    Uint8Array.from([...Array(depth).fill(11), ...Array(depth).fill(12)] as number[])
  expect(fieldsOf(nested(100))).toBe('1:3')
  expect(fieldsOf(nested(101))).toBe('refused')
  expect(fieldsOf(Uint8Array.from([11, 20]))).toBe('refused')
  expect(fieldsOf(Uint8Array.from([12]))).toBe('refused')
})
