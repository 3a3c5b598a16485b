import { PLACE_COUNT, PLACES } from './attributes.ts'
import type { Text } from './attributes-text.ts'

export const SERVER = 2
export const CONSUMER = 5
const STATUS_OK = 1
const STATUS_ERROR = 2

const TWO_32 = 4_294_967_296
const NANOSECONDS_IN_MICROSECOND = 1_000

/**
 * What one span says, whatever it was decoded from; cleared and filled again for each. Instants are the two halves of
 * a whole number of nanoseconds since 1970, which a double cannot hold;
 * each is kept as the signed 32 bits that the engine holds without a place of their own.
 */
export class SpanFacts {
  kind = 0
  startHigh = 0
  startLow = 0
  endHigh = 0
  endLow = 0
  /** 0: unset, 1: ok, 2: error. */
  status = 0
  name: Text | undefined = undefined
  traceState: string | undefined = undefined
  /** Four words of the trace's id and two of the span's own. Zero: it has none. */
  readonly ids = new Int32Array(6)
  /** Places that an attribute was read for, and of them those that have a value; one bit each. */
  #set = 0
  #held = 0
  readonly #ranks = new Uint8Array(PLACE_COUNT)
  readonly #values: (Text | number | undefined)[] = Array.from({ length: PLACE_COUNT }, () => undefined)

  clear(): void {
    this.kind = 0
    this.startHigh = 0
    this.startLow = 0
    this.endHigh = 0
    this.endLow = 0
    this.status = 0
    this.name = undefined
    this.traceState = undefined
    const { ids } = this
    for (let i = 0; i < ids.length; i++) ids[i] = 0
    this.#set = 0
    this.#held = 0
  }

  /** An attribute's value, unless a newer name of the same thing has been read. Undefined: it has none that counts. */
  put(place: number, rank: number, value: Text | number | undefined): void {
    const bit = 1 << place
    if ((this.#set & bit) !== 0 && rank < (this.#ranks[place] ?? 0)) return
    this.#set |= bit
    this.#ranks[place] = rank
    if (value === undefined) this.#held &= ~bit
    else {
      this.#held |= bit
      this.#values[place] = value
    }
  }

  value(place: number): Text | number | undefined {
    return (this.#held & (1 << place)) === 0 ? undefined : this.#values[place]
  }

  /** Whether any of the places, one bit each, has a value. */
  holdsAny(places: number): boolean {
    return (this.#held & places) !== 0
  }

  text(place: number): Text | undefined {
    const value = this.value(place)
    return typeof value === 'number' ? undefined : value
  }

  /** A whole number, also when it is written as a text; undefined when it is none. */
  whole(place: number): number | undefined {
    const value = this.value(place)
    if (value === undefined || typeof value === 'number') return value
    return /^\d{1,9}$/.test(value.text) ? Number(value.text) : undefined
  }

  /**
   * Whether it failed, when no status code says so. That a developer set it to ok outweighs an error's type; undefined
   * is not among the answers, since a span that nobody marked did not fail.
   */
  get failed(): boolean {
    if (this.status === STATUS_OK) return false
    return this.status === STATUS_ERROR || this.value(PLACES.error) !== undefined
  }

  get saysError(): boolean {
    return this.status === STATUS_ERROR
  }

  get hasNoTime(): boolean {
    return (this.startHigh | this.startLow) === 0 || (this.endHigh | this.endLow) === 0
  }

  get endsBeforeStart(): boolean {
    const [end, start] = [this.endHigh >>> 0, this.startHigh >>> 0]
    return end < start || (end === start && this.endLow >>> 0 < this.startLow >>> 0)
  }

  /** Whole microseconds, cut. The difference is exact for anything shorter than a hundred days. */
  get duration(): number {
    const high = (this.endHigh >>> 0) - (this.startHigh >>> 0)
    const nanoseconds = high * TWO_32 + ((this.endLow >>> 0) - (this.startLow >>> 0))
    return Math.floor(nanoseconds / NANOSECONDS_IN_MICROSECOND)
  }

  /** Whole seconds since 1970: exact until 2116, and from there far enough in the future. */
  get endSeconds(): number {
    // 10^9 is 2^9 × 1,953,125: without its nine lowest bits the number fits in a double.
    return Math.floor(((this.endHigh >>> 0) * 8_388_608 + (this.endLow >>> 9)) / 1_953_125)
  }
}

/** Milliseconds since 1970, cut, of the two halves of an instant. */
export function millisecondsOf(high: number, low: number): number {
  // 10^6 is 2^6 × 15,625. One may be off by rounding, which is enough for an example.
  return Math.floor(((high >>> 0) * 67_108_864 + (low >>> 6)) / 15_625)
}
