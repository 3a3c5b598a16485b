import type { World } from '../../base/index.ts'

/** Lets a loop sleep until a time or until somebody rings. A ring while nobody sleeps is remembered. */
export interface Bell {
  readonly ring: () => void
  /** Resolves at the latest after `ms`; with the signal aborted, at once. It never rejects. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export function createBell(world: World): Bell {
  let rung = false
  let sleeper: AbortController | undefined
  return {
    ring: () => {
      rung = true
      sleeper?.abort()
    },
    wait: async (ms, signal) => {
      if (!rung && !signal.aborted) {
        sleeper = new AbortController()
        const either = AbortSignal.any([signal, sleeper.signal])
        await world.clock.sleep(ms, either).catch(() => undefined)
        sleeper = undefined
      }
      rung = false
    },
  }
}
