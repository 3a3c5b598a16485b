import type { Seconds, UnixSeconds } from '../../base/index.ts'

const FIRST_SIZE = 1_024
/** Nobody's ids gather like this unless made to; a span that would stand further off is counted, not remembered. */
const MOST_STEPS = 128
/** Numbers kept of one span: its id, and a hash of its trace's id. */
const WORDS = 4

/**
 * The spans that were counted lately, to know again those that come twice: from two collectors, or from one that
 * repacked what it could not deliver. Knows at least the last `most` spans of the last `window`, and at most twice as
 * many. A span is known by its id and 64 bits made of its trace's id, so that two are taken for one only if their ids
 * agree and those bits do: less than once in 10^19 pairs of spans with the same id.
 */
export class SeenSpans {
  readonly #most: number
  readonly #window: Seconds
  #now: Generation = new Generation()
  #before: Generation | undefined = undefined
  #since: UnixSeconds | undefined = undefined
  readonly #entry = new Int32Array(WORDS)

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
   * Remembers a span; false when it was remembered before. `ids[at …]` are the four words of its trace's id and the
   * two of its own. A span without an id is always new.
   */
  add(ids: Int32Array, at: number): boolean {
    const first = ids[at + 4] ?? 0
    const second = ids[at + 5] ?? 0
    if ((first | second) === 0) return true
    const a = mix(mix(mix(mix(0x9e3779b9, ids[at]), ids[at + 1]), ids[at + 2]), ids[at + 3])
    const b = mix(mix(mix(mix(0x85ebca6b, ids[at + 3]), ids[at + 2]), ids[at + 1]), ids[at])
    const entry = this.#entry
    entry[0] = first
    entry[1] = second
    entry[2] = a
    entry[3] = b
    const hash = hashOf(entry)
    if (this.#before?.has(entry, hash) === true) return false
    if (!this.#now.add(entry, hash)) return false
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

/** A set of entries of four words, of which the first two are not both 0. */
class Generation {
  size = 0
  #words = new Int32Array(FIRST_SIZE * WORDS)

  clear(): void {
    this.size = 0
    this.#words.fill(0)
  }

  has(entry: Int32Array, hash: number): boolean {
    return this.#isHeld(this.#place(entry, hash))
  }

  /** False when it was there before. */
  add(entry: Int32Array, hash: number): boolean {
    const at = this.#place(entry, hash)
    if (at < 0) return true
    if (this.#isHeld(at)) return false
    this.#words.set(entry, at)
    this.size++
    // Half full at most, so that a look-up ends soon.
    if (this.size * 2 > this.#words.length / WORDS) this.#grow()
    return true
  }

  #isHeld(at: number): boolean {
    return ((this.#words[at] ?? 0) | (this.#words[at + 1] ?? 0)) !== 0
  }

  /** Where the entry stands, or the free place where it would; below zero when it would stand too far away. */
  #place(entry: Int32Array, hash: number): number {
    const words = this.#words
    const mask = words.length - 1
    let at = Math.imul(hash, WORDS) & mask
    for (let steps = 0; steps < MOST_STEPS; steps++, at = (at + WORDS) & mask) {
      if (((words[at] ?? 0) | (words[at + 1] ?? 0)) === 0) return at
      if (
        words[at] === entry[0] &&
        words[at + 1] === entry[1] &&
        words[at + 2] === entry[2] &&
        words[at + 3] === entry[3]
      )
        return at
    }
    return -1
  }

  #grow(): void {
    const before = this.#words
    this.#words = new Int32Array(before.length * 2)
    for (let at = 0; at < before.length; at += WORDS) {
      const entry = before.subarray(at, at + WORDS)
      if (((entry[0] ?? 0) | (entry[1] ?? 0)) === 0) continue
      const place = this.#place(entry, hashOf(entry))
      if (place >= 0) this.#words.set(entry, place)
    }
  }
}

function hashOf(entry: Int32Array): number {
  const hash = mix(mix(entry[2] ?? 0, entry[0]), entry[1]) ^ (entry[3] ?? 0)
  return hash ^ (hash >>> 15)
}

/** One step of MurmurHash3's mixing of 32-bit words. Source: A. Appleby, MurmurHash3. */
function mix(hash: number, word = 0): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  const mixed = hash ^ Math.imul(k, 0x1b873593)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}
