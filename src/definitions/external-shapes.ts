import type { Context } from './context.ts'
import { suggest } from './suggest.ts'
import { type Node, textOf } from './tree.ts'

/** How the question to a source is written in `spec`: its keys, and those of which exactly one is needed. */
interface Shape {
  readonly keys: readonly string[]
  readonly one: readonly string[]
  /** For people who write none of them. */
  readonly example: string
}

/** Languages in which a source is asked for counts. Athena, Prometheus and others say their own faults when asked. */
const SHAPES: ReadonlyMap<string, Shape> = new Map([
  [
    'Datadog',
    {
      keys: ['query', 'queries', 'formula', 'apm', 'absent'],
      one: ['query', 'queries', 'apm'],
      example: 'query: "sum:trace.http.request.hits{service:web}.as_count()"',
    },
  ],
  [
    'CloudWatch',
    {
      keys: ['preset', 'count', 'namespace', 'metric', 'dimensions', 'stat', 'logs', 'absent'],
      one: ['preset', 'metric', 'logs'],
      example: 'preset: alb, count: total, dimensions: { LoadBalancer: app/shop/0123456789abcdef }',
    },
  ],
  [
    'GoogleCloudMonitoring',
    {
      keys: ['preset', 'urlMap', 'count', 'within', 'filter', 'groupBy', 'unit', 'logs', 'absent'],
      one: ['preset', 'filter', 'logs'],
      example: 'preset: https, urlMap: shop, count: total',
    },
  ],
  [
    'AzureMonitor',
    {
      keys: ['preset', 'count', 'resource', 'metric', 'aggregation', 'filter', 'splitBy', 'absent'],
      one: ['preset', 'metric'],
      example: 'preset: front-door, count: total, resource: /subscriptions/…/profiles/shop',
    },
  ],
  [
    'Mackerel',
    {
      keys: ['service', 'metric', 'absent'],
      one: ['metric'],
      example: 'service: shop, metric: requests.total',
    },
  ],
  [
    'HttpJson',
    {
      keys: ['params', 'rows', 'time', 'timeFormat', 'value', 'labels', 'body', 'absent'],
      one: ['value'],
      example: 'rows: data.points, time: at, value: count',
    },
  ],
])

/** Tells what in a question to a source cannot be meant, before anybody asks it. Other types are left to their source. */
export function checkExternal(type: string, spec: Node, { report }: Context): boolean {
  const shape = SHAPES.get(type)
  if (shape === undefined) return true
  if (spec.kind !== 'map') return true
  let isWell = true
  for (const [key, { keyPlace }] of spec.entries) {
    if (shape.keys.includes(key)) continue
    const meant = suggest(key, shape.keys)
    report.error('NINES-1414', keyPlace, {
      message: `${type} has no ${key}`,
      remedy: meant === undefined ? `Write some of ${shape.keys.join(', ')}.` : `Did you mean ${meant}?`,
    })
    isWell = false
  }
  const said = shape.one.filter((key) => spec.entries.has(key))
  if (isWell && said.length !== 1) {
    report.error('NINES-1414', spec.place, {
      message:
        said.length === 0 ? `${type} is asked for nothing` : `${said.join(' and ')} exclude each other`,
      remedy:
        said.length === 0 ? `Write one of ${shape.one.join(', ')}, such as ${shape.example}.` : `Write one.`,
    })
    isWell = false
  }
  const absent = spec.entries.get('absent')
  const words = absent && textOf(absent.value)
  if (absent && words !== 'zero' && words !== 'unknown') {
    report.error('NINES-1414', absent.value.place, {
      message: 'absent is what a minute without data means',
      remedy: 'Write absent: zero where it means that nothing happened, else absent: unknown.',
    })
    isWell = false
  }
  return isWell
}
