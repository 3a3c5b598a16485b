import type { RowReader } from './row-binary.ts'

/** A ClickHouse engine, in this process or behind a URL: the same SQL and the same rows for both. */
export interface Engine {
  /** For messages to people: the directory or the URL. */
  readonly place: string
  /** Several processes may write to it, so what this process remembers is not all there is. */
  readonly shared: boolean
  readonly tables: TableDialect
  /** A statement without an answer. */
  readonly command: (sql: string) => Promise<void>
  /** The answer of a SELECT written without FORMAT. Read in full before it resolves. */
  readonly query: (sql: string) => Promise<RowReader>
  /**
   * Adds rows as one part: after a crash all of them are there or none. Of inserts with one token the first counts
   * and the others do nothing; without a token each counts.
   */
  readonly insert: (table: TableShape, rows: Buffer, token?: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** A table's name and the columns of one RowBinary row, with their types. */
export interface TableShape {
  readonly name: string
  readonly columns: readonly (readonly [name: string, type: string])[]
}

/** What differs between one engine and a cluster in the statements that make tables. */
export interface TableDialect {
  readonly database: string
  /** ` ON CLUSTER …`, or nothing. */
  readonly onCluster: string
  /** `ReplacingMergeTree(revision)`, or its replicated kind. */
  readonly engine: (table: string, kind: 'Replacing' | '', version: string) => string
}

/**
 * One insert, one block, one part: no parallel parsing, no splitting. Each insert has a token of its own, since a
 * replicated table would drop a block that equals an earlier one, and the same rows may be said again after others.
 */
export function insertSettings(token: string): string {
  return `${ONE_PART}, insert_deduplication_token=${quote(token)}`
}

const ONE_PART =
  'input_format_parallel_parsing=0, max_insert_block_size=100000000, min_insert_block_size_rows=100000000, ' +
  'min_insert_block_size_bytes=0, max_insert_threads=1, async_insert=0'

/** Reads stay moderate: a query that would take more memory than this fails instead of taking the machine down. */
export const READ_SETTINGS: Readonly<Record<string, number>> = {
  max_memory_usage: 600_000_000,
  max_threads: 2,
  max_query_size: 16_000_000,
  max_ast_elements: 1_000_000,
  max_expanded_ast_elements: 2_000_000,
}

/** `'it''s'`: a text inside SQL. */
export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
