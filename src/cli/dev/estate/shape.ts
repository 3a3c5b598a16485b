import type { Draws } from './draws.ts'
import type { Ending, Latency } from './shop.ts'

/** A latency distribution cut into a few durations, with the share of events at or below each. */
export interface Shape {
  /** Milliseconds, rising. */
  readonly ms: readonly number[]
  /** Rising to 1. */
  readonly upTo: readonly number[]
}

/** How things are at a moment, against the operation's usual latency. */
export interface Pace {
  /** Multiplies the body: load and small wandering. */
  readonly body: number
  /** Multiplies body and tail: a slow region is 3. */
  readonly slow: number
  /** Multiplies the share of slow ones. */
  readonly tail: number
}

/** Nine parts of a normal body: the share of each, and the point of the standard normal in its middle. */
const BODY_SHARES: readonly number[] = [0.05, 0.1, 0.15, 0.2, 0.2, 0.15, 0.08, 0.05, 0.02]
const BODY_POINTS: readonly number[] = [-1.96, -1.282, -0.755, -0.253, 0.253, 0.755, 1.2, 1.645, 2.326]
const TAIL_POINTS: readonly number[] = [1 / 6, 1 / 2, 5 / 6]
/** The body ends here, so that slow requests are those of the tail, whose share is written down. */
const BODY_END = 2.5
const TIMEOUT_MS = 15_000

/** The distribution of an operation at this pace, in whole milliseconds as Envoy logs them. */
export function shapeOf(latency: Latency, pace: Pace): Shape {
  const tail = Math.min(0.95, latency.slowShare * pace.tail)
  const parts = new Map<number, number>()
  const add = (ms: number, share: number): void => {
    const whole = wholeMs(ms)
    parts.set(whole, (parts.get(whole) ?? 0) + share)
  }
  BODY_POINTS.forEach((point, i) => {
    add(bodyMs(latency, pace, point), (BODY_SHARES[i] ?? 0) * (1 - tail))
  })
  for (const point of TAIL_POINTS) add(tailMs(latency, pace, point), tail / TAIL_POINTS.length)
  const ms = [...parts.keys()].sort((a, b) => a - b)
  let sum = 0
  const upTo = ms.map((each) => {
    sum += parts.get(each) ?? 0
    return sum
  })
  upTo[upTo.length - 1] = 1
  return { ms, upTo }
}

/** How long one request took, in whole milliseconds. */
export function drawMs(
  latency: Latency,
  options: { pace: Pace; takes: Ending['takes'] },
  draws: Draws,
): number {
  const { pace, takes } = options
  switch (takes) {
    case 'instant':
      return 1 + Math.floor(draws.uniform() * 3)
    case 'timeout':
      return TIMEOUT_MS + Math.floor(draws.uniform() * 8)
    case 'left':
      return wholeMs(60 * 50 ** draws.uniform())
    case 'served': {
      if (draws.uniform() < latency.slowShare * pace.tail)
        return wholeMs(tailMs(latency, pace, draws.uniform()))
      const point = Math.max(-BODY_END, Math.min(BODY_END, draws.normal()))
      return wholeMs(bodyMs(latency, pace, point))
    }
    default:
      return takes satisfies never
  }
}

/** The same as `drawMs` says, for those endings that do not depend on the operation. */
export const FIXED_SHAPES: Readonly<Record<Exclude<Ending['takes'], 'served'>, Shape>> = {
  instant: { ms: [1, 2, 3], upTo: [1 / 3, 2 / 3, 1] },
  timeout: { ms: [TIMEOUT_MS], upTo: [1] },
  left: { ms: [80, 170, 420, 1_100, 2_400], upTo: [0.2, 0.4, 0.6, 0.8, 1] },
}

function bodyMs(latency: Latency, pace: Pace, point: number): number {
  return latency.medianMs * pace.body * pace.slow * Math.exp(latency.spread * point)
}

function tailMs(latency: Latency, pace: Pace, point: number): number {
  const ms = latency.slowFromMs * (latency.slowToMs / latency.slowFromMs) ** point
  return Math.min(TIMEOUT_MS - 1, ms * pace.slow)
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.floor(ms))
}
