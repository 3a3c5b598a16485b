import type { Labels } from '../../../base/index.ts'
import { judge, type Outcome } from '../../../traffic/index.ts'
import type { EstateSeries } from './estate.ts'
import type { Ending } from './shop.ts'

/** What the collectors make of a request that ended so: the series it is counted in, and how it is judged. */
export interface Recorded {
  readonly labels: Labels
  readonly outcome: Outcome
  readonly reason: string
}

export function recordedAs(series: EstateSeries, ending: Ending): Recorded {
  const labels: Record<string, string> = {
    cloud_provider: series.place.provider,
    cloud_region: series.place.region,
    service_name: series.service.name,
  }
  if (series.operation.name !== '') labels['operation'] = series.operation.name
  const { outcome, reason } = judge({
    code: ending.status,
    flags: ending.flags,
    codeDetails: ending.details,
    grpcStatus: ending.grpc,
    path: ending.path ?? series.operation.path,
    userAgent: ending.userAgent,
  })
  return { labels, outcome, reason }
}
