import { addBetween, createPrefixRing, dropBefore, type PrefixRing, replaceBuckets } from './prefix.ts'

/**
 * What is held of one indicator in one scope: steps (minutes, or slices) for the recent past, hours before it, and
 * the steps of those hours that a window or a correction begins or ends inside of.
 *
 * Places in time are step indexes: the instant divided by the step. The recent part begins on an hour.
 */
export interface SeriesShape {
  /** Seconds of a step: 60, or the slice where the method works on slices. */
  readonly step: number
  /** Steps in an hour; 0 when the step does not divide an hour, and then everything is kept in steps. */
  readonly perHour: number
  /** Steps kept for the recent past. */
  readonly recent: number
  /** Hours kept before it. */
  readonly hours: number
}

export interface HeldSeries {
  readonly shape: SeriesShape
  readonly recent: PrefixRing
  readonly hours: PrefixRing
  /** The hours that are kept in steps too, unordered: running sums, two numbers a boundary. */
  edges: readonly Edge[]
}

interface Edge {
  readonly hour: number
  readonly sums: Float64Array
}

/** An empty series whose recent part begins at step `start`. */
export function createSeries(shape: SeriesShape, start: number): HeldSeries {
  const hour = shape.perHour === 0 ? 0 : start / shape.perHour
  return {
    shape,
    recent: createPrefixRing(shape.recent, start),
    hours: createPrefixRing(shape.hours, hour - shape.hours),
    edges: [],
  }
}

/** Bytes held, all arrays together. */
export function sizeOf(series: HeldSeries): number {
  const edges = series.edges.reduce((sum, edge) => sum + edge.sums.byteLength, 0)
  return series.recent.values.byteLength + series.hours.values.byteLength + edges
}

/** Whether anything was counted in what is held. */
export function isEmpty(series: HeldSeries): boolean {
  const sum = new Float64Array(2)
  addBetween(series.hours, series.hours.first, series.hours.last, sum)
  addBetween(series.recent, series.recent.first, series.recent.last, sum)
  return sum[0] === 0
}

/**
 * Writes what the steps `[from, to)` hold into `sum`: total at 0, bad at 1. False when it would take the steps of an
 * hour of which only the whole is held; then the sum is that of the part that is known exactly.
 */
export function sumSteps(series: HeldSeries, from: number, to: number, sum: Float64Array): boolean {
  sum[0] = 0
  sum[1] = 0
  if (to <= from) return true
  const boundary = series.recent.first
  if (to > boundary) addBetween(series.recent, from > boundary ? from : boundary, to, sum)
  if (from >= boundary || series.shape.perHour === 0) return true
  return addOlder(series, from, to < boundary ? to : boundary, sum)
}

function addOlder(series: HeldSeries, from: number, to: number, sum: Float64Array): boolean {
  const { perHour } = series.shape
  const firstHour = Math.ceil(from / perHour)
  const lastHour = Math.floor(to / perHour)
  if (firstHour > lastHour) return addEdge(series, from, to, sum)
  addBetween(series.hours, firstHour, lastHour, sum)
  const head = from === firstHour * perHour || addEdge(series, from, firstHour * perHour, sum)
  const tail = to === lastHour * perHour || addEdge(series, lastHour * perHour, to, sum)
  return head && tail
}

/** Adds steps of one hour; false when they are not held. */
function addEdge(series: HeldSeries, from: number, to: number, sum: Float64Array): boolean {
  const { perHour } = series.shape
  const hour = Math.floor(from / perHour)
  for (const edge of series.edges) {
    if (edge.hour !== hour) continue
    const a = 2 * (from - hour * perHour)
    const b = 2 * (to - hour * perHour)
    sum[0] = (sum[0] ?? 0) + (edge.sums[b] ?? 0) - (edge.sums[a] ?? 0)
    sum[1] = (sum[1] ?? 0) + (edge.sums[b + 1] ?? 0) - (edge.sums[a + 1] ?? 0)
    return true
  }
  return false
}

/**
 * Moves the recent part on to begin at step `start`, which is on an hour. Hours that leave it become sums, and keep
 * their steps when they are in `wanted`.
 */
export function advance(series: HeldSeries, start: number, wanted: ReadonlySet<number>): void {
  const { recent, hours, shape } = series
  if (start <= recent.first) return
  if (shape.perHour > 0) {
    const first = recent.first / shape.perHour
    const last = start / shape.perHour
    dropBefore(hours, last - shape.hours)
    const total: number[] = []
    const bad: number[] = []
    const sum = new Float64Array(2)
    // Hours between what was held and the new beginning, when the series is far behind, were empty.
    const held = Math.min(last, Math.ceil(recent.last / shape.perHour))
    for (let hour = first; hour < held; hour++) {
      sum.fill(0)
      addBetween(recent, hour * shape.perHour, (hour + 1) * shape.perHour, sum)
      total.push(sum[0] ?? 0)
      bad.push(sum[1] ?? 0)
    }
    replaceBuckets(hours, first, total, bad)
    for (let hour = first; hour < last; hour++)
      if (wanted.has(hour)) series.edges = [...series.edges, { hour, sums: recentSteps(series, hour) }]
  }
  dropBefore(recent, start)
}

