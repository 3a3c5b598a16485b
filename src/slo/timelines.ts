import {
  type Labels,
  labelsKey,
  minuteAfter,
  minuteOf,
  type Range,
  type Seconds,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import { type CoverageTimeline, forgetBefore, type KnownSpan, paintSpan, worstOf } from './coverage.ts'
import type { Objective, Slo, SloId } from './definition.ts'
import { type Ends, endsAt, evaluateSubject, type Patience, type Subject } from './evaluate.ts'
import type { Counts, Evaluation } from './evaluation.ts'
import {
  type Buckets,
  createFeed,
  type Feed,
  forget,
  loadScope,
  markHeld,
  missingOf,
  position,
} from './feed.ts'
import { measure } from './measure.ts'
import { judgementOf, scaleOf, stepOf } from './slices.ts'
import { windowBounds } from './window.ts'

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
  /** Every objective of every SLO: as a whole first, then by scope in the order of `labelsKey`. */
  readonly evaluate: (now: UnixSeconds) => readonly Evaluation[]
  /** The same for one SLO; empty when there is none of this id. */
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

interface Held {
  readonly slo: Slo
  readonly feeds: readonly Feed[]
  /** The feed of each objective, in their order. */
  readonly of: readonly Feed[]
  /** Names the set of sources its coverage rests on. */
  readonly sources: string
}

export function createTimelines(slos: readonly Slo[], options: TimelinesOptions): Timelines {
  const patience: Patience = { settle: options.settle ?? 120, lag: options.lag ?? 7_200 }
  const held = new Map(slos.map((slo) => [slo.id, holdSlo(slo, options.now, patience.lag)]))
  const spans = new Map<string, readonly KnownSpan[]>()
  const coverage = new Map<string, CoverageTimeline>()

  const coverageOf = ({ slo, sources }: Held): CoverageTimeline => {
    const known = coverage.get(sources)
    if (known) return known
    const worst = worstOf(slo.sources.map((source) => spans.get(source) ?? []))
    coverage.set(sources, worst)
    return worst
  }
  const evaluateHeld = (one: Held, now: UnixSeconds): Evaluation[] => {
    for (const feed of one.feeds) position(feed, now, patience.lag)
    return subjectsOf(one, { now, patience, coverage: coverageOf(one) }).map((s) => evaluateSubject(s, now))
  }

  return {
    needs: (now) => [...held.values()].flatMap((one) => needsOf(one, now, patience.lag)),
    load: (slo, indicator, answer) => {
      for (const feed of held.get(slo)?.feeds ?? [])
        if (feed.indicator === indicator) loadScope(feed, answer.scope, answer)
    },
    loaded: ({ slo, range, width, at }) => {
      for (const feed of held.get(slo)?.feeds ?? [])
        markHeld(feed, range, { width, through: minuteOf(at - patience.settle) })
    },
    touched: (source, range) => {
      for (const { slo, feeds } of held.values())
        if (slo.sources.includes(source)) for (const feed of feeds) forget(feed, range)
    },
    cover: (source, added) => {
      const oldest = Math.min(...[...held.values()].flatMap((one) => one.feeds.map((feed) => feed.oldest)))
      const painted = added.reduce(paintSpan, spans.get(source) ?? [])
      spans.set(source, forgetBefore(painted, oldest))
      coverage.clear()
    },
    evaluate: (now) => [...held.values()].flatMap((one) => evaluateHeld(one, now)),
    evaluateOne: (slo, now) => {
      const one = held.get(slo)
      return one ? evaluateHeld(one, now) : []
    },
    counts: (slo, objective, asked) => {
      const one = held.get(slo)
      return one && countsOf(one, objective, { ...asked, coverage: coverageOf(one) })
    },
  }
}

function holdSlo(slo: Slo, now: UnixSeconds, lag: number): Held {
  const feeds = new Map<string, Feed>()
  const of = slo.objectives.map((objective) => {
    const key = JSON.stringify([objective.indicator, judgementOf(slo.method, objective.slice)])
    const feed = feeds.get(key) ?? createFeed(slo, objective, { now, lag })
    feeds.set(key, feed)
    return feed
  })
  return { slo, feeds: [...feeds.values()], of, sources: JSON.stringify([...slo.sources].sort()) }
}

function needsOf({ slo, feeds }: Held, now: UnixSeconds, lag: number): Need[] {
  const needs = new Map<string, Need>()
  const add = (width: number, range: Range): void => {
    needs.set(`${width} ${range.from} ${range.to}`, { slo: slo.id, width: seconds(width), range, at: now })
  }
  for (const feed of feeds) {
    position(feed, now, lag)
    const { minutes, hours } = missingOf(feed, now)
    for (const range of hours) add(3_600, range)
    for (const range of minutes) add(60, { from: minuteOf(range.from), to: minuteAfter(range.to) })
  }
  return [...needs.values()]
}

/** Every objective of one SLO, whole first, then each scope that was seen. */
function subjectsOf(
  { slo, of }: Held,
  at: { readonly now: UnixSeconds; readonly patience: Patience; readonly coverage: CoverageTimeline },
): Subject[] {
  const { coverage } = at
  const ends = new Map<Feed, Ends>()
  return slo.objectives.flatMap((objective: Objective, i) => {
    const feed = of[i]
    if (!feed) return []
    const { judgement } = feed
    const end =
      ends.get(feed) ??
      endsAt(at.now, { series: feed.scopes.get('')?.series, coverage, step: stepOf(judgement) }, at.patience)
    ends.set(feed, end)
    const bounds = slo.windows.map((window) => windowBounds(window, end.window))
    const scopes = [...feed.scopes.values()]
      .filter((s) => s.key !== '')
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    const whole = { labels: {}, series: feed.scopes.get('')?.series }
    return [whole, ...scopes].map(({ labels, series }) => ({
      slo,
      objective,
      scope: labels,
      meter: { series, judgement, coverage, noData: slo.noData },
      bounds,
      ends: end,
    }))
  })
}

function countsOf(
  { slo, of }: Held,
  objective: string,
  asked: { readonly scope: Labels; readonly range: Range; readonly coverage: CoverageTimeline },
): Counts | undefined {
  const feed = of[slo.objectives.findIndex((o) => o.name === objective)]
  const series = feed?.scopes.get(labelsKey(asked.scope))?.series
  if (!feed || !series) return undefined
  const step = stepOf(feed.judgement)
  const range = {
    from: unixSeconds(Math.floor(asked.range.from / step) * step),
    to: unixSeconds(Math.ceil(asked.range.to / step) * step),
  }
  const sum = new Float64Array(2)
  const meter = { series, judgement: feed.judgement, coverage: asked.coverage, noData: 'freeze' as const }
  if (range.from < feed.oldest || !measure(meter, range, sum)) return undefined
  const scale = scaleOf(feed.judgement)
  const total = sum[0] ?? 0
  const bad = sum[1] ?? 0
  return { good: (total - bad) / scale, bad: bad / scale }
}
