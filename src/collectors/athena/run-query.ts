import { createHash } from 'node:crypto'
import { failed, ok, type Result, type World } from '../../base/index.ts'
import type { PullFailure } from '../pull/index.ts'
import type { AthenaApi, Execution } from './api.ts'
import { type Budget, size } from './budget.ts'
import { callFailure, reasonFailure } from './failure.ts'
import type { Gate } from './gate.ts'
import type { AthenaOptions } from './options.ts'

/** The rows of a finished query, without the one that names the columns. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | undefined)[])[]
  readonly scannedBytes: number
  readonly reused: boolean
}

export interface Wanted {
  readonly sql: string
  /** Names this reading; the same query under the same name runs once, whoever asks how often. */
  readonly attempt: string
  readonly reuseMinutes: number | undefined
}

export interface Surroundings {
  readonly world: World
  readonly api: AthenaApi
  readonly gate: Gate
  readonly budget: Budget
  readonly options: Pick<AthenaOptions, 'place' | 'queryTimeoutMs' | 'maxRows'>
}

const FIRST_LOOK_MS = 300
const LONGEST_LOOK_MS = 5_000
/** Executions of one reading: what Athena says may succeed is begun anew so often. */
const RUNS = 3

/** Runs a query to its end, within the quota, and reads its result. Never rejects for what the world does. */
export async function runQuery(
  around: Surroundings,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Result<Table, PullFailure>> {
  const { world, budget, gate } = around
  const closedFor = budget.closedForMs(world.clock.now())
  if (closedFor !== undefined)
    return failed({
      kind: 'throttled',
      text: `maxScanPerDay is reached: ${budget.told(world.clock.now()) ?? ''}`,
      remedy: 'raise maxScanPerDay, or wait for the next UTC day',
      retryAfterMs: closedFor,
    })
  try {
    return await gate.run(() => runOften(around, wanted, signal), signal)
  } catch (error) {
    return failed(callFailure(error))
  }
}

async function runOften(
  around: Surroundings,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Result<Table, PullFailure>> {
  let last: PullFailure | undefined
  for (let run = 1; run <= RUNS; run++) {
    const token = tokenOf(around.options.place, wanted, run)
    const id = await around.api.start({ sql: wanted.sql, token, reuseMinutes: wanted.reuseMinutes }, signal)
    const execution = await settled(around, id, signal)
    if (execution === undefined)
      return failed({
        kind: 'too-much',
        text: `the query did not end within ${around.options.queryTimeoutMs / 1_000} s and was stopped`,
        remedy: 'raise queryTimeout, or narrow partitions',
      })
    around.budget.spent({ bytes: execution.scannedBytes, reused: execution.reused }, around.world.clock.now())
    if (execution.state === 'SUCCEEDED') return read(around, { id, execution }, signal)
    last = { kind: kindOf(execution), ...reasonFailure(execution.reason) }
    // Of a run before that we stopped ourselves, the token gives the cancelled execution: it is begun anew.
    const isOver = execution.state === 'FAILED' && !execution.retryable
    if (isOver || (execution.state === 'CANCELLED' && /scan/i.test(execution.reason))) break
  }
  return failed(last ?? { kind: 'unavailable', ...reasonFailure('') })
}

/** A scan that is cut off is too much at once; what Athena says may succeed passes; the rest is the query's fault. */
function kindOf({ reason, retryable, state }: Execution): PullFailure['kind'] {
  if (/bytes scanned limit/i.test(reason)) return 'too-much'
  return retryable || state === 'CANCELLED' ? 'unavailable' : 'refused'
}

/**
 * Names an execution for Athena: the same name is the same execution, and is paid for once. It depends on nothing but what
 * is asked and the reading's name, which the ledger keeps.
 */
export function tokenOf(
  place: Pick<AthenaOptions['place'], 'workgroup' | 'catalog' | 'database' | 'output'>,
  { sql, attempt }: Pick<Wanted, 'sql' | 'attempt'>,
  run: number,
): string {
  const { workgroup, catalog, database, output = '' } = place
  const identity = JSON.stringify([workgroup, catalog, database, output, sql, attempt, run])
  return `nines-${createHash('sha256').update(identity).digest('hex')}`
}

/** The execution at its end; undefined when it took too long and was stopped. Stops it when the signal ends the wait. */
async function settled(
  { api, world, options }: Surroundings,
  id: string,
  signal: AbortSignal,
): Promise<Execution | undefined> {
  const { clock, random } = world
  const deadline = clock.monotonicMs() + options.queryTimeoutMs
  try {
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
      const execution = await api.look(id, signal)
      // A running query may be queued again; these are the only ends.
      if (['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(execution.state)) return execution
      if (clock.monotonicMs() >= deadline) {
        await api.stop(id)
        return undefined
      }
      await clock.sleep(wait * (0.8 + 0.4 * random()), signal)
    }
  } catch (error) {
    if (signal.aborted)
      await api.stop(id).catch((reason: unknown) => {
        world.log.warn('a query could not be stopped', { id, error: String(reason) })
      })
    throw error
  }
}

async function read(
  { api, options }: Surroundings,
  { id, execution }: { readonly id: string; readonly execution: Execution },
  signal: AbortSignal,
): Promise<Result<Table, PullFailure>> {
  const rows: (readonly (string | undefined)[])[] = []
  let columns: readonly string[] = []
  let token: string | undefined
  for (let isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const page = await api.page(id, token, signal)
    if (isFirst) columns = page.columns
    const isHeader = isFirst && sameTexts(page.rows[0] ?? [], columns)
    for (const row of isHeader ? page.rows.slice(1) : page.rows) rows.push(row)
    token = page.next
    if (rows.length > options.maxRows)
      return failed({
        kind: 'too-much',
        text: `the result has more than ${options.maxRows} rows`,
        remedy: 'write operations for the paths that differ, narrow where, or raise maxRows',
      })
  }
  return ok({ columns, rows, scannedBytes: execution.scannedBytes, reused: execution.reused })
}

function sameTexts(row: readonly (string | undefined)[], columns: readonly string[]): boolean {
  return row.length === columns.length && row.every((value, i) => value === columns[i])
}

/** For people: what a table cost. */
export function costOf({ scannedBytes, reused }: Table): string {
  return reused ? 'reused' : size(scannedBytes)
}
