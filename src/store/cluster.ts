import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { type Engine, insertSettings, READ_SETTINGS, type TableDialect } from './engine.ts'
import type { ClusterOptions } from './options.ts'
import { bytesOf, RowReader } from './row-binary.ts'

/** Longer than any statement of ours takes on a healthy server; after it the caller is told to try again. */
const REQUEST_TIMEOUT_MS = 60_000

/** A ClickHouse server, or a cluster when its name is given. Nothing is sent before the first statement. */
export function openCluster(options: ClusterOptions): Engine {
  const shared = {
    url: options.url,
    request_timeout: REQUEST_TIMEOUT_MS,
    application: 'nines',
    // What fails is said once, by who asked, with what it means.
    log: { level: ClickHouseLogLevel.OFF },
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
  }
  const client = createClient({
    ...shared,
    // The answer is kept back until the statement has succeeded, so an error never arrives as half an answer.
    clickhouse_settings: { wait_end_of_query: 1 },
  })
  const { database } = options
  const settings = Object.entries(READ_SETTINGS).map(([name, value]) => `${name}=${value}`)
  return {
    place: `the ledger at ${options.url}`,
    shared: true,
    tables: dialectOf(options),
    command: async (sql) => {
      await client.command({ query: sql })
    },
    query: async (sql) => {
      const answer = await client.exec({ query: `${sql} SETTINGS ${settings.join(', ')} FORMAT RowBinary` })
      return new RowReader(await bytesOf(answer.stream))
    },
    insert: async (table, rows, token) => {
      const names = table.columns.map(([name]) => name).join(', ')
      const answer = await client.exec({
        query: `INSERT INTO ${database}.${table.name} (${names}) SETTINGS ${insertSettings(token ?? randomUUID())} FORMAT RowBinary`,
        values: Readable.from([rows], { objectMode: false }),
      })
      await bytesOf(answer.stream)
    },
    close: () => client.close(),
  }
}

function dialectOf(options: ClusterOptions): TableDialect {
  const { cluster, database } = options
  if (cluster === undefined)
    return { database, onCluster: '', engine: (_table, kind, version) => `${kind}MergeTree(${version})` }
  return {
    database,
    onCluster: ` ON CLUSTER ${cluster}`,
    engine: (table, kind, version) => {
      const path = `'/clickhouse/tables/{shard}/${database}/${table}', '{replica}'`
      return `Replicated${kind}MergeTree(${path}${version === '' ? '' : `, ${version}`})`
    },
  }
}
