import { gunzip, gunzipSync } from 'node:zlib'
import { failed, ok, type Result } from '../../base/index.ts'

/** Up to so many packed bytes are unpacked at once: handing them to another thread takes longer. */
const AT_ONCE = 64 * 1024
const CHUNK = 256 * 1024

/** Unpacks gzip. What would become more than `most` bytes is given up at that point, however small it came. */
export async function inflate(packed: Buffer, most: number): Promise<Result<Buffer, 'too-large' | 'broken'>> {
  const options = { maxOutputLength: most, chunkSize: CHUNK }
  try {
    if (packed.length <= AT_ONCE) return ok(gunzipSync(packed, options))
    return ok(
      await new Promise<Buffer>((resolve, reject) => {
        gunzip(packed, options, (error, unpacked) => (error === null ? resolve(unpacked) : reject(error)))
      }),
    )
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    return failed(isTooLarge ? 'too-large' : 'broken')
  }
}
