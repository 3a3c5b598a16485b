import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ledger, type LedgerOptions, openLedger } from '../../src/store/index.ts'
import { createTestWorld } from '../world.ts'
import { contract } from './store-contract.ts'
import { BASE, indicator, minute, readout, row, span, step } from './store-words.ts'

// The same promises over HTTP, where several processes share a ledger. A real server is used when its URL is given.
const given = process.env['NINES_CLICKHOUSE_URL']
const directory = mkdtempSync(join(tmpdir(), 'nines-server-'))
const world = createTestWorld({ start: Math.floor(Date.now() / 1000) })
const servers = new Set<ChildProcess>()
let url: string
let database = 0

async function serve(place = 'shared', port = 0): Promise<{ url: string; child: ChildProcess }> {
  const script = join(import.meta.dirname, 'clickhouse-over-http.mjs')
  const child = spawn(process.execPath, [script, join(directory, place), String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  servers.add(child)
  const found = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  return { url: `http://127.0.0.1:${found}`, child }
}

async function stop(child: ChildProcess): Promise<void> {
  servers.delete(child)
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

function optionsFor(name: string): LedgerOptions {
  return { kind: 'cluster', url, database: name, retention: { traffic: 400, exemplars: 30 } }
}

/** A database that no other run has used. */
const fresh = (): string => `nines_test_${process.pid}_${Date.now()}_${++database}`

beforeAll(async () => {
  if (given !== undefined) url = given
  else {
    console.log(
      'NINES_CLICKHOUSE_URL is not set: the embedded engine behind HTTP stands in for a ClickHouse server',
    )
    url = (await serve()).url
  }
})
afterAll(async () => {
  for (const child of servers) await stop(child)
  rmSync(directory, { recursive: true, force: true })
})

describe('the ledger behind a URL', () => {
  contract(() => openLedger(world, optionsFor(fresh())))
})

describe('several processes on one ledger', () => {
  let peers: Ledger[]
  beforeAll(async () => {
    const options = optionsFor(fresh())
    peers = []
    for (let i = 0; i < 3; i++) peers.push(await openLedger(world, options))
  })
  afterAll(async () => {
    for (const peer of peers) await peer[Symbol.asyncDispose]()
  })
  const at = (i: number): Ledger => {
    const peer = peers[i]
    if (!peer) throw new Error('there are three peers')
    return peer
  }

  test('what each counts is added up, and every one of them reads the sum', async () => {
    await Promise.all(
      peers.map((peer, i) =>
        peer.write(
          step({
            writer: `collector-${i}`,
            traffic: [row('shared', { labels: { own: String(i) }, count: 10 ** i })],
          }),
        ),
      ),
    )
    for (const peer of peers)
      expect(await readout(peer, indicator('shared'), span(0, 1))).toEqual({ '{}': '111 / 0' })
  })

  test('one learns of what another wrote, of a source that it had never seen', async () => {
    const { cursor } = await at(0).changes(undefined)
    await at(1).write(
      step({ traffic: [row('news', { minute: minute(5) })], checkpoints: [{ key: 'news', value: '1' }] }),
    )
    expect((await at(0).changes(cursor)).touched).toEqual([{ source: 'news', ...span(5, 6) }])
    expect(await at(2).checkpoint('news')).toBe('1')
  })

  test('appends of all of them are numbered without holes or doubles', async () => {
    const appended = await Promise.all(
      peers.flatMap((peer, i) =>
        Array.from({ length: 5 }, (_, n) =>
          peer.journal.append([
            { at: BASE, kind: 'note', data: [i, n] },
            { at: BASE, kind: 'note', data: [i, n, 'too'] },
          ]),
        ),
      ),
    )
    const seqs = appended.flat().map((entry) => entry.seq)
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
    for (const peer of peers) {
      const read = await peer.journal.read(0)
      expect(read.map((entry) => entry.seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
      for (const entry of appended.flat()) expect(read[entry.seq - 1]).toEqual(entry)
    }
  })
})

test.skipIf(given !== undefined)(
  'while the server is away, writes and reads say that they can be tried again',
  async () => {
    const own = await serve('away')
    const ledger = await openLedger(world, { ...optionsFor('nines'), url: own.url } as LedgerOptions)
    const traffic = [row('away', { count: 3 })]
    await ledger.write(step({ traffic }))
    await stop(own.child)
    await expect(ledger.write(step({ revision: 2, traffic }))).rejects.toMatchObject({
      name: 'StoreError',
      retryable: true,
    })
    await expect(readout(ledger, indicator('away'), span(0, 1))).rejects.toMatchObject({ retryable: true })
    await expect(
      openLedger(world, { ...optionsFor('nines'), url: own.url } as LedgerOptions),
    ).rejects.toMatchObject({ retryable: true })
    await serve('away', Number(new URL(own.url).port))
    await ledger.write(step({ revision: 3, traffic }))
    expect(await readout(ledger, indicator('away'), span(0, 1))).toEqual({ '{}': '3 / 0' })
    await ledger[Symbol.asyncDispose]()
  },
)
