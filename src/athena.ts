import { rangeOf } from './backfill.ts'
import { minuteAfter, minuteOf } from './base/index.ts'
import type { Config } from './cli/config.ts'
import { EXIT, type Io } from './cli/io.ts'
import type { AthenaDdlOptions, AthenaSqlOptions } from './cli/program.ts'
import { athenaOptions, sqlOf, tableDdl } from './collectors/index.ts'
import { createDefinitionsDirectory } from './definitions/index.ts'
import { inputsIn } from './service/index.ts'
import type { System } from './system.ts'

/** Prints the statement that makes a table of logs. */
export function athenaDdlCommand(io: Io, options: AthenaDdlOptions): number {
  if (!/^s3:\/\/[^/]+\//.test(options.location)) {
    io.stderr(`--location: ${options.location} is no place in S3; write s3://bucket/prefix/\n`)
    return EXIT.invalid
  }
  io.stdout(`${tableDdl(options)}\n`)
  return EXIT.ok
}

export interface PrintingSql {
  readonly system: System
  readonly io: Io
  readonly options: AthenaSqlOptions
  readonly config: Config
  /** Where the burn policies that come with Nines stand. */
  readonly policies: string
}

/** Prints what a source asks for a stretch of time, one query for each of its inputs. */
export async function athenaSqlCommand({
  system,
  io,
  options,
  config,
  policies,
}: PrintingSql): Promise<number> {
  const range = rangeOf(options, system.clock.now())
  if (typeof range === 'string') {
    io.stderr(`${range}\n`)
    return EXIT.invalid
  }
  const directory = createDefinitionsDirectory(system, { dir: config.definitions, policiesDir: policies })
  const all = (await directory.load()).sources.filter(({ type }) => type === 'Athena')
  const wanted = options.source === undefined ? all : all.filter(({ name }) => name === options.source)
  const [source] = wanted
  if (source === undefined || wanted.length > 1) {
    const names = all.map(({ name }) => name).join(', ')
    io.stderr(
      `--source: ${names === '' ? 'there is no DataSource of type Athena' : `write one of ${names}`}\n`,
    )
    return EXIT.invalid
  }
  for (const { name, details, labels } of inputsIn(source)) {
    const checked = athenaOptions({ ...details, labels }, name)
    if (checked.kind === 'failed') {
      for (const { path, message, remedy } of checked.error)
        io.stderr(`${source.name}: connectionDetails.${path}: ${message}; ${remedy}\n`)
      return EXIT.invalid
    }
    const { table } = checked.value
    const bounds = { from: minuteOf(range.from), to: minuteAfter(range.to) }
    if (table !== undefined) io.stdout(`${sqlOf(table, checked.value, bounds)};\n`)
  }
  return EXIT.ok
}
