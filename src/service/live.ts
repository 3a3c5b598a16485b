import type { LiveEvent } from '../contract/index.ts'

/** How many events a browser that lost its connection may have missed and still catch up on. */
const KEPT = 200

export interface Live {
  readonly publish: (event: LiveEvent) => void
  readonly subscribe: (lastId: number | undefined, tell: (id: number, event: LiveEvent) => void) => () => void
  readonly subscribers: () => number
}

/**
 * Events with ids that count up from `firstId`, which differs from one run of the service to the next, so that a
 * browser from before a restart is told to start over instead of being given a stranger's events.
 */
export function createLive(firstId: number): Live {
  let next = firstId
  const kept: { readonly id: number; readonly event: LiveEvent }[] = []
  const tellers = new Set<(id: number, event: LiveEvent) => void>()
  return {
    publish: (event) => {
      const id = next++
      kept.push({ id, event })
      if (kept.length > KEPT) kept.shift()
      for (const tell of tellers) tell(id, event)
    },
    subscribe: (lastId, tell) => {
      if (lastId !== undefined) catchUp(lastId, tell)
      tellers.add(tell)
      return () => tellers.delete(tell)
    },
    subscribers: () => tellers.size,
  }

  function catchUp(lastId: number, tell: (id: number, event: LiveEvent) => void): void {
    const oldest = kept[0]?.id ?? next
    if (lastId >= next || lastId < oldest - 1) return tell(next - 1, { type: 'reset' })
    for (const { id, event } of kept) if (id > lastId) tell(id, event)
  }
}
