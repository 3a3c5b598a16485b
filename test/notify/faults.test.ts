import { describe, expect, test } from 'vitest'
import type { Call, Fault } from '../../src/cli/dev/slack/index.ts'
import { repliesTo, topLevel } from '../../src/cli/dev/slack/index.ts'
import { createEstate, type Estate } from './estate.ts'

const ID = 'INC-2026-0001'
const channelOf = (estate: Estate) => [...estate.emulator.workspace.channels.values()][0]!
const callsOf = (estate: Estate, method: string): readonly Call[] =>
  estate.emulator.calls.filter((call) => call.method === method)

/** The fault hits the nth call of a method; all others pass. */
const once =
  (fault: Fault, method = 'chat.postMessage', nth = 1) =>
  (call: Call): Fault | undefined =>
    call.method === method && call.nth === nth ? fault : undefined

/** Whatever happened: a minute later there is one headline, up to date, and nothing is pending. */
async function settled(estate: Estate): Promise<void> {
  await estate.pass(8)
  await estate.rest(90)
  expect(estate.headlines(ID)).toEqual([{ ts: expect.any(String), text: expect.stringMatching(/^PAGE · /) }])
  expect(estate.outbox.status().destinations[0]).toMatchObject({ pending: 0, doubtful: 0 })
  await estate.outbox[Symbol.asyncDispose]()
}

describe('S01 S04: an answer that says nothing is looked up, not repeated', () => {
  const ambiguous: readonly (readonly [string, Fault, number])[] = [
    ['the connection breaks after Slack took the message', { kind: 'reset', done: true }, 1],
    ['the connection breaks before Slack took the message', { kind: 'reset', done: false }, 2],
    ['503 after it was done', { kind: 'status', status: 503, done: true }, 1],
    ['503 and nothing done', { kind: 'status', status: 503 }, 2],
    ['200 with a page, done', { kind: 'html', done: true }, 1],
    ['200 with a page, nothing done', { kind: 'html' }, 2],
    ['200 with nothing in it, done', { kind: 'empty', done: true }, 1],
    ['200 with nothing in it, nothing done', { kind: 'empty' }, 2],
    ['internal_error', { kind: 'error', error: 'internal_error' }, 2],
    ['fatal_error', { kind: 'error', error: 'fatal_error' }, 2],
    ['request_timeout', { kind: 'error', error: 'request_timeout' }, 2],
    ['service_unavailable', { kind: 'error', error: 'service_unavailable' }, 2],
  ]
  test.each(ambiguous)('%s', async (_name, fault, posts) => {
    const estate = await createEstate({ faults: once(fault) })
    await estate.happen({ kind: 'opened' })
    await settled(estate)
    const headlinePosts = callsOf(estate, 'chat.postMessage').filter(
      (call) => call.args['thread_ts'] === undefined,
    )
    expect(headlinePosts).toHaveLength(posts)
  })

  test('an answer later than the timeout', async () => {
    const estate = await createEstate({ faults: once({ kind: 'late', ms: 3_600_000 }), timeoutMs: 25 })
    await estate.happen({ kind: 'opened' })
    await new Promise((resolve) => setTimeout(resolve, 60))
    await settled(estate)
    expect(
      callsOf(estate, 'chat.postMessage').filter((call) => call.args['thread_ts'] === undefined),
    ).toHaveLength(1)
  })

  test('a message that arrives after it was given up becomes a pointer to the other', async () => {
    const estate = await createEstate({ faults: once({ kind: 'slow-accept', ms: 20_000 }) })
    await estate.happen({ kind: 'opened' })
    await estate.pass(30)
    expect(estate.headlines(ID)).toHaveLength(2)
    await settled(estate)
    const pointer = topLevel(channelOf(estate)).find((message) =>
      message.text.startsWith('↑ The same as <http'),
    )
    expect(pointer?.blocks).toEqual([])
    expect(estate.outbox.status().destinations[0]?.counters.duplicates).toBe(1)
  })

  test('a channel that cannot be read is posted to again after half a minute', async () => {
    const estate = await createEstate({
      faults: (call) =>
        call.method === 'chat.postMessage' && call.nth === 1
          ? { kind: 'reset', done: true }
          : call.method === 'conversations.history' && call.atMs < 1_790_000_040_000
            ? { kind: 'error', error: 'missing_scope' }
            : undefined,
    })
    await estate.happen({ kind: 'opened' })
    await estate.pass(25)
    expect(estate.headlines(ID)).toHaveLength(1)
    await estate.pass(20)
    expect(estate.outbox.status().destinations[0]?.counters.possibleDuplicates).toBe(1)
    await settled(estate)
  })

  test('a thread line in doubt is looked for in its thread', async () => {
    const estate = await createEstate({ faults: once({ kind: 'reset', done: true }, 'chat.postMessage', 2) })
    await estate.happen({ kind: 'opened' })
    await settled(estate)
    expect(repliesTo(channelOf(estate), estate.headlines(ID)[0]!.ts)).toHaveLength(1)
  })
})

