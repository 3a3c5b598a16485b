import { describe, expect, test } from 'vitest'
import { failed, ok, unixSeconds } from '../../src/base/index.ts'
import { signatureOf } from '../../src/notify/index.ts'
import { START } from './estate.ts'
import {
  ACK,
  AYA,
  BEN,
  CHANNEL,
  command,
  createOffice,
  ID,
  incident,
  press,
  request,
  SECRET,
} from './slack-desk.ts'

describe('what Slack signed is let in, and nothing else', () => {
  test.each([
    ['another secret', { secret: 'another' }, 401, /signature/],
    ['no secret at all', { secret: '' }, 401, /signature/],
    ['a signature of another length', { signature: 'v0=abc' }, 401, /signature/],
    ['a timestamp that is no number', { at: Number.NaN }, 401, /signature/],
    ['five minutes and a second old', { at: START - 301 }, 401, /Clock skew: .* 301 s/],
    ['five minutes and a second from the future', { at: START + 301 }, 401, /Clock skew: .* 301 s/],
  ])('%s is turned away', async (_name, given, status, text) => {
    const office = await createOffice()
    const response = await office.desk.handle!(request(ACK, given))
    await office.idle()
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(text)])
    expect(office.acted).toEqual([])
  })

  test('S18: a clock that is off is called so in the log, with what to do', async () => {
    const office = await createOffice()
    await office.desk.handle!(request(ACK, { at: START - 360 }))
    expect(office.world.lines.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^clock skew/),
        fields: expect.objectContaining({ seconds: 360 }),
      }),
    ])
    expect(office.desk.status().http).toMatchObject({ skewed: 1, forged: 0 })
  })

  test('a body that was changed on the way is turned away before it is read', async () => {
    const office = await createOffice()
    const timestamp = String(START)
    const signature = String(signatureOf(SECRET, timestamp, Buffer.from(ACK)))
    const response = await office.desk.handle!(request(`${ACK}&x=1`, { signature }))
    expect(response.status).toBe(401)
  })

  test('while secrets are rotated, both are good', async () => {
    const office = await createOffice({ secrets: ['new-one', SECRET] })
    for (const [secret, at] of [
      ['new-one', START],
      [SECRET, START - 1],
    ] as const)
      expect((await office.desk.handle!(request(ACK, { secret, at }))).status).toBe(200)
  })

  test('an empty secret refuses to start', async () => {
    await expect(createOffice({ secrets: [''] })).rejects.toThrow(/SLACK_SIGNING_SECRET/)
  })

  test('S14: the same request again is answered and not done', async () => {
    const office = await createOffice()
    const body = `command=%2Fnines&text=note+${ID}+once&user_id=${BEN}&channel_id=${CHANNEL}`
    for (let i = 0; i < 3; i++) expect((await office.desk.handle!(request(body))).status).toBe(200)
    await office.idle()
    expect(office.acted).toHaveLength(1)
    expect(office.desk.status().http).toMatchObject({ taken: 1, replayed: 2 })
  })

  test.each([
    ['payload=not-json', 'interactions', undefined],
    ['payload=%7B%22type%22%3A%22shortcut%22%7D', 'interactions', undefined],
    ['{"type":"event_callback"}', 'events', 'application/json'],
    ['', 'commands', undefined],
  ])('%j to %s is answered, and nothing is done', async (body, path, type) => {
    const office = await createOffice()
    const response = await office.desk.handle!(request(body, { path, ...(type ? { type } : {}) }))
    expect(response.status).toBe(200)
    await office.idle()
    expect(office.acted).toEqual([])
  })

  test('the address for events proves itself, and an event that comes twice is heard once', async () => {
    const office = await createOffice()
    const events = { path: 'events', type: 'application/json' }
    const proof = await office.desk.handle!(request('{"type":"url_verification","challenge":"c-1"}', events))
    expect(await proof.json()).toEqual({ challenge: 'c-1' })
    const mention = JSON.stringify({
      type: 'event_callback',
      event_id: 'Ev1',
      event: { type: 'app_mention', user: BEN, channel: CHANNEL, text: `<@U00000NINES> ack ${ID}` },
    })
    for (const at of [START, START + 1, START + 2])
      await office.desk.handle!(request(mention, { ...events, at }))
    await office.idle()
    expect(office.acted).toHaveLength(1)
    expect(office.whispers(BEN)).toEqual([`${ID} is acknowledged.`])
  })
})

