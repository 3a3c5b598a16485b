import { expect, test } from 'vitest'
import { createTraceSignal } from '../../../src/collectors/otlp/traces.ts'
import { createRandom } from '../../world.ts'
import { endFuzz, fuzzRuns } from '../fuzz-runs.ts'
import { mutated, requestBody } from './fuzz-bodies.ts'
import { cellsOf, oracle } from './fuzz-oracle.ts'
import { createCounting } from './traces-counting.ts'
import { traceSettings } from './traces-spans.ts'

// The scanner beside protobufjs and the plainest reading of what spans mean: both take a request or neither does, and
// what they take they count alike. NINES_FUZZ_RUNS sets how many requests are tried, NINES_FUZZ_SEED where they begin.

const RUNS = fuzzRuns(500, 200_000)
const SEED = Number(process.env['NINES_FUZZ_SEED'] ?? 1)
/** Of one request of a few kilobytes, in milliseconds of this thread's work. */
const LONGEST_MS = 100

/** One signal reads all requests, as it would; its duplicates are told apart for each request alone. */
function read(body: Uint8Array): readonly string[] | 'refused' {
  const { into, counted } = createCounting(100_000)
  const reading = createTraceSignal(traceSettings()).read(body, 'protobuf')
  if (reading.kind === 'failed') return 'refused'
  const { items, rejected } = reading.value
  reading.value.count(into)
  return [`${items} items, ${rejected} rejected`, ...cellsOf(counted().rows)]
}

test('the scanner takes what protobufjs takes, and counts it alike', () => {
  let taken = 0
  let longest = 0
  let before = new Uint8Array(0)
  for (let run = 0; run < RUNS; run++) {
    const random = createRandom(SEED * 1_000_003 + run)
    const whole = requestBody(random)
    const body = run % 4 === 0 ? whole : mutated(random, whole, before)
    before = Uint8Array.from(whole)
    const expected = oracle(body)
    const began = process.cpuUsage()
    const found = read(body)
    const { user } = process.cpuUsage(began)
    longest = Math.max(longest, user / 1_000)
    if (found !== 'refused') taken++
    // Comparing first by hand: a million calls of expect take longer than all the rest.
    if (JSON.stringify(found) !== JSON.stringify(expected))
      expect(found, `run ${run}: ${Buffer.from(body).toString('hex')}`).toEqual(expected)
  }
  expect(taken).toBeGreaterThan(RUNS / 4)
  expect(taken).toBeLessThan(RUNS)
  expect(longest).toBeLessThan(LONGEST_MS)
  endFuzz('OTLP traces', { bodies: RUNS, taken, 'ms the longest': longest })
}, 86_400_000)
