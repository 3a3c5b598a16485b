import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { mergeRanges } from '../../src/store/changes.ts'
import { storeError } from '../../src/store/store-error.ts'

const range = (from: number, to: number) => ({ from: unixSeconds(from), to: unixSeconds(to) })

test('ranges that touch or overlap are told as one', () => {
  expect(mergeRanges([range(300, 360), range(0, 60), range(60, 120), range(30, 90)])).toEqual([
    range(0, 120),
    range(300, 360),
  ])
  expect(mergeRanges([])).toEqual([])
})

test('an error says what was being done, where, and whether to try again', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:8123'), { code: 'ECONNREFUSED' })
  expect(storeError('answer', 'the ledger at http://x', refused)).toMatchObject({
    message: 'the ledger at http://x failed to answer (can be retried): connect ECONNREFUSED 10.0.0.1:8123',
    retryable: true,
  })
  const memory = Object.assign(new Error('Memory limit exceeded'), { code: '241' })
  expect(storeError('answer', 'x', memory).retryable).toBe(true)
  const syntax = Object.assign(new Error('Syntax error: Timeout is a word in it'), { code: '62' })
  expect(storeError('answer', 'x', syntax).retryable).toBe(false)
})