describe('S02: limits', () => {
  test.each([
    ['with Retry-After', '30', 30],
    ['without Retry-After', undefined, 0],
    ['with an absurd Retry-After, which is capped', '1000000000', 300],
    ['with Retry-After: -5', '-5', 0],
  ])('429 %s', async (_name, retryAfter, atLeast) => {
    const fault: Fault =
      retryAfter === undefined ? { kind: 'rate-limit' } : { kind: 'rate-limit', retryAfter }
    const estate = await createEstate({ faults: once(fault) })
    const start = estate.world.clock.nowMs()
    await estate.happen({ kind: 'opened' })
    await estate.pass(atLeast + 5)
    const [first, second] = callsOf(estate, 'chat.postMessage')
    expect(first?.atMs).toBe(start)
    expect((second!.atMs - start) / 1000).toBeGreaterThanOrEqual(atLeast)
    expect((second!.atMs - start) / 1000).toBeLessThan(atLeast + 3)
    expect(callsOf(estate, 'conversations.history')).toEqual([])
    await settled(estate)
  })

  test('a limit on one channel holds up no other', async () => {
    const channels = ['one', 'two', 'three']
    const estate = await createEstate({
      channels,
      faults: (call) =>
        call.method === 'chat.postMessage' && call.args['channel'] === 'CONE00000' && call.nth <= 3
          ? { kind: 'rate-limit', retryAfter: '60' }
          : undefined,
    })
    await estate.happen({ kind: 'opened' })
    await estate.pass(3)
    const live = () =>
      channels.map((name) => estate.headlines(ID, `C${name.toUpperCase()}`.padEnd(9, '0')).length)
    expect(live()).toEqual([0, 1, 1])
    await estate.rest(70)
    expect(live()).toEqual([1, 1, 1])
    await estate.outbox[Symbol.asyncDispose]()
  })

  test('twenty incidents at once keep to one message a second, and none is lost', async () => {
    const estate = await createEstate()
    const ids = Array.from({ length: 20 }, (_, i) => `INC-2026-${String(i + 1).padStart(4, '0')}`)
    await estate.happen(...ids.map((incident) => ({ kind: 'opened' as const, incident })))
    await estate.pass(60)
    const times = callsOf(estate, 'chat.postMessage').map((call) => call.atMs)
    expect(Math.min(...times.slice(1).map((at, i) => at - times[i]!))).toBeGreaterThanOrEqual(1_000)
    expect(ids.map((id) => estate.headlines(id).length)).toEqual(ids.map(() => 1))
    await estate.outbox[Symbol.asyncDispose]()
  })
})

