import { describe, expect, test } from 'vitest'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { INDICATOR, slo, source } from './documents.ts'

const base = `${source()}---\n${slo({ name: 'a' })}---\n${slo({ name: 'b' })}`
const ours = (kind: string, name: string, spec: string) =>
  `---\napiVersion: nines.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n${spec
    .trim()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n')}\n`
const load = (more: string) => loadDefinitions([{ file: 'a.yaml', text: base + more }])
const complaints = (more: string) =>
  load(more).problems.map(
    ({ code, line, message }) => `${code} ${line - base.split('\n').length}: ${message}`,
  )

const sla = ours(
  'ProviderSLA',
  'alb',
  `provider: aws
service: Application Load Balancer
percent: 99.99
window: 1M
url: https://aws.amazon.com/elasticloadbalancing/sla/
asOf: 2026-11-01`,
)

describe('Journey', () => {
  const journey = (tree: string, name = 'buy') =>
    ours('Journey', name, `target: 0.999\ntimeWindow: [{ duration: 30d, isRolling: true }]\ntree: ${tree}`)

  test('a tree of all, any, atLeast and routes over SLOs, journeys and providers', () => {
    const more =
      sla +
      journey('{ slo: b }', 'pay') +
      journey(
        '{ all: [{ slo: a, where: { cloud_provider: gcp } }, { any: [{ slo: b }, { provider: alb }] }, { atLeast: 1, of: [{ slo: a }, { journey: pay }] }, { routes: [{ slo: a, weight: 70 }, { slo: b, weight: 0.5 }] }] }',
      )
    const { journeys, problems } = load(more)
    // 99.9 % of three things in a row that promise 99.9 % each cannot be kept, and is evaluated all the same.
    expect(problems).toMatchObject([
      { code: 'NINES-1708', severity: 'warning', remedy: expect.stringContaining('a gcp 99.9') },
    ])
    const [, buy] = journeys
    expect(buy).toMatchObject({ name: 'buy', target: '99.9', allowed: 1_000, windows: [{ name: '30d' }] })
    const a = { kind: 'slo', slo: 'a', objective: '1', where: {} }
    const b = { ...a, slo: 'b' }
    expect(buy?.tree).toEqual({
      kind: 'all',
      of: [
        { ...a, where: { cloud_provider: 'gcp' } },
        { kind: 'any', of: [b, { kind: 'provider', provider: 'alb' }] },
        { kind: 'at-least', count: 1, of: [a, { kind: 'journey', journey: 'pay' }] },
        {
          kind: 'routes',
          of: [
            { node: a, weight: { num: 70, den: 1 } },
            { node: b, weight: { num: 1, den: 2 } },
          ],
        },
      ],
    })
  })

  test.each([
    ['a leaf that is not there', '{ slo: c }', 'NINES-1203'],
    ['a split that the SLO does not have', '{ slo: a, where: { cloud_region: tokyo } }', 'NINES-1701'],
    ['weights on some routes', '{ routes: [{ slo: a, weight: 1 }, { slo: b }] }', 'NINES-1701'],
    ['where without slo', '{ journey: pay, where: { cloud_provider: aws } }', 'NINES-1701'],
    ['two kinds of node', '{ slo: a, journey: pay }', 'NINES-1109'],
    ['an empty branch', '{ all: [] }', 'NINES-1115'],
    ['an objective that is not there', '{ slo: a, objective: "2" }', 'NINES-1701'],
  ])('%s is refused', (_name, tree, code) => {
    const { journeys, problems } = load(journey(tree))
    expect(problems.map((problem) => problem.code)).toContain(code)
    expect(journeys).toEqual([])
  })
})

describe('Correction', () => {
  const correction = (spec: string) => ours('Correction', 'upgrade', spec)
  const good = `effect: forgive
reason: database upgrade
approver: sato
slos: [a]
scope: { cloud_provider: aws }
start: 2026-11-01 02:00:00
duration: 1h
timeZone: Asia/Tokyo
recurrence: rrule:freq=weekly;byday=su;until=20271231T000000Z`

  test('says what it does, to what, when, why and who approved it', () => {
    const { corrections, problems } = load(correction(good))
    expect(problems).toEqual([])
    expect(corrections).toMatchObject([
      {
        name: 'upgrade',
        effect: 'forgive',
        reason: 'database upgrade',
        approver: 'sato',
        slos: ['a'],
        scope: { cloud_provider: 'aws' },
        when: {
          start: '2026-11-01 02:00:00',
          end: undefined,
          length: 3_600,
          zone: 'Asia/Tokyo',
          recurrence: 'FREQ=WEEKLY;BYDAY=SU;UNTIL=20271231T000000Z',
        },
      },
    ])
  })
  test.each([
    ['without an approver', good.replace('approver: sato\n', ''), 'approver is missing'],
    ['with an empty reason', good.replace('database upgrade', '" "'), 'reason is empty'],
    [
      'with an end and a duration',
      `${good}\nend: 2026-11-01 03:00:00`,
      'end and duration exclude each other',
    ],
    [
      'that ends twice over',
      good.replace('until', 'count=3;until'),
      'a recurrence ends by COUNT or by UNTIL, not by both',
    ],
    ['for an SLO that is not there', good.replace('[a]', '[z]'), 'there is no SLO named z'],
  ])('%s it is refused', (_name, spec, message) => {
    expect(complaints(correction(spec)).join()).toContain(message)
    expect(load(correction(spec)).corrections).toEqual([])
  })
})

