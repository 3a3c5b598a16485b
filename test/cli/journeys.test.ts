import { expect, test } from 'vitest'
import { journeysCommand, renderJourney, renderJourneys } from '../../src/cli/journeys.ts'
import { providersCommand, providersCsv, providersMarkdown } from '../../src/cli/providers.ts'
import { readWhatIf, renderSimulation, simulateCommand } from '../../src/cli/simulate.ts'
import type * as wire from '../../src/contract/index.ts'
import { createTestWorld } from '../world.ts'
import { buyDetail, buyReplayed, buySummary, novemberOfElb } from './journey-answers.ts'

const URL = 'http://127.0.0.1:8080'

function createIo() {
  const out: string[] = []
  const err: string[] = []
  const io = {
    stdout: (t: string) => void out.push(t),
    stderr: (t: string) => void err.push(t),
    color: false,
    terminal: false,
    cwd: '/',
    env: {},
  }
  return { io, out, err }
}

/** A service that answers this to whatever it is asked, and what it was asked. */
function answering(answer: object) {
  const asked: { readonly path: string; readonly body: unknown }[] = []
  const world = createTestWorld({
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const text = await request.text()
      const { pathname, search } = new globalThis.URL(request.url)
      asked.push({ path: pathname + search, body: text === '' ? undefined : JSON.parse(text) })
      return Response.json(answer)
    },
  })
  return { world, asked }
}

test('journeys shows each with the failures that it bears', async () => {
  await expect(renderJourneys({ now: buyDetail.now, journeys: [buySummary] })).toMatchFileSnapshot(
    '../golden/cli/journeys.txt',
  )
})

test('one journey shows what its parts caused and must keep', async () => {
  await expect(renderJourney(buyDetail)).toMatchFileSnapshot('../golden/cli/journey.txt')
})

test('journeys asks for one by its name, and prints what it was told as JSON', async () => {
  const { io, out } = createIo()
  const { world, asked } = answering(buyDetail)
  expect(await journeysCommand(io, world, { url: URL, output: 'json', name: 'buy a/b' })).toBe(0)
  expect(asked).toEqual([{ path: '/api/v1/journeys/buy%20a%2Fb', body: undefined }])
  expect(JSON.parse(out.join(''))).toEqual(buyDetail)
})

test('a replay shows before and after, and when alerts would have fired', async () => {
  await expect(renderSimulation(buyReplayed)).toMatchFileSnapshot('../golden/cli/simulate.txt')
})

const nothing = { gone: [], drop: [], add: [], standby: [], route: [] }

test('simulate asks for all that is to be changed', async () => {
  const { io, out } = createIo()
  const { world, asked } = answering(buyReplayed)
  const code = await simulateCommand(io, world, {
    url: URL,
    output: 'table',
    journey: 'buy',
    last: '3d',
    target: '99.95',
    gone: ['aws@2026-11-28T10:00Z/60m'],
    drop: ['pay gcp'],
    add: ['sms=99.9'],
    standby: ['pay aws=99'],
    route: ['aws=70', 'gcp=30'],
  })
  expect(code).toBe(0)
  expect(out.join('')).toContain(buyReplayed.sentence)
  const to = world.clock.now()
  expect(asked).toEqual([
    {
      path: '/api/v1/journeys/buy/simulate',
      body: {
        from: to - 3 * 86_400,
        to,
        target: '99.95',
        gone: [{ cloud: 'aws', from: 1_795_860_000, to: 1_795_863_600 }],
        drop: ['pay gcp'],
        add: [{ name: 'sms', percent: '99.9' }],
        standby: [{ leaf: 'pay aws', percent: '99' }],
        routing: { aws: 70, gcp: 30 },
      },
    },
  ])
})

test.each([
  [{ gone: ['aws@yesterday/60m'] }, /--gone aws@yesterday\/60m/],
  [{ gone: ['aws'] }, /--gone aws/],
  [{ add: ['sms'] }, /--add sms/],
  [{ standby: ['pay aws'] }, /--standby pay aws/],
  [{ route: ['aws=much'] }, /--route aws=much/],
])('simulate refuses %j before it asks', (options, words) => {
  expect(readWhatIf({ ...nothing, ...options })).toMatch(words)
})

test('simulate refuses a length that is none', async () => {
  const { io, err } = createIo()
  const { world, asked } = answering({})
  const options = { url: URL, output: 'table' as const, journey: 'buy', last: 'long', ...nothing }
  expect(await simulateCommand(io, world, options)).toBe(2)
  expect(err.join('')).toBe('--last long is not a length such as 7d\n')
  expect(asked).toEqual([])
})

test('the account of a provider is a worksheet in Markdown', async () => {
  await expect(providersMarkdown(novemberOfElb)).toMatchFileSnapshot('../golden/cli/providers.md')
})

test('the account as CSV keeps spreadsheets from running a name as a formula', async () => {
  await expect(providersCsv(novemberOfElb)).toMatchFileSnapshot('../golden/cli/providers.csv')
  expect(providersCsv(novemberOfElb)).toContain("'=pay")
})

test('providers asks for the month', async () => {
  const { io, out } = createIo()
  const { world, asked } = answering(novemberOfElb satisfies wire.ProviderLedger)
  expect(await providersCommand(io, world, { url: URL, month: '2026-11', output: 'json' })).toBe(0)
  expect(asked.map(({ path }) => path)).toEqual(['/api/v1/providers?month=2026-11'])
  expect(JSON.parse(out.join(''))).toEqual(novemberOfElb)
})

test('all three fail, and say how to start Nines, when nothing answers', async () => {
  const world = createTestWorld({
    fetch: () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })),
  })
  const { io, err } = createIo()
  const options = { url: URL, output: 'json' as const }
  expect(await journeysCommand(io, world, { ...options, name: undefined })).toBe(1)
  expect(await simulateCommand(io, world, { ...options, journey: 'buy', last: '1d', ...nothing })).toBe(1)
  expect(await providersCommand(io, world, options)).toBe(1)
  expect(err).toHaveLength(3)
  for (const line of err) expect(line).toMatch(/^Nothing answers at .*Start it with `npm start`/)
})
