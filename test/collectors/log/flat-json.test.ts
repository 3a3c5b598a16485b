import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFlatReader as create } from '../../../src/collectors/log/flat-json.ts'
import { runs } from '../../property-runs.ts'

const keys = ['a', 'code', 'long key', 'é']
const columns = new Map(keys.map((key, i) => [key, i]))

/** Reads lines one by one, each in the middle of a longer text. */
function createFlatReader(wanted: typeof columns): (line: string, into: unknown[]) => boolean {
  const read = create(wanted)
  return (line, into) => read(`x\\"\n${line}\n{"a":1}\\`, 4, 4 + line.length, into)
}

/** What JSON.parse makes of the line, at the places of the wanted keys; undefined: no JSON object. */
function oracle(line: string): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
    return keys.map((key) => (Object.hasOwn(parsed, key) ? Reflect.get(parsed, key) : undefined))
  } catch {
    return undefined
  }
}

const flat = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(null, true, false, '', '-', 0),
)
const value = fc.oneof({ weight: 9, arbitrary: flat }, { weight: 1, arbitrary: fc.jsonValue() })
const key = fc.oneof(fc.constantFrom(...keys), fc.string())
const objects = fc.array(fc.dictionary(key, value, { maxKeys: 8 }), { minLength: 1, maxLength: 6 })

test('what it reads, JSON.parse reads too, line after line, whatever the order of the keys', () => {
  fc.assert(
    fc.property(objects, (lines) => {
      const read = createFlatReader(columns)
      for (const line of [...lines, ...lines].map((each) => JSON.stringify(each))) {
        const values = keys.map(() => undefined as unknown)
        if (read(line, values)) expect(values).toEqual(oracle(line))
      }
    }),
  )
})

test('what JSON.parse refuses, it refuses, except for raw control characters', () => {
  const mangled = fc
    .tuple(
      fc.dictionary(fc.constantFrom(...keys), flat).map((each) => JSON.stringify(each)),
      fc.nat(60),
      fc.nat(3),
      fc.stringMatching(/^[{}",:0-9a-z.+-]{0,3}$/),
    )
    .map(([line, at, cut, text]) => line.slice(0, at) + text + line.slice(at + cut))
  fc.assert(
    fc.property(mangled, (line) => {
      const values = keys.map(() => undefined as unknown)
      if (createFlatReader(columns)(line, values)) expect(values).toEqual(oracle(line))
    }),
    runs(10),
  )
})

test('plain lines of a proxy are read this way', () => {
  const values: unknown[] = []
  const line = '{"x":null,"code":200,"a":"GET /","é":-7,"other":true}'
  expect(createFlatReader(columns)(line, values)).toBe(true)
  expect(values).toEqual(['GET /', 200, undefined, -7])
})
