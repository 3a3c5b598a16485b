import type { UnixSeconds } from './units.ts'

/**
 * The world as a module sees it. `src/system.ts` is the real one, `test/world.ts` the one whose time is
 * moved by hand. Nothing else touches a clock, the network, or randomness.
 */
export interface World {
  readonly clock: Clock
  readonly log: Log
  readonly fetch: typeof globalThis.fetch
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly trace: Tracer
}

export interface Clock {
  /** Wall time in whole seconds; may jump either way. For instants, never for timeouts. */
  readonly now: () => UnixSeconds
  /** Wall time in milliseconds since 1970. */
  readonly nowMs: () => number
  /** Never goes back. For measuring how long something took. */
  readonly monotonicMs: () => number
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

export type Fields = Readonly<Record<string, unknown>>

/** One event, one line: the message is a constant, values are fields. Secrets never reach a field. */
export interface Log {
  readonly debug: (message: string, fields?: Fields) => void
  readonly info: (message: string, fields?: Fields) => void
  readonly warn: (message: string, fields?: Fields) => void
  readonly error: (message: string, fields?: Fields) => void
  readonly child: (fields: Fields) => Log
}

/** Spans over the service's own work; does nothing when no exporter is configured. */
export interface Tracer {
  readonly span: <T>(name: string, attributes: Fields, work: () => Promise<T>) => Promise<T>
}
