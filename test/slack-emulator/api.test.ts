import slack from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSlackEmulator, type SlackEmulator } from '../../src/cli/dev/slack/index.ts'
import { createTestWorld, type TestWorld } from '../world.ts'
import { serve } from './server.ts'

const TOKEN = 'xoxb-1-right'
let world: TestWorld
let emulator: SlackEmulator
let server: Awaited<ReturnType<typeof serve>>
let client: slack.WebClient

beforeEach(async () => {
  world = createTestWorld()
  emulator = createSlackEmulator(world, {
    token: TOKEN,
    workspace: {
      channels: [
        { id: 'C0CHECKOUT', name: 'inc-checkout', topic: 'Incidents of checkout' },
        { id: 'C00PRIVATE', name: 'elsewhere', member: false },
        { id: 'C0ARCHIVED', name: 'old', archived: true },
      ],
    },
  })
  server = await serve(emulator)
  client = clientWith(TOKEN)
})
afterEach(() => server[Symbol.asyncDispose]())

const clientWith = (token: string) =>
  new slack.WebClient(token, {
    slackApiUrl: `${server.url}/dev/slack/api/`,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 2_000,
    logger: {
      debug() {},
      info() {},
      warn() {},
      error() {},
      setLevel() {},
      getLevel: () => slack.LogLevel.ERROR,
      setName() {},
    },
  })

const errorOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) =>
      error instanceof slack.WebAPIPlatformError
        ? error.data.error
        : error instanceof Error
          ? error.constructor.name
          : '?',
  )
const post = (args: Record<string, unknown>) =>
  client.apiCall('chat.postMessage', { channel: 'C0CHECKOUT', ...args })
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })

describe('the vendor’s own client', () => {
  test('posts, changes, reads back with metadata, links, reacts and deletes', async () => {
    expect(await client.auth.test()).toMatchObject({ ok: true, user: 'Nines' })
    const metadata = { event_type: 'nines_incident', event_payload: { id: 'INC-1', seq: 1 } }
    const posted = await client.chat.postMessage({ channel: '#inc-checkout', text: 'first', metadata })
    expect(posted).toMatchObject({
      ok: true,
      channel: 'C0CHECKOUT',
      ts: expect.stringMatching(/^\d{10}\.\d{6}$/),
    })
    const ts = posted.ts!
    await client.chat.postMessage({ channel: 'C0CHECKOUT', text: 'reply', thread_ts: ts })
    await client.chat.update({ channel: 'C0CHECKOUT', ts, text: 'second', blocks: [{ type: 'divider' }] })
    const history = await client.conversations.history({ channel: 'C0CHECKOUT', include_all_metadata: true })
    expect(history.messages).toMatchObject([{ ts, text: 'second', metadata, reply_count: 1, edited: {} }])
    const replies = await client.conversations.replies({ channel: 'C0CHECKOUT', ts })
    expect(replies.messages?.map((message) => message.text)).toEqual(['reply', 'second'])
    expect((await client.chat.getPermalink({ channel: 'C0CHECKOUT', message_ts: ts })).permalink).toMatch(
      /\/dev\/slack\?channel=C0CHECKOUT#p\d{16}$/,
    )
    expect(await client.reactions.add({ channel: 'C0CHECKOUT', timestamp: ts, name: 'eyes' })).toMatchObject({
      ok: true,
    })
    expect(await client.conversations.info({ channel: 'C0CHECKOUT' })).toMatchObject({
      channel: { name: 'inc-checkout' },
    })
    expect(await client.users.info({ user: 'U00000NINES' })).toMatchObject({ user: { is_bot: true } })
    await client.chat.delete({ channel: 'C0CHECKOUT', ts })
    expect((await client.conversations.history({ channel: 'C0CHECKOUT' })).messages).toEqual([])
  })

  test('pages through history with a cursor', async () => {
    for (let i = 0; i < 7; i++) {
      await post({ text: `message ${i}` })
      await world.advance(1_000)
    }
    const texts: (string | undefined)[] = []
    for await (const page of client.paginate('conversations.history', { channel: 'C0CHECKOUT', limit: 3 }))
      texts.push(
        ...(page as unknown as { messages: { text: string }[] }).messages.map((message) => message.text),
      )
    expect(texts).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `message ${i}`))
  })

  test('an update without blocks takes the old blocks away', async () => {
    const { ts } = await client.chat.postMessage({ channel: 'C0CHECKOUT', text: 'a', blocks: [section('b')] })
    await client.chat.update({ channel: 'C0CHECKOUT', ts: ts!, text: 'c' })
    const { messages } = await client.conversations.history({ channel: 'C0CHECKOUT' })
    expect(messages?.[0]?.blocks).toBeUndefined()
  })
})

describe('errors', () => {
  test.each([
    ['invalid_auth', () => clientWith('xoxb-wrong').auth.test()],
    ['not_authed', () => clientWith('').auth.test()],
    ['channel_not_found', () => post({ channel: 'C0NOWHERE0', text: 'x' })],
    ['not_in_channel', () => post({ channel: 'C00PRIVATE', text: 'x' })],
    ['is_archived', () => post({ channel: 'C0ARCHIVED', text: 'x' })],
    ['no_text', () => post({ text: '  ' })],
    ['thread_not_found', () => post({ text: 'x', thread_ts: '1.000001' })],
    ['message_not_found', () => client.chat.update({ channel: 'C0CHECKOUT', ts: '1.000001', text: 'x' })],
    ['channel_not_found', () => client.conversations.history({ channel: '#inc-checkout' })],
    ['invalid_metadata_schema', () => post({ text: 'x', metadata: { event_type: 1 } })],
    ['invalid_metadata_format', () => post({ text: 'x', metadata: '{' })],
    ['invalid_blocks_format', () => post({ text: 'x', blocks: '{' })],
    ['unknown_method', () => client.apiCall('chat.shout', {})],
  ])('%s', async (error, work) => expect(await errorOf(work())).toBe(error))

  test('nobody changes what somebody else said', async () => {
    const ts = emulator.people.say('inc-checkout', 'U0AYA', 'looking')
    expect(await errorOf(client.chat.update({ channel: 'C0CHECKOUT', ts, text: 'x' }))).toBe(
      'cant_update_message',
    )
    expect(await errorOf(client.chat.delete({ channel: 'C0CHECKOUT', ts }))).toBe('cant_delete_message')
  })
})

