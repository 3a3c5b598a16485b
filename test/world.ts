import type { Clock, Fields, Log, Tracer, UnixSeconds, World } from '../src/base/index.ts'
import { unixSeconds } from '../src/base/index.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Fields
}

/** A world whose time moves only when a test says so, and whose randomness is seeded. */
export interface TestWorld extends World {
  readonly lines: LogLine[]
  /**
   * Moves wall and monotonic time forward; sleepers whose time has come wake in order. With `loops`, time waits at
   * each instant until so many sleep again: files, the engine and everything else outside are given the time they take.
   */
  readonly advance: (ms: number, options?: { readonly loops?: () => number }) => Promise<void>
  /** Moves time forward at once, as for a machine that was suspended: every sleeper whose time has come wakes late. */
  readonly leap: (ms: number, options?: { readonly loops?: () => number }) => Promise<void>
  /** Resolves when so many sleep. Rejects after half a minute of real time, and says how many do. */
  readonly settled: (loops: () => number) => Promise<void>
  /** Sets the wall clock only, as an operator or NTP would. */
  readonly setWall: (now: UnixSeconds) => void
}

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

/** Long enough for a machine under load; what takes longer hangs. */
const SETTLE_MS = 30_000

/** `start` is the wall clock in Unix seconds; `seed` fixes `random()`. */
export function createTestWorld(
  options: { start?: number; seed?: number; fetch?: typeof fetch } = {},
): TestWorld {
  const lines: LogLine[] = []
  let mono = 0
  let offset = (options.start ?? 1_790_000_000) * 1000
  let sleepers: Sleeper[] = []
  const clock: Clock = {
    now: () => unixSeconds(Math.floor((mono + offset) / 1000)),
    nowMs: () => mono + offset,
    monotonicMs: () => mono,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = (): void => {
          sleepers = sleepers.filter((s) => s !== sleeper)
          reject(signal?.reason)
        }
        const wake = (): void => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
        const sleeper = { due: mono + ms, wake }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
  }
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise<void>((r) => setImmediate(r))
  }
  const settled = async (loops: () => number): Promise<void> => {
    const startedAt = performance.now()
    await settle()
    while (sleepers.length < loops()) {
      if (performance.now() - startedAt > SETTLE_MS)
        throw new Error(`${sleepers.length} of ${loops()} loops sleep after ${SETTLE_MS / 1_000} s`)
      await new Promise<void>((r) => setTimeout(r, 1))
    }
  }
  const wakeDue = (at: number): void => {
    const due = sleepers.filter((s) => s.due <= at).sort((a, b) => a.due - b.due)
    sleepers = sleepers.filter((s) => s.due > at)
    for (const sleeper of due) sleeper.wake()
  }
  const advanceLoops = async (end: number, loops: () => number): Promise<void> => {
    await settled(loops)
    for (let turns = 0; turns < 100_000; turns++) {
      const next = Math.min(...sleepers.map((s) => s.due))
      if (next > end) break
      mono = Math.max(mono, next)
      wakeDue(mono)
      await settled(loops)
    }
    mono = end
  }
  return {
    clock,
    lines,
    log: createLog(lines, {}),
    fetch: options.fetch ?? (() => Promise.reject(new Error('this test world has no network'))),
    random: createRandom(options.seed ?? 1),
    trace: quietTracer,
    setWall: (now) => {
      offset = now * 1000 - mono
    },
    settled,
    leap: async (ms, { loops = () => 0 } = {}) => {
      await settled(loops)
      mono += ms
      for (let turns = 0; turns < 100_000 && sleepers.some((s) => s.due <= mono); turns++) {
        wakeDue(mono)
        await settled(loops)
      }
    },
    advance: async (ms, { loops } = {}) => {
      const end = mono + ms
      if (loops !== undefined) return await advanceLoops(end, loops)
      await settle()
      for (let turns = 0; turns < 100_000; turns++) {
        const next = sleepers.filter((s) => s.due <= end).sort((a, b) => a.due - b.due)[0]
        if (!next) break
        mono = Math.max(mono, next.due)
        sleepers = sleepers.filter((s) => s !== next)
        next.wake()
        await settle()
      }
      mono = end
      await settle()
    },
  }
}

export const quietTracer: Tracer = { span: (_name, _attributes, work) => work() }

/** mulberry32: small, seeded, good enough for tests. */
export function createRandom(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function createLog(lines: LogLine[], base: Fields): Log {
  const write =
    (level: LogLine['level']) =>
    (message: string, fields: Fields = {}) => {
      lines.push({ level, message, fields: { ...base, ...fields } })
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => createLog(lines, { ...base, ...fields }),
  }
}
