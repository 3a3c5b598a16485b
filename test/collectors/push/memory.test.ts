import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IDENTITY_BYTES, IdentitySet } from '../../../src/collectors/push/identities.ts'
import { Memory } from '../../../src/collectors/push/memory.ts'

const identityOf = (name: string | number): Uint8Array =>
  createHash('sha256').update(String(name)).digest().subarray(0, IDENTITY_BYTES)

/** Checkpoints as the ledger keeps them. */
class Kept {
  readonly texts = new Map<string, string>()
  readonly memory: Memory
  #revision: number

  constructor(before?: Kept) {
    this.texts = new Map(before?.texts)
    this.memory = new Memory({ key: 'push', windowMs: 60_000 })
    this.#revision = before === undefined ? 0 : before.#revision
  }

  load(): Promise<number> {
    return this.memory.load(async (key) => this.texts.get(key))
  }

  keep(
    ms: number,
    names: readonly (string | number)[],
    remembered: Readonly<Record<string, string>> = {},
  ): void {
    const addition = {
      identities: names.map(identityOf),
      remembered: new Map(Object.entries(remembered)),
      state: `state at ${ms}`,
    }
    const now = { monotonicMs: ms, wallMs: ms, revision: ++this.#revision }
    for (const { key, value } of this.memory.keep(addition, now)) this.texts.set(key, value)
  }
}

test('a set has what was added, and nothing else', () =>
  fc.assert(
    fc.property(fc.array(fc.nat(500)), (numbers) => {
      const set = new IdentitySet()
      for (const number of numbers) set.add(identityOf(number))
      const all = new Set(numbers)
      expect(set.size).toBe(all.size)
      const again = new IdentitySet(set.packed.slice())
      for (let i = 0; i <= 500; i++) {
        expect(set.has(identityOf(i))).toBe(all.has(i))
        expect(again.has(identityOf(i))).toBe(all.has(i))
      }
    }),
    { numRuns: 10 },
  ))

test('identities whose words collide are told apart', () => {
  const set = new IdentitySet()
  const like = (last: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? last : 7))
  for (let last = 0; last < 200; last++) set.add(like(last))
  expect(set.size).toBe(200)
  expect([set.has(like(199)), set.has(like(200))]).toEqual([true, false])
})

test('after a restart all of the window is known, whenever it comes', async () => {
  const before = new Kept()
  for (let second = 0; second < 300; second++) before.keep(second * 1_000, [second])
  const after = new Kept(before)
  expect(await after.load()).toBe(0)
  for (let second = 240; second < 300; second++) expect(after.memory.knows(identityOf(second))).toBe(true)
  expect(after.memory.knows(identityOf(200))).toBe(false)
  expect(after.memory.state).toBe('state at 299000')
  expect(after.memory.revision).toBe(300)
})

test('what follows a restart takes the place of the oldest, not of the newest', async () => {
  let kept = new Kept()
  for (let life = 0; life < 10; life++) {
    kept = new Kept(kept)
    await kept.load()
    for (let i = 0; i < 5; i++) kept.keep(i * 1_000, [`${life} ${i}`])
  }
  for (let life = 0; life < 10; life++) expect(kept.memory.knows(identityOf(`${life} 4`))).toBe(true)
})

test('more deliveries than a slot holds are spread over several', async () => {
  const before = new Kept()
  const names = Array.from({ length: 16_500 }, (_, i) => i)
  before.keep(0, names)
  expect(before.texts.size).toBeGreaterThan(1)
  const after = new Kept(before)
  await after.load()
  for (let i = 0; i < names.length; i += 50) expect(after.memory.knows(identityOf(i))).toBe(true)
})

test('values are carried on round the ring, the last one said, until they are a day old', async () => {
  const kept = new Kept()
  kept.keep(0, [], { old: '1', total: '1' })
  kept.keep(500, [], { total: '2' })
  for (let second = 1; second < 500; second++) kept.keep(second * 1_000, [second])
  const after = new Kept(kept)
  await after.load()
  expect([after.memory.recall('old'), after.memory.recall('total')]).toEqual(['1', '2'])
  for (let hour = 0; hour < 100; hour++) kept.keep(500_000 + hour * 3_600_000, [hour])
  const later = new Kept(kept)
  await later.load()
  expect(later.memory.recall('total')).toBeUndefined()
})

test('any order of saying leaves the last value, over any number of restarts', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(9), fc.nat(99), fc.boolean()), { maxLength: 200 }),
      async (said) => {
        const expected = new Map<string, string>()
        let kept = new Kept()
        let ms = 0
        for (const [key, value, isRestart] of said) {
          ms += 700
          if (isRestart) {
            kept = new Kept(kept)
            await kept.load()
          }
          kept.keep(ms, [], { [key]: String(value) })
          expected.set(String(key), String(value))
        }
        const last = new Kept(kept)
        await last.load()
        for (const [key, value] of expected) expect(last.memory.recall(key)).toBe(value)
      },
    ),
    { numRuns: 30 },
  ))

test('what cannot be understood is counted and passed over', async () => {
  const before = new Kept()
  before.keep(0, ['a'])
  before.keep(5_000, ['b'])
  const [first = ''] = before.texts.keys()
  before.texts.set(first, 'no JSON')
  const after = new Kept(before)
  expect(await after.load()).toBe(1)
  expect(after.memory.knows(identityOf('b'))).toBe(true)
})
