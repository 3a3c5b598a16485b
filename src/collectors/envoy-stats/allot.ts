import { type Histogram, mergeHistograms, type Outcome } from '../../traffic/index.ts'

/** Requests that are counted and whose durations are still to come, by reason. Plain JSON. */
export type Owed = Record<string, { readonly outcome: Outcome; readonly count: number }>

/** The durations of one operation between two scrapes. Plain JSON. */
export interface Durations {
  /** Counted at the last scrape: the next one has their durations. */
  readonly fresh: Owed
  /** Counted before it. */
  readonly due: Owed
  /** Durations that came at the last scrape and belong to nobody yet. */
  readonly kept: Histogram
}

export interface Allotment {
  readonly outcome: Outcome
  readonly reason: string
  readonly latency: Histogram
}

interface Fate {
  readonly outcome: Outcome
  readonly reason: string
}

const EMPTY: Histogram = { bins: [], counts: [] }

export function noDurations(): Durations {
  return { fresh: {}, due: {}, kept: EMPTY }
}

/**
 * Shares durations out among outcomes, which Envoy keeps apart: a histogram does not say how its requests ended.
 *
 * What failed is taken to be the fastest of what came in, then what was ignored, then what was good for another reason
 * than `main`; `main` takes the rest. So no failure is counted as good and fast: the number of good requests within a
 * threshold is exact when failures are faster than the threshold, and too low by at most their number when not.
 *
 * A duration shows up to one flush after its request, so what was counted at one scrape chooses among the durations of
 * that scrape and the next; only then go the rest of the former to `main`.
 */
export function allot(
  durations: Durations,
  came: { readonly owed: Owed; readonly time: Histogram | undefined },
  main: Fate,
): { readonly durations: Durations; readonly allotments: readonly Allotment[] } {
  const time = came.time ?? EMPTY
  const { left, due, allotments } = take(
    mergeHistograms(durations.kept, time),
    addOwed(durations.due, durations.fresh),
  )
  const taken = allotments.reduce((sum, { latency }) => mergeHistograms(sum, latency), EMPTY)
  // Of equal durations the older ones are taken first.
  const released = minus(durations.kept, taken)
  const kept = minus(left, released)
  return {
    durations: { fresh: came.owed, due, kept },
    allotments: released.bins.length === 0 ? allotments : [...allotments, { ...main, latency: released }],
  }
}

/** No more durations will come: what is there is shared out at once. */
export function allotLast({ fresh, due, kept }: Durations, main: Fate): readonly Allotment[] {
  const { left, allotments } = take(kept, addOwed(due, fresh))
  return left.bins.length === 0 ? allotments : [...allotments, { ...main, latency: left }]
}

/** Both together. */
export function addOwed(a: Owed, b: Owed): Owed {
  const sum = { ...a }
  for (const [reason, { outcome, count }] of Object.entries(b))
    sum[reason] = { outcome, count: (sum[reason]?.count ?? 0) + count }
  return sum
}

/** The durations of several operations as those of one. */
export function together(all: readonly Durations[]): Durations {
  return all.reduce(
    (sum, each) => ({
      fresh: addOwed(sum.fresh, each.fresh),
      due: addOwed(sum.due, each.due),
      kept: mergeHistograms(sum.kept, each.kept),
    }),
    noDurations(),
  )
}

/** Gives each reason of `owed` in turn the fastest of what is left. */
function take(
  pool: Histogram,
  owed: Owed,
): { readonly left: Histogram; readonly due: Owed; readonly allotments: readonly Allotment[] } {
  const counts = [...pool.counts]
  const due: Owed = {}
  const allotments: Allotment[] = []
  let first = 0
  for (const [reason, { outcome, count }] of Object.entries(owed).sort(byTurn)) {
    let missing = count
    const bins: number[] = []
    const taken: number[] = []
    while (missing > 0 && first < counts.length) {
      const here = Math.min(missing, counts[first] ?? 0)
      bins.push(pool.bins[first] ?? 0)
      taken.push(here)
      counts[first] = (counts[first] ?? 0) - here
      missing -= here
      if (counts[first] === 0) first++
    }
    if (missing > 0) due[reason] = { outcome, count: missing }
    if (bins.length > 0) allotments.push({ outcome, reason, latency: { bins, counts: taken } })
  }
  return { left: { bins: pool.bins.slice(first), counts: counts.slice(first) }, due, allotments }
}

const TURNS: Readonly<Record<Outcome, number>> = { bad: 0, ignored: 1, good: 2 }

function byTurn([a, x]: [string, { outcome: Outcome }], [b, y]: [string, { outcome: Outcome }]): number {
  return TURNS[x.outcome] - TURNS[y.outcome] || (a < b ? -1 : 1)
}

/** What is in `a` and not in `b`; nothing below zero. */
function minus(a: Histogram, b: Histogram): Histogram {
  const gone = new Map(b.bins.map((bin, i) => [bin, b.counts[i] ?? 0]))
  const bins: number[] = []
  const counts: number[] = []
  a.bins.forEach((bin, i) => {
    const count = (a.counts[i] ?? 0) - (gone.get(bin) ?? 0)
    if (count <= 0) return
    bins.push(bin)
    counts.push(count)
  })
  return { bins, counts }
}
