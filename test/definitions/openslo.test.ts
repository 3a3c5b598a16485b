import { describe, expect, test } from 'vitest'
import { type Definitions, loadDefinitions } from '../../src/definitions/index.ts'
import { type SloParts, slo, source } from './documents.ts'

// The 18 places where OpenSLO v1 leaves a choice, by their numbers in docs/openslo.md.

function load(parts: SloParts, options: { strict?: boolean; more?: string } = {}): Definitions {
  const { strict = false, more = '' } = options
  const text = `${source()}---\n${source({ name: 'prom', type: 'Prometheus', details: '{ url: http://prom }' })}---\n${slo(parts)}${more}`
  return loadDefinitions([{ file: 'a.yaml', text }], { strict })
}

const codes = ({ problems }: Definitions) => problems.map((p) => `${p.severity} ${p.code.slice(6)}`)
const windowsOf = (timeWindow: string, strict = false) =>
  load({ timeWindow }, { strict }).slos[0]?.slo.windows

const external = (metric: string) => `indicator: { metadata: { name: ext }, spec: { ${metric} } }`
const PROM = '{ metricSource: { metricSourceRef: prom, type: Prometheus, spec: { query: up } } }'
const THRESHOLD = external(`thresholdMetric: ${PROM}`)
const RAW = external(`ratioMetric: { rawType: success, raw: ${PROM} }`)
const calendar = (duration: string, startTime = '2026-01-01 00:00:00', zone = 'Asia/Tokyo') =>
  `[{ duration: ${duration}, calendar: { startTime: ${startTime}, timeZone: ${zone} } }]`

describe('1: m is minutes', () => {
  test('a calendar window of 1m is a minute, with a warning that months are M', () => {
    const loaded = load({ timeWindow: calendar('1m') })
    expect(loaded.slos[0]?.slo.windows[0]).toMatchObject({ kind: 'calendar', unit: 'minute', count: 1 })
    expect(loaded.problems.map(({ remedy }) => remedy)).toContain('Write 1M for months; m is minutes.')
  })
})

describe('2: months, quarters and years', () => {
  test.each([
    ['1M', 30],
    ['1Q', 90],
    ['1Y', 365],
  ])('a rolling %s is %i days', (text, days) =>
    expect(windowsOf(`[{ duration: ${text}, isRolling: true }]`)).toEqual([
      { kind: 'rolling', name: text, length: days * 86_400 },
    ]),
  )
  test('a calendar 1M is a month of the calendar', () =>
    expect(windowsOf(calendar('1M'))).toEqual([
      {
        kind: 'calendar',
        name: 'calendar month',
        unit: 'month',
        count: 1,
        start: '2026-01-01 00:00:00',
        zone: 'Asia/Tokyo',
      },
    ]))
})

test('3: the start of a calendar window stays a wall clock, so that every boundary is counted from it', () =>
  expect(windowsOf(calendar('1M', '2026-01-31 09:30:00', 'Europe/Berlin'))).toMatchObject([
    { start: '2026-01-31 09:30:00', zone: 'Europe/Berlin', unit: 'month', count: 1 },
  ]))

describe('4: what is written is what counts', () => {
  test('an unquoted startTime is text, and its wall clock is kept', () =>
    expect(windowsOf(calendar('1w', '2022-01-01 12:00:00'))).toMatchObject([
      { start: '2022-01-01 12:00:00' },
    ]))
  test.each([
    ['target: 0.999', '99.9', 1_000],
    ['target: 0.9990', '99.90', 1_000],
    ['targetPercent: 99.95', '99.95', 500],
    ['targetPercent: 99.9999', '99.9999', 1],
    ['target: 0.999999', '99.9999', 1],
    ['target: 9.99e-1', '99.9', 1_000],
    ['target: .5', '50', 500_000],
  ])('%s leaves exactly its share', (written, target, allowed) =>
    expect(load({ objectives: `[{ ${written} }]` }).slos[0]?.slo.objectives).toMatchObject([
      { target, allowed },
    ]),
  )
})

