import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createPagerDutyDestination, createWebhookDestination } from '../../src/notify/index.ts'
import { createLetterEstate } from './letter-estate.ts'
import { createPagerDuty } from './pagerduty-emulator.ts'

const KEY = 'a'.repeat(32)
const ID = 'INC-2026-0001'

async function pagerDuty() {
  const vendor = createPagerDuty({ routingKey: KEY })
  const estate = await createLetterEstate(
    (world) => [createPagerDutyDestination(world, { name: 'pager', routingKey: KEY })],
    { fetch: vendor.fetch },
  )
  return { vendor, estate, alert: () => vendor.alerts.get(`nines/${ID}`) }
}

test('PagerDuty is triggered, acknowledged and resolved under one key', async () => {
  const { vendor, estate, alert } = await pagerDuty()
  await estate.happen('opened')
  expect(alert()).toMatchObject({
    state: 'triggered',
    summary: expect.stringMatching(/^Checkout availability: Burning/),
  })
  await estate.happen('acknowledged')
  expect(alert()?.state).toBe('acknowledged')
  await estate.happen('resolved')
  expect(alert()?.state).toBe('resolved')
  expect(vendor.events.map((event) => event.event_action)).toEqual(['trigger', 'acknowledge', 'resolve'])
  expect(estate.incident(ID)?.timeline.map(({ kind }) => kind)).toContain('told')
})

test('a limit is waited for as long as the answer says', async () => {
  const { vendor, estate, alert } = await pagerDuty()
  vendor.suffer((call) => (call === 1 ? 'rate-limit' : undefined))
  await estate.happen('opened')
  await estate.pass(6)
  expect(alert()).toBeUndefined()
  expect(estate.outbox.status().destinations[0]).toMatchObject({
    name: 'pager',
    state: 'telling',
    pending: 1,
  })
  await estate.pass(3)
  expect(alert()?.state).toBe('triggered')
})

test('an event whose answer was lost is sent again, and is one alert', async () => {
  const { vendor, estate, alert } = await pagerDuty()
  vendor.suffer((call) => (call === 1 ? 'late-answer' : undefined))
  await estate.happen('opened')
  await estate.pass(3)
  expect(vendor.events).toHaveLength(2)
  expect(vendor.alerts.size).toBe(1)
  expect(alert()).toMatchObject({ state: 'triggered', events: 2 })
})

test('a key that PagerDuty does not know loses nothing and is said', async () => {
  const vendor = createPagerDuty({ routingKey: KEY })
  const estate = await createLetterEstate(
    (world) => [createPagerDutyDestination(world, { name: 'pager', routingKey: 'short' })],
    { fetch: vendor.fetch },
  )
  await estate.happen('opened')
  expect(estate.outbox.status().destinations[0]).toMatchObject({
    state: 'stopped',
    pending: 1,
    problem: { remedy: expect.stringContaining('integration key') },
  })
  expect(estate.incident(ID)?.timeline.at(-1)).toMatchObject({
    kind: 'not-told',
    text: expect.stringContaining('should be 32 characters'),
  })
})

test('a restart tells nothing twice, and what was not told before it is told after', async () => {
  const { vendor, estate, alert } = await pagerDuty()
  await estate.happen('opened')
  await estate.restart()
  await estate.pass(5)
  expect(vendor.events).toHaveLength(1)
  vendor.suffer(() => 'lost')
  await estate.happen('resolved')
  await estate.restart()
  vendor.suffer(undefined)
  await estate.pass(5)
  expect(alert()?.state).toBe('resolved')
})

interface Hooked {
  readonly body: Record<string, unknown>
  readonly text: string
  readonly headers: Headers
}

