import type { World } from '../../../base/index.ts'

/** What has come before, so that it is done once: replays, and Slack's own retries. */
export interface Seen {
  /** True the first time within ten minutes, which is twice as long as a signature is good for. */
  readonly first: (key: string) => boolean
}

const KEPT_MS = 600_000
const KEPT_MAX = 20_000

export function createSeen(world: World): Seen {
  const seen = new Map<string, number>()
  return {
    first: (key) => {
      const nowMs = world.clock.monotonicMs()
      for (const [old, atMs] of seen) {
        if (atMs > nowMs - KEPT_MS && seen.size <= KEPT_MAX) break
        seen.delete(old)
      }
      if (seen.has(key)) return false
      seen.set(key, nowMs)
      return true
    },
  }
}