test('5: what a minute without data counts as is said by an annotation, and nothing is assumed good', () => {
  expect(load({}).slos[0]?.slo.noData).toBe('freeze')
  expect(load({ annotations: '{ nines.dev/no-data: bad }' }).slos[0]?.slo.noData).toBe('bad')
})

test('6: a target of 0 is allowed with a warning, a target of 1 is refused', () => {
  expect(codes(load({ objectives: '[{ target: 0 }]' }))).toEqual(['warning 1302'])
  expect(load({ objectives: '[{ target: 0 }]' }).slos).toHaveLength(1)
  expect(load({ objectives: '[{ target: 1 }]' }).slos).toHaveLength(0)
})

test('7: without a time window it is 30 days rolling, and strict mode asks for one', () => {
  expect(windowsOf('')).toEqual([{ kind: 'rolling', name: '30d', length: 2_592_000 }])
  expect(codes(load({ timeWindow: '' }, { strict: true }))).toEqual(['error 1306'])
})

test('8: a threshold metric with Occurrences counts data points, with a warning', () => {
  const loaded = load({ indicator: THRESHOLD, objectives: '[{ target: 0.99, op: lt, value: 100.50 }]' })
  expect(codes(loaded)).toEqual(['warning 1324'])
  expect(loaded.slos[0]?.queries).toMatchObject([
    {
      numerator: {
        counts: 'good',
        query: { reading: { kind: 'points-passing', op: 'lt', value: '100.50' } },
      },
      total: { reading: { kind: 'points' } },
    },
  ])
})

test('9: several objectives on one threshold metric are evaluated, each with a question of its own', () => {
  const parts = {
    indicator: THRESHOLD,
    objectives:
      '[{ displayName: A, target: 0.99, op: lt, value: 100 }, { displayName: B, target: 0.9, op: lt, value: 50 }]',
  }
  expect(load(parts).slos[0]?.slo.objectives.map(({ indicator }) => indicator)).toEqual([
    'checkout-fast/ext',
    'checkout-fast/ext-2',
  ])
  expect(codes(load(parts, { strict: true }))).toContain('error 1323')
})

test('10: a raw ratio with Occurrences is averaged over time, and strict mode refuses it', () => {
  const loaded = load({ indicator: RAW })
  expect(loaded.slos[0]?.slo).toMatchObject({
    method: 'ratio-timeslices',
    objectives: [{ slice: { width: 60 } }],
  })
  expect(loaded.slos[0]?.queries).toMatchObject([
    {
      numerator: { counts: 'good', query: { reading: { kind: 'share', of: 'good' } } },
      total: { reading: { kind: 'whole' } },
    },
  ])
  expect(codes(load({ indicator: RAW }, { strict: true }))).toContain('error 1325')
})

describe('11: composites', () => {
  const part = (more: string) =>
    `{ metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}'${more} } } }`
  const objective = (name: string, within: string, more = '') =>
    `{ displayName: ${name}, target: 0.99${more}, indicator: { metadata: { name: ${name} }, spec: { ratioMetric: { good: ${part(`, within: ${within}`)}, total: ${part('')} } } } }`
  const objectives = (more = '') => `[${objective('fast', '300ms', more)}, ${objective('bearable', '2s')}]`

  test('each objective has its own indicator, and a weight is an exact multiplier', () => {
    const { slos, problems } = load({ indicator: '', objectives: objectives(', compositeWeight: 0.1') })
    expect(problems).toEqual([])
    expect(slos[0]?.slo.objectives).toMatchObject([
      { name: 'fast', indicator: 'checkout-fast/fast', weight: { num: 1, den: 10 } },
      { name: 'bearable', indicator: 'checkout-fast/bearable', weight: { num: 1, den: 1 } },
    ])
  })
  test('in time slices a slice is bad when any objective is, so a weight is told to have no effect', () =>
    expect(
      codes(
        load({
          indicator: '',
          method: 'Timeslices',
          objectives: `[${objective('fast', '300ms', ', compositeWeight: 2, timeSliceTarget: 0.9, timeSliceWindow: 1m')}]`,
        }),
      ),
    ).toEqual(['warning 1322']))
})

