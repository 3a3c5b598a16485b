import { binAtEdge, binOf } from '../../traffic/index.ts'
import { type NativeHistogram, upperBound } from './native-histogram.ts'

/** How many took how long: bins of the latency layout, each with its count. */
export type Bins = ReadonlyMap<number, number>

/** What a histogram's running totals rose by. `bins` is undefined when its durations cannot be told. */
export interface Added {
  readonly count: number
  readonly bins: Bins | undefined
}

/** The running totals of one histogram: its count under `count`, of the rest what lies at or below each bound. */
export type Totals = ReadonlyMap<string, number>

export const COUNT = 'count'
const NATIVE = 'bin '

/**
 * What classic buckets rose by. Bounds that only one of the two has are passed over: what lies between two others is
 * then told less finely. Everything counted is in a bin whose upper edge is at or above the bucket's, so what is said
 * to be within a threshold was; and when the threshold is a bound of the buckets, nothing is left out.
 */
export function classicAdded(before: Totals | undefined, now: Totals, unit: number): Added {
  const anew = before === undefined || fell(before, now)
  const base: Totals = anew ? new Map() : before
  const bounds = [...now.keys()]
    .filter((part) => part !== COUNT && (anew || base.has(part)))
    .map(Number)
    .sort((a, b) => a - b)
  const rise = (part: string): number => Math.floor(now.get(part) ?? 0) - Math.floor(base.get(part) ?? 0)
  const whole = now.has(COUNT) && (anew || base.has(COUNT)) ? COUNT : String(bounds.at(-1) ?? Infinity)
  const count = Math.max(0, rise(whole))
  if (bounds.length === 0) return { count, bins: undefined }
  const bins = new Map<number, number>()
  let below = 0
  for (const bound of bounds) {
    // Buckets are not read at one instant, so one may be ahead of the next by an event.
    const upTo = Math.min(count, Math.max(below, rise(String(bound))))
    put(bins, binBelow(bound * unit), upTo - below)
    below = upTo
  }
  put(bins, binBelow(Infinity), count - below)
  return { count, bins }
}

/** What a native histogram rose by: its totals are kept in bins of our layout. */
export function nativeAdded(before: Totals | undefined, now: Totals): Added {
  const count = now.get(COUNT) ?? 0
  const last = before?.get(COUNT) ?? 0
  const base = count < last ? undefined : before
  const added = count - (base === undefined ? 0 : last)
  const bins = new Map<number, number>()
  for (const part of new Set([...now.keys(), ...(base?.keys() ?? [])])) {
    if (!part.startsWith(NATIVE)) continue
    const rise = (now.get(part) ?? 0) - (base?.get(part) ?? 0)
    // Its buckets became coarser: how long the newest took cannot be told from how long all took.
    if (rise < 0) return { count: added, bins: undefined }
    put(bins, Number(part.slice(NATIVE.length)), rise)
  }
  return { count: added, bins }
}

/** The running totals of a native histogram in bins of our layout. */
export function nativeTotals(histogram: NativeHistogram, unit: number): Totals {
  const { count, schema, bounds, positive, negative, zeroCount, zeroThreshold } = histogram
  const totals = new Map([[COUNT, Math.floor(count)]])
  const add = (bin: number, more: number): void => {
    const part = `${NATIVE}${bin}`
    if (more > 0) totals.set(part, (totals.get(part) ?? 0) + Math.floor(more))
  }
  for (const { count: below } of negative) add(0, below)
  add(binBelow(zeroThreshold * unit), zeroCount)
  for (const { index, count: each } of positive) add(binBelow(upperBound(schema, index, bounds) * unit), each)
  return totals
}

function fell(before: Totals, now: Totals): boolean {
  for (const [part, value] of now) if (value < (before.get(part) ?? 0)) return true
  return false
}

function put(bins: Map<number, number>, bin: number, count: number): void {
  if (count > 0) bins.set(bin, (bins.get(bin) ?? 0) + count)
}

/** The bin of the longest duration at or below the bound, in µs: a bucket includes its upper bound, a bin does not. */
function binBelow(bound: number): number {
  const whole = Math.round(bound)
  // 0.3 s is 300,000 µs, although 0.3 as a double is not quite three tenths.
  const us = Math.abs(bound - whole) <= Math.abs(whole) * 1e-12 ? whole : bound
  const edge = us > 0 ? binAtEdge(us) : undefined
  return edge === undefined || edge === 0 ? binOf(us) : edge - 1
}
