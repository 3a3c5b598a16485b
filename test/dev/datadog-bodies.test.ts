import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ObjectSerializer } from '@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/ObjectSerializer.js'
import { expect, test } from 'vitest'
import { exportDatadog, loadDefinitions } from '../../src/definitions/index.ts'

// What we make for Datadog is read with the vendor's own client, which marks what its API would not understand.

/** The paths of what the client could not read. */
function unread(value: unknown, path = '$'): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = '_unparsed' in value && value._unparsed === true ? [path] : []
  return [...own, ...Object.entries(value).flatMap(([key, each]) => unread(each, `${path}.${key}`))]
}

test('the dashboard in the repository is one that Datadog’s client reads whole', () => {
  const kept: unknown = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../dashboards/datadog/nines.json'), 'utf8'),
  )
  const read: unknown = ObjectSerializer.deserialize(kept, 'Dashboard', '')
  // The client wants what only the server adds, at the top alone.
  expect(unread(read).filter((path) => path !== '$')).toEqual([])
  expect(JSON.stringify(read)).toContain('nines.slo_burn_rate')
  const broken: unknown = JSON.parse(JSON.stringify(kept).replaceAll('query_value', 'query_worth'))
  expect(unread(ObjectSerializer.deserialize(broken, 'Dashboard', '')).length).toBeGreaterThan(1)
})

const metric = (query: string) => ({
  metricSource: { metricSourceRef: 'datadog', type: 'Datadog', spec: { query } },
})
const HITS = metric('sum:trace.http.request.hits{service:web}.as_count()')
const ERRORS = metric('sum:trace.http.request.errors{service:web}.as_count()')

test.each<[string, object, object]>([
  ['metric', { ratioMetric: { counter: true, bad: ERRORS, total: HITS } }, {}],
  [
    'time_slice',
    { thresholdMetric: metric('p99:trace.http.request{service:web}') },
    { op: 'lt', value: 0.5 },
  ],
])('an SLO of type %s is one that Datadog’s client reads whole', (type, spec, objective) => {
  const slo = {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name: 'web-works' },
    spec: {
      service: 'web',
      indicator: { metadata: { name: 'web-sli' }, spec },
      timeWindow: [{ duration: '30d', isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ target: 0.999, ...objective }],
    },
  }
  const source = {
    apiVersion: 'openslo/v1',
    kind: 'DataSource',
    metadata: { name: 'datadog' },
    spec: { type: 'Datadog', connectionDetails: {} },
  }
  const text = [source, slo].map((document) => JSON.stringify(document)).join('\n---\n')
  const [body] = exportDatadog(loadDefinitions([{ file: 'a.yaml', text }]).slos).slos
  expect(body).toMatchObject({ type })
  const read: unknown = ObjectSerializer.deserialize(body, 'ServiceLevelObjectiveRequest', '')
  expect(unread(read)).toEqual([])
  expect(read).toMatchObject({ type, thresholds: [{ target: 99.9, timeframe: '30d' }] })
})
