import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type TracesWritten, traceViewerOf } from '../../src/cli/traces.ts'
import { traceLink } from '../../src/service/trace-link.ts'

const ID = '5b8aa5a2d2c872e8321cf37308d69df2'
const atMs = 1_790_000_000_123

function link(written: TracesWritten, traceId: string | undefined = ID): string | undefined {
  const viewer = traceViewerOf(written)
  if (viewer.kind === 'failed') throw new Error(viewer.error)
  return traceLink(viewer.value, { traceId, atMs })
}

test.each<[string, TracesWritten, string]>([
  [
    'Jaeger',
    { viewer: 'jaeger', url: 'https://jaeger.example/ui/' },
    `https://jaeger.example/ui/trace/${ID}`,
  ],
  ['Datadog', { viewer: 'datadog' }, `https://app.datadoghq.com/apm/trace/${ID}`],
  [
    'Datadog elsewhere',
    { viewer: 'datadog', url: 'https://app.datadoghq.eu' },
    `https://app.datadoghq.eu/apm/trace/${ID}`,
  ],
  [
    'X-Ray',
    { viewer: 'x-ray', url: 'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1' },
    'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#xray:traces/1-5b8aa5a2-d2c872e8321cf37308d69df2',
  ],
  [
    'a viewer of one’s own',
    { viewer: 'custom', url: 'https://t.example/?id={traceId}&from={fromMs}' },
    `https://t.example/?id=${ID}&from=1789996400123`,
  ],
])('%s opens the trace', (_name, written, expected) => {
  expect(link(written)).toBe(expected)
})

test('Explore of Grafana opens the trace in the Tempo that was named, around its time', () => {
  const url = new URL(link({ viewer: 'tempo', url: 'https://grafana.example', datasource: 'my tempo' }) ?? '')
  const { trace } = JSON.parse(url.searchParams.get('panes') ?? '')
  expect(url.pathname).toBe('/explore')
  expect(trace.datasource).toBe('my tempo')
  expect(trace.queries[0].query).toBe(ID)
  expect(trace.range).toEqual({ from: '1789996400123', to: '1790003600123' })
})

test('a trace of 64 bits is a decimal number to Datadog', () => {
  expect(link({ viewer: 'datadog' }, '00000000000000008448eb211c80319c')).toBe(
    `https://app.datadoghq.com/apm/trace/${BigInt('0x8448eb211c80319c')}`,
  )
})

test('what a viewer cannot have is not linked', () => {
  expect(link({ viewer: 'x-ray', url: 'https://c.example/' }, 'abc')).toBeUndefined()
  expect(link({ viewer: 'jaeger', url: 'https://j.example' }, 'javascript:alert(1)')).toBeUndefined()
  expect(link({ viewer: 'custom', url: 'https://t.example/{traceId}' }, '')).toBeUndefined()
  expect(traceLink(undefined, { traceId: ID, atMs })).toBeUndefined()
})

test('whatever an id holds, it stays one part of the address', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (traceId) => {
      // Nothing, and dots alone, have no link: an address of dots would be another place.
      fc.pre(!/^\.{0,2}$/.test(traceId.trim()))
      const url = new URL(
        link({ viewer: 'custom', url: 'https://t.example/v/{traceId}/spans' }, traceId) ?? '',
      )
      expect(url.origin).toBe('https://t.example')
      expect([url.search, url.hash]).toEqual(['', ''])
    }),
  )
})

test.each<[string, TracesWritten, RegExp]>([
  ['no address', { viewer: 'jaeger' }, /url: https:\/\/jaeger\.example\.com/],
  ['an address without the place', { viewer: 'custom', url: 'https://t.example' }, /\{traceId\}/],
  [
    'a place that nobody fills in',
    { viewer: 'custom', url: 'https://t.example/{trace_id}' },
    /\{trace_id\} is no place.*\{traceId\}/,
  ],
  ['an address that would run', { viewer: 'custom', url: 'javascript:alert({traceId})' }, /no web address/],
  ['an id that would name the host', { viewer: 'custom', url: 'https://{traceId}/' }, /after the host/],
  ['a password in it', { viewer: 'jaeger', url: 'https://me:secret@jaeger.example' }, /no web address/],
  [
    'a data source for what has none',
    { viewer: 'jaeger', url: 'https://j.example', datasource: 'x' },
    /datasource/,
  ],
])('%s is refused with what to write', (_name, written, expected) => {
  const viewer = traceViewerOf(written)
  expect(viewer.kind === 'failed' && viewer.error).toMatch(expected)
})
