import {
  type Labels,
  labelsKey,
  minuteAfter,
  minuteOf,
  type Range,
  type Seconds,
  seconds,
  type UnixSeconds,
} from '../base/index.ts'
import { createBurnSums } from './burn-windows.ts'
import { type Correction, type CorrectionProblem, correctionsOf, problemOf } from './corrections.ts'
import { type CoverageTimeline, type KnownSpan, worstOf } from './coverage.ts'
import type { Slo, SloId } from './definition.ts'
import type { Moment } from './ends.ts'
import { evaluateSubject } from './evaluate.ts'
import type { Counts, Evaluation } from './evaluation.ts'
import type { Buckets, Feed } from './feed.ts'
import { forget, loadScope, markHeld } from './feed-load.ts'
import { correctFeed, coverFeed, missingOf, position, segmentsFor } from './feed-position.ts'
import { type Held, holdSlo, moveOn } from './held.ts'
import { knownMinutes, type Waiting } from './journey/known.ts'
import { createKnowledge } from './knowledge.ts'
import { type Meter, measure } from './measure.ts'
import { saysOther } from './said.ts'
import { sizeOf, sumSteps } from './series.ts'
import { scaleOf, stepOf } from './slices.ts'
import type { Subject } from './subject.ts'

/**
 * The counts of many SLOs, held in memory so that any of their windows can be evaluated at once, exact to the
 * minute. It reads nothing by itself: `needs` says what to read, `load` and `loaded` take it.
 */
export interface Timelines {
  /**
   * What must be read from the ledger for evaluations at `now` to be exact: everything at first, then only what
   * newly became necessary. The last minutes come again until they are `settle` old; a need comes again until
   * `loaded` was called for it. Minutes come a day at a time at most.
   */
  readonly needs: (now: UnixSeconds) => readonly Need[]
  /** Replaces buckets of one scope of one indicator. May be done again at any time, with late data too. */
  readonly load: (slo: SloId, indicator: string, answer: LoadedSeries) => void
  /** Everything the ledger has for the need was loaded: a scope that was not mentioned had no events in it. */
  readonly loaded: (need: Need) => void
  /** The ledger was written to inside the range, for this source: `needs` asks for it again. */
  readonly touched: (source: string, range: Range) => void
  /** What is known of a source; later spans replace earlier ones. What is never covered was never reported. */
  readonly cover: (source: string, spans: readonly KnownSpan[]) => void
  /**
   * Corrects by these from now on, in place of all earlier ones; `needs` asks for the minutes of the hours they cut
   * through. Gives those that cannot be applied to the whole of an SLO.
   */
  readonly correct: (corrections: readonly Correction[]) => readonly CorrectionProblem[]
  /** Every objective of every SLO: as a whole first, then by scope in the order of `labelsKey`. */
  readonly evaluate: (now: UnixSeconds) => readonly Evaluation[]
  /**
   * Evaluates everything, and gives those evaluations whose state or verdicts are others than the last time this was
   * asked. For a tick over very many series: it builds nothing for what stays as it was.
   */
  readonly changed: (now: UnixSeconds) => readonly Evaluation[]
  /** The same as `evaluate` for one SLO; empty when there is none of this id. */
  readonly evaluateOne: (slo: SloId, now: UnixSeconds) => readonly Evaluation[]
  /**
   * What was counted in a range, whole minutes or slices. Undefined when only the hours of its ends are held, or
   * when there is no such scope: then the ledger knows.
   */
  readonly counts: (
    slo: SloId,
    objective: string,
    asked: { readonly scope: Labels; readonly range: Range },
  ) => Counts | undefined
  /** What is known of each minute of a range, by the sources of an SLO; of all nothing when there is no such SLO. */
  readonly known: (slo: SloId, range: Range, waiting: Waiting) => Uint8Array
  /**
   * The minutes of a range as events, uncorrected. Undefined when not all of them are held, when the method counts
   * slices, or when there is no such SLO; a scope that was never seen had no events.
   */
  readonly minutes: (
    slo: SloId,
    objective: string,
    asked: { readonly scope: Labels; readonly range: Range },
  ) => Buckets | undefined
  /** How much is held: series, and bytes of counts. */
  readonly size: () => { readonly series: number; readonly bytes: number }
}

