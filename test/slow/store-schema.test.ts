import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbedded } from '../../src/store/embedded.ts'
import type { Engine } from '../../src/store/engine.ts'
import { type LedgerOptions, openLedger } from '../../src/store/index.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type Migration, SCHEMA } from '../../src/store/schema.ts'
import { createTestWorld } from '../world.ts'
import { BASE, indicator, minute, readout, row, span, step } from './store-words.ts'

// One directory for all: the engine binds one in a process.
const path = mkdtempSync(join(tmpdir(), 'nines-schema-'))
const options: LedgerOptions = { kind: 'embedded', path, retention: { traffic: 400, exemplars: 30 } }
const world = createTestWorld({ start: Math.floor(Date.now() / 1000) })
afterAll(() => rmSync(path, { recursive: true, force: true }))

async function onEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEmbedded(path)
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

const next = SCHEMA.length + 1
const addColumn = (...more: string[]): readonly Migration[] => [
  ...SCHEMA,
  {
    version: next,
    name: 'a column more',
    statements: (tables) => [
      `ALTER TABLE ${tables.database}.journal ADD COLUMN IF NOT EXISTS more String`,
      ...more,
      `ALTER TABLE ${tables.database}.journal ADD COLUMN IF NOT EXISTS most String`,
    ],
  },
]

const versions = (): Promise<number[]> =>
  onEngine(async (engine) => {
    const rows = await engine.query('SELECT version FROM nines.migrations ORDER BY version')
    const found: number[] = []
    while (!rows.done) found.push(rows.u32())
    return found
  })

beforeEach(async () => {
  await (await openLedger(world, options))[Symbol.asyncDispose]()
})
afterEach(() =>
  onEngine(async (engine) => {
    await engine.command('DROP DATABASE nines SYNC')
  }),
)

test('opening again changes nothing and loses nothing', async () => {
  const first = await openLedger(world, options)
  await first.write(step({ traffic: [row('kept', { count: 7 })], checkpoints: [{ key: 'k', value: 'v' }] }))
  await first.journal.append([{ at: BASE, kind: 'note', data: 1 }])
  await first[Symbol.asyncDispose]()
  const second = await openLedger(world, options)
  expect(await readout(second, indicator('kept'), span(0, 1))).toEqual({ '{}': '7 / 0' })
  expect(await second.checkpoint('k')).toBe('v')
  expect(await second.journal.append([{ at: BASE, kind: 'note', data: 2 }])).toMatchObject([{ seq: 2 }])
  await second[Symbol.asyncDispose]()
  expect(await versions()).toEqual(SCHEMA.map((m) => m.version))
})

test('a change that was cut short in the middle is finished by the next start', async () => {
  await onEngine(async (engine) => {
    await expect(migrate(engine, addColumn('SELECT throwIf(1)'))).rejects.toThrow('throwIf')
  })
  expect(await versions()).toEqual(SCHEMA.map((m) => m.version))
  await onEngine((engine) => migrate(engine, addColumn()))
  expect(await versions()).toEqual([...SCHEMA.map((m) => m.version), next])
  await onEngine(async (engine) => {
    const rows = await engine.query(
      "SELECT name FROM system.columns WHERE table = 'journal' AND name LIKE 'mo%' ORDER BY name",
    )
    expect([rows.text(), rows.text(), rows.done]).toEqual(['more', 'most', true])
  })
})

test('a ledger of a newer version is refused with what to do', async () => {
  await onEngine((engine) => migrate(engine, addColumn()))
  await expect(openLedger(world, options)).rejects.toMatchObject({
    message: `the ledger in ${path} has schema ${next}, which a newer version of nines made; this one knows ${SCHEMA.length}. Run that version or a later one`,
    retryable: false,
  })
})

test('rows older than the retention are left out, and it is said', async () => {
  const short = await openLedger(world, { ...options, retention: { traffic: 1, exemplars: 1 } })
  const from = world.lines.length
  const recent = Math.floor((world.clock.now() - BASE) / 60) - 10
  await short.write(
    step({ traffic: [row('old', { minute: minute(0) }), row('old', { minute: minute(recent), count: 3 })] }),
  )
  const sum = await readout(short, indicator('old'), span(0, recent + 1))
  expect(sum['{}']?.match(/[1-9]/g)).toEqual(['3'])
  expect(world.lines.slice(from)).toMatchObject([
    {
      level: 'warn',
      message: 'rows older than the retention were left out',
      fields: { writer: 'w', rows: 1 },
    },
  ])
  await short[Symbol.asyncDispose]()
})

test('another retention becomes the rule of the tables, and checkpoints outlive it', async () => {
  const first = await openLedger(world, options)
  await first.write(step({ checkpoints: [{ key: 'k', value: 'kept' }] }))
  await first[Symbol.asyncDispose]()
  const short = await openLedger(world, { ...options, retention: { traffic: 2, exemplars: 3, journal: 40 } })
  await short[Symbol.asyncDispose]()
  await onEngine(async (engine) => {
    const rows = await engine.query(
      "SELECT name, extract(create_table_query, 'toIntervalDay.([0-9]+).') FROM system.tables WHERE database = 'nines' AND name != 'migrations' ORDER BY name",
    )
    const rules: string[] = []
    while (!rows.done) rules.push(`${rows.text()} ${rows.text()}`)
    expect(rules).toEqual(['cells 2', 'exemplars 3', 'journal 40', 'series 3'])
    await engine.command('OPTIMIZE TABLE nines.cells FINAL')
  })
  const again = await openLedger(world, options)
  expect(await again.checkpoint('k')).toBe('kept')
  await again[Symbol.asyncDispose]()
})

test('the statements in docs/ledger.md run', async () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/ledger.md'), 'utf8')
  const statements = [...docs.matchAll(/```sql\n(.*?)```/gs)]
    .flatMap(([, sql = '']) => sql.split(';'))
    .filter((s) => s.trim())
  expect(statements.length).toBe(2)
  const ledger = await openLedger(world, options)
  await ledger.write(
    step({ traffic: [row('edge', { count: 7 }), row('edge', { outcome: 'bad', reason: '5xx' })] }),
  )
  await ledger[Symbol.asyncDispose]()
  await onEngine(async (engine) => {
    const answers: string[] = []
    for (const sql of statements) {
      const inNines = sql.replace(/\b(FROM|JOIN \(SELECT id, labels FROM) (cells|series)\b/g, '$1 nines.$2')
      const rows = await engine.query(`SELECT toString(tuple(*)) FROM (${inNines}) ORDER BY 1`)
      while (!rows.done) answers.push(rows.text().replace(/^\('\d{4}-[^']*'/, '(hour'))
    }
    expect(answers.toSorted()).toEqual(
      ["(hour,'good',7)", "(hour,'bad',1)", "('checkout','bad',1)", "('checkout','good',7)"].toSorted(),
    )
  })
})

test('a retention that is not in whole days is refused', async () => {
  await expect(openLedger(world, { ...options, retention: { traffic: 0.5, exemplars: 1 } })).rejects.toThrow(
    '0.5 days',
  )
})
