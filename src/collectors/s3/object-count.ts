import { createHash } from 'node:crypto'
import { unixSeconds } from '../../base/index.ts'
import type { LedgerStep } from '../../traffic/index.ts'
import type { Sink } from '../collector.ts'
import { streamSource } from '../log/bytes.ts'
import { FileCount, type SourceSetting } from '../log/file-count.ts'
import { LineReader } from '../log/line-reader.ts'
import type { Tally } from '../log/tally.ts'
import type { S3Api, S3Object } from './api.ts'

/** What is kept of an object that is counted. */
export interface Done {
  readonly etag: string
  /** Into how many chunks, each a writer, it was cut. */
  readonly chunks: number
  /** How often it was counted; later counts outrank earlier ones. */
  readonly round: number
}

export const keyOf = (source: string, bucket: string, key: string): string =>
  `s3:${source}:${createHash('sha256').update(`${bucket}/${key}`).digest('hex').slice(0, 24)}`

export async function doneOf(sink: Sink, key: string): Promise<Done | undefined> {
  const [round, chunks, etag] = (await sink.checkpoint(key))?.split(' ') ?? []
  return etag === undefined ? undefined : { etag, chunks: Number(chunks), round: Number(round) }
}

/** The ledger's whole time. */
const ALWAYS = { from: unixSeconds(0), to: unixSeconds(4_294_967_280) }
const ROUND = 2 ** 31

export interface Counting {
  readonly setting: SourceSetting
  readonly api: S3Api
  readonly bucket: string
  readonly sink: Sink
  readonly tally: Tally
}

/**
 * Counts an object in one stream, each chunk a writer, and says with the last that it is done. What was begun and not done
 * is counted from its start in a later round, and so is an object that was written anew: the rows replace what was said.
 */
export async function countObject(
  { setting, api, bucket, sink, tally }: Counting,
  { object, before }: { readonly object: S3Object; readonly before: Done | undefined },
  signal: AbortSignal,
): Promise<void> {
  const key = keyOf(setting.name, bucket, object.key)
  const begun = Number((await sink.checkpoint(`${key}+`)) ?? 0)
  const round = Math.max(begun, before?.round ?? 0) + 1
  await sink.write(mark({ writer: `${key}+`, revision: round, key: `${key}+`, value: String(round) }), signal)
  const count = new FileCount(setting, {
    key,
    path: `s3://${bucket}/${object.key}`,
    prefix: { length: 0, hash: object.etag },
    checkpoint: {
      start: 0,
      lines: 0,
      read: 0,
      round: round - 1,
      chunkBytes: setting.options.chunkBytes,
      prefix: { length: 0, hash: object.etag },
    },
    again: true,
    tally,
  })
  const source = await streamSource(await api.open(object, signal))
  let written = 0
  const write = async (steps: readonly LedgerStep[]): Promise<void> => {
    for (const step of steps) {
      const { coverage: _, checkpoints: __, ...rest } = step
      await sink.write(rest, signal)
      written = Math.max(written, Number(step.writer.slice(step.writer.lastIndexOf(':') + 1)) + 1)
    }
  }
  try {
    const reader = new LineReader(source, 0)
    for (let stretch = await reader.next(); stretch !== undefined; stretch = await reader.next()) {
      signal.throwIfAborted()
      count.count(stretch)
      await write(count.takeClosed())
    }
    const rest = reader.rest()
    if (rest !== undefined) count.count(rest)
    const last = count.take()
    await write(last.slice(0, -1))
    // An object that was longer before had chunks that are not there any more.
    for (let chunk = chunksIn(last, written); chunk < (before?.chunks ?? 0); chunk++)
      await sink.write(
        { writer: `${key}:${chunk}`, revision: round * ROUND, traffic: [], replaces: ALWAYS },
        signal,
      )
    const chunks = chunksIn(last, written)
    const final = last.at(-1)
    const done = { key, value: `${round} ${chunks} ${object.etag}` }
    if (final === undefined) await sink.write(mark({ writer: key, revision: round * ROUND, ...done }), signal)
    else {
      const { coverage: _, ...step } = final
      await sink.write({ ...step, checkpoints: [done], keeper: key }, signal)
    }
  } finally {
    await source.close()
  }
}

function chunksIn(last: readonly LedgerStep[], written: number): number {
  const final = last.at(-1)
  return final === undefined
    ? written
    : Math.max(written, Number(final.writer.slice(final.writer.lastIndexOf(':') + 1)) + 1)
}

function mark(about: {
  readonly writer: string
  readonly revision: number
  readonly key: string
  readonly value: string
}): LedgerStep {
  const { writer, revision, key, value } = about
  return { writer, revision, traffic: [], checkpoints: [{ key, value }] }
}
