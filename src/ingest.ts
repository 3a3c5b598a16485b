import type { Config } from './cli/config.ts'
import { readSecret } from './cli/config.ts'
import { EXIT, type Io } from './cli/io.ts'
import type { IngestOptions } from './cli/program.ts'
import { createProgress } from './cli/progress.ts'
import { type IngestReport, ingestFiles, logSourceOptions } from './collectors/index.ts'
import { type LedgerOptions, openLedger } from './store/index.ts'
import type { System } from './system.ts'

export interface Ingesting {
  readonly system: System
  readonly io: Io
  readonly signal: AbortSignal
  readonly files: readonly string[]
  readonly options: IngestOptions
  readonly config: Config
}

/** Counts log files into the ledger, and says what became of every line. */
export async function ingestCommand({
  system,
  io,
  signal,
  files,
  options,
  config,
}: Ingesting): Promise<number> {
  const checked = logSourceOptions({
    files: [...files],
    format: options.format,
    labels: options.label,
    ...(options.service === undefined ? {} : { service: options.service }),
  })
  if (checked.kind === 'failed') {
    for (const { path, message, remedy } of checked.error) io.stderr(`${path}: ${message} ${remedy}\n`)
    return EXIT.invalid
  }
  await using ledger = await openLedger(system, ledgerOptions(config, io))
  let progress: ReturnType<typeof createProgress> | undefined
  const report = await ingestFiles(system, {
    name: options.source,
    options: checked.value,
    files,
    sink: ledger,
    again: options.again,
    signal,
    onProgress: ({ bytes, totalBytes, lines, file }) => {
      progress ??= createProgress(io, system.clock, {
        title: 'counting',
        total: totalBytes,
        format: megabytes,
      })
      progress.update(bytes, `${lines.toLocaleString('en-US')} lines ${file}`)
    },
  })
  progress?.stop()
  io.stdout(options.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : describe(report))
  return exitCodeOf(report, io)
}

function ledgerOptions({ store, retention }: Config, io: Io): LedgerOptions {
  const password = readSecret(io.env, 'CLICKHOUSE_PASSWORD')
  return store.kind === 'cluster' && password !== undefined
    ? { ...store, password, retention }
    : { ...store, retention }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

function exitCodeOf(report: IngestReport, io: Io): number {
  if (report.interrupted) {
    io.stderr('Stopped. The same command goes on where this one stopped.\n')
    return EXIT.interrupted
  }
  if (report.files.some((file) => file.state === 'failed')) return EXIT.failed
  return Object.keys(report.rejected).length > 0 ? EXIT.invalid : EXIT.ok
}

/** What was counted, and every line that was not with its reason. */
export function describe(report: IngestReport): string {
  const n = (count: number): string => count.toLocaleString('en-US')
  const { good, bad, ignored } = report.counted
  const rejected = Object.entries(report.rejected).map(([reason, count]) => `  ${reason}: ${n(count)}\n`)
  const shown = report.firstRejected.map(({ file, line, reason }) => `  ${file}:${line}: ${reason}\n`)
  const files = report.files.map(
    ({ path, state, problem }) =>
      `${path}: ${state.replaceAll('-', ' ')}${problem === '' ? '' : ` (${problem})`}\n`,
  )
  return [
    ...files,
    `${n(report.lines)} lines: ${n(good)} good, ${n(bad)} bad, ${n(ignored)} ignored\n`,
    ...(rejected.length > 0
      ? ['not readable, by reason:\n', ...rejected, 'the first of them:\n', ...shown]
      : []),
    ...(report.overflowed > 0 ? [`${n(report.overflowed)} events are beyond the bound on series\n`] : []),
  ].join('')
}
