import { partitionConditions } from './prune.ts'
import { objectsOf, type TableDefinition, type TableObject } from './tables.ts'

export interface EngineResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly (string | undefined)[])[]
}

/** A query that is ready to run: what it will read is known before it does. */
export interface Prepared {
  readonly scannedBytes: number
  readonly objects: number
  readonly run: () => Promise<EngineResult>
  readonly interrupt: () => void
}

/**
 * What Trino knows and DuckDB does not, as macros. `transform` takes a function, which a macro cannot, so its name is
 * replaced in the text; apart from that a query runs as it was sent.
 */
const MACROS: readonly string[] = [
  'CREATE MACRO regexp_like(s, p) AS regexp_matches(s, p)',
  'CREATE MACRO array_join(l, s) AS array_to_string(l, s)',
  'CREATE MACRO to_unixtime(t) AS epoch(t)',
  'CREATE MACRO from_unixtime(t) AS to_timestamp(t)',
  'CREATE MACRO from_iso8601_timestamp(t) AS CAST(t AS timestamptz)',
]

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
const name = (value: string): string => `"${value.replaceAll('"', '""')}"`

/** Runs Trino's SQL over objects in a directory with DuckDB, which is an optional dependency. */
export async function prepareQuery(
  sql: string,
  {
    tables,
    root,
    database,
  }: { readonly tables: readonly TableDefinition[]; readonly root: string; readonly database: string },
): Promise<Prepared> {
  const duckdb = await loadDuckDb()
  const instance = await duckdb.DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' })
  const connection = await instance.connect()
  try {
    for (const statement of ['SET integer_division = true', "SET TimeZone = 'UTC'", ...MACROS])
      await connection.run(statement)
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${name(database)}`)
    let scannedBytes = 0
    let objects = 0
    for (const table of tables.filter((each) => mentions(sql, each.name))) {
      const read = await pruned(table, { sql, root, connection })
      scannedBytes += read.reduce((sum, { size }) => sum + size, 0)
      objects += read.length
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${name(table.database)}`)
      await connection.run(viewOf(table, read))
    }
    await connection.run(`SET schema = ${text(database)}`)
    return {
      scannedBytes,
      objects,
      interrupt: () => connection.interrupt(),
      run: async () => {
        try {
          const reader = await connection.runAndReadAll(
            sql.replaceAll(/\btransform\s*\(/g, 'list_transform('),
          )
          const types = reader
            .columnTypes()
            .map((type) =>
              String(type) === 'BIGINT' || String(type) === 'HUGEINT' ? 'bigint' : String(type).toLowerCase(),
            )
          return {
            columns: reader.columnNames().map((column, i) => ({ name: column, type: types[i] ?? 'varchar' })),
            rows: reader
              .getRows()
              .map((row) => row.map((value) => (value === null ? undefined : printed(String(value))))),
          }
        } finally {
          connection.closeSync()
          instance.closeSync()
        }
      },
    }
  } catch (error) {
    connection.closeSync()
    instance.closeSync()
    throw error
  }
}

/** Times as Athena prints them: to the millisecond, with their zone. */
function printed(value: string): string {
  const found = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?(\+00(?::00)?)?$/.exec(value)
  if (found === null) return value
  return `${found[1]}.${(found[2] ?? '').padEnd(3, '0')}${found[3] === undefined ? '' : ' UTC'}`
}

type DuckDb = typeof import('@duckdb/node-api')
type Connection = Awaited<ReturnType<Awaited<ReturnType<DuckDb['DuckDBInstance']['create']>>['connect']>>

async function loadDuckDb(): Promise<DuckDb> {
  try {
    return await import('@duckdb/node-api')
  } catch (error) {
    throw new Error('the emulated Athena needs DuckDB: npm install @duckdb/node-api', { cause: error })
  }
}

function mentions(sql: string, table: string): boolean {
  return new RegExp(`["\`. \\n]${table}\\b`, 'i').test(sql)
}

