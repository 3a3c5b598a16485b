import {
  DAY,
  HOUR,
  type Labels,
  labelsKey,
  type Range,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import { type Correction, cutsOf, type Segment, segmentsOf } from './corrections.ts'
import type { Objective, Slo, Window } from './definition.ts'
import {
  addRange,
  alignOut,
  difference,
  intersection,
  piecesOf,
  type Ranges,
  removeRange,
  unionOf,
} from './ranges.ts'
import {
  addEmptyEdge,
  advance,
  createSeries,
  type HeldSeries,
  isEmpty,
  keepEdges,
  replaceHours,
  replaceSteps,
  type SeriesShape,
} from './series.ts'
import { type Judgement, judgementOf, stepOf, stepsFrom } from './slices.ts'
import { longestLength, windowBounds } from './window.ts'

/** Buckets as the ledger answers them: one number a bucket. */
export interface Buckets {
  readonly start: UnixSeconds
  /** 60 or 3,600 seconds. */
  readonly width: number
  readonly good: ArrayLike<number>
  readonly bad: ArrayLike<number>
}

/**
 * All that is held of one indicator judged in one way: a series for each scope, and which time is held. Objectives
 * that judge the same events alike share a feed.
 */
export interface Feed {
  readonly indicator: string
  readonly judgement: Judgement
  readonly shape: SeriesShape
  readonly scopes: Map<string, HeldScope>
  /** Lengths of all windows that slide. */
  readonly lengths: readonly number[]
  readonly windows: readonly Window[]
  /** The hour for which `start`, `oldest` and `edges` hold. */
  hour: number
  /** Where the steps of the recent past begin; on an hour. */
  start: number
  /** The earliest instant that a window reaches back to, at the start of its hour. */
  oldest: number
  /** Hours before `start` whose steps are wanted, by index. */
  edges: ReadonlySet<number>
  /** Time whose steps are held. */
  steps: Ranges
  /** Time before `start` whose hours are held. */
  hours: Ranges
  /** Corrections that are about the SLO. */
  corrections: readonly Correction[]
  /** Their segments by scope, worked out when first asked for. */
  readonly segments: Map<string, readonly Segment[]>
  /** Counts up when a scope appears or goes. */
  version: number
}

export interface HeldScope {
  readonly labels: Labels
  readonly key: string
  readonly series: HeldSeries
  /** What was handed over and not yet declared complete, by width: what an answer leaves out is zero. */
  readonly loaded: { minutes: Ranges; hours: Ranges }
}

/** Burn windows longer than this keep their beginnings as edges instead of all their minutes. */
const RECENT_LONGEST = 3 * DAY

export function createFeed(
  slo: Slo,
  objective: Objective,
  options: { readonly now: number; readonly lag: number },
): Feed {
  const judgement = judgementOf(slo.method, objective.slice)
  const rolling = slo.windows.flatMap((w) => (w.kind === 'rolling' ? [w.length] : []))
  const burns = slo.policy.rules.flatMap((rule) => [rule.long, rule.short])
  const longest = Math.max(...slo.windows.map(longestLength), ...burns, HOUR)
  const feed: Feed = {
    indicator: objective.indicator,
    judgement,
    shape: shapeOf(stepOf(judgement), {
      longest: longest + options.lag,
      recent: Math.min(RECENT_LONGEST, Math.max(HOUR, ...burns)) + options.lag,
    }),
    scopes: new Map(),
    lengths: [...new Set([...rolling, ...burns])],
    windows: slo.windows,
    hour: -1,
    start: 0,
    oldest: 0,
    edges: new Set(),
    steps: [],
    hours: [],
    corrections: [],
    segments: new Map(),
    version: 0,
  }
  position(feed, options.now, options.lag)
  return feed
}

function shapeOf(
  step: number,
  { longest, recent }: { readonly longest: number; readonly recent: number },
): SeriesShape {
  if (HOUR % step !== 0)
    return { step, perHour: 0, recent: Math.ceil(longest / step) + Math.ceil(HOUR / step) + 4, hours: 0 }
  const perHour = HOUR / step
  const recentHours = Math.ceil(recent / HOUR) + 1
  // The running hour, and one more for minutes that arrive as it turns.
  return {
    step,
    perHour,
    recent: (recentHours + 2) * perHour,
    hours: Math.max(0, Math.ceil(longest / HOUR) + 2 - recentHours),
  }
}

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
  if (before > 0) moveHeld(feed, before)
  dropEmpty(feed)
}

