import { failed, ok, type Result } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { countsEvents, type PullFailure } from '../pull/index.ts'

export interface AzureQuestion {
  /** `/subscriptions/…`. */
  readonly resource: string
  readonly metric: string
  readonly aggregation: 'Total' | 'Count' | 'Average' | 'Minimum' | 'Maximum'
  /** In Azure's own language: `HttpStatusGroup eq '5XX'`. */
  readonly filter: string | undefined
  readonly silent: 'zero' | 'unknown'
}

interface Counted {
  readonly metric: string
  readonly filter?: string
}

/** What is good and bad at what Azure runs. */
const PRESETS: ReadonlyMap<string, { readonly total: Counted; readonly bad: Counted }> = new Map([
  [
    'front-door',
    {
      total: { metric: 'RequestCount' },
      bad: { metric: 'RequestCount', filter: "HttpStatusGroup eq '5XX'" },
    },
  ],
  [
    'application-gateway',
    {
      total: { metric: 'TotalRequests' },
      bad: { metric: 'ResponseStatus', filter: "HttpStatusGroup eq '5xx'" },
    },
  ],
])
const AGGREGATIONS = ['Total', 'Count', 'Average', 'Minimum', 'Maximum'] as const

/** Reads the metric source's `spec`. A fault concerns this question alone. */
export function readQuestion(asked: ExternalQuery): Result<AzureQuestion, PullFailure> {
  const { spec, type } = asked
  if (type !== 'AzureMonitor')
    return refused(`a question of type ${type} is asked of Azure`, 'write type: AzureMonitor')
  const { resource, preset, count, splitBy = [], absent } = spec
  if (typeof resource !== 'string' || !/^\/subscriptions\/[^/?#]+\/resourceGroups\/[^?#]+$/i.test(resource))
    return refused(
      'resource is no ID of a resource',
      'write resource: /subscriptions/…/resourceGroups/…/providers/…',
    )
  if (!Array.isArray(splitBy) || splitBy.some((each) => !/^[\w ]+$/.test(String(each))))
    return refused('splitBy is no list of dimensions', 'write splitBy: [ClientRegion]')
  const split = splitBy.map((name) => `${String(name)} eq '*'`)
  const filterOf = (own: unknown): string | undefined => {
    const terms = [...(typeof own === 'string' ? [own] : []), ...split]
    return terms.length === 0 ? undefined : terms.join(' and ')
  }
  const said = absent === 'zero' || absent === 'unknown' ? absent : undefined
  if (preset !== undefined) {
    const found = typeof preset === 'string' ? PRESETS.get(preset) : undefined
    if (found === undefined)
      return refused(
        `there is no preset ${JSON.stringify(preset)}`,
        `write one of ${[...PRESETS.keys()].join(', ')}`,
      )
    if (count !== 'total' && count !== 'bad')
      return refused('a preset counts total or bad', 'write count: total or count: bad')
    if (!countsEvents(asked)) return refused('a preset counts events', 'write metric and aggregation')
    const { metric, filter } = found[count]
    return ok({ resource, metric, aggregation: 'Total', filter: filterOf(filter), silent: said ?? 'zero' })
  }
  const { metric, aggregation = countsEvents(asked) ? 'Total' : 'Average' } = spec
  const known = AGGREGATIONS.find((each) => each === aggregation)
  if (typeof metric !== 'string') return refused('metric is missing', 'write metric: RequestCount')
  if (known === undefined)
    return refused(
      `there is no aggregation ${JSON.stringify(aggregation)}`,
      `write one of ${AGGREGATIONS.join(', ')}`,
    )
  if (countsEvents(asked) && known !== 'Total' && known !== 'Count')
    return refused(`${known} is no number of events`, 'write aggregation: Total')
  return ok({
    resource,
    metric,
    aggregation: known,
    filter: filterOf(spec['filter']),
    silent: said ?? 'unknown',
  })
}

/** What people recognise a question by. */
export function describeQuestion({ spec }: ExternalQuery): string {
  const { preset, count, metric, filter, resource } = spec
  const what = typeof preset === 'string' ? `${preset} ${String(count)}` : String(metric)
  const name = typeof resource === 'string' ? (resource.split('/').at(-1) ?? '') : ''
  return [what, name, ...(typeof filter === 'string' ? [filter] : [])].join(' ')
}

const refused = (text: string, remedy: string): Result<never, PullFailure> =>
  failed({ kind: 'refused', text, remedy })
