import { Presets, SingleBar } from 'cli-progress'
import type { Clock } from '../base/index.ts'
import type { Io } from './io.ts'

/** One long piece of work, as people see it: how far, how fast, how much longer. */
export interface Progress {
  readonly update: (done: number, what?: string) => void
  readonly stop: () => void
}

export interface ProgressOptions {
  readonly title: string
  readonly total: number
  /** How a number of units reads: `12.3 MB`, `1,234 rows`. */
  readonly format: (units: number) => string
}

const LINE_EVERY_MS = 10_000

/** A bar on a terminal, a line every ten seconds elsewhere; always on stderr. */
export function createProgress(io: Io, clock: Clock, options: ProgressOptions): Progress {
  const started = clock.monotonicMs()
  const rate = (done: number): string => {
    const seconds = (clock.monotonicMs() - started) / 1000
    return seconds > 0.5 ? `${options.format(Math.round(done / seconds))}/s` : ''
  }
  return io.terminal ? createBar(options, rate) : createLines(io, clock, { ...options, rate })
}

function createBar(options: ProgressOptions, rate: (done: number) => string): Progress {
  const bar = new SingleBar(
    {
      format: `${options.title} {bar} {percentage}% {done} of {all} {rate} {eta_formatted} left {what}`,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  const payload = (done: number, what: string): Record<string, string> => ({
    done: options.format(done),
    all: options.format(options.total),
    rate: rate(done),
    what,
  })
  bar.start(options.total, 0, payload(0, ''))
  return { update: (done, what = '') => bar.update(done, payload(done, what)), stop: () => bar.stop() }
}

function createLines(
  io: Io,
  clock: Clock,
  options: ProgressOptions & { rate: (done: number) => string },
): Progress {
  let told = clock.monotonicMs()
  let last = 0
  const tell = (done: number, what: string): void => {
    const share = options.total > 0 ? Math.floor((done / options.total) * 100) : 100
    io.stderr(
      `${options.title} ${share}% ${options.format(done)} of ${options.format(options.total)} ${options.rate(done)} ${what}`.trimEnd() +
        '\n',
    )
  }
  return {
    update: (done, what = '') => {
      last = done
      if (clock.monotonicMs() - told < LINE_EVERY_MS) return
      told = clock.monotonicMs()
      tell(done, what)
    },
    stop: () => tell(last, ''),
  }
}
