import { promises as fs } from 'node:fs'
import type { UnixSeconds, World } from '../../base/index.ts'
import type { LedgerStep, Outcome } from '../../traffic/index.ts'
import type { Sink } from '../collector.ts'
import { type ByteSource, gzipLength, gzipSource, plainSource } from './bytes.ts'
import { whatFailed } from './failure.ts'
import { createSetting, FileCount, type SourceSetting } from './file-count.ts'
import { filesMatching } from './glob.ts'
import { type FileCheckpoint, type Head, headOf, identify, prefixOf } from './identity.ts'
import { LineReader } from './line-reader.ts'
import type { LogOptions } from './options.ts'
import type { Rejection } from './record.ts'
import { type RejectedLine, Tally } from './tally.ts'

export interface IngestOptions {
  /** The DataSource's name. */
  readonly name: string
  readonly options: LogOptions
  /** Paths or globs; the DataSource's own unless given. */
  readonly files?: readonly string[]
  readonly sink: Sink
  /** Count files again that are counted already: the same rows, replaced. */
  readonly again?: boolean
  /** Events before this are rejected as `too-old`: the ledger would not keep them. */
  readonly oldest?: UnixSeconds
  /** Told of every line that is not counted, in the order of the file. */
  readonly onRejected?: (line: RejectedLine) => void
  readonly onProgress?: (progress: IngestProgress) => void
  /** Stops after the stretch that is being counted; what is durable stays, and a later run goes on. */
  readonly signal?: AbortSignal
}

export interface IngestProgress {
  readonly file: string
  /** Bytes on disk, packed as they are, of all files that are left to count. */
  readonly bytes: number
  readonly totalBytes: number
  readonly lines: number
  readonly bytesPerSecond: number
  /** Undefined until the rate is known. */
  readonly secondsLeft: number | undefined
}

export interface IngestedFile {
  readonly path: string
  readonly state: 'counted' | 'already-counted' | 'failed' | 'interrupted'
  /** What went wrong and what to do; empty unless failed. */
  readonly problem: string
}

export interface IngestReport {
  readonly files: readonly IngestedFile[]
  /** Good, bad, ignored and rejected lines of this run. */
  readonly lines: number
  /** Lines without anything in them, which are in no other number. */
  readonly blank: number
  readonly counted: Readonly<Record<Outcome, number>>
  readonly rejected: Readonly<Partial<Record<Rejection, number>>>
  readonly firstRejected: readonly RejectedLine[]
  /** Events beyond the bound on series. */
  readonly overflowed: number
  readonly interrupted: boolean
}

interface Planned {
  readonly path: string
  readonly size: number
  readonly head: Head
}

/** Counts files from front to back. To do it twice changes nothing: what is counted is known by its contents. */
export async function ingestFiles(world: World, options: IngestOptions): Promise<IngestReport> {
  const setting = createSetting(options.name, options.options, { oldest: options.oldest })
  const tally = new Tally()
  const files: IngestedFile[] = []
  const planned: Planned[] = []
  for (const path of await pathsOf(options.files ?? options.options.files, files)) {
    try {
      const { size } = await fs.stat(path)
      planned.push({ path, size, head: await headOf(path) })
    } catch (error) {
      files.push({ path, state: 'failed', problem: whatFailed(error) })
    }
  }
  const progress = createProgress(world, { planned, tally, options })
  for (const file of planned) {
    progress.begin(file)
    const state = await ingestOne(file, { world, setting, tally, options, progress })
    files.push(state)
    progress.finish(file)
  }
  return {
    files,
    lines: tally.events + tally.rejections,
    blank: tally.blank,
    counted: tally.counted,
    rejected: tally.rejected,
    firstRejected: tally.firstRejected,
    overflowed: tally.overflowed,
    interrupted: files.some(({ state }) => state === 'interrupted'),
  }
}

async function pathsOf(patterns: readonly string[], files: IngestedFile[]): Promise<readonly string[]> {
  const paths = new Set<string>()
  for (const pattern of patterns) {
    const found = await filesMatching(pattern)
    if (found.length === 0) files.push({ path: pattern, state: 'failed', problem: 'no file has this name' })
    for (const path of found) paths.add(path)
  }
  return [...paths]
}

interface Surroundings {
  readonly world: World
  readonly setting: SourceSetting
  readonly tally: Tally
  readonly options: IngestOptions
  readonly progress: Progress
}

