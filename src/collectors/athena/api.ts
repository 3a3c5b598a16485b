import type { AthenaPlace } from './options.ts'

/** An execution as Athena tells of it. */
export interface Execution {
  readonly state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'
  readonly reason: string
  /** Whether Athena says that the same query may well succeed. */
  readonly retryable: boolean
  readonly scannedBytes: number
  readonly reused: boolean
}

export interface Start {
  readonly sql: string
  readonly token: string
  /** How old a result may be that is given again in place of a scan; absent: none is. */
  readonly reuseMinutes: number | undefined
}

export interface ResultPage {
  /** As the result's metadata names them. */
  readonly columns: readonly string[]
  /** A value that is not there is null in SQL. The first row of the first page of a SELECT names the columns. */
  readonly rows: readonly (readonly (string | undefined)[])[]
  readonly next: string | undefined
}

/** What of Athena's interface is used. Every call rejects with the client's error. */
export interface AthenaApi {
  readonly start: (query: Start, signal: AbortSignal) => Promise<string>
  readonly look: (id: string, signal: AbortSignal) => Promise<Execution>
  readonly page: (id: string, token: string | undefined, signal: AbortSignal) => Promise<ResultPage>
  readonly stop: (id: string) => Promise<void>
}

/** Attempts of one call: the client waits between them, longer when it is throttled. */
const ATTEMPTS = 5
const ROWS_A_PAGE = 1_000

/** The vendor's client, loaded when it is first needed: a service without such a source does not carry it. */
export function createAthenaApi(place: AthenaPlace): AthenaApi {
  let loading: Promise<Loaded> | undefined
  const load = (): Promise<Loaded> => {
    const current = (loading ??= loadClient(place))
    // What could not be loaded or signed in is tried anew next time.
    current.catch(() => {
      if (loading === current) loading = undefined
    })
    return current
  }
  return {
    start: async ({ sql, token, reuseMinutes }, signal) => {
      const { sdk, client } = await load()
      const command = new sdk.StartQueryExecutionCommand({
        QueryString: sql,
        ClientRequestToken: token,
        QueryExecutionContext: { Database: place.database, Catalog: place.catalog },
        WorkGroup: place.workgroup,
        ...(place.output === undefined ? {} : { ResultConfiguration: { OutputLocation: place.output } }),
        ...(reuseMinutes === undefined
          ? {}
          : {
              ResultReuseConfiguration: {
                ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: reuseMinutes },
              },
            }),
      })
      const { QueryExecutionId: id } = await client.send(command, { abortSignal: signal })
      if (id === undefined) throw new Error('the answer to StartQueryExecution has no id')
      return id
    },
    look: async (id, signal) => {
      const { sdk, client } = await load()
      const command = new sdk.GetQueryExecutionCommand({ QueryExecutionId: id })
      const { QueryExecution: execution } = await client.send(command, { abortSignal: signal })
      const { Status: status, Statistics: statistics } = execution ?? {}
      return {
        state: status?.State ?? 'QUEUED',
        reason: status?.AthenaError?.ErrorMessage ?? status?.StateChangeReason ?? '',
        retryable: status?.AthenaError?.Retryable === true,
        scannedBytes: statistics?.DataScannedInBytes ?? 0,
        reused: statistics?.ResultReuseInformation?.ReusedPreviousResult === true,
      }
    },
    page: async (id, token, signal) => {
      const { sdk, client } = await load()
      const command = new sdk.GetQueryResultsCommand({
        QueryExecutionId: id,
        MaxResults: ROWS_A_PAGE,
        ...(token === undefined ? {} : { NextToken: token }),
      })
      const { ResultSet: set, NextToken: next } = await client.send(command, { abortSignal: signal })
      return {
        columns: (set?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Name: name }) => name ?? ''),
        rows: (set?.Rows ?? []).map(({ Data: data }) => (data ?? []).map(({ VarCharValue: value }) => value)),
        next,
      }
    },
    stop: async (id) => {
      const { sdk, client } = await load()
      await client.send(new sdk.StopQueryExecutionCommand({ QueryExecutionId: id }))
    },
  }
}

interface Loaded {
  readonly sdk: typeof import('@aws-sdk/client-athena')
  readonly client: import('@aws-sdk/client-athena').AthenaClient
}

async function loadClient({ region, endpoint, role }: AthenaPlace): Promise<Loaded> {
  const [sdk, credentials] = await Promise.all([import('@aws-sdk/client-athena'), assumed({ region, role })])
  const client = new sdk.AthenaClient({
    region,
    maxAttempts: ATTEMPTS,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  return { sdk, client }
}

/** Credentials of a role in another account, renewed before they end; undefined: those of the process. */
export async function assumed({
  region,
  role,
}: Pick<AthenaPlace, 'region' | 'role'>): Promise<
  ReturnType<typeof import('@aws-sdk/credential-providers').fromTemporaryCredentials> | undefined
> {
  if (role === undefined) return undefined
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
  return fromTemporaryCredentials({
    params: {
      RoleArn: role.arn,
      RoleSessionName: 'nines',
      ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
    },
    clientConfig: { region },
  })
}
