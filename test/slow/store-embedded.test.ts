import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { openLedger } from '../../src/store/index.ts'
import { createTestWorld } from '../world.ts'
import { contract } from './store-contract.ts'

const path = mkdtempSync(join(tmpdir(), 'nines-ledger-'))
afterAll(() => rmSync(path, { recursive: true, force: true }))

test('a cursor of an earlier run tells what was written after it, perhaps more', async () => {
  const own = mkdtempSync(join(tmpdir(), 'nines-cursor-'))
  const now = Math.floor(Date.now() / 1000)
  const open = () =>
    openLedger(createTestWorld({ start: now }), {
      kind: 'embedded',
      path: own,
      retention: { traffic: 400, exemplars: 30 },
    })
  const minute = unixSeconds(Math.floor(now / 60) * 60 - 600)
  const first = await open()
  const { cursor } = await first.changes(undefined)
  const row = { source: 'edge', labels: {}, minute, outcome: 'good', reason: '2xx', count: 1 } as const
  await first.write({ writer: 'w', revision: 1, traffic: [row] })
  await first[Symbol.asyncDispose]()
  const second = await open()
  const told = await second.changes(cursor)
  expect(told.touched).toEqual([{ source: 'edge', from: minute, to: minute + 60 }])
  expect((await second.changes(told.cursor)).touched).toEqual([])
  await second[Symbol.asyncDispose]()
  rmSync(own, { recursive: true })
})

describe('the ledger in this process', () => {
  const world = createTestWorld({ start: Math.floor(Date.now() / 1000) })
  contract(() => openLedger(world, { kind: 'embedded', path, retention: { traffic: 400, exemplars: 30 } }))
})
