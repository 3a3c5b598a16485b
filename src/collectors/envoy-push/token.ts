import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/**
 * Whether a caller shows the token that stands in the file. The file is read for each stream, of which an Envoy opens
 * one in hours, so a token can be changed without a restart. A file that cannot be read admits nobody.
 */
export function createAdmission(
  tokenFile: string | undefined,
  failing: (problem: string) => void,
): (authorization: string | undefined) => Promise<boolean> {
  return async (authorization) => {
    if (tokenFile === undefined) return true
    try {
      const token = (await readFile(tokenFile, 'utf8')).trim()
      const shown = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
      // Hashes have one length, so comparing them tells nothing of the token's.
      return token !== '' && timingSafeEqual(hash(shown), hash(token))
    } catch (error) {
      failing(error instanceof Error ? error.message : String(error))
      return false
    }
  }
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
