import { afterAll, beforeAll, expect, test } from 'vitest'
import { isoMinute, type Range, unixSeconds } from '../../../src/base/index.ts'
import {
  type CloudWatchEmulatorOptions,
  createCloudWatchEmulator,
  type EmulatedMetric,
} from '../../../src/cli/dev/cloudwatch/index.ts'
import { cloudWatchOptions } from '../../../src/collectors/cloudwatch/options.ts'
import { createCloudWatchSource } from '../../../src/collectors/cloudwatch/source.ts'
import type { ExternalQuery } from '../../../src/traffic/index.ts'
import { createTestWorld } from '../../world.ts'
import { byMinute, gapsOf } from '../counts.ts'

const T = 1_790_000_040
const RANGE: Range = { from: unixSeconds(T), to: unixSeconds(T + 300) }
const NEVER = new AbortController().signal
const before = { ...process.env }
beforeAll(() => {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'example'
})
afterAll(() => {
  process.env = before
})

interface Options extends Partial<Omit<CloudWatchEmulatorOptions, 'clock'>> {
  readonly details?: Record<string, unknown>
}

function account({ details = {}, stored = () => undefined, ...emulated }: Options = {}) {
  const hosts: string[] = []
  const world = createTestWorld({
    start: T + 3_000,
    fetch: (input, init) => {
      const request = new Request(input, init)
      hosts.push(new URL(request.url).hostname)
      return emulator.answer(request)
    },
  })
  const emulator = createCloudWatchEmulator({ clock: world.clock, stored, ...emulated })
  const checked = cloudWatchOptions({ region: 'eu-central-1', ...details }, { name: 'cw', environment: {} })
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  return { world, emulator, hosts, source: createCloudWatchSource(world, checked.value) }
}

const questionOf = (spec: Record<string, unknown>, more: Partial<ExternalQuery> = {}): ExternalQuery => ({
  kind: 'external',
  source: 'cw',
  type: 'CloudWatch',
  spec,
  key: JSON.stringify(spec),
  ...more,
})

async function ask(
  spec: Record<string, unknown>,
  options: Options & { query?: Partial<ExternalQuery>; range?: Range } = {},
) {
  const { source } = account(options)
  const { query, range = RANGE } = options
  const [reply] = await source.ask({ questions: [questionOf(spec, query)], range }, NEVER)
  return reply?.result
}

async function answer(...asked: Parameters<typeof ask>) {
  const result = await ask(...asked)
  if (result?.kind !== 'ok') throw new Error(JSON.stringify(result))
  return result.value
}

async function refusal(...asked: Parameters<typeof ask>) {
  const result = await ask(...asked)
  if (result?.kind !== 'failed') throw new Error(JSON.stringify(result))
  return result.error
}

const ALB = { preset: 'alb', dimensions: { LoadBalancer: 'app/shop/1' } }
const alb = ({ metric }: EmulatedMetric, minute: number): number | undefined => {
  const i = (minute - T) / 60
  if (metric === 'RequestCount') return i === 2 ? undefined : 100 + i
  if (metric === 'HTTPCode_ELB_5XX_Count') return i === 1 ? 3 : undefined
  return metric === 'HTTPCode_Target_5XX_Count' && i === 3 ? 7 : undefined
}

test('a load balancer counts what it answered itself, and what it does not report did not happen', async () => {
  const total = await answer({ ...ALB, count: 'total' }, { stored: alb })
  expect(byMinute(total, T)).toEqual({ 0: 100, 1: 104, 3: 103, 4: 104 })
  expect(total.gaps).toEqual([])
  const bad = await answer({ ...ALB, count: 'bad' }, { stored: alb })
  expect(byMinute(bad, T)).toEqual({ 1: 3, 3: 7 })
  expect(bad.gaps).toEqual([])
})

test("CloudFront's share of errors becomes a count, and is asked for where CloudFront reports", async () => {
  const regions = new Set<string>()
  const stored = ({ metric, dimensions }: EmulatedMetric, _: number, region: string) => {
    regions.add(region)
    expect(dimensions).toEqual({ DistributionId: 'E1', Region: 'Global' })
    return metric === 'Requests' ? 200 : 1.5
  }
  const spec = { preset: 'cloudfront', count: 'bad', dimensions: { DistributionId: 'E1' } }
  expect(byMinute(await answer(spec, { stored }), T)[0]).toBe(3)
  expect([...regions]).toEqual(['us-east-1'])
})

test('a metric of your own is unknown where it is not reported, unless you say otherwise', async () => {
  const own = { namespace: 'Shop', metric: 'Orders', dimensions: { Shop: 'eu' } }
  const stored = (_: EmulatedMetric, minute: number) => (minute === T + 60 ? undefined : 5)
  expect(gapsOf(await answer(own, { stored }), T)).toEqual(['1-2 missing'])
  expect((await answer({ ...own, absent: 'zero' }, { stored })).gaps).toEqual([])
})

