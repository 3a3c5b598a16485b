import type { World } from '../../../base/index.ts'

/** What is done after Slack has been answered: Slack waits three seconds at most, and a store may take longer. */
export interface WorkQueue extends AsyncDisposable {
  /** False when so much waits already that it would not be done in time. */
  readonly add: (work: () => Promise<void>) => boolean
  readonly idle: () => Promise<void>
}

const WAITING_MAX = 500
const AT_ONCE = 8

export function createWorkQueue(world: World): WorkQueue {
  const waiting: (() => Promise<void>)[] = []
  const running = new Set<Promise<void>>()
  let closed = false
  const fill = (): void => {
    while (running.size < AT_ONCE) {
      const work = waiting.shift()
      if (work === undefined) return
      const done: Promise<void> = work()
        .catch((error: unknown) => world.log.error('what was asked for in Slack failed', { err: error }))
        .finally(() => {
          running.delete(done)
          fill()
        })
      running.add(done)
    }
  }
  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running)
  }
  return {
    add: (work) => {
      if (closed || waiting.length >= WAITING_MAX) return false
      waiting.push(work)
      fill()
      return true
    },
    idle,
    [Symbol.asyncDispose]: async () => {
      closed = true
      await idle()
    },
  }
}
