import { describe, expect, test } from 'vitest'
import { AYA, BEN, CHANNEL, command, createOffice, HOOKS, ID, request } from './slack-desk.ts'

describe('/nines', () => {
  test.each([
    ['help', /`\/nines status \[service\]`/],
    ['', /`\/nines incidents`/],
    [
      'status',
      /^2 SLOs, worst first:\n◆ <http:\/\/nines\.test\/slos\/checkout\|Checkout> · 42\.1 % of the budget left · 99\.9 % over 30d · burning\n◌ Search · no data/,
    ],
    ['status payments', /^One SLO:\n◆ /],
    ['status nobody', /^No SLO of “nobody” is defined\.$/],
    [
      'incidents',
      /^One incident is open:\n• <http:\/\/127\.0\.0\.1:8080\/incidents\/INC-2026-0147\|INC-2026-0001> Checkout availability: Burning 14\.8×/,
    ],
    ['ack', /^Write it like this: `\/nines ack INC-2026-0001`$/],
    ['ack inc-2026-1', /^INC-2026-0001 is acknowledged\.$/],
    ['ack INC-2026-0099', /^There is no incident INC-2026-0099\./],
    [`silence ${ID} 2h disk is being swapped`, /^INC-2026-0001 is muted until <!date\^1790007200\^/],
    [`silence ${ID} soon`, /^“soon” is no length of time/],
    [`silence ${ID} 8d`, /^“8d” is no length of time/],
    [`note ${ID} looks like DNS`, /^The note is in the timeline/],
    [`resolve ${ID}`, /^INC-2026-0001 is resolved\.$/],
    [`take ${ID}`, /^You have command of INC-2026-0001\.$/],
    [`assign ${ID} Chie Mori`, /^INC-2026-0001 is in the hands of Chie Mori\.$/],
    [`severity ${ID} ticket`, /^INC-2026-0001 counts as TICKET\.$/],
    [`severity ${ID} dire`, /^Write it like this: `\/nines severity INC-2026-0001 page\|ticket\|auto`$/],
    ['declare payments page cards are declined', /^<http.*\|INC-2026-0002> is declared\.$/],
    ['declare payments', /^Write it like this: `\/nines declare service/],
    ['dance <!channel>', /^There is no “dance”\.\n`\/nines status/],
  ])('%j', async (text, answer) => {
    const office = await createOffice()
    expect(await command(office, text)).toEqual({ ok: true })
    await office.idle()
    expect(office.whispers(BEN)).toEqual([expect.stringMatching(answer)])
  })

  test('silences what has these labels, lists it, and ends it', async () => {
    const office = await createOffice()
    for (const text of [
      'silence {service_name=“payments”, cloud_provider=~"aws|gcp"} 2h the database moves',
      'silence service_name=payments 2h',
      'silence service_name!=payments 2h why',
      'silences',
      'silence end SIL-1',
      'silence end SIL-0009',
      'silences',
    ]) {
      await command(office, text)
      await office.idle()
    }
    const covered = '`{service_name="payments", cloud_provider=~"aws|gcp"}`'
    expect(office.whispers(BEN)).toEqual([
      expect.stringMatching(/^SIL-0001: nobody is told of .* until <!date\^1790007200\^/),
      'Write it like this: `/nines silence service_name=checkout 2h why`',
      expect.stringContaining('One matcher must say what is silenced'),
      expect.stringContaining(`One silence:\n• SIL-0001 ${covered} until `),
      'SIL-0001 is over: what is open now is told.',
      expect.stringContaining('There is no silence SIL-0009'),
      'Nothing is silenced.',
    ])
  })

  test('a guest silences nothing', async () => {
    const office = await createOffice()
    await command(office, 'silence service_name=payments 2h why', 'U0000GUEST')
    await command(office, 'silences')
    await office.idle()
    expect(office.whispers(BEN)).toEqual(['Nothing is silenced.'])
  })

  test('S17: answers in the language of who asks', async () => {
    const office = await createOffice()
    await command(office, 'incidents', AYA)
    await command(office, `ack ${ID}`, AYA)
    await office.idle()
    expect(office.whispers(AYA)).toEqual([
      expect.stringMatching(/^発生中のインシデント: 1件\n• .*gcpでバーンレート14\.8倍/s),
      `${ID}を確認済みにしました。`,
    ])
  })

  test('an answer address is good five times; after that the answer comes another way', async () => {
    const office = await createOffice()
    await command(office, 'help')
    await office.idle()
    const [token] = [...office.emulator.workspace.hooks.keys()]
    const url = encodeURIComponent(`${HOOKS}${token}`)
    for (let i = 0; i < 6; i++) {
      await office.desk.handle!(
        request(`command=%2Fnines&text=help&user_id=${BEN}&channel_id=${CHANNEL}&response_url=${url}&n=${i}`),
      )
      await office.idle()
    }
    expect(office.whispers(BEN)).toHaveLength(7)
    expect(office.emulator.calls.filter(({ method }) => method === 'chat.postEphemeral')).toHaveLength(2)
  })
})
