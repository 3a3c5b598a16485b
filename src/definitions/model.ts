import type { Labels, PerMillion, Seconds } from '../base/index.ts'
import type { BurnPolicy, Rational, Slo, SloId, Window } from '../slo/index.ts'
import type { IndicatorQuery } from '../traffic/index.ts'

/** What a load of the definitions gives: everything that works, and everything that does not. It never throws. */
export interface Definitions {
  readonly slos: readonly DefinedSlo[]
  readonly sources: readonly DataSource[]
  readonly services: readonly ServiceDefinition[]
  readonly journeys: readonly Journey[]
  readonly corrections: readonly Correction[]
  readonly events: readonly TrafficEvent[]
  readonly providerSlas: readonly ProviderSla[]
  readonly targets: readonly NotificationTarget[]
  /** By line of the files, errors and warnings. */
  readonly problems: readonly Problem[]
}

/** An SLO with what the rest of the house needs to read, show and route it. */
export interface DefinedSlo {
  readonly slo: Slo
  /** One for each distinct indicator of its objectives; ids are those that `Objective.indicator` names. */
  readonly queries: readonly IndicatorQuery[]
  readonly owner: string
  readonly runbook: string
  /** BCP 47, for messages: `en`, `ja`. Empty: the destination's. */
  readonly locale: string
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly annotations: Readonly<Record<string, string>>
  /** The latency threshold as written (`300ms`), for headings; undefined for availability. */
  readonly within: string | undefined
  /** Former identities (`nines.dev/aliases`): history under them belongs to this SLO. */
  readonly aliases: readonly SloId[]
  /** What its alert policies ask for beyond burn rules. */
  readonly alerting: AlertingWishes
  /** The tree, when this is a journey's promise. */
  readonly tree?: JourneyNode
  /** True when the file is broken now, and this is the last version of the SLO that was good. */
  readonly lastGood: boolean
  readonly origin: Origin
}

export interface AlertingWishes {
  /** Tell when the SLO goes blind. True unless alert policies are written and none of them asks for it. */
  readonly whenNoData: boolean
  /** Tell when an incident is over. True unless alert policies are written and none of them asks for it. */
  readonly whenResolved: boolean
  /** Names of NotificationTargets, in the order of the policies. Empty: the configured destinations. */
  readonly targets: readonly string[]
}

/** Whom an alert policy names: OpenSLO leaves open what the text means. */
export interface NotificationTarget {
  readonly name: string
  readonly displayName: string
  readonly description: string
  /** `slack`, `email`, … as written. */
  readonly target: string
}

/** Where a definition stands, so that a number can show its text and commit. */
export interface Origin {
  /** Relative to the definitions' directory. */
  readonly file: string
  readonly line: number
  /** The document's own YAML. */
  readonly text: string
  /** The commit that last changed the file, in a git checkout. `dirty`: changed since. */
  readonly commit:
    | { readonly id: string; readonly author: string; readonly at: number; readonly dirty: boolean }
    | undefined
}

export interface DataSource {
  readonly name: string
  readonly displayName: string
  /** `EnvoyAccessLog`, `EnvoyStats`, `WebLog`, `Prometheus`, `Datadog`, … */
  readonly type: string
  /** Added to every series of the source: the cloud, region, account. */
  readonly labels: Readonly<Record<string, string>>
  /** Checked by the collector of that type, which knows its fields. */
  readonly connectionDetails: Readonly<Record<string, unknown>>
  readonly origin: Origin
}

export interface ServiceDefinition {
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly labels: Readonly<Record<string, readonly string[]>>
}

/** What a user does across services and clouds: a tree over SLOs, other journeys and providers' promises. */
export interface Journey {
  readonly name: string
  readonly displayName: string
  readonly description: string
  /** In percent, as people wrote it. */
  readonly target: string
  readonly allowed: PerMillion
  /** At least one; the first headlines. */
  readonly windows: readonly Window[]
  readonly tree: JourneyNode
  /** The journey as the promise that it is: what is evaluated, alerted about and shown beside the SLOs. */
  readonly row: DefinedSlo
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly origin: Origin
}