describe('S03: an outage of Slack', () => {
  test('what ended meanwhile comes in one message, what is open in one each', async () => {
    const end = { at: Infinity }
    const estate = await createEstate({
      faults: (call) => (call.atMs < end.at ? { kind: 'refuse' } : undefined),
    })
    end.at = estate.world.clock.nowMs() + 3_600_000
    const ids = Array.from({ length: 12 }, (_, i) => `INC-2026-${String(i + 1).padStart(4, '0')}`)
    for (const incident of ids) {
      await estate.happen({ kind: 'opened', incident })
      await estate.pass(20)
      if (incident !== ids.at(-1)) await estate.happen({ kind: 'resolved', incident })
    }
    const before = estate.outbox.status().destinations[0]!
    expect(before.pending).toBe(12)
    expect(before.oldestPending).toBeGreaterThan(200)
    for (let minutes = 0; minutes < 60; minutes++) await estate.world.advance(60_000)
    const tries = callsOf(estate, 'chat.postMessage').length
    expect(tries).toBeLessThan(40)
    await estate.rest(330)
    const shown = topLevel(channelOf(estate))
    expect(shown.map((message) => message.metadata?.event_payload['part'])).toEqual(['headline', 'digest'])
    expect(shown[1]?.text).toMatch(
      /^While Slack could not be reached, 11 incidents opened and ended:\n• <http/,
    )
    expect(estate.outbox.status().destinations[0]).toMatchObject({ state: 'ready', pending: 0 })
    await estate.outbox[Symbol.asyncDispose]()
  })
})

describe('S05: what only a person can mend', () => {
  test.each([
    'invalid_auth',
    'token_revoked',
    'account_inactive',
    'missing_scope',
    'channel_not_found',
    'not_in_channel',
    'is_archived',
    'restricted_action',
  ])('%s stops the destination, says what to do, and heals by itself', async (error) => {
    const mended = { yet: false }
    const estate = await createEstate({ faults: () => (mended.yet ? undefined : { kind: 'error', error }) })
    await estate.happen({ kind: 'opened' })
    await estate.rest(60)
    expect(callsOf(estate, 'chat.postMessage')).toHaveLength(1)
    const [status] = estate.outbox.status().destinations
    expect(status).toMatchObject({ state: 'stopped', pending: 1, problem: { reason: error } })
    expect(status?.problem?.remedy).toMatch(/^[A-Z].{20,}\.$/)
    expect(estate.incident(ID)?.timeline.at(-1)).toMatchObject({ kind: 'not-told' })
    expect(estate.world.lines.filter((line) => line.level === 'error')).toHaveLength(1)
    mended.yet = true
    await estate.rest(250)
    expect(estate.outbox.status().destinations[0]).toMatchObject({ state: 'ready', problem: undefined })
    await settled(estate)
  })
})

describe('S06: content that Slack will not take gets smaller until it passes', () => {
  test.each([
    ['invalid_blocks', 1],
    ['msg_blocks_too_long', 2],
    ['msg_too_long', 3],
    ['too_many_attachments', 1],
  ])('%s, %i times', async (error, times) => {
    const estate = await createEstate({
      faults: (call) =>
        call.method === 'chat.postMessage' && call.nth <= times ? { kind: 'error', error } : undefined,
    })
    await estate.happen({ kind: 'opened' })
    await settled(estate)
    const [headline] = topLevel(channelOf(estate))
    expect(headline?.text).not.toBe('')
    expect(headline?.blocks.map((block) => block.type)).toEqual(
      [['header', 'section', 'section', 'context', 'actions'], ['header', 'section', 'actions'], []][
        times - 1
      ],
    )
  })
})

