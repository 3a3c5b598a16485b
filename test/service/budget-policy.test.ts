import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import type { SloSummary } from '../../src/contract/index.ts'
import { noticeEntry } from '../../src/notify/index.ts'
import {
  type BudgetPolicy,
  type Crossing,
  crossingKey,
  foldPolicy,
  judgeBudgets,
  judgeGate,
} from '../../src/service/budget-policy.ts'
import { createBudgets } from '../../src/service/budgets.ts'
import { createNotices } from '../../src/service/notices.ts'
import { createJournal } from '../notify/estate.ts'
import { createTestWorld } from '../world.ts'

const NOW = unixSeconds(1_790_000_000)

/** A promise as a budget policy sees it. */
function promise(spent: number, events = 1_000, more: Partial<SloSummary> = {}): SloSummary {
  const leftRatio = events === 0 ? null : (events - spent) / events
  return {
    id: 'checkout',
    slo: 'checkout',
    objective: 'main',
    name: 'Checkout',
    service: 'checkout',
    owner: 'shop',
    indicator: 'availability',
    target: '99.9',
    window: '30d',
    whole: { windows: [{ budget: { events, spent, left: events - spent, leftRatio } }] },
    ...more,
  } as unknown as SloSummary
}

const step = (spent: number, more: object = {}) => ({
  spent,
  notify: true,
  issue: false,
  gate: false,
  ...more,
})
const POLICY: BudgetPolicy = {
  name: 'shop',
  matches: ({ service }) => service === 'checkout',
  steps: [step(50), step(80, { issue: true }), step(100, { gate: true })],
}

/** What is written down as spending goes through these numbers. */
function through(...spent: readonly number[]): string[] {
  const crossings = new Map<string, Crossing>()
  return spent.flatMap((events) => {
    const found = judgeBudgets([promise(events)], { policies: [POLICY], crossings, now: NOW })
    for (const entry of found) foldPolicy(crossings, entry)
    return found.map((entry) => `${events}: ${entry.kind} ${entry.spent}`)
  })
}

test('each step is crossed once, exactly on its percent', () => {
  expect(through(499, 500, 501, 799, 800, 1_000, 1_200)).toEqual([
    '500: crossed 50',
    '800: crossed 80',
    '1000: crossed 100',
  ])
})

test('a budget that hovers around a step is told once; one that came back is told again', () => {
  expect(through(500, 499, 500, 460, 501)).toEqual(['500: crossed 50'])
  expect(through(500, 449, 500)).toEqual(['500: crossed 50', '449: cleared 50', '500: crossed 50'])
})

test('a budget that nobody knows crosses nothing and clears nothing', () => {
  const crossings = new Map([[crossingKey({ slo: 'checkout', spent: 50 }), {} as Crossing]])
  expect(judgeBudgets([promise(0, 0)], { policies: [POLICY], crossings, now: NOW })).toEqual([])
})

const gateOf = (slos: readonly SloSummary[], overrides: Parameters<typeof judgeGate>[1]['overrides'] = []) =>
  judgeGate(slos, { asked: 'service checkout', policies: [POLICY], overrides, now: NOW })

test.each([
  ['open while there is budget', [promise(999)], 'open'],
  ['closed once it is gone', [promise(1_000)], 'closed'],
  ['closed when one of several is gone', [promise(10), promise(1_000)], 'closed'],
  ['closed rather than unknown', [promise(0, 0), promise(1_000)], 'closed'],
  ['unknown without data', [promise(0, 0), promise(10)], 'unknown'],
  ['unknown where nothing is promised', [], 'unknown'],
  [
    'closed by default for a promise without a policy',
    [promise(1_000, 1_000, { service: 'cart' })],
    'closed',
  ],
])('the gate is %s', (_, slos, state) => {
  expect(gateOf(slos).state).toBe(state)
})

test('an override opens what it names until it ends, and is shown', () => {
  const override = { about: 'service checkout', by: 'aya', reason: 'the fix', until: NOW + 60, text: '' }
  expect(gateOf([promise(1_000)], [override])).toMatchObject({
    state: 'open',
    reason: expect.stringMatching(/^aya opened it: the fix\. Without that it would be closed/),
    override: { by: 'aya' },
  })
  expect(gateOf([promise(1_000)], [{ ...override, until: NOW }])).toMatchObject({
    state: 'closed',
    override: null,
  })
  expect(gateOf([promise(1_000)], [{ ...override, about: 'service cart' }]).state).toBe('closed')
})

test('the gate closes exactly where the budget has nothing left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 1e9 }), (spent, events) => {
      expect(gateOf([promise(spent, events)]).state).toBe(spent >= events ? 'closed' : 'open')
    }),
  )
})

/** GitHub's issues, as far as they are documented: lists by label, and what was created last comes first. */
function github() {
  const issues: { html_url: string; body: string; title: string; labels: string[] }[] = []
  const state = { down: false, created: 0 }
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    if (state.down) return Response.json({ message: 'Server Error' }, { status: 502 })
    if (request.headers.get('authorization') !== 'Bearer t0ken')
      return Response.json({ message: 'Bad credentials' }, { status: 401 })
    if (request.method === 'GET') return Response.json(issues)
    const body = (await request.json()) as { title: string; body: string; labels: string[] }
    issues.unshift({ ...body, html_url: `https://github.test/org/shop/issues/${++state.created}` })
    return Response.json(issues[0], { status: 201 })
  }
  return { issues, state, fetch }
}

test('a step notices, opens one issue over restarts and outages, and closes the gate', async () => {
  const { createTracker } = await import('../../src/notify/index.ts')
  const vendor = github()
  const world = createTestWorld({ start: NOW, fetch: vendor.fetch })
  const plain = createJournal()
  const journal = {
    read: plain.read,
    append: async (drafts: Parameters<typeof plain.append>[0]) => {
      await plain.append(drafts)
      return []
    },
  }
  const told: string[] = []
  const start = async () => {
    const notices = createNotices(world, { journal, tell: ({ title }) => told.push(title) })
    const budgets = createBudgets(world, {
      journal,
      notices,
      policies: [POLICY],
      tracker: createTracker(world, {
        kind: 'github',
        repo: 'org/shop',
        token: 't0ken',
        apiUrl: 'https://api.test',
      }),
      pageUrl: () => 'http://nines.test/',
    })
    await notices.recall()
    await budgets.recall()
    return budgets
  }
  let budgets = await start()
  vendor.state.down = true
  await budgets.look([promise(850)])
  expect(vendor.issues).toEqual([])
  vendor.state.down = false
  await world.advance(61_000)
  await budgets.look([promise(851)])
  budgets = await start()
  await budgets.look([promise(1_000)])
  await budgets.look([promise(1_000)])
  expect(told).toEqual([50, 80, 100].map((percent) => `Checkout: ${percent} % of the budget is spent`))
  expect(vendor.issues).toMatchObject([
    { title: 'Checkout: 80 % of the error budget is spent', labels: ['nines'] },
  ])
  await budgets.override({ about: 'service checkout', by: 'aya', reason: 'the fix', seconds: 600 })
  budgets = await start()
  expect(budgets.gate([promise(1_000)], 'service checkout')).toMatchObject({
    state: 'open',
    override: { by: 'aya' },
  })
  expect(
    plain.entries
      .filter(({ kind }) => kind === 'notice')
      .every(({ data }) => noticeEntry.safeParse(data).success),
  ).toBe(true)
})
