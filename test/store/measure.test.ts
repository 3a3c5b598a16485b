import { expect, test } from 'vitest'
import { microseconds } from '../../src/base/index.ts'
import { measureOf, measureSql } from '../../src/store/measure.ts'
import { binAtEdge, type RequestQuery } from '../../src/traffic/index.ts'

const ask = (given: Partial<RequestQuery>): RequestQuery => ({
  kind: 'requests',
  source: 'edge',
  match: { text: '{}', matches: () => true },
  outcome: 'good',
  ...given,
})

test('equal questions about different series are one measure, so that one statement answers them', () => {
  const other = { text: '{a="b"}', matches: () => false }
  expect(measureOf(ask({ match: other, source: 'apm' }))).toEqual(measureOf(ask({})))
  expect(measureOf(ask({ judge: { a: 'bad', b: 'good' } }))).toEqual(
    measureOf(ask({ judge: { b: 'good', a: 'bad' } })),
  )
})

test('a threshold is the bin that starts at it', () => {
  const { shape, before } = measureOf(ask({ within: microseconds(300_000) }))
  expect(measureSql(shape, before)).toContain(`b < ${binAtEdge(300_000)}`)
  expect(measureOf(ask({ within: microseconds(1000) })).shape).toBe(shape)
  expect(() => measureOf(ask({ within: microseconds(123_456) }))).toThrow('no edge')
})

test('a reason is only ever text in the statement', () => {
  const { shape } = measureOf(ask({ judge: { "x') OR ('\\": 'good' } }))
  expect(shape).toContain("'x\\') OR (\\'\\\\'")
})

test('rows that can give nothing are not read', () => {
  expect(measureOf(ask({})).kinds).toEqual(['good'])
  expect(measureOf(ask({ outcome: 'all' })).kinds).toEqual(['good', 'bad'])
  expect(measureOf(ask({ judge: { 'http-429': 'good' } })).kinds).toEqual(['good', 'bad', 'ignored'])
  expect(measureOf(ask({ abort: 'never' })).kinds).toEqual(['good', 'bad', 'ignored'])
})
