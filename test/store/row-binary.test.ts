import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RowReader, RowWriter } from '../../src/store/row-binary.ts'

test('what was written is read', () => {
  const value = fc.oneof(
    fc.record({ kind: fc.constant('u64' as const), value: fc.maxSafeNat() }),
    fc.record({ kind: fc.constant('big' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
    fc.record({ kind: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
    fc.record({
      kind: fc.constant('text' as const),
      value: fc.string({ maxLength: 150 }).map((text) => `${text}é漢😀`),
    }),
    fc.record({
      kind: fc.constant('u32s' as const),
      value: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 200 }),
    }),
  )
  fc.assert(
    fc.property(fc.array(value, { maxLength: 6 }), (values) => {
      const writer = new RowWriter(1)
      for (const given of values) {
        if (given.kind === 'u64') writer.u64(given.value)
        else if (given.kind === 'big') writer.big(given.value)
        else if (given.kind === 'u32') writer.u32(given.value)
        else if (given.kind === 'text') writer.text(given.value)
        else writer.u32s(given.value)
      }
      const reader = new RowReader(writer.bytes)
      for (const given of values) {
        const read = reader[given.kind]()
        expect(read instanceof Uint32Array ? [...read] : read).toEqual(given.value)
      }
      expect(reader.done).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test('a number that could not be exact is refused, both ways', () => {
  const writer = new RowWriter()
  for (const wrong of [-1, 1.5, NaN, 2 ** 53]) expect(() => writer.u64(wrong)).toThrow(RangeError)
  writer.big(2n ** 53n)
  expect(() => new RowReader(writer.bytes).u64()).toThrow('beyond 2^53')
})

test('going back forgets what came after', () => {
  const writer = new RowWriter()
  writer.u32(1)
  const { size } = writer
  writer.text('gone')
  writer.truncate(size)
  writer.u32(2)
  expect([
    ...new Uint32Array(writer.bytes.buffer.slice(writer.bytes.byteOffset, writer.bytes.byteOffset + 8)),
  ]).toEqual([1, 2])
})