test('TrafficEvent: what, when, for whom, how much more, and how long before people are told', () => {
  const { events, problems } = load(
    ours(
      'TrafficEvent',
      'black-friday',
      `type: sale
title: Black Friday
start: 2026-11-27 10:00:00
end: 2026-11-27 22:00:00
timeZone: Asia/Tokyo
services: [checkout]
expectedMultiplier: 3.5
notice: 30m
owner: marketing`,
    ),
  )
  expect(problems).toEqual([])
  expect(events).toMatchObject([
    {
      name: 'black-friday',
      type: 'sale',
      title: 'Black Friday',
      when: {
        start: '2026-11-27 10:00:00',
        end: '2026-11-27 22:00:00',
        zone: 'Asia/Tokyo',
        recurrence: undefined,
      },
      services: ['checkout'],
      expectedMultiplier: { num: 7, den: 2 },
      notice: 1_800,
      owner: 'marketing',
    },
  ])
})

test("ProviderSLA: a provider's promise, exactly", () =>
  expect(load(sla).providerSlas).toMatchObject([
    { name: 'alb', provider: 'aws', percent: '99.99', allowed: 100, window: 2_592_000, asOf: '2026-11-01' },
  ]))

describe('requests', () => {
  const part = (spec: string) =>
    `{ metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}'${spec} } } }`
  const query = (good: string, total = '', counts = 'good') =>
    loadDefinitions([
      {
        file: 'a.yaml',
        text: `${source()}---\n${slo({ indicator: `indicator: { metadata: { name: i }, spec: { ratioMetric: { ${counts}: ${part(good)}, total: ${part(total)} } } }` })}`,
      },
    ])

  test('how requests are judged is written on one side and holds for both', () => {
    const { slos, problems } = query(', judge: { http-429: bad }, abort: 5s')
    expect(problems).toEqual([])
    const judged = { judge: { 'http-429': 'bad' }, abort: 5_000_000 }
    expect(slos[0]?.queries).toMatchObject([{ numerator: { query: judged }, total: judged }])
  })
  test('bad requests count against all of them', () =>
    expect(query('', '', 'bad').slos[0]?.queries).toMatchObject([
      { numerator: { counts: 'bad', query: { outcome: 'bad' } }, total: { outcome: 'all' } },
    ]))
  test('abort may be never', () =>
    expect(query(', abort: never').slos[0]?.queries).toMatchObject([{ total: { abort: 'never' } }]))
  test('a percentile that is compared in each slice is a share within a threshold, exactly', () => {
    const indicator = `indicator: { metadata: { name: i }, spec: { thresholdMetric: ${part(', value: p99.5')} } }`
    const objectives = '[{ target: 0.99, op: lt, value: 300, timeSliceWindow: 5m }]'
    const { slos, problems } = loadDefinitions([
      { file: 'a.yaml', text: `${source()}---\n${slo({ indicator, objectives, method: 'Timeslices' })}` },
    ])
    expect(problems).toEqual([])
    expect(slos[0]?.slo.objectives).toMatchObject([{ slice: { width: 300, allowed: 5_000 } }])
    expect(slos[0]?.queries).toMatchObject([
      { numerator: { counts: 'good', query: { outcome: 'all', within: 300_000 } } },
    ])
    expect(slos[0]?.within).toBe('300ms')
  })
  test('a timeSliceTarget beside a percentile is told to have no effect, unless it says the whole slice', () => {
    const indicator = `indicator: { metadata: { name: i }, spec: { thresholdMetric: ${part(', value: p95')} } }`
    const codes = (target: string) => {
      const objectives = `[{ target: 0.99, op: lt, value: 300, timeSliceWindow: 1m, timeSliceTarget: ${target} }]`
      const text = `${source()}---\n${slo({ indicator, objectives, method: 'Timeslices' })}`
      return loadDefinitions([{ file: 'a.yaml', text }]).problems.map(
        ({ code, severity }) => `${severity} ${code}`,
      )
    }
    expect(codes('0.95')).toEqual(['warning NINES-1315'])
    expect(codes('1.0')).toEqual([])
  })
  test('a type that is left out is Requests when the query has a selector', () => {
    const text = `${source()}---\n${slo({ indicator: INDICATOR.replaceAll(', type: Requests', '') })}`
    expect(loadDefinitions([{ file: 'a.yaml', text }]).slos[0]?.queries).toMatchObject([
      { total: { kind: 'requests' } },
    ])
  })
})

