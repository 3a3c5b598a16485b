import { setTimeout as sleep } from 'node:timers/promises'
import { unixSeconds, type World } from '../../../src/base/index.ts'
import { createRandom, createTestWorld, type TestWorld } from '../../world.ts'

/** A world with real time and a real network, whose log is kept. */
export function createRealWorld(seed: number): World & Pick<TestWorld, 'lines'> {
  const { lines, log, trace } = createTestWorld()
  return {
    lines,
    log,
    trace,
    fetch,
    random: createRandom(seed),
    clock: {
      now: () => unixSeconds(Math.floor(Date.now() / 1000)),
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
    },
  }
}