export type JourneyNode =
  /** Each must work. */
  | { readonly kind: 'all'; readonly of: readonly JourneyNode[] }
  /** One is enough: redundant, failover. */
  | { readonly kind: 'any'; readonly of: readonly JourneyNode[] }
  /** `count` of them must work; 1 <= count <= of.length. */
  | { readonly kind: 'at-least'; readonly count: number; readonly of: readonly JourneyNode[] }
  /** Traffic is split over them without failover. Without a weight: by measured traffic. All have one, or none. */
  | {
      readonly kind: 'routes'
      readonly of: readonly { readonly node: JourneyNode; readonly weight: Rational | undefined }[]
    }
  | {
      readonly kind: 'slo'
      readonly slo: SloId
      /** `Objective.name`. */
      readonly objective: string
      /** One split of the SLO; empty: the whole. */
      readonly where: Labels
    }
  | { readonly kind: 'journey'; readonly journey: string }
  | { readonly kind: 'provider'; readonly provider: string }

/** A stretch of wall clock in a zone, once or again and again. */
export interface Stretch {
  /** `YYYY-MM-DD HH:MM:SS` in `zone`. */
  readonly start: string
  /** Either an end, as wall clock, or a length. */
  readonly end: string | undefined
  readonly length: Seconds | undefined
  /** IANA name. */
  readonly zone: string
  /** An RRULE of RFC 5545 without its prefix; undefined: once. */
  readonly recurrence: string | undefined
}

/** Time that does not count as it was measured. */
export interface Correction {
  readonly name: string
  readonly displayName: string
  /** `exclude`: the time does not count. `forgive`: it counts as good. */
  readonly effect: 'exclude' | 'forgive'
  readonly reason: string
  readonly approver: string
  /** Empty: every SLO that the scope fits. */
  readonly slos: readonly SloId[]
  /** Empty: every split. */
  readonly scope: Labels
  readonly when: Stretch
  readonly origin: Origin
}

/** Traffic that is expected: shown on graphs and in incidents, with a lead notice. */
export interface TrafficEvent {
  readonly name: string
  readonly type: 'sale' | 'tv' | 'push' | 'maintenance' | 'deploy' | 'load-test' | 'other'
  readonly title: string
  readonly description: string
  readonly when: Stretch
  /** Empty: all. */
  readonly services: readonly string[]
  readonly scope: Labels
  /** How many times the usual traffic. */
  readonly expectedMultiplier: Rational | undefined
  /** How long before people are told. */
  readonly notice: Seconds | undefined
  readonly owner: string
  readonly source: string
  readonly origin: Origin
}

/** A provider's published promise, to compare with what was measured. */
export interface ProviderSla {
  readonly name: string
  readonly displayName: string
  readonly provider: string
  readonly service: string
  readonly tier: string
  /** In percent, as written. */
  readonly percent: string
  readonly allowed: PerMillion
  readonly window: Seconds
  readonly url: string
  /** The day it was read, `YYYY-MM-DD`. */
  readonly asOf: string
  /** True: the number was not read at its source, and is to be looked up before anybody relies on it. */
  readonly unverified: boolean
  /** What the provider gives back: so many percent of the bill where it kept less than so many percent. */
  readonly credits: readonly { readonly below: string; readonly percent: string }[]
  readonly origin: Origin
}

/** A burn policy with the window that its budget shares are of, so that it fits any other window. */
export interface PolicyTemplate {
  readonly name: string
  readonly source: string
  /** The window that the factors are for. */
  readonly period: Seconds
  /** As they are for that window. */
  readonly policy: BurnPolicy
}

/** A fault in a file: where, what is wrong, and what to write instead. */
export interface Problem {
  /** `NINES-1204`: stable, documented in `docs/problems.md`. */
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** How many columns the caret underlines, at least 1. */
  readonly length: number
  /** What is wrong, one sentence. */
  readonly message: string
  /** What to write, one sentence. */
  readonly remedy: string
  /** The line as it stands in the file, for the caret. */
  readonly sourceLine: string
}
