import type { TableDialect, TableShape } from './engine.ts'

/**
 * The tables. Columns of a shape are those that a row carries when it is inserted; the rest fill themselves.
 *
 * `cells` holds all that must become durable together: traffic, external counts, coverage and checkpoints, one row
 * each, told apart by `kind`. One insert into one table without partitions is one part, and a part is there whole or
 * not at all; two tables, or two partitions, would be two parts and a crash could come between them.
 *
 * Its order starts with the quarter of the day (`quarter`, counted from 1970), so that a question about the last
 * minutes reads six hours at most; within it the rows of one series are neighbours, which compresses best and keeps
 * a question about one series small.
 */
export const CELLS: TableShape = {
  name: 'cells',
  columns: [
    ['quarter', 'UInt32'],
    ['series', 'UInt64'],
    ['kind', "Enum8('good'=1,'bad'=2,'ignored'=3,'value'=4,'coverage'=5,'checkpoint'=6)"],
    ['reason', 'String'],
    ['minute', "DateTime('UTC')"],
    ['writer', 'String'],
    ['revision', 'UInt64'],
    ['count', 'UInt64'],
    ['bins', 'Array(UInt16)'],
    ['tallies', 'Array(UInt32)'],
    ['text', 'String'],
  ],
}

/** What a series id of `cells` stands for. Written before the first row that needs it, and once a day while it lives. */
export const SERIES: TableShape = {
  name: 'series',
  columns: [
    ['id', 'UInt64'],
    ['family', "Enum8('requests'=1,'counts'=2,'coverage'=3)"],
    ['source', 'String'],
    ['question', 'String'],
    ['labels', 'Map(String, String)'],
    ['last_day', 'Date'],
  ],
}

export const EXEMPLARS: TableShape = {
  name: 'exemplars',
  columns: [
    ['source', 'String'],
    ['at', "DateTime64(3, 'UTC')"],
    ['labels', 'Map(String, String)'],
    ['outcome', "Enum8('good'=1,'bad'=2,'ignored'=3)"],
    ['reason', 'String'],
    ['duration', 'Nullable(UInt64)'],
    ['trace_id', 'String'],
    ['request_id', 'String'],
  ],
}

export const JOURNAL: TableShape = {
  name: 'journal',
  columns: [
    ['seq', 'UInt64'],
    ['at', 'Int64'],
    ['kind', 'String'],
    ['data', 'String'],
    ['batch', 'String'],
  ],
}

export const MIGRATIONS: TableShape = {
  name: 'migrations',
  columns: [
    ['version', 'UInt32'],
    ['name', 'String'],
  ],
}

/** A step of the schema. Every statement may be run again: a crash can come between any two. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly statements: (tables: TableDialect) => readonly string[]
}

/** Off by default in ClickHouse: without them an acknowledged insert is only in the operating system's memory. */
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1'

/** Forward only, in order. One that was released is never changed: the next one changes what it made. */
export const SCHEMA: readonly Migration[] = [
  {
    version: 1,
    name: 'cells, series, exemplars, journal',
    statements: (tables) => [
      create(
        tables,
        'cells',
        `quarter UInt32 CODEC(ZSTD(1)),
        series UInt64 CODEC(ZSTD(1)),
        kind ${typeOf(CELLS, 'kind')} CODEC(ZSTD(1)),
        reason LowCardinality(String) CODEC(ZSTD(1)),
        minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
        writer LowCardinality(String) CODEC(ZSTD(1)),
        revision UInt64 CODEC(Delta, ZSTD(1)),
        count UInt64 CODEC(T64, ZSTD(1)),
        bins Array(UInt16) CODEC(Delta(2), ZSTD(1)),
        tallies Array(UInt32) CODEC(T64, ZSTD(1)),
        text String CODEC(ZSTD(1)),
        inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
        INDEX inserted inserted_at TYPE minmax GRANULARITY 1`,
        {
          engine: tables.engine('cells', 'Replacing', 'revision'),
          orderBy: 'quarter, series, kind, reason, minute, writer',
          // A series has some hundreds of rows a quarter: with the usual 8,192 to a mark, twenty others are read with it.
          settings: `${DURABLE}, merge_with_ttl_timeout = 86400, index_granularity = 2048`,
        },
      ),
      create(
        tables,
        'series',
        `id UInt64,
        family ${typeOf(SERIES, 'family')},
        source LowCardinality(String),
        question String,
        labels Map(String, String),
        last_day Date,
        inserted_at DateTime('UTC') DEFAULT now()`,
        { engine: tables.engine('series', 'Replacing', 'last_day'), orderBy: 'id', settings: DURABLE },
      ),
      create(
        tables,
        'exemplars',
        `source LowCardinality(String),
        at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
        labels Map(String, String) CODEC(ZSTD(1)),
        outcome ${typeOf(EXEMPLARS, 'outcome')},
        reason LowCardinality(String),
        duration Nullable(UInt64) CODEC(ZSTD(1)),
        trace_id String CODEC(ZSTD(1)),
        request_id String CODEC(ZSTD(1))`,
        {
          engine: tables.engine('exemplars', 'Replacing', ''),
          orderBy: 'source, at, trace_id, request_id, outcome, reason',
          settings: `${DURABLE}, merge_with_ttl_timeout = 86400`,
        },
      ),
      create(
        tables,
        'journal',
        `seq UInt64 CODEC(Delta, ZSTD(1)),
        at Int64 CODEC(Delta, ZSTD(1)),
        kind LowCardinality(String),
        data String CODEC(ZSTD(3)),
        batch String CODEC(ZSTD(1))`,
        {
          engine: tables.engine('journal', '', ''),
          orderBy: 'seq',
          // A number that one process has claimed is taken for the others.
          settings: `${DURABLE}, non_replicated_deduplication_window = 1000`,
        },
      ),
    ],
  },
]

/** The table that says which of them were run. */
export function migrationsTable(tables: TableDialect): string {
  return create(
    tables,
    'migrations',
    `version UInt32, name String, applied_at DateTime('UTC') DEFAULT now()`,
    {
      engine: tables.engine('migrations', 'Replacing', ''),
      orderBy: 'version',
      settings: DURABLE,
    },
  )
}

function create(
  tables: TableDialect,
  name: string,
  columns: string,
  storage: { readonly engine: string; readonly orderBy: string; readonly settings: string },
): string {
  return `CREATE TABLE IF NOT EXISTS ${tables.database}.${name}${tables.onCluster} (${columns}) ENGINE = ${storage.engine} ORDER BY (${storage.orderBy}) SETTINGS ${storage.settings}`
}

function typeOf(table: TableShape, column: string): string {
  const type = table.columns.find(([name]) => name === column)?.[1]
  if (type === undefined) throw new Error(`${table.name} has no column ${column}`)
  return type
}
