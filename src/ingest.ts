import { closeSync, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { DAY, earlier, HOUR, later } from './base/index.ts'
import type { Config } from './cli/config.ts'
import { EXIT, type Io } from './cli/io.ts'
import type { IngestOptions } from './cli/program.ts'
import { createProgress, type Progress } from './cli/progress.ts'
import { readSecret } from './cli/secret.ts'
import {
  type IngestProgress,
  type IngestReport,
  ingestFiles,
  logSourceOptions,
  REJECTIONS,
  type RejectedLine,
} from './collectors/index.ts'
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
export async function ingestCommand(given: Ingesting): Promise<number> {
  const { io, files, options } = given
  const checked = logSourceOptions({
    files: [...files],
    format: options.format,
    labels: options.label,
    service: serviceOf(options),
    ...(options.trailing === undefined ? {} : { trailing: options.trailing.split(',') }),
  })
  if (checked.kind === 'failed') {
    for (const { path, message, remedy } of checked.error) io.stderr(`--${path}: ${message}; ${remedy}\n`)
    return EXIT.invalid
  }
  let rejected: RejectedList | undefined
  try {
    rejected = options.rejected === undefined ? undefined : openRejected(options.rejected, io)
  } catch (error) {
    io.stderr(`--rejected: ${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.invalid
  }
  try {
    const report = await count(given, { options: checked.value, onRejected: rejected?.add })
    const told = options.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : describe(report)
    io.stdout(told)
    return exitCodeOf(report, given)
  } finally {
    rejected?.close()
  }
}

function serviceOf({ service, serviceFrom }: IngestOptions): unknown {
  if (serviceFrom === undefined && service !== undefined) return service
  return { from: serviceFrom ?? 'authority', ...(service === undefined ? {} : { otherwise: service }) }
}

async function count(
  { system, io, signal, files, options, config }: Ingesting,
  decided: Pick<Parameters<typeof ingestFiles>[1], 'options'> & {
    onRejected: RejectedList['add'] | undefined
  },
): Promise<IngestReport> {
  const store = ledgerOptions(config, { io, days: options.retention })
  await using ledger = await openLedger(system, store)
  let progress: Progress | undefined
  const onProgress = ({ bytes, totalBytes, lines, file }: IngestProgress): void => {
    progress ??= createProgress(io, system.clock, { title: 'counting', total: totalBytes, format: megabytes })
    progress.update(bytes, `${lines.toLocaleString('en-US')} lines ${file}`, totalBytes)
  }
  const oldest = earlier(system.clock.now(), store.retention.traffic * DAY)
  try {
    return await ingestFiles(system, {
      name: options.source,
      options: decided.options,
      files,
      sink: ledger,
      again: options.again,
      // What the ledger would drop within the hour is told as dropped, not as counted.
      oldest: later(oldest, HOUR),
      signal,
      onProgress,
      ...(decided.onRejected === undefined ? {} : { onRejected: decided.onRejected }),
    })
  } finally {
    progress?.stop()
  }
}

function ledgerOptions(
  { store, retention }: Config,
  { io, days }: { readonly io: Io; readonly days: number | undefined },
): LedgerOptions {
  const password = readSecret(io.env, 'CLICKHOUSE_PASSWORD')
  const kept = { ...retention, traffic: days ?? retention.traffic }
  return store.kind === 'cluster' && password !== undefined
    ? { ...store, password, retention: kept }
    : { ...store, retention: kept }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

function exitCodeOf(report: IngestReport, { io, options, config }: Ingesting): number {
  const { rejected, files, interrupted } = report
  if (rejected['too-old'] !== undefined)
    io.stderr(
      `The ledger keeps ${options.retention ?? config.retention.traffic} days. To keep older lines too, write --again --retention <days> here and retention: { traffic: <days> } in nines.yaml.\n`,
    )
  if (interrupted) {
    io.stderr('Stopped. The same command goes on where this one stopped.\n')
    return EXIT.interrupted
  }
  if (files.some((file) => file.state === 'failed')) return EXIT.failed
  return Object.keys(rejected).length > 0 ? EXIT.invalid : EXIT.ok
}

interface RejectedList {
  readonly add: (line: RejectedLine) => void
  readonly close: () => void
}

/** Bytes that are gathered before they are written: a log of the wrong format rejects millions of lines. */
const AT_ONCE = 64 * 1024

function openRejected(path: string, io: Io): RejectedList {
  const file = path === '-' ? undefined : openSync(resolve(io.cwd, path), 'w')
  let gathered = ''
  const flush = (): void => {
    if (file === undefined) io.stderr(gathered)
    else writeSync(file, gathered)
    gathered = ''
  }
  return {
    add: ({ file: of, line, reason }) => {
      gathered += `${of}:${line}: ${reason}\n`
      if (gathered.length >= AT_ONCE) flush()
    },
    close: () => {
      if (gathered !== '') flush()
      if (file !== undefined) closeSync(file)
    },
  }
}

/** What was counted, and every line that was not with its reason. */
export function describe(report: IngestReport): string {
  const n = (count: number): string => count.toLocaleString('en-US')
  const { good, bad, ignored } = report.counted
  const rejected = Object.entries(report.rejected).map(
    ([reason, count]) => `  ${reason}: ${n(count)}${isReason(reason) ? ` (${REJECTIONS[reason]})` : ''}\n`,
  )
  const all = Object.values(report.rejected).reduce((sum, count) => sum + count, 0)
  const shown = report.firstRejected.map(({ file, line, reason }) => `  ${file}:${line}: ${reason}\n`)
  const files = report.files.map(
    ({ path, state, problem }) =>
      `${path}: ${state.replaceAll('-', ' ')}${problem === '' ? '' : ` (${problem})`}\n`,
  )
  return [
    ...files,
    `${n(report.lines + report.blank)} lines: ${n(good)} good, ${n(bad)} bad, ${n(ignored)} ignored, ${n(all)} not counted, ${n(report.blank)} blank\n`,
    ...(all > 0 ? ['not counted, by reason:\n', ...rejected] : []),
    ...(all > 0
      ? [`the first of them${shown.length < all ? ' (--rejected lists all)' : ''}:\n`, ...shown]
      : []),
    ...(report.overflowed > 0 ? [`${n(report.overflowed)} events are beyond the bound on series\n`] : []),
  ].join('')
}

function isReason(text: string): text is keyof typeof REJECTIONS {
  return Object.hasOwn(REJECTIONS, text)
}
