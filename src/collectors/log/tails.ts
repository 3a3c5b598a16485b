import { promises as fs, type Stats } from 'node:fs'
import type { Clock, Seconds } from '../../base/index.ts'
import type { LedgerStep } from '../../traffic/index.ts'
import type { CollectorStatus, Sink } from '../collector.ts'
import { type ByteSource, gzipSource, plainSource } from './bytes.ts'
import { whatFailed } from './failure.ts'
import { FileCount, type SourceSetting } from './file-count.ts'
import { type Head, headOf, identify, prefixOf } from './identity.ts'
import { isCounted } from './ingest.ts'
import { LineReader } from './line-reader.ts'
import type { Tally } from './tally.ts'

export interface SeenFile {
  readonly path: string
  readonly stat: Stats
}

interface Surroundings {
  readonly clock: Clock
  readonly tally: Tally
  readonly sink: Sink
  /** Writes until it is durable; false when it was told to stop before. */
  readonly write: (step: LedgerStep) => Promise<boolean>
  readonly patience: Seconds
  readonly signal: AbortSignal
}

/** A file that is being followed, by its open handle: it stays the same file when it is renamed. */
interface Tail {
  path: string
  readonly key: string
  readonly head: Head
  readonly count: FileCount
  readonly reader: LineReader
  readonly source: ByteSource
  readonly handle: fs.FileHandle | undefined
  /** Monotonic milliseconds of the last growth. */
  grewAt: number
  /** Whether a step was given up, so that no later one may be written: it would hide the hole. */
  isBroken: boolean
}

/** Stretches read of one file before the others get their turn; about 2 MiB each. */
const TURN = 32

/** The open files of a source, known by device and inode while they are open and by their contents beyond. */
export class Tails {
  readonly #setting: SourceSetting
  readonly #around: Surroundings
  readonly #tails = new Map<string, Tail>()
  /** Files that are read to their end and closed: looked at again when they change. */
  readonly #done = new Map<string, { readonly size: number; readonly mtimeMs: number }>()
  /** Packed files that could not be read to their end, as they were then: perhaps still being packed. */
  readonly #damaged = new Map<
    string,
    { readonly size: number; readonly mtimeMs: number; readonly text: string }
  >()
  readonly #failing = new Map<string, string>()

  constructor(setting: SourceSetting, around: Surroundings) {
    this.#setting = setting
    this.#around = around
  }