test('the key of an external question is the same for the same question, in whatever order it is written', () => {
  const key = (spec: string) => {
    const metric = `{ metricSource: { metricSourceRef: prom, spec: ${spec} } }`
    const text = `${source({ name: 'prom', type: 'Prometheus' })}---\n${slo({ indicator: `indicator: { metadata: { name: i }, spec: { ratioMetric: { counter: true, good: ${metric}, total: ${metric} } } }` })}`
    const query = loadDefinitions([{ file: 'a.yaml', text }]).slos[0]?.queries[0]?.total
    return query?.kind === 'external' ? query.key : undefined
  }
  expect(key('{ query: up, step: 60 }')).toMatch(/^[0-9a-f]{32}$/)
  expect(key('{ step: 60, query: up }')).toBe(key('{ query: up, step: 60 }'))
  expect(key('{ query: down, step: 60 }')).not.toBe(key('{ query: up, step: 60 }'))
})

test('a renamed SLO keeps its identity and its former ones', () => {
  const text = `${source()}---\n${slo({ name: 'new', annotations: '{ nines.dev/id: old, nines.dev/aliases: "older, oldest", nines.dev/owner: payments, nines.dev/runbook: "https://wiki/x", nines.dev/locale: JA, nines.dev/min-bad-events: 5 }' })}`
  const { slos, problems } = loadDefinitions([{ file: 'a.yaml', text }])
  expect(problems).toEqual([])
  expect(slos[0]).toMatchObject({
    slo: { id: 'old', name: 'new', minBadEvents: 5 },
    aliases: ['older', 'oldest'],
    owner: 'payments',
    runbook: 'https://wiki/x',
    locale: 'ja',
  })
})

test('a renamed label keeps its history: what was written under the former name is matched, and read as the present one', () => {
  const text = `${source()}---\n${slo({ annotations: '{ nines.dev/label-aliases: "service_name=app, k8s_cluster_name=cluster" }' })}`
  const { slos, problems } = loadDefinitions([{ file: 'a.yaml', text }])
  expect(problems).toEqual([])
  const query = slos[0]?.queries[0]?.total
  if (query?.kind !== 'requests') throw new Error('no requests')
  expect(query.match.matches({ app: 'checkout' })).toBe(true)
  expect(query.match.matches({ app: 'search' })).toBe(false)
  expect(query.match.matches({ app: 'checkout', service_name: 'search' })).toBe(false)
  expect(query.match.reads?.({ app: 'checkout', cluster: 'a', operation: 'x' })).toEqual({
    service_name: 'checkout',
    k8s_cluster_name: 'a',
    operation: 'x',
  })
})

test.each(['cluster', 'a=a', 'a=b, a=c', '1=b'])(
  'the label alias %j is refused, with what to write',
  (alias) => {
    const text = `${source()}---\n${slo({ annotations: `{ nines.dev/label-aliases: "${alias}" }` })}`
    expect(loadDefinitions([{ file: 'a.yaml', text }]).problems).toMatchObject([
      { code: 'NINES-1502', remedy: 'Write present=former, as in k8s_cluster_name=cluster.' },
    ])
  },
)

test('documents may be named and kept apart: an SLO by reference is the SLO in place', () => {
  const text = `${source()}---
apiVersion: openslo/v1
kind: SLI
metadata: { name: checkout-within-300ms }
spec:
  ratioMetric:
    good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}', within: 300ms } } }
    total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}' } } }
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: { name: chat }
spec: { target: slack }
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: { name: fast }
spec: { severity: critical, condition: { kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h } }
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: { name: usual }
spec: { alertWhenBreaching: true, conditions: [{ conditionRef: fast }], notificationTargets: [{ targetRef: chat }] }
---
${slo({ indicator: 'indicatorRef: checkout-within-300ms', more: 'alertPolicies: [{ alertPolicyRef: usual }]' })}`
  const { slos, targets, problems } = loadDefinitions([{ file: 'a.yaml', text }])
  expect(problems).toEqual([])
  expect(slos[0]?.queries).toMatchObject([
    { id: 'checkout-fast/checkout-within-300ms', total: { source: 'edge' } },
  ])
  expect(slos[0]?.slo.policy).toMatchObject({ name: 'usual', rules: [{ name: 'fast', severity: 'page' }] })
  expect(slos[0]?.alerting.targets).toEqual(['chat'])
  expect(targets).toMatchObject([{ name: 'chat', target: 'slack' }])
})
