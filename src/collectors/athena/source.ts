import { failed, ok, type Range, type Result, type World } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import type { Answer, Asked, CountSource, PullFailure, Reply } from '../pull/index.ts'
import type { AthenaApi } from './api.ts'
import { Budget, size } from './budget.ts'
import { answerOf, boundSql, ownQuery } from './counts.ts'
import type { Gate } from './gate.ts'
import type { AthenaOptions, AthenaTable } from './options.ts'
import { countRequests } from './requests.ts'
import { runQuery, type Surroundings, type Table } from './run-query.ts'
import { tableSql } from './table-sql.ts'

/** The question that a table's own traffic is the answer to: one for all SLOs over it. */
export function tableQuestion(source: string, table: string): ExternalQuery {
  return { kind: 'external', source, type: 'Athena', spec: { table }, key: `table:${table}` }
}

/** Whether a question is about the source's own table. */
export function isOwn({ key }: Pick<ExternalQuery, 'key'>): boolean {
  return key.startsWith('table:')
}

interface Creating {
  readonly name: string
  readonly options: AthenaOptions
  readonly api: AthenaApi
  readonly gate: Gate
}

/** Athena as a source: of traffic for its tables, of counts for the queries of SLOs. See docs/collectors-athena.md. */
export function createAthenaSource(world: World, { name, options, api, gate }: Creating): CountSource {
  const { dollarsPerTerabyte, maxScanPerDay } = options
  const budget = new Budget({ dollarsPerTerabyte, most: maxScanPerDay })
  const around: Surroundings = { world, api, gate, budget, options }
  const unreadable = new Map<string, number>()
  const asking = async (asked: Asked, signal: AbortSignal): Promise<readonly Reply[]> => {
    const { range } = asked
    // What is the same text is asked once: good and total of an SLO, and SLOs alike.
    const bySql = new Map<string, { readonly question: ExternalQuery; readonly read: Reader }[]>()
    const replies: Reply[] = []
    for (const question of asked.questions) {
      const plan = planOf(question, { name, options, range, unreadable })
      if (plan.kind === 'failed') replies.push({ key: question.key, result: plan })
      else
        bySql.set(plan.value.sql, [...(bySql.get(plan.value.sql) ?? []), { question, read: plan.value.read }])
    }
    await Promise.all(
      [...bySql].map(async ([sql, all]) => {
        const wanted = {
          sql,
          attempt: asked.attempt ?? `${range.from}-${range.to}-${world.clock.nowMs()}`,
          reuseMinutes: reuseOf(range, { now: world.clock.now(), options }),
        }
        const table = await runQuery(around, wanted, signal)
        for (const { question, read } of all)
          replies.push({ key: question.key, result: table.kind === 'ok' ? read(table.value) : table })
      }),
    )
    return signal.aborted ? [] : replies
  }
  return {
    together: 1_000,
    describe: ({ spec }) => textOf(spec['table']) ?? textOf(spec['query']) ?? '',
    remark: ({ spec }) => {
      const lost = unreadable.get(textOf(spec['table']) ?? '') ?? 0
      const words = [
        budget.told(world.clock.now()),
        lost > 0 ? `${lost} rows have no time that can be read` : undefined,
      ]
      return words.filter((word) => word !== undefined).join(', ')
    },
    ask: asking,
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

type Reader = (table: Table) => Result<Answer, PullFailure>

interface Planning {
  readonly name: string
  readonly options: AthenaOptions
  readonly range: Range
  readonly unreadable: Map<string, number>
}

function planOf(
  question: ExternalQuery,
  { name, options, range, unreadable }: Planning,
): Result<{ readonly sql: string; readonly read: Reader }, PullFailure> {
  const own = options.table
  if (own !== undefined && isOwn(question)) {
    const read: Reader = (table) => {
      const counted = countRequests(table, {
        source: name,
        requests: options.requests,
        range,
        maxSeries: options.pull.maxSeries,
      })
      unreadable.set(own.name, counted.unreadable)
      const { traffic, rejected } = counted
      return ok({ rows: [], traffic, rejected, gaps: gapsOf(table, range) })
    }
    return ok({ sql: sqlOf(own, options, range), read })
  }
  const query = ownQuery(question)
  if (query.kind === 'failed') return failed(query.error)
  const { sql, column } = query.value
  return ok({
    sql: boundSql(sql, range, options.table?.partitions),
    read: (table) => answerOf(table, { column, range }),
  })
}

/** The query that reads a table of the source over a range. */
export function sqlOf(
  table: AthenaTable,
  { place, requests }: Pick<AthenaOptions, 'place' | 'requests'>,
  range: Range,
): string {
  const { layout, partitions, where, name } = table
  const { operations, healthChecks } = requests
  return tableSql(
    { database: place.database, table: name, layout, partitions, operations, healthChecks, where },
    range,
  )
}

/** Where nothing was scanned there are no objects: that is not a service without requests. */
function gapsOf({ scannedBytes, reused }: Table, range: Range): Answer['gaps'] {
  if (scannedBytes > 0 || reused) return []
  return [{ ...range, state: 'missing', reason: `no objects in the partitions (${size(0)} scanned)` }]
}

/** Results may be given again for stretches to which nothing is added any more. */
function reuseOf(
  range: Range,
  { now, options }: { readonly now: number; readonly options: AthenaOptions },
): number | undefined {
  return range.to + options.settleSeconds < now ? 60 : undefined
}
