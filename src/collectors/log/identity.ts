import { createHash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import type { Sink } from '../collector.ts'
import { type ByteSource, gzipSource, isGzip, plainSource } from './bytes.ts'

/** How far a file's beginning is looked at to know it again. */
const HEAD = 1024

/** The beginning of a file's contents, unpacked: up to 1 KiB. */
export interface Head {
  readonly bytes: Buffer
  readonly packed: boolean
}

/** What is kept of a file between runs. Offsets are in unpacked bytes. */
export interface FileCheckpoint {
  /** Where the unfinished chunk begins: where a restart goes on, and counts again from. */
  readonly start: number
  /** How many lines came before `start`. */
  readonly lines: number
  /** Everything before this is counted and durable. */
  readonly read: number
  /** How often the file was begun or gone on with. Later rounds outrank what earlier ones wrote. */
  readonly round: number
  /** Start of the last minute that had an event before `start`; absent when none had. */
  readonly through?: number
  /** How the file is cut into chunks. */
  readonly chunkBytes: number
  /** The file's first bytes, to tell it from another with the same first line. */
  readonly prefix: { readonly length: number; readonly hash: string }
}

/**
 * Which file it is, whatever its name, disk or packing: a rotated, copied or gzipped log is the same log. A file is
 * known by its first line, which is there early and does not change; should two files begin with the same line, their
 * first KiB tells them apart, and the second gets a number behind its name.
 */
export type Identity =
  | { readonly kind: 'known'; readonly key: string; readonly checkpoint: FileCheckpoint }
  | { readonly kind: 'new'; readonly key: string }
  /** Too little of it is there to tell. */
  | { readonly kind: 'undecided' }

export async function headOf(path: string): Promise<Head> {
  const packed = await isGzip(path)
  const source = packed ? gzipSource(path, 0) : plainSource(await fs.open(path, 'r'), 0)
  try {
    return { bytes: await readHead(source), packed }
  } finally {
    await source.close()
  }
}

/** `isWhole`: the file will not grow, so even a first line without its end names it. */
export async function identify(
  head: Head,
  options: { readonly source: string; readonly sink: Sink; readonly isWhole: boolean },
): Promise<Identity> {
  const lineEnd = head.bytes.indexOf(10)
  if (head.bytes.length === 0 || (lineEnd < 0 && head.bytes.length < HEAD && !options.isWhole))
    return { kind: 'undecided' }
  const name = hashOf(head.bytes.subarray(0, lineEnd < 0 ? undefined : lineEnd))
  for (let number = 1; ; number++) {
    const key = `log:${options.source}:${name}${number === 1 ? '' : `~${number}`}`
    const value = await options.sink.checkpoint(key)
    if (value === undefined) return { kind: 'new', key }
    const checkpoint = parseCheckpoint(key, value)
    const { length, hash } = checkpoint.prefix
    if (head.bytes.length >= length) {
      if (hashOf(head.bytes.subarray(0, length)) === hash) return { kind: 'known', key, checkpoint }
    } else if (!options.isWhole) return { kind: 'undecided' }
  }
}

export function prefixOf(head: Head): FileCheckpoint['prefix'] {
  return { length: head.bytes.length, hash: hashOf(head.bytes) }
}

async function readHead(source: ByteSource): Promise<Buffer> {
  const bytes = Buffer.alloc(HEAD)
  let filled = 0
  while (filled < HEAD) {
    const count = await source.read(bytes, filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled)
}

// 80 bits: among a million files the chance of any two sharing a name is below one in a trillion.
function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 20)
}

function parseCheckpoint(key: string, value: string): FileCheckpoint {
  const parsed: unknown = JSON.parse(value)
  if (isCheckpoint(parsed)) return parsed
  throw new Error(`the checkpoint ${key} is none of an access log: ${value.slice(0, 200)}`)
}

function isCheckpoint(value: unknown): value is FileCheckpoint {
  if (typeof value !== 'object' || value === null || !('prefix' in value)) return false
  const { prefix } = value
  const numbers = ['start', 'lines', 'read', 'round', 'chunkBytes'].every(
    (name) => name in value && Number.isSafeInteger(Reflect.get(value, name)),
  )
  return numbers && typeof prefix === 'object' && prefix !== null && 'length' in prefix && 'hash' in prefix
}
