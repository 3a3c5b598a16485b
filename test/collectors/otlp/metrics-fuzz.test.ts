import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../../src/collectors/otlp/metrics-json.ts'
import type { RawMetric, RawPoint, RawRequest } from '../../../src/collectors/otlp/metrics-model.ts'
import { readProtobuf } from '../../../src/collectors/otlp/metrics-protobuf.ts'
import { endFuzz, fuzzRuns } from '../fuzz-runs.ts'
import { strictReader } from './fuzz-reader.ts'
import { openSignal, REQUEST } from './metrics-support.ts'

// The reader beside protobufjs, on requests that are whole, cut off, and damaged.

const RUNS = fuzzRuns(300, 100_000)
const LONGEST_MS = 100

type Plain = Readonly<Record<string, unknown>>

const value = fc.oneof(
  fc.string().map((stringValue) => ({ stringValue })),
  fc.boolean().map((boolValue) => ({ boolValue })),
  fc.integer().map((intValue) => ({ intValue })),
  fc.double({ noNaN: true }).map((doubleValue) => ({ doubleValue })),
  fc.array(fc.string(), { maxLength: 2 }).map((all) => ({
    arrayValue: { values: all.map((stringValue) => ({ stringValue })) },
  })),
  fc.constant({}),
)
const attributes = fc.array(
  fc.record({ key: fc.constantFrom('http.route', 'http.response.status_code', 'a', ''), value }),
  { maxLength: 4 },
)
const nano = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1_700_000_000, max: 1_800_000_000 }).map((s) => s * 1e9),
)
const amount = fc.oneof(fc.nat(5), fc.nat(2 ** 31 - 1), fc.constant(2 ** 53))
const double = fc.double({ noNaN: true })
const shared = { attributes, startTimeUnixNano: nano, timeUnixNano: nano, flags: fc.nat(3) }
const exemplars = fc.array(
  fc.record({
    asDouble: double,
    timeUnixNano: nano,
    traceId: fc.constantFrom('', 'AAAA', Buffer.alloc(16, 7).toString('base64')),
  }),
  { maxLength: 2 },
)
const buckets = fc.record({
  offset: fc.integer({ min: -100, max: 100 }),
  bucketCounts: fc.array(amount, { maxLength: 5 }),
})
const numberPoint = fc.oneof(
  fc.record({ ...shared, asInt: amount, exemplars }),
  fc.record({ ...shared, asDouble: double, exemplars }),
  fc.record(shared),
)
const histogramPoint = fc.record({
  ...shared,
  count: amount,
  sum: double,
  max: double,
  bucketCounts: fc.array(amount, { maxLength: 6 }),
  explicitBounds: fc.array(double, { maxLength: 6 }),
  exemplars,
})
const exponentialPoint = fc.record({
  ...shared,
  count: amount,
  scale: fc.integer({ min: -12, max: 22 }),
  zeroCount: amount,
  zeroThreshold: double,
  positive: buckets,
  negative: buckets,
  max: double,
  exemplars,
})
const points = <T>(point: fc.Arbitrary<T>) => fc.array(point, { maxLength: 3 })
const temporality = fc.integer({ min: 0, max: 2 })
const data = fc.oneof(
  points(numberPoint).map((dataPoints) => ({ gauge: { dataPoints } })),
  fc.record({
    sum: fc.record({
      dataPoints: points(numberPoint),
      aggregationTemporality: temporality,
      isMonotonic: fc.boolean(),
    }),
  }),
  fc.record({
    histogram: fc.record({ dataPoints: points(histogramPoint), aggregationTemporality: temporality }),
  }),
  fc.record({
    exponentialHistogram: fc.record({
      dataPoints: points(exponentialPoint),
      aggregationTemporality: temporality,
    }),
  }),
  points(fc.record({ ...shared, count: amount, sum: double })).map((dataPoints) => ({
    summary: { dataPoints },
  })),
  fc.constant({}),
)
const metric = fc
  .tuple(
    fc.record({
      name: fc.constantFrom('http.server.request.duration', 'other', ''),
      unit: fc.constantFrom('s', 'ms', ''),
      description: fc.string(),
    }),
    data,
  )
  .map(([head, rest]) => ({ ...head, ...rest }))
