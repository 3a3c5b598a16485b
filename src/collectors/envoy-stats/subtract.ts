import type { Histogram } from '../../traffic/index.ts'
import type { Basis } from './process.ts'

/** Values that only rise while a process lives, by statistic. */
export interface Totals {
  readonly counters: ReadonlyMap<string, number>
  readonly histograms: ReadonlyMap<string, Histogram>
}

const NOTHING: Totals = { counters: new Map(), histograms: new Map() }

/**
 * What was added since the scrape before. Statistics that did not move are left out.
 *
 * Within one process each statistic is looked at by itself: one that fell was set to zero by an eviction or by
 * `/reset_counters`, so all of it is new; one that is absent is zero, since `usedonly` hides zeros.
 */
export function subtract(before: Totals | undefined, now: Totals, basis: Basis): Totals {
  if (basis === 'first-sight') return NOTHING
  const base = basis === 'continue' && before !== undefined ? before : NOTHING
  const counters = new Map<string, number>()
  for (const [name, value] of now.counters) {
    const last = base.counters.get(name) ?? 0
    const added = value >= last ? value - last : value
    if (added > 0) counters.set(name, added)
  }
  const histograms = new Map<string, Histogram>()
  for (const [name, histogram] of now.histograms) {
    const added = histogramAdded(base.histograms.get(name), histogram)
    if (added.bins.length > 0) histograms.set(name, added)
  }
  return { counters, histograms }
}

/** Whether something fell or vanished: a sign that another process answered than the one before. */
export function anyFell(before: Totals, now: Totals): boolean {
  for (const [name, value] of before.counters) if ((now.counters.get(name) ?? 0) < value) return true
  return false
}

function histogramAdded(before: Histogram | undefined, now: Histogram): Histogram {
  if (before === undefined) return now
  const bins: number[] = []
  const counts: number[] = []
  let i = 0
  for (let j = 0; j < now.bins.length; j++) {
    const bin = now.bins[j] ?? 0
    const was = before.bins[i]
    // A bin that was there and is not any more, or that fell: all of the histogram began anew.
    if (was !== undefined && was < bin) return now
    const last = was === bin ? (before.counts[i++] ?? 0) : 0
    const added = (now.counts[j] ?? 0) - last
    if (added < 0) return now
    if (added === 0) continue
    bins.push(bin)
    counts.push(added)
  }
  return i < before.bins.length ? now : { bins, counts }
}
