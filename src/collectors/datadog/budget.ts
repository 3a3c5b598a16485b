import type { World } from '../../base/index.ts'

/** How many more calls Datadog allows, as it said last. Each endpoint has a budget of its own, told in its answers. */
export interface RateBudget {
  /** Takes in the headers of an answer. */
  readonly told: (headers: Headers) => void
  /** Milliseconds until calls are allowed again; 0: now. `past`: what is not urgent leaves a quarter to what is. */
  readonly waitMs: (urgency: 'live' | 'past') => number
}

interface Known {
  readonly limit: number
  remaining: number
  readonly until: number
}

/** Of what is allowed, the share that only live reads may use. */
const KEPT_FOR_LIVE = 0.25
/** A reset that is further away than this is a mistake of a proxy or a clock. */
const LONGEST_S = 86_400

export function createRateBudget({ clock }: Pick<World, 'clock'>): RateBudget {
  let known: Known | undefined
  return {
    told: (headers) => {
      const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
        wholeOf(headers.get(`x-ratelimit-${name}`)),
      )
      if (limit === undefined || remaining === undefined || reset === undefined) return
      known = { limit, remaining, until: clock.monotonicMs() + Math.min(reset, LONGEST_S) * 1_000 }
    },
    waitMs: (urgency) => {
      const now = clock.monotonicMs()
      if (known === undefined || known.until <= now) return 0
      const kept = urgency === 'live' ? 0 : Math.ceil(known.limit * KEPT_FOR_LIVE)
      if (known.remaining > kept) {
        // Calls under way at the same time share what is left.
        known.remaining--
        return 0
      }
      return known.until - now
    },
  }
}

export function wholeOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined
}
