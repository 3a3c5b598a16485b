import type { Slo } from '../slo/index.ts'
import type { IndicatorQuery } from '../traffic/index.ts'

/** What a load of the definitions gives: everything that works, and everything that does not. It never throws. */
export interface Definitions {
  readonly slos: readonly DefinedSlo[]
  readonly sources: readonly DataSource[]
  readonly services: readonly ServiceDefinition[]
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
  readonly origin: Origin
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
