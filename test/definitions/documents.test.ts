import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { slo, source } from './documents.ts'

/** The examples of a page, each a block of YAML. */
function blocks(page: string): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8')
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
}

test('the examples of docs/openslo.md are good', () => {
  const names = ['catalog', 'payment-a', 'payment-b', 'stock-a', 'stock-b', 'stock-c']
  const [, ...rest] = blocks('openslo.md')
  const slos = names.map((name) => slo({ name })).join('---\n')
  const text = [source(), blocks('openslo.md')[0], ...rest, slos].join('---\n')
  const { problems, journeys, corrections, events, providerSlas } = loadDefinitions([
    { file: 'openslo.md', text },
  ])
  expect(problems).toEqual([])
  expect([journeys, corrections, events, providerSlas].map((list) => list.length)).toEqual([1, 1, 1, 1])
})

// Shapes that stand in the examples of the spec and of its SDK, in documents of our own.
test.each([
  [
    'a DataSource whose details are a list',
    source({ details: '[{ url: http://prometheus }, { orgId: 7 }]' }),
  ],
  ['labels with several values', source().replace('aws', '[aws, gcp]')],
  [
    'a list of documents',
    '- apiVersion: openslo/v1\n  kind: Service\n  metadata: { name: a }\n  spec: { description: one }\n- apiVersion: openslo/v1\n  kind: Service\n  metadata: { name: b }\n',
  ],
  [
    'an annotation of somebody else',
    slo({
      annotations: '{ openslo.com/service-folder: ./my/directory }',
      indicator:
        'indicator: { metadata: { name: i }, spec: { ratioMetric: { counter: true, good: { metricSource: { type: Any, spec: { query: Any } } }, total: { metricSource: { type: Any, spec: { query: Any } } } } } }',
    }),
  ],
  [
    'an SLO as short as the one in the spec',
    slo({
      timeWindow: '',
      method: '',
      annotations: '',
      indicator:
        'indicator: { metadata: { name: i }, spec: { ratioMetric: { bad: { metricSource: { type: Any, spec: { query: Any } } }, total: { metricSource: { type: Any, spec: { query: Any } } } } } }',
    }),
  ],
  [
    'a notification target in capitals',
    'apiVersion: openslo/v1\nkind: AlertNotificationTarget\nmetadata: { name: OnCallMail }\nspec: { target: email, description: mails }\n',
  ],
  [
    'a condition whose op is the wrong way round',
    'apiVersion: openslo/v1\nkind: AlertCondition\nmetadata: { name: cpu }\nspec: { severity: page, condition: { kind: burnrate, op: lte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m } }\n',
  ],
])('%s is loaded without an error', (_name, text) =>
  expect(
    loadDefinitions([{ file: 'a.yaml', text }]).problems.filter(({ severity }) => severity === 'error'),
  ).toEqual([]),
)

test('the details of a DataSource that are a list are read as one map', () => {
  const text = source({ details: '[{ url: http://prometheus }, { orgId: 7 }]' })
  expect(loadDefinitions([{ file: 'a.yaml', text }]).sources[0]?.connectionDetails).toEqual({
    url: 'http://prometheus',
    orgId: 7,
  })
})
