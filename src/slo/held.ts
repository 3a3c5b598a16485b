import { type Labels, labelsKey, type UnixSeconds } from '../base/index.ts'
import { type BurnPlan, burnPlanOf } from './burn-windows.ts'
import type { CoverageTimeline } from './coverage.ts'
import type { Objective, Slo } from './definition.ts'
import { type Moment, moveEnds } from './ends.ts'
import type { Feed } from './feed.ts'
import { createFeed } from './feed-create.ts'
import { coverFeed, position, segmentsFor } from './feed-position.ts'
import { judgementOf } from './slices.ts'
import type { BoundedWindow, Subject } from './subject.ts'
import { windowBounds } from './window.ts'

interface HeldSubject extends Subject {
  readonly feed: Feed
}

export interface Held {
  readonly slo: Slo
  readonly feeds: readonly Feed[]
  /** The objectives, in their order, with their feeds. */
  readonly of: readonly { readonly objective: Objective; readonly feed: Feed }[]
  readonly plan: BurnPlan
  /** Names the set of sources its coverage rests on. */
  readonly sources: string
  /** Every objective, whole first, then by scope; built anew when scopes come or go. */
  subjects: readonly HeldSubject[]
  version: number
  /** The windows, with the bounds that hold this end. */
  windows: { readonly end: UnixSeconds; readonly bounded: readonly BoundedWindow[] } | undefined
}

export function holdSlo(slo: Slo, now: UnixSeconds, lag: number): Held {
  const feeds = new Map<string, Feed>()
  const of = slo.objectives.map((objective) => {
    const key = JSON.stringify([objective.indicator, judgementOf(slo.method, objective.slice)])
    const feed = feeds.get(key) ?? createFeed(slo, objective, { now, lag })
    feeds.set(key, feed)
    return { objective, feed }
  })
  const sources = JSON.stringify(slo.sources)
  const plan = burnPlanOf(slo)
  return { slo, feeds: [...feeds.values()], of, plan, sources, subjects: [], version: -1, windows: undefined }
}

/** Brings the subjects of one SLO to `now`: scopes that came or went, where windows end, what is known. */
export function moveOn(one: Held, coverage: CoverageTimeline, moment: Moment): void {
  const { slo, feeds } = one
  const { now, patience } = moment
  let version = 0
  for (const feed of feeds) {
    coverFeed(feed, coverage, patience.lag)
    position(feed, now, patience.lag)
    moveEnds(feed, coverage, moment)
    version += feed.version
  }
  if (version !== one.version) {
    one.subjects = subjectsOf(one, coverage, patience.settle)
    one.version = version
  }
  for (const subject of one.subjects) {
    const { feed, meter } = subject
    subject.windows = windowsAt(one, feed.ends.window)
    meter.coverage = coverage
    if (subject.corrections === feed.corrections) continue
    subject.corrections = feed.corrections
    meter.segments = segmentsFor(feed, subject.scope, slo.splitBy)
  }
}

function windowsAt(one: Held, end: UnixSeconds): readonly BoundedWindow[] {
  if (one.windows?.end !== end) one.windows = { end, bounded: nextWindows(one, end) }
  return one.windows.bounded
}

/** The windows' bounds; a calendar window is looked up once, and then holds until it ends. */
function nextWindows({ slo, windows }: Held, end: UnixSeconds): readonly BoundedWindow[] {
  return slo.windows.map((window, i) => {
    const last = windows?.bounded[i]
    const isInside = last && last.bounds.from <= end && end < last.bounds.to
    return window.kind === 'calendar' && isInside ? last : { window, bounds: windowBounds(window, end) }
  })
}

/** Every objective of one SLO, whole first, then each scope that was seen; those that were there keep their memory. */
function subjectsOf(one: Held, coverage: CoverageTimeline, settle: number): HeldSubject[] {
  const { slo, of, plan, subjects } = one
  const key = (objective: string, scope: Labels): string => JSON.stringify([objective, labelsKey(scope)])
  const before = new Map(subjects.map((s) => [key(s.objective.name, s.scope), s]))
  return of.flatMap(({ objective, feed }) => {
    const { judgement } = feed
    const scopes = [...feed.scopes.values()]
      .filter((s) => s.key !== '')
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    const whole = { labels: {}, series: feed.scopes.get('')?.series }
    return [whole, ...scopes].map(({ labels, series }) => ({
      slo,
      objective,
      scope: labels,
      feed,
      plan,
      settle,
      meter: {
        series,
        judgement,
        coverage,
        noData: slo.noData,
        average: 0,
        segments: segmentsFor(feed, labels, slo.splitBy),
      },
      windows: windowsAt(one, feed.ends.window),
      corrections: feed.corrections,
      ends: feed.ends,
      said: before.get(key(objective.name, labels))?.said ?? [],
    }))
  })
}
