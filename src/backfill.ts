import { DAY, earlier, later, type Range, startOfDate, type UnixSeconds } from './base/index.ts'
import { type Config } from './cli/config.ts'
import { EXIT, type Io } from './cli/io.ts'
import type { BackfillCommandOptions } from './cli/program.ts'
import { createProgress, type Progress } from './cli/progress.ts'
import { readSecret } from './cli/secret.ts'
import { createDefinitionsDirectory } from './definitions/index.ts'
import { type BackfilledInput, backfillSources } from './service/index.ts'
import { openLedger } from './store/index.ts'
import type { System } from './system.ts'

export interface Backfilling {
  readonly system: System
  readonly io: Io
  readonly signal: AbortSignal
  readonly options: BackfillCommandOptions
  readonly config: Config
  readonly base: string
  /** Where the burn policies that come with Nines stand. */
  readonly policies: string
}

/** Reads the past of sources that are asked for counts into the ledger, newest first; goes on where it was stopped. */
export async function backfillCommand(given: Backfilling): Promise<number> {
  const { system, io, signal, options, config, base, policies } = given
  const range = rangeOf(options, system.clock.now())
  if (typeof range === 'string') {
    io.stderr(`${range}\n`)
    return EXIT.invalid
  }
  const directory = createDefinitionsDirectory(system, { dir: config.definitions, policiesDir: policies })
  const definitions = await directory.load()
  const only = options.source.length === 0 ? undefined : options.source
  const unknown = only?.find((name) => definitions.sources.every((source) => source.name !== name))
  if (unknown !== undefined) {
    const names = definitions.sources.map(({ name }) => name).join(', ')
    io.stderr(`--source: there is no DataSource ${unknown}; write one of ${names}\n`)
    return EXIT.invalid
  }
  await using ledger = await openLedger(system, storeOf(config, io))
  let progress: Progress | undefined
  try {
    const done = await backfillSources(
      system,
      {
        definitions,
        sink: ledger,
        base,
        range,
        again: options.again,
        only,
        onProgress: ({ wanted, read, what }) => {
          progress ??= createProgress(io, system.clock, {
            title: 'back-filling',
            total: wanted,
            format: minutes,
          })
          progress.update(read, what, wanted)
        },
      },
      signal,
    )
    progress?.stop()
    progress = undefined
    io.stdout(options.output === 'json' ? `${JSON.stringify(done, undefined, 2)}\n` : describe(done))
    if (signal.aborted) {
      io.stderr('Stopped. The same command goes on where this one stopped.\n')
      return EXIT.interrupted
    }
    return done.some(({ failures }) => failures.length > 0) ? EXIT.failed : EXIT.ok
  } finally {
    progress?.stop()
  }
}

const minutes = (n: number): string => `${n.toLocaleString('en-US')} min`

function storeOf({ store, retention }: Config, { env }: Io): Parameters<typeof openLedger>[1] {
  const password = readSecret(env, 'CLICKHOUSE_PASSWORD')
  return store.kind === 'cluster' && password !== undefined
    ? { ...store, password, retention }
    : { ...store, retention }
}

/** A sentence when it cannot be read. */
export function rangeOf(
  { from, to }: Pick<BackfillCommandOptions, 'from' | 'to'>,
  now: UnixSeconds,
): Range | string {
  const start = instantOf(from, now)
  const end = to === undefined ? now : instantOf(to, now)
  if (start === undefined) return `--from: ${from} is no time; write 30d, or 2026-11-01T00:00Z`
  if (end === undefined) return `--to: ${to} is no time; write 7d, or 2026-11-01T00:00Z`
  return start < end ? { from: start, to: end } : '--from lies after --to'
}

const LENGTHS: ReadonlyMap<string, number> = new Map([
  ['m', 60],
  ['h', 3_600],
  ['d', DAY],
  ['w', 7 * DAY],
])

/** `30d` ago, or an instant in UTC: `2026-11-01`, `2026-11-01T12:30Z`. */
function instantOf(text: string, now: UnixSeconds): UnixSeconds | undefined {
  const ago = /^(\d{1,6})([mhdw])$/.exec(text)
  if (ago) return earlier(now, Number(ago[1]) * (LENGTHS.get(ago[2] ?? '') ?? DAY))
  const at = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?Z)?$/.exec(text)
  if (!at) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = at
    .slice(1)
    .map((part) => Number(part ?? 0))
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return undefined
  return later(startOfDate({ year, month, day }), hour * 3_600 + minute * 60 + second)
}

function describe(done: readonly BackfilledInput[]): string {
  if (done.length === 0) return 'No source that is asked for counts has a question.\n'
  return done
    .map(({ source, input, wanted, read, failures }) => {
      const name = input === '' ? source : `${source}/${input}`
      const told = failures.map(({ question, text, remedy }) => `  ${question}: ${text} (${remedy})\n`)
      return `${name}: ${minutes(read)} of ${minutes(wanted)} read\n${told.join('')}`
    })
    .join('')
}
