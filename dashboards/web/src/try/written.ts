import type { Preview } from '../../../../src/contract/index.ts'

/** The definition that a try leads to, as OpenSLO v1. */
export interface Written {
  readonly service: string
  readonly source: string
  readonly scope: Readonly<Record<string, string>>
  readonly preview: Preview
}

export function definitionOf({ service, source, scope, preview }: Written): string {
  const { target, withinMs, windowDays } = preview
  const name = `${nameOf(service)}-${withinMs === null ? 'availability' : 'latency'}`
  const match = matchOf({ service_name: service, ...scope })
  const metric = (more: string): string =>
    `{ metricSource: { metricSourceRef: ${source}, type: Requests, spec: { match: '${match}'${more} } } }`
  const within = withinMs === null ? '' : `, within: ${thresholdText(withinMs)}`
  return [
    'apiVersion: openslo/v1',
    'kind: SLO',
    'metadata:',
    `  name: ${name}`,
    '  annotations:',
    '    nines.dev/owner: ""',
    '    nines.dev/split-by: "cloud_provider,cloud_region"',
    'spec:',
    `  service: ${service}`,
    '  indicator:',
    `    metadata: { name: ${name} }`,
    '    spec:',
    '      ratioMetric:',
    '        counter: true',
    `        good: ${metric(`, outcome: good${within}`)}`,
    `        total: ${metric('')}`,
    `  timeWindow: [{ duration: ${windowDays}d, isRolling: true }]`,
    '  budgetingMethod: Occurrences',
    `  objectives: [{ target: ${shareOf(target)} }]`,
    '',
  ].join('\n')
}

/** The lines of an SLO that exists which say otherwise than they do now. */
export function changeOf(
  preview: Preview,
  now: { target: string; window: string; withinMs: number | null },
): string {
  const lines = ['spec:']
  if (preview.withinMs !== now.withinMs)
    lines.push(
      preview.withinMs === null
        ? '  # In indicator.spec.ratioMetric.good: without `within`.'
        : `  # In indicator.spec.ratioMetric.good.metricSource.spec:  within: ${thresholdText(preview.withinMs)}`,
    )
  if (`${preview.windowDays}d` !== now.window)
    lines.push(`  timeWindow: [{ duration: ${preview.windowDays}d, isRolling: true }]`)
  lines.push(`  objectives: [{ target: ${shareOf(preview.target)} }]`, '')
  return lines.join('\n')
}

/** 99.9 as the decimal that OpenSLO asks for, digit by digit: 0.999. */
export function shareOf(percent: string): string {
  const [whole = '0', decimals = ''] = percent.split('.')
  return `0.${whole.padStart(2, '0')}${decimals}`.replace(/0+$/, '').replace(/\.$/, '.0')
}

function thresholdText(ms: number): string {
  return ms >= 1000 && ms % 100 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

function nameOf(service: string): string {
  return (
    service
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'service'
  )
}

function matchOf(labels: Readonly<Record<string, string>>): string {
  const matchers = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replace(/'/g, "''")}"`,
  )
  return `{${matchers.join(', ')}}`
}
