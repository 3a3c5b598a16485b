import { expect, test } from 'vitest'
import { unixSeconds } from '../../../src/base/index.ts'
import type { LedgerStep } from '../../../src/traffic/index.ts'
import { type FaultyLedger, MINUTE, type Rig, start } from './rig.ts'

/** What the ledger holds of a question's minute: the last that each writer said, added up. */
function counted(ledger: FaultyLedger): number {
  const last = new Map<string, number>()
  for (const { writer, counts = [] } of ledger.steps satisfies LedgerStep[])
    for (const { key, minute, value } of counts) last.set(`${writer} ${key} ${minute}`, value)
  return [...last.values()].reduce((sum, value) => sum + value, 0)
}

async function add(rig: Rig, name: string, value: number): Promise<void> {
  void rig.send(name, {
    more: (into) =>
      into.counts([{ key: 'q', source: 'apm', labels: {}, minute: unixSeconds(MINUTE), value }]),
  })
  await rig.world.advance(500)
}

test('what is added to a minute adds up, over steps, writers and restarts', async () => {
  const rig = await start()
  await add(rig, 'a', 3)
  await add(rig, 'b', 4)
  await rig.world.advance(700_000)
  await add(rig, 'turn', 5)
  await add(rig, 'c', 6)
  expect(new Set(rig.ledger.steps.map(({ writer }) => writer)).size).toBeGreaterThan(1)
  expect(counted(rig.ledger)).toBe(18)
  const after = await start({ ledger: rig.ledger, world: rig.world })
  await add(after, 'd', 7)
  await add(after, 'a', 3)
  expect(counted(rig.ledger)).toBe(25)
})
