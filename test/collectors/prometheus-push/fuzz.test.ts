import snappy from 'snappyjs'
import { describe, expect, test } from 'vitest'
import { unpackSnappy } from '../../../src/collectors/prometheus-push/snappy.ts'
import { decodeWriteRequest, type Message } from '../../../src/collectors/prometheus-push/write-request.ts'
import type { Counting } from '../../../src/collectors/push/intake.ts'
import { createRandom } from '../../world.ts'
import { endFuzz, fuzzRuns } from '../fuzz-runs.ts'
import { encodeFirst, encodeSecond, ORACLES, type Series } from './messages.ts'
import { createDisk, createFolder, createMemoryIntake, NOW_MS } from './rig.ts'

// Bodies that were sent by nobody: cut, flipped, joined, blown up. Nothing may crash, hang or grow, and what our reader
// takes, protobufjs must read the same. NINES_FUZZ_RUNS says how many; the default is for every day.

const RUNS = fuzzRuns(400, 150_000)
const TIMEOUT_MS = 30_000 + 5 * RUNS
const LONGEST_MS = 100
const MOST_BYTES = 1_000_000

const seeds: readonly Series[] = [
  {
    labels: { __name__: 'http_requests_total', code: '200', instance: 'a:80', job: 'shop' },
    samples: [
      { timestamp: NOW_MS - 30_000, value: 10 },
      { timestamp: NOW_MS - 15_000, value: 25, startTimestamp: NOW_MS - 60_000 },
    ],
    exemplars: [{ labels: { trace_id: 'abc' }, value: 1, timestamp: NOW_MS }],
    metadata: { type: 1, help: 'help', unit: '' },
  },
  {
    labels: { __name__: 'http_request_duration_seconds_bucket', code: '500', job: 'shop', le: '0.3' },
    samples: [{ timestamp: NOW_MS, value: 1e9 }],
  },
  {
    labels: { __name__: 'http_request_duration_seconds', code: '200', region: '🌍' },
    histograms: [
      {
        countInt: 27,
        sum: 3.5,
        schema: 3,
        zeroThreshold: 1e-128,
        zeroCountInt: 4,
        positiveSpans: [
          { offset: -3, length: 3 },
          { offset: 2, length: 2 },
        ],
        positiveDeltas: [1, 2, 1, 3, 1],
        timestamp: NOW_MS,
      },
    ],
  },
]

const BODIES: readonly (readonly [Message, Uint8Array])[] = [
  ['prometheus.WriteRequest', encodeFirst(seeds)],
  ['io.prometheus.write.v2.Request', encodeSecond(seeds)],
]

/**
 * Milliseconds of processor time. What takes long is tried again: the collector of garbage comes at any place, a hang is
 * always at the same.
 */
function timeOf(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 5 && best >= LONGEST_MS; attempt++) {
    const began = process.cpuUsage()
    work()
    best = Math.min(best, process.cpuUsage(began).user / 1_000)
  }
  return best
}

type Random = () => number
const below = (random: Random, n: number): number => Math.floor(random() * n)

function mutated(random: Random, body: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes = Uint8Array.from(body)
  for (let i = 0, times = 1 + below(random, 3); i < times; i++) {
    const at = below(random, bytes.length + 1)
    switch (below(random, 6)) {
      case 0:
        bytes = bytes.slice(0, at)
        break
      case 1:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8))
        break
      case 2:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...other.subarray(below(random, other.length))])
        break
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(below(random, at + 1))])
        break
      case 4:
        if (at < bytes.length) bytes[at] = [0, 0x7f, 0x80, 0xff][below(random, 4)] ?? 0
        break
      default:
        bytes = Uint8Array.from([
          ...bytes.subarray(0, at),
          ...Array.from({ length: below(random, 12) }, () => below(random, 256)),
          ...bytes.subarray(at),
        ])
    }
  }
  return bytes
}

interface Plain {
  readonly timeseries?: readonly {
    readonly labels?: readonly { readonly name?: string; readonly value?: string }[]
    readonly labelsRefs?: readonly number[]
    readonly samples?: readonly { readonly value?: number; readonly timestamp?: number }[]
    readonly histograms?: readonly unknown[]
    readonly exemplars?: readonly unknown[]
  }[]
  readonly symbols?: readonly string[]
}

/** What the library reads, in the words of our reader: labels in order, samples with a time. Undefined: it does not. */
function oracle(message: Message, bytes: Uint8Array): readonly string[] | undefined {
  const second = message === 'io.prometheus.write.v2.Request'
  const type = ORACLES[message]
  let plain: Plain
  try {
    plain = type.toObject(type.decode(bytes), { longs: Number })
  } catch (error) {
    // One text that is no UTF-8 spoils the message for the library; for us, its series.
    if (error instanceof TypeError && error.message.includes('utf-8')) return undefined
    throw error
  }
  return (plain.timeseries ?? []).map(({ labels = [], labelsRefs = [], samples = [] }) => {
    const flat = second
      ? labelsRefs.map((reference) => plain.symbols?.[reference] ?? '')
      : labels.flatMap(({ name = '', value = '' }) => [name, value])
    const pairs: (readonly [string, string])[] = []
    for (let i = 0; i + 1 < flat.length; i += 2)
      if (flat[i + 1] !== '') pairs.push([flat[i] ?? '', flat[i + 1] ?? ''])
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    const kept = samples.filter(({ timestamp = 0 }) => Math.abs(timestamp) <= 8.64e15)
    return JSON.stringify([
      pairs.flat(),
      kept.map(({ value = 0, timestamp = 0 }) => [String(value), timestamp]),
    ])
  })
}

