import { expect, test } from 'vitest'
import { repliesTo } from '../../src/cli/dev/slack/index.ts'
import { createEstate } from './estate.ts'

const ID = 'INC-2026-0001'

test('an incident becomes one message that is changed, and a thread that tells its story', async () => {
  const estate = await createEstate()
  await estate.happen({ kind: 'opened' })
  await estate.pass(5)
  const [headline, ...others] = estate.headlines(ID)
  expect(others).toEqual([])
  expect(headline?.text).toBe('PAGE · Checkout availability: Burning 14.8× in gcp: budget gone in 41 h')
  await estate.happen({ kind: 'worse', rate: 18.2 })
  await estate.pass(5)
  await estate.happen({ kind: 'resolved', rate: 18.2 })
  await estate.pass(5)
  expect(estate.headlines(ID)).toEqual([
    { ts: headline?.ts, text: expect.stringMatching(/^RESOLVED · Checkout availability: Resolved after/) },
  ])
  const channel = [...estate.emulator.workspace.channels.values()][0]!
  expect(repliesTo(channel, headline!.ts).map((reply) => reply.text)).toEqual([
    expect.stringMatching(/^Opened\. Burning 14\.8× in gcp: budget gone in 41 h\. Why: 14\.8× over 1 h/),
    expect.stringMatching(/^Worse\. Burning 18\.2× in gcp/),
    expect.stringMatching(/^Resolved after 4 min in gcp: burned up to 18\.2×, cost 6\.0 % of the budget\.$/),
  ])
  expect(estate.outbox.status().destinations[0]).toMatchObject({ state: 'ready', pending: 0, doubtful: 0 })
  await estate.outbox[Symbol.asyncDispose]()
})
