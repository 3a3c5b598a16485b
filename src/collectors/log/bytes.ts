import { createReadStream, promises as fs } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A file's contents, unpacked, from front to back. */
export interface ByteSource {
  /** Fills the buffer from `at` on; gives how many bytes came, 0 at the end, which may grow later. */
  readonly read: (buffer: Buffer, at: number) => Promise<number>
  /** Bytes of the file on disk that were read so far, packed as they are. */
  readonly consumed: () => number
  readonly close: () => Promise<void>
}

/** A file that unpacks to this many times its size is an attack or a mistake, not a log. */
const MOST_UNPACKING = 200
/** Small files may unpack far: a log of one line repeated. */
const UNPACKED_FREELY = 64 * 1024 * 1024

/** Whether the file is packed with gzip, told by its first bytes, since rotated files have all kinds of names. */
export async function isGzip(path: string): Promise<boolean> {
  const handle = await fs.open(path, 'r')
  try {
    const magic = Buffer.alloc(2)
    const { bytesRead } = await handle.read(magic, 0, 2, 0)
    return bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b
  } finally {
    await handle.close()
  }
}

/** Reads a plain file from `start` on. Goes on where it was when the file has grown. */
export function plainSource(handle: fs.FileHandle, start: number): ByteSource {
  let position = start
  return {
    read: async (buffer, at) => {
      const { bytesRead } = await handle.read(buffer, at, buffer.length - at, position)
      position += bytesRead
      return bytesRead
    },
    consumed: () => position - start,
    close: () => handle.close(),
  }
}

/** Unpacks a gzip file from `start` on, counted in unpacked bytes. */
export function gzipSource(path: string, start: number): ByteSource {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 })
  const unpacked = createGunzip({ chunkSize: 256 * 1024 })
  file.on('error', (error) => unpacked.destroy(error))
  const chunks: AsyncIterator<Buffer> = file.pipe(unpacked)[Symbol.asyncIterator]()
  return {
    ...chunkSource(chunks, start, (position) => refuseBomb(position, file.bytesRead)),
    consumed: () => file.bytesRead,
    close: async () => {
      unpacked.destroy()
      file.destroy()
    },
  }
}

/** A stream's bytes, unpacked when they begin as gzip does. What the stream fails with, reading rejects with. */
export async function streamSource(stream: Readable): Promise<ByteSource> {
  const raw: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]()
  const first = await raw.next()
  let consumed = 0
  const all = async function* (): AsyncGenerator<Buffer> {
    for (let next = first; next.done !== true; next = await raw.next()) {
      consumed += next.value.length
      yield next.value
    }
  }
  const packed = first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b
  const plain = Readable.from(all(), { objectMode: false })
  const unpacked = packed ? createGunzip({ chunkSize: 256 * 1024 }) : undefined
  if (unpacked !== undefined) plain.on('error', (error) => unpacked.destroy(error))
  const readable: Readable = unpacked === undefined ? plain : plain.pipe(unpacked)
  const chunks: AsyncIterator<Buffer> = readable[Symbol.asyncIterator]()
  return {
    ...chunkSource(chunks, 0, (position) => {
      if (packed) refuseBomb(position, consumed)
    }),
    consumed: () => consumed,
    close: async () => {
      unpacked?.destroy()
      plain.destroy()
      stream.destroy()
    },
  }
}

function refuseBomb(position: number, packed: number): void {
  if (position > UNPACKED_FREELY && position > MOST_UNPACKING * packed)
    throw new Error(`it unpacks to more than ${MOST_UNPACKING} times its size`)
}

function chunkSource(
  chunks: AsyncIterator<Buffer>,
  start: number,
  check: (position: number) => void,
): Pick<ByteSource, 'read'> {
  let left: Buffer = Buffer.alloc(0)
  let position = 0
  return {
    read: async (buffer, at) => {
      while (left.length === 0) {
        const next = await chunks.next()
        if (next.done === true) return 0
        left = next.value.subarray(Math.min(next.value.length, Math.max(0, start - position)))
        position += next.value.length
        check(position)
      }
      const count = left.copy(buffer, at)
      left = left.subarray(count)
      return count
    },
  }
}

/** The length of what a gzip file holds, modulo 2^32, from its last four bytes; that of its last part, if it has several. */
export async function gzipLength(path: string): Promise<number> {
  const handle = await fs.open(path, 'r')
  try {
    const { size } = await handle.stat()
    const tail = Buffer.alloc(4)
    await handle.read(tail, 0, 4, Math.max(0, size - 4))
    return tail.readUInt32LE(0)
  } finally {
    await handle.close()
  }
}
