import type { Buckets } from './metrics-buckets.ts'

/** The last values of running totals, and the ends of deltas, of some processes. Instants are µs since 1970. */
export interface Shard {
  /** By what names resource, scope and metric. */
  readonly metrics: Map<string, MetricState>
  /** Resources that write the newer one of two metrics that count the same, with the metrics' family before each. */
  readonly preferred: Set<string>
  /** Of what was given up, the last instant: a total that began before may be one of them. */
  forgotten: number
}

export interface MetricState {
  /** When it was first seen, when it was last seen, and when the time before. */
  readonly first: number
  before: number
  last: number
  /** Running totals by the instant they began at: processes that look alike are told apart by it. */
  readonly starts: Map<number, TotalGroup>
  /** Of each series of deltas, the ends of the last ones. */
  readonly ends: Map<string, number[]>
}

export interface TotalGroup {
  readonly first: number
  /** Whether it began after we did, so that all it holds is ours to count. */
  readonly whole: boolean
  readonly series: Map<string, Kept>
}

/** A series' last point. */
export interface Kept {
  readonly timeUs: number
  readonly count: number
  readonly buckets: Buckets | undefined
}

export function createShard(forgotten = 0): Shard {
  return { metrics: new Map(), preferred: new Set(), forgotten }
}

const VERSION = 1

/** As JSON. Bounds, which nearly all series share, stand in it once. */
export function encodeShard(shard: Shard): string {
  const bounds: (readonly number[])[] = []
  const known = new Map<string, number>()
  const placeOf = (wanted: readonly number[]): number => {
    const text = wanted.join()
    let place = known.get(text)
    if (place === undefined) {
      place = bounds.push(wanted) - 1
      known.set(text, place)
    }
    return place
  }
  const metrics = [...shard.metrics].map(([key, { first, before, last, starts, ends }]) => [
    key,
    [first, before, last],
    [...starts].map(([start, group]) => [
      start,
      group.first,
      group.whole ? 1 : 0,
      [...group.series].map(([series, kept]) => [series, ...packed(kept, placeOf)]),
    ]),
    [...ends],
  ])
  return JSON.stringify({
    version: VERSION,
    forgotten: shard.forgotten,
    preferred: [...shard.preferred],
    metrics,
    bounds,
  })
}

function packed({ timeUs, count, buckets }: Kept, placeOf: (bounds: readonly number[]) => number): unknown[] {
  if (buckets === undefined) return [timeUs, count]
  if (buckets.kind === 'explicit') return [timeUs, count, placeOf(buckets.bounds), buckets.counts]
  const { scale, offset, zeroCount, zeroThreshold, unit, counts } = buckets
  return [timeUs, count, [scale, offset, zeroCount, zeroThreshold, unit], counts]
}

/** Undefined when another version wrote it, or it is damaged. */
export function decodeShard(text: string): Shard | undefined {
  try {
    return shardOf(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DamagedError) return undefined
    throw error
  }
}

/** Caught where reading began. */
class DamagedError extends Error {
  override readonly name = 'DamagedError'
}

function shardOf(plain: unknown): Shard {
  const { version, forgotten, preferred, metrics, bounds } = recordOf(plain)
  if (version !== VERSION) throw new DamagedError()
  const shared = listOf(bounds).map(numbersOf)
  return {
    forgotten: numberOf(forgotten),
    preferred: new Set(listOf(preferred).map(textOf)),
    metrics: new Map(
      listOf(metrics).map((each) => {
        const [key, times, starts, ends] = listOf(each)
        const [first = 0, before = 0, last = 0] = numbersOf(times)
        const state: MetricState = {
          first,
          before,
          last,
          starts: new Map(listOf(starts).map((group) => groupOf(group, shared))),
          ends: new Map(
            listOf(ends).map((pair) => {
              const [series, instants] = listOf(pair)
              return [textOf(series), [...numbersOf(instants)]] as const
            }),
          ),
        }
        return [textOf(key), state] as const
      }),
    ),
  }
}

function groupOf(plain: unknown, bounds: readonly (readonly number[])[]): readonly [number, TotalGroup] {
  const [start, first, whole, series] = listOf(plain)
  const group = {
    first: numberOf(first),
    whole: whole === 1,
    series: new Map(
      listOf(series).map((each) => {
        const [key, ...rest] = listOf(each)
        return [textOf(key), keptOf(rest, bounds)] as const
      }),
    ),
  }
  return [numberOf(start), group]
}

function keptOf(plain: readonly unknown[], shared: readonly (readonly number[])[]): Kept {
  const [time, total, shape, list] = plain
  const [timeUs, count] = [numberOf(time), numberOf(total)]
  if (shape === undefined) return { timeUs, count, buckets: undefined }
  const counts = numbersOf(list)
  if (typeof shape === 'number') {
    const bounds = shared[shape]
    if (bounds === undefined || counts.length !== bounds.length + 1) throw new DamagedError()
    return { timeUs, count, buckets: { kind: 'explicit', bounds, counts } }
  }
  const [scale = 0, offset = 0, zeroCount = 0, zeroThreshold = 0, unit = 1] = numbersOf(shape)
  const buckets = { kind: 'exponential', scale, offset, counts, zeroCount, zeroThreshold, unit } as const
  return { timeUs, count, buckets }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new DamagedError()
  return { ...value }
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new DamagedError()
  return value
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new DamagedError()
  return value
}

function numbersOf(value: unknown): readonly number[] {
  return listOf(value).map(numberOf)
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new DamagedError()
  return value
}
