import type { World } from '../../../base/index.ts'

/** A bucket of tokens: `burst` at once, then `perSecond`. */
interface Bucket {
  tokens: number
  atMs: number
}

export interface RateLimit {
  /** Whole seconds to wait when there is nothing left; undefined when the call may pass. */
  readonly take: (key: string) => number | undefined
}

export function createRateLimit(
  world: World,
  options: { readonly perSecond: number; readonly burst: number },
): RateLimit {
  const { perSecond, burst } = options
  const buckets = new Map<string, Bucket>()
  return {
    take: (key) => {
      const nowMs = world.clock.monotonicMs()
      const bucket = buckets.get(key) ?? { tokens: burst, atMs: nowMs }
      bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond)
      bucket.atMs = nowMs
      buckets.set(key, bucket)
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond))
      bucket.tokens -= 1
      return undefined
    },
  }
}
