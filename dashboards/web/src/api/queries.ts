import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  CalendarEvents,
  Contributors,
  Days,
  DependencyGraph,
  Diagnosis,
  Distances,
  Exemplar,
  Fleet,
  IncidentDetail,
  IncidentSummary,
  JourneyDetail,
  Journeys,
  LatencyMap,
  Meta,
  Preview,
  PreviewAsked,
  Review,
  ServiceDetail,
  ServiceGroups,
  ServiceLatency,
  Services,
  SloDetail,
  SloSeries,
  Source,
} from '../../../../src/contract/index.ts'
import { read, write } from './client.ts'

/** A stretch of time of one promise, of the whole or one split. */
export interface Stretch {
  readonly id: string
  readonly from: number
  readonly to: number
  /** As the API spells it; empty for the whole. */
  readonly scope: string
}

const slo = (id: string): string => `slos/${encodeURIComponent(id)}`

const stretchQuery = ({ from, to, scope }: Stretch): Record<string, string> => ({
  from: String(from),
  to: String(to),
  scope,
})

export const metaQuery = queryOptions({
  queryKey: ['meta'],
  queryFn: ({ signal }) => read<Meta>('meta', { signal }),
  staleTime: 60_000,
})

export const fleetQuery = queryOptions({
  queryKey: ['fleet'],
  queryFn: ({ signal }) => read<Fleet>('slos', { signal }),
})

export const sloQuery = (id: string) =>
  queryOptions({
    queryKey: ['slo', id],
    queryFn: ({ signal }) => read<SloDetail>(slo(id), { signal }),
  })

export const seriesQuery = (stretch: Stretch, points: number) =>
  queryOptions({
    queryKey: ['series', stretch, points],
    queryFn: ({ signal }) =>
      read<SloSeries>(`${slo(stretch.id)}/series`, {
        query: { ...stretchQuery(stretch), points: String(points) },
        signal,
      }),
    placeholderData: keepPreviousData,
  })

export const contributorsQuery = (stretch: Stretch, by: string) =>
  queryOptions({
    queryKey: ['contributors', stretch, by],
    queryFn: ({ signal }) =>
      read<Contributors>(`${slo(stretch.id)}/contributors`, {
        query: { ...stretchQuery(stretch), by, limit: '8' },
        signal,
      }),
    placeholderData: keepPreviousData,
  })

export const latencyQuery = (stretch: Stretch) =>
  queryOptions({
    queryKey: ['latency', stretch],
    queryFn: ({ signal }) =>
      read<LatencyMap>(`${slo(stretch.id)}/latency`, {
        query: { ...stretchQuery(stretch), columns: '120' },
        signal,
      }),
    placeholderData: keepPreviousData,
  })

export const exemplarsQuery = (stretch: Stretch) =>
  queryOptions({
    queryKey: ['exemplars', stretch],
    queryFn: async ({ signal }) => {
      const answer = await read<readonly Exemplar[] | { readonly exemplars: readonly Exemplar[] }>(
        `${slo(stretch.id)}/exemplars`,
        { query: { ...stretchQuery(stretch), limit: '10' }, signal },
      )
      return 'exemplars' in answer ? answer.exemplars : answer
    },
    placeholderData: keepPreviousData,
  })

export const journeysQuery = queryOptions({
  queryKey: ['journeys'],
  queryFn: ({ signal }) => read<Journeys>('journeys', { signal }),
})

export const journeyQuery = (name: string) =>
  queryOptions({
    queryKey: ['journey', name],
    queryFn: ({ signal }) => read<JourneyDetail>(`journeys/${encodeURIComponent(name)}`, { signal }),
  })

export const graphQuery = queryOptions({
  queryKey: ['graph'],
  queryFn: ({ signal }) => read<DependencyGraph>('graph', { signal }),
})

export const incidentsQuery = queryOptions({
  queryKey: ['incidents'],
  queryFn: async ({ signal }) => {
    const answer = await read<{ incidents: readonly IncidentSummary[] }>('incidents', {
      query: { limit: '500' },
      signal,
    })
    return answer.incidents
  },
})

export const incidentQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id],
    queryFn: ({ signal }) => read<IncidentDetail>(`incidents/${encodeURIComponent(id)}`, { signal }),
  })

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: async ({ signal }) => (await read<{ sources: readonly Source[] }>('sources', { signal })).sources,
  refetchInterval: 15_000,
})