describe('limits', () => {
  const button = (change: object) => ({
    type: 'actions',
    elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open' }, action_id: 'a', ...change }],
  })
  const many = <T>(n: number, one: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => one(i))
  const text = (type: string, length: number) => ({ type, text: 'x'.repeat(length) })
  test.each([
    ['51 blocks', many(51, () => ({ type: 'divider' }))],
    ['a header of 151', [{ type: 'header', text: text('plain_text', 151) }]],
    ['a header in mrkdwn', [{ type: 'header', text: text('mrkdwn', 10) }]],
    ['an empty header', [{ type: 'header', text: text('plain_text', 0) }]],
    ['a section of 3,001', [section('x'.repeat(3_001))]],
    ['a section of nothing', [{ type: 'section' }]],
    ['11 fields', [{ type: 'section', fields: many(11, () => text('mrkdwn', 5)) }]],
    ['a field of 2,001', [{ type: 'section', fields: [text('mrkdwn', 2_001)] }]],
    ['11 context elements', [{ type: 'context', elements: many(11, () => text('mrkdwn', 5)) }]],
    ['no context elements', [{ type: 'context', elements: [] }]],
    [
      '26 buttons',
      [
        {
          type: 'actions',
          elements: many(26, (i) => ({ type: 'button', action_id: `${i}`, text: text('plain_text', 3) })),
        },
      ],
    ],
    ['a button of 76', [button({ text: text('plain_text', 76) })]],
    ['a button value of 2,001', [button({ value: 'x'.repeat(2_001) })]],
    ['a button address of 3,001', [button({ url: `https://a.example/${'x'.repeat(3_000)}` })]],
    ['a button to javascript:', [button({ url: 'javascript:alert(1)' })]],
    ['an action_id of 256', [button({ action_id: 'x'.repeat(256) })]],
    ['two block_ids alike', many(2, () => ({ type: 'divider', block_id: 'same' }))],
    ['an unknown type', [{ type: 'hologram' }]],
    ['an unknown field', [{ type: 'divider', color: 'red' }]],
    [
      'six overflow options',
      [
        {
          type: 'actions',
          elements: [
            { type: 'overflow', options: many(6, (i) => ({ text: text('plain_text', 3), value: `${i}` })) },
          ],
        },
      ],
    ],
    ['no alternative text', [{ type: 'image', image_url: 'https://a.example/x.png' }]],
  ])('%s: invalid_blocks', async (_name, blocks) => {
    expect(await errorOf(post({ text: 'x', blocks }))).toBe('invalid_blocks')
  })

  test('what is exactly at the limit passes', async () => {
    const blocks = [
      { type: 'header', text: text('plain_text', 150) },
      section('x'.repeat(3_000)),
      { type: 'section', fields: many(4, () => text('mrkdwn', 2_000)) },
      button({ text: text('plain_text', 75), value: 'x'.repeat(2_000) }),
    ]
    expect(await errorOf(post({ text: 'x', blocks }))).toBe('no error')
  })

  test('13,001 characters in all blocks together are too long', async () => {
    expect(await errorOf(post({ text: 'x', blocks: many(5, () => section('x'.repeat(2_700))) }))).toBe(
      'msg_blocks_too_long',
    )
  })

  test('a text of more than 40,000 is cut when posted and refused when updated', async () => {
    const { ts } = await client.chat.postMessage({ channel: 'C0CHECKOUT', text: 'x'.repeat(50_000) })
    const { messages } = await client.conversations.history({ channel: 'C0CHECKOUT' })
    expect(messages?.[0]?.text).toHaveLength(40_000)
    expect(
      await errorOf(client.chat.update({ channel: 'C0CHECKOUT', ts: ts!, text: 'x'.repeat(40_001) })),
    ).toBe('msg_too_long')
  })

  test('about one message a second and channel, with a little burst', async () => {
    for (let i = 0; i < 4; i++) await post({ text: `${i}` })
    const error = await post({ text: 'too fast' }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(slack.WebAPIRateLimitedError)
    expect((error as { retryAfter: number }).retryAfter).toBe(1)
    await world.advance(1_000)
    expect(await errorOf(post({ text: 'slow enough' }))).toBe('no error')
  })
})

test('faults break the connection as a network does', async () => {
  emulator.script((call) => (call.method === 'chat.postMessage' ? { kind: 'reset', done: true } : undefined))
  expect(await errorOf(post({ text: 'x' }))).toBe('WebAPIRequestError')
  emulator.script(undefined)
  expect((await client.conversations.history({ channel: 'C0CHECKOUT' })).messages).toHaveLength(1)
})

test('JSON bodies are read as forms are', async () => {
  const response = await fetch(`${server.url}/dev/slack/api/chat.postMessage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ channel: 'C0CHECKOUT', text: 'json', blocks: [section('json')] }),
  })
  expect(await response.json()).toMatchObject({ ok: true, message: { text: 'json' } })
})
