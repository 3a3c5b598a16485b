import { gunzip, gunzipSync } from 'node:zlib'
import { failed, ok, type Result } from '../../base/index.ts'

/** Up to so many packed bytes are unpacked at once: handing them to another thread takes longer. */
const SMALL = 64 * 1024
const CHUNK = 256 * 1024
/** Larger ones are unpacked so many at a time, since each may become as large as a request may be. */
const AT_ONCE = 4

/** Unpacks gzip. What would become more than `most` bytes is given up at that point, however small it came. */
export type Inflate = (packed: Buffer, most: number) => Promise<Result<Buffer, 'too-large' | 'broken'>>

export function createInflate(): Inflate {
  const waiting: (() => void)[] = []
  let busy = 0
  const turn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    else busy++
    try {
      return await work()
    } finally {
      // Whoever waited longest takes over the place.
      const next = waiting.shift()
      if (next === undefined) busy--
      else next()
    }
  }
  return async (packed, most) => {
    const options = { maxOutputLength: most, chunkSize: CHUNK }
    try {
      if (packed.length <= SMALL) return ok(gunzipSync(packed, options))
      return ok(await turn(() => unpack(packed, options)))
    } catch (error) {
      const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
      return failed(isTooLarge ? 'too-large' : 'broken')
    }
  }
}

function unpack(packed: Buffer, options: Parameters<typeof gunzipSync>[1]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(packed, options ?? {}, (error, unpacked) => (error === null ? resolve(unpacked) : reject(error)))
  })
}
