import { type Range, type UnixSeconds, unixSeconds, type World } from '../base/index.ts'
import type { CoverageSpan } from '../traffic/index.ts'
import { checkpointId, quartersOf } from './cells.ts'
import { engineNow, readChanges, readChangesSince } from './changes.ts'
import { openCluster } from './cluster.ts'
import { mergeStatements, type Statement } from './coverage.ts'
import type { Engine } from './engine.ts'
import { breakdown, breakdowns, exemplars, inventory, latency } from './explore.ts'
import { openJournal } from './journal.ts'
import type { Ledger } from './ledger.ts'
import { applyRetention, migrate } from './migrate.ts'
import type { LedgerOptions } from './options.ts'
import { OwnChanges } from './own-changes.ts'
import { readSeries } from './read.ts'
import { SeriesRegistry } from './series.ts'
import { storeError } from './store-error.ts'
import { latencyGroups, traffic } from './traffic.ts'
import { StepWriter } from './writer.ts'

/**
 * Opens the ledger, makes or updates its tables, and loads what it must know. Rejects with a `StoreError` when the
 * directory is in use, the server cannot be reached, or a newer version has changed the schema.
 */
export async function openLedger(world: World, options: LedgerOptions): Promise<Ledger> {
  const bare = await openEngine(options)
  const engine = explained(bare)
  try {
    return await openOn(engine, { world, options })
  } catch (error) {
    await bare.close()
    throw error
  }
}

/** The engine is half a gigabyte of code: a process that uses a server does not load it. */
async function openEngine(options: LedgerOptions): Promise<Engine> {
  if (options.kind === 'cluster') return openCluster(options)
  const { openEmbedded } = await import('./embedded.ts')
  return openEmbedded(options.path)
}

async function openOn(engine: Engine, given: { world: World; options: LedgerOptions }): Promise<Ledger> {
  const { world, options } = given
  await migrate(engine)
  await applyRetention(engine, options.retention)
  const registry = new SeriesRegistry(engine)
  await registry.load()
  const changes = new OwnChanges(await engineNow(engine))
  const writer = new StepWriter(world, { engine, registry, retention: options.retention, changes })
  const journal = await openJournal(world, engine)
  const context = { engine, registry }
  /** Series that other processes made are known before a question about them is asked. */
  const fresh = async (): Promise<void> => {
    if (engine.shared) await registry.load()
  }
  return {
    write: (step, signal) => writer.write(step, signal),
    checkpoint: (key) => readCheckpoint(engine, key),
    read: async (queries, { range, width }) => {
      await fresh()
      return world.trace.span('store.read', { queries: queries.length, width }, () =>
        readSeries(queries, { ...context, range, width }),
      )
    },
    changes: (cursor) =>
      world.trace.span('store.changes', {}, async () => {
        if (engine.shared) return readChanges(cursor, context)
        const own = changes.since(cursor)
        if (!('askSince' in own)) return own
        const next = changes.cursor
        return { ...(await readChangesSince(own.askSince, context)), cursor: next }
      }),
    coverage: async (sources, range) => {
      await fresh()
      return world.trace.span('store.coverage', {}, () => readCoverage(sources, range, context))
    },
    breakdown: async (query, asked) => {
      await fresh()
      return breakdown(query, asked, context)
    },
    breakdowns: async (query, asked) => {
      await fresh()
      return breakdowns(query, asked, context)
    },
    latency: async (query, asked) => {
      await fresh()
      return latency(query, asked, context)
    },
    traffic: async (asked) => {
      await fresh()
      return traffic(asked, context)
    },
    latencyGroups: async (asked) => {
      await fresh()
      return latencyGroups(asked, context)
    },
    exemplars: (query, asked) => exemplars(query, asked, context),
    journal,
    inventory: async () => {
      await fresh()
      return inventory(context)
    },
    [Symbol.asyncDispose]: async () => {
      await writer.settled()
      await journal.settled()
      await engine.close()
    },
  }
}

/** What the world does wrong is said in a sentence that names the ledger and whether trying again can help. */
function explained(engine: Engine): Engine {
  const attempt = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      throw storeError(doing, engine.place, cause)
    }
  }
  return {
    ...engine,
    command: (sql) => attempt('change its tables', () => engine.command(sql)),
    query: (sql) => attempt('answer', () => engine.query(sql)),
    insert: (table, rows, token) =>
      attempt(`take in rows of ${table.name}`, () => engine.insert(table, rows, token)),
  }
}

/** Of one writer the latest revision holds; of several writers under one key, the one that wrote last. */
async function readCheckpoint(engine: Engine, key: string): Promise<string | undefined> {
  const rows = await engine.query(
    `SELECT text FROM ${engine.tables.database}.cells FINAL
     PREWHERE quarter = 0 AND series = ${checkpointId(key)} AND kind = 'checkpoint'
     ORDER BY inserted_at DESC, revision DESC, writer DESC LIMIT 1`,
  )
  return rows.done ? undefined : rows.text()
}

async function readCoverage(
  sources: readonly string[],
  range: Range,
  context: { readonly engine: Engine; readonly registry: SeriesRegistry },
): Promise<readonly CoverageSpan[]> {
  const { engine, registry } = context
  const wanted = [...new Set(sources)].map((source) => registry.coverage(source))
  if (wanted.length === 0 || range.to <= range.from) return []
  const rows = await engine.query(
    `SELECT series, toString(writer), revision, toUInt32(minute), count, text FROM ${engine.tables.database}.cells FINAL
     PREWHERE ${quartersOf(range)} AND series IN (${wanted.map((s) => s.id).join(', ')})
       AND kind = 'coverage' AND minute < ${range.to}
     WHERE count > ${range.from}`,
  )
  const bySource = new Map<string, Statement[]>()
  while (!rows.done) {
    const source = registry.byId(rows.big())?.source ?? ''
    const writer = rows.text()
    const revision = rows.u64()
    const [from, to]: [UnixSeconds, UnixSeconds] = [unixSeconds(rows.u32()), unixSeconds(rows.u64())]
    const statement = { writer, revision, from, to, ...stateOf(rows.text()) }
    const known = bySource.get(source)
    if (known) known.push(statement)
    else bySource.set(source, [statement])
  }
  return [...bySource]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([source, statements]) => mergeStatements(statements, { source, range }))
}

function stateOf(text: string): Pick<Statement, 'state' | 'reason'> {
  const space = text.indexOf(' ')
  const word = text.slice(0, space)
  const reason = text.slice(space + 1)
  if (word === 'known' || word === 'partial' || word === 'missing') return { state: word, reason }
  throw new Error(`the ledger holds coverage in no state: ${text}`)
}
