import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Result } from '../base/index.ts'
import { importDatadog } from '../definitions/index.ts'
import { EXIT, type Io } from './io.ts'

export interface ImportOptions {
  /** `datadoghq.eu`; absent: `DD_SITE`. */
  readonly site?: string
  readonly url?: string
  /** Answers of the API that were saved: of `/api/v1/slo`, and of `/api/v1/slo/correction`. */
  readonly file?: string
  readonly corrections?: string
  /** Of `/api/v1/monitor`. */
  readonly monitors?: string
  /** The DataSource that the SLOs are to be read from. */
  readonly source: string
}

interface Read {
  readonly slos: readonly unknown[]
  readonly corrections: readonly unknown[]
  readonly monitors: readonly unknown[]
}

/** What `main.ts` binds to the collector. */
export type ReadSlos = (details: Readonly<Record<string, unknown>>) => Promise<Result<Read, string>>

/** Prints Datadog's SLOs and corrections as OpenSLO; what could not be carried over is told on stderr. */
export async function importCommand(io: Io, options: ImportOptions, read: ReadSlos): Promise<number> {
  const { file, corrections, monitors, site, url, source } = options
  let found: Read
  if (file === undefined) {
    const answer = await read({
      ...(site === undefined ? {} : { site }),
      ...(url === undefined ? {} : { url }),
    })
    if (answer.kind === 'failed') {
      io.stderr(`${answer.error}\n`)
      return EXIT.failed
    }
    found = answer.value
  } else {
    try {
      found = {
        slos: await dataIn(resolve(io.cwd, file)),
        corrections: corrections === undefined ? [] : await dataIn(resolve(io.cwd, corrections)),
        monitors: monitors === undefined ? [] : await dataIn(resolve(io.cwd, monitors)),
      }
    } catch (error) {
      io.stderr(`${error instanceof Error ? error.message : String(error)}\n`)
      return EXIT.invalid
    }
  }
  const imported = importDatadog(found, source)
  io.stdout(imported.text)
  for (const { name, text } of imported.notes) io.stderr(`${name}: ${text}\n`)
  io.stderr(
    `${imported.slos} SLOs and ${imported.corrections} corrections of ${found.slos.length} and ${found.corrections.length}\n`,
  )
  return imported.notes.length === 0 ? EXIT.ok : EXIT.warned
}

/** `{"data": […]}`, or the list itself. */
async function dataIn(path: string): Promise<readonly unknown[]> {
  const body: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (Array.isArray(body)) return body
  if (typeof body === 'object' && body !== null && 'data' in body && Array.isArray(body.data))
    return body.data
  throw new Error(`${path}: there is no list at data; save the answer of the API as it is`)
}
