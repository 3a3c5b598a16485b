import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { unixSeconds } from '../../../src/base/index.ts'
import { type AwsEmulator, startAwsEmulator } from '../../../src/cli/dev/aws/index.ts'
import { type Collector, SOURCE_KINDS } from '../../../src/collectors/index.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'
import { albLine, draws, putObject } from '../athena/alb.ts'
import { countedByHand } from '../athena/by-hand.ts'
import { TestLedger } from '../log/ledger.ts'

process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIAIOSFODNN7EXAMPLE'
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'emulated'

const NOON = Date.UTC(2026, 10, 20, 12) / 1_000
const HOUR = { from: unixSeconds(NOON), to: unixSeconds(NOON + 3_600) }
let emulator: AwsEmulator | undefined
afterEach(() => emulator?.close())

interface Rig {
  readonly root: string
  readonly world: TestWorld
  readonly ledger: TestLedger
  readonly open: (more?: Readonly<Record<string, unknown>>) => Collector
}

async function rig(): Promise<Rig> {
  const root = mkdtempSync(join(tmpdir(), 'nines-s3-'))
  emulator = await startAwsEmulator({ root })
  const { url } = emulator
  const world = createTestWorld({ start: NOON + 7_200 })
  const details = {
    region: 'ap-northeast-1',
    bucket: 'logs',
    prefix: 'alb/{yyyy/MM/dd}/',
    format: 'alb',
    endpoint: url,
    service: { from: 'upstream_cluster' },
  }
  return {
    root,
    world,
    ledger: new TestLedger(),
    open: (more = {}) => {
      const opened = SOURCE_KINDS.get('S3Logs')?.open(world, {
        name: 'edge',
        input: '',
        labels: { cloud_provider: 'aws' },
        details: { ...details, ...more },
        base: '/',
        run: 'run',
        questions: () => [],
      })
      if (opened?.kind !== 'ok') throw new Error(JSON.stringify(opened))
      return opened.value
    },
  }
}

const read = (one: Rig, collector: Collector, again = false) =>
  collector.collect?.(HOUR, { sink: one.ledger, again }, AbortSignal.timeout(20_000))
const counted = ({ ledger }: Rig): unknown =>
  ledger.totals((row) => `${row.minute} ${row.labels['service_name']} ${row.outcome}`)

function lines(n: number, seed: number): string[] {
  const random = draws(seed)
  return Array.from({ length: n }, () => albLine((NOON + Math.floor(random() * 3_600)) * 1_000, random))
}

test('each object counts once, over restarts and however often it is listed', async () => {
  const one = await rig()
  const [a, b] = [lines(300, 1), lines(300, 2)]
  putObject(one.root, 'logs/alb/2026/11/20/a.log.gz', a)
  expect((await read(one, one.open()))?.failures).toEqual([])
  putObject(one.root, 'logs/alb/2026/11/20/a.log.gz', a)
  putObject(one.root, 'logs/alb/2026/11/20/b.log.gz', b)
  await read(one, one.open())
  const steps = one.ledger.steps.length
  await read(one, one.open())
  expect(counted(one)).toEqual(countedByHand([...a, ...b]))
  expect(one.ledger.steps.slice(steps).flatMap(({ traffic }) => traffic)).toEqual([])
})

test('an object that is written anew replaces what it was, even when it is shorter', async () => {
  const one = await rig()
  putObject(one.root, 'logs/alb/2026/11/20/a.log.gz', lines(600, 1))
  await read(one, one.open({ chunkBytes: 50_000 }))
  const shorter = lines(100, 3)
  putObject(one.root, 'logs/alb/2026/11/20/a.log.gz', shorter)
  await read(one, one.open({ chunkBytes: 50_000 }))
  expect(counted(one)).toEqual(countedByHand(shorter))
})

test('whatever write fails, the next look counts the object as if nothing had been', async () => {
  const one = await rig()
  const all = lines(600, 4)
  putObject(one.root, 'logs/alb/2026/11/20/a.log.gz', all)
  for (let good = 0; good < 8; good++) {
    let left = good
    const sink = {
      checkpoint: one.ledger.checkpoint,
      write: async (...step: Parameters<typeof one.ledger.write>): Promise<void> => {
        if (left-- <= 0) throw new Error('the disk is full')
        await one.ledger.write(...step)
      },
    }
    await one.open({ chunkBytes: 50_000 }).collect?.(HOUR, { sink, again: true }, AbortSignal.timeout(20_000))
  }
  await read(one, one.open({ chunkBytes: 50_000 }), true)
  expect(counted(one)).toEqual(countedByHand(all))
})

test('more than a page of objects is listed, and new ones are read live', async () => {
  const one = await rig()
  const few = Array.from({ length: 1_100 }, (_, i) => lines(1, i + 10))
  few.forEach((own, i) => putObject(one.root, `logs/alb/2026/11/20/${i}.log.gz`, own))
  const collector = one.open({ concurrency: 16 })
  const stopping = new AbortController()
  const running = collector.run(one.ledger, stopping.signal)
  await one.world.settled(() => 1)
  expect(counted(one)).toEqual(countedByHand(few.flat()))
  expect(collector.status()).toMatchObject({ state: 'reading', events: 1_100, completeThrough: NOON + 6_600 })
  const late = lines(5, 9_999)
  putObject(one.root, 'logs/alb/2026/11/20/late.log.gz', late)
  await one.world.advance(60_000, { loops: () => 1 })
  expect(counted(one)).toEqual(countedByHand([...few.flat(), ...late]))
  stopping.abort(new Error('stopped'))
  await running
})

test('a bucket without objects is waited for, and its minutes are not known', async () => {
  const one = await rig()
  putObject(one.root, 'logs/elsewhere/a.gz', ['x'])
  const collector = one.open()
  const stopping = new AbortController()
  const running = collector.run(one.ledger, stopping.signal)
  await one.world.settled(() => 1)
  expect(collector.status()).toMatchObject({
    state: 'waiting',
    problem: { text: expect.stringContaining('no objects below') },
  })
  expect(one.ledger.steps.flatMap((step) => step.coverage ?? []).map(({ state }) => state)).toEqual([
    'missing',
  ])
  stopping.abort(new Error('stopped'))
  await running
})
