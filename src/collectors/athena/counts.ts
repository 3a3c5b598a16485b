import {
  failed,
  isoMinute,
  ok,
  type Range,
  type Result,
  type UnixSeconds,
  unixSeconds,
} from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { instantOf } from '../log/time.ts'
import type { Answer, MinuteCount, PullFailure } from '../pull/index.ts'
import { quotedText } from './layout.ts'
import { type Partitions, partitionSql } from './partitions.ts'
import type { Table } from './run-query.ts'

/** A query of an SLO in its own words. */
export interface OwnQuery {
  readonly sql: string
  /** The column that is the count; absent: the only one that can be. */
  readonly column: string | undefined
}

const PLACEHOLDERS = /\$\{(from|to|fromMinute|toMinute|partitions)\}/g

/** Reads `spec: { query, column }`. */
export function ownQuery(question: ExternalQuery): Result<OwnQuery, PullFailure> {
  const { query, column } = question.spec
  if (typeof query !== 'string' || query.trim() === '')
    return failed(
      refusal('the metric has no query', 'write spec: { query: "SELECT minute, good, total FROM …" }'),
    )
  if (!/\$\{from(Minute)?\}/.test(query))
    return failed(
      refusal(
        'the query is not bounded in time, so each poll would scan the whole table',
        "write WHERE ts >= timestamp '${from}' AND ts < timestamp '${to}', and ${partitions} where the table has them",
      ),
    )
  return ok({ sql: query.trim().replace(/;$/, ''), column: typeof column === 'string' ? column : undefined })
}

/** The query for a range: `${from}` and `${to}` are UTC times, `${fromMinute}` minutes since 1970, `${partitions}` a condition. */
export function boundSql(sql: string, range: Range, partitions: Partitions | undefined): string {
  return sql.replaceAll(PLACEHOLDERS, (_, name: string) => {
    switch (name) {
      case 'from':
        return timestamp(range.from)
      case 'to':
        return timestamp(range.to)
      case 'fromMinute':
        return String(range.from / 60)
      case 'toMinute':
        return String(range.to / 60)
      default:
        return partitions === undefined
          ? `${quotedText('all')} = ${quotedText('all')}`
          : partitionSql(partitions, range)
    }
  })
}

const timestamp = (at: UnixSeconds): string => `${isoMinute(at).replace(' UTC', '')}:00`

/** Columns that people call their counts. */
const COUNTS = ['good', 'bad', 'total', 'count', 'value']

/** What a table says of one question: `minute`, counts, and any other columns are labels. */
export function answerOf(
  table: Table,
  { column, range }: { readonly column: string | undefined; readonly range: Range },
): Result<Answer, PullFailure> {
  const { columns, rows } = table
  const minuteAt = columns.indexOf('minute')
  if (minuteAt < 0)
    return failed(
      refusal(
        `the result has no column minute, but ${columns.join(', ')}`,
        'name the time of each row AS minute',
      ),
    )
  const counts = columns.filter((name) => COUNTS.includes(name) || name === column)
  const wanted = column ?? (counts.length === 1 ? counts[0] : undefined)
  const valueAt = wanted === undefined ? -1 : columns.indexOf(wanted)
  if (valueAt < 0)
    return failed(
      refusal(
        wanted === undefined
          ? `the result has the counts ${counts.join(', ') || 'none'}`
          : `the result has no column ${wanted}`,
        `write spec: { query: …, column: ${counts[0] ?? 'total'} }`,
      ),
    )
  const labelled = columns.flatMap((name, i) =>
    i === minuteAt || counts.includes(name) ? [] : [{ name, i }],
  )
  const found: MinuteCount[] = []
  const rejected = new Map<UnixSeconds, number>()
  for (const row of rows) {
    const minute = minuteIn(row[minuteAt])
    const value = row[valueAt] === undefined ? 0 : Number(row[valueAt])
    const place = minute ?? range.from
    if (minute === undefined || !Number.isSafeInteger(value) || value < 0) {
      rejected.set(place, (rejected.get(place) ?? 0) + 1)
      continue
    }
    const labels = Object.fromEntries(
      labelled.flatMap(({ name, i }) => (row[i] === undefined ? [] : [[name, row[i]]])),
    )
    found.push({ minute, value, labels })
  }
  const gaps =
    rejected.size > 0 && found.length === 0
      ? [{ ...range, state: 'missing' as const, reason: 'no row of the result can be read' }]
      : []
  return ok({ rows: found, gaps, rejected })
}

/** Minutes since 1970, seconds since 1970, or a time as Athena prints it, which is taken for UTC. */
function minuteIn(text: string | undefined): UnixSeconds | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return unixSeconds(Number(text) * 60)
  const written = text.replace(/ UTC$/, 'Z')
  const ms = instantOf(/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?$/.test(written) ? `${written}Z` : written)
  return ms === undefined ? undefined : unixSeconds(Math.floor(ms / 60_000) * 60)
}

function refusal(text: string, remedy: string): PullFailure {
  return { kind: 'refused', text, remedy }
}
