import type { Histogram, Outcome } from '../../traffic/index.ts'

/** Requests that are counted and whose durations are still to come, by reason. Plain JSON. */
export type Owed = Record<string, { readonly outcome: Outcome; readonly count: number }>

export interface Allotment {
  readonly outcome: Outcome
  readonly reason: string
  readonly latency: Histogram
}

/**
 * Shares durations out among outcomes, which Envoy keeps apart: a histogram does not say how its requests ended.
 *
 * What failed is taken to be the fastest of what came in, then what was ignored, then what was good for another reason
 * than `main`; `main` takes the rest. So no failure is ever counted as good and fast: the number of good requests
 * within a threshold is exact when failures are faster than the threshold, and too low by at most their number when
 * they are not. Takes what it allots off `owed`.
 */
export function allot(
  time: Histogram,
  owed: Owed,
  main: { readonly outcome: Outcome; readonly reason: string },
): readonly Allotment[] {
  const counts = [...time.counts]
  const allotments: Allotment[] = []
  const reasons = Object.keys(owed).sort(
    (a, b) => rank(owed[a]?.outcome) - rank(owed[b]?.outcome) || (a < b ? -1 : 1),
  )
  let first = 0
  for (const reason of reasons) {
    const due = owed[reason]
    if (due === undefined) continue
    let left = due.count
    const bins: number[] = []
    const taken: number[] = []
    while (left > 0 && first < counts.length) {
      const here = Math.min(left, counts[first] ?? 0)
      bins.push(time.bins[first] ?? 0)
      taken.push(here)
      counts[first] = (counts[first] ?? 0) - here
      left -= here
      if (counts[first] === 0) first++
    }
    if (left === 0) delete owed[reason]
    else owed[reason] = { outcome: due.outcome, count: left }
    if (bins.length > 0) allotments.push({ outcome: due.outcome, reason, latency: { bins, counts: taken } })
  }
  if (first < counts.length)
    allotments.push({ ...pick(main), latency: { bins: time.bins.slice(first), counts: counts.slice(first) } })
  return allotments
}

function pick(main: {
  readonly outcome: Outcome
  readonly reason: string
}): Pick<Allotment, 'outcome' | 'reason'> {
  return { outcome: main.outcome, reason: main.reason }
}

function rank(outcome: Outcome | undefined): number {
  return outcome === 'bad' ? 0 : outcome === 'ignored' ? 1 : 2
}
