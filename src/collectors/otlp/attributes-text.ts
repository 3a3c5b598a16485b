import { isSameEnd, wordsOf } from './attributes.ts'
import { textOf } from './wire.ts'

/**
 * A text that comes again and again: a route, a method, a name. The same bytes give the same object, so what is known
 * of it is looked up once.
 */
export class Text {
  readonly text: string
  readonly bytes: Uint8Array
  /** The same, four bytes at a time. */
  readonly words: Int32Array
  readonly hash: number

  constructor(text: string, bytes: Uint8Array, hash: number) {
    this.text = text
    this.bytes = bytes
    this.words = wordsOf(bytes)
    this.hash = hash
  }
}

const FIRST_SIZE = 1_024
/** Texts gather so only when they were made to. */
const MOST_STEPS = 128

/** Texts by their bytes. Bounded, since clients choose them: when it is full it starts again. */
export class TextTable {
  #slots: (Text | undefined)[] = emptySlots(FIRST_SIZE)
  #size = 0
  /** What was read last. */
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(this.#bytes.buffer)
  readonly #most: number
  readonly #onForget: () => void

  /** `onForget` is called when all texts are forgotten: the same bytes are another object from then on. */
  constructor(options: { readonly most: number; readonly onForget: () => void }) {
    this.#most = options.most
    this.#onForget = options.onForget
  }

  take(bytes: Uint8Array, from: number, to: number): Text {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    const view = this.#view
    const hash = hashOf(bytes, view, { from, to })
    const mask = this.#slots.length - 1
    let at = hash & mask
    for (let steps = 0; steps < MOST_STEPS; steps++, at = (at + 1) & mask) {
      const found = this.#slots[at]
      if (found === undefined) return this.#add(Uint8Array.from(bytes.subarray(from, to)), hash)
      if (found.hash === hash && found.bytes.length === to - from) {
        const { words } = found
        let word = 0
        while (word < words.length && view.getInt32(from + 4 * word, true) === words[word]) word++
        if (word === words.length && isSameEnd(found.bytes, bytes, from)) return found
      }
    }
    this.#forget()
    return this.#add(Uint8Array.from(bytes.subarray(from, to)), hash)
  }

  #add(bytes: Uint8Array, hash: number): Text {
    if (this.#size >= this.#most) this.#forget()
    else if (this.#size * 2 >= this.#slots.length) this.#grow()
    const text = new Text(textOf(bytes, 0, bytes.length), bytes, hash)
    this.#put(text)
    this.#size++
    return text
  }

  #forget(): void {
    this.#slots = emptySlots(FIRST_SIZE)
    this.#size = 0
    this.#onForget()
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = emptySlots(before.length * 2)
    for (const text of before) if (text !== undefined) this.#put(text)
  }

  #put(text: Text): void {
    const mask = this.#slots.length - 1
    let at = text.hash & mask
    while (this.#slots[at] !== undefined) at = (at + 1) & mask
    this.#slots[at] = text
  }
}

function emptySlots(size: number): (Text | undefined)[] {
  return Array.from({ length: size }, () => undefined)
}

/** All bytes count, four at a time: resources often differ only in their middle. */
function hashOf(
  bytes: Uint8Array,
  view: DataView,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  let hash = to - from
  let at = from
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  for (; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  return (hash ^ (hash >>> 13)) >>> 0
}
