import type { Range } from '../../base/index.ts'
import { HEALTH_CHECK_AGENTS, HEALTH_CHECK_PATHS } from '../../traffic/index.ts'
import type { Field } from '../log/record.ts'
import { type Layout, PLAIN_FIELDS, quotedName, quotedText } from './layout.ts'
import { type Partitions, partitionSql } from './partitions.ts'
import { pathSql } from './path-sql.ts'

export interface TableQuery {
  readonly database: string
  readonly table: string
  readonly layout: Layout
  readonly partitions: Partitions | undefined
  readonly operations: readonly string[]
  readonly healthChecks: { readonly paths: readonly string[]; readonly agents: readonly string[] }
  /** SQL that further narrows what is read, as the user wrote it. */
  readonly where: string | undefined
}

/**
 * The query that counts a table's requests over a range of whole minutes: one row for each minute (since 1970) and each
 * combination of what names and judges a request, with the bin of its latency. It serves every SLO over the table, and is
 * the same text for the same range. `minute` is null for rows whose time cannot be read.
 */
export function tableSql(query: TableQuery, range: Range): string {
  const columns = columnsOf(query)
  const names = columns.map(([name]) => name)
  const conditions = [
    ...(query.partitions ? [partitionSql(query.partitions, range)] : []),
    ...(query.where === undefined ? [] : [`(${query.where})`]),
  ]
  const { micros } = timesOf(query.layout)
  return [
    `SELECT ${['minute', ...names, 'bin'].join(', ')}, count(*) AS n`,
    'FROM (',
    `  SELECT minute, ${[...names, `${BIN} AS bin`].join(', ')}`,
    '  FROM (',
    `    SELECT ${minuteSql(query.layout)} AS minute,`,
    ...columns.map(([name, sql]) => `      ${sql} AS ${name},`),
    `      ${micros} AS micros`,
    `    FROM ${quotedName(query.database)}.${quotedName(query.table)}`,
    ...(conditions.length === 0 ? [] : [`    WHERE ${conditions.join('\n      AND ')}`]),
    '  ) requests',
    ') binned',
    `WHERE minute IS NULL OR (minute >= ${range.from / 60} AND minute < ${range.to / 60})`,
    `GROUP BY ${Array.from({ length: names.length + 2 }, (_, i) => i + 1).join(', ')}`,
  ].join('\n')
}

/** The columns that come back between `minute` and `bin`, in order, with their SQL. */
export function columnsOf({
  layout,
  operations,
  healthChecks,
}: TableQuery): readonly (readonly [Field, string])[] {
  const kept = [...HEALTH_CHECK_PATHS, ...healthChecks.paths]
  const agents = [...HEALTH_CHECK_AGENTS, ...healthChecks.agents]
  const plain = PLAIN_FIELDS.flatMap((field): (readonly [Field, string])[] => {
    const sql = layout[field]
    return sql === undefined ? [] : [[field, `CAST(${sql} AS varchar)`]]
  })
  const { path, user_agent: agent } = layout
  return [
    ...plain,
    ...(path === undefined ? [] : [['path', pathSql(path, { patterns: operations, kept })] as const]),
    // Of the user agent only whether it is a prober's.
    ...(agent === undefined ? [] : [['user_agent', agentSql(agent, agents)] as const]),
  ]
}

function agentSql(column: string, agents: readonly string[]): string {
  const cases = agents.map(
    (agent) => `WHEN substr(${column}, 1, ${agent.length}) = ${quotedText(agent)} THEN ${quotedText(agent)}`,
  )
  return `CASE ${cases.join(' ')} ELSE NULL END`
}

/** The bin of whole microseconds in the latency layout, in whole numbers; see `histogram.ts`. */
const BIN = ((): string => {
  const cases = [
    'WHEN micros IS NULL THEN NULL',
    'WHEN micros < 1 THEN 0',
    'WHEN micros < 10 THEN micros * 10 - 9',
  ]
  for (let decade = 1; decade <= 10; decade++)
    cases.push(`WHEN micros < ${10 ** (decade + 1)} THEN ${90 * decade - 9} + micros / ${10 ** (decade - 1)}`)
  return `CASE ${cases.join(' ')} ELSE 990 END`
})()

const MICROS_IN: readonly (readonly [Field, number])[] = [
  ['duration_ms', 1_000],
  ['duration_s', 1_000_000],
  ['duration_us', 1],
]

function timesOf(layout: Layout): { readonly micros: string } {
  if (layout.micros !== undefined) return { micros: layout.micros }
  for (const [field, factor] of MICROS_IN) {
    const sql = layout[field]
    if (sql === undefined) continue
    const micros = `CAST(round(TRY_CAST(${sql} AS double) * ${factor}) AS bigint)`
    return { micros: `CASE WHEN ${micros} < 0 THEN 0 ELSE ${micros} END` }
  }
  return { micros: 'CAST(NULL AS bigint)' }
}

/**
 * The minute in which a request ended, since 1970, of a time such as `2026-11-20T05:03:07.120Z`. By arithmetic on the text:
 * functions on times differ between engines in what they round and which zone they assume.
 */
function minuteSql(layout: Layout): string {
  const { end_time: end, start_time: start } = layout
  const time = end ?? start ?? 'CAST(NULL AS varchar)'
  const number = (from: number, length: number): string =>
    `TRY_CAST(substr(${time}, ${from}, ${length}) AS bigint)`
  const day = `date_diff('day', DATE '1970-01-01', TRY_CAST(substr(${time}, 1, 10) AS date))`
  const isUtc = `regexp_like(${time}, '^.{19}([.][0-9]+)?(Z|[+]00:?00)$')`
  if (end !== undefined)
    return `CASE WHEN ${isUtc} THEN ${day} * 1440 + ${number(12, 2)} * 60 + ${number(15, 2)} END`
  const fraction = `COALESCE(TRY_CAST(rpad(regexp_extract(${time}, '[.]([0-9]{1,3})', 1), 3, '0') AS bigint), 0)`
  const ofDay = `(${number(12, 2)} * 3600 + ${number(15, 2)} * 60 + ${number(18, 2)}) * 1000 + ${fraction}`
  const took = `COALESCE(${timesOf(layout).micros}, 0) / 1000`
  return `CASE WHEN ${isUtc} THEN ${day} * 1440 + (${ofDay} + ${took}) / 60000 END`
}