/** Of the day up to the last whole ten minutes, so that the answer is asked for that often and no oftener. */
export const distancesQuery = (now: number) => {
  const to = Math.floor(now / 600) * 600
  return queryOptions({
    queryKey: ['distances', to],
    queryFn: ({ signal }) =>
      read<Distances>('distances', { query: { from: String(to - 86_400), to: String(to) }, signal }),
    placeholderData: keepPreviousData,
  })
}

export const diagnosisQuery = queryOptions({
  queryKey: ['diagnosis'],
  queryFn: ({ signal }) => read<Diagnosis>('diagnosis', { signal }),
  refetchInterval: 15_000,
})

/** A stretch of time of one service as one source sees it, of the whole or one split. */
export interface ServiceStretch extends Stretch {
  /** Empty: the source that the service chooses. */
  readonly source: string
}

const service = (id: string): string => `services/${encodeURIComponent(id)}`

const serviceStretch = ({ source, ...stretch }: ServiceStretch): Record<string, string> => ({
  ...stretchQuery(stretch),
  source,
})

export const servicesQuery = (length: string) =>
  queryOptions({
    queryKey: ['services', length],
    queryFn: ({ signal }) => read<Services>('services', { query: { range: length }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })

export const serviceQuery = (stretch: ServiceStretch, points: number) =>
  queryOptions({
    queryKey: ['service', stretch, points],
    queryFn: ({ signal }) =>
      read<ServiceDetail>(service(stretch.id), {
        query: { ...serviceStretch(stretch), points: String(points) },
        signal,
      }),
    placeholderData: keepPreviousData,
  })

export const serviceGroupsQuery = (
  stretch: ServiceStretch,
  { by, points, limit }: { by: string; points: number; limit: number },
) =>
  queryOptions({
    queryKey: ['service-groups', stretch, by, points, limit],
    queryFn: ({ signal }) =>
      read<ServiceGroups>(`${service(stretch.id)}/groups`, {
        query: { ...serviceStretch(stretch), by, points: String(points), limit: String(limit) },
        signal,
      }),
    placeholderData: keepPreviousData,
  })

export const serviceLatencyQuery = (stretch: ServiceStretch) =>
  queryOptions({
    queryKey: ['service-latency', stretch],
    queryFn: ({ signal }) =>
      read<ServiceLatency>(`${service(stretch.id)}/latency`, {
        query: { ...serviceStretch(stretch), columns: '120' },
        signal,
      }),
  })

export const serviceExemplarsQuery = (stretch: ServiceStretch, kind: 'bad' | 'slow') =>
  queryOptions({
    queryKey: ['service-exemplars', stretch, kind],
    queryFn: async ({ signal }) =>
      (
        await read<{ exemplars: readonly Exemplar[] }>(`${service(stretch.id)}/exemplars`, {
          query: { ...serviceStretch(stretch), kind, limit: '12' },
          signal,
        })
      ).exemplars,
  })

export const previewQuery = (asked: PreviewAsked, enabled = true) =>
  queryOptions({
    queryKey: ['preview', asked],
    queryFn: () => write<Preview>('preview', asked),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    enabled,
  })

/** `offset`: what the reader's clock is ahead of UTC, in seconds. */
export const daysQuery = (id: string, asked: { scope: string; offset: number }) =>
  queryOptions({
    queryKey: ['days', id, asked],
    queryFn: ({ signal }) =>
      read<Days>(`${slo(id)}/days`, {
        query: { scope: asked.scope, offset: String(asked.offset), count: '371' },
        signal,
      }),
    staleTime: 60_000,
  })

export const reviewQuery = ({ from, to }: { from: number; to: number }) =>
  queryOptions({
    queryKey: ['review', from, to],
    queryFn: ({ signal }) =>
      read<Review>('review', { query: { from: String(from), to: String(to) }, signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })

export const eventsQuery = ({ from, to }: { from: number; to: number }) =>
  queryOptions({
    queryKey: ['events', from, to],
    queryFn: ({ signal }) =>
      read<CalendarEvents>('events', { query: { from: String(from), to: String(to) }, signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })
