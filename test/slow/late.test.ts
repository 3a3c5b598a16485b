import { writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { later } from '../../src/base/index.ts'
import type * as wire from '../../src/contract/index.ts'
import { append, CLOUDS, createRig, lineOf, logOf, touch } from '../service/rig.ts'

// Goal: what was written about the past while the service was down is told as late, as it would be while it runs.
// Method: the whole service over simulated time, stopped and started, with lines of an hour before in between.

const rig = createRig()
afterAll(() => rig[Symbol.asyncDispose]())

const linesOf = (cloud: string, from: number, seconds: number, status = 200): string =>
  Array.from({ length: seconds }, (_, i) =>
    lineOf({ endedAtMs: (from + i) * 1_000 + 50, status, id: `${cloud}-${from}-${i}-${status}` }),
  ).join('')

async function restatements(): Promise<readonly wire.JournalEntry[]> {
  const { entries } = await rig.get<{ entries: wire.JournalEntry[] }>('api/v1/journal?kinds=restatement')
  return entries
}

test('lines of before that come while nobody looks restate the past when somebody does again', async () => {
  const start = rig.world.clock.now()
  for (const cloud of CLOUDS) {
    writeFileSync(logOf(rig, cloud), linesOf(cloud, start - 3_600, 3_600))
    touch(rig, logOf(rig, cloud))
  }
  await rig.start()
  for (let minute = 0; minute < 5; minute++) {
    const from = rig.world.clock.now()
    await rig.pass(60_000)
    for (const cloud of CLOUDS) append(rig, logOf(rig, cloud), linesOf(cloud, from, 60))
  }
  await rig.pass(60_000)
  await rig.stop()
  expect(rig.world.clock.now() - start).toBe(360)
  const stopped = rig.world.clock.now()
  rig.world.setWall(later(stopped, 1_800))
  // Half an hour later: thirty failures of ten minutes before the stop's begin, and the half hour itself.
  const late = start - 1_200
  append(rig, logOf(rig, 'gcp'), linesOf('gcp', late, 30, 503) + linesOf('gcp', stopped, 60))
  await rig.start()
  await rig.pass(30_000)
  const found = await restatements()
  expect(found).toHaveLength(1)
  const data = found[0]?.data as { from: number; slos: { before: { bad: number }; after: { bad: number } }[] }
  // A part of a file that is read again says all its counts again: the stretch says too much, never too little.
  expect(data.from).toBeLessThanOrEqual(late)
  expect(data.slos[0]).toMatchObject({ before: { bad: 0 }, after: { bad: 30 } })
})
