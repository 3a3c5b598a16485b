import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  DAY,
  earlier,
  type Labels,
  later,
  minuteOf,
  type UnixSeconds,
  unixSeconds,
} from '../../src/base/index.ts'
import { createDefinitionsDirectory, type Definitions } from '../../src/definitions/index.ts'
import { createLoop, type Loop } from '../../src/service/loop.ts'
import { type Ledger, openLedger } from '../../src/store/index.ts'
import type { TrafficRow } from '../../src/traffic/index.ts'
import { createTestWorld, type TestWorld } from '../world.ts'

// What the loop shows over a large ledger, kept up to date from what was written, against plain sums of the same rows.

const SERVICES = 60
const CLOUDS = ['aws', 'gcp', 'azure']
const DAYS = 7
const START = unixSeconds(1_794_182_400)

let directory = ''
let world: TestWorld
let ledger: Ledger
let definitions: Definitions
let loop: Loop
/** Every row as it stands, by series and minute. */
const truth = new Map<string, { readonly good: number; readonly bad: number }>()

const labelsOf = (service: number, cloud: string): Labels => ({
  cloud_provider: cloud,
  service_name: `service-${service}`,
})

function write(from: UnixSeconds, to: UnixSeconds, { revision, shift }: { revision: number; shift: number }) {
  const traffic: TrafficRow[] = []
  for (let service = 0; service < SERVICES; service++)
    for (const cloud of CLOUDS)
      for (let minute: number = from; minute < to; minute += 60) {
        const good = 100 + ((minute / 60 + service * 7 + cloud.length) % 50) + shift
        const bad = (minute / 60 + service) % 29 === 0 ? 1 + (service % 3) : 0
        const own = { source: 'edge', labels: labelsOf(service, cloud), minute: unixSeconds(minute) }
        traffic.push({ ...own, outcome: 'good', reason: '2xx', count: good })
        if (bad > 0) traffic.push({ ...own, outcome: 'bad', reason: 'http-503', count: bad })
        truth.set(`${service} ${cloud} ${minute}`, { good, bad })
      }
  const coverage = [{ source: 'edge', from, to, state: 'known' as const, reason: '' }]
  return ledger.write({ writer: 'edge', revision, traffic, coverage })
}

function definition(service: number): string {
  const match = `match: '{service_name="service-${service}"}'`
  return `apiVersion: openslo/v1
kind: Service
metadata: { name: service-${service} }
spec: { description: '' }
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: service-${service}
  annotations: { nines.dev/split-by: cloud_provider, nines.dev/burn-policy: google-7d }
spec:
  service: service-${service}
  indicator:
    metadata: { name: service-${service} }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { ${match}, outcome: good } } }
        total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { ${match} } } }
  timeWindow: [{ duration: ${DAYS}d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
`
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nines-scale-'))
  const slos = join(directory, 'slo')
  mkdirSync(slos)
  const source =
    'spec: { type: EnvoyAccessLog, connectionDetails: { files: [x.json], service: { from: authority } } }'
  writeFileSync(
    join(slos, 'a.yaml'),
    `apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: edge }\n${source}\n`,
  )
  for (let service = 0; service < SERVICES; service++)
    writeFileSync(join(slos, `service-${service}.yaml`), definition(service))
  world = createTestWorld({ start: START })
  const policiesDir = resolve(import.meta.dirname, '../../slo-definitions/policies')
  const loaded = createDefinitionsDirectory(world, { dir: slos, policiesDir })
  await loaded.load()
  definitions = loaded.current()
  const retention = { traffic: 400, exemplars: 14 }
  ledger = await openLedger(world, { kind: 'embedded', path: join(directory, 'ledger'), retention })
  for (let day = 0; day < DAYS; day++) {
    const from = earlier(START, (DAYS - day) * DAY)
    await write(from, later(from, DAY), { revision: day + 1, shift: 0 })
  }
  loop = createLoop(world, {
    ledger,
    definitions: () => definitions,
    inputsOf: () => [],
    tell: () => undefined,
  })
  await loop.recall()
}, 120_000)

afterAll(async () => {
  await ledger[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

async function expectTruth(): Promise<void> {
  await loop.tick()
  const shown = loop.shown()
  expect(shown?.summaries.length).toBe(SERVICES)
  for (let service = 0; service < SERVICES; service += 7) {
    const evaluations = shown?.evaluations.get(
      `service-${service}\n${definitions.slos[0]?.slo.objectives[0]?.name}`,
    )
    expect(evaluations?.length).toBe(1 + CLOUDS.length)
    for (const { scope, windows } of evaluations ?? []) {
      const window = windows[0]
      expect(window?.bounds.to).toBeGreaterThan(world.clock.now() - 180)
      const from = window?.bounds.from ?? 0
      expect({ scope, from, ...window?.counts }).toEqual({
        scope,
        from: (window?.bounds.to ?? 0) - DAYS * DAY,
        ...between(service, scope['cloud_provider'], [from, window?.bounds.to ?? 0]),
      })
    }
  }
}

/** Sums of the truth over `[from, to)`. */
function between(service: number, cloud: string | undefined, [from, to]: readonly [number, number]) {
  const sum = { good: 0, bad: 0 }
  for (let minute = from; minute < to; minute += 60)
    for (const one of cloud === undefined ? CLOUDS : [cloud]) {
      const found = truth.get(`${service} ${one} ${minute}`)
      sum.good += found?.good ?? 0
      sum.bad += found?.bad ?? 0
    }
  return sum
}

test('from a cold start every window is the sum of its minutes', () => expectTruth(), 60_000)

test('minutes that are written while it runs are in the next tick', async () => {
  for (let i = 0; i < 4; i++) {
    const minute = minuteOf(world.clock.now())
    // The running minute is said twice, with more each time.
    for (const part of [1, 2])
      await write(minute, later(minute, 60), { revision: 100 + 2 * i + part, shift: part })
    await expectTruth()
    await world.advance(60_000)
  }
}, 60_000)

test('late data restates the past: hours before, and days before', async () => {
  for (const [i, back] of [3_600, 26 * 3_600, 5 * DAY].entries()) {
    const from = earlier(minuteOf(world.clock.now()), back)
    await write(from, later(from, 600), { revision: 1_000 + i, shift: 900 })
    await expectTruth()
  }
}, 60_000)

test('hours that were drawn and are restated are drawn anew', async () => {
  await loop.tick()
  const before = loop.shown()?.summaries.find(({ slo }) => slo === 'service-1')?.spark
  const from = earlier(minuteOf(world.clock.now()), 10 * 3_600)
  const labels = labelsOf(1, 'aws')
  const bad: TrafficRow = {
    source: 'edge',
    labels,
    minute: from,
    outcome: 'bad',
    reason: 'late',
    count: 5_000,
  }
  await ledger.write({ writer: 'late', revision: 1, traffic: [bad] })
  await loop.tick()
  const after = loop.shown()?.summaries.find(({ slo }) => slo === 'service-1')?.spark
  expect(before?.length).toBe(24)
  expect((after?.[13] ?? 0) + (after?.[12] ?? 0)).toBeGreaterThan(
    (before?.[13] ?? 0) + (before?.[12] ?? 0) + 0.1,
  )
}, 60_000)
