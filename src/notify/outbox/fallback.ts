import type { World } from '../../base/index.ts'
import type { Routing } from './routing.ts'
import type { DestinationStatus } from './status.ts'
import type { Teller } from './teller.ts'

const LOOK_EVERY_MS = 10_000
/** A page cannot wait for the end of an outage; what is merely slow gets there. */
const FAILING_AFTER_S = 300

/** Whether somebody else is to be told in its place: only a person can mend it, or it has not been told for long. */
export const isFailing = ({ problem, oldestPending }: DestinationStatus): boolean =>
  problem !== undefined || (oldestPending ?? 0) >= FAILING_AFTER_S

/** Hands what waits at a destination that fails to the one that stands in for it, until the signal. */
export async function relieve(
  world: World,
  {
    workers,
    routing,
    signal,
  }: { readonly workers: readonly Teller[]; readonly routing: Routing; readonly signal: AbortSignal },
): Promise<void> {
  const covered = workers.filter(({ name }) => routing.fallbackOf(name) !== undefined)
  const handed = new Map<string, ReadonlySet<string>>()
  while (covered.length > 0 && !signal.aborted) {
    for (const worker of covered) {
      const before = handed.get(worker.name) ?? new Set()
      const waiting = isFailing(worker.status()) ? worker.waiting() : []
      const fresh = waiting.filter((incident) => !before.has(incident))
      handed.set(worker.name, new Set(waiting))
      if (fresh.length === 0) continue
      const other = workers.find(({ name }) => name === routing.fallbackOf(worker.name))
      world.log.warn('another destination is told instead', {
        destination: worker.name,
        instead: other?.name,
        incidents: fresh.length,
      })
      other?.reconsider(fresh)
    }
    await world.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
  }
}
