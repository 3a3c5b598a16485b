import { expect, test } from 'vitest'
import type { Call } from '../../src/cli/dev/slack/index.ts'
import { repliesTo, topLevel } from '../../src/cli/dev/slack/index.ts'
import { createEstate, type Estate, TOKEN } from './estate.ts'

const ID = 'INC-2026-0001'
const channelOf = (estate: Estate) => [...estate.emulator.workspace.channels.values()][0]!
const callsOf = (estate: Estate, method: string): readonly Call[] =>
  estate.emulator.calls.filter((call) => call.method === method)

/** Whatever happened: a minute later there is one headline, up to date, and nothing is pending. */
async function settled(estate: Estate): Promise<void> {
  await estate.pass(8)
  await estate.rest(90)
  expect(estate.headlines(ID)).toEqual([{ ts: expect.any(String), text: expect.stringMatching(/^PAGE · /) }])
  expect(estate.outbox.status().destinations[0]).toMatchObject({ pending: 0, doubtful: 0 })
  await estate.outbox[Symbol.asyncDispose]()
}

test('numbers that move change the headline promptly once, and then at a calm pace', async () => {
  const estate = await createEstate()
  await estate.happen({ kind: 'opened' })
  for (let second = 0; second < 300; second += 5) {
    await estate.pass(5)
    await estate.happen({ kind: 'measured', rate: 15 + second / 10 })
  }
  const updates = callsOf(estate, 'chat.update').map((call) => Math.round((call.atMs / 1000) % 100_000))
  const gaps = updates.slice(1).map((at, i) => at - updates[i]!)
  expect(updates.length).toBeGreaterThanOrEqual(6)
  expect(updates.length).toBeLessThanOrEqual(8)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(44)
  await estate.outbox[Symbol.asyncDispose]()
})

test('the end is shown at once, and nothing is sent again when nothing changed', async () => {
  const estate = await createEstate()
  await estate.happen({ kind: 'opened' })
  await estate.pass(30)
  await estate.happen({ kind: 'resolved' })
  await estate.pass(3)
  expect(estate.headlines(ID)[0]?.text).toMatch(/^RESOLVED/)
  const updates = callsOf(estate, 'chat.update').length
  await estate.happen({ kind: 'measured' })
  await estate.pass(120)
  expect(callsOf(estate, 'chat.update')).toHaveLength(updates)
  await estate.outbox[Symbol.asyncDispose]()
})

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

test('a journal that cannot be written stops the telling, not the other way round', async () => {
  const estate = await createEstate()
  let full = true
  estate.journal.guard = (entries) => {
    if (full && entries.some((entry) => entry.kind === 'notification'))
      throw new Error('no space left on device')
  }
  await estate.happen({ kind: 'opened' })
  await estate.pass(10)
  expect(callsOf(estate, 'chat.postMessage')).toEqual([])
  expect(estate.outbox.status().destinations[0]?.problem?.reason).toBe('no space left on device')
  full = false
  await settled(estate)
})

test('the token stands in no log line and in no journal entry', async () => {
  const estate = await createEstate({
    faults: (call) => (call.nth % 2 === 0 ? { kind: 'html' } : { kind: 'error', error: 'invalid_auth' }),
  })
  await estate.happen({ kind: 'opened' })
  await estate.rest(400)
  expect(JSON.stringify([estate.world.lines, estate.journal.entries])).not.toContain(TOKEN)
  await estate.outbox[Symbol.asyncDispose]()
})