test('more than five hundred metrics go in several calls, and pages are read to their end', async () => {
  const { source, emulator } = account({ stored: () => 2, pageSize: 1_000 })
  const questions = Array.from({ length: 600 }, (_, i) =>
    questionOf({ namespace: 'Shop', metric: 'Orders', dimensions: { Shop: String(i) } }),
  )
  const replies = await source.ask({ questions, range: RANGE }, NEVER)
  expect(replies.every(({ result }) => result.kind === 'ok' && byMinute(result.value, T)[4] === 2)).toBe(true)
  expect(replies.every(({ result }) => result.kind === 'ok' && result.value.gaps.length === 0)).toBe(true)
  // 500 metrics in three pages, 100 in one.
  expect(emulator.calls.get('GetMetricData')).toBe(4)
})

test('what CloudWatch calls partial is partial, and what it cuts off is no answer', async () => {
  const partial = await answer({ ...ALB, count: 'total' }, { stored: alb, fault: () => 'partial' })
  expect(gapsOf(partial, T)).toEqual(['0-5 partial'])
  const half = await refusal({ ...ALB, count: 'total' }, { stored: alb, fault: () => 'half' })
  expect(half.kind).toBe('unavailable')
})

test('minutes that CloudWatch no longer keeps are missing, not zero', async () => {
  const from = T + 3_000 - 15 * 86_400 - 120
  const range = { from: unixSeconds(from), to: unixSeconds(from + 300) }
  expect(gapsOf(await answer({ ...ALB, count: 'total' }, { stored: () => 1, range }), from)).toEqual([
    '0-2 missing',
  ])
})

test.each([
  ['throttled', 'throttled'],
  ['denied', 'unavailable'],
] as const)('what is %s is %s', async (fault, kind) => {
  expect((await refusal({ ...ALB, count: 'total' }, { fault: () => fault })).kind).toBe(kind)
})

test.each([
  [{ preset: 'alb', count: 'total' }, 'LoadBalancer is missing'],
  [{ ...ALB, count: 'good' }, 'a preset counts total or bad'],
  [{ preset: 'elb', count: 'bad', dimensions: {} }, 'there is no preset elb'],
  [{ namespace: 'A', metric: 'B', stat: 'Average' }, 'Average is no number of events'],
  [{ namespace: 'A', metric: 'B', stat: 'Mean' }, 'there is no stat "Mean"'],
  [{ logs: { groups: ['/shop'], query: 'fields @message' } }, 'the query does not count by the minute'],
])('%o is refused: %s', async (spec, text) => {
  expect(await refusal(spec)).toMatchObject({ kind: 'refused', text })
})

const LOGS = {
  logs: {
    groups: ['/shop/edge'],
    query: 'filter status >= 500 | stats count(*) as value by bin(1m) as minute, service',
  },
}
const row = (i: number, value: number): Record<string, string> => ({
  minute: `${isoMinute(unixSeconds(T + i * 60))
    .slice(0, 16)
    .replace('T', ' ')}:00.000`,
  service: 'web',
  value: String(value),
})

test('Logs Insights is waited for, and its groups are labels', async () => {
  const { source, world } = account({ logs: () => [row(0, 4), row(3, 9)], runsFor: 2 })
  const asked = source.ask({ questions: [questionOf(LOGS)], range: RANGE }, NEVER)
  await world.settled(() => 1)
  await world.advance(5_000, { loops: () => 0 })
  const [reply] = await asked
  if (reply?.result.kind !== 'ok') throw new Error(JSON.stringify(reply))
  expect(byMinute(reply.result.value, T)).toEqual({ '0 service=web': 4, '3 service=web': 9 })
  expect(reply.result.value.gaps).toEqual([])
})

test('a query that does not end is stopped, also when nobody waits any more', async () => {
  const { source, world, emulator } = account({
    logs: () => [row(0, 4)],
    runsFor: 1_000,
    details: { timeout: '5s' },
  })
  const slow = source.ask({ questions: [questionOf(LOGS)], range: RANGE }, NEVER)
  for (let i = 0; i < 8; i++) {
    await world.settled(() => 1).catch(() => undefined)
    await world.advance(1_000)
    if (emulator.stopped.size > 0) break
  }
  expect((await slow)[0]?.result).toMatchObject({ kind: 'failed', error: { kind: 'too-much' } })
  expect(emulator.stopped).toEqual(new Set(['query-1']))
  const gone = new AbortController()
  const left = source.ask({ questions: [questionOf(LOGS)], range: RANGE }, gone.signal)
  await world.settled(() => 1)
  gone.abort(new Error('stopped'))
  await left
  expect(emulator.stopped).toEqual(new Set(['query-1', 'query-2']))
})

test('no more queries of Logs Insights run at a time than the account may have', async () => {
  const { source, world, emulator } = account({
    logs: () => [row(0, 1)],
    runsFor: 1,
    details: { logQueries: 3 },
  })
  const questions = Array.from({ length: 9 }, (_, i) =>
    questionOf({ logs: { ...LOGS.logs, groups: [`/shop/${i}`] } }),
  )
  const asked = source.ask({ questions, range: RANGE }, NEVER)
  let done = false
  void asked.then(() => {
    done = true
  })
  for (let i = 0; i < 60 && !done; i++) await world.advance(1_000)
  const replies = await asked
  expect(replies.every(({ result }) => result.kind === 'ok')).toBe(true)
  expect(emulator.mostQueries()).toBe(3)
})
