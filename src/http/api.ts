import type { DeclareAction, SilenceMatcher, StandingAction, WorkAction } from '../alerting/index.ts'
import type {
  Attribution,
  CalendarEvents,
  CloudMatrix,
  Contributors,
  Days,
  DependencyGraph,
  Diagnosis,
  Distances,
  Exemplar,
  Fleet,
  IncidentDetail,
  IncidentSummary,
  JournalEntry,
  JourneyDetail,
  JourneySeries,
  Journeys,
  LatencyMap,
  LiveEvent,
  Meta,
  Preview,
  PreviewAsked,
  ProviderLedger,
  Reconciliation,
  Review,
  ServiceDetail,
  ServiceGroups,
  ServiceLatency,
  Services,
  Silence,
  Simulation,
  SloDetail,
  SloSeries,
  Source,
  WhatIf,
} from '../contract/index.ts'
import type { OutwardApi } from './outward-api.ts'

/**
 * What the HTTP module is given: functions that answer with what goes over the wire. It computes nothing itself, so
 * that page, CLI, Slack and API cannot disagree. `undefined`: there is no such thing (404).
 */
export interface Api {
  readonly meta: () => Meta
  readonly fleet: () => Fleet
  readonly slo: (id: string) => SloDetail | undefined
  readonly series: (id: string, options: SeriesOptions) => Promise<SloSeries | undefined>
  readonly contributors: (
    id: string,
    options: RangeOptions & { readonly by: readonly string[]; readonly limit: number },
  ) => Promise<Contributors | undefined>
  readonly latency: (
    id: string,
    options: RangeOptions & { readonly columns: number },
  ) => Promise<LatencyMap | undefined>
  readonly exemplars: (
    id: string,
    options: RangeOptions & { readonly limit: number },
  ) => Promise<readonly Exemplar[] | undefined>
  /** Another promise on the recorded past. */
  readonly preview: (asked: PreviewAsked) => Promise<Preview | undefined>
  /** What each day counted; `offset` seconds ahead of UTC, whole hours. */
  readonly days: (
    id: string,
    options: {
      readonly count: number
      readonly offset: number
      readonly scope: Readonly<Record<string, string>>
    },
  ) => Promise<Days | undefined>
  /** Whole hours. */
  readonly review: (range: { readonly from: number; readonly to: number }) => Promise<Review>
  readonly events: (range: { readonly from: number; readonly to: number }) => CalendarEvents
  /** A picture of a promise that is public by its own definition; undefined for every other. */
  readonly badge: (id: string) => string | undefined
  readonly incidents: (options: {
    readonly state?: 'open' | 'resolved'
    readonly limit: number
  }) => readonly IncidentSummary[]
  readonly incident: (id: string) => IncidentDetail | undefined
  readonly act: (id: string, action: IncidentAction) => Promise<IncidentDetail | undefined>
  readonly declare: (declaration: Declaration) => Promise<IncidentDetail>
  /** Newest first. */
  readonly silences: (options: { readonly over: boolean }) => readonly Silence[]
  readonly silence: (asked: NewSilence) => Promise<Silence>
  /** Ends it before its time; undefined when there is no such silence. */
  readonly endSilence: (id: string, by: Asker) => Promise<Silence | undefined>
  /** The audit trail, newest first. */
  readonly journal: (options: {
    readonly kinds: readonly string[]
    readonly limit: number
  }) => Promise<readonly JournalEntry[]>
  readonly sources: () => Promise<readonly Source[]>
  /** What probes measured, phase by phase. */
  readonly distances: (range: { readonly from: number; readonly to: number }) => Promise<Distances>
  /** What services had, each as each source saw it. */
  readonly services: (options: { readonly from: number; readonly to: number }) => Promise<Services>
  readonly service: (service: string, options: ServiceOptions) => Promise<ServiceDetail | undefined>
  readonly serviceGroups: (
    service: string,
    options: ServiceOptions & { readonly by: readonly string[]; readonly limit: number },
  ) => Promise<ServiceGroups | undefined>
  readonly serviceLatency: (service: string, options: ServiceOptions) => Promise<ServiceLatency | undefined>
  /** Bad ones newest first, or the slowest first. */
  readonly serviceExemplars: (
    service: string,
    options: ServiceOptions & { readonly kind: 'bad' | 'slow'; readonly limit: number },
  ) => Promise<readonly Exemplar[] | undefined>
  readonly outward: OutwardApi
  /** Promises over many clouds. */
  readonly journeys: () => Journeys
  readonly journey: (name: string) => Promise<JourneyDetail | undefined>
  readonly journeySeries: (name: string, options: SeriesOptions) => Promise<JourneySeries | undefined>
  /** Who brought the shortfall about: over a range, or while an incident lasted. */
  readonly journeyAttribution: (
    name: string,
    asked: { readonly from?: number; readonly to?: number; readonly incident?: string },
  ) => Promise<Attribution | undefined>
  /** The recorded past, replayed with something changed in it. */
  readonly simulate: (
    name: string,
    asked: WhatIf & { readonly from: number; readonly to: number },
  ) => Promise<Simulation | undefined>
  readonly graph: () => Promise<DependencyGraph>
  readonly matrix: () => CloudMatrix
  /** Of a month such as `2026-11`; undefined: the running one. */
  readonly providers: (month: string | undefined) => Promise<ProviderLedger>
  /** One SLI as several sources counted it. Without a service: of all. */
  readonly reconcile: (asked: {
    readonly service?: string
    readonly from: number
    readonly to: number
  }) => Promise<Reconciliation>
  /** How the installation fares, with what to do about what is wrong. */
  readonly diagnosis: () => Promise<Diagnosis>
  /** Calls back for each event after `lastId`; gives the function that stops it. */
  readonly subscribe: (lastId: number | undefined, tell: (id: number, event: LiveEvent) => void) => () => void
  readonly ready: () => Readiness
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
}

export interface RangeOptions {
  readonly from: number
  readonly to: number
  readonly scope: Readonly<Record<string, string>>
}

export interface SeriesOptions extends RangeOptions {
  /** At most this many buckets; the step is the smallest round one that keeps to it. */
  readonly points: number
}

export interface ServiceOptions extends SeriesOptions {
  /** Absent: the source that the service's promises are measured by. */
  readonly source?: string
}

/** When it ends: an instant, or so many seconds from now by the service's clock. */
export type Until = { readonly until: number } | { readonly seconds: number }

/** Who acts, and under which name it is asked, so that what arrives twice counts once. */
export interface Asker {
  readonly by: string
  readonly request?: string
}

/** What is done to an incident that is there. */
export type IncidentAction = Asker &
  (Exclude<StandingAction, { readonly kind: 'mute' }> | WorkAction | ({ readonly kind: 'mute' } & Until))

/** An incident without an alert. */
export type Declaration = Asker &
  Omit<DeclareAction, 'kind' | 'startedAt'> & {
    /** Absent: now. */
    readonly startedAt?: number
  }

export type NewSilence = Asker &
  Until & {
    readonly matchers: readonly SilenceMatcher[]
    readonly reason: string
    /** Absent: from now on. */
    readonly from?: number
  }

export interface Readiness {
  readonly ready: boolean
  /** What is not ready yet, in words; empty when ready. */
  readonly reasons: readonly string[]
}
