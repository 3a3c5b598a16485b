/**
 * Lets so many in at a time. One for each account and region and for the whole process: Athena's quota of queries is
 * shared by everything that asks there.
 */
export interface Gate {
  readonly run: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>
}

export function createGate(most: () => number): Gate {
  let inside = 0
  const waiting: (() => void)[] = []
  const leave = (): void => {
    inside--
    if (inside < most()) waiting.shift()?.()
  }
  const enter = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const goIn = (): void => {
        signal.removeEventListener('abort', giveUp)
        inside++
        resolve()
      }
      const giveUp = (): void => {
        const at = waiting.indexOf(goIn)
        if (at >= 0) waiting.splice(at, 1)
        reject(signal.reason)
      }
      if (signal.aborted) reject(signal.reason)
      else if (inside < most()) goIn()
      else {
        waiting.push(goIn)
        signal.addEventListener('abort', giveUp, { once: true })
      }
    })
  return {
    run: async (work, signal) => {
      await enter(signal)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}

/** Gates by account and region. The least quota that a source names there holds for all. */
export function createGates(): (place: string, quota: number) => Gate {
  const gates = new Map<string, { readonly limit: { quota: number }; readonly gate: Gate }>()
  return (place, quota) => {
    const found = gates.get(place)
    if (found !== undefined) {
      found.limit.quota = Math.min(found.limit.quota, quota)
      return found.gate
    }
    const limit = { quota }
    const gate = createGate(() => limit.quota)
    gates.set(place, { limit, gate })
    return gate
  }
}
