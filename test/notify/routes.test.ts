import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { createRouting, createWebhookDestination, openingOf } from '../../src/notify/index.ts'
import { treeOf } from '../../src/service/receivers.ts'
import { briefOf, incidentWith } from './estate.ts'
import { createLetterEstate } from './letter-estate.ts'

const receiver = (name: string, fallback?: string) => ({
  name,
  kind: 'webhook' as const,
  url: `http://${name}.test/`,
  secret: undefined,
  fallback,
  repeatEvery: undefined,
})
const hostOf = (input: string | URL | Request): string => new URL(new Request(input).url).hostname
const route = (match: string[], receivers: string[], more: object = {}) => ({
  match,
  receivers,
  continue: false,
  routes: [],
  ...more,
})
const NAMES = ['pager', 'team', 'everything', 'ja']
const OFFICE = {
  name: 'office',
  zone: 'Asia/Tokyo',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'] as const,
  from: 540,
  to: 1_080,
  except: ['2026-11-23'],
}

function tree(routes: object[], root = ['everything']) {
  return treeOf(
    {
      receivers: NAMES.map((name) => receiver(name)),
      routes: { match: [], receivers: root, continue: false, routes: routes as never },
      hours: [OFFICE],
      heartbeat: undefined,
    },
    new Map(NAMES.map((name) => [name, name])),
  )
}

function toldOf(routes: object[], brief = briefOf(), now = 1_790_000_000): string[] {
  const routing = createRouting(tree(routes), { failing: () => false, now: () => unixSeconds(now) })
  return NAMES.filter((name) => routing.incident(name, brief).kind !== 'elsewhere')
}

test('what no route matches goes to the root', () => {
  expect(toldOf([route(['service="cart"'], ['team'])])).toEqual(['everything'])
})

test('the first route that matches decides, unless it lets others be asked', () => {
  const first = route(['severity="page"'], ['pager'])
  const second = route(['service="payments"'], ['team'])
  expect(toldOf([first, second])).toEqual(['pager'])
  expect(toldOf([{ ...first, continue: true }, second])).toEqual(['pager', 'team'])
})

test('a deeper route decides, and takes what it does not name from above', () => {
  const deeper = route(['service="payments"'], ['team'], {
    routes: [route(['cloud="gcp"'], ['ja']), route(['severity="ticket"'], [])],
  })
  expect(toldOf([deeper])).toEqual(['ja'])
  expect(toldOf([deeper], briefOf({ incident: incidentWith({ scope: {}, severity: 'ticket' }) }))).toEqual([
    'team',
  ])
})

test('routes see the owner and the labels of the SLO', () => {
  const brief = briefOf({ labels: { team: 'shop,web' } })
  expect(toldOf([route(['team=~".*web.*"', 'owner="team-checkout"'], ['team'])], brief)).toEqual(['team'])
})

test('a receiver that an alert policy names is told in place of any route', () => {
  const brief = briefOf({ targets: ['ja', 'somebody-else'] })
  expect(toldOf([route(['severity="page"'], ['pager'])], brief)).toEqual(['ja'])
})

const at = (iso: string) => unixSeconds(Date.parse(iso) / 1000)

test.each([
  ['inside the hours at once', '2026-11-20T03:00:00Z', '2026-11-20T03:00:00Z'],
  ['before they begin when they begin', '2026-11-19T22:00:00Z', '2026-11-20T00:00:00Z'],
  ['on a Friday evening on the day after the holiday', '2026-11-20T09:00:00Z', '2026-11-24T00:00:00Z'],
])('what happens %s is told', (_, now, opens) => {
  const office = tree([route([], ['team'], { hours: 'office' })]).root.routes[0]?.hours
  expect(openingOf(office!, at(now))).toBe(at(opens))
})

test('hours follow the clock of their zone over the change of the clocks', () => {
  const hours = {
    name: 'o',
    zone: 'Europe/Berlin',
    days: new Set([1]),
    from: 540,
    to: 1_020,
    except: new Set<string>(),
  }
  // The Mondays before and after the last Sunday of October: 9:00 is 7:00 UTC, then 8:00 UTC.
  expect(openingOf(hours, at('2026-10-19T00:00:00Z'))).toBe(at('2026-10-19T07:00:00Z'))
  expect(openingOf(hours, at('2026-10-20T00:00:00Z'))).toBe(at('2026-10-26T08:00:00Z'))
})

test('whom routes lead past is not told, and is told once they lead there', async () => {
  const taken: string[] = []
  const notify = {
    receivers: NAMES.map((name) => receiver(name)),
    routes: route([], ['team'], { routes: [route(['severity="page"'], ['pager'])] }) as never,
    hours: [],
    heartbeat: undefined,
  }
  const estate = await createLetterEstate(
    (world) =>
      ['team', 'pager'].map((name) =>
        createWebhookDestination(world, {
          name,
          url: `http://${name}.test/`,
          pageUrl: () => 'http://n.test/',
        }),
      ),
    {
      fetch: async (input) => {
        taken.push(hostOf(input))
        return new Response('')
      },
      routing: () =>
        createRouting(treeOf(notify, new Map(NAMES.map((name) => [name, name]))), {
          failing: () => false,
          now: () => unixSeconds(0),
        }),
    },
  )
  await estate.happen('opened', 'INC-2026-0001', 'ticket')
  await estate.pass(2)
  expect(taken).toEqual(['team.test'])
  await estate.happen('worse', 'INC-2026-0001', 'page')
  await estate.pass(2)
  // The team heard of it first and goes on hearing of it.
  expect(taken.toSorted()).toEqual(['pager.test', 'team.test', 'team.test'])
})

test('another receiver stands in for one that cannot be told', async () => {
  const taken: string[] = []
  const notify = {
    receivers: [receiver('pager', 'everything'), receiver('everything')],
    routes: route([], ['pager']) as never,
    hours: [],
    heartbeat: undefined,
  }
  const names = new Map(['pager', 'everything'].map((name) => [name, name]))
  const estate = await createLetterEstate(
    (world) =>
      [...names.keys()].map((name) =>
        createWebhookDestination(world, {
          name,
          url: `http://${name}.test/`,
          pageUrl: () => 'http://n.test/',
        }),
      ),
    {
      fetch: async (input) => {
        const hostname = hostOf(input)
        if (hostname === 'pager.test') return new Response('', { status: 401 })
        taken.push(hostname)
        return new Response('')
      },
      routing: (outbox) =>
        createRouting(treeOf(notify, names), {
          failing: (name) =>
            outbox()
              .status()
              .destinations.some((one) => one.name === name && one.problem !== undefined),
          now: () => unixSeconds(0),
        }),
    },
  )
  await estate.happen('opened')
  await estate.pass(15)
  expect(taken).toEqual(['everything.test'])
})
