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
  /** Moves wall and monotonic time forward; sleepers whose time has come wake in order. */
  readonly advance: (ms: number) => Promise<void>
  /** Sets the wall clock only, as an operator or NTP would. */
  readonly setWall: (now: UnixSeconds) => void
}

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

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
        const sleeper = { due: mono + ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener(
          'abort',
          () => {
            sleepers = sleepers.filter((s) => s !== sleeper)
            reject(signal.reason)
          },
          { once: true },
        )
      }),
  }
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise<void>((r) => setImmediate(r))
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
    advance: async (ms) => {
      const end = mono + ms
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
