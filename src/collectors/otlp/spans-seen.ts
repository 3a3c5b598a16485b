import type { Seconds, UnixSeconds } from '../../base/index.ts'

const FIRST_SIZE = 1_024
/** Nobody's ids gather like this unless made to; a span that would stand further off is counted, not remembered. */
const MOST_STEPS = 128
const ID_WORDS = 6
/** So many spans are looked up together: their places fit in the fastest memory. */
const GROUP = 64

interface Asked {
  readonly from: number
  readonly count: number
  readonly isNew: Uint8Array
}

/**
 * The spans that were counted lately, to know again those that come twice: from two collectors, or from one that
 * repacked what it could not deliver. Knows at least the last `most` spans of the last `window`, and at most twice as
 * many. Kept of each are 64 bits made of both its ids: two spans are taken for one less than once in 10^13.
 */
export class SeenSpans {
  readonly #most: number
  readonly #window: Seconds
  #now: Generation = new Generation()
  #before: Generation | undefined = undefined
  #since: UnixSeconds | undefined = undefined
  readonly #firsts = new Int32Array(GROUP)
  readonly #seconds = new Int32Array(GROUP)
  readonly #places = new Int32Array(GROUP)
  /** Kept only so that looking is not left out as having no effect. */
  touched = 0

  constructor(options: { readonly most: number; readonly window: Seconds }) {
    this.#most = options.most
    this.#window = options.window
  }

  /** To be called before each batch: forgets what is too old. */
  begin(now: UnixSeconds): void {
    if (this.#since === undefined || now < this.#since) this.#since = now
    const age = now - this.#since
    if (age < this.#window) return
    this.#before = age < 2 * this.#window ? this.#now : undefined
    this.#now = new Generation()
    this.#since = now
  }

  /**
   * Remembers the first `count` spans and says of each whether it is new. `ids` has six words of each: four of its
   * trace's id and two of its own. A span without an id is always new.
   */
  addAll(ids: Int32Array, count: number, isNew: Uint8Array): void {
    for (let from = 0; from < count; from += GROUP) this.#addGroup(ids, { from, count, isNew })
  }

  /** Looks first at all the places of a group, which do not wait for each other, and then asks one after the other. */
  #addGroup(ids: Int32Array, { from, count, isNew }: Asked): void {
    const size = Math.min(GROUP, count - from)
    this.#hash(ids, from, size)
    const places = this.#places
    this.touched = this.#now.touch(places, size) + (this.#before?.touch(places, size) ?? 0)
    for (let i = 0; i < size; i++) {
      const first = this.#firsts[i] ?? 0
      const second = this.#seconds[i] ?? 0
      const hasNoId = (first | second) === 0
      isNew[from + i] = hasNoId || this.#add(first, second, places[i] ?? 0) ? 1 : 0
    }
  }

  /** Two words of each span, not both 0, and where they are looked for first; both 0 when it has no id. */
  #hash(ids: Int32Array, from: number, size: number): void {
    for (let i = 0, at = from * ID_WORDS; i < size; i++, at += ID_WORDS) {
      const high = ids[at + 4] ?? 0
      const low = ids[at + 5] ?? 0
      const a = ids[at] ?? 0
      const b = ids[at + 1] ?? 0
      const c = ids[at + 2] ?? 0
      const d = ids[at + 3] ?? 0
      // All of the trace's id in each word, so that ids that count up do not cancel each other out.
      const first = high ^ step(step(step(step(0x2545f491, a), b), c), d)
      const second = low ^ step(step(step(step(0x1b873593, d), c), b), a)
      const hasId = (high | low) !== 0
      // The empty place is 0 and 0.
      const other = (first | second) === 0 ? 1 : second
      this.#firsts[i] = hasId ? first : 0
      this.#seconds[i] = hasId ? other : 0
      this.#places[i] = placeOf(first, other)
    }
  }

  #add(first: number, second: number, place: number): boolean {
    if (this.#before?.has(first, second, place) === true) return false
    if (!this.#now.add(first, second, place)) return false
    if (this.#now.size >= this.#most) {
      // The memory of the last but one is used again, which saves growing into it.
      const next = this.#before ?? new Generation()
      next.clear()
      this.#before = this.#now
      this.#now = next
    }
    return true
  }
}

/** A set of pairs of words that are not both 0. */
class Generation {
  size = 0
  #words = new Int32Array(FIRST_SIZE * 2)

  clear(): void {
    this.size = 0
    this.#words.fill(0)
  }

  /**
   * Reads the first place of each, and gives a number that depends on all. A large table is mostly in slow memory, which
   * is waited for once when it is asked for many places at a time.
   */
  touch(places: Int32Array, size: number): number {
    const words = this.#words
    const mask = words.length - 1
    let sum = 0
    for (let i = 0; i < size; i++) sum ^= words[((places[i] ?? 0) << 1) & mask] ?? 0
    return sum
  }

  has(first: number, second: number, place: number): boolean {
    const at = this.#find(first, second, place)
    return at >= 0 && this.#isHeld(at)
  }

  /** False when it was there before. */
  add(first: number, second: number, place: number): boolean {
    const at = this.#find(first, second, place)
    if (at < 0) return true
    if (this.#isHeld(at)) return false
    this.#words[at] = first
    this.#words[at + 1] = second
    this.size++
    // Half full at most, so that a look-up ends soon.
    if (this.size * 4 > this.#words.length) this.#grow()
    return true
  }

  #isHeld(at: number): boolean {
    return ((this.#words[at] ?? 0) | (this.#words[at + 1] ?? 0)) !== 0
  }

  /** Where the pair stands, or the free place where it would; below zero when it would stand too far away. */
  #find(first: number, second: number, place: number): number {
    const words = this.#words
    const mask = words.length - 1
    let at = (place << 1) & mask
    for (let steps = 0; steps < MOST_STEPS; steps++, at = (at + 2) & mask) {
      const word = words[at] ?? 0
      const next = words[at + 1] ?? 0
      if ((word === first && next === second) || (word | next) === 0) return at
    }
    return -1
  }

  #grow(): void {
    const before = this.#words
    this.#words = new Int32Array(before.length * 2)
    for (let at = 0; at < before.length; at += 2) {
      const first = before[at] ?? 0
      const second = before[at + 1] ?? 0
      if ((first | second) === 0) continue
      const place = this.#find(first, second, placeOf(first, second))
      if (place < 0) continue
      this.#words[place] = first
      this.#words[place + 1] = second
    }
  }
}

/** Where a pair is looked for first. */
function placeOf(first: number, second: number): number {
  const hash = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b)
  return hash ^ (hash >>> 15)
}

/** One step of a hash of words; one to one in each. */
function step(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}
