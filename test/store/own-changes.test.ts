import { describe, expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { OwnChanges, type Written } from '../../src/store/own-changes.ts'

const wrote = (source: string, from: number, to: number, covers = false): Written => ({
  source,
  from: unixSeconds(from),
  to: unixSeconds(to),
  covers,
})

describe('what this process wrote', () => {
  test('is told once, merged, by source', () => {
    const changes = new OwnChanges(5)
    const { cursor } = changes
    changes.note([wrote('edge', 60, 120), wrote('apm', 0, 60)])
    changes.note([wrote('edge', 120, 180, true)])
    const told = changes.since(cursor)
    expect(told).toMatchObject({
      touched: [
        { source: 'apm', from: 0, to: 60 },
        { source: 'edge', from: 60, to: 180 },
      ],
      covered: ['edge'],
    })
    expect(changes.since(changes.cursor)).toMatchObject({ touched: [], covered: [] })
    // The same question again has the same answer: a reader that failed asks again.
    expect(changes.since(cursor)).toEqual(told)
  })

  test('without a cursor nothing changed', () => {
    const changes = new OwnChanges(5)
    changes.note([wrote('edge', 60, 120)])
    expect(changes.since(undefined)).toMatchObject({ cursor: changes.cursor, touched: [] })
  })

  test('of an earlier run is asked of the tables', () => {
    expect(new OwnChanges(9).since(new OwnChanges(5).cursor)).toEqual({ askSince: 5 })
  })

  test('after very many writes too much is told, never too little', () => {
    const changes = new OwnChanges(5)
    const { cursor } = changes
    for (let i = 0; i < 30_000; i++) changes.note([wrote('edge', i * 120, i * 120 + 60, i === 3)])
    const told = changes.since(cursor)
    if (!('touched' in told)) throw new Error('the cursor is its own')
    const inside = (at: number) => told.touched.some(({ from, to }) => from <= at && at + 60 <= to)
    for (const i of [0, 3, 9_999, 10_000, 29_999]) expect(inside(i * 120)).toBe(true)
    expect(told.covered).toEqual(['edge'])
  })
})
