import { type Labels, labelsKey } from '../../base/index.ts'
import type { SeriesHandle } from '../../traffic/index.ts'
import type { Counting } from '../push/intake.ts'
import { createNaming, type SeriesOf } from '../request/naming.ts'
import type { RequestOptions } from '../request/options.ts'
import type { RequestRecord } from '../request/record.ts'
import { resourceLabels } from './attributes-resource.ts'
import type { Attributes } from './metrics-model.ts'

const MOST_PLACES = 1_000

/** What names a series, beside its resource. */
export interface Named {
  readonly path: string | undefined
  readonly route: string | undefined
  readonly grpcStatus: number | string | undefined
  /** Where the DataSource says the service's name stands: in an attribute of the point, else of its resource. */
  readonly attributes: Attributes
}

export type SeriesNaming = (into: Counting, named: Named, resource: Attributes) => SeriesHandle

/** Names series by their resource and their operation. What the resource says outranks the labels of the DataSource. */
export function createSeriesNaming(
  labels: Labels,
  options: Pick<RequestOptions, 'service' | 'operations'>,
): SeriesNaming {
  const { service, operations } = options
  const field = service.kind === 'from' && service.from === 'field' ? service.field : undefined
  const places = new Map<string, SeriesOf>()
  const intake: { into: Counting | undefined } = { into: undefined }
  const series = (wanted: Labels): SeriesHandle => {
    if (intake.into === undefined) throw new Error('series are named while something is counted')
    return intake.into.series(wanted)
  }
  return (into, named, resource) => {
    intake.into = into
    const place = resourceLabels(resource.values, labels)
    const key = labelsKey(place)
    let naming = places.get(key)
    if (naming === undefined) {
      if (places.size >= MOST_PLACES) places.clear()
      naming = createNaming({ labels: place, service, operations }, { series })('')
      places.set(key, naming)
    }
    const found = field === undefined ? undefined : valueOf(field, named.attributes, resource)
    return naming(recordOf(named, found, resource))
  }
}

function valueOf(field: string, point: Attributes, resource: Attributes): string | undefined {
  return point.values.get(field) ?? resource.values.get(field)
}

function recordOf(named: Named, service: string | undefined, resource: Attributes): RequestRecord {
  const { path, route, grpcStatus, attributes } = named
  return {
    path,
    route,
    grpcStatus,
    service,
    authority: valueOf('server.address', attributes, resource),
    upstreamCluster: valueOf('upstream_cluster', attributes, resource),
    endMs: 0,
    traceId: undefined,
    requestId: undefined,
  }
}
