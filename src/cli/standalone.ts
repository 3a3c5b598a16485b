import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Result, World } from '../base/index.ts'
import type { Check } from '../contract/index.ts'
import { type DataSource, loadDefinitions, readTree } from '../definitions/index.ts'
import { type Config } from './config.ts'
import type { Io } from './io.ts'
import { readSecret } from './secret.ts'

export interface StandaloneParts {
  readonly version: string
  /** Path of `nines.yaml`; undefined: there is none, and defaults hold. */
  readonly file: string | undefined
  /** Read, or why it cannot be. */
  readonly config: Result<Config, string>
  /** What keeps each DataSource from being read. */
  readonly faultsOf: (sources: readonly DataSource[]) => Promise<
    readonly {
      readonly source: DataSource
      readonly faults: readonly { readonly text: string; readonly remedy: string }[]
    }[]
  >
}

/** Below this much the ledger may fail to write or to merge. */
const FREE_BYTES = 1 << 30
/** 2026-01-01: a clock that says less is not set. */
const EARLIEST = 1_767_225_600
const PING_MS = 5_000

/** Every check that needs no service: configuration, definitions, sources, store, disk, clock, Slack. */
export async function standaloneChecks(
  io: Pick<Io, 'env'>,
  world: Pick<World, 'fetch' | 'clock'>,
  parts: StandaloneParts,
): Promise<readonly Check[]> {
  const { config, file } = parts
  const checks = [good('version', `This command is Nines ${parts.version}.`), clockCheck(world.clock.now())]
  if (config.kind === 'failed')
    return [...checks, bad('config', config.error, 'Mend nines.yaml; docs/cli.md has every setting.')]
  checks.push(
    good('config', file === undefined ? 'No nines.yaml: the defaults hold.' : `${file} can be read.`),
  )
  checks.push(...(await definitionChecks(config.value, parts)))
  checks.push(...(await storeChecks(world, config.value, readSecret(io.env, 'CLICKHOUSE_PASSWORD'))))
  checks.push(slackCheck(io, config.value))
  return checks
}

const good = (name: string, text: string): Check => ({ name, finding: 'well', text, remedy: '' })
const bad = (name: string, text: string, remedy: string): Check => ({ name, finding: 'wrong', text, remedy })
const open = (name: string, text: string, remedy = ''): Check => ({ name, finding: 'unknown', text, remedy })

function clockCheck(now: number): Check {
  if (now >= EARLIEST) return good('clock', 'It is set.')
  return bad(
    'clock',
    'The clock of this machine is years behind.',
    'Let NTP set it before anything is counted.',
  )
}

async function definitionChecks(config: Config, parts: StandaloneParts): Promise<readonly Check[]> {
  const tree = await readTree(config.definitions)
  const { slos, sources, problems } = loadDefinitions(tree.files, { strict: false })
  const errors = [...tree.unread, ...problems].filter(({ severity }) => severity === 'error')
  const [first] = errors
  const checks = [
    first
      ? bad(
          'definitions',
          `${errors.length} cannot be used; the first: ${first.file}:${first.line}:${first.column}: ${first.message}.`,
          `${first.remedy} nines validate ${config.definitions} shows all.`,
        )
      : slos.length === 0
        ? bad(
            'definitions',
            `No SLO is defined in ${config.definitions}.`,
            'Write an OpenSLO document there.',
          )
        : good('definitions', `${slos.length} SLOs in ${config.definitions}.`),
  ]
  for (const { source, faults } of await parts.faultsOf(sources)) {
    const [fault] = faults
    if (fault) checks.push(bad('source', `${source.name}: ${fault.text}`, fault.remedy))
  }
  const broken = checks.some(({ name }) => name === 'source')
  if (sources.length > 0 && !broken)
    checks.push(good('source', `${sources.length} DataSources can be opened.`))
  return checks
}

async function storeChecks(
  world: Pick<World, 'fetch'>,
  { store }: Config,
  password: string | undefined,
): Promise<readonly Check[]> {
  if (store.kind === 'embedded') return embeddedChecks(store.path)
  const headers: Record<string, string> = {
    'X-ClickHouse-User': store.username,
    ...(password === undefined ? {} : { 'X-ClickHouse-Key': password }),
  }
  const url = `${store.url.replace(/\/$/, '')}/?query=${encodeURIComponent('SELECT 1')}`
  const remedy =
    'See that it runs and may be reached, and that store.username and CLICKHOUSE_PASSWORD are right.'
  try {
    const answer = await world.fetch(url, {
      headers,
      signal: AbortSignal.timeout(PING_MS),
      redirect: 'manual',
    })
    await answer.body?.cancel()
    return [
      answer.ok
        ? good('store', `ClickHouse answers at ${store.url}.`)
        : bad('store', `ClickHouse at ${store.url} answered ${answer.status}.`, remedy),
      open('disk', `The disks of ${store.url} cannot be seen from here.`),
    ]
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [bad('store', `ClickHouse does not answer at ${store.url}: ${why}.`, remedy)]
  }
}

async function embeddedChecks(path: string): Promise<readonly Check[]> {
  const there = await nearest(path)
  const remedy = `Make ${path} belong to who runs Nines, or name another directory as store.path.`
  if (there === undefined) return [bad('store', `${path} cannot be made.`, remedy)]
  try {
    await access(there, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return [bad('store', `${there} cannot be written to.`, remedy)]
  }
  if (!(await stat(there)).isDirectory()) return [bad('store', `${there} is no directory.`, remedy)]
  const { bavail, blocks, bsize } = await statfs(there)
  const free = bavail * bsize
  const text = `${(Math.floor(free / 1e8) / 10).toFixed(1)} GB free (${blocks === 0 ? 100 : Math.floor((bavail * 100) / blocks)} %) where ${path} is.`
  return [
    good(
      'store',
      there === path ? `${path} can be written to.` : `${path} does not exist yet and can be made.`,
    ),
    free >= FREE_BYTES
      ? good('disk', text)
      : bad('disk', text, 'Make room: the ledger needs a gigabyte to write and merge.'),
  ]
}

/** The directory itself, or the one above it that exists. */
async function nearest(path: string): Promise<string | undefined> {
  for (let at = path; ; at = dirname(at)) {
    try {
      await access(at, constants.F_OK)
      return at
    } catch {
      if (dirname(at) === at) return undefined
    }
  }
}

function slackCheck({ env }: Pick<Io, 'env'>, { notify }: Config): Check {
  const token = readSecret(env, 'SLACK_BOT_TOKEN')
  const { slack } = notify
  if (token !== undefined && slack !== undefined)
    return good('slack', `A token is set; incidents go to ${slack.channel}.`)
  if (token !== undefined)
    return bad(
      'slack',
      'SLACK_BOT_TOKEN is set, but nines.yaml names no channel.',
      'Write notify: { slack: { channel: C0123456789 } }.',
    )
  return bad(
    'slack',
    'No SLACK_BOT_TOKEN is set: nobody is told of incidents.',
    'Set SLACK_BOT_TOKEN (or SLACK_BOT_TOKEN_FILE), and notify.slack.channel in nines.yaml.',
  )
}