describe('S07 S08: a headline that is no longer there to be changed', () => {
  test('deleted by somebody: the incident gets another', async () => {
    const estate = await createEstate()
    await estate.happen({ kind: 'opened' })
    await estate.pass(5)
    estate.emulator.people.remove(channelOf(estate).id, estate.headlines(ID)[0]!.ts)
    await estate.happen({ kind: 'measured', rate: 15.1 })
    await settled(estate)
  })

  test('deleted after its end: it stays deleted', async () => {
    const estate = await createEstate()
    await estate.happen({ kind: 'opened' })
    await estate.pass(5)
    estate.emulator.people.remove(channelOf(estate).id, estate.headlines(ID)[0]!.ts)
    await estate.happen({ kind: 'resolved' })
    await estate.pass(60)
    expect(estate.headlines(ID)).toEqual([])
    expect(estate.outbox.status().destinations[0]).toMatchObject({ pending: 0 })
    await estate.outbox[Symbol.asyncDispose]()
  })

  test.each(['cant_update_message', 'edit_window_closed'])('%s: another that links to it', async (error) => {
    const estate = await createEstate({ faults: once({ kind: 'error', error }, 'chat.update') })
    await estate.happen({ kind: 'opened' })
    await estate.pass(5)
    await estate.happen({ kind: 'worse', rate: 20 })
    await estate.pass(20)
    const [old, next, ...more] = estate.headlines(ID)
    expect(more).toEqual([])
    expect(
      JSON.stringify(channelOf(estate).messages.find((message) => message.ts === next?.ts)?.blocks),
    ).toContain(`#p${old?.ts.replace('.', '')}|the message before`)
    await estate.outbox[Symbol.asyncDispose]()
  })
})

describe('S11 S12: flapping and restarts', () => {
  test('an hour of re-opening is one headline', async () => {
    const estate = await createEstate()
    await estate.happen({ kind: 'opened' })
    for (let i = 0; i < 10; i++) {
      await estate.pass(20)
      await estate.happen({ kind: 'resolved' })
      await estate.pass(20)
      await estate.happen({ kind: 'reopened' })
    }
    await settled(estate)
    expect(estate.incident(ID)?.reopened).toBe(10)
    expect(topLevel(channelOf(estate))).toHaveLength(1)
  })

  test('ten restarts during an incident change the same message and post nothing', async () => {
    const estate = await createEstate()
    await estate.happen({ kind: 'opened' })
    await estate.pass(10)
    const posts = callsOf(estate, 'chat.postMessage').length
    for (let i = 0; i < 10; i++) {
      await estate.restart()
      await estate.pass(5)
    }
    expect(callsOf(estate, 'chat.postMessage')).toHaveLength(posts)
    await settled(estate)
  })

  test('a process that dies at any write of the journal leaves one headline and one line each', async () => {
    // A first run counts the writes; then the process dies right after, or instead of, each of them.
    const count = await story(undefined)
    for (let nth = 1; nth <= count.writes; nth++) {
      for (const written of [true, false]) {
        const { estate } = await story({ nth, written })
        expect([nth, written, estate.headlines(ID)]).toEqual([
          nth,
          written,
          [{ ts: expect.any(String), text: expect.stringMatching(/^RESOLVED · /) }],
        ])
        const said = repliesTo(channelOf(estate), estate.headlines(ID)[0]!.ts).flatMap((reply) =>
          reply.text.split('\n'),
        )
        expect([nth, written, said.map((line) => line.slice(0, 6))]).toEqual([
          nth,
          written,
          ['Opened', 'Resolv'],
        ])
      }
    }
  })

  async function story(death: { nth: number; written: boolean } | undefined) {
    const estate = await createEstate()
    let writes = 0
    let dead = false
    estate.journal.guard = (entries) => {
      // The test's own entries are the alerting's, which this process does not write.
      const own = entries.some(
        (entry) => entry.kind === 'notification' || JSON.stringify(entry.data).includes('told'),
      )
      if (!own) return
      if (dead) throw new Error('this process is dead')
      writes++
      if (death === undefined || writes !== death.nth) return
      dead = true
      if (!death.written) throw new Error('this process is dead')
    }
    const revive = async () => {
      if (!dead) return
      estate.journal.guard = undefined
      dead = false
      await estate.restart()
    }
    await estate.happen({ kind: 'opened' })
    await estate.pass(4)
    await revive()
    await estate.rest(60)
    await estate.happen({ kind: 'resolved' })
    await estate.pass(4)
    await revive()
    await estate.rest(90)
    await estate.outbox[Symbol.asyncDispose]()
    return { estate, writes }
  }
})