test('12: rules look back over events or slices as the method counts them; a slice may not exceed a day or the window', () => {
  const of = (width: string) =>
    codes(load({ method: 'RatioTimeslices', objectives: `[{ target: 0.99, timeSliceWindow: ${width} }]` }))
  expect(of('5m')).toEqual([])
  expect(of('2d')).toEqual(['error 1316'])
})

const condition = (op: string, more = '', look = '1h') =>
  `{ kind: AlertCondition, metadata: { name: burns-${look} }, spec: { severity: page, condition: { kind: burnrate, op: ${op}, threshold: 14.4, lookbackWindow: ${look}${more} } } }`
const policy = (conditions: string, flags = 'alertWhenBreaching: true') =>
  `alertPolicies: [{ kind: AlertPolicy, metadata: { name: p }, spec: { ${flags}, conditions: [${conditions}], notificationTargets: [{ kind: AlertNotificationTarget, metadata: { name: chat }, spec: { target: slack } }] } }]`

describe('13: conditions', () => {
  test('a burn rate is bad when it is high: lte is read as gte, and strict mode refuses it', () => {
    const loaded = load({ more: policy(condition('lte', ', alertAfter: 5m')) })
    expect(codes(loaded)).toEqual(['warning 1601'])
    expect(loaded.slos[0]?.slo.policy.rules).toEqual([
      {
        name: 'burns-1h',
        severity: 'page',
        long: 3_600,
        short: 3_600,
        factor: { num: 72, den: 5 },
        after: 300,
      },
    ])
    expect(codes(load({ more: policy(condition('lte')) }, { strict: true }))).toEqual(['error 1601'])
  })
  test('two conditions of one threshold are the long and the short window of one rule', () =>
    expect(
      load({ more: policy(`${condition('gte')}, ${condition('gte', '', '5m')}`) }).slos[0]?.slo.policy.rules,
    ).toMatchObject([{ long: 3_600, short: 300, factor: { num: 72, den: 5 } }]))
})

test('14: alertWhenNoData and alertWhenResolved are wishes beside the rules; without policies both are on', () => {
  expect(load({}).slos[0]?.alerting).toEqual({ whenNoData: true, whenResolved: true, targets: [] })
  const wished = load({ more: policy(condition('gt'), 'alertWhenNoData: true') }).slos[0]
  expect(wished?.alerting).toEqual({ whenNoData: true, whenResolved: false, targets: ['chat'] })
  expect(wished?.slo.policy.rules).toEqual([])
})

test('15: a calendar needs no isRolling; both together or neither are refused', () => {
  expect(codes(load({ timeWindow: calendar('1M') }))).toEqual([])
  expect(codes(load({ timeWindow: '[{ duration: 30d }]' }))).toEqual(['error 1307'])
  expect(codes(load({ timeWindow: calendar('1M').replace('{ dur', '{ isRolling: true, dur') }))).toEqual([
    'error 1307',
  ])
})

test('16: names outside RFC 1123 and op on a ratio are tolerated, and strict mode refuses them', () => {
  const parts = { name: 'Checkout_Fast', objectives: '[{ target: 0.99, op: gt }]' }
  expect(codes(load(parts))).toEqual(['warning 1112', 'warning 1317'])
  expect(load(parts).slos[0]?.slo.id).toBe('Checkout_Fast')
  expect(codes(load(parts, { strict: true }))).toEqual(['error 1112', 'error 1317'])
  expect(load({ timeWindow: '', method: '' }).slos).toHaveLength(1)
})

test('17: a calendar begins at the wall clock that is written, noon included', () =>
  expect(windowsOf(calendar('1M', '2022-01-01 12:00:00', 'America/New_York'))).toMatchObject([
    { start: '2022-01-01 12:00:00' },
  ]))

test('18: a field that is written and left empty is the same as one that is not written', () => {
  const loaded = load({ more: 'alertPolicies:' })
  expect(codes(loaded)).toEqual([])
  expect(loaded.slos[0]?.slo.policy.name).toBe('google-30d')
  expect(codes(load({ more: 'description: ~' }, { strict: true }))).toEqual([])
})
