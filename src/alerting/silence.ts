import type { UnixSeconds } from '../base/index.ts'

/** Quiet that somebody asked for: incidents that it covers are recorded and shown, and nobody is told of them. */
export interface Silence {
  /** `SIL-0012`: a number that never repeats. */
  readonly id: string
  /** All must match. At least one. */
  readonly matchers: readonly SilenceMatcher[]
  readonly by: string
  readonly reason: string
  /** Half-open: it covers `from` and no longer `until`. */
  readonly from: UnixSeconds
  readonly until: UnixSeconds
  readonly createdAt: UnixSeconds
}

/**
 * As in Prometheus: an absent label is an empty one, regular expressions are anchored. Labels are those of the
 * incident's scope, and `slo`, `objective`, `service_name`, `severity`, `kind`.
 */
export interface SilenceMatcher {
  readonly name: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** Whether the whole text matches the pattern: an engine whose time grows with the text alone. */
export type RegexTest = (pattern: string, text: string) => boolean