describe('buttons', () => {
  test('a press acts under the name that the directory has, not what the request says', async () => {
    const office = await createOffice()
    expect(await press(office, 'acknowledge', AYA)).toEqual({ ok: true })
    await office.idle()
    expect(incident(office).acknowledged).toEqual({ by: 'Aya Sato', at: START })
    expect(office.whispers(AYA)).toEqual([])
  })

  test('S14: pressed twice and by two people, it is done once, and the second hears by whom', async () => {
    const office = await createOffice()
    await Promise.all([press(office, 'acknowledge', AYA), press(office, 'acknowledge', AYA)])
    await office.idle()
    await office.world.advance(12_000)
    await press(office, 'acknowledge', BEN)
    await office.idle()
    expect(incident(office).timeline.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(1)
    expect(office.whispers(BEN)).toEqual([`${ID} is acknowledged already, by Aya Sato, 12 s ago.`])
    expect(office.whispers(AYA)).toEqual([`${ID}はAya Satoさんが0秒前に確認済みです。`])
  })

  test('S14: pressed after the end, on an old message, it says that it is over', async () => {
    const office = await createOffice()
    await office.act({ kind: 'resolve', incident: ID, by: 'somebody' })
    await office.world.advance(61_000)
    for (const button of ['acknowledge', 'mute'] as const) await press(office, button)
    await office.idle()
    expect(office.whispers(BEN)).toEqual([
      `${ID} is over already, since 1 min ago.`,
      `${ID} is over already, since 1 min ago.`,
    ])
  })

  test('command is taken, and taken over; the message shows who has it', async () => {
    const office = await createOffice()
    for (const user of [AYA, BEN]) {
      await press(office, 'take-command', user)
      await office.idle()
    }
    expect(incident(office).roles.commander?.who).toBe('Ben Cole')
    await command(office, `take ${ID}`, BEN)
    await office.idle()
    expect(office.whispers(BEN)).toEqual([`Ben Cole has command of ${ID} already.`])
  })

  test('the same press that comes twice with two signatures counts once', async () => {
    const office = await createOffice()
    const body = new URLSearchParams({
      payload: JSON.stringify({
        type: 'view_submission',
        user: { id: BEN },
        view: {
          id: 'V1',
          callback_id: 'nines-note-form',
          private_metadata: JSON.stringify({ v: 1, i: ID }),
          state: { values: { text: { text: { value: 'once' } } } },
        },
      }),
    }).toString()
    for (const at of [START, START + 1])
      await office.desk.handle!(request(body, { path: 'interactions', at }))
    await office.idle()
    expect(incident(office).timeline.filter(({ kind }) => kind === 'note')).toHaveLength(1)
  })

  test('mutes for an hour', async () => {
    const office = await createOffice()
    await press(office, 'mute')
    await office.idle()
    expect(incident(office).mutedUntil).toBe(START + 3_600)
  })

  test.each(['note', 'resolve'])(
    'S17: the form of %s opens in the language of who presses',
    async (button) => {
      const office = await createOffice()
      await press(office, button, AYA)
      await office.idle()
      const [view] = office.emulator.workspace.views
      expect(view).toMatchObject({
        user: AYA,
        title: button === 'note' ? 'メモを追加' : '手動で解消',
        submit: '保存',
      })
    },
  )

  test('what is written in a form goes into the timeline; nothing written keeps it open', async () => {
    const office = await createOffice()
    await press(office, 'note')
    await office.idle()
    const view = office.emulator.workspace.views[0]!.id
    await office.emulator.people.submit({ view, user: BEN, texts: { text: '   ' } })
    expect(office.emulator.workspace.views[0]?.errors).toEqual({ text: 'A note needs some words' })
    await office.emulator.people.submit({ view, user: BEN, texts: { text: 'Rolled back 1.42 <!channel>' } })
    await office.idle()
    expect(office.emulator.workspace.views).toEqual([])
    expect(incident(office).timeline.at(-1)).toMatchObject({
      kind: 'note',
      by: 'Ben Cole',
      text: 'Rolled back 1.42 <!channel>',
    })
    expect(office.whispers(BEN)).toEqual([`The note is in the timeline of ${ID}.`])
  })

  test('resolving warns while a rule fires, and its reason is kept', async () => {
    const office = await createOffice()
    await press(office, 'resolve')
    await office.idle()
    const view = office.emulator.workspace.views[0]!
    expect(JSON.stringify(view.blocks)).toContain('A rule still fires: *Burning 14.8×')
    await office.emulator.people.submit({ view: view.id, user: BEN, texts: { text: 'A load test' } })
    await office.idle()
    expect(incident(office)).toMatchObject({ state: 'resolved' })
    expect(incident(office).timeline.map(({ kind, text }) => [kind, text])).toContainEqual([
      'note',
      'A load test',
    ])
  })

  test('a form that could not open in three seconds says so', async () => {
    const office = await createOffice({
      post: async () => new Response('', { status: 200 }),
    })
    // The press is taken late: its trigger has ended.
    await press(office, 'note')
    await office.world.advance(4_000)
    const [trigger] = [...office.emulator.workspace.triggers.keys()]
    const payload = {
      type: 'block_actions',
      user: { id: BEN },
      trigger_id: trigger,
      channel: { id: CHANNEL },
      actions: [{ action_id: 'nines-note', value: JSON.stringify({ v: 1, i: ID }) }],
    }
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
    await office.desk.handle!(request(body, { path: 'interactions' }))
    await office.idle()
    expect(office.whispers(BEN)).toEqual([expect.stringMatching(/three seconds/)])
  })

  test.each(['{"v":1}', 'null', 'x'.repeat(3_000), '{"v":2,"i":"INC-2026-0001"}'])(
    'a value that is none of ours does nothing: %j',
    async (value) => {
      const office = await createOffice()
      const payload = {
        type: 'block_actions',
        user: { id: BEN },
        channel: { id: CHANNEL },
        actions: [{ action_id: 'nines-acknowledge', value }],
      }
      const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
      await office.desk.handle!(request(body, { path: 'interactions' }))
      await office.idle()
      expect(office.acted).toEqual([])
      expect(office.whispers(BEN)).toHaveLength(1)
    },
  )
})

describe('buttons carry no authority', () => {
  test('a guest is refused with a sentence', async () => {
    const office = await createOffice()
    await press(office, 'acknowledge', 'U0000GUEST')
    await office.idle()
    expect(office.acted).toEqual([])
    expect(office.whispers('U0000GUEST')).toEqual(['Guests and apps cannot change incidents.'])
  })

  test('where responders are named, only they and members of their groups act', async () => {
    const office = await createOffice({ responders: ['S00000OPS'] })
    await press(office, 'acknowledge', BEN)
    await office.idle()
    expect(office.acted).toEqual([])
    await press(office, 'acknowledge', AYA)
    await office.idle()
    expect(incident(office).acknowledged?.by).toBe('Aya Sato')
    expect(office.whispers(BEN)).toEqual([expect.stringMatching(/responders in nines.yaml/)])
  })

  test('a directory that cannot be read keeps no member from acknowledging', async () => {
    const office = await createOffice({ scopes: ['chat:write'] })
    await press(office, 'acknowledge', BEN)
    await office.idle()
    expect(incident(office).acknowledged?.by).toBe('ben.cole')
  })

  test('what the service refuses is said in its words', async () => {
    const office = await createOffice()
    office.act = async () => failed('A mute must end in the future')
    await press(office, 'mute')
    await office.idle()
    expect(office.whispers(BEN)).toEqual(['That was not done: A mute must end in the future.'])
  })

  test('an answer address elsewhere is not called', async () => {
    const office = await createOffice()
    const body = `${ACK}&response_url=${encodeURIComponent('http://169.254.169.254/latest')}`
    await office.desk.handle!(request(body))
    await office.idle()
    // It is answered the other way.
    expect(office.whispers(BEN)).toEqual([`${ID} is acknowledged.`])
  })
})

describe('S15: a store that takes its time', () => {
  test('is no reason to answer Slack late: the answer comes first, then the work', async () => {
    const office = await createOffice()
    let release: (() => void) | undefined
    const plainAct = office.act
    office.act = (action) => new Promise((resolve) => (release = () => void plainAct(action).then(resolve)))
    expect(await press(office, 'acknowledge')).toEqual({ ok: true })
    expect(incident(office).acknowledged).toBeUndefined()
    await new Promise((resolve) => setTimeout(resolve, 5))
    release?.()
    await office.idle()
    expect(incident(office).acknowledged?.by).toBe('Ben Cole')
  })

  test('or fails, is said', async () => {
    const office = await createOffice()
    office.act = async () => Promise.reject(new Error('the disk is full'))
    await press(office, 'acknowledge')
    await office.idle()
    expect(office.whispers(BEN)).toEqual([
      expect.stringMatching(/^That was not done: the service does not answer/),
    ])
  })

  test('for so long that too much waits: the rest is refused, not forgotten', async () => {
    const office = await createOffice()
    office.act = () => new Promise(() => undefined)
    let refused = 0
    for (let i = 0; i < 520; i++) {
      const response = await office.desk.handle!(request(`${ACK}&n=${i}`))
      if ((await response.text()) !== '') refused++
    }
    expect(refused).toBe(520 - 8 - 500)
    expect(office.desk.status().http?.busy).toBe(refused)
  })
})

test('what nobody changed is said without a change: a second mute until the same minute', async () => {
  const office = await createOffice()
  office.act = async () => ok({ changed: false, incident: ID })
  await press(office, 'unacknowledge').catch(() => undefined)
  await command(office, `unack ${ID}`)
  await office.idle()
  expect(office.whispers(BEN)).toEqual([`Nobody has acknowledged ${ID}.`])
  expect(unixSeconds(START)).toBe(START)
})
