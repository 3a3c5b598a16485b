import { expect, test } from 'vitest'
import { type Range, unixSeconds } from '../../src/base/index.ts'
import { createBlocks } from '../../src/service/blocks.ts'

const span = (from: number, to: number): Range => ({ from: unixSeconds(from), to: unixSeconds(to) })

function rig() {
  const asked: Range[] = []
  const blocks = createBlocks<number>(() => 8)
  let said = 0
  const of = (range: Range, meanwhile = (): void => undefined) =>
    blocks.of({ key: 'q', sources: ['edge'], range, width: 10 }, async (run) => {
      asked.push(run)
      meanwhile()
      said++
      return Array.from({ length: (run.to - run.from) / 10 }, (_, i) => 1_000 * said + run.from + i * 10)
    })
  return { blocks, asked, of }
}

test('what was read once is not asked again, and only what is missing is', async () => {
  const { asked, of } = rig()
  expect(await of(span(0, 30))).toEqual([1_000, 1_010, 1_020])
  expect(await of(span(10, 50))).toEqual([1_010, 1_020, 2_030, 2_040])
  expect(asked).toEqual([span(0, 30), span(30, 50)])
})

test('what was written to is asked again, and nothing else', async () => {
  const { blocks, asked, of } = rig()
  await of(span(0, 50))
  blocks.touched('edge', span(19, 21))
  blocks.touched('apm', span(0, 50))
  expect(await of(span(0, 50))).toEqual([1_000, 2_010, 2_020, 1_030, 1_040])
  expect(asked.slice(1)).toEqual([span(10, 30)])
})

test('what is written while it is being read is read again the next time', async () => {
  const { blocks, asked, of } = rig()
  await of(span(0, 20), () => blocks.touched('edge', span(0, 1)))
  await of(span(0, 20))
  expect(asked).toEqual([span(0, 20), span(0, 20)])
})

test('two who ask at once read once', async () => {
  const { asked, of } = rig()
  expect(await Promise.all([of(span(0, 20)), of(span(0, 20))])).toEqual([
    [1_000, 1_010],
    [1_000, 1_010],
  ])
  expect(asked.length).toBe(1)
})

test('blocks that begin between multiples of their width are forgotten by what is written into them', async () => {
  const { blocks, asked, of } = rig()
  await of(span(3, 23))
  blocks.touched('edge', span(12, 13))
  await of(span(3, 23))
  expect(asked).toEqual([span(3, 23), span(3, 13)])
})

test('a failure is the failure of who asked, not of the next', async () => {
  const { blocks, of } = rig()
  const broken = blocks.of({ key: 'q', sources: ['edge'], range: span(0, 10), width: 10 }, () =>
    Promise.reject(new Error('gone')),
  )
  await expect(broken).rejects.toThrow('gone')
  expect(await of(span(0, 10))).toEqual([1_000])
})
