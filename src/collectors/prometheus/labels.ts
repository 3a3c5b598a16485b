import type { Labels } from '../../base/index.ts'
import type { Samples } from './api.ts'
import type { PrometheusQuestion } from './asked.ts'

/** Names that tell rows apart although a bare selector does not name them: few values each, and what people split by. */
const OURS: ReadonlySet<string> = new Set([
  'cloud_provider',
  'cloud_region',
  'cloud_account_id',
  'cloud_availability_zone',
  'k8s_cluster_name',
  'service_name',
  'operation',
])

/**
 * Under which labels a series is counted. A query that groups says which of them it keeps. Of a bare selector only our
 * own names are kept, those that the DataSource renames, and the question's dimensions: not the pods.
 */
export function labelling(
  { query, dimensions }: Pick<PrometheusQuestion, 'query' | 'dimensions'>,
  renamed: ReadonlyMap<string, string>,
): (series: Samples) => Labels {
  const isKept = (name: string): boolean => {
    if (name === '__name__' || name === 'le') return false
    if (query.kind === 'expression' || dimensions.includes(name)) return true
    if (query.grouping === undefined) return OURS.has(name) || renamed.has(name)
    return query.grouping.labels.includes(name) === (query.grouping.kind === 'by')
  }
  return ({ labels }) =>
    Object.fromEntries(
      Object.entries(labels).flatMap(([name, value]) =>
        isKept(name) && value !== '' ? [[renamed.get(name) ?? name, value]] : [],
      ),
    )
}
