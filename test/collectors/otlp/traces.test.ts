import { describe, expect, test } from 'vitest'
import type { TraceSettings } from '../../../src/collectors/otlp/traces.ts'
import type { Plain } from './fuzz-messages.ts'
import { createCounting, take, told } from './traces-counting.ts'
import { jsonRequest, SERVICE, type TestSpan, toJson, toProtobuf, traceSignal } from './traces-spans.ts'

interface Case {
  readonly options?: Partial<TraceSettings['options']>
  readonly labels?: Record<string, string>
  readonly resource?: Readonly<Record<string, Plain>>
}

/** What spans count as; the same whichever way they are encoded. */
function counts(
  spans: readonly TestSpan[],
  { options = {}, labels = {}, resource = SERVICE }: Case = {},
): string[] {
  const request = jsonRequest(spans, resource)
  const [fromProtobuf, fromJson] = (['protobuf', 'json'] as const).map((encoding) => {
    const { into, counted } = createCounting()
    const body = encoding === 'json' ? toJson(request) : toProtobuf(request)
    const answer = take(traceSignal(options, labels), body, { into, encoding })
    const { rows, rejected } = counted()
    return [
      ...told(rows),
      ...(rejected === 0 ? [] : [`rejected ${rejected}`]),
      ...(answer.endsWith('taken') ? [] : [answer]),
    ]
  })
  expect(fromJson).toEqual(fromProtobuf)
  return fromProtobuf ?? []
}

const http = (code: Plain, more: Record<string, Plain> = {}): TestSpan => ({
  attributes: { 'http.route': '/pay', 'http.response.status_code': code, ...more },
})

describe('which spans are requests', () => {
  test('a server span is one event in the minute of its end', () => {
    expect(counts([{ ...http(200), start: -0.5, end: 0.5 }])).toEqual([
      'op=/pay,service=cart 12:00 good 2xx 1',
    ])
    expect(counts([{ ...http(200), start: -2, end: -0.000_001 }])).toEqual([
      'op=/pay,service=cart 11:59 good 2xx 1',
    ])
  })

  test('spans of other kinds are not, unless consumers are asked for', () => {
    const kinds = [0, 1, 2, 3, 4, 5].map((kind) => ({ ...http(200), kind }))
    expect(counts(kinds)).toEqual(['op=/pay,service=cart 12:00 good 2xx 1'])
    expect(counts(kinds, { options: { consumers: true } })).toEqual(['op=/pay,service=cart 12:00 good 2xx 2'])
  })
})
