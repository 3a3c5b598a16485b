import type { Incident } from '../alerting/index.ts'
import type { Labels, UnixSeconds } from '../base/index.ts'
import type { Evaluation, SloState } from '../slo/index.ts'

/** All that a message about an incident says, gathered by the one who knows it. Messages compute nothing. */
export interface IncidentBrief {
  readonly incident: Incident
  /** Of the SLO as a whole; undefined when it is no longer defined. */
  readonly whole: Evaluation | undefined
  /** Of the incident's scope; undefined when that is not one of the splits. */
  readonly scoped: Evaluation | undefined
  /** The SLO's name as people know it. */
  readonly name: string
  /** In percent, as people wrote it: `99.9`. */
  readonly target: string
  /** The name of the headline window: `30d`. */
  readonly window: string
  /** `availability`, `within 300ms`. */
  readonly indicator: string
  /** Empty when nobody is named. */
  readonly owner: string
  /** Those of the SLO, for routes. Absent: none. */
  readonly labels?: Labels
  /** Receivers that its alert policies name. Absent: none. */
  readonly targets?: readonly string[]
  /** A URL, or words; empty when there is none. */
  readonly runbook: string
  /** The clouds side by side, in the order of their names; empty when the SLO is not split. */
  readonly places: readonly Place[]
  /** Who spent it, most bad events first. */
  readonly contributors: readonly ContributorLine[]
  readonly exemplars: readonly ExemplarLine[]
  readonly sources: readonly SourceAge[]
  /** When it is over if nothing more fails, to the minute; absent while nobody can say. */
  readonly clearsAt?: UnixSeconds
  /** Deployments, announced traffic and the like that overlap with it, oldest first. Absent: none is known. */
  readonly overlaps?: readonly Overlap[]
  /** How much of what its numbers rest on was measured; absent when nobody can say. */
  readonly confidence?: Confidence
  /** The incident's page. */
  readonly pageUrl: string
  /** Where its postmortem is written or read; absent while there is nothing to write. */
  readonly postmortemUrl?: string
  /** BCP 47; what is neither `en` nor `ja` reads English. */
  readonly locale: string
  /** IANA, for the texts that cannot follow the reader's own clock. */
  readonly zone: string
  readonly now: UnixSeconds
}

/** `high`: every minute is known. `partial`: some are not, or a source is late. `low`: less than nine tenths are. */
export type Confidence = 'high' | 'partial' | 'low'

/** Something else that happened or was announced meanwhile. */
export interface Overlap {
  readonly kind: 'sale' | 'tv' | 'push' | 'maintenance' | 'deploy' | 'load-test' | 'other'
  readonly name: string
  readonly from: UnixSeconds
  /** Absent: a moment, or nobody knows the end. */
  readonly to?: UnixSeconds
  readonly url?: string
}

export interface Place {
  readonly scope: Labels
  readonly state: SloState
}

export interface ContributorLine {
  readonly labels: Labels
  readonly bad: number
  /** Of all bad events of the range, 0..1. */
  readonly share: number
  /** Bad share of its own events now ÷ before; undefined when there was nothing before. */
  readonly timesUsual: number | undefined
}

export interface ExemplarLine {
  readonly atMs: number
  readonly reason: string
  readonly durationMs: number | undefined
  readonly traceId: string | undefined
  readonly labels: Labels
  /** Where the trace can be seen. */
  readonly url: string | undefined
}

export interface SourceAge {
  readonly name: string
  /** Seconds since the last complete minute; undefined when it never reported. */
  readonly age: number | undefined
}
