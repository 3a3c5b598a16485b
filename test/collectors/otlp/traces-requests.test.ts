import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seconds, unixSeconds } from '../../../src/base/index.ts'
import { createTraceSignal } from '../../../src/collectors/otlp/traces.ts'
import { createCounting, NOON, take, told } from './traces-counting.ts'
import { http, jsonRequest, toJson, toProtobuf, traceSettings, traceSignal } from './traces-spans.ts'

describe('spans that come twice', () => {
  const ids = (from: number, to: number): Uint8Array =>
    toProtobuf(jsonRequest(Array.from({ length: to - from }, (_, i) => ({ ...http(200), id: from + i }))))

  test('count once, in one request or in several', () => {
    const signal = traceSignal()
    const { into, counted } = createCounting()
    const again = [
      { ...http(200), id: 1 },
      { ...http(200), id: 1 },
      { ...http(200), id: 1, trace: 8 },
    ]
    take(signal, toProtobuf(jsonRequest(again)), { into })
    take(signal, toProtobuf(jsonRequest(again)), { into })
    expect(told(counted().rows)).toEqual(['op=/pay,service=cart 12:00 good 2xx 2'])
    expect(signal.numbers().duplicates).toBe(4)
  })

  test('are known for at least as many spans as are asked for', () => {
    const signal = traceSignal({ duplicates: { most: 100, window: seconds(300) } })
    const { into, counted } = createCounting()
    for (let from = 1; from < 2_000; from += 50) {
      take(signal, ids(from, from + 50), { into })
      take(signal, ids(Math.max(1, from - 50), from + 50), { into })
    }
    expect(counted().rows.map(({ count }) => count)).toEqual([2_000])
  })

  test('are known for the window, and forgotten after twice as long', () => {
    let now = NOON
    const signal = createTraceSignal({ ...traceSettings(), now: () => now })
    const { into, counted } = createCounting()
    for (const later of [0, 299, 300, 600, 1_200]) {
      now = unixSeconds(NOON + later)
      take(signal, ids(1, 3), { into })
    }
    // At once, after ten minutes and after twenty.
    expect(counted().rows.map(({ count }) => count)).toEqual([6])
  })

  test('are told apart by trace and span, however alike their ids are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 40 })), { selector: String }),
        (pairs) => {
          const { into, counted } = createCounting()
          const spans = pairs.map(([trace, id]) => ({ ...http(200), trace, id }))
          take(traceSignal(), toProtobuf(jsonRequest([...spans, ...spans])), { into })
          expect(counted().rows.reduce((sum, { count }) => sum + count, 0)).toBe(pairs.length)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('a request that was read and not counted leaves no trace', () => {
    const signal = traceSignal()
    const { into, counted } = createCounting()
    const body = ids(1, 11)
    expect(signal.read(body, 'protobuf').kind).toBe('ok')
    take(signal, body, { into })
    expect(counted().rows.map(({ count }) => count)).toEqual([10])
  })
})

describe('examples', () => {
  test('are bad spans, a few of each kind, and slow ones, with their traces', () => {
    const { into, counted } = createCounting()
    const bad = Array.from({ length: 20 }, () => ({ ...http(500), trace: 0xabc }))
    const good = Array.from({ length: 100 }, (_, i) => ({ ...http(200), end: 0.01 * (i + 1) }))
    take(traceSignal(), toProtobuf(jsonRequest([...bad, ...good])), { into })
    const { exemplars } = counted()
    expect(exemplars.filter(({ outcome }) => outcome === 'bad')).toHaveLength(5)
    expect(exemplars.filter(({ outcome }) => outcome === 'good')).toHaveLength(15)
    expect(exemplars[0]).toEqual({
      source: 'spans',
      labels: { service_name: 'cart', operation: '/pay' },
      atMs: NOON * 1000 + 100,
      outcome: 'bad',
      reason: 'http-500',
      duration: 100_000,
      traceId: '00000000000000000000000000000abc',
    })
  })
})

describe('requests', () => {
  test('an empty request is taken', () => {
    const { into, counted } = createCounting()
    expect(take(traceSignal(), new Uint8Array(0), { into })).toBe('0 taken')
    expect(take(traceSignal(), Buffer.from('{}'), { into, encoding: 'json' })).toBe('0 taken')
    expect(counted().rows).toEqual([])
  })

  test.each([
    ['{', 'the body is no JSON'],
    ['[]', 'the body has no list resourceSpans'],
    ['{"resourceSpans":{}}', 'the body has no list resourceSpans'],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}', 'a span is no object'],
    ['['.repeat(1_000), 'the body is nested more than 100 deep'],
    [`[${'{},'.repeat(5_000)}{}]`, 'the body has more values than telemetry of its size can have'],
  ])('what is no request is refused: %.20s', (body, expected) => {
    const { into } = createCounting()
    expect(take(traceSignal(), Buffer.from(body), { into, encoding: 'json' })).toContain(expected)
  })

  test('numbers and texts, either case of ids, names of enumerations, null and unknown fields are JSON too', () => {
    const { into, counted } = createCounting()
    const span = {
      traceId: 'ABCDEF00000000000000000000000001',
      spanId: 'abcdef0000000001',
      kind: 'SPAN_KIND_SERVER',
      startTimeUnixNano: Number(NOON) * 1e9,
      endTimeUnixNano: String(BigInt(NOON) * 1_000_000_000n),
      attributes: [{ key: 'http.response.status_code', value: { intValue: '500' } }, { key: 'x' }],
      status: null,
      events: [{ name: 'unread' }],
      unknownField: { a: [1, 2, { b: null }] },
    }
    const again = { ...span, traceId: span.traceId.toLowerCase(), kind: 2 }
    const body = { resourceSpans: [{ resource: null, scopeSpans: [{ spans: [span, again] }] }], more: 1 }
    expect(take(traceSignal(), toJson(body), { into, encoding: 'json' })).toBe('2 taken')
    expect(told(counted().rows)).toEqual(['service=unknown_service 12:00 bad http-500 1'])
  })

  test('are counted once, and before the next one is read', () => {
    const signal = traceSignal()
    const { into } = createCounting()
    const first = signal.read(toProtobuf(jsonRequest([http(200)])), 'protobuf')
    signal.read(toProtobuf(jsonRequest([http(200)])), 'protobuf')
    expect(() => first.kind === 'ok' && first.value.count(into)).toThrow('before the next')
  })

  test('a resource behind its spans is theirs, and one that cannot be read is refused each time', () => {
    const signal = traceSignal()
    const { into } = createCounting()
    const broken = Uint8Array.from([10, 6, 10, 4, 10, 2, 10, 9])
    const answers = [1, 2].map(() => take(signal, broken, { into }))
    expect(answers[0]).toContain('a field is longer than what holds it')
    expect(answers[1]).toBe(answers[0])
  })

  test('names without end take no memory without end', () => {
    const { into, counted } = createCounting(50)
    const signal = traceSignal()
    const spans = Array.from({ length: 12_000 }, (_, i) => ({
      name: `job-${'abcdefghij'.at(i % 10)}${i.toString(36).replace(/\d/g, 'z')}`,
      start: 0,
    }))
    expect(take(signal, toProtobuf(jsonRequest(spans)), { into })).toBe('12000 taken')
    const { rows } = counted()
    expect(rows.length).toBeLessThanOrEqual(51)
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(12_000)
  })
})