  /** Opens what is new, reads what has come, closes what is gone. */
  async read(
    files: readonly SeenFile[],
  ): Promise<{ readonly isBehind: boolean; readonly problems: readonly string[] }> {
    const present = new Set<string>()
    this.#failing.clear()
    for (const file of files) {
      const inode = inodeOf(file.stat)
      present.add(inode)
      await this.#attempt(file.path, () => this.#meet(file, inode))
    }
    let isBehind = false
    for (const [inode, tail] of this.#tails)
      await this.#attempt(tail.path, async () => {
        if (await this.#advanceSafely(inode, tail)) isBehind = true
        else if (!present.has(inode) && this.#isQuiet(tail)) await this.#finish(inode, tail)
      })
    for (const known of [this.#done, this.#damaged])
      for (const inode of known.keys()) if (!present.has(inode)) known.delete(inode)
    return { isBehind, problems: [...this.#failing.values()] }
  }

  /** Writes once what was counted and not yet written, and closes all files. Gives what failed. */
  async stop(write: (step: LedgerStep) => Promise<void>): Promise<readonly unknown[]> {
    const failures: unknown[] = []
    for (const tail of this.#tails.values()) {
      try {
        if (!tail.isBroken) for (const step of tail.count.take()) await write(step)
      } catch (error) {
        failures.push(error)
      }
      await tail.source.close()
    }
    this.#tails.clear()
    return failures
  }

  targets(): CollectorStatus['targets'] {
    const problems = [...this.#failing.values(), ...[...this.#damaged.values()].map(({ text }) => text)]
    const failing = problems.map((detail) => ({ name: detail.split(': ')[0] ?? '', detail, ok: false }))
    const reading = [...this.#tails.values()]
      .filter(({ path }) => !this.#failing.has(path))
      .map(({ path, count }) => ({ name: path, detail: `${count.position} bytes counted`, ok: true }))
    return [...failing, ...reading]
  }

  async #attempt(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failing.set(path, `${path}: ${whatFailed(error)}`)
    }
  }

  async #meet(file: SeenFile, inode: string): Promise<void> {
    const tail = this.#tails.get(inode)
    if (tail === undefined) return await this.#open(file, inode)
    tail.path = file.path
    if (file.stat.size >= tail.count.position && (await this.#isStill(tail))) return
    // Truncated, and perhaps written anew: what it was ends here. Its copy, if it was copied, is found by its contents.
    await this.#close(inode, tail)
    await this.#open(file, inode)
  }

  async #open(file: SeenFile, inode: string): Promise<void> {
    const { path, stat } = file
    const done = this.#done.get(inode) ?? this.#damaged.get(inode)
    if (done?.size === stat.size && done.mtimeMs === stat.mtimeMs) return
    const head = await headOf(path)
    const isOld = this.#around.clock.nowMs() - stat.mtimeMs > this.#around.patience * 1000
    const { sink } = this.#around
    const identity = await identify(head, { source: this.#setting.name, sink, isWhole: head.packed || isOld })
    if (identity.kind === 'undecided') return
    const { key } = identity
    // A copy of a file that is being read: one of them is enough.
    if ([...this.#tails.values()].some((tail) => tail.key === key)) return
    const checkpoint = identity.kind === 'known' ? identity.checkpoint : undefined
    if (checkpoint !== undefined && (await isCounted({ path, size: stat.size, head }, checkpoint))) {
      this.#done.set(inode, stat)
      return
    }
    const { tally } = this.#around
    const prefix = prefixOf(head)
    const growing = !head.packed
    const count = new FileCount(this.#setting, { key, path, prefix, checkpoint, tally, growing })
    const handle = head.packed ? undefined : await fs.open(path, 'r')
    const source =
      handle === undefined ? gzipSource(path, count.position) : plainSource(handle, count.position)
    const reader = new LineReader(source, count.position)
    const grewAt = this.#around.clock.monotonicMs()
    this.#tails.set(inode, { path, key, head, count, reader, source, handle, grewAt, isBroken: false })
  }

  /**
   * A packed file that breaks off may be one that is being packed: it is let go, and counted anew when it has changed.
   * It does not make what is being written now unknown, so it is no problem of the source.
   */
  async #advanceSafely(inode: string, tail: Tail): Promise<boolean> {
    if (tail.handle !== undefined) return await this.#advance(tail)
    try {
      return await this.#advance(tail)
    } catch (error) {
      this.#tails.delete(inode)
      await tail.source.close()
      const { size, mtimeMs } = await fs.stat(tail.path)
      this.#damaged.set(inode, { size, mtimeMs, text: `${tail.path}: ${whatFailed(error)}` })
      return false
    }
  }

  /** Reads on; gives whether there is more to read at once. */
  async #advance(tail: Tail): Promise<boolean> {
    for (let turn = 0; turn < TURN; turn++) {
      if (this.#around.signal.aborted) return false
      const stretch = await tail.reader.next()
      if (stretch === undefined) {
        await this.#writeAll(tail, tail.count.take())
        if (tail.handle === undefined) await this.#finishPacked(tail)
        return false
      }
      tail.grewAt = this.#around.clock.monotonicMs()
      tail.count.count(stretch)
      await this.#writeAll(tail, tail.count.takeClosed())
    }
    return true
  }

  async #writeAll(tail: Tail, steps: readonly LedgerStep[]): Promise<void> {
    for (const step of steps) {
      if (tail.isBroken) return
      if (!(await this.#around.write(step))) tail.isBroken = true
    }
  }

  async #finishPacked(tail: Tail): Promise<void> {
    for (const [inode, each] of this.#tails) if (each === tail) await this.#finish(inode, tail)
  }

  /** Counts even an unfinished last line, since nobody will finish it. */
  async #finish(inode: string, tail: Tail): Promise<void> {
    const rest = tail.reader.rest()
    if (rest !== undefined) tail.count.count(rest)
    const stat = await (tail.handle?.stat() ?? fs.stat(tail.path))
    await this.#close(inode, tail)
    this.#done.set(inode, stat)
  }

  async #close(inode: string, tail: Tail): Promise<void> {
    this.#tails.delete(inode)
    await this.#writeAll(tail, tail.count.take())
    await tail.source.close()
  }

  #isQuiet(tail: Tail): boolean {
    return this.#around.clock.monotonicMs() - tail.grewAt >= this.#around.patience * 1000
  }

  /** Whether the file still begins as it did: one that was truncated may have grown past where it was. */
  async #isStill(tail: Tail): Promise<boolean> {
    if (tail.handle === undefined) return true
    const { bytes } = tail.head
    const now = Buffer.alloc(bytes.length)
    const { bytesRead } = await tail.handle.read(now, 0, bytes.length, 0)
    return bytesRead === bytes.length && now.equals(bytes)
  }
}

function inodeOf(stat: Stats): string {
  return `${stat.dev}:${stat.ino}`
}
