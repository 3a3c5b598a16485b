import { expect, test } from 'vitest'
import { parseQuery, withMatcher } from '../../../src/collectors/prometheus/promql.ts'

test.each([
  ['http_requests_total', 'http_requests_total', undefined, false],
  [
    ' http_requests_total{job="shop", code=~"5.."} ',
    'http_requests_total{job="shop", code=~"5.."}',
    undefined,
    false,
  ],
  ['{__name__="a",job="b",}', '{__name__="a",job="b",}', undefined, false],
  ['job:requests:sum{path=~"/a{2}\\"}.*"}', 'job:requests:sum{path=~"/a{2}\\"}.*"}', undefined, false],
  ['sum(a{b="c"})', 'a{b="c"}', { kind: 'by', labels: [] }, false],
  ['sum by (x, y) (a)', 'a', { kind: 'by', labels: ['x', 'y'] }, false],
  ['sum(a) by (x)', 'a', { kind: 'by', labels: ['x'] }, false],
  ['sum without (pod,) (a)', 'a', { kind: 'without', labels: ['pod'] }, false],
  ['sum(rate(a{b="c"}[5m]))', 'a{b="c"}', { kind: 'by', labels: [] }, true],
  ['increase(a[1h30m])', 'a', undefined, true],
  ['sum by (x) ((irate(a[1m])))', 'a', { kind: 'by', labels: ['x'] }, true],
  ['sum(a) # all of them\n', 'a', { kind: 'by', labels: [] }, false],
  ["sum{a='b'}", "sum{a='b'}", undefined, false],
])('%j is a selector whose series are read', (text, selector, grouping, rises) => {
  expect(parseQuery(text)).toEqual({ kind: 'series', text, selector, grouping, rises })
})

test.each([
  ['sum(a) + sum(b)', false],
  ['sum(rate(a[5m])) / sum(rate(b[5m]))', true],
  ['sum(sum by (x) (a))', false],
  ['max(a)', false],
  ['a offset 5m', false],
  ['a @ end()', false],
  ['a[5m]', false],
  ['sum_over_time(a[1m])', false],
  ['rate(a[5m:1m])', true],
  ['sum(a', false],
  ['sum by (x)', false],
  ['', false],
  ['1', false],
])('%j is evaluated by the server', (text, rises) => {
  expect(parseQuery(text)).toEqual({ kind: 'expression', text, rises })
})

test('a matcher is added to what is there', () => {
  expect(withMatcher('a', 'x="y"')).toBe('a{x="y"}')
  expect(withMatcher('a{}', 'x="y"')).toBe('a{x="y"}')
  expect(withMatcher('a{b="c"}', 'x="y"')).toBe('a{b="c",x="y"}')
  expect(withMatcher('a{b="c", }', 'x="y"')).toBe('a{b="c",x="y"}')
})
