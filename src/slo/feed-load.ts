import { HOUR, type Labels, labelsKey, type Range, unixSeconds } from '../base/index.ts'
import { type Buckets, type Feed, from, type HeldScope, hourRange } from './feed.ts'
import { addRange, alignOut, difference, intersection, removeRange, unionOf } from './ranges.ts'
import { addEmptyEdge, createSeries, replaceHours, replaceSteps } from './series.ts'
import { stepsFrom } from './slices.ts'

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
