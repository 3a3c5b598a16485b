import { Presets, SingleBar } from 'cli-progress'
import type { Clock } from '../base/index.ts'
import type { Io } from './io.ts'

/** One long piece of work, as people see it: how far, how fast, how much longer. */
export interface Progress {
  /** `total` replaces the one that the work began with, once more is known. */
  readonly update: (done: number, what?: string, total?: number) => void
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
  let all = options.total
  const payload = (done: number, what: string): Record<string, string> => ({
    done: options.format(done),
    all: options.format(all),
    rate: rate(done),
    what,
  })
  bar.start(options.total, 0, payload(0, ''))
  return {
    update: (done, what = '', total = all) => {
      if (total !== all) bar.setTotal(total)
      all = total
      bar.update(done, payload(done, what))
    },
    stop: () => bar.stop(),
  }
}

function createLines(
  io: Io,
  clock: Clock,
  options: ProgressOptions & { rate: (done: number) => string },
): Progress {
  let told = clock.monotonicMs()
  let last = 0
  let all = options.total
  const began = told
  const timeLeft = (done: number): string => {
    const seconds = ((clock.monotonicMs() - began) / 1000 / done) * (all - done)
    return done > 0 && done < all ? `${words(seconds)} left` : ''
  }
  const tell = (done: number, what: string): void => {
    const share = all > 0 ? Math.floor((done / all) * 100) : 100
    const parts = [
      `${options.title} ${share}% ${options.format(done)} of ${options.format(all)}`,
      options.rate(done),
      timeLeft(done),
      what,
    ]
    io.stderr(`${parts.filter((part) => part !== '').join(' ')}\n`)
  }
  return {
    update: (done, what = '', total = all) => {
      last = done
      all = total
      if (clock.monotonicMs() - told < LINE_EVERY_MS) return
      told = clock.monotonicMs()
      tell(done, what)
    },
    stop: () => tell(last, ''),
  }
}

/** `48 s`, `3 min`, `2 h`: rounded up, since nobody minds a work that ends early. */
function words(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3_600)} h`
}
