import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { drainPending, Session } from 'chdb'
import { createChdbConnection } from 'chdb/connection'
import {
  type Engine,
  insertSettings,
  quote,
  READ_SETTINGS,
  type TableDialect,
  type TableShape,
} from './engine.ts'
import { bytesOf, RowReader } from './row-binary.ts'
import { StoreError, storeError } from './store-error.ts'

type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

const DATABASE = 'nines'
/** A connection runs one statement at a time; two for reading so that a long chart does not hold up a short one. */
const READERS = 2

/**
 * Pools and caches of the engine, sized for a small machine. By its own defaults it would start dozens of threads
 * and fill gigabytes of cache. The pool of all threads keeps its large default: the engine keeps some threads of each
 * ledger that was opened before in the process, and waits without end for one when the pool is used up.
 */
const CONFIG = `<clickhouse>
  <background_pool_size>2</background_pool_size>
  <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <mark_cache_size>67108864</mark_cache_size>
  <index_mark_cache_size>16777216</index_mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
</clickhouse>
`

const dialect: TableDialect = {
  database: DATABASE,
  onCluster: '',
  engine: (_table, kind, version) => `${kind}MergeTree(${version})`,
}

/**
 * The engine inside this process, its data in `<path>/engine`. The engine holds an operating system lock on it, so
 * a second process is refused and a crash never leaves the directory locked.
 */
export async function openEmbedded(path: string): Promise<Engine> {
  const root = resolve(path)
  const data = join(root, 'engine')
  const incoming = join(root, 'incoming')
  mkdirSync(data, { recursive: true })
  const config = join(root, 'engine.xml')
  writeFileSync(config, CONFIG)
  const session = openSession(root, data, config)
  // Only now is the directory ours: what is left in there is of a process that is gone.
  rmSync(incoming, { recursive: true, force: true })
  mkdirSync(incoming, { recursive: true })
  const connect = (): ClickHouseClient => createClient({ connection: connectionTo(data) })
  const writer = connect()
  const readers = Array.from({ length: READERS }, connect)
  const settings = Object.entries(READ_SETTINGS).map(([name, value]) => `${name} = ${value}`)
  for (const reader of readers) await reader.command({ query: `SET ${settings.join(', ')}` })
  await writer.command({ query: `CREATE DATABASE IF NOT EXISTS ${DATABASE}` })
  const lanes = new Lanes(readers)
  let files = 0
  return {
    place: `the ledger in ${root}`,
    shared: false,
    tables: dialect,
    command: async (sql) => {
      await writer.command({ query: sql })
    },
    query: (sql) =>
      lanes.run(async (client) => {
        const answer = await client.exec({ query: `${sql} FORMAT RowBinary` })
        return new RowReader(await bytesOf(answer.stream))
      }),
    insert: async (table, rows, token) => {
      // Rows go through a file because the connection passes an insert's values as text.
      const file = join(incoming, `${++files}.bin`)
      await writeFile(file, rows)
      await writer
        .command({ query: insertStatement(table, file, token ?? randomUUID()) })
        .finally(() => rmSync(file, { force: true }))
    },
    close: async () => {
      for (const client of [...readers, writer]) await client.close()
      session.close()
      await drainPending()
    },
  }
}

/** Only statements are handed on: what a client says about HTTP, sessions and settings has no meaning here. */
function connectionTo(data: string): ClientConnection {
  const connection = createChdbConnection({ path: data })
  return {
    ping: ({ select }) => connection.ping({ select }),
    query: ({ query }) => connection.query({ query }),
    insert: ({ query, values }) => connection.insert({ query, values }),
    command: ({ query }) => connection.command({ query }),
    exec: ({ query }) => connection.exec({ query }),
    close: () => connection.close(),
  }
}

function insertStatement(table: TableShape, file: string, token: string): string {
  const names = table.columns.map(([name]) => name).join(', ')
  const structure = table.columns.map(([name, type]) => `${name} ${type}`).join(', ')
  const from = `file(${quote(file)}, 'RowBinary', ${quote(structure)})`
  return `INSERT INTO ${DATABASE}.${table.name} (${names}) SELECT ${names} FROM ${from} SETTINGS ${insertSettings(token)}`
}

function openSession(root: string, data: string, config: string): Session {
  try {
    return new Session(data, { connectionArgs: [`--config-file=${config}`] })
  } catch (cause) {
    const holder = holderOf(data)
    if (holder === undefined) throw storeError('open', `the ledger in ${root}`, cause)
    throw new StoreError(
      `the ledger in ${root} is in use by process ${holder}. Stop it, give this process another directory, or let both use a ClickHouse server`,
      { retryable: true, cause },
    )
  }
}

/** The engine writes who holds the directory into its `status` file; the file stays after it has gone. */
function holderOf(data: string): number | undefined {
  try {
    const pid = /^PID: (\d+)/m.exec(readFileSync(join(data, 'status'), 'utf8'))?.[1]
    if (pid === undefined || Number(pid) === process.pid) return undefined
    process.kill(Number(pid), 0)
    return Number(pid)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return 0
    return undefined
  }
}

/** Hands a statement to the connection with the fewest waiting. */
class Lanes {
  readonly #lanes: { readonly client: ClickHouseClient; waiting: number }[]

  constructor(clients: readonly ClickHouseClient[]) {
    this.#lanes = clients.map((client) => ({ client, waiting: 0 }))
  }

  async run<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    const lane = this.#lanes.reduce((a, b) => (b.waiting < a.waiting ? b : a))
    lane.waiting++
    try {
      return await work(lane.client)
    } finally {
      lane.waiting--
    }
  }
}
