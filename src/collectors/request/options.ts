import type { Labels, Microseconds } from '../../base/index.ts'
import { type Outcome, parseThreshold, REASONS } from '../../traffic/index.ts'
import type { OptionReader } from '../option-reader.ts'

/** How the requests of a source are named and judged, whatever way they come. */
export interface RequestOptions {
  /** On every series: `cloud_provider`, `cloud_region`, … */
  readonly labels: Labels
  readonly service: ServiceRule
  readonly operations: readonly string[]
  readonly maxSeries: number
  readonly abort: Microseconds | 'never' | undefined
  readonly healthChecks: { readonly paths: readonly string[]; readonly agents: readonly string[] }
  readonly outcomes: Readonly<Record<string, Outcome>>
}

export type ServiceFrom = 'authority' | 'upstream_cluster' | 'grpc_service' | 'field' | 'file'

/** Where the service's name comes from. */
export type ServiceRule =
  | { readonly kind: 'fixed'; readonly name: string }
  | {
      readonly kind: 'from'
      readonly from: ServiceFrom
      /** What is found → the service. Empty: what is found is the name. */
      readonly map: Readonly<Record<string, string>>
      /** The name when nothing is found, or the map does not have it. */
      readonly otherwise: string
      /** For `field`: where the name stands, for sources that have many such places. */
      readonly field: string
      /** For `file`: a path in which `{service}` stands for the name, and `*` for anything but a slash. */
      readonly pattern: string
    }

/** The keys that `requestOptionsOf` reads. */
export const REQUEST_KEYS: readonly string[] = [
  'labels',
  'service',
  'operations',
  'maxSeries',
  'abort',
  'healthChecks',
  'outcomes',
]

/** Reads and checks them; what is wrong is gathered by the reader. `sources` are the places this source can name. */
export function requestOptionsOf(reader: OptionReader, sources: readonly ServiceFrom[]): RequestOptions {
  return {
    labels: labelsOf(reader),
    service: serviceOf(reader, sources),
    operations: operationsOf(reader),
    maxSeries: reader.whole('maxSeries', { fallback: 2_000, least: 1, most: 100_000 }),
    abort: abortOf(reader),
    healthChecks: healthChecksOf(reader),
    outcomes: outcomesOf(reader),
  }
}

function labelsOf(reader: OptionReader): Labels {
  for (const [name] of reader.entries('labels'))
    if (!/^[a-zA-Z_]\w*$/.test(name) || name.startsWith('__'))
      reader.problem(`labels.${name}`, `'${name}' is no label name`, {
        remedy: `write ${name.replace(/\W/g, '_')}`,
      })
  return Object.fromEntries(reader.entries('labels'))
}

function serviceOf(reader: OptionReader, sources: readonly ServiceFrom[]): ServiceRule {
  const fixed = reader.textIfText('service')
  if (fixed !== undefined) return { kind: 'fixed', name: fixed }
  const place = sources.includes('file') ? 'pattern' : 'field'
  const inner = reader.section('service', ['from', 'map', 'otherwise', place])
  if (inner === undefined) {
    reader.problem('service', 'the service is not named', {
      remedy: 'write service: checkout, or service: { from: authority }',
    })
    return { kind: 'fixed', name: '' }
  }
  const from = inner.oneOf('from', sources) ?? 'authority'
  const pattern = inner.text('pattern') ?? ''
  if (from === 'file' && !pattern.includes('{service}'))
    inner.problem('pattern', 'the pattern does not say where the service stands in the path', {
      remedy: 'write pattern: /var/log/{service}/*.log',
    })
  return {
    kind: 'from',
    from,
    map: Object.fromEntries(inner.entries('map')),
    otherwise: inner.text('otherwise') ?? 'unknown_service',
    field: inner.text('field') ?? '',
    pattern,
  }
}

function operationsOf(reader: OptionReader): readonly string[] {
  const patterns = reader.texts('operations', { optional: true })
  patterns.forEach((pattern, i) => {
    if (!pattern.startsWith('/'))
      reader.problem(`operations[${i}]`, `'${pattern}' does not begin with /`, {
        remedy: `write /${pattern}`,
      })
  })
  return patterns
}

function abortOf(reader: OptionReader): Microseconds | 'never' | undefined {
  const text = reader.text('abort')
  if (text === undefined || text === 'never') return text
  const threshold = parseThreshold(text)
  if (threshold.kind === 'ok') return threshold.value
  reader.problem('abort', threshold.error, { remedy: 'write a duration such as 10s, or never' })
  return undefined
}

function healthChecksOf(reader: OptionReader): RequestOptions['healthChecks'] {
  const inner = reader.section('healthChecks', ['paths', 'agents'])
  return {
    paths: inner?.texts('paths', { optional: true }) ?? [],
    agents: inner?.texts('agents', { optional: true }) ?? [],
  }
}

function outcomesOf(reader: OptionReader): Readonly<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {}
  for (const [reason, outcome] of reader.entries('outcomes')) {
    if (!REASONS.some((known) => known.reason === reason))
      reader.problem(`outcomes.${reason}`, `'${reason}' is no reason`, {
        remedy: 'write one of the reasons in docs/collectors-logs.md, such as http-429',
      })
    else if (outcome === 'good' || outcome === 'bad' || outcome === 'ignored') outcomes[reason] = outcome
    else
      reader.problem(`outcomes.${reason}`, `'${outcome}' is no outcome`, {
        remedy: 'write good, bad or ignored',
      })
  }
  return outcomes
}
