import fc from 'fast-check'
import { expect, test } from 'vitest'
import { labelsKey, pickLabels } from '../../src/base/index.ts'
import { runs } from '../property-runs.ts'

const labels = fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }))

test('a key does not depend on the order of the labels, nor on empty ones', () => {
  expect(labelsKey({ b: '2', a: '1', c: '' })).toBe('a=1,b=2')
  expect(labelsKey({ a: '1', b: '2' })).toBe('a=1,b=2')
})

test('two different sets of labels never share a key', () => {
  const filled = (set: Record<string, string>): string =>
    Object.keys(set)
      .filter((name) => set[name] !== '')
      .sort()
      .map((name) => JSON.stringify([name, set[name]]))
      .join()
  fc.assert(
    fc.property(labels, labels, (a, b) => {
      expect(labelsKey(a) === labelsKey(b)).toBe(filled(a) === filled(b))
    }),
    runs(10),
  )
})

test('picking keeps the order of names and leaves out what is absent', () => {
  expect(Object.entries(pickLabels({ z: '1', a: '2', q: '' }, ['z', 'q', 'nothing', 'a']))).toEqual([
    ['a', '2'],
    ['z', '1'],
  ])
})
