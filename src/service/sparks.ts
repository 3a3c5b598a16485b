import { HOUR, hourOf, labelsKey, later, type UnixSeconds } from '../base/index.ts'
import type { Evaluation, Timelines } from '../slo/index.ts'

/** What was counted of a promise, and what is known of its time, as the engine holds it. */
export type Counted = Pick<Timelines, 'counts' | 'known' | 'minutes'>

/** The last 24 hours of each promise, as the fleet's rows draw them. Hours that are over are counted once. */
export interface Sparks {
  /**
   * The share of the whole budget that each of the last 24 hours spent, oldest first; null where the hour had no
   * events. Empty where there is no budget yet.
   */
  readonly of: (
    timelines: Pick<Counted, 'counts'>,
    whole: Evaluation | undefined,
    now: UnixSeconds,
  ) => (number | null)[]
  /** Past hours may have changed. */
  readonly forget: () => void
}

const HOURS = 24

interface Past {
  readonly hour: UnixSeconds
  /** Bad events of the hours before it; undefined where there were no events. */
  readonly bad: readonly (number | undefined)[]
}

export function createSparks(): Sparks {
  const past = new Map<string, Past>()
  return {
    of: (timelines, whole, now) => {
      const events = whole?.windows[0]?.budget.events ?? 0
      if (!whole || labelsKey(whole.scope) !== '' || events === 0) return []
      const hour = hourOf(now)
      const key = `${whole.slo}\n${whole.objective}`
      let known = past.get(key)
      if (known?.hour !== hour) {
        const hours = Array.from({ length: HOURS - 1 }, (_, i) => later(hour, (i - HOURS + 1) * HOUR))
        known = { hour, bad: hours.map((from) => badIn(timelines, whole, from)) }
        past.set(key, known)
      }
      return [...known.bad, badIn(timelines, whole, hour)].map((bad) =>
        bad === undefined ? null : bad / events,
      )
    },
    forget: () => past.clear(),
  }
}

function badIn(
  timelines: Pick<Counted, 'counts'>,
  { slo, objective, scope }: Evaluation,
  from: UnixSeconds,
): number | undefined {
  const counts = timelines.counts(slo, objective, { scope, range: { from, to: later(from, HOUR) } })
  return counts === undefined || counts.good + counts.bad === 0 ? undefined : counts.bad
}