async function pruned(
  table: TableDefinition,
  { sql, root, connection }: { readonly sql: string; readonly root: string; readonly connection: Connection },
): Promise<readonly TableObject[]> {
  const objects = await objectsOf(table, root)
  const conditions = partitionConditions(sql, table.partitions)
  if (conditions.length === 0 || objects.length === 0) return objects
  const keyOf = (partition: TableObject['partition']): string =>
    table.partitions.map((each) => partition[each] ?? '').join('\u0001')
  const all = [...new Map(objects.map(({ partition }) => [keyOf(partition), partition])).values()]
  const rows = all.map(
    (partition) => `(${table.partitions.map((each) => text(partition[each] ?? '')).join(', ')})`,
  )
  const columns = table.partitions.map(name).join(', ')
  const reader = await connection.runAndReadAll(
    `SELECT ${columns} FROM (VALUES ${rows.join(', ')}) p(${columns}) WHERE ${conditions.map((each) => `(${each})`).join(' AND ')}`,
  )
  const kept = new Set(reader.getRows().map((row) => row.map(String).join('\u0001')))
  return objects.filter(({ partition }) => kept.has(keyOf(partition)))
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'integer',
  bigint: 'bigint',
  double: 'double',
  date: 'date',
}

/** The table over its objects. Columns that a query does not name are not computed. */
function viewOf(table: TableDefinition, objects: readonly TableObject[]): string {
  const create = `CREATE VIEW ${name(table.database)}.${name(table.name)} AS`
  const partitions = table.partitions.map((each) => ({ name: each, type: 'string' }))
  if (objects.length === 0) {
    const none = [...table.columns, ...partitions].map(
      (each) => `CAST(NULL AS ${TYPES[each.type] ?? 'varchar'}) AS ${name(each.name)}`,
    )
    return `${create} SELECT ${none.join(', ')} WHERE false`
  }
  const files = `[${objects.map(({ path }) => text(path)).join(', ')}]`
  const line =
    "read_csv(%, columns = {'line': 'VARCHAR'}, delim = '\u0001', quote = '', escape = '', header = false, auto_detect = false, max_line_size = 4194304, filename = true, skip = #)"
      .replace('%', files)
      .replace('#', String(table.headerLines))
  const typed = (column: { readonly name: string; readonly type: string }, value: string): string => {
    const type = TYPES[column.type]
    return `${type === undefined ? value : `TRY_CAST(${value} AS ${type})`} AS ${name(column.name)}`
  }
  const columns = table.columns.map((column, i) => typed(column, columnValue(table, column.name, i)))
  return `${create} SELECT ${[...columns, ...partitionValues(table, objects)].join(', ')} FROM ${sourceOf(table, line)}`
}

/** The partition of a row's object, where the query may ask for it again. */
function partitionValues(table: TableDefinition, objects: readonly TableObject[]): readonly string[] {
  return table.partitions.map((each) => {
    const values = objects.map(({ path, partition }) => `${text(path)}: ${text(partition[each] ?? '')}`)
    return `map_extract(MAP {${values.join(', ')}}, filename)[1] AS ${name(each)}`
  })
}

function sourceOf(table: TableDefinition, lines: string): string {
  if (table.serde === 'regex') {
    const groups = table.columns.map((column) => text(column.name)).join(', ')
    return `(SELECT regexp_extract(line, ${text(`^${table.expression}$`)}, [${groups}]) AS parts, filename FROM ${lines}) l`
  }
  if (table.serde === 'tab') return `(SELECT string_split(line, '\t') AS parts, filename FROM ${lines}) l`
  return `(SELECT line, filename FROM ${lines}) l`
}

function columnValue(table: TableDefinition, column: string, i: number): string {
  if (table.serde === 'regex') return `nullif(struct_extract(parts, ${text(column)}), '')`
  if (table.serde === 'tab') return `nullif(parts[${i + 1}], '')`
  const key = table.mapping.get(column) ?? column
  return `CASE WHEN json_valid(line) THEN json_extract_string(line, ${text(`$."${key}"`)}) END`
}
