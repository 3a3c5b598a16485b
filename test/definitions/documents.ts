/** Documents that tests begin from: good as they are, with one part replaced where a test is about that part. */

export function source(options: { name?: string; type?: string; details?: string } = {}): string {
  const { name = 'edge', type = 'EnvoyAccessLog', details = '{ path: /var/log/envoy.log }' } = options
  return `apiVersion: openslo/v1
kind: DataSource
metadata: { name: ${name}, labels: { cloud_provider: aws } }
spec: { type: ${type}, connectionDetails: ${details} }
`
}

export const INDICATOR = `indicator:
    metadata: { name: checkout-within-300ms }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}', within: 300ms } } }
        total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}' } } }`

export interface SloParts {
  readonly name?: string
  readonly annotations?: string
  readonly service?: string
  readonly indicator?: string
  readonly timeWindow?: string
  readonly method?: string
  readonly objectives?: string
  readonly more?: string
}

/** An SLO with everything that it needs; a part given as empty text is left out. */
export function slo(parts: SloParts = {}): string {
  const {
    name = 'checkout-fast',
    annotations = '{ nines.dev/split-by: "cloud_provider,cloud_region" }',
    service = 'checkout',
    indicator = INDICATOR,
    timeWindow = '[{ duration: 30d, isRolling: true }]',
    method = 'Occurrences',
    objectives = '[{ target: 0.999 }]',
    more = '',
  } = parts
  return [
    'apiVersion: openslo/v1',
    'kind: SLO',
    'metadata:',
    `  name: ${name}`,
    annotations && `  annotations: ${annotations}`,
    'spec:',
    `  service: ${service}`,
    indicator && `  ${indicator}`,
    timeWindow && `  timeWindow: ${timeWindow}`,
    method && `  budgetingMethod: ${method}`,
    objectives && `  objectives: ${objectives}`,
    more && `  ${more}`,
    '',
  ]
    .filter((line, at, lines) => line !== '' || at === lines.length - 1)
    .join('\n')
}