const request: fc.Arbitrary<Plain> = fc.record({
  resourceMetrics: fc.array(
    fc.record({
      resource: fc.record({ attributes }),
      scopeMetrics: fc.array(
        fc.record({
          scope: fc.record({ name: fc.string(), version: fc.string() }),
          metrics: fc.array(metric, { maxLength: 3 }),
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
})

const isWanted = (name: string): boolean => name === 'http.server.request.duration'
const encode = (plain: Plain): Uint8Array => REQUEST.encode(REQUEST.fromObject(plain)).finish()

function decode(bytes: Uint8Array): Plain | undefined {
  try {
    return REQUEST.toObject(REQUEST.decode(strictReader(bytes)), {
      longs: String,
      bytes: String,
      arrays: true,
      oneofs: true,
    })
  } catch {
    return undefined
  }
}

/** What both readers give, without what only one of them says. */
const told = (raw: RawRequest): unknown =>
  raw.resources.map((resource) => ({
    attributes: [...resource.attributes.values],
    scopes: resource.scopes.map(({ name, metrics }) => ({ name, metrics: metrics.map(metricTold) })),
  }))
const metricTold = ({ points: all, ...rest }: RawMetric): unknown => ({ ...rest, points: all.map(pointTold) })
const pointTold = (point: RawPoint): unknown => ({ ...point, attributes: [...point.attributes.values] })

/** Reads with protobufjs first and what it gives as JSON then, which the reader of JSON takes. */
function oracle(bytes: Uint8Array): { readonly raw: RawRequest | undefined; readonly ambiguous: boolean } {
  const plain = decode(bytes)
  if (plain === undefined) return { raw: undefined, ambiguous: false }
  const text = toText(plain)
  const read = readJson(new TextEncoder().encode(text), isWanted)
  return {
    raw: read.kind === 'ok' ? read.value : undefined,
    // protobufjs keeps all alternatives that it finds, and not the last.
    ambiguous: hasAlternatives(plain),
  }
}

/** JSON as OTLP has it: ids in hexadecimal, and what is no number as a text. */
function toText(plain: Plain): string {
  return JSON.stringify(plain, (key, each: unknown) => {
    if (key === 'traceId') return Buffer.from(String(each), 'base64').toString('hex')
    return typeof each === 'number' && !Number.isFinite(each) ? String(each) : each
  })
}

const ALTERNATIVES = [
  ['asInt', 'asDouble'],
  ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'],
  ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'],
]

function hasAlternatives(each: unknown): boolean {
  if (typeof each !== 'object' || each === null) return false
  const keys = Object.keys(each)
  const several = ALTERNATIVES.some((names) => names.filter((name) => keys.includes(name)).length > 1)
  return several || Object.values(each).some(hasAlternatives)
}

/** The longest that a body took, in milliseconds of this thread's work. */
let longest = 0

function compare(bytes: Uint8Array): 'both' | 'neither' | 'ambiguous' | 'ours' {
  const began = process.cpuUsage()
  const ours = readProtobuf(bytes, isWanted)
  longest = Math.max(longest, process.cpuUsage(began).user / 1_000)
  const { raw, ambiguous } = oracle(bytes)
  if (ambiguous) return 'ambiguous'
  if (ours.kind === 'failed') {
    expect(raw, ours.error).toBeUndefined()
    return 'neither'
  }
  // What we pass over may be damaged inside.
  if (raw === undefined) return 'ours'
  expect(told(ours.value)).toEqual(told(raw))
  expect(ours.value.points).toBe(raw.points)
  return 'both'
}

describe('protobuf', () => {
  test('whole requests are read as protobufjs reads them', () => {
    fc.assert(
      fc.property(request, (plain) => {
        expect(compare(encode(plain))).toBe('both')
      }),
    )
  })

  test('requests that were cut off or damaged are refused by both or read alike', () => {
    const seen = { both: 0, neither: 0, ours: 0, ambiguous: 0 }
    fc.assert(
      fc.property(
        request,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat()),
        (plain, flips, cut) => {
          const bytes = Uint8Array.from(encode(plain))
          if (bytes.length === 0) return
          for (const [at, byte] of flips) bytes[at % bytes.length] = byte
          seen[compare(cut === null ? bytes : bytes.subarray(0, cut % bytes.length))]++
        },
      ),
      { numRuns: RUNS },
    )
    expect(seen.both).toBeGreaterThan(2)
    expect(seen.neither).toBeGreaterThan(20)
    expect(longest).toBeLessThan(LONGEST_MS)
    endFuzz('OTLP metrics', { bodies: RUNS, ...seen, 'ms the longest': longest })
  }, 86_400_000)

  test('what stands in two pieces is put together, and the last of alternatives counts', () => {
    const of = (plain: Plain) => encode({ resourceMetrics: [{ resource: plain, scopeMetrics: [] }] })
    const one = of({ attributes: [{ key: 'a', value: { stringValue: 'x' } }] })
    const two = of({ attributes: [{ key: 'b', value: { stringValue: 'y' } }] })
    const scope = encode({
      resourceMetrics: [
        {
          scopeMetrics: [
            { metrics: [{ name: 'http.server.request.duration', gauge: {}, sum: { dataPoints: [{}] } }] },
          ],
        },
      ],
    })
    // The inside of resource_metrics, one after another.
    const inside = [one, two, scope].flatMap((each) => [...each.subarray(2)])
    const read = readProtobuf(Uint8Array.from([10, inside.length, ...inside]), isWanted)
    expect(read).toMatchObject({
      kind: 'ok',
      value: { resources: [{ scopes: [{ metrics: [{ kind: 'sum', points: [{}] }] }] }] },
    })
    if (read.kind === 'ok')
      expect([...(read.value.resources[0]?.attributes.values ?? [])]).toEqual([
        ['a', 'x'],
        ['b', 'y'],
      ])
  })
})

describe('JSON', () => {
  test('as its writer wrote it, reads as protobuf does', () => {
    fc.assert(
      fc.property(request, (plain) => {
        const protobuf = readProtobuf(encode(plain), isWanted)
        const json = readJson(new TextEncoder().encode(toText(plain)), isWanted)
        if (protobuf.kind === 'failed' || json.kind === 'failed') throw new Error('refused')
        expect(told(json.value)).toEqual(told(protobuf.value))
      }),
    )
  })

  test('any JSON is read or refused, and never throws', () => {
    const place = fc.constantFrom(
      'resourceMetrics',
      'scopeMetrics',
      'metrics',
      'histogram',
      'dataPoints',
      'attributes',
      'bucketCounts',
      'positive',
    )
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 8 },
        fc.constantFrom(null, 1, -1, 1e300, 'x', '1', true, [], {}),
        fc.array(tie('node'), { maxLength: 2 }),
        fc.dictionary(place, tie('node'), { maxKeys: 2 }),
        tie('node').map((inner) => ({ name: 'http.server.request.duration', histogram: inner, sum: inner })),
      ),
    })).node
    fc.assert(
      fc.property(tree, (node) => {
        const signal = openSignal(new Map())
        for (const body of [node, { resourceMetrics: [{ scopeMetrics: [{ metrics: node }] }] }])
          signal.read(new TextEncoder().encode(JSON.stringify(body)), 'json')
      }),
      { numRuns: 300 },
    )
  })

  test('what is built to fill the memory or the stack is refused', () => {
    const signal = openSignal(new Map())
    const read = (text: string) => signal.read(new TextEncoder().encode(text), 'json')
    expect(read('['.repeat(100_000))).toMatchObject({ error: expect.stringContaining('nested') })
    expect(read(`[${'{},'.repeat(100_000)}{}]`)).toMatchObject({ error: expect.stringContaining('objects') })
  })
})
