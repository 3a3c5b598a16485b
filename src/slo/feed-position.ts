import { DAY, HOUR, type Labels, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { type Correction, cutsOf, type Segment, segmentsOf } from './corrections.ts'
import type { CoverageTimeline } from './coverage.ts'
import { type Feed, from, hourRange } from './feed.ts'
import { addRange, alignOut, difference, intersection, piecesOf, type Ranges, unionOf } from './ranges.ts'
import { advance, isEmpty, keepEdges } from './series.ts'
import { windowBounds } from './window.ts'

/** Moves the feed on to the hour of `now`. Going back in time changes nothing. */
export function position(feed: Feed, now: number, lag: number): void {
  const { shape } = feed
  const hour = Math.floor(now / HOUR)
  if (hour <= feed.hour) return
  feed.hour = hour
  if (shape.perHour === 0) {
    const end = Math.floor((hour * HOUR) / shape.step) + Math.ceil(HOUR / shape.step) + 2
    feed.start = (end - shape.recent) * shape.step
    feed.oldest = feed.start
    feed.steps = intersection(feed.steps, from(feed.start))
    for (const { series } of feed.scopes.values()) advance(series, feed.start / shape.step, feed.edges)
    dropEmpty(feed)
    return
  }
  const before = feed.start
  feed.start = (hour + 2) * HOUR - shape.recent * shape.step
  feed.oldest = Math.min(feed.start, oldestOf(feed, hour * HOUR, lag))
  feed.edges = edgesOf(feed, hour * HOUR, lag)
  for (const { series } of feed.scopes.values()) {
    advance(series, feed.start / shape.step, feed.edges)
    keepEdges(series, feed.edges)
  }
  moveHeld(feed, before)
  dropEmpty(feed)
}

/** A scope in which nothing happened for as long as any window looks back is no scope any more. */
function dropEmpty(feed: Feed): void {
  for (const { key, series } of feed.scopes.values()) {
    if (key === '' || !isEmpty(series)) continue
    feed.scopes.delete(key)
    feed.version++
  }
}

function oldestOf(feed: Feed, hour: number, lag: number): number {
  const starts = [
    ...feed.lengths.map((length) => hour - lag - length),
    ...feed.windows.map((w) => windowBounds(w, unixSeconds(hour - lag)).from),
  ]
  const kept = feed.start - feed.shape.hours * HOUR
  return Math.max(kept, Math.floor(Math.min(...starts) / HOUR) * HOUR)
}

/** The hours before the recent past in which a window begins at some time of this hour. */
function edgesOf(feed: Feed, hour: number, lag: number): ReadonlySet<number> {
  const edges = new Set<number>()
  if (feed.shape.perHour === 0) return edges
  const add = (from: number, to: number): void => {
    for (let h = Math.floor(from / HOUR); h <= Math.floor(to / HOUR); h++)
      if (h * HOUR < feed.start) edges.add(h)
  }
  for (const length of feed.lengths) add(hour - lag - length, hour + HOUR - length)
  for (const window of feed.windows) {
    const { from } = windowBounds(window, unixSeconds(hour))
    if (from % HOUR !== 0) add(from, from)
  }
  for (const cut of [...cutsOf(feed.corrections), ...feed.coverage.at])
    if (cut % HOUR !== 0 && cut > feed.oldest) add(cut, cut)
  return edges
}

/** Corrects from now on by these and no others. What they cut through becomes needed in minutes. */
export function correctFeed(feed: Feed, corrections: readonly Correction[], lag: number): void {
  feed.corrections = corrections
  feed.edges = edgesOf(feed, feed.hour * HOUR, lag)
}

/**
 * Tells slices what is known of the time: those of an hour in which that changes are needed one by one. Events are
 * counted whatever is known.
 */
export function coverFeed(feed: Feed, coverage: CoverageTimeline, lag: number): void {
  if (feed.judgement.kind === 'events' || feed.coverage === coverage) return
  feed.coverage = coverage
  feed.edges = edgesOf(feed, feed.hour * HOUR, lag)
}

/** The corrections of one scope. Slices are judged whole, so that parts of a scope cannot be taken out of them. */
export function segmentsFor(feed: Feed, scope: Labels, splitBy: readonly string[]): readonly Segment[] {
  return segmentsOf(feed.corrections, scope, {
    splitBy,
    divisible: feed.judgement.kind === 'events',
    parts: [...feed.scopes.values()],
    step: feed.shape.step,
  })
}

/** What was held in steps and has left the recent past is held by the hour; its steps only where they are wanted. */
function moveHeld(feed: Feed, before: number): void {
  const left = { from: unixSeconds(before), to: unixSeconds(feed.start) }
  for (const range of intersection(feed.steps, left)) {
    const from = Math.ceil(range.from / HOUR) * HOUR
    const to = Math.floor(range.to / HOUR) * HOUR
    feed.hours = addRange(feed.hours, { from: unixSeconds(from), to: unixSeconds(to) })
  }
  const kept = [...feed.edges].map((h) => hourRange(h))
  feed.steps = unionOf(
    intersection(feed.steps, from(feed.start)),
    kept.flatMap((hour) => intersection(feed.steps, hour)),
  )
  feed.hours = intersection(feed.hours, { from: unixSeconds(feed.oldest), to: unixSeconds(feed.start) })
}

/** What is not held and an evaluation at `now` needs. Hours only of events: slices are judged from minutes. */
export function missingOf(
  feed: Feed,
  now: UnixSeconds,
): { readonly minutes: Ranges; readonly hours: Ranges } {
  const { shape } = feed
  // A slice is asked for when it is complete, an event's minute as soon as it runs.
  const end = shape.step === 60 ? Math.ceil((now + 1) / 60) * 60 : Math.floor(now / shape.step) * shape.step
  const recent = difference([{ from: unixSeconds(feed.start), to: unixSeconds(end) }], feed.steps)
  const old = unionOf([{ from: unixSeconds(feed.oldest), to: unixSeconds(feed.start) }])
  const oldHours = difference(old, feed.hours)
  const edges = unionOf([...feed.edges].map((h) => hourRange(h)))
  const edgeMinutes = difference(edges, feed.steps)
  const piece = Math.max(1, Math.floor(DAY / shape.step)) * shape.step
  if (feed.judgement.kind !== 'events')
    return { minutes: unionOf(recent, edgeMinutes, oldHours).flatMap((r) => piecesOf(r, piece)), hours: [] }
  return {
    minutes: unionOf(recent, edgeMinutes).flatMap((r) => piecesOf(r, piece)),
    hours: difference(oldHours, edgeMinutes).map((r) => alignOut(r, HOUR)),
  }
}
