import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unixSeconds } from '../../../src/base/index.ts'
import { type Collector, createLogCollector, logSourceOptions } from '../../../src/collectors/index.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'
import { TestLedger } from './ledger.ts'

const START = Date.UTC(2026, 2, 14, 10) / 1000
let directory = ''
let world: TestWorld
let sleeps = 0
let ledger: TestLedger
let running: { readonly collector: Collector; readonly stop: () => Promise<void> }

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nines-follow-'))
  const quiet = createTestWorld({ start: START })
  sleeps = 0
  const sleep: TestWorld['clock']['sleep'] = (ms, signal) => {
    sleeps++
    return quiet.clock.sleep(ms, signal)
  }
  world = { ...quiet, clock: { ...quiet.clock, sleep } }
  ledger = new TestLedger()
})
afterEach(async () => {
  await running.stop()
  rmSync(directory, { recursive: true })
})

const file = (name: string): string => join(directory, name)

let serial = 0
/** One line at the world's time, of a path nobody else has. */
function line(more: Record<string, unknown> = {}): string {
  const start_time = new Date(world.clock.nowMs()).toISOString()
  const id = `request-${serial++}`
  return `${JSON.stringify({ start_time, response_code: 200, response_flags: '-', duration: 5, path: '/', 'x-request-id': id, ...more })}\n`
}

function follow(details: Record<string, unknown> = {}): Collector {
  const options = logSourceOptions({
    files: [`${directory}/app.log*`],
    format: 'envoy-json',
    service: 'app',
    ...details,
  })
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  const collector = createLogCollector(world, { name: 'edge', options: options.value })
  const end = new AbortController()
  const run = collector.run(ledger, end.signal)
  running = {
    collector,
    stop: async () => {
      end.abort()
      await run
    },
  }
  return collector
}

/** Moves time by seconds. The disk is real, so each look is waited for: it ends when the collector sleeps again. */
async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    const before = sleeps
    await world.advance(1_000)
    for (let tries = 0; sleeps === before && tries < 60; tries++)
      await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Long after the last minute; what the clock on the wall says is all that coverage goes by. */
async function passMinute(): Promise<void> {
  await pass(2)
  world.setWall(unixSeconds(START + 75))
  await pass(2)
}
const counted = (): number => Object.values(ledger.totals(() => 'all'))[0] ?? 0

describe('following', () => {
  test('counts lines as they are written, and waits for the end of a line', async () => {
    writeFileSync(file('app.log'), line() + line())
    const collector = follow()
    await pass(2)
    expect(counted()).toBe(2)
    const text = line()
    appendFileSync(file('app.log'), text.slice(0, 20))
    await pass(3)
    expect(counted()).toBe(2)
    appendFileSync(file('app.log'), text.slice(20) + line())
    await pass(2)
    expect(counted()).toBe(4)
    expect(collector.status()).toMatchObject({ state: 'reading', events: 4, rejected: 0, problem: undefined })
  })

  test('waits for files that are not there yet, and says so', async () => {
    const collector = follow()
    await pass(2)
    expect(collector.status()).toMatchObject({
      state: 'waiting',
      problem: { text: expect.stringContaining('no file matches') },
    })
    writeFileSync(file('app.log'), line())
    await pass(2)
    expect(collector.status().state).toBe('reading')
    expect(counted()).toBe(1)
  })

  test('goes through a rotation by renaming, also out of sight', async () => {
    writeFileSync(file('app.log'), line())
    follow()
    await pass(2)
    appendFileSync(file('app.log'), line())
    renameSync(file('app.log'), file('old'))
    writeFileSync(file('app.log'), line())
    await pass(2)
    // The program goes on with the old file until it is told.
    appendFileSync(file('old'), line())
    await pass(10)
    expect(counted()).toBe(4)
    renameSync(file('app.log'), file('app.log.1'))
    writeFileSync(file('app.log'), line() + line())
    await pass(10)
    expect(counted()).toBe(6)
  })

  test('goes through a rotation by copying and truncating', async () => {
    writeFileSync(file('app.log'), line() + line())
    follow()
    await pass(2)
    appendFileSync(file('app.log'), line())
    copyFileSync(file('app.log'), file('app.log.1'))
    truncateSync(file('app.log'))
    await pass(2)
    appendFileSync(file('app.log'), line())
    await pass(10)
    expect(counted()).toBe(4)
  })

  test('sees that a file was truncated even when it has grown past where it was', async () => {
    writeFileSync(file('app.log'), line())
    follow()
    await pass(2)
    writeFileSync(file('app.log'), line() + line() + line())
    await pass(3)
    expect(counted()).toBe(4)
  })

  test('counts an old file that was packed only for what was not counted', async () => {
    const content = line() + line()
    writeFileSync(file('app.log'), content)
    follow()
    await pass(2)
    const rest = line()
    writeFileSync(file('app.log.1.gz'), gzipSync(content + rest))
    rmSync(file('app.log'))
    await pass(10)
    expect(counted()).toBe(3)
  })

  test('a packed file that is still being written is read when it is whole', async () => {
    const packed = gzipSync(Array.from({ length: 300 }, () => line()).join(''))
    writeFileSync(file('app.log.gz'), packed.subarray(0, 500))
    const collector = follow()
    await pass(3)
    expect(collector.status().targets).toMatchObject([
      { ok: false, detail: expect.stringContaining('cut off') },
    ])
    writeFileSync(file('app.log.gz'), packed)
    await pass(3)
    expect(counted()).toBe(300)
  })

  test('a restart counts nothing twice and loses nothing', async () => {
    writeFileSync(file('app.log'), line() + line())
    follow({ chunkBytes: 300 })
    await pass(2)
    for (let i = 0; i < 5; i++) {
      appendFileSync(file('app.log'), line() + line().slice(0, -1))
      await pass(2)
      await running.stop()
      appendFileSync(file('app.log'), `\n${line()}`)
      follow({ chunkBytes: 300 })
      await pass(2)
    }
    expect(counted()).toBe(17)
  })

  test('a ledger that is away is waited for', async () => {
    writeFileSync(file('app.log'), line() + line())
    ledger.failing = 3
    const collector = follow()
    await pass(3)
    expect(collector.status()).toMatchObject({
      state: 'failing',
      problem: { text: expect.stringContaining('the disk is full') },
    })
    await pass(12)
    expect(collector.status().state).toBe('reading')
    expect(counted()).toBe(2)
  })

  test('stops in the middle of waiting for the ledger, and a restart makes it good', async () => {
    writeFileSync(file('app.log'), line() + line())
    ledger.failing = 1_000
    follow()
    await pass(3)
    await running.stop()
    ledger.failing = 0
    follow()
    await pass(3)
    expect(counted()).toBe(2)
  })

  test('a program that ended in the middle of a line is not waited for', async () => {
    writeFileSync(file('app.log'), line() + line().trimEnd())
    follow()
    await pass(2)
    expect(counted()).toBe(1)
    renameSync(file('app.log'), file('gone'))
    await pass(10)
    expect(counted()).toBe(2)
  })
})

describe('what is known', () => {
  const spans = () => ledger.steps.flatMap((step) => step.coverage ?? [])

  test('is each whole minute, some seconds after its end', async () => {
    writeFileSync(file('app.log'), line())
    const collector = follow({ lag: '10s' })
    world.setWall(unixSeconds(START + 60))
    await pass(2)
    expect(spans()).toEqual([])
    await passMinute()
    expect(spans()).toEqual([{ source: 'edge', from: START, to: START + 60, state: 'known', reason: '' }])
    expect(collector.status().completeThrough).toBe(START + 60)
  })

  test('is not what could not be read', async () => {
    follow()
    await passMinute()
    expect(spans()).toMatchObject([
      { from: START, to: START + 60, state: 'missing', reason: expect.stringContaining('no file') },
    ])
  })

  test('is partial when many lines could not be read', async () => {
    writeFileSync(file('app.log'), `${line()}garbage\n`)
    follow()
    await passMinute()
    expect(spans().at(-1)).toMatchObject({ state: 'partial', reason: '1 of 2 lines could not be read' })
  })

  test('is what a file has of the time before', async () => {
    const old = (minutes: number) =>
      line({ start_time: new Date((START - minutes * 60) * 1000).toISOString() })
    writeFileSync(file('app.log'), old(30) + old(20) + old(3))
    follow()
    await pass(2)
    expect(spans()).toEqual([
      { source: 'edge', from: START - 30 * 60, to: START - 3 * 60, state: 'known', reason: '' },
    ])
  })
})

test('a file without rights is a problem with a remedy, and the others are read', async () => {
  writeFileSync(file('app.log'), line())
  writeFileSync(file('app.log.1'), line())
  chmodSync(directory, 0o755)
  chmodSync(file('app.log.1'), 0)
  utimesSync(file('app.log.1'), START, START)
  await withoutRoot(async () => {
    const collector = follow()
    await pass(2)
    expect(collector.status().problem?.text).toContain('give the user that runs Nines the right')
    expect(counted()).toBe(1)
  })
})

/** Root reads everything, so as root the work is done as a user without rights. */
async function withoutRoot(work: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}
