import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { createLoop } from '../../src/service/loop.ts'
import { openLedger } from '../../src/store/index.ts'
import type { TrafficRow } from '../../src/traffic/index.ts'
import { slo, source } from '../definitions/documents.ts'
import { createRandom, createTestWorld } from '../world.ts'

// Goal: a composite of time slices says what a count by hand says: a slice is bad when it is bad for any objective.
// Method: the loop over the real ledger, with minutes of two operations in two clouds that are drawn.

const path = mkdtempSync(join(tmpdir(), 'nines-composite-'))
afterAll(() => rmSync(path, { recursive: true, force: true }))

const HOUR = 3_600
const SLICE = 300
const NOW = Math.floor(Date.now() / 1_000 / HOUR) * HOUR - HOUR
const FROM = NOW - 30 * HOUR

const part = (name: string, slices: string) => `
      - displayName: ${name}
        target: 0.9
        timeSliceTarget: ${slices}
        timeSliceWindow: 5m
        indicator:
          metadata: { name: ${name} }
          spec:
            ratioMetric:
              counter: true
              good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{operation="${name}"}', outcome: good } } }
              total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{operation="${name}"}' } } }`

test('a slice of a composite is bad when it is bad for any objective, as a whole and in each cloud', async () => {
  const definitions = loadDefinitions([
    {
      file: 'checkout.yaml',
      text: `${source()}---\n${slo({
        name: 'checkout',
        annotations: '{ nines.dev/split-by: cloud_provider }',
        indicator: '',
        method: 'Timeslices',
        timeWindow: '[{ duration: 1d, isRolling: true }]',
        objectives: part('pay', '0.99') + part('browse', '0.9'),
      })}`,
    },
  ])
  expect(definitions.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const world = createTestWorld({ start: NOW, seed: 4 })
  const random = createRandom(4)
  const ledger = await openLedger(world, {
    kind: 'embedded',
    path,
    retention: { traffic: 400, exemplars: 14, journal: 1_100 },
  })
  const traffic: TrafficRow[] = []
  /** `cloud operation slice` → good and bad; of all clouds under an empty name too. */
  const counted = new Map<string, { good: number; bad: number }>()
  const add = (key: string, good: number, bad: number): void => {
    const known = counted.get(key) ?? { good: 0, bad: 0 }
    counted.set(key, { good: known.good + good, bad: known.bad + bad })
  }
  for (let minute = FROM; minute < NOW; minute += 60)
    for (const cloud_provider of ['aws', 'gcp'])
      for (const operation of ['pay', 'browse']) {
        // Some minutes are quiet, and so are whole slices.
        if (random() < 0.5) continue
        const bad = random() < 0.3 ? Math.floor(random() * 15) : 0
        const good = 100 - bad
        const row = {
          source: 'edge',
          labels: { service_name: 'checkout', cloud_provider, operation },
          minute: unixSeconds(minute),
        }
        traffic.push({ ...row, outcome: 'good', reason: '2xx', count: good })
        if (bad > 0) traffic.push({ ...row, outcome: 'bad', reason: '5xx', count: bad })
        for (const cloud of ['', cloud_provider])
          add(`${cloud} ${operation} ${Math.floor(minute / SLICE)}`, good, bad)
      }
  const known = { source: 'edge', from: unixSeconds(FROM), to: unixSeconds(NOW), state: 'known' as const }
  await ledger.write({ writer: 'w', revision: 1, traffic, coverage: [{ ...known, reason: '' }] })
  const loop = createLoop(world, {
    ledger,
    definitions: () => definitions,
    inputsOf: () => [],
    tell: () => undefined,
  })
  await loop.recall()
  await loop.tick()
  const row = loop.shown()?.summaries.find(({ id }) => id === 'checkout/composite')
  const byHand = (cloud: string): { good: number; bad: number } => {
    const sum = { good: 0, bad: 0 }
    for (let slice = (NOW - 24 * HOUR) / SLICE; slice < NOW / SLICE; slice++) {
      const pay = counted.get(`${cloud} pay ${slice}`)
      const browse = counted.get(`${cloud} browse ${slice}`)
      if (!pay && !browse) continue
      const isBad =
        (pay !== undefined && pay.bad * 100 > pay.good + pay.bad) ||
        (browse !== undefined && browse.bad * 10 > browse.good + browse.bad)
      if (isBad) sum.bad++
      else sum.good++
    }
    return sum
  }
  const { bad } = byHand('')
  expect(bad).toBeGreaterThan(20)
  const [window] = row?.whole.windows ?? []
  expect({ bad: window?.bad, target: row?.target, objective: row?.objective }).toEqual({
    bad,
    target: '80',
    objective: 'composite',
  })
  // Each part may spend its own: 10 % of the slices each.
  expect(window?.budget.leftRatio).toBeCloseTo(
    1 - bad / (0.2 * ((window?.good ?? 0) + (window?.bad ?? 0))),
    12,
  )
  for (const cloud of ['aws', 'gcp']) {
    const split = row?.clouds.find((each) => each.cloud === cloud)
    const own = byHand(cloud)
    // A quiet slice is one slice too, and a good one.
    const slices = own.bad / (1 - (split?.sli ?? 0))
    expect(slices).toBeCloseTo((24 * HOUR) / SLICE, 6)
  }
  // Its parts have rows of their own, and nothing more is told of it.
  expect(
    loop
      .shown()
      ?.summaries.map(({ id }) => id)
      .toSorted(),
  ).toEqual(['checkout/browse', 'checkout/composite', 'checkout/pay'])
  await ledger[Symbol.asyncDispose]()
})
