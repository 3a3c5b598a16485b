import { afterEach, expect, test } from 'vitest'
import { unixSeconds } from '../../../src/base/index.ts'
import { createTestWorld } from '../../world.ts'
import { TestLedger } from '../log/ledger.ts'
import { albLine, draws, putObject } from './alb.ts'
import { countedByHand } from './by-hand.ts'
import { BUCKET, createRig, PREFIX, type Rig } from './rig.ts'

const NOON = Date.UTC(2026, 10, 20, 12) / 1_000
const rigs: Rig[] = []
const rig = async (options: Parameters<typeof createRig>[0] = {}): Promise<Rig> => {
  const made = await createRig(options)
  rigs.push(made)
  return made
}
afterEach(async () => {
  for (const one of rigs.splice(0)) await one.emulator.close()
})

const key = (day: string, n: number): string =>
  `${BUCKET}/${PREFIX}/${day}/123456789012_elasticloadbalancing_${n}.log.gz`
const range = (from: number, to: number) => ({ from: unixSeconds(from), to: unixSeconds(to) })

test('requests of a load balancer are counted in the engine as they are line by line', async () => {
  const one = await rig()
  const random = draws(1)
  const lines: string[] = []
  for (let n = 0; n < 6; n++) {
    const own = Array.from({ length: 500 }, () =>
      albLine((NOON + Math.floor(random() * 1_800)) * 1_000, random),
    )
    lines.push(...own)
    putObject(one.root, key('2026/11/20', n), own)
  }
  const world = { ...createTestWorld({ start: NOON + 86_400 }), fetch }
  const ledger = new TestLedger()
  const collector = one.open({ ...world, clock: realSleep(world.clock) })
  const read = await collector.collect?.(
    range(NOON, NOON + 1_800),
    { sink: ledger, again: false },
    AbortSignal.timeout(20_000),
  )
  expect(read).toEqual({ wanted: 30, read: 30, failures: [] })
  expect(ledger.totals((row) => `${row.minute} ${row.labels['service_name']} ${row.outcome}`)).toEqual(
    countedByHand(lines),
  )
  expect(collector.status().targets[0]?.detail).toMatch(/1 queries today scanned/)
})

/** Time stands still, and waiting takes as long as it does: the emulator's time is real. */
function realSleep<C extends { readonly sleep: unknown }>(
  clock: C,
): C & { readonly sleep: (ms: number) => Promise<void> } {
  return { ...clock, sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, Math.min(ms, 20))) }
}

test('each layout is counted as its lines are, and paths come without ids', async () => {
  const envoy = await rig({
    ddl: { layout: 'envoy-json', table: 'envoy', unit: 'hour', since: '2026/01/01/00' },
  })
  const line = (second: number, more: Readonly<Record<string, unknown>>): string =>
    JSON.stringify({
      start_time: new Date((NOON + second) * 1_000 + 250).toISOString(),
      duration: 120,
      response_code: 200,
      response_flags: '-',
      path: '/v1/users/4711/orders?page=2',
      useragent: 'curl',
      'x-request-id': 'a',
      ...more,
    })
  putObject(envoy.root, `${BUCKET}/${PREFIX}/2026/11/20/12/envoy_0.gz`, [
    line(0, {}),
    line(1, { path: '/v1/users/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d/orders' }),
    line(2, { response_code: 503, response_flags: 'UF' }),
    line(3, { useragent: 'kube-probe/1.29' }),
    line(59, { duration: 1_500 }),
    line(61, { response_code: 0, response_flags: 'DC', duration: 30_000 }),
    'no JSON at all',
  ])
  const { ledger } = await collected(envoy, { service: 'shop' }, range(NOON, NOON + 600))
  const path = '/v1/users/{id}/orders'
  expect(
    ledger.totals((row) => `${row.minute - NOON} ${row.labels['operation']} ${row.outcome} ${row.reason}`),
  ).toEqual({
    [`0 ${path} bad flag-UF`]: 1,
    [`0 ${path} good 2xx`]: 2,
    [`0 ${path} ignored health-check`]: 1,
    [`60 ${path} bad client-left-late`]: 1,
    [`60 ${path} good 2xx`]: 1,
  })
})

