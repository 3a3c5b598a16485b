import { unixSeconds, type World } from '../../../src/base/index.ts'
import { createTestWorld, quietTracer } from '../../world.ts'

/** A world whose time passes by itself, for processes of their own. */
export function createSystemWorldForTest(): World {
  const quiet = createTestWorld()
  return {
    ...quiet,
    trace: quietTracer,
    clock: {
      now: () => unixSeconds(Math.floor(Date.now() / 1000)),
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
  }
}
