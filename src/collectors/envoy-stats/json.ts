import type { Histogram } from '../../traffic/index.ts'
import { BinCollector, isCount, type Reading } from './reading.ts'

/**
 * Reads the JSON form of `/stats?format=json&histogram_buckets=detailed`, for Envoys behind something that gives only
 * that. Undefined when it is not JSON with a list of statistics; single entries that make no sense are counted.
 */
export function readStatsJson(text: string, isWanted: (name: string) => boolean): Reading | undefined {
  const stats = field(parse(text), 'stats')
  if (!Array.isArray(stats)) return undefined
  const counters = new Map<string, number>()
  const histograms = new Map<string, Histogram>()
  let rejected = 0
  let summaries = false
  for (const stat of stats) {
    const block = field(stat, 'histograms')
    if (block !== undefined) {
      const details = field(block, 'details')
      if (Array.isArray(details)) rejected += takeHistograms(details, isWanted, histograms)
      else summaries = true
      continue
    }
    const name = field(stat, 'name')
    const value = field(stat, 'value')
    if (typeof name !== 'string') rejected++
    else if (typeof value === 'number' && isWanted(name)) {
      if (isCount(value)) counters.set(name, value)
      else rejected++
    }
  }
  return { counters, histograms, rejected, summaries }
}

function takeHistograms(
  details: readonly unknown[],
  isWanted: (name: string) => boolean,
  into: Map<string, Histogram>,
): number {
  let rejected = 0
  for (const detail of details) {
    const name = field(detail, 'name')
    if (typeof name !== 'string') {
      rejected++
      continue
    }
    if (!isWanted(name)) continue
    const histogram = totalsOf(field(detail, 'totals'))
    if (histogram === undefined) rejected++
    else into.set(name, histogram)
  }
  return rejected
}

function totalsOf(totals: unknown): Histogram | undefined {
  if (!Array.isArray(totals)) return undefined
  const collector = new BinCollector()
  for (const bin of totals) {
    const lower = field(bin, 'lower_bound')
    const count = field(bin, 'count')
    if (typeof lower !== 'number' || !(lower >= 0)) return undefined
    if (typeof count !== 'number' || !isCount(count)) return undefined
    collector.add(lower, count)
  }
  return collector.build()
}

/** A field of what may not even be an object. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Reflect.get(value, name)
}

/** Undefined when the text is no JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
