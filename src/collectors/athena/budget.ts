import { type UnixSeconds, unixSeconds } from '../../base/index.ts'

const DAY = 86_400
/** Athena bills at least so much for a query, and whole megabytes beyond. */
const LEAST_BILLED = 10 * 1024 * 1024
const MEGABYTE = 1024 * 1024
const TERABYTE = 1024 ** 4

/** What was scanned and what it cost, today (UTC) and since the process started. */
export class Budget {
  readonly #dollarsPerTerabyte: number
  readonly #most: number | undefined
  #day = 0
  #today = { queries: 0, bytes: 0, billed: 0 }
  #last: { readonly bytes: number; readonly reused: boolean } | undefined

  constructor({
    dollarsPerTerabyte,
    most,
  }: { readonly dollarsPerTerabyte: number; readonly most: number | undefined }) {
    this.#dollarsPerTerabyte = dollarsPerTerabyte
    this.#most = most
  }

  spent({ bytes, reused }: { readonly bytes: number; readonly reused: boolean }, now: UnixSeconds): void {
    this.#turn(now)
    const billed = reused || bytes === 0 ? 0 : Math.max(LEAST_BILLED, Math.ceil(bytes / MEGABYTE) * MEGABYTE)
    this.#today = {
      queries: this.#today.queries + 1,
      bytes: this.#today.bytes + bytes,
      billed: this.#today.billed + billed,
    }
    this.#last = { bytes, reused }
  }

  /** Milliseconds until the day's bound is lifted; undefined while it is not reached. */
  closedForMs(now: UnixSeconds): number | undefined {
    this.#turn(now)
    if (this.#most === undefined || this.#today.billed < this.#most) return undefined
    return (unixSeconds((this.#day + 1) * DAY) - now) * 1_000
  }

  /** For people; undefined before the first query. */
  told(now: UnixSeconds): string | undefined {
    this.#turn(now)
    if (this.#last === undefined) return undefined
    const { queries, bytes, billed } = this.#today
    const dollars = (billed / TERABYTE) * this.#dollarsPerTerabyte
    const last = this.#last.reused
      ? 'the last one reused a result'
      : `the last one scanned ${size(this.#last.bytes)}`
    return `${queries} queries today scanned ${size(bytes)} for $${dollars.toFixed(4)}, ${last}`
  }

  #turn(now: UnixSeconds): void {
    const day = Math.floor(now / DAY)
    if (day === this.#day) return
    this.#day = day
    this.#today = { queries: 0, bytes: 0, billed: 0 }
  }
}

/** `1.2 GB`, decimal as Athena's console writes it. */
export function size(bytes: number): string {
  for (const [unit, factor] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (bytes >= factor) return `${(bytes / factor).toFixed(1)} ${unit}`
  return `${bytes} B`
}
