import type { Labels } from '../../../base/index.ts'
import { judge, type Outcome, operationOf } from '../../../traffic/index.ts'
import type { EstateSeries } from './estate.ts'
import type { Ending } from './shop.ts'

/** What the collectors make of a request that ended so: the series it is counted in, and how it is judged. */
export interface Recorded {
  readonly labels: Labels
  readonly outcome: Outcome
  readonly reason: string
  /** Whether the source says how long it took. */
  readonly timed: boolean
}

export function recordedAs(series: EstateSeries, ending: Ending): Recorded {
  const labels: Record<string, string> = {
    cloud_provider: series.place.provider,
    cloud_region: series.place.region,
    service_name: series.service.name,
  }
  const operation = ending.path === undefined ? series.operation.name : operationOf(ending.path)
  if (operation !== '') labels['operation'] = operation
  const { outcome, reason } = judge({
    code: ending.status,
    flags: ending.flags,
    codeDetails: ending.details,
    grpcStatus: ending.grpc,
    path: ending.path ?? series.operation.path,
    userAgent: ending.userAgent,
  })
  // An Envoy's statistics do not time what it gave up waiting for; its logs do.
  const timed = series.service.source === 'edge' || ending.takes !== 'timeout'
  return { labels, outcome, reason, timed }
}
