import { type Buckets, bucketsAdded } from './metrics-buckets.ts'
import {
  createShard,
  decodeShard,
  encodeShard,
  type Kept,
  type MetricState,
  type Shard,
  type TotalGroup,
} from './metrics-memory.ts'
import type { Point } from './metrics-model.ts'

/** What a point adds to what was counted before it. Instants are microseconds since 1970. */
export type Observation =
  | {
      readonly kind: 'added'
      readonly count: number
      /** Undefined: how long they took is not known. */
      readonly buckets: Buckets | undefined
      readonly fromUs: number
      readonly toUs: number
      /** Counting began anew in between. */
      readonly reset: boolean
    }
  /** A running total that began before we did: what it holds is not ours to count; what it rises by is. */
  | { readonly kind: 'baseline' }
  /** Seen before. */
  | { readonly kind: 'repeated' }
  /** Older than what was seen of a running total, which holds it already. */
  | { readonly kind: 'late' }

export interface StreamSettings {
  /** Beginning of the keys under which values are remembered. */
  readonly prefix: string
  readonly recall: (key: string) => string | undefined
  /** In microseconds since 1970. When this is made is when listening began, unless the ledger knows better. */
  readonly nowUs: () => number
  /** How many running totals are remembered. */
  readonly most: number
}

/**
 * Values are remembered in so many texts, each under its key. A text holds all of a process's totals, so that a request
 * changes few of them.
 */
const SHARDS = 64
/** A process that was silent for so long is forgotten. */
const SILENCE_US = 24 * 3_600_000_000
/** What is always true is said again after so long. */
const SAID_AGAIN_US = 3_600_000_000
/** Of deltas the ends of so many are kept, to know a repeated one. */
const MOST_ENDS = 8

/** Follows running totals and deltas point by point, each series by itself, over restarts of theirs and of ours. */
export class Streams {
  readonly #settings: StreamSettings
  readonly #shards = new Map<number, Shard>()
  readonly #changed = new Set<number>()
  readonly #madeUs: number
  #began: number | undefined
  #beganSaidUs = Number.NEGATIVE_INFINITY
  #series = 0
  #forgotten = 0

  constructor(settings: StreamSettings) {
    this.#settings = settings
    this.#madeUs = settings.nowUs()
  }

