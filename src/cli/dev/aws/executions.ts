import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type EngineResult, type Prepared, prepareQuery } from './engine.ts'
import { parseDdl, type TableDefinition } from './tables.ts'

export type State = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'

export interface Execution {
  readonly id: string
  readonly sql: string
  readonly token: string | undefined
  readonly database: string
  readonly kind: 'DML' | 'DDL'
  /** What all parameters come to: the same token with others is refused. */
  readonly fingerprint: string
  state: State
  reason: string
  retryable: boolean
  scannedBytes: number
  objects: number
  reused: boolean
  result: EngineResult | undefined
  stopped: boolean
}

/** What becomes of an execution: as Athena's documentation says it may. */
export type Fate = 'runs' | 'fails-passing' | 'fails' | 'queued-again'

export interface ExecutionsOptions {
  /** The emulated S3: a directory of buckets. */
  readonly root: string
  /** Queries that are queued or run at a time; one more is refused. */
  readonly quota: number
  /** How long a query is queued, and runs at least. Milliseconds. */
  readonly queuedMs: number
  readonly runningMs: number
  /** A query that would scan more is cancelled; absent: none is. */
  readonly bytesCutoff?: number | undefined
  readonly fate?: (sql: string) => Fate
}

export interface StartInput {
  readonly sql: string
  readonly token: string | undefined
  readonly database: string
  readonly reuseMinutes: number | undefined
}

/** A refusal, as Athena names it. */
export class Refusal extends Error {
  override readonly name: string
  readonly extra: Readonly<Record<string, string>>

  constructor(name: string, message: string, extra: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = name
    this.extra = extra
  }
}

const LONGEST_QUERY = 262_144

/** The queries of one account and region, and the tables that were made in it. */
export class Executions {
  readonly all = new Map<string, Execution>()
  /** The most that were ever queued or running at once. */
  mostActive = 0
  refusedForQuota = 0
  readonly #options: ExecutionsOptions
  readonly #tables = new Map<string, TableDefinition>()
  readonly #byToken = new Map<string, Execution>()
  readonly #interrupts = new Map<string, () => void>()

  constructor(options: ExecutionsOptions) {
    this.#options = options
  }

  start(input: StartInput): Execution {
    const { sql, token, database } = input
    if (sql.trim() === '') throw new Refusal('InvalidRequestException', 'QueryString must not be empty')
    if (Buffer.byteLength(sql) > LONGEST_QUERY)
      throw new Refusal(
        'InvalidRequestException',
        `Your query has exceeded the maximum query length of ${LONGEST_QUERY} bytes`,
      )
    if (token !== undefined && (token.length < 32 || token.length > 128))
      throw new Refusal('InvalidRequestException', 'ClientRequestToken must have 32 to 128 characters')
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([sql, database, input.reuseMinutes]))
      .digest('hex')
    const known = token === undefined ? undefined : this.#byToken.get(token)
    if (known !== undefined) {
      if (known.fingerprint === fingerprint) return known
      throw new Refusal('InvalidRequestException', 'Idempotent parameters do not match')
    }
    const kind = /^\s*(CREATE|DROP|ALTER|MSCK|SHOW|DESCRIBE)\b/i.test(sql) ? 'DDL' : 'DML'
    if (kind === 'DML' && this.active() >= this.#options.quota) {
      this.refusedForQuota++
      throw new Refusal(
        'TooManyRequestsException',
        'You have exceeded the limit for the number of queries you can run concurrently. Please reduce the number of concurrent queries submitted by this account.',
        { Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' },
      )
    }
    const execution: Execution = {
      id: randomUUID(),
      sql,
      token,
      database,
      kind,
      fingerprint,
      state: 'QUEUED',
      reason: '',
      retryable: false,
      scannedBytes: 0,
      objects: 0,
      reused: false,
      result: undefined,
      stopped: false,
    }
    this.all.set(execution.id, execution)
    if (token !== undefined) this.#byToken.set(token, execution)
    this.mostActive = Math.max(this.mostActive, this.active())
    void this.#carry(execution, input)
    return execution
  }

  find(id: string | undefined): Execution {
    const found = this.all.get(id ?? '')
    if (found === undefined)
      throw new Refusal('InvalidRequestException', `QueryExecution ${id ?? ''} was not found`)
    return found
  }

  stop(id: string | undefined): void {
    const execution = this.find(id)
    if (isOver(execution.state)) return
    execution.stopped = true
    execution.state = 'CANCELLED'
    execution.reason = 'Query cancelled by user'
    this.#interrupts.get(execution.id)?.()
  }

  active(): number {
    return [...this.all.values()].filter(({ state, kind }) => kind === 'DML' && !isOver(state)).length
  }

  /** Never rejects: whatever goes wrong is the execution's end. */
  async #carry(execution: Execution, input: StartInput): Promise<void> {
    const { queuedMs, runningMs, fate } = this.#options
    const fated = fate?.(execution.sql) ?? 'runs'
    const change = (state: State): void => {
      if (!execution.stopped) execution.state = state
    }
    try {
      await pause(queuedMs)
      change('RUNNING')
      if (fated === 'queued-again') {
        await pause(runningMs)
        change('QUEUED')
        await pause(queuedMs)
        change('RUNNING')
      }
      await pause(runningMs)
      if (execution.stopped) return
      if (fated === 'fails-passing') {
        execution.retryable = true
        throw new Error('INTERNAL_ERROR: the query failed in the engine and may be submitted again')
      }
      if (fated === 'fails') throw new Error("SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved")
      execution.result = await this.#result(execution, input)
      change('SUCCEEDED')
    } catch (error) {
      if (execution.stopped) return
      execution.state = error instanceof CutOff ? 'CANCELLED' : 'FAILED'
      execution.reason = error instanceof Error ? error.message : String(error)
    }
  }

  async #result(execution: Execution, { reuseMinutes }: StartInput): Promise<EngineResult> {
    if (execution.kind === 'DDL') return this.#define(execution)
    const before =
      reuseMinutes === undefined
        ? undefined
        : [...this.all.values()].find(
            (one) =>
              one !== execution &&
              one.sql === execution.sql &&
              one.state === 'SUCCEEDED' &&
              one.database === execution.database,
          )
    if (before?.result !== undefined) {
      execution.reused = true
      return before.result
    }
    const { root, bytesCutoff } = this.#options
    const tables = [...this.#tables.values()]
    const prepared: Prepared = await prepareQuery(execution.sql, {
      tables,
      root,
      database: execution.database,
    })
    execution.scannedBytes = prepared.scannedBytes
    execution.objects = prepared.objects
    if (bytesCutoff !== undefined && prepared.scannedBytes > bytesCutoff)
      throw new CutOff('Query cancelled! : Bytes scanned limit was exceeded')
    this.#interrupts.set(execution.id, prepared.interrupt)
    try {
      return await prepared.run()
    } finally {
      this.#interrupts.delete(execution.id)
    }
  }

  #define({ sql, database }: Execution): EngineResult {
    const drop = /^\s*DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?[`"]?(?:(\w+)[`"]?\.[`"]?)?(\w+)/i.exec(sql)
    if (drop !== null) this.#tables.delete(`${drop[1] ?? database}.${drop[2] ?? ''}`)
    else {
      const table = parseDdl(sql, database)
      this.#tables.set(`${table.database}.${table.name}`, table)
    }
    return { columns: [], rows: [] }
  }
}

class CutOff extends Error {
  override readonly name = 'CutOff'
}

export function isOver(state: State): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED'
}
