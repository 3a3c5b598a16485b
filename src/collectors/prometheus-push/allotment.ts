import type { Outcome } from '../../traffic/index.ts'
import type { Bins } from './durations.ts'

/** Requests that were counted and have no durations yet, by reason: those that did not end as most do. */
export type Owed = ReadonlyMap<string, { readonly outcome: Outcome; readonly count: number }>

export interface Allotment {
  readonly outcome: Outcome
  readonly reason: string
  readonly bins: Bins
}

const TURNS: Readonly<Record<Outcome, number>> = { bad: 0, ignored: 1, good: 2 }

/**
 * Shares durations out among reasons when the histogram does not say how its requests ended. What failed is taken to
 * be the fastest, then what was ignored, then what was good for another reason than `main`, which takes the rest. So
 * no failure is counted as good and fast: what is good within a threshold is exact when failures are faster than the
 * threshold, and too low by at most the number of slow failures when not, never too high in the long run.
 */
export function allot(
  bins: Bins,
  owed: Owed,
  main: { readonly outcome: Outcome; readonly reason: string },
): { readonly allotments: readonly Allotment[]; readonly owed: Owed } {
  const left = [...bins].sort(([a], [b]) => a - b)
  const still = new Map<string, { readonly outcome: Outcome; readonly count: number }>()
  const allotments: Allotment[] = []
  const turns = [...owed].sort(
    ([a, x], [b, y]) => TURNS[x.outcome] - TURNS[y.outcome] || (a < b ? -1 : a > b ? 1 : 0),
  )
  for (const [reason, { outcome, count }] of turns) {
    const { taken, missing } = takeFastest(left, count)
    if (missing > 0) still.set(reason, { outcome, count: missing })
    if (taken.size > 0) allotments.push({ outcome, reason, bins: taken })
  }
  const rest = new Map(left.filter(([, count]) => count > 0))
  if (rest.size > 0) allotments.push({ ...main, bins: rest })
  return { allotments, owed: still }
}

/** Takes them out of `left`, which is in order of bins. */
function takeFastest(
  left: [number, number][],
  wanted: number,
): { readonly taken: Map<number, number>; readonly missing: number } {
  const taken = new Map<number, number>()
  let missing = wanted
  for (const each of left) {
    if (missing === 0) break
    const here = Math.min(missing, each[1])
    if (here === 0) continue
    taken.set(each[0], here)
    each[1] -= here
    missing -= here
  }
  return { taken, missing }
}

export function owedText(owed: Owed): string {
  return JSON.stringify([...owed].map(([reason, { outcome, count }]) => [reason, outcome, count]))
}

/** What is not understood is as if nothing were owed. */
export function owedIn(text: string | undefined): Owed {
  const owed = new Map<string, { readonly outcome: Outcome; readonly count: number }>()
  for (const found of (text ?? '').matchAll(/\["([\w-]+)","(good|bad|ignored)",(\d+)\]/g)) {
    const [, reason = '', outcome, count] = found
    if (outcome === 'good' || outcome === 'bad' || outcome === 'ignored')
      owed.set(reason, { outcome, count: Number(count) })
  }
  return owed
}