/** A scope in which nothing happened for as long as any window looks back is no scope any more. */
function dropEmpty(feed: Feed): void {
  for (const { key, series } of feed.scopes.values()) {
    if (key === '' || !isEmpty(series)) continue
    feed.scopes.delete(key)
    feed.segments.clear()
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
  const add = (from: number, to: number): void => {
    for (let h = Math.floor(from / HOUR); h <= Math.floor(to / HOUR); h++)
      if (h * HOUR < feed.start) edges.add(h)
  }
  for (const length of feed.lengths) add(hour - lag - length, hour + HOUR - length)
  for (const window of feed.windows) {
    if (window.kind === 'rolling') continue
    const { from } = windowBounds(window, unixSeconds(hour))
    if (from % HOUR !== 0) add(from, from)
  }
  for (const cut of cutsOf(feed.corrections)) if (cut % HOUR !== 0 && cut > feed.oldest) add(cut, cut)
  return edges
}

/** Corrects from now on by these and no others. What they cut through becomes needed in minutes. */
export function correctFeed(feed: Feed, corrections: readonly Correction[], lag: number): void {
  feed.corrections = corrections
  feed.segments.clear()
  if (feed.shape.perHour > 0) feed.edges = edgesOf(feed, feed.hour * HOUR, lag)
}

/** The corrections of one scope. Slices are judged whole, so that parts of a scope cannot be taken out of them. */
export function segmentsFor(feed: Feed, scope: Labels, splitBy: readonly string[]): readonly Segment[] {
  if (feed.corrections.length === 0) return []
  const key = labelsKey(scope)
  const known = feed.segments.get(key)
  if (known) return known
  const segments = segmentsOf(feed.corrections, scope, {
    splitBy,
    divisible: feed.judgement.kind === 'events',
    parts: [...feed.scopes.values()],
    step: feed.shape.step,
  })
  feed.segments.set(key, segments)
  return segments
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
  const old: Range = { from: unixSeconds(feed.oldest), to: unixSeconds(feed.start) }
  const oldHours = difference([old], feed.hours)
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

/** Replaces buckets of one scope; hours of which only a part came, and whose rest is not held, are not held after. */
export function loadScope(feed: Feed, scope: Labels, buckets: Buckets): void {
  const { start, width } = buckets
  const range = { from: start, to: unixSeconds(start + width * buckets.good.length) }
  const held = heldScope(feed, scope)
  if (width === HOUR) held.loaded.hours = addRange(held.loaded.hours, range)
  else held.loaded.minutes = addRange(held.loaded.minutes, range)
  replace(feed, held, buckets)
}

function replace(feed: Feed, held: HeldScope, buckets: Buckets): void {
  if (buckets.width === HOUR) {
    if (feed.judgement.kind !== 'events') return
    const bad = Float64Array.from(buckets.bad)
    const total = bad.map((count, i) => count + (buckets.good[i] ?? 0))
    replaceHours(held.series, buckets.start / HOUR, total, bad)
    return
  }
  const steps = stepsFrom(feed.judgement, buckets)
  for (const hour of replaceSteps(held.series, steps.start, steps, feed.edges))
    feed.hours = removeRange(feed.hours, hourRange(hour))
}

function heldScope(feed: Feed, labels: Labels): HeldScope {
  const key = labelsKey(labels)
  const known = feed.scopes.get(key)
  if (known) return known
  const series = createSeries(feed.shape, feed.start / feed.shape.step)
  // Answers that were taken before the scope appeared said that it had nothing in them.
  for (const hour of feed.edges)
    if (intersection(feed.steps, hourRange(hour)).length > 0) addEmptyEdge(series, hour)
  const held: HeldScope = { labels, key, series, loaded: { minutes: [], hours: [] } }
  feed.scopes.set(key, held)
  feed.segments.clear()
  feed.version++
  return held
}

/**
 * All of the range was handed over: a scope that was not mentioned had nothing in it. What ended after `through` may
 * still change and is held for now only.
 */
export function markHeld(
  feed: Feed,
  range: Range,
  held: { readonly width: number; readonly through: number },
): void {
  const { width } = held
  for (const scope of feed.scopes.values()) {
    const kind = width === HOUR ? 'hours' : 'minutes'
    for (const silent of difference([range], scope.loaded[kind])) {
      const none = new Float64Array((silent.to - silent.from) / width)
      replace(feed, scope, { start: silent.from, width, good: none, bad: none })
    }
    scope.loaded[kind] = removeRange(scope.loaded[kind], range)
  }
  const step = width === HOUR ? HOUR : feed.shape.step
  const first = Math.ceil(range.from / step) * step
  const last = Math.floor(Math.min(range.to, held.through) / step) * step
  if (last <= first) return
  if (width === HOUR) markHours(feed, first, last)
  else markSteps(feed, first, last)
}

function markHours(feed: Feed, first: number, last: number): void {
  if (feed.judgement.kind !== 'events') return
  const to = unixSeconds(Math.min(last, feed.start))
  feed.hours = addRange(feed.hours, { from: unixSeconds(first), to })
}

function markSteps(feed: Feed, first: number, last: number): void {
  const range = { from: unixSeconds(first), to: unixSeconds(last) }
  feed.steps = unionOf(feed.steps, intersection([range], from(feed.start)))
  if (feed.shape.perHour === 0) return
  for (let hour = Math.floor(first / HOUR); hour * HOUR < Math.min(last, feed.start); hour++) {
    const whole = hourRange(hour)
    const edge = feed.edges.has(hour)
    if (edge) feed.steps = unionOf(feed.steps, intersection([range], whole))
    const missing = difference([whole], edge ? feed.steps : [range])
    if (missing.length === 0) feed.hours = addRange(feed.hours, whole)
  }
}

/** Forgets that a range is held: it was written to. What is held of it stays until it is loaded again. */
export function forget(feed: Feed, range: Range): void {
  feed.steps = removeRange(feed.steps, alignOut(range, feed.shape.step))
  feed.hours = removeRange(feed.hours, alignOut(range, HOUR))
}

function hourRange(hour: number): Range {
  return { from: unixSeconds(hour * HOUR), to: unixSeconds((hour + 1) * HOUR) }
}

function from(instant: number): Range {
  return { from: unixSeconds(instant), to: unixSeconds(Infinity) }
}