/** Buckets to be read: of every indicator of the SLO, in every scope. */
export interface Need {
  readonly slo: SloId
  readonly width: Seconds
  readonly range: Range
  /** When it was asked for: what ended shortly before may still be written to. */
  readonly at: UnixSeconds
}

export interface LoadedSeries extends Buckets {
  readonly scope: Labels
}

export interface TimelinesOptions {
  /** The instant to begin at; `needs` and `evaluate` move it on. */
  readonly now: UnixSeconds
  /** So long a minute that ended may go unreported before it counts as not known. 120 s. */
  readonly settle?: Seconds
  /** So far back burn windows follow a source that reports late. Two hours. */
  readonly lag?: Seconds
}

export function createTimelines(slos: readonly Slo[], options: TimelinesOptions): Timelines {
  const patience = { settle: options.settle ?? 120, lag: options.lag ?? 7_200 }
  const held = new Map(slos.map((slo) => [slo.id, holdSlo(slo, options.now, patience.lag)]))
  // An array, whose turns build nothing, unlike those of a map.
  const all = [...held.values()]
  const bySource = groupBySource(all)
  const knowledge = createKnowledge()
  const sums = createBurnSums(all.map((one) => one.plan))
  let oldest: number | undefined

  const subjectsAt = (one: Held, moment: Moment): readonly Subject[] => {
    moveOn(one, knowledge.of(one), moment)
    return one.subjects
  }
  const evaluateHeld = (one: Held, now: UnixSeconds): Evaluation[] =>
    subjectsAt(one, { now, patience }).map((subject) => evaluateSubject(subject, now, sums))
  const feedsOf = (slo: SloId): readonly Feed[] => held.get(slo)?.feeds ?? []

  return {
    needs: (now) => {
      oldest = undefined
      return all.flatMap((one) => needsOf(one, now, { lag: patience.lag, coverage: knowledge.of(one) }))
    },
    load: (slo, indicator, answer) => {
      for (const feed of feedsOf(slo)) if (feed.indicator === indicator) loadScope(feed, answer.scope, answer)
    },
    loaded: ({ slo, range, width, at }) => {
      const through = minuteOf(at - patience.settle)
      for (const feed of feedsOf(slo)) markHeld(feed, range, { width, through })
    },
    touched: (source, range) => {
      for (const { feeds } of bySource.get(source) ?? []) for (const feed of feeds) forget(feed, range)
    },
    cover: (source, spans) => {
      // Windows move on by the hour, and what is a little older does no harm.
      oldest ??= Math.min(Infinity, ...all.map(oldestOf))
      knowledge.cover(source, spans, oldest)
    },
    correct: (corrections) => all.flatMap((one) => correctSlo(one, corrections, patience.lag)),
    evaluate: (now) => all.flatMap((one) => evaluateHeld(one, now)),
    changed: (now) => {
      const evaluations: Evaluation[] = []
      const moment = { now, patience }
      for (const one of all)
        for (const subject of subjectsAt(one, moment)) {
          if (saysOther(subject, now, sums)) evaluations.push(evaluateSubject(subject, now, sums))
        }
      return evaluations
    },
    evaluateOne: (slo, now) => {
      const one = held.get(slo)
      return one ? evaluateHeld(one, now) : []
    },
    counts: (slo, objective, asked) => {
      const one = held.get(slo)
      return one && countsOf(one, objective, { ...asked, coverage: knowledge.of(one) })
    },
    known: (slo, range, waiting) => {
      const one = held.get(slo)
      return knownMinutes(one ? knowledge.of(one) : worstOf([[]]), range, waiting)
    },
    minutes: (slo, objective, { scope, range }) => {
      const feed = held.get(slo)?.of.find((one) => one.objective.name === objective)?.feed
      return feed && minutesOf(feed, labelsKey(scope), range)
    },
    size: () => {
      const series = all.flatMap(({ feeds }) => feeds.flatMap((f) => [...f.scopes.values()]))
      return {
        series: series.length,
        bytes: series.reduce((bytes, scope) => bytes + sizeOf(scope.series), 0),
      }
    },
  }
}

