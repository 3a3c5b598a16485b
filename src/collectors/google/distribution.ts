import { failed, ok, type Result } from '../../base/index.ts'
import { isPlain, type PullFailure } from '../pull/index.ts'

type Plain = Readonly<Record<string, unknown>>

/** How many values of a distribution are below a bound of its buckets. */
export function countBelow(distribution: Plain, below: number): Result<number, PullFailure> {
  const counts = Array.isArray(distribution['bucketCounts']) ? distribution['bucketCounts'].map(Number) : []
  const options = isPlain(distribution['bucketOptions']) ? distribution['bucketOptions'] : {}
  const bounds = boundsOf(options)
  // Buckets that nothing fell in are left out at the end, and with nothing at all there are none.
  if (counts.length === 0 && Number(distribution['count'] ?? 0) === 0) return ok(0)
  const at = bounds.findIndex((bound) => near(bound, below))
  if (at < 0) {
    const lower = bounds.filter((bound) => bound < below).at(-1)
    const upper = bounds.find((bound) => bound > below)
    return failed({
      kind: 'refused',
      text: `${below} is no bound of the distribution's buckets`,
      remedy: `write within: ${[lower, upper].flatMap((bound) => (bound === undefined ? [] : [Number(bound.toPrecision(6))])).join(' or ')}, in the metric's unit`,
    })
  }
  // Bucket 0 is below the first bound; bucket i ends at bound i.
  return ok(counts.slice(0, at + 1).reduce((sum, count) => sum + count, 0))
}

/** Bounds are computed on both sides, so they are the same number but for rounding. */
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))

/** The upper ends of all buckets but the last, which has none. */
function boundsOf(options: Plain): readonly number[] {
  const { explicitBuckets: explicit, linearBuckets: linear, exponentialBuckets: exponential } = options
  if (isPlain(explicit)) return Array.isArray(explicit['bounds']) ? explicit['bounds'].map(Number) : []
  if (isPlain(linear)) {
    const [offset, width] = [Number(linear['offset'] ?? 0), Number(linear['width'])]
    return Array.from({ length: Number(linear['numFiniteBuckets']) + 1 }, (_, i) => offset + width * i)
  }
  if (!isPlain(exponential)) return []
  const [scale, factor] = [Number(exponential['scale']), Number(exponential['growthFactor'])]
  return Array.from({ length: Number(exponential['numFiniteBuckets']) + 1 }, (_, i) => scale * factor ** i)
}
