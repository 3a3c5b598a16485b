import { FIELDS, type Field } from '../log/record.ts'

/** How the tables of common logs are laid out; `columns`: as the DataSource says. */
export const LAYOUTS = ['alb', 'cloudfront', 'envoy-json', 'columns'] as const
export type LayoutName = (typeof LAYOUTS)[number]

/** What of a request the engine groups by: SQL that gives it, by our name of the field. */
export type Layout = Readonly<Partial<Record<Field, string>>> & {
  /** SQL of whole microseconds, for tables that have none of the plain durations. */
  readonly micros?: string
}

/** A column's name in quotes, as Trino and its like read it. */
export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text in SQL. */
export const quotedText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Whole microseconds of a column of seconds; each rounded by itself, so that a sum is the same wherever it is made. */
const microsOf = (column: string): string => `CAST(round(TRY_CAST(${column} AS double) * 1000000) AS bigint)`

/** Microseconds since midnight of a time that is written with six decimals. */
function microsOfDay(column: string): string {
  const part = (from: number, length: number): string =>
    `TRY_CAST(substr(${column}, ${from}, ${length}) AS bigint)`
  return `((${part(12, 2)} * 3600 + ${part(15, 2)} * 60 + ${part(18, 2)}) * 1000000 + ${part(21, 6)})`
}

/**
 * How long a request to a load balancer took: what it measured in three parts, or, when it never reached a target or no
 * answer came, how long the client was there.
 */
const ALB_MICROS: string = [
  'CASE WHEN request_processing_time >= 0 AND target_processing_time >= 0 AND response_processing_time >= 0',
  `THEN ${microsOf('request_processing_time')} + ${microsOf('target_processing_time')} + ${microsOf('response_processing_time')}`,
  `ELSE (${microsOfDay('"time"')} - ${microsOfDay('request_creation_time')} + 86400000000) % 86400000000 END`,
].join(' ')

const PRESETS: Readonly<Record<Exclude<LayoutName, 'columns'>, Layout>> = {
  alb: {
    end_time: '"time"',
    micros: ALB_MICROS,
    code: 'elb_status_code',
    path: 'request_url',
    user_agent: 'user_agent',
    authority: "regexp_extract(request_url, '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)', 1)",
    upstream_cluster: "regexp_extract(target_group_arn, ':targetgroup/([^/]+)/', 1)",
  },
  cloudfront: {
    end_time: `(CAST("date" AS varchar) || 'T' || CAST("time" AS varchar) || 'Z')`,
    duration_s: 'time_taken',
    code: 'sc_status',
    path: 'cs_uri_stem',
    user_agent: 'cs_user_agent',
    authority: 'x_host_header',
  },
  'envoy-json': {
    start_time: 'start_time',
    duration_ms: 'duration',
    code: 'response_code',
    flags: 'response_flags',
    path: 'path',
    user_agent: 'useragent',
  },
}

/** The layout's own fields, with those that the DataSource names over them: a column is our field. */
export function layoutOf(
  name: LayoutName,
  columns: readonly (readonly [column: string, field: Field])[],
): Layout {
  const own = Object.fromEntries(columns.map(([column, field]) => [field, quotedName(column)]))
  return { ...(name === 'columns' ? {} : PRESETS[name]), ...own }
}

/** Fields that the engine gives as they are; the others become a minute, a path without ids, or a bin. */
export const PLAIN_FIELDS: readonly Field[] = FIELDS.filter(
  (field) =>
    !field.endsWith('_time') &&
    !field.startsWith('duration_') &&
    !['path', 'request', 'user_agent', 'trace_id', 'request_id', 'content_type', 'code_details'].includes(
      field,
    ),
)
