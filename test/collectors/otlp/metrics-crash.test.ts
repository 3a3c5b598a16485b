import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createMetricSignal } from '../../../src/collectors/otlp/metrics.ts'
import { otlpOptions } from '../../../src/collectors/otlp/options.ts'
import { FaultyLedger, type Rig, START, start } from '../push/rig.ts'
import { CUMULATIVE, type PlainRequest, requestOf, sumMetric, toProtobuf } from './metrics-support.ts'

// Running totals through the intake and the ledger: whatever becomes of a write and of the process, the counts in the
// ledger and the values that are remembered there are of the same moment.

interface Process {
  readonly rig: Rig
  /** As an exporter sends it; resolves with how it was answered. */
  readonly send: (request: PlainRequest) => Promise<string>
}

/** Each process has a time of its own, so one that is not stopped never does anything again. */
async function run(ledger: FaultyLedger): Promise<Process> {
  const rig = await start({ ledger })
  const options = otlpOptions({})
  if (options.kind === 'failed') throw new Error('the defaults are refused')
  const signal = createMetricSignal({
    source: 'apm',
    labels: {},
    options: options.value,
    now: () => rig.world.clock.now(),
    recall: rig.intake.recall,
  })
  return {
    rig,
    send: async (request) => {
      const body = toProtobuf(request)
      const reading = signal.read(body, 'protobuf')
      if (reading.kind === 'failed') throw new Error(reading.error)
      const identity = createHash('sha256').update(body).digest()
      const taken = rig.intake.take({ identity, bytes: body.length, count: reading.value.count })
      await rig.world.advance(2_500)
      return (await taken).kind
    },
  }
}

const total = (seconds: number, value: number): PlainRequest =>
  requestOf(
    sumMetric('http.server.request.duration', CUMULATIVE, [
      {
        start: START + 1,
        time: START + seconds,
        value,
        attributes: { 'http.response.status_code': 200 },
      },
    ]),
  )

test('a process that dies after its counts are on disk goes on from there', async () => {
  const ledger = new FaultyLedger()
  const first = await run(ledger)
  expect(await first.send(total(10, 100))).toBe('counted')
  // No stop: the next one finds what is on disk.
  const second = await run(ledger)
  expect(await second.send(total(20, 130))).toBe('counted')
  expect(ledger.counted).toBe(130)
})

test.each([
  ['lost', 0],
  ['done-but-failed', 100],
] as const)(
  'a write that was %s before the process died is neither lost nor counted twice',
  async (fate, onDisk) => {
    const ledger = new FaultyLedger()
    const first = await run(ledger)
    ledger.fates.push(fate, 'lost', 'lost')
    expect(await first.send(total(10, 100))).toBe('failed')
    expect(ledger.counted).toBe(onDisk)
    ledger.fates.length = 0
    const second = await run(ledger)
    // The exporter sends again what was not answered well, and then the next total.
    await second.send(total(10, 100))
    expect(ledger.counted).toBe(100)
    await second.send(total(20, 130))
    expect(ledger.counted).toBe(130)
  },
)

test('a write that is tried again by the same process counts once, and what came meanwhile too', async () => {
  const ledger = new FaultyLedger()
  const { send, rig } = await run(ledger)
  ledger.fates.push('done-but-failed', 'lost')
  const sent = [send(total(10, 100)), send(total(20, 130))]
  await rig.world.advance(10_000)
  await Promise.all(sent)
  expect(ledger.counted).toBe(130)
  expect(await send(total(30, 131))).toBe('counted')
  expect(ledger.counted).toBe(131)
  await rig.stop()
})
