import { type Engine, quote } from './engine.ts'
import type { Retention } from './options.ts'
import { RowWriter } from './row-binary.ts'
import { MIGRATIONS, type Migration, migrationsTable, SCHEMA } from './schema.ts'
import { StoreError } from './store-error.ts'

/**
 * Brings the tables to this version's schema. Forward only; each statement may be run again, so a crash between two
 * of them is repaired by the next start. A ledger that a newer version has changed is refused, not guessed at.
 */
export async function migrate(engine: Engine, schema: readonly Migration[] = SCHEMA): Promise<void> {
  const { tables } = engine
  await engine.command(`CREATE DATABASE IF NOT EXISTS ${tables.database}${tables.onCluster}`)
  await engine.command(migrationsTable(tables))
  const done = await appliedVersions(engine)
  const newest = schema.at(-1)?.version ?? 0
  const ahead = Math.max(0, ...done)
  if (ahead > newest)
    throw new StoreError(
      `${engine.place} has schema ${ahead}, which a newer version of nines made; this one knows ${newest}. Run that version or a later one`,
      { retryable: false },
    )
  for (const migration of schema) {
    if (done.has(migration.version)) continue
    for (const statement of migration.statements(tables)) await engine.command(statement)
    const row = new RowWriter()
    row.u32(migration.version)
    row.text(migration.name)
    await engine.insert(MIGRATIONS, row.bytes)
  }
}

/** Sets how long each table keeps its rows; a table that has the rule already is left alone. */
export async function applyRetention(engine: Engine, retention: Retention): Promise<void> {
  const rules: readonly (readonly [table: string, rule: string])[] = [
    ['cells', `minute + toIntervalDay(${days(retention.traffic)}) WHERE kind != 'checkpoint'`],
    ['series', `last_day + toIntervalDay(${days(retention.traffic) + 1})`],
    ['exemplars', `toDateTime(at) + toIntervalDay(${days(retention.exemplars)})`],
    ...(retention.journal === undefined
      ? []
      : ([['journal', `toDateTime(at) + toIntervalDay(${days(retention.journal)})`]] as const)),
  ]
  const { database, onCluster } = engine.tables
  for (const [table, rule] of rules) {
    if ((await tableRule(engine, table)).includes(rule)) continue
    await engine.command(
      `ALTER TABLE ${database}.${table}${onCluster} MODIFY TTL ${rule} SETTINGS materialize_ttl_after_modify = 0`,
    )
  }
}

async function appliedVersions(engine: Engine): Promise<Set<number>> {
  const rows = await engine.query(`SELECT version FROM ${engine.tables.database}.migrations`)
  const versions = new Set<number>()
  while (!rows.done) versions.add(rows.u32())
  return versions
}

async function tableRule(engine: Engine, table: string): Promise<string> {
  const rows = await engine.query(
    `SELECT create_table_query FROM system.tables WHERE database = ${quote(engine.tables.database)} AND name = ${quote(table)}`,
  )
  return rows.done ? '' : rows.text()
}

function days(value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`a retention of ${value} days is not a whole number from 1`)
  return value
}
