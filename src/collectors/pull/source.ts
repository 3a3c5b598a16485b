import type { Labels, Range, Result, UnixSeconds } from '../../base/index.ts'
import type { ExternalQuery, TrafficRow } from '../../traffic/index.ts'

/** A service that answers questions with counts per minute: Prometheus, Datadog, Athena, CloudWatch, … */
export interface CountSource {
  /** How many questions one call may carry: one query can answer many where the source knows grouping. */
  readonly together: number
  /**
   * Counts per whole minute for these questions over a range of whole minutes, all asked at the same instant. One
   * reply for each question; a question without a reply counts as not answered. Never rejects for what the world does.
   */
  readonly ask: (asked: Asked, signal: AbortSignal) => Promise<readonly Reply[]>
  /** What people recognise the question by: its text. */
  readonly describe: (question: ExternalQuery) => string
  /** What else people should know of a question: what it cost. */
  readonly remark?: (question: ExternalQuery) => string | undefined
}

export interface Asked {
  readonly questions: readonly ExternalQuery[]
  readonly range: Range
  /**
   * For sources that cost money: names this reading of these questions. It is in the ledger before the source is asked, and
   * a run that follows a crash asks with the same name, so that what was begun is gone on with and not begun again.
   */
  readonly attempt?: string
}

export interface Reply {
  /** `ExternalQuery.key`. */
  readonly key: string
  readonly result: Result<Answer, PullFailure>
}

/** What a source knows of a question over a range. Minutes without a row count as zero where they are known. */
export interface Answer {
  readonly rows: readonly MinuteCount[]
  /** Requests instead of counts, for questions that are a source's own traffic: all there was in the range. */
  readonly traffic?: readonly TrafficRow[]
  /** Minutes of the range that are not known, or not whole, in order. The rest is known. */
  readonly gaps: readonly KnowledgeGap[]
  /** Minutes from here on are not there yet and are asked again; absent: the answer is for the whole range. */
  readonly through?: UnixSeconds
  /**
   * The longest stretch, in seconds, of which an answer is small enough to be taken in without holding up other work;
   * absent: any.
   */
  readonly rather?: number
  /** Data points that could not be read, by the minute they are of. */
  readonly rejected?: ReadonlyMap<UnixSeconds, number>
}

export interface MinuteCount {
  readonly labels: Labels
  readonly minute: UnixSeconds
  /** Whole and at least zero. */
  readonly value: number
}

export interface KnowledgeGap extends Range {
  readonly state: 'partial' | 'missing'
  /** For people: `no samples`. */
  readonly reason: string
}

/** Why there is no answer, and what to do about it. */
export interface PullFailure {
  /**
   * `unavailable`: the source as a whole, for now. `throttled`: it asks to be left alone for a while. `refused`: this
   * question is wrong; others are not. `too-much`: this range is too long for one answer.
   */
  readonly kind: 'unavailable' | 'throttled' | 'refused' | 'too-much'
  readonly text: string
  readonly remedy: string
  /** When the source said when to come back. */
  readonly retryAfterMs?: number
}
