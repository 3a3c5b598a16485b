import type { ByteSource } from './bytes.ts'

export const LONGEST_LINE = 1024 * 1024

/** A stretch of a file, by its unpacked bytes. */
export type Stretch =
  /** Whole lines, each with its line break; `bytes` is overwritten by the next read. */
  | { readonly kind: 'lines'; readonly start: number; readonly bytes: Buffer }
  /** A line that is longer than is kept; `end` is where the next one starts. */
  | { readonly kind: 'too-long'; readonly start: number; readonly end: number }

const BUFFER = 2 * LONGEST_LINE
/** Read at once. The text made of it is garbage soon after, so it should be collected as young garbage is. */
const READ = 256 * 1024
const NEWLINE = 10

/** Cuts a file into stretches of whole lines. An unfinished last line stays until it is finished, or asked for. */
export class LineReader {
  readonly #source: ByteSource
  readonly #buffer = Buffer.allocUnsafe(BUFFER)
  /** Where in the file the buffer begins. */
  #base: number
  #filled = 0
  /** Given out with the last stretch; moved away before the next read. */
  #given = 0
  #tooLongSince: number | undefined

  constructor(source: ByteSource, start: number) {
    this.#source = source
    this.#base = start
  }

  /** The next stretch; undefined at the end of what is there now. */
  async next(): Promise<Stretch | undefined> {
    this.#forget(this.#given)
    for (;;) {
      const had = this.#filled
      const room = this.#buffer.subarray(0, Math.min(BUFFER, had + READ))
      const count = await this.#source.read(room, had)
      if (count === 0) return undefined
      this.#filled += count
      if (this.#tooLongSince !== undefined) {
        const end = this.#buffer.subarray(0, this.#filled).indexOf(NEWLINE)
        this.#forget(end < 0 ? this.#filled : end + 1)
        if (end < 0) continue
        const start = this.#tooLongSince
        this.#tooLongSince = undefined
        this.#given = 0
        return { kind: 'too-long', start, end: this.#base }
      }
      const last = this.#buffer.lastIndexOf(NEWLINE, this.#filled - 1)
      if (last >= 0) {
        this.#given = last + 1
        return { kind: 'lines', start: this.#base, bytes: this.#buffer.subarray(0, last + 1) }
      }
      if (this.#filled > LONGEST_LINE) {
        this.#tooLongSince = this.#base
        this.#forget(this.#filled)
      }
    }
  }

  /** The unfinished last line, if there is one: what a program wrote before it ended. */
  rest(): Stretch | undefined {
    this.#forget(this.#given)
    if (this.#tooLongSince !== undefined)
      return { kind: 'too-long', start: this.#tooLongSince, end: this.#base + this.#filled }
    if (this.#filled === 0) return undefined
    this.#given = this.#filled
    return { kind: 'lines', start: this.#base, bytes: this.#buffer.subarray(0, this.#filled) }
  }

  #forget(count: number): void {
    if (count > 0) this.#buffer.copyWithin(0, count, this.#filled)
    this.#base += count
    this.#filled -= count
    this.#given = 0
  }
}
