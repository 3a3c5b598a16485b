import type { PullFailure } from '../pull/index.ts'
import type { Api, Samples } from './api.ts'
import { metricOf } from './promql.ts'

/**
 * Chooses the bucket of a classic histogram that ends at a bound. Exporters write one bound in several ways (`1`, `1.0`,
 * `0.30`), so the server is asked for all of them and the number decides.
 */
export function bucketMatcher(bound: number): string {
  const [whole = '', fraction] = String(bound).split('.')
  const digits = fraction === undefined ? `${whole}(\\\\.0*)?` : `${whole}\\\\.${fraction}0*`
  return `le=~"${digits}|[0-9.]+e[-+]?[0-9]+"`
}

export function inBucket(series: readonly Samples[], bound: number | undefined): readonly Samples[] {
  return bound === undefined ? series : series.filter(({ labels }) => Number(labels['le']) === bound)
}

/**
 * Why a bucket has no series: the histogram has none that ends there. Undefined when there is no histogram at all. Without
 * this, a threshold between two bounds would look like a service without good requests.
 */
export async function bucketFault(
  {
    api,
    selector,
    bucket,
    at,
  }: { readonly api: Api; readonly selector: string; readonly bucket: number; readonly at: number },
  signal: AbortSignal,
): Promise<PullFailure | undefined> {
  const minute = Math.floor(at / 60) * 60
  const found = await api.minutes(`count by (le) (${selector})`, { from: minute, to: minute }, signal)
  if (found.kind === 'failed') return found.error
  const bounds = found.value.series
    .map(({ labels }) => Number(labels['le']))
    .filter((le) => Number.isFinite(le))
  if (bounds.length === 0 || bounds.includes(bucket)) return undefined
  const near = bounds.toSorted((a, b) => Math.abs(a - bucket) - Math.abs(b - bucket)).slice(0, 2)
  return {
    kind: 'refused',
    text: `${metricOf(selector) || selector} has no bucket that ends at ${bucket}`,
    remedy: `the nearest bounds are ${near.sort((a, b) => a - b).join(' and ')}: write within with one of them`,
  }
}