async function webhook(options: { secret?: string; repeatEvery?: number } = {}) {
  const taken: Hooked[] = []
  const status = { now: 200 }
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const text = await request.text()
    if (status.now === 200) taken.push({ body: JSON.parse(text), text, headers: request.headers })
    return new Response('', { status: status.now })
  }
  const estate = await createLetterEstate(
    (world) => [
      createWebhookDestination(world, {
        name: 'hook',
        url: 'http://hook.test/in',
        pageUrl: () => 'http://nines.test/',
        ...options,
      }),
    ],
    { fetch },
  )
  return { estate, taken, status }
}

test('a webhook is given the body that Alertmanager gives, version 4', async () => {
  const { estate, taken } = await webhook()
  await estate.happen('opened')
  await estate.happen('resolved')
  const [opened, resolved] = taken.map(({ body }) => body)
  expect(Object.keys(opened ?? {}).sort()).toEqual(
    [
      'version',
      'groupKey',
      'truncatedAlerts',
      'status',
      'receiver',
      'groupLabels',
      'commonLabels',
      'commonAnnotations',
      'externalURL',
      'alerts',
      'notification_reason',
    ].sort(),
  )
  expect(opened).toMatchObject({
    version: '4',
    status: 'firing',
    receiver: 'hook',
    groupLabels: { incident: ID },
    groupKey: `{}:{incident="${ID}"}`,
    notification_reason: 'first',
    alerts: [
      {
        status: 'firing',
        endsAt: '0001-01-01T00:00:00Z',
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ],
  })
  expect(resolved).toMatchObject({
    status: 'resolved',
    notification_reason: 'resolved',
    alerts: [{ status: 'resolved', endsAt: expect.stringMatching(/^20\d\d-/) }],
  })
  expect(taken.map(({ headers }) => headers.get('idempotency-key'))).toEqual([`${ID}/1`, `${ID}/2`])
})

test('a body is signed over its bytes and its time', async () => {
  const { estate, taken } = await webhook({ secret: 'swordfish' })
  await estate.happen('opened')
  const [hooked] = taken
  const [version, at, hex] = hooked?.headers.get('x-nines-signature')?.split(',') ?? []
  expect(version).toBe('v1')
  expect(hex).toBe(createHmac('sha256', 'swordfish').update(`${at}.${hooked?.text}`).digest('hex'))
})

test('an open incident that nobody acknowledged is told again, until somebody does', async () => {
  const { estate, taken } = await webhook({ repeatEvery: 10 })
  await estate.happen('opened')
  await estate.pass(21)
  expect(taken.map(({ body }) => body['notification_reason'])).toEqual(['first', 'repeat', 'repeat'])
  await estate.happen('acknowledged')
  await estate.pass(30)
  expect(taken.map(({ body }) => body['notification_reason'])).toEqual([
    'first',
    'repeat',
    'repeat',
    'person',
  ])
})

test('what comes while the address is wrong waits, and is told when it is mended', async () => {
  const { estate, taken, status } = await webhook()
  status.now = 404
  await estate.happen('opened')
  expect(estate.outbox.status().destinations[0]).toMatchObject({
    state: 'stopped',
    problem: { reason: 'HTTP 404', remedy: expect.stringContaining('nines.yaml') },
  })
  status.now = 200
  await estate.pass(301)
  expect(taken).toHaveLength(1)
  expect(estate.outbox.status().destinations[0]).toMatchObject({ state: 'ready', pending: 0 })
})

test('a notice is told once, over restarts, and to nobody who came after it', async () => {
  const { estate, taken } = await webhook()
  const at = estate.world.clock.now()
  const notice = {
    id: 'budget/checkout/50/1',
    at,
    severity: 'ticket' as const,
    service: 'checkout',
    labels: {},
    title: 'Half of the budget is spent',
    text: '',
    url: '',
  }
  await estate.journal.append([{ at, kind: 'notice', data: notice }])
  estate.outbox.notice(notice)
  await estate.pass(1)
  estate.outbox.notice(notice)
  await estate.restart()
  await estate.pass(5)
  expect(taken.map(({ body }) => body['groupKey'])).toEqual(['{}:{notice="budget/checkout/50/1"}'])
})
