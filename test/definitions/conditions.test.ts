import { describe, expect, test } from 'vitest'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { slo, source } from './documents.ts'

const load = (more: string, parts: Parameters<typeof slo>[0] = {}) =>
  loadDefinitions([{ file: 'a.yaml', text: `${source()}---\n${slo(parts)}${more}` }])

const conditionsOf = (more: string, parts: Parameters<typeof slo>[0] = {}) => {
  const { slos, problems } = load(more, parts)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return (slos[0]?.slo.policy.conditions ?? []).map((condition) => {
    const { name, severity, kind, ...rest } = condition
    return [name, severity, kind, ...Object.values(rest)].join(' ')
  })
}

const SILENCE = ['blind-ticket ticket blind 10000', 'blind-page page blind 50000']

const policy = (flags: string, severity = 'page') => `alertPolicies:
    - kind: AlertPolicy
      metadata: { name: fast-burn }
      spec:
        ${flags}
        conditions:
          - kind: AlertCondition
            metadata: { name: burns }
            spec: { severity: ${severity}, condition: { kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h } }
        notificationTargets: [{ spec: { target: slack } }]`

describe('not to know', () => {
  test('is told of unless something else is written', () => expect(conditionsOf('')).toEqual(SILENCE))

  test('is told of when an alert policy asks for it, and no graver than the policy is', () => {
    expect(conditionsOf('', { more: policy('alertWhenBreaching: true') })).toEqual([])
    expect(conditionsOf('', { more: policy('alertWhenNoData: true') })).toEqual(SILENCE)
    expect(conditionsOf('', { more: policy('alertWhenNoData: true', 'ticket') })).toEqual(SILENCE.slice(0, 1))
  })

  test('wakes nobody who says that minutes without data are good', () =>
    expect(conditionsOf('', { annotations: '{ nines.dev/no-data: good }' })).toEqual([]))
})

const burnPolicy = (conditions: string) => `---
apiVersion: nines.dev/v1
kind: BurnPolicy
metadata: { name: ours }
spec:
  source: the review of May
  period: 30d
  rules:
    - { name: page, severity: page, budget: 2%, long: 1h, short: 5m }
  conditions:
${conditions}`
const ours = { annotations: '{ nines.dev/burn-policy: ours }' }

test('a burn policy names conditions, which keep to any window', () => {
  const text = burnPolicy(`    - { name: half, severity: ticket, kind: spent, budget: 50% }
    - { name: gone, severity: page, kind: exhausted }
    - { name: soon, severity: ticket, kind: exhausts-within, within: 3d }
    - { name: dark, severity: page, kind: blind, budget: 2.5% }
`)
  const expected = [
    'half ticket spent 500000',
    'gone page exhausted',
    'soon ticket exhausts-within 259200',
    'dark page blind 25000',
  ]
  expect(conditionsOf(text, ours)).toEqual(expected)
  expect(conditionsOf(text, { ...ours, timeWindow: '[{ duration: 7d, isRolling: true }]' })).toEqual(expected)
})

test.each([
  ['a share without a percent sign', '{ name: half, severity: ticket, kind: spent, budget: "0.5" }'],
  ['more than all', '{ name: half, severity: ticket, kind: spent, budget: 120% }'],
  ['no share', '{ name: half, severity: ticket, kind: spent }'],
  ['no time', '{ name: soon, severity: ticket, kind: exhausts-within }'],
  ['the name of a rule', '{ name: page, severity: ticket, kind: exhausted }'],
])('%s is refused', (_name, condition) =>
  expect(load(burnPolicy(`    - ${condition}\n`), ours).problems.map(({ code }) => code)).toContain(
    'NINES-1705',
  ),
)
