import { readFile } from 'node:fs/promises'
import { createAdmission } from '../otlp/token.ts'

/**
 * Whether a caller shows the token that stands in the file. The file is read for each stream, of which an Envoy opens
 * one in hours, so a token can be changed without a restart. A file that cannot be read, or is empty, admits nobody.
 */
export function createFileAdmission(
  tokenFile: string | undefined,
  failing: (problem: string) => void,
): (authorization: string | undefined) => Promise<boolean> {
  return async (authorization) => {
    if (tokenFile === undefined) return true
    try {
      const token = (await readFile(tokenFile, 'utf8')).trim()
      if (token === '') failing(`${tokenFile} is empty`)
      return token !== '' && createAdmission(token)(authorization)
    } catch (error) {
      failing(error instanceof Error ? error.message : String(error))
      return false
    }
  }
}
