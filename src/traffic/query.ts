import type { Microseconds } from '../base/index.ts'
import type { Outcome } from './model.ts'
import type { Selector } from './selector.ts'

/**
 * Which events of our own traffic count, as an SLI asks for them (metric source `Requests`).
 *
 * An event is in `all` when its outcome is good or bad; ignored events are in neither.
 */
export interface RequestQuery {
  readonly kind: 'requests'
  /** The DataSource's name: a selector pins its source, so that edge and APM are never added up. */
  readonly source: string
  readonly match: Selector
  readonly outcome: 'good' | 'bad' | 'all'
  /**
   * Only events that took less than this; an edge of the histogram layout. Events whose duration is unknown are
   * not within. Absent: any duration.
   */
  readonly within?: Microseconds
  /** Reasons judged otherwise by this SLI than by the source: `{ 'http-429': 'bad' }`. */
  readonly judge?: Readonly<Record<string, Outcome>>
  /**
   * From how long on a client that left counts as bad (the slow-abort rule). Absent: as the source judged it.
   * `never`: leaving is always ignored.
   */
  readonly abort?: Microseconds | 'never'
}

/** Counts that a source answers with itself: PromQL, Datadog, Athena, … Kept in the ledger by `key`. */
export interface ExternalQuery {
  readonly kind: 'external'
  readonly source: string
  /** The metric source's type: `Prometheus`, `Datadog`, … */
  readonly type: string
  readonly spec: Readonly<Record<string, unknown>>
  /** The identity of the question: a hash of source, type, spec and reading. */
  readonly key: string
  /** How an answer becomes the count of a minute. Absent: it is the number of events, not a running total. */
  readonly reading?: ExternalReading
  /**
   * What it means that the source has nothing for a minute: that nothing happened, where what did is a part of something
   * else that is asked. Absent: it is not known. No part of the identity.
   */
  readonly silence?: 'zero'
}

/**
 * The name under which the coverage of one question is kept, as that of a source: a question that cannot be answered
 * says nothing of the others, nor does one whose past is not read yet.
 */
export function questionSource({ source, key }: Pick<ExternalQuery, 'source' | 'key'>): string {
  return `${source}?${key}`
}

/** The DataSource that a name is about: itself, or that of a question. Names of DataSources have no `?`. */
export function dataSourceOf(name: string): string {
  const at = name.indexOf('?')
  return at < 0 ? name : name.slice(0, at)
}

export type ExternalReading =
  /** A running total that only rises, but for resets: what it rose by in the minute. */
  | { readonly kind: 'counter' }
  /** One for each data point of the minute. */
  | { readonly kind: 'points' }
  /** One for each data point that compares so with the value, a decimal as text. */
  | { readonly kind: 'points-passing'; readonly op: 'lt' | 'lte' | 'gt' | 'gte'; readonly value: string }
  /** A share of 0..1, as whole millionths; `of` says what it is a share of. */
  | { readonly kind: 'share'; readonly of: 'good' | 'bad' }
  /** A million for each minute in which the share is known. */
  | { readonly kind: 'whole' }

export type MetricQuery = RequestQuery | ExternalQuery

/**
 * What the ledger is asked per minute for one indicator: events that count as good, and all that count.
 * `bad` instead of `good` gives good = total - bad.
 */
export interface IndicatorQuery {
  /** Unique among the queries of one call. */
  readonly id: string
  readonly numerator: { readonly counts: 'good' | 'bad'; readonly query: MetricQuery }
  readonly total: MetricQuery
  /**
   * Label names, widest first. Gives one series for all together (scope `{}`), and one for each combination seen of
   * each prefix of the list: by cloud, then by cloud and region.
   */
  readonly splitBy: readonly string[]
}
