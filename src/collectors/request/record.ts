import type { RequestFacts } from '../../traffic/index.ts'

/** One request as an access log tells it: the facts that are judged, when it ended, and what names its series. */
export interface RequestRecord extends RequestFacts {
  /** Milliseconds since 1970 when the last byte was sent: the minute that the event belongs to. */
  readonly endMs: number
  readonly authority: string | undefined
  readonly upstreamCluster: string | undefined
  /** The route's name or template, when the source has one. */
  readonly route: string | undefined
  /** What stands in the field that the DataSource names the service by. */
  readonly service: string | undefined
  readonly traceId: string | undefined
  readonly requestId: string | undefined
}

/** The ledger's minutes end in 2106; what is later is a broken clock. Milliseconds since 1970. */
export const LATEST_MS = 4_294_967_280_000

/** Longer than any request, in microseconds: a century. A field that says more says nothing. */
export const LONGEST_US: number = 100 * 366 * 86_400 * 1_000_000