test('CloudFront tells of hosts, and its header is no request', async () => {
  const one = await rig({ ddl: { layout: 'cloudfront', table: 'cdn' } })
  const row = (time: string, status: string, took: string): string =>
    [
      '2026-11-20',
      time,
      'NRT57',
      '1045',
      '192.0.2.10',
      'GET',
      'd111111abcdef8.cloudfront.net',
      '/img/12345.png',
      status,
      '-',
      'Mozilla/5.0',
      '-',
      '-',
      'Hit',
      'id==',
      'www.example.com',
      'https',
      '23',
      took,
      '-',
      'TLSv1.3',
      'x',
      'Hit',
      'HTTP/2.0',
      '-',
      '-',
      '11040',
      '0.001',
      'Hit',
      'image/png',
      '78',
      '-',
      '-',
    ].join('\t')
  putObject(one.root, `${BUCKET}/${PREFIX}/2026/11/20/E1.2026-11-20-12.a.gz`, [
    '#Version: 1.0',
    '#Fields: date time',
    row('12:00:05', '200', '0.120'),
    row('12:00:59', '502', '3.000'),
    row('12:01:00', '000', '20.5'),
  ])
  const { ledger } = await collected(one, { service: { from: 'authority' } }, range(NOON, NOON + 120))
  expect(
    ledger.totals(
      (each) =>
        `${each.minute - NOON} ${each.labels['service_name']} ${each.labels['operation']} ${each.reason}`,
    ),
  ).toEqual({
    '0 www.example.com /img/12345.png 2xx': 1,
    '0 www.example.com /img/12345.png http-502': 1,
    '60 www.example.com /img/12345.png client-left-late': 1,
  })
})

test('late objects replace what was read, and the same object twice changes nothing', async () => {
  const one = await rig()
  const random = draws(7)
  const make = (n: number): string[] =>
    Array.from({ length: n }, () => albLine((NOON + Math.floor(random() * 600)) * 1_000, random))
  const [first, late] = [make(200), make(50)]
  putObject(one.root, key('2026/11/20', 1), first)
  const { ledger, again } = await collected(one, {}, range(NOON, NOON + 600))
  const counted = (): unknown =>
    ledger.totals((row) => `${row.minute} ${row.labels['service_name']} ${row.outcome}`)
  expect(counted()).toEqual(countedByHand(first))
  putObject(one.root, key('2026/11/20', 1), first)
  await again()
  expect(counted()).toEqual(countedByHand(first))
  putObject(one.root, key('2026/11/20', 2), late)
  await again()
  expect(counted()).toEqual(countedByHand([...first, ...late]))
})

test('five hundred promises over one table are one query a poll', async () => {
  const one = await rig()
  const random = draws(3)
  const lines = Array.from({ length: 300 }, () =>
    albLine((NOON + Math.floor(random() * 600)) * 1_000, random),
  )
  putObject(one.root, key('2026/11/20', 1), lines)
  putObject(one.root, key('2026/10/01', 1), ['another month'])
  const sql =
    "SELECT date_trunc('minute', from_iso8601_timestamp(\"time\")) AS minute, count(*) AS total, sum(CASE WHEN elb_status_code < 500 THEN 1 ELSE 0 END) AS good FROM nines.alb_logs WHERE ${partitions} AND \"time\" >= replace('${from}', ' ', 'T') AND \"time\" < replace('${to}', ' ', 'T') GROUP BY 1"
  const questions = Array.from({ length: 500 }, (_, i) => ({
    kind: 'external' as const,
    source: 'edge',
    type: 'Athena',
    spec: { query: sql, column: i % 2 === 0 ? 'good' : 'total' },
    key: `q${i}`,
  }))
  const { ledger } = await collected(one, {}, range(NOON, NOON + 600), questions)
  const selects = [...one.emulator.executions.all.values()].filter(({ kind }) => kind === 'DML')
  // The table's own, and the one text of all the promises' queries.
  expect(selects.map(({ state, objects }) => ({ state, objects }))).toEqual([
    { state: 'SUCCEEDED', objects: 1 },
    { state: 'SUCCEEDED', objects: 1 },
  ])
  const counts = ledger.steps.flatMap((step) => step.counts ?? [])
  const sum = (wanted: string): number =>
    counts.filter((row) => row.key === wanted).reduce((n, { value }) => n + value, 0)
  expect(sum('q1')).toBe(300)
  expect(sum('q0')).toBe(lines.filter((line) => !/(-1|\.\d{3}) 5\d\d /.test(line)).length)
})

test('never more queries at a time than the quota, over all sources of the account', async () => {
  const one = await rig({ quota: 3, queuedMs: 20, runningMs: 60 })
  putObject(one.root, key('2026/11/20', 1), [albLine(NOON * 1_000, draws(1))])
  const many = Array.from({ length: 6 }, () =>
    collected(one, { quota: 3, chunk: '1h', account: 'shared' }, range(NOON - 3 * 3_600, NOON)),
  )
  await Promise.all(many)
  expect(one.emulator.executions.mostActive).toBeLessThanOrEqual(3)
  expect(one.emulator.executions.refusedForQuota).toBe(0)
})

