import { expect, test } from 'vitest'
import type { Encoding } from '../../../src/collectors/otlp/signal.ts'
import { createRandom } from '../../world.ts'
import { endFuzz, fuzzRuns } from '../fuzz-runs.ts'
import { mutated } from './fuzz-bodies.ts'
import { anyValue, keyValues, LogRequest, type Plain } from './fuzz-messages.ts'
import { cellsOf } from './fuzz-oracle.ts'
import { strictReader } from './fuzz-reader.ts'
import { logSignal } from './logs-records.ts'
import { createCounting, take } from './traces-counting.ts'
import { nanoseconds } from './traces-spans.ts'

// Log records beside protobufjs: what it takes we take, and it counts as the same request does in OTLP's JSON. What it
// refuses we may take, since texts that are no UTF-8 and whatever is passed over are no reason to lose an event.

const RUNS = fuzzRuns(300, 100_000)
/** Of one request of a few kilobytes, in milliseconds of this thread's work. */
const LONGEST_MS = 100
const SEED = Number(process.env['NINES_FUZZ_SEED'] ?? 1)

const VALUES: readonly Plain[] = [
  '200',
  503,
  '-',
  '',
  'UF',
  '/pay?x=1',
  'shop:443',
  12,
  0.25,
  true,
  'DownstreamEnd',
]
const KEYS = [
  ['response_code', 'response_flags', 'duration', 'path', 'authority', 'grpc_status', 'start_time'],
  [
    'route_name',
    'access_log_type',
    'user_agent',
    'http.route',
    'http.response.status_code',
    'msec',
    'status',
  ],
].flat()

function requestBody(random: () => number): Uint8Array {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const attributes = (): Record<string, Plain> =>
    Object.fromEntries(
      Array.from({ length: Math.floor(random() * 6) }, () => [
        pick(KEYS),
        random() < 0.1 ? { inner: pick(VALUES), [pick(KEYS)]: [pick(VALUES)] } : pick(VALUES),
      ]),
    )
  const records = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
    timeUnixNano: String(random() < 0.9 ? nanoseconds(Math.floor(random() * 600) - 300) : 0),
    observedTimeUnixNano: String(nanoseconds(0)),
    attributes: keyValues(attributes()),
    body: anyValue(random() < 0.5 ? attributes() : pick([...VALUES, JSON.stringify(attributes())])),
  }))
  const resource = { attributes: keyValues({ 'service.name': 'edge', 'cloud.region': pick(['a', 'b']) }) }
  const request = { resourceLogs: [{ resource, scopeLogs: [{ logRecords: records }] }] }
  return LogRequest.encode(LogRequest.fromObject(request)).finish()
}

function counts(body: Uint8Array, encoding: Encoding): readonly string[] {
  const { into, counted } = createCounting()
  const answer = take(logSignal(), body, { into, encoding })
  return [answer, ...cellsOf(counted().rows)]
}

/** The request in JSON, from what protobufjs makes of it; undefined when it refuses. */
function asJson(body: Uint8Array): Uint8Array | undefined {
  try {
    const decoded = LogRequest.decode(strictReader(body))
    const plain: unknown = LogRequest.toObject(decoded, { longs: String, bytes: String })
    return Buffer.from(JSON.stringify(plain))
  } catch {
    return undefined
  }
}

test('what protobufjs takes of log records counts as it does in JSON, and nothing throws', () => {
  let compared = 0
  let longest = 0
  let before = new Uint8Array(0)
  for (let run = 0; run < RUNS; run++) {
    const random = createRandom(SEED * 7_000_003 + run)
    const whole = requestBody(random)
    const body = run % 3 === 0 ? whole : mutated(random, whole, before)
    before = Uint8Array.from(whole)
    const began = process.cpuUsage()
    const found = counts(body, 'protobuf')
    longest = Math.max(longest, process.cpuUsage(began).user / 1_000)
    const json = asJson(body)
    if (json === undefined) continue
    compared++
    const expected = counts(json, 'json')
    if (JSON.stringify(found) !== JSON.stringify(expected))
      expect(found, `run ${run}: ${Buffer.from(body).toString('hex')}`).toEqual(expected)
  }
  expect(compared).toBeGreaterThan(RUNS / 3)
  expect(longest).toBeLessThan(LONGEST_MS)
  endFuzz('OTLP logs', { bodies: RUNS, compared, 'ms the longest': longest })
}, 86_400_000)
