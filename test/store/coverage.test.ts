import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { cutByQuarter, mergeStatements, QUARTER, type Statement } from '../../src/store/coverage.ts'

const at = (minute: number) => unixSeconds(minute * 60)
const range = { from: at(0), to: at(100) }

function said(from: number, to: number, given: Partial<Statement> = {}): Statement {
  const state = given.state ?? 'known'
  const reason = state === 'known' ? '' : 'refused'
  return { writer: 'a', revision: 1, from: at(from), to: at(to), state, reason, ...given }
}

const merged = (...statements: Statement[]): unknown[] =>
  mergeStatements(statements, { source: 'edge', range }).map((s) => [s.from / 60, s.to / 60, s.state])

test('stretches that touch become one, and what nobody said stays out', () =>
  expect(merged(said(10, 20), said(20, 30), said(40, 50))).toEqual([
    [10, 30, 'known'],
    [40, 50, 'known'],
  ]))

test('only what lies in the range is given', () =>
  expect(merged(said(-20, 5), said(90, 200), said(300, 400))).toEqual([
    [0, 5, 'known'],
    [90, 100, 'known'],
  ]))

test('what one run missed and another read is known', () =>
  expect(merged(said(0, 30, { state: 'missing' }), said(10, 20, { writer: 'b' }))).toEqual([
    [0, 10, 'missing'],
    [10, 20, 'known'],
    [20, 30, 'missing'],
  ]))

test('of one writer the later revision counts, even when it knows less', () =>
  expect(merged(said(0, 30), said(10, 20, { revision: 2, state: 'partial' }))).toEqual([
    [0, 10, 'known'],
    [10, 20, 'partial'],
    [20, 30, 'known'],
  ]))

test('gaps with different reasons stay apart', () => {
  const spans = mergeStatements(
    [said(0, 5, { state: 'missing', reason: 'a' }), said(5, 9, { state: 'missing', reason: 'b' })],
    { source: 'edge', range },
  )
  expect(spans.map((s) => s.reason)).toEqual(['a', 'b'])
})

test('a span is cut where quarters of a day begin, and nothing is lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 5000 }), (from, length) => {
      const span = {
        source: 'edge',
        state: 'known',
        reason: '',
        from: at(from),
        to: at(from + length),
      } as const
      const pieces = cutByQuarter(span)
      expect(pieces.map((p) => p.from)).toEqual(
        pieces.map((_, i) => (i === 0 ? span.from : pieces[i - 1]?.to)),
      )
      expect(pieces.at(-1)?.to ?? span.to).toBe(span.to)
      for (const p of pieces) expect(Math.floor(p.from / QUARTER)).toBe(Math.floor((p.to - 1) / QUARTER))
    }),
  )
})

test('each minute has the state that looking at all statements one by one gives it', () => {
  const statement = fc.record({
    from: fc.integer({ min: -5, max: 99 }),
    length: fc.integer({ min: 1, max: 40 }),
    writer: fc.constantFrom('a', 'b', 'c'),
    revision: fc.nat(1000),
    state: fc.constantFrom<Statement['state']>('known', 'partial', 'missing'),
  })
  const worth = ['missing', 'partial', 'known']
  const distinct = fc.uniqueArray(statement, { selector: (s) => `${s.writer} ${s.revision}`, maxLength: 12 })
  fc.assert(
    fc.property(distinct, (given) => {
      const placed = given.map(({ from, length, writer, revision, state }) =>
        said(from, from + length, { writer, revision, state }),
      )
      const spans = mergeStatements(placed, { source: 'edge', range })
      for (let minute = 0; minute < 100; minute++) {
        const latest = new Map<string, Statement>()
        for (const s of placed.filter((s) => s.from <= at(minute) && s.to > at(minute)))
          if (s.revision >= (latest.get(s.writer)?.revision ?? -1)) latest.set(s.writer, s)
        const states = [...latest.values()].map((s) => s.state)
        const best = states.toSorted((a, b) => worth.indexOf(b) - worth.indexOf(a))[0]
        expect(spans.find((s) => s.from <= at(minute) && s.to > at(minute))?.state).toBe(best)
      }
    }),
  )
})