function recentSteps(series: HeldSeries, hour: number): Float64Array {
  const { perHour } = series.shape
  const sums = new Float64Array(2 * (perHour + 1))
  const sum = new Float64Array(2)
  for (let i = 1; i <= perHour; i++) {
    sum.fill(0)
    addBetween(series.recent, hour * perHour, hour * perHour + i, sum)
    sums.set(sum, 2 * i)
  }
  return sums
}

/** Holds the steps of an hour in which nothing was counted. */
export function addEmptyEdge(series: HeldSeries, hour: number): void {
  series.edges = [...series.edges, { hour, sums: new Float64Array(2 * (series.shape.perHour + 1)) }]
}

/** Lets go of the steps of every hour that is not in `wanted`. */
export function keepEdges(series: HeldSeries, wanted: ReadonlySet<number>): void {
  if (series.edges.some((edge) => !wanted.has(edge.hour)))
    series.edges = series.edges.filter((edge) => wanted.has(edge.hour))
}

/** Replaces whole hours before the recent part. Hours inside it are left out: their steps say more. */
export function replaceHours(
  series: HeldSeries,
  hour: number,
  total: ArrayLike<number>,
  bad: ArrayLike<number>,
): void {
  if (series.shape.perHour === 0) return
  const end = Math.min(hour + total.length, series.recent.first / series.shape.perHour)
  if (end <= hour) return
  const count = end - hour
  replaceBuckets(series.hours, hour, firstOf(total, count), firstOf(bad, count))
}

function firstOf(values: ArrayLike<number>, count: number): ArrayLike<number> {
  return values.length === count ? values : Array.from(values).slice(0, count)
}

/**
 * Replaces steps. Before the recent part, an hour that is replaced whole, or whose steps are held, gets its new sum,
 * and keeps its steps when it is in `wanted`. Gives the hours that were touched in part and whose other steps are
 * not held: their sums are as they were and must be loaded again.
 */
export function replaceSteps(
  series: HeldSeries,
  start: number,
  values: { readonly total: Float64Array; readonly bad: Float64Array },
  wanted: ReadonlySet<number>,
): readonly number[] {
  const { perHour } = series.shape
  const end = start + values.total.length
  const boundary = series.recent.first
  replaceBuckets(series.recent, start, values.total, values.bad)
  if (perHour === 0 || start >= boundary) return []
  const torn: number[] = []
  const total: number[] = []
  const bad: number[] = []
  const firstHour = Math.floor(start / perHour)
  const stop = Math.min(end, boundary)
  let run = firstHour
  for (let hour = firstHour; hour * perHour < stop; hour++) {
    const sums = hourSteps(series, hour, { start, ...values })
    if (!sums) {
      torn.push(hour)
      replaceHours(series, run, total.splice(0), bad.splice(0))
      run = hour + 1
      continue
    }
    total.push(sums[2 * perHour] ?? 0)
    bad.push(sums[2 * perHour + 1] ?? 0)
    if (wanted.has(hour)) series.edges = [...series.edges.filter((e) => e.hour !== hour), { hour, sums }]
  }
  replaceHours(series, run, total, bad)
  return torn
}

/** Running sums of one hour: new steps where they were given, held ones elsewhere; undefined when neither is. */
function hourSteps(
  series: HeldSeries,
  hour: number,
  given: { readonly start: number; readonly total: Float64Array; readonly bad: Float64Array },
): Float64Array | undefined {
  const { perHour } = series.shape
  const from = hour * perHour
  const whole = given.start <= from && given.start + given.total.length >= from + perHour
  const held = series.edges.find((edge) => edge.hour === hour)
  if (!whole && !held) return undefined
  const sums = new Float64Array(2 * (perHour + 1))
  for (let i = 0; i < perHour; i++) {
    const at = from + i - given.start
    const inside = at >= 0 && at < given.total.length
    const old = held?.sums
    const total = inside ? (given.total[at] ?? 0) : (old?.[2 * i + 2] ?? 0) - (old?.[2 * i] ?? 0)
    const bad = inside ? (given.bad[at] ?? 0) : (old?.[2 * i + 3] ?? 0) - (old?.[2 * i + 1] ?? 0)
    sums[2 * i + 2] = (sums[2 * i] ?? 0) + total
    sums[2 * i + 3] = (sums[2 * i + 1] ?? 0) + bad
  }
  return sums
}
