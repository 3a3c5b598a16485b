import { afterAll, beforeAll, expect, test } from 'vitest'
import { earlier, HOUR, minuteOf } from '../../src/base/index.ts'
import {
  diagnosis,
  exemplar,
  serviceDetail,
  serviceGroups,
  serviceLatency,
  services,
} from '../../src/contract/index.ts'
import { append, CLOUDS, createRig, fillHistory, lineOf, logOf, type Rig, START } from '../service/rig.ts'

// From lines of access logs through the real ledger to what the pages of services and sources are told.

let rig: Rig
beforeAll(async () => {
  rig = createRig()
  await rig.start()
  const now = minuteOf(START)
  await fillHistory(rig, { from: earlier(now, HOUR), to: now }, 10)
  for (let second = 0; second < 240; second += 2) {
    for (const cloud of CLOUDS) {
      const endedAtMs = rig.world.clock.nowMs()
      const status = cloud === 'gcp' ? 503 : 200
      append(rig, logOf(rig, cloud), lineOf({ endedAtMs, status, durationMs: 30, id: `${cloud}-${second}` }))
    }
    await rig.pass(2_000)
  }
  await rig.pass(120_000)
}, 60_000)
afterAll(() => rig[Symbol.asyncDispose]())

/** 60 minutes of history with 10 a cloud, and 120 lines a cloud since. */
const GOOD = 60 * 10 * 4 + 120 * 3
const BAD = 120

test('a service is counted to the request, whoever asks how', async () => {
  const list = services.parse(await rig.get('api/v1/services?range=2h'))
  expect(list.services).toMatchObject([
    { service: 'checkout', source: 'edge', good: GOOD, bad: BAD, clouds: [...CLOUDS] },
  ])
  expect(list.services[0]?.slos.map(({ id }) => id)).toEqual(['checkout-availability'])
  const detail = serviceDetail.parse(await rig.get('api/v1/services/checkout?range=2h'))
  const sum = (values: readonly (number | null)[]): number => values.reduce<number>((n, v) => n + (v ?? 0), 0)
  expect([sum(detail.series.good), sum(detail.series.bad)]).toEqual([GOOD, BAD])
  // Of the hour before the history nothing is known, and that is no zero.
  expect(detail.series.good[0]).toBeNull()
  expect(detail.data).toBe('partial')
  const groups = serviceGroups.parse(
    await rig.get('api/v1/services/checkout/groups?range=2h&by=cloud_provider'),
  )
  expect(groups.groups[0]).toMatchObject({ labels: { cloud_provider: 'gcp' }, good: 600, bad: BAD, share: 1 })
  expect(groups.groups[0]?.reasons).toMatchObject([{ reason: 'flag-UH', count: BAD }])
  expect(sum(groups.groups.map(({ good }) => good))).toBe(GOOD)
})

test('one cloud of it is that cloud alone, with its latencies and its requests one by one', async () => {
  const scope = 'range=2h&scope=cloud_provider%3Dgcp'
  const detail = serviceDetail.parse(await rig.get(`api/v1/services/checkout?${scope}`))
  expect([detail.good, detail.bad, detail.latency.timed, detail.latency.p99]).toEqual([600, BAD, BAD, 31])
  const latency = serviceLatency.parse(await rig.get(`api/v1/services/checkout/latency?${scope}`))
  expect(latency.timed.reduce((n, timed) => n + timed, 0)).toBe(BAD)
  const { exemplars } = await rig.get<{ exemplars: unknown[] }>(`api/v1/services/checkout/exemplars?${scope}`)
  expect(exemplars.length).toBeGreaterThan(0)
  for (const each of exemplars) expect(exemplar.parse(each).labels['cloud_provider']).toBe('gcp')
})

test('the diagnosis walks from the logs to the budget', async () => {
  const told = diagnosis.parse(await rig.get('api/v1/diagnosis'))
  expect(told.sources.map(({ name, walk }) => [name, ...walk.map(({ state }) => state)])).toEqual([
    ['edge', 'well', 'well', 'well', 'well', 'well'],
  ])
  expect(told.checks.map(({ name }) => name)).toContain('disk')
})
