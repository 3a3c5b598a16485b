import { failed, type Microseconds, microseconds, ok, type Result } from '../base/index.ts'
import { binAtEdge, edgesAround } from './histogram.ts'

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['us', 1n],
  ['µs', 1n],
  ['μs', 1n],
  ['ms', 1_000n],
  ['s', 1_000_000n],
  ['m', 60_000_000n],
])
const SMALLEST = 1n
const LARGEST = 99_000_000_000n

/**
 * Reads a latency threshold as people write it: `300ms`, `1.5s`, `250us`, `2m`. Only edges of the latency layout are
 * thresholds, because only for them the count is exact; the error names the two nearest.
 */
export function parseThreshold(text: string): Result<Microseconds, string> {
  const parts = /^\s*(\d{1,12})(?:\.(\d{1,12}))?\s*([a-zµμ]+)\s*$/.exec(text)
  const unit = UNITS.get(parts?.[3] ?? '')
  if (parts === null || unit === undefined)
    return failed(`'${text}' is no duration: write a number and us, ms, s or m, as in 300ms or 1.5s`)
  const decimals = parts[2] ?? ''
  // In whole numbers throughout: 1.1 s as a double times a million is not 1,100,000.
  const scaled = BigInt(`${parts[1] ?? ''}${decimals}`) * unit
  const divisor = 10n ** BigInt(decimals.length)
  if (scaled < SMALLEST * divisor) return failed(`'${text}' is shorter than 1us, the shortest threshold`)
  if (scaled > LARGEST * divisor) return failed(`'${text}' is longer than 99000s, the longest threshold`)
  const whole = Number(scaled / divisor)
  if (scaled % divisor === 0n && binAtEdge(whole) !== undefined) return ok(microseconds(whole))
  const { below, above } = edgesAround(scaled % divisor === 0n ? whole : whole + 0.5)
  const nearest = [Math.floor(below), Math.ceil(above)].map((us) => formatDuration(us))
  return failed(
    `'${text}' has more than two significant digits, so it cannot be counted exactly: ` +
      `write ${nearest[0]} or ${nearest[1]}`,
  )
}

/** `250us`, `300ms`, `1.5s`, `90s`: the same words that `parseThreshold` reads. */
export function formatDuration(us: number): string {
  if (us < 1_000) return `${us}us`
  if (us < 1_000_000) return `${us / 1_000}ms`
  return `${us / 1_000_000}s`
}