test.each([
  { fate: 'fails-passing' as const, runs: 2 },
  { fate: 'queued-again' as const, runs: 1 },
])('a query that $fate is read in the end', async ({ fate, runs }) => {
  let left = 1
  const one = await rig({ fate: (sql) => (sql.startsWith('SELECT') && left-- > 0 ? fate : 'runs') })
  const lines = [albLine(NOON * 1_000, draws(1))]
  putObject(one.root, key('2026/11/20', 1), lines)
  const { read } = await collected(one, {}, range(NOON, NOON + 60))
  expect(read?.failures).toEqual([])
  expect([...one.emulator.executions.all.values()].filter(({ kind }) => kind === 'DML')).toHaveLength(runs)
})

test('a query that is wrong says why and what to do, and is not begun again', async () => {
  const one = await rig()
  const { read } = await collected(one, { columns: { nowhere: 'service' } }, range(NOON, NOON + 60))
  putObject(one.root, key('2026/11/20', 1), [albLine(NOON * 1_000, draws(1))])
  expect(read?.failures.map(({ text, remedy }) => ({ isNamed: /nowhere/.test(text), remedy }))).toEqual([
    { isNamed: true, remedy: expect.stringMatching(/nines athena sql|console/) },
  ])
  expect([...one.emulator.executions.all.values()].filter(({ kind }) => kind === 'DML')).toHaveLength(1)
})

test('a scan that is cut off is asked for in shorter stretches', async () => {
  const one = await rig({ bytesCutoff: 10 })
  putObject(one.root, key('2026/11/20', 1), [albLine(NOON * 1_000, draws(1))])
  const { read } = await collected(one, {}, range(NOON, NOON + 60))
  expect(read?.failures[0]?.text).toMatch(/Bytes scanned limit/)
})

test('the bound on a day is kept', async () => {
  const one = await rig()
  putObject(one.root, key('2026/11/20', 1), [albLine(NOON * 1_000, draws(1))])
  const read = await collected(one, { maxScanPerDay: '1MB' }, range(NOON, NOON + 60))
  await read.again(AbortSignal.timeout(500))
  expect([...one.emulator.executions.all.values()].filter(({ kind }) => kind === 'DML')).toHaveLength(1)
  expect(read.status().targets[0]?.detail).toMatch(/maxScanPerDay is reached/)
})

test('a result of thousands of rows comes page by page', async () => {
  const one = await rig()
  const random = draws(5)
  const lines = Array.from({ length: 6_000 }, () =>
    albLine((NOON + Math.floor(random() * 3_600)) * 1_000, random),
  )
  putObject(one.root, key('2026/11/20', 1), lines)
  const { ledger } = await collected(one, {}, range(NOON, NOON + 3_600))
  const [query] = [...one.emulator.executions.all.values()].filter(({ kind }) => kind === 'DML')
  expect(query?.result?.rows.length).toBeGreaterThan(2_000)
  expect(ledger.totals((row) => `${row.minute} ${row.labels['service_name']} ${row.outcome}`)).toEqual(
    countedByHand(lines),
  )
})

test('where nothing was scanned, nothing is known', async () => {
  const one = await rig()
  const { ledger } = await collected(one, {}, range(NOON, NOON + 60))
  const said = ledger.steps.flatMap((step) => step.coverage ?? [])
  expect(said.filter(({ state }) => state === 'known')).toEqual([])
})

interface Collecting {
  readonly ledger: TestLedger
  readonly read: Awaited<ReturnType<NonNullable<ReturnType<Rig['open']>['collect']>>> | undefined
  readonly again: (signal?: AbortSignal) => Promise<unknown>
  readonly status: ReturnType<Rig['open']>['status']
}

async function collected(
  one: Rig,
  more: Readonly<Record<string, unknown>>,
  stretch: ReturnType<typeof range>,
  questions: Parameters<Rig['open']>[2] = [],
): Promise<Collecting> {
  const world = createTestWorld({ start: NOON + 86_400 })
  const ledger = new TestLedger()
  const collector = one.open({ ...world, clock: realSleep(world.clock) }, more, questions)
  const collect = (again: boolean, signal: AbortSignal = AbortSignal.timeout(20_000)) =>
    collector.collect?.(stretch, { sink: ledger, again }, signal)
  const read = await collect(false)
  return { ledger, read, again: async (signal) => collect(true, signal), status: collector.status }
}
