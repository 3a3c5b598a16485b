/** Bytes of an identity that are kept: two deliveries that share them by chance are not to be expected. */
export const IDENTITY_BYTES = 16
const WORDS = IDENTITY_BYTES / 4

/** A growing set of identities in about 30 bytes each, packed in the order in which they came. */
export class IdentitySet {
  #words: Uint32Array
  /** Places in `#words`, counted from 1; 0: free. Its length is a power of two and at least twice the size. */
  #places: Uint32Array
  #size = 0

  constructor(packed: Uint8Array = new Uint8Array()) {
    const count = Math.floor(packed.length / IDENTITY_BYTES)
    this.#words = new Uint32Array(Math.max(64, count) * WORDS)
    this.#places = new Uint32Array(128)
    for (let i = 0; i < count; i++) this.add(packed.subarray(i * IDENTITY_BYTES, (i + 1) * IDENTITY_BYTES))
  }

  get size(): number {
    return this.#size
  }

  has(identity: Uint8Array): boolean {
    return this.hasWords(wordsOf(identity))
  }

  /** The same for whoever asks several sets. */
  hasWords(words: Uint32Array): boolean {
    return this.#size > 0 && this.#places[this.#slotOf(words)] !== 0
  }

  /** Nothing when it is there already. */
  add(identity: Uint8Array): void {
    const words = wordsOf(identity)
    const slot = this.#slotOf(words)
    if (this.#places[slot] !== 0) return
    if ((this.#size + 1) * WORDS > this.#words.length) {
      const wider = new Uint32Array(this.#words.length * 2)
      wider.set(this.#words)
      this.#words = wider
    }
    this.#words.set(words, this.#size * WORDS)
    this.#places[slot] = ++this.#size
    if (this.#size * 2 > this.#places.length) this.#spread()
  }

  /** All of them, one after the other. A view: it changes with the set. */
  get packed(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.#size * IDENTITY_BYTES)
  }

  /** Where the identity stands, or the free place where it would. Identities are hashes, so a word of it is one. */
  #slotOf(words: Uint32Array): number {
    const mask = this.#places.length - 1
    for (let slot = (words[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const place = this.#places[slot] ?? 0
      if (place === 0 || this.#isAt(place - 1, words)) return slot
    }
  }

  #isAt(index: number, words: Uint32Array): boolean {
    for (let i = 0; i < WORDS; i++) if (this.#words[index * WORDS + i] !== words[i]) return false
    return true
  }

  #spread(): void {
    this.#places = new Uint32Array(this.#places.length * 2)
    for (let i = 0; i < this.#size; i++)
      this.#places[this.#slotOf(this.#words.subarray(i * WORDS, (i + 1) * WORDS))] = i + 1
  }
}

/** An identity as a set compares it. */
export function wordsOf(identity: Uint8Array): Uint32Array {
  const bytes = new Uint8Array(IDENTITY_BYTES)
  bytes.set(identity.subarray(0, IDENTITY_BYTES))
  return new Uint32Array(bytes.buffer)
}
