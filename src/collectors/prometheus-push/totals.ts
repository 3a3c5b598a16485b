import type { Point } from './increase.ts'

/** What is known of one histogram between requests: what was counted last, and what came after and is not whole yet. */
export interface HistogramState {
  /** Milliseconds since 1970 of what was counted last; its totals by bound, and the count. */
  readonly counted: { readonly atMs: number; readonly totals: ReadonlyMap<string, number> } | undefined
  /** Oldest first. */
  readonly waiting: readonly Waiting[]
}

/** Buckets of one instant. Those of one scrape may come in several requests. */
export interface Waiting {
  readonly atMs: number
  readonly startMs: number
  readonly totals: Map<string, number>
}

/** The last points of counters and histograms, as far as they were told; those of an earlier run are recalled. */
export class LastTotals {
  readonly #recall: (key: string) => string | undefined
  readonly #points = new Map<string, Point>()
  readonly #histograms = new Map<string, HistogramState>()
  readonly #most: number

  constructor(options: { readonly recall: (key: string) => string | undefined; readonly most: number }) {
    this.#recall = options.recall
    this.#most = options.most
  }

  /** Whether another series can be followed. */
  hasRoom(): boolean {
    return this.#points.size + this.#histograms.size < this.#most
  }

  point(key: string): Point | undefined {
    const known = this.#points.get(key)
    if (known !== undefined) return known
    const recalled = pointOf(this.#recall(key))
    if (recalled !== undefined) this.#points.set(key, recalled)
    return recalled
  }

  /** Gives the text to remember it by. */
  setPoint(key: string, point: Point): string {
    this.#points.set(key, point)
    return `${point.atMs} ${point.value}`
  }

  histogram(key: string): HistogramState | undefined {
    const known = this.#histograms.get(key)
    if (known !== undefined) return known
    const recalled = histogramOf(this.#recall(key))
    if (recalled !== undefined) this.#histograms.set(key, recalled)
    return recalled
  }

  setHistogram(key: string, state: HistogramState): string {
    this.#histograms.set(key, state)
    const { counted, waiting } = state
    return JSON.stringify([
      counted === undefined ? [] : [counted.atMs, ...[...counted.totals].flat()],
      ...waiting.map(({ atMs, startMs, totals }) => [atMs, startMs, ...[...totals].flat()]),
    ])
  }

  /** Forgets what was last told before then; gives how many. A series that comes back later is a new one. */
  forget(beforeMs: number): number {
    let forgotten = 0
    for (const [key, { atMs }] of this.#points) if (atMs < beforeMs && this.#points.delete(key)) forgotten++
    for (const [key, { counted, waiting }] of this.#histograms) {
      const atMs = waiting.at(-1)?.atMs ?? counted?.atMs ?? 0
      if (atMs < beforeMs && this.#histograms.delete(key)) forgotten++
    }
    return forgotten
  }
}

function pointOf(text: string | undefined): Point | undefined {
  const found = /^(\d+) (NaN|\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(text ?? '')
  return found === null ? undefined : { atMs: Number(found[1]), value: Number(found[2]) }
}

/** What is not understood is as if it had not been told: then the next point is a first one. */
function histogramOf(text: string | undefined): HistogramState | undefined {
  const value: unknown = text?.startsWith('[[') === true ? JSON.parse(text) : undefined
  if (!Array.isArray(value)) return undefined
  const lists = value.flatMap((each: unknown) => (Array.isArray(each) ? [each.map(scalarOf)] : []))
  const [first = [], ...rest] = lists
  const atMs = Number(first[0])
  return {
    counted: first.length === 0 ? undefined : { atMs, totals: totalsOf(first.slice(1)) },
    waiting: rest.map((each) => ({
      atMs: Number(each[0]),
      startMs: Number(each[1]),
      totals: totalsOf(each.slice(2)),
    })),
  }
}

const scalarOf = (value: unknown): string | number =>
  typeof value === 'number' ? value : typeof value === 'string' ? value : 0

function totalsOf(flat: readonly (string | number)[]): Map<string, number> {
  const totals = new Map<string, number>()
  for (let i = 0; i + 1 < flat.length; i += 2) totals.set(String(flat[i]), Number(flat[i + 1]))
  return totals
}
