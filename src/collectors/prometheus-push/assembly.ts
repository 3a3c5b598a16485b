import type { HistogramState, Waiting } from './totals.ts'

/** A histogram's totals from one instant to another that are to be compared. */
export interface Advance {
  readonly atMs: number
  /** When the histogram began to count, in milliseconds since 1970; 0 when that is not known. */
  readonly startMs: number
  /** Undefined: nothing was known before. */
  readonly before: ReadonlyMap<string, number> | undefined
  readonly beforeMs: number
  readonly now: ReadonlyMap<string, number>
}

/** So many later instants are seen before one is given up whose buckets did not all come. */
const PATIENCE = 2

/** Adds one bucket, or the count, of an instant. False: that instant is counted already. */
export function withPart(
  state: HistogramState | undefined,
  part: { readonly atMs: number; readonly startMs: number; readonly name: string; readonly value: number },
): HistogramState | undefined {
  const { atMs, startMs, name, value } = part
  if (state?.counted !== undefined && atMs <= state.counted.atMs) return undefined
  const waiting = [...(state?.waiting ?? [])]
  const found = waiting.find((each) => each.atMs === atMs)
  if (found !== undefined) found.totals.set(name, value)
  else {
    waiting.push({ atMs, startMs, totals: new Map([[name, value]]) })
    waiting.sort((a, b) => a.atMs - b.atMs)
  }
  return { counted: state?.counted, waiting }
}

/**
 * Moves on over the instants that are whole. The buckets of one scrape come as series of their own, in any request and
 * order; compared one by one they would make bins that hold less than nothing. So an instant waits until every bucket
 * that there was before is there. One that lacks some when two later ones are there is passed over: what it would have
 * told, the next one tells. A bucket that the later ones lack too is gone.
 */
export function settle(
  state: HistogramState,
  options: { readonly whole?: boolean } = {},
): { readonly state: HistogramState; readonly advances: readonly Advance[] } {
  const advances: Advance[] = []
  let { counted } = state
  const waiting = [...state.waiting]
  for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
    const verdict = verdictOn(first, { counted, later: waiting.slice(1), whole: options.whole === true })
    if (verdict === 'wait') break
    waiting.shift()
    if (verdict === 'skip') continue
    advances.push({
      atMs: first.atMs,
      startMs: first.startMs,
      before: counted?.totals,
      beforeMs: counted?.atMs ?? 0,
      now: first.totals,
    })
    counted = { atMs: first.atMs, totals: first.totals }
  }
  return { state: { counted, waiting }, advances }
}

function verdictOn(
  first: Waiting,
  known: {
    readonly counted: HistogramState['counted']
    readonly later: readonly Waiting[]
    readonly whole: boolean
  },
): 'take' | 'skip' | 'wait' {
  const { counted, later, whole } = known
  if (whole) return 'take'
  if (counted === undefined && later.length === 0) return 'wait'
  const wanted = counted?.totals ?? new Map(later.flatMap(({ totals }) => [...totals]))
  const missing = [...wanted.keys()].filter((name) => !first.totals.has(name))
  if (missing.length === 0) return 'take'
  if (later.length < PATIENCE) return 'wait'
  return missing.every((name) => later.every(({ totals }) => !totals.has(name))) ? 'take' : 'skip'
}
