import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { earlier, minuteOf } from '../../src/base/index.ts'
import type * as wire from '../../src/contract/index.ts'
import {
  append,
  CLOUDS,
  type Cloud,
  createRig,
  fillHistory,
  lineOf,
  logOf,
  type Rig,
  touch,
} from '../service/rig.ts'

// Goal: two clouds stand behind a failover. While one is out the journey's budget stays as it is and its redundancy is
// less; while both are, the journey burns, and what people are told is the cause. Method: the whole service over
// simulated time, from access logs that this test writes through the collectors to an emulated Slack.

const PER_SECOND = 4
const LOGGED_S = 80 * 60
const COUNTED_S = 4 * 86_400

const JOURNEY = `apiVersion: nines.dev/v1
kind: Journey
metadata: { name: buy, displayName: Buy }
spec:
  target: 0.999
  timeWindow: [{ duration: 30d, isRolling: true }]
  tree:
    any:
      - { slo: checkout-availability, where: { cloud_provider: aws } }
      - { slo: checkout-availability, where: { cloud_provider: gcp } }
`

let rig: Rig
let failing: readonly Cloud[] = []

beforeAll(async () => {
  rig = createRig()
  writeFileSync(join(rig.dir, 'slo/journeys.yaml'), JOURNEY)
  const from = earlier(rig.world.clock.now(), LOGGED_S)
  for (const cloud of CLOUDS) {
    writeFileSync(logOf(rig, cloud), secondsOf(cloud, from, LOGGED_S))
    touch(rig, logOf(rig, cloud))
  }
  await rig.start()
  const to = minuteOf(from)
  await fillHistory(rig, { from: earlier(to, COUNTED_S), to }, PER_SECOND * 60)
  await leap(3)
})
afterAll(() => rig[Symbol.asyncDispose]())

function secondsOf(cloud: Cloud, start: number, seconds: number): string {
  const status = failing.includes(cloud) ? 503 : 200
  return Array.from({ length: seconds * PER_SECOND }, (_, i) =>
    lineOf({
      endedAtMs: start * 1_000 + (i * 1_000) / PER_SECOND + 50,
      status,
      id: `${cloud}-${start}-${i}`,
    }),
  ).join('')
}

/** Minutes at once, as a service sees them whose machine slept in between. */
async function leap(minutes: number): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    const from = rig.world.clock.now()
    for (const cloud of CLOUDS) append(rig, logOf(rig, cloud), secondsOf(cloud, from, 60))
    await rig.leap(60_000)
  }
  await rig.pass(5_000)
}

const journey = (): Promise<wire.JourneyDetail> => rig.get('api/v1/journeys/buy')
const spent = ({ row }: wire.JourneyDetail): number | undefined => row.whole.windows[0]?.budget.spent

test('with both clouds up the journey has spent nothing, and bears one failure', async () => {
  const found = await journey()
  expect(spent(found)).toBe(0)
  expect(found.row.whole.windows[0]?.coverage.ratio).toBeGreaterThan(0)
  expect(found.redundancy).toMatchObject({ failures: 2, usual: 2, down: [] })
  expect(found.row.state).toBe('ok')
})

test('while one cloud is out its budget is untouched, and less redundancy is left', async () => {
  failing = ['gcp']
  await leap(6)
  const found = await journey()
  expect(spent(found)).toBe(0)
  expect(found.row.state).toBe('ok')
  expect(found.redundancy).toMatchObject({ failures: 1, usual: 2, down: [1] })
  expect(found.redundancy.sentence).toMatch(/^One more failure and Buy is down: checkout-availability aws\./)
  const incidents = await rig.incidents()
  expect(incidents.map(({ slo }) => slo)).toEqual(['checkout-availability'])
})

test('while both are out it burns, and the incident names the cause', async () => {
  failing = ['gcp', 'aws']
  await leap(6)
  const found = await journey()
  expect(spent(found)).toBeGreaterThan(3)
  expect(found.row.state).toBe('burning')
  expect(found.redundancy).toMatchObject({ failures: 0, down: [0, 1] })
  expect(found.redundancy.sentence).toMatch(/^Buy is down: /)
  // Equals are treated equally but for the last ten-billionth of a minute, which goes to one of them.
  for (const { share } of found.attribution.leaves) expect(share).toBeCloseTo(0.5, 8)
  const sum = found.attribution.leaves.reduce((n, { minutes }) => n + minutes, 0)
  expect(sum).toBe(found.attribution.shortfall)
  const headlines = rig.headlines().map(({ text }) => text)
  expect(headlines[0]).toMatch(/^PAGE · Checkout answers: .*aws and gcp/)
  // The journey burns because its parts do: it has no headline and no incident of its own.
  expect(headlines.filter((text) => /Buy/.test(text.split(':')[0] ?? ''))).toEqual([])
  const open = (await rig.incidents()).filter(({ state }) => state !== 'resolved')
  expect(open.map(({ slo }) => slo)).toEqual(['checkout-availability'])
})

test('after it healed redundancy is whole again, and the past tells the same when it is read again', async () => {
  failing = []
  await leap(7)
  const before = await journey()
  expect(before.redundancy.failures).toBe(2)
  await rig.stop()
  await rig.start()
  await rig.pass(10_000)
  const after = await journey()
  expect(spent(after)).toBe(spent(before))
  const fleet = await rig.get<wire.Fleet>('api/v1/slos')
  expect(fleet.slos.map(({ id }) => id)).toContain('journey/buy')
})
