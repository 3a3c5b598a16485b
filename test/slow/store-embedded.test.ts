import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { openLedger } from '../../src/store/index.ts'
import { createTestWorld } from '../world.ts'
import { contract } from './store-contract.ts'

const path = mkdtempSync(join(tmpdir(), 'nines-ledger-'))
afterAll(() => rmSync(path, { recursive: true, force: true }))

describe('the ledger in this process', () => {
  const world = createTestWorld({ start: Math.floor(Date.now() / 1000) })
  contract(() => openLedger(world, { kind: 'embedded', path, retention: { traffic: 400, exemplars: 30 } }))
})
