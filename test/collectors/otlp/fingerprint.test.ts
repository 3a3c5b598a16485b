import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fingerprint } from '../../../src/collectors/otlp/fingerprint.ts'
import { createRandom } from '../../world.ts'

const hex = (bytes: Uint8Array, seed = 0): string => Buffer.from(fingerprint(bytes, seed)).toString('hex')

test('the same bytes have the same fingerprint, wherever they stand', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(7), (bytes, offset) => {
      const elsewhere = new Uint8Array(bytes.length + offset)
      elsewhere.set(bytes, offset)
      expect(hex(elsewhere.subarray(offset))).toBe(hex(bytes))
    }),
  ))

test('a bit, a byte more, or another seed make another', () =>
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (bytes, n) => {
      const flipped = bytes.slice()
      const bit = n % (bytes.length * 8)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const longer = new Uint8Array(bytes.length + 1)
      longer.set(bytes)
      const all = [hex(bytes), hex(flipped), hex(longer), hex(bytes, 1)]
      expect(new Set(all).size).toBe(4)
    }),
  ))

test('requests that differ in little share no half of a fingerprint', () => {
  // Only two words of one lane differ, which is what such a hash is worst at; and only counters, not noise.
  const seen = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()]
  const body = Buffer.alloc(4_096, 'abcdefgh')
  for (let i = 0; i < 300; i++)
    for (let j = 0; j < 100; j++) {
      body.writeUInt32LE(i, 160)
      body.writeUInt32LE(j, 1_600)
      const text = hex(body)
      for (const [k, half] of [
        text.slice(0, 16),
        text.slice(16),
        text.slice(8, 24),
        text.slice(4, 20),
      ].entries())
        seen[k]?.add(half)
    }
  expect(seen.map((each) => each.size)).toEqual([30_000, 30_000, 30_000, 30_000])
})

test('a flipped bit changes about half of all bits, at the beginning as at the end', () => {
  const random = createRandom(5)
  const body = Uint8Array.from({ length: 1_000 }, () => Math.floor(random() * 256))
  const before = fingerprint(body, 0)
  let changed = 0
  const tries = 400
  for (let n = 0; n < tries; n++) {
    const flipped = body.slice()
    const at = Math.floor((n / tries) * body.length)
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (n % 8))
    const after = fingerprint(flipped, 0)
    for (let i = 0; i < 16; i++) {
      let bits = (before[i] ?? 0) ^ (after[i] ?? 0)
      for (; bits > 0; bits &= bits - 1) changed++
    }
  }
  expect(changed / tries).toBeGreaterThan(60)
  expect(changed / tries).toBeLessThan(68)
})
