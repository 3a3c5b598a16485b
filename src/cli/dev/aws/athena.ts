import { type Execution, Executions, isOver, Refusal } from './executions.ts'

/** What an operation is asked with: the body as JSON. */
type Input = Readonly<Record<string, unknown>>

const MOST_ROWS = 1_000

/** Answers one call of Athena's JSON protocol. Throws a `Refusal` for what Athena refuses. */
export function answerAthena(executions: Executions, operation: string, input: Input): unknown {
  switch (operation) {
    case 'StartQueryExecution':
      return { QueryExecutionId: start(executions, input).id }
    case 'GetQueryExecution':
      return { QueryExecution: shown(executions.find(textIn(input, 'QueryExecutionId'))) }
    case 'BatchGetQueryExecution':
      return batch(executions, input)
    case 'StopQueryExecution':
      executions.stop(textIn(input, 'QueryExecutionId'))
      return {}
    case 'GetQueryResults':
      return results(executions.find(textIn(input, 'QueryExecutionId')), input)
    default:
      throw new Refusal('UnknownOperationException', `${operation} is not emulated`)
  }
}

function start(executions: Executions, input: Input): Execution {
  const context = recordIn(input, 'QueryExecutionContext')
  const reuse = recordIn(recordIn(input, 'ResultReuseConfiguration'), 'ResultReuseByAgeConfiguration')
  const age = reuse['MaxAgeInMinutes']
  return executions.start({
    sql: textIn(input, 'QueryString') ?? '',
    token: textIn(input, 'ClientRequestToken'),
    database: textIn(context, 'Database') ?? 'default',
    reuseMinutes: reuse['Enabled'] === true ? (typeof age === 'number' ? age : 60) : undefined,
  })
}

function batch(executions: Executions, input: Input): unknown {
  const ids = input['QueryExecutionIds']
  const wanted = Array.isArray(ids) ? ids.map(String) : []
  if (wanted.length === 0 || wanted.length > 50)
    throw new Refusal('InvalidRequestException', 'QueryExecutionIds must have 1 to 50 elements')
  return { QueryExecutions: wanted.map((id) => shown(executions.find(id))), UnprocessedQueryExecutionIds: [] }
}

function shown(execution: Execution): unknown {
  const { id, sql, kind, state, reason, retryable, scannedBytes, reused, database } = execution
  return {
    QueryExecutionId: id,
    Query: sql,
    StatementType: kind,
    ...(kind === 'DML' ? { SubstatementType: 'SELECT' } : {}),
    QueryExecutionContext: { Database: database, Catalog: 'awsdatacatalog' },
    Status: {
      State: state,
      ...(reason === '' ? {} : { StateChangeReason: reason }),
      ...(state === 'FAILED'
        ? {
            AthenaError: {
              ErrorCategory: retryable ? 1 : 2,
              ErrorType: 0,
              Retryable: retryable,
              ErrorMessage: reason,
            },
          }
        : {}),
    },
    Statistics: {
      DataScannedInBytes: scannedBytes,
      ResultReuseInformation: { ReusedPreviousResult: reused },
    },
    EngineVersion: {
      SelectedEngineVersion: 'Athena engine version 3',
      EffectiveEngineVersion: 'Athena engine version 3',
    },
  }
}

/** The first page of a SELECT begins with the names of its columns; a null is a value that is not there. */
function results({ id, state, result, kind }: Execution, input: Input): unknown {
  if (!isOver(state))
    throw new Refusal('InvalidRequestException', `Query has not yet finished. Current state: ${state}`)
  if (state !== 'SUCCEEDED' || result === undefined)
    throw new Refusal(
      'InvalidRequestException',
      `Query did not finish successfully. Final query state: ${state}`,
    )
  const most = input['MaxResults'] ?? MOST_ROWS
  if (typeof most !== 'number' || most < 1 || most > MOST_ROWS)
    throw new Refusal(
      'InvalidRequestException',
      `MaxResults is more than maximum allowed length ${MOST_ROWS}.`,
    )
  const token = textIn(input, 'NextToken')
  const from = token === undefined ? 0 : offsetOf(token, id)
  const header = kind === 'DML' ? [result.columns.map(({ name }) => name)] : []
  const all: readonly (readonly (string | undefined)[])[] = [...header, ...result.rows]
  const page = all.slice(from, from + most)
  return {
    UpdateCount: 0,
    ResultSet: {
      Rows: page.map((row) => ({
        Data: row.map((value) => (value === undefined ? {} : { VarCharValue: value })),
      })),
      ResultSetMetadata: {
        ColumnInfo: result.columns.map(({ name, type }) => ({
          CatalogName: 'hive',
          SchemaName: '',
          TableName: '',
          Name: name,
          Label: name,
          Type: type,
        })),
      },
    },
    ...(from + most < all.length ? { NextToken: tokenFor(from + most, id) } : {}),
  }
}

const tokenFor = (offset: number, id: string): string => Buffer.from(`${id} ${offset}`).toString('base64')

function offsetOf(token: string, id: string): number {
  const [of, offset] = Buffer.from(token, 'base64').toString().split(' ')
  if (of !== id || offset === undefined) throw new Refusal('InvalidRequestException', 'NextToken is invalid')
  return Number(offset)
}

function recordIn(input: Input, key: string): Input {
  const value = input[key]
  return isRecord(value) ? value : {}
}

function textIn(input: Input, key: string): string | undefined {
  const value = input[key]
  return typeof value === 'string' ? value : undefined
}

export function isRecord(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
