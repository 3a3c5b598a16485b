import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createStatsdCounter } from '../../../src/collectors/statsd/counter.ts'
import { dropsIn } from '../../../src/collectors/statsd/drops.ts'
import { parseLine } from '../../../src/collectors/statsd/line.ts'
import { statsdOptions } from '../../../src/collectors/statsd/options.ts'
import { binAtEdge, binOf } from '../../../src/traffic/index.ts'
import { counts, createCounting } from '../otlp/metrics-support.ts'

const AT = 1_790_000_047
const MINUTE = AT - (AT % 60)

function open(details: Readonly<Record<string, unknown>>) {
  const options = statsdOptions(details)
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  const counter = createStatsdCounter(options.value)
  const into = createCounting()
  const send = (text: string, at = AT) => counter.count({ bytes: Buffer.from(text), at }, into)
  return { counter, into, send }
}

const SHOP = {
  metrics: [
    { name: 'shop.requests', status: 'code', operation: 'route' },
    { name: 'shop.took', status: 'code', operation: 'route', unit: 's' },
  ],
}

describe('lines', () => {
  // From the format's documentation.
  const lines: readonly (readonly [string, object])[] = [
    ['page.views:1|c', { name: 'page.views', kind: 'counter', values: [1], rate: 1 }],
    ['song.length:240|h|@0.5', { kind: 'distribution', values: [240], rate: 0.5 }],
    ['users.online:1|c|@0.5|#country:china', { tags: new Map([['country', 'china']]) }],
    ['users.online:1|c|#country:china|c:ci-83c2e1', { kind: 'counter', values: [1] }],
    ['page.views:15|c|#env:dev|T1656581400', { timestamp: 1_656_581_400 }],
    ['a:1:2.5:3|ms|#b', { kind: 'timer', values: [1, 2.5, 3], tags: new Map([['b', '']]) }],
    ['fuel.level:0.5|g', { kind: 'state' }],
    ['users.uniques:1234|s', { kind: 'state' }],
    ['x:1|d|#url:http://a/b|e:it-false,cn-x|card:low', { tags: new Map([['url', 'http://a/b']]) }],
  ]
  test.each(lines)('%s', (text, metric) => {
    expect(parseLine(text)).toMatchObject({ kind: 'metric', metric })
  })

  test.each(['_e{21,36}:An exception occurred|Cannot parse', '_sc|Redis|2|#env:dev', ''])(
    'what counts nothing is passed over: %s',
    (text) => expect(parseLine(text).kind).toBe('other'),
  )

  test.each([
    'x',
    'x:1',
    ':1|c',
    'x:|c',
    'x:1|q',
    'x:NaN|c',
    'x:1|c|@0',
    'x:1|c|@2',
    'x:1|c|@x',
    'x:1|c|T1.5',
    'x:0x10|c',
    `${'x'.repeat(600)}:1|c`,
  ])('what cannot be read says why: %s', (text) => {
    const line = parseLine(text)
    expect(line.kind).toBe('malformed')
  })

  test('any text is read or refused', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-c.:|@#,T\d{}_-]{0,40}$/), (text) => {
        expect(['metric', 'other', 'malformed']).toContain(parseLine(text).kind)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what is counted', () => {
  test('counters are requests, by tag', () => {
    const { into, send } = open(SHOP)
    send('shop.requests:3|c|#code:200,route:/pay,service:cart\nshop.requests:2|c|#code:503,service:cart\n')
    send('shop.requests:1|c')
    expect(counts(into)).toEqual({
      [`operation=/pay,service_name=cart ${MINUTE} good 2xx`]: 3,
      [`service_name=cart ${MINUTE} bad http-503`]: 2,
      [`service_name=unknown_service ${MINUTE} ignored no-status`]: 1,
    })
    expect(into.durations().size).toBe(0)
  })

  test('timers and distributions are requests with their durations', () => {
    const { into, send } = open(SHOP)
    send('shop.took:300:12.5|ms|#code:200\nshop.took:0.3|d|#code:200\nshop.took:0.3|h|#code:500|@0.5')
    expect(into.total('good')).toBe(3)
    expect(into.total('bad')).toBe(2)
    expect(into.durations()).toEqual(
      new Map([
        [binAtEdge(300_000), 4],
        [binOf(12_500), 1],
      ]),
    )
  })

  test('one that was told for many counts as many, in whole numbers that add up', () => {
    const { into, send } = open(SHOP)
    for (let i = 0; i < 300; i++) send('shop.requests:1|c|#code:200|@0.3')
    expect(into.total()).toBe(1_000)
    for (let i = 0; i < 10; i++) send('shop.requests:1|c|#code:503|@0.1')
    expect(into.total('bad')).toBe(100)
    for (let i = 0; i < 10; i++) send('shop.requests:0.1|c|#code:500')
    expect(into.total('bad')).toBe(101)
  })

  test('what the sender says of the time counts', () => {
    const { into, send } = open(SHOP)
    send(`shop.requests:3|c|#code:200|T${AT - 600}`)
    send(`shop.requests:3|c|#code:200|T${AT + 900}`)
    expect(counts(into)).toEqual({ [`service_name=unknown_service ${MINUTE - 600} good 2xx`]: 3 })
    expect(into.rejected()).toBe(1)
  })

  test('places of a name are what tags are, as Envoy writes them', () => {
    const { into, send, counter } = open({
      service: { from: 'field', field: 'cluster', map: { shop_grpc: 'shop' }, otherwise: 'other' },
      metrics: [{ name: 'envoy.cluster.{cluster}.upstream_rq_{code}', status: 'code' }],
    })
    send('envoy.cluster.shop_grpc.upstream_rq_503:1|c\nenvoy.cluster.shop_grpc.upstream_rq_200:41|c')
    send('envoy.cluster.shop_grpc.upstream_rq_total:42|c\nenvoy.cluster.shop_grpc.upstream_rq_5xx:1|c')
    send('envoy.cluster.a.b.upstream_rq_200:1|c')
    expect(counts(into)).toEqual({
      [`service_name=shop ${MINUTE} bad http-503`]: 1,
      [`service_name=shop ${MINUTE} good 2xx`]: 41,
    })
    expect(counter.numbers()).toMatchObject({ lines: 5, unnamed: 3, malformed: 0 })
  })

  test('statuses of calls, errors, and only what the rule asks for', () => {
    const { into, send } = open({
      service: 'jobs',
      metrics: [
        { name: 'calls', grpcStatus: 'grpc', where: { kind: 'server' } },
        { name: 'jobs.*', error: 'failed' },
      ],
    })
    send('calls:2|c|#grpc:UNAVAILABLE,kind:server\ncalls:2|c|#grpc:0,kind:client')
    send('jobs.mail:1|c|#failed:true\njobs.mail:5|c\njobs.a.b:7|c')
    expect(counts(into)).toEqual({
      [`service_name=jobs ${MINUTE} bad grpc-unavailable`]: 2,
      [`service_name=jobs ${MINUTE} bad error`]: 1,
      [`service_name=jobs ${MINUTE} good ok`]: 5,
    })
  })

  test('what cannot be used is counted and shown, safely', () => {
    const { into, send, counter } = open(SHOP)
    send('nonsense\nshop.requests:-1|c\nshop.requests:1|g\nshop.requests:1e300|c')
    send('\u001b[31mred')
    expect(into.rejected()).toBe(5)
    expect(into.total()).toBe(0)
    expect(counter.numbers().lastMalformed).toBe('there is no name and no value: ?[31mred')
  })
})

describe('options', () => {
  test.each([
    [{}, 'metrics', 'no metric is said to count requests'],
    [{ metrics: [] }, 'metrics', 'no metric'],
    [{ metrics: [{ name: 'a' }] }, 'metrics[0].status', 'nothing says how the requests ended'],
    [{ metrics: [{ status: 'a' }] }, 'metrics[0].name', 'not named'],
    [{ metrics: [{ name: 'a.{b', status: 'a' }] }, 'metrics[0].name', 'a brace'],
    [{ metrics: [{ name: '*a*b*', status: 'a' }] }, 'metrics[0].name', 'more than two'],
    [{ metrics: [{ name: 'a', status: 'a', unit: 'm' }] }, 'metrics[0].unit', 'no unit of time'],
    [
      { metrics: [{ name: 'a', status: 'a', values: { ok: '1' } }] },
      'metrics[0].values.ok',
      'no HTTP status',
    ],
    [{ ...SHOP, listen: '0.0.0.0:8125' }, 'listen', 'whoever reaches 0.0.0.0'],
    [{ ...SHOP, listen: 'x' }, 'listen', 'no address'],
    [{ ...SHOP, silence: '5d' }, 'silence', 'no duration'],
    [{ ...SHOP, port: 1 }, 'port', 'there is no option'],
  ])('%j', (details, path, message) => {
    const checked = statsdOptions(details)
    if (checked.kind === 'ok') throw new Error('taken')
    const found = checked.error.find((problem) => problem.path === path)
    expect(found?.message).toContain(message)
    expect(found?.remedy).toContain('write')
  })

  test('the defaults', () => {
    expect(statsdOptions({ ...SHOP, listen: '0.0.0.0:8125', open: true })).toMatchObject({
      kind: 'ok',
      value: { listen: { host: '0.0.0.0', port: 8125 }, silence: 180, receiveBuffer: 8_388_608 },
    })
  })
})

test('what the kernel dropped stands in the last column of its table', () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  381: 0100007F:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31841 2 0000000000000000 17
  382: 00000000:1FBE 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31842 2 0000000000000000 3
`
  expect(dropsIn(table, 8_125)).toEqual([17])
  expect(dropsIn(table, 9)).toEqual([])
  expect(dropsIn('', 9)).toEqual([])
})
