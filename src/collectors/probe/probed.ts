import type { World } from '../../base/index.ts'
import { dayOf } from '../log/time.ts'

/** What a request goes through, in order. A kept connection has only the last two. */
export const PHASES = ['dns', 'connect', 'tls', 'first-byte', 'transfer'] as const
export type Phase = (typeof PHASES)[number]

/** What one probe met. Durations are whole microseconds. */
export interface Probed {
  readonly answer:
    | {
        readonly kind: 'answered'
        readonly status: number
        readonly grpcStatus: number | undefined
        readonly body: string
      }
    | { readonly kind: 'failed'; readonly during: Phase; readonly timeout: boolean; readonly text: string }
  readonly phases: ReadonlyMap<Phase, number>
  readonly total: number
  /** Until when the server's certificate holds, in milliseconds since 1970; undefined: there is none. */
  readonly certificateUntilMs: number | undefined
}

/** What is asked with: everything about a probe but its target. */
export interface Asking {
  readonly timeoutMs: number
  readonly maxBytes: number
  /** PEM. */
  readonly authorities: string | undefined
}

/** Measures one probe: a phase ends where the next begins. */
export class Stopwatch {
  readonly #clock: World['clock']
  readonly #began: number
  readonly #phases = new Map<Phase, number>()
  #last: number
  #now: Phase

  /** `first`: the phase that it begins in; `first-byte` on a kept connection. */
  constructor(clock: World['clock'], first: Phase = 'dns') {
    this.#clock = clock
    this.#began = clock.monotonicMs()
    this.#last = this.#began
    this.#now = first
  }

  /** The phase that goes on now: the one to blame when nothing more comes. */
  get during(): Phase {
    return this.#now
  }

  /** What went on is over, and `next` begins. A phase that is not met is passed over without a word. */
  begin(next: Phase): void {
    const at = this.#clock.monotonicMs()
    this.#phases.set(this.#now, whole(at - this.#last))
    this.#last = at
    this.#now = next
  }

  /** It began elsewhere than was thought: on a kept connection, or with an address instead of a name. */
  skipTo(next: Phase): void {
    this.#now = next
  }

  answered(
    answer: { readonly status: number; readonly grpcStatus?: number | undefined; readonly body: string },
    certificateUntilMs: number | undefined,
  ): Probed {
    const at = this.#clock.monotonicMs()
    this.#phases.set(this.#now, whole(at - this.#last))
    const { status, grpcStatus, body } = answer
    return {
      answer: { kind: 'answered', status, grpcStatus, body },
      phases: this.#phases,
      total: whole(at - this.#began),
      certificateUntilMs,
    }
  }

  failed(cause: unknown): Probed {
    const timeout = cause instanceof TooLong
    const text = cause instanceof Error ? cause.message : String(cause)
    const total = whole(this.#clock.monotonicMs() - this.#began)
    return {
      answer: { kind: 'failed', during: this.#now, timeout, text },
      phases: this.#phases,
      total,
      certificateUntilMs: undefined,
    }
  }
}

/** Why a probe was given up. */
export class TooLong extends Error {
  override readonly name = 'TooLong'

  constructor(ms: number) {
    super(`no whole answer within ${ms} ms`)
  }
}

/** Aborts when the time is up, or with the outer signal. `done` frees what it holds. */
export function timeLimit(
  world: World,
  ms: number,
  outer: AbortSignal,
): { readonly signal: AbortSignal; readonly done: () => void } {
  const work = new AbortController()
  const timer = new AbortController()
  const stop = (): void => work.abort(outer.reason)
  if (outer.aborted) stop()
  outer.addEventListener('abort', stop, { once: true })
  world.clock.sleep(ms, timer.signal).then(
    () => work.abort(new TooLong(ms)),
    () => undefined,
  )
  return {
    signal: work.signal,
    done: () => {
      outer.removeEventListener('abort', stop)
      timer.abort()
    },
  }
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

/** Milliseconds since 1970 of a certificate's end as OpenSSL writes it: `Jan  3 12:00:00 2027 GMT`. */
export function certificateEnd(text: string | undefined): number | undefined {
  const parts = /^(\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4}) GMT$/.exec(text ?? '')
  if (parts === null) return undefined
  const month = MONTHS.indexOf(parts[1] ?? '') / 3
  const [, , day, hours, minutes, seconds, year] = parts.map(Number)
  if (!Number.isInteger(month) || month < 0) return undefined
  const days = dayOf(year ?? 0, month + 1, day ?? 0)
  return days === undefined
    ? undefined
    : (((days * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000
}

const whole = (ms: number): number => Math.max(0, Math.round(ms * 1_000))