async function ingestOne(file: Planned, around: Surroundings): Promise<IngestedFile> {
  const { path, head } = file
  const { setting, options } = around
  const { sink, again = false, signal } = options
  if (signal?.aborted === true) return { path, state: 'interrupted', problem: '' }
  try {
    const identity = await identify(head, { source: setting.name, sink, isWhole: true })
    const checkpoint = identity.kind === 'known' ? identity.checkpoint : undefined
    const isDone = checkpoint !== undefined && !again && (await isCounted(file, checkpoint))
    if (identity.kind === 'undecided' || isDone) {
      around.progress.skip(file, file.size)
      return { path, state: 'already-counted', problem: '' }
    }
    const { key } = identity
    const ofFile = new Tally({ onRejected: options.onRejected })
    const count = new FileCount(setting, {
      key,
      path,
      prefix: prefixOf(head),
      checkpoint,
      again,
      tally: ofFile,
    })
    const state = await countWhole(file, { ...around, count, ofFile })
    around.tally.addAll(ofFile)
    return { path, state, problem: '' }
  } catch (error) {
    return { path, state: 'failed', problem: whatFailed(error) }
  }
}

async function countWhole(
  file: Planned,
  around: Surroundings & { readonly count: FileCount; readonly ofFile: Tally },
): Promise<'counted' | 'interrupted'> {
  const { count, progress, options } = around
  const source = await openSource(file, count.position)
  if (!file.head.packed) progress.skip(file, count.position)
  // The ledger makes one chunk durable while the next is counted; never more than that ahead.
  let writing: Promise<void> = Promise.resolve()
  const writeAll = async (steps: readonly LedgerStep[]): Promise<void> => {
    for (const step of steps) await options.sink.write(step)
  }
  try {
    const reader = new LineReader(source, count.position)
    for (;;) {
      if (options.signal?.aborted === true) return 'interrupted'
      const stretch = await reader.next()
      if (stretch === undefined) break
      count.count(stretch)
      progress.reached(file, {
        bytes: source.consumed(),
        lines: around.ofFile.events + around.ofFile.rejections,
      })
      const closed = count.takeClosed()
      if (closed.length === 0) continue
      await writing
      writing = writeAll(closed)
      // Whoever fails is awaited before the next write, or below; until then it must not count as unheard.
      writing.catch(() => undefined)
    }
    const rest = reader.rest()
    if (rest !== undefined) count.count(rest)
    await writing
    await writeAll(count.take())
    return 'counted'
  } finally {
    await writing.catch(() => undefined)
    await source.close()
  }
}

/** Whether all that the file holds is counted, by its length. */
export async function isCounted(
  file: { readonly path: string; readonly size: number; readonly head: Head },
  checkpoint: FileCheckpoint,
): Promise<boolean> {
  if (!file.head.packed) return checkpoint.read === file.size
  return checkpoint.read % 2 ** 32 === (await gzipLength(file.path))
}

async function openSource(file: Planned, start: number): Promise<ByteSource> {
  return file.head.packed ? gzipSource(file.path, start) : plainSource(await fs.open(file.path, 'r'), start)
}

interface Progress {
  readonly begin: (file: Planned) => void
  /** So many of the file's bytes were counted by an earlier run. */
  readonly skip: (file: Planned, bytes: number) => void
  readonly reached: (file: Planned, at: { readonly bytes: number; readonly lines: number }) => void
  readonly finish: (file: Planned) => void
}

function createProgress(
  world: World,
  { planned, tally, options }: { planned: readonly Planned[]; tally: Tally; options: IngestOptions },
): Progress {
  const began = world.clock.monotonicMs()
  let totalBytes = planned.reduce((sum, { size }) => sum + size, 0)
  let before = 0
  let ofFile = 0
  const tell = (file: Planned, at: { readonly bytes: number; readonly lines: number }): void => {
    const bytes = before + at.bytes
    const elapsed = (world.clock.monotonicMs() - began) / 1000
    const bytesPerSecond = elapsed > 0 ? bytes / elapsed : 0
    const secondsLeft = bytesPerSecond > 0 ? Math.max(0, totalBytes - bytes) / bytesPerSecond : undefined
    const lines = tally.events + tally.rejections + at.lines
    options.onProgress?.({ file: file.path, bytes, totalBytes, lines, bytesPerSecond, secondsLeft })
  }
  return {
    begin: ({ size }) => {
      ofFile = size
    },
    skip: (_, bytes) => {
      totalBytes -= bytes
      ofFile -= bytes
    },
    reached: tell,
    finish: (file) => {
      before += ofFile
      if (ofFile > 0) tell(file, { bytes: 0, lines: 0 })
    },
  }
}