  /** How many are followed, and how many were given up for want of room since this began. */
  state(): { readonly followed: number; readonly forgotten: number } {
    return { followed: this.#series, forgotten: this.#forgotten }
  }

  observe(point: Point): Observation {
    const number = shardOf(point.resource)
    const shard = this.#shard(number)
    if (this.#series >= this.#settings.most) this.#makeRoom()
    let metric = shard.metrics.get(point.metric)
    if (metric === undefined) {
      metric = { first: point.timeUs, before: 0, last: point.timeUs, starts: new Map(), ends: new Map() }
      shard.metrics.set(point.metric, metric)
    }
    const observation =
      point.temporality === 'delta' ? this.#delta(metric, point) : this.#total(metric, point, shard)
    if (point.timeUs > metric.last) {
      metric.before = metric.last
      metric.last = point.timeUs
    }
    if (observation.kind !== 'repeated' && observation.kind !== 'late') this.#changed.add(number)
    return observation
  }

  /** Says that the process also writes the newer of two metrics that count the same requests. */
  prefer(resource: string, family: string): void {
    const number = shardOf(resource)
    const { preferred } = this.#shard(number)
    const known = `${family} ${resource}`
    if (preferred.has(known)) return
    if (preferred.size >= this.#settings.most) preferred.clear()
    preferred.add(known)
    this.#changed.add(number)
  }

  prefers(resource: string, family: string): boolean {
    return this.#shard(shardOf(resource)).preferred.has(`${family} ${resource}`)
  }

  /** What is to be remembered since it was last asked, by key. */
  changes(): readonly (readonly [string, string])[] {
    const { prefix } = this.#settings
    const changes = [...this.#changed].map(
      (number) => [`${prefix}:${number}`, encodeShard(this.#shard(number))] as const,
    )
    this.#changed.clear()
    // Said again from time to time, so that it is not forgotten.
    const began = this.#beganUs()
    const now = this.#settings.nowUs()
    if (now - this.#beganSaidUs < SAID_AGAIN_US) return changes
    this.#beganSaidUs = now
    return [[prefix, String(began)], ...changes]
  }

  #delta(metric: MetricState, point: Point): Observation {
    const ends = metric.ends.get(point.series)
    if (ends === undefined) {
      metric.ends.set(point.series, [point.timeUs])
      this.#series++
    } else {
      if (ends.includes(point.timeUs)) return { kind: 'repeated' }
      ends.push(point.timeUs)
      if (ends.length > MOST_ENDS) ends.shift()
    }
    const { startUs, timeUs, count, buckets } = point
    const known = startUs > 0 && startUs < timeUs
    return { kind: 'added', count, buckets, fromUs: known ? startUs : timeUs, toUs: timeUs, reset: false }
  }

  #total(metric: MetricState, point: Point, shard: Shard): Observation {
    const { startUs, timeUs } = point
    let group = metric.starts.get(startUs)
    if (group === undefined) {
      const whole = hasStart(point) && startUs >= this.#beganUs() && startUs > shard.forgotten
      group = { first: timeUs, whole, series: new Map() }
      metric.starts.set(startUs, group)
    }
    const kept: Kept = { timeUs, count: point.count, buckets: point.buckets }
    const last = group.series.get(point.series)
    if (last !== undefined) {
      if (timeUs === last.timeUs) return { kind: 'repeated' }
      if (timeUs < last.timeUs) return { kind: 'late' }
      group.series.set(point.series, kept)
      return since(last, point)
    }
    this.#series++
    group.series.set(point.series, kept)
    if (!beginsNow(point)) return beginning(point, metric, { group, seenSince: group.first })
    const before = latest(metric, group, point.series)
    if (before === undefined) {
      // What was given up of the metric may have been this.
      const seenSince = metric.first > shard.forgotten ? metric.first : Number.POSITIVE_INFINITY
      return beginning(point, metric, { group, seenSince })
    }
    // A total that goes on under a start that nobody knows: whoever passed it on was restarted, not who counts.
    if (timeUs > before.timeUs) return since(before, point)
    group.series.set(point.series, before)
    return { kind: 'late' }
  }

  #beganUs(): number {
    if (this.#began === undefined) {
      const known = Number(this.#settings.recall(this.#settings.prefix) ?? Number.NaN)
      this.#began = Number.isSafeInteger(known) ? known : this.#madeUs
    }
    return this.#began
  }

  #shard(number: number): Shard {
    const known = this.#shards.get(number)
    if (known !== undefined) return known
    const text = this.#settings.recall(`${this.#settings.prefix}:${number}`)
    // What was not said for a day is forgotten elsewhere too; of what cannot be read nothing is known at all.
    const now = this.#settings.nowUs()
    const shard = text === undefined ? createShard(now - SILENCE_US) : (decodeShard(text) ?? createShard(now))
    this.#shards.set(number, shard)
    for (const metric of shard.metrics.values()) this.#series += seriesIn(metric)
    return shard
  }

  /** Gives up what was silent for a day, and when that is not enough, what was silent longest. */
  #makeRoom(): void {
    const silentSince = this.#settings.nowUs() - SILENCE_US
    const all = [...this.#shards].flatMap(([number, shard]) =>
      [...shard.metrics].flatMap(([key, metric]) =>
        partsOf(metric).map((part) => ({ ...part, number, shard, key, metric })),
      ),
    )
    all.sort((a, b) => a.last - b.last)
    // A tenth more than needed, so that room is not made anew for each series.
    const goal = this.#settings.most * 0.9
    for (const { number, shard, key, metric, last, series, remove } of all) {
      const isSilent = last < silentSince
      if (!isSilent && this.#series <= goal) break
      remove()
      if (metric.starts.size === 0 && metric.ends.size === 0) shard.metrics.delete(key)
      shard.forgotten = Math.max(shard.forgotten, last)
      this.#series -= series
      if (!isSilent) this.#forgotten += series
      this.#changed.add(number)
    }
  }
}

/** What can be given up of a metric by itself: all that began together, or one series of deltas. */
function partsOf(
  metric: MetricState,
): readonly { readonly last: number; readonly series: number; readonly remove: () => void }[] {
  const totals = [...metric.starts].map(([start, { series }]) => ({
    last: [...series.values()].reduce((last, { timeUs }) => Math.max(last, timeUs), 0),
    series: series.size,
    remove: () => metric.starts.delete(start),
  }))
  const deltas = [...metric.ends].map(([series, ends]) => ({
    last: Math.max(...ends),
    series: 1,
    remove: () => metric.ends.delete(series),
  }))
  return [...totals, ...deltas]
}

/** Who does not know since when it counts leaves the start out, or says that it is now. */
function hasStart({ startUs, timeUs }: Point): boolean {
  return startUs > 0 && startUs < timeUs
}

/** Clocks that are read twice within a millisecond may say that it began after it was told. */
function beginsNow({ startUs, timeUs }: Point): boolean {
  return startUs >= timeUs
}

/** The first point of a series under its start. `seenSince`: since when every export would have had it. */
function beginning(
  point: Point,
  metric: MetricState,
  { group, seenSince }: { readonly group: TotalGroup; readonly seenSince: number },
): Observation {
  const { startUs, timeUs } = point
  // Every export holds every total of the metric, so one that was not in the export before was zero then.
  if (timeUs > seenSince) {
    const before = timeUs > metric.last ? metric.last : metric.before
    return all(point, Math.max(hasStart(point) ? startUs : 0, before, seenSince))
  }
  if (group.whole) return all(point, startUs)
  // A writer that knows its other series' starts knows this one's: it was first counted in the very instant.
  const isPrecise = beginsNow(point) && [...metric.starts.values()].some(({ whole }) => whole)
  return isPrecise ? all(point, timeUs) : { kind: 'baseline' }
}

function all(point: Point, fromUs: number): Observation {
  const { count, buckets, timeUs } = point
  return { kind: 'added', count, buckets, fromUs, toUs: timeUs, reset: false }
}

/** What came between two points of one total. Whatever fell began anew. */
function since(last: Kept, { timeUs, count, buckets }: Point): Observation {
  const stretch = { fromUs: last.timeUs, toUs: timeUs }
  if (count < last.count) return { kind: 'added', count, buckets, ...stretch, reset: true }
  const added = { kind: 'added', count: count - last.count, ...stretch } as const
  if (buckets === undefined || last.buckets === undefined)
    return { ...added, buckets: undefined, reset: false }
  const difference = bucketsAdded(last.buckets, buckets)
  switch (difference.kind) {
    case 'added':
      return { ...added, buckets: difference.buckets, reset: false }
    case 'fell':
      return { ...added, count, buckets, reset: true }
    case 'unlike':
      return { ...added, buckets: undefined, reset: false }
    default:
      return difference satisfies never
  }
}

/** The last that is known of a series under any other start. */
function latest(metric: MetricState, except: TotalGroup, series: string): Kept | undefined {
  let found: Kept | undefined
  for (const group of metric.starts.values()) {
    const kept = group === except ? undefined : group.series.get(series)
    if (kept !== undefined && kept.timeUs > (found?.timeUs ?? 0)) found = kept
  }
  return found
}

function seriesIn(metric: MetricState): number {
  let count = metric.ends.size
  for (const group of metric.starts.values()) count += group.series.size
  return count
}

function shardOf(resource: string): number {
  let hash = 0
  for (let i = 0; i < resource.length; i++) hash = (Math.imul(hash, 31) + resource.charCodeAt(i)) >>> 0
  return hash % SHARDS
}