test(
  `${RUNS} mutated bodies are read as the library reads them, or refused`,
  () => {
    const random = createRandom(20_261_120)
    const disk = createDisk()
    const intake = createMemoryIntake(disk)
    const rules = { preset: 'go-http', histograms: [{ selector: '{__name__=~"http.*"}', status: 'code' }] }
    const folder = createFolder({ ...rules, maxCounters: 5_000 }, intake)
    const seen = { taken: 0, refused: 0, longestMs: 0 }
    for (let run = 0; run < RUNS; run++) {
      const [message, body] = BODIES[run % BODIES.length] ?? ['prometheus.WriteRequest', new Uint8Array()]
      const bytes = mutated(random, body, BODIES[below(random, BODIES.length)]?.[1] ?? body)
      const take = (): void => {
        const decoded = decodeWriteRequest(bytes, message)
        if (decoded.kind === 'failed') return
        const how = { nowMs: NOW_MS, whole: run % 2 === 0, absentAt: undefined }
        const count = (into: Counting): unknown => folder.fold(decoded.value, into, how)
        void intake.take({ identity: undefined, bytes: 1, count })
      }
      seen.longestMs = Math.max(seen.longestMs, timeOf(take))
      const decoded = decodeWriteRequest(bytes, message)
      if (decoded.kind === 'failed') {
        seen.refused++
        continue
      }
      seen.taken++
      const known = new Map<string, number>()
      const read = oracle(message, bytes)
      if (read === undefined) continue
      for (const each of read) known.set(each, (known.get(each) ?? 0) + 1)
      for (const { labels, samples } of decoded.value.series) {
        const own = JSON.stringify([labels, samples.map(({ value, atMs }) => [String(value), atMs])])
        if ((known.get(own) ?? 0) === 0) throw new Error(`${own} is none of ${[...known.keys()].join(' ')}`)
      }
    }
    for (const { count, latency } of disk.rows) {
      expect(count).toBeGreaterThanOrEqual(0)
      for (const each of latency?.counts ?? []) expect(each).toBeGreaterThanOrEqual(0)
    }
    expect(seen.taken).toBeGreaterThan(RUNS / 20)
    expect(seen.refused).toBeGreaterThan(RUNS / 20)
    expect(seen.longestMs).toBeLessThan(LONGEST_MS)
    const { taken, refused, longestMs } = seen
    endFuzz('remote-write messages', { bodies: RUNS, taken, refused, 'ms the longest': longestMs })
  },
  TIMEOUT_MS,
)

describe('a Snappy block', () => {
  test('is unpacked as the library unpacks it', () => {
    const random = createRandom(7)
    for (let run = 0; run < 200; run++) {
      const period = 1 + below(random, 300)
      const noise = random()
      const bytes = Uint8Array.from({ length: below(random, 5_000) }, (_, i) =>
        random() < noise / 10 ? below(random, 256) : (i % period) & 255,
      )
      const unpacked = unpackSnappy(snappy.compress(bytes), MOST_BYTES)
      if (unpacked.kind === 'failed') throw new Error(unpacked.error.kind)
      expect(Buffer.from(unpacked.value).equals(bytes)).toBe(true)
    }
  })

  test('that lies about its size is refused before anything is made', () => {
    const bomb = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x61])
    expect(unpackSnappy(bomb, MOST_BYTES)).toMatchObject({ error: { kind: 'too-large' } })
    expect(unpackSnappy(bomb, 2 ** 33)).toMatchObject({ error: { kind: 'malformed' } })
  })

  test('whose literal is as long as a number below zero does not go round in circles', () => {
    const circle = Uint8Array.from([
      0x40,
      0xfc,
      0xf0,
      0xff,
      0xff,
      0xff,
      ...Array.from({ length: 70 }, () => 0),
    ])
    expect(unpackSnappy(circle, MOST_BYTES)).toMatchObject({ error: { kind: 'malformed' } })
  })

  test(
    `that was mutated ${RUNS} times holds what its header says, or is refused`,
    () => {
      const random = createRandom(99)
      const blocks = [...BODIES.map(([, body]) => body), new Uint8Array(100_000)].map((body) =>
        snappy.compress(body),
      )
      let longestMs = 0
      for (let run = 0; run < RUNS; run++) {
        const block = blocks[run % blocks.length] ?? new Uint8Array()
        const bytes = mutated(random, block, blocks[below(random, blocks.length)] ?? block)
        longestMs = Math.max(
          longestMs,
          timeOf(() => unpackSnappy(bytes, MOST_BYTES)),
        )
        const unpacked = unpackSnappy(bytes, MOST_BYTES)
        if (unpacked.kind === 'failed') continue
        expect(unpacked.value.length).toBeLessThanOrEqual(bytes.length * 22)
      }
      expect(longestMs).toBeLessThan(LONGEST_MS)
      endFuzz('remote-write bodies in Snappy', { bodies: RUNS, 'ms the longest': longestMs })
    },
    TIMEOUT_MS,
  )
})
