import { expect, test } from 'vitest'
import { repliesTo, topLevel } from '../../src/cli/dev/slack/index.ts'
import { createEstate, type Estate } from './estate.ts'

// A message is gathered from the ledger, which takes time; what happens meanwhile is not in it and is shown all the same.

const ID = 'INC-2026-0001'
const channelOf = (estate: Estate) => [...estate.emulator.workspace.channels.values()][0]!

test.each([0.5, 1.5, 2.5, 4.5, 6.5, 8.5, 12.5, 14.5])(
  'an end %s s after the beginning is shown, though briefs take two seconds and say what was',
  async (after) => {
    const estate = await createEstate({ briefMs: 2_000 })
    await estate.happen({ kind: 'opened' })
    await estate.world.advance(after * 1_000)
    await estate.happen({ kind: 'resolved' })
    await estate.pass(30)
    expect(estate.headlines(ID).map(({ text }) => text.slice(0, 8))).toEqual(['RESOLVED'])
    const [headline] = topLevel(channelOf(estate))
    expect(repliesTo(channelOf(estate), headline!.ts).map(({ text }) => text.split(' ')[0])).toEqual([
      expect.stringMatching(/Opened|Resolved/),
      ...(after > 4 ? ['Resolved'] : []),
    ])
    expect(estate.outbox.status().destinations[0]).toMatchObject({ pending: 0 })
    await estate.outbox[Symbol.asyncDispose]()
  },
)

test.each([9.5, 10.5, 11.5, 12.5])('so is an end %s s after numbers moved', async (after) => {
  const estate = await createEstate({ briefMs: 2_000 })
  await estate.happen({ kind: 'opened' })
  await estate.pass(8)
  await estate.happen({ kind: 'measured', rate: 20 })
  await estate.world.advance(after * 1_000)
  await estate.happen({ kind: 'resolved' })
  await estate.pass(30)
  expect(estate.headlines(ID).map(({ text }) => text.slice(0, 8))).toEqual(['RESOLVED'])
  await estate.outbox[Symbol.asyncDispose]()
})