function groupBySource(all: readonly Held[]): ReadonlyMap<string, readonly Held[]> {
  const groups = new Map<string, Held[]>()
  for (const one of all)
    for (const source of new Set(one.slo.sources)) {
      const group = groups.get(source)
      if (group) group.push(one)
      else groups.set(source, [one])
    }
  return groups
}

function oldestOf({ feeds }: Held): number {
  return Math.min(Infinity, ...feeds.map((feed) => feed.oldest))
}

function needsOf(
  { slo, feeds }: Held,
  now: UnixSeconds,
  { lag, coverage }: { readonly lag: number; readonly coverage: CoverageTimeline },
): Need[] {
  const needs = new Map<string, Need>()
  const add = (width: number, range: Range): void => {
    needs.set(`${width} ${range.from} ${range.to}`, { slo: slo.id, width: seconds(width), range, at: now })
  }
  for (const feed of feeds) {
    coverFeed(feed, coverage, lag)
    position(feed, now, lag)
    const { minutes, hours } = missingOf(feed, now)
    for (const range of hours) add(3_600, range)
    for (const range of minutes) add(60, { from: minuteOf(range.from), to: minuteAfter(range.to) })
  }
  return [...needs.values()]
}

function correctSlo({ slo, feeds }: Held, all: readonly Correction[], lag: number): CorrectionProblem[] {
  const corrections = correctionsOf(slo.id, all)
  for (const feed of feeds) correctFeed(feed, corrections, lag)
  const divisible = slo.method === 'occurrences'
  return corrections.flatMap((correction) => {
    const reason = problemOf(correction, { splitBy: slo.splitBy, divisible })
    return reason ? [{ correction: correction.id, slo: slo.id, reason }] : []
  })
}

function countsOf(
  { slo, of }: Held,
  objective: string,
  asked: { readonly scope: Labels; readonly range: Range; readonly coverage: CoverageTimeline },
): Counts | undefined {
  const feed = of.find((one) => one.objective.name === objective)?.feed
  const series = feed?.scopes.get(labelsKey(asked.scope))?.series
  if (!feed || !series) return undefined
  const step = stepOf(feed.judgement)
  const from = Math.floor(asked.range.from / step) * step
  const to = Math.ceil(asked.range.to / step) * step
  const sum = new Float64Array(2)
  const meter: Meter = {
    series,
    judgement: feed.judgement,
    coverage: asked.coverage,
    noData: 'freeze',
    average: 0,
    segments: segmentsFor(feed, asked.scope, slo.splitBy),
  }
  if (from < feed.oldest || !measure(meter, from, to, sum)) return undefined
  const scale = scaleOf(feed.judgement)
  const total = sum[0] ?? 0
  const bad = sum[1] ?? 0
  return { good: (total - bad) / scale, bad: bad / scale }
}

function minutesOf({ judgement, scopes, start }: Feed, scope: string, range: Range): Buckets | undefined {
  if (judgement.kind !== 'events' || range.from < start) return undefined
  const first = range.from / 60
  const count = Math.max(0, Math.ceil((range.to - range.from) / 60))
  const good = new Float64Array(count)
  const bad = new Float64Array(count)
  const series = scopes.get(scope)?.series
  const sum = new Float64Array(2)
  for (let i = 0; series && i < count; i++) {
    sumSteps(series, first + i, first + i + 1, sum)
    bad[i] = sum[1] ?? 0
    good[i] = (sum[0] ?? 0) - (sum[1] ?? 0)
  }
  return { start: range.from, width: 60, good, bad }
}
