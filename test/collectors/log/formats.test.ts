import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDecoder } from '../../../src/collectors/log/decoder.ts'
import { createEnvoyTextDecoder } from '../../../src/collectors/log/envoy-format.ts'
import { logSourceOptions } from '../../../src/collectors/log/options.ts'
import type { Decoder } from '../../../src/collectors/log/record.ts'
import { instantOf } from '../../../src/collectors/log/time.ts'
import { judge } from '../../../src/traffic/index.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/logs')

function decoderOf(details: Record<string, unknown>): Decoder {
  const options = logSourceOptions({ files: ['x'], service: 'x', ...details })
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  const decode = createDecoder(options.value)
  return (line) => decode(line, 0, line.length) ?? 'not-the-format'
}

/** One line for each line of a fixture: what it was judged as, when it ended, how long it took, and for whom. */
function told(decode: Decoder, line: string): string {
  const record = decode(line)
  if (typeof record === 'string') return record
  const { outcome, reason } = judge(record)
  const at = new Date(record.endMs).toISOString().slice(11)
  const took = record.duration === undefined ? '-' : `${record.duration}us`
  return [
    outcome,
    reason,
    at,
    took,
    record.authority ?? record.upstreamCluster ?? '-',
    record.path ?? '-',
  ].join(' ')
}

/** Fixtures hold pairs: a line of the log, and on the next one `#>` and what it should be read as. */
function pairs(name: string): readonly (readonly [string, string])[] {
  const lines = readFileSync(join(fixtures, name), 'utf8').split('\n')
  return lines.flatMap((line, i) =>
    line.startsWith('#> ') ? [[lines[i - 1] ?? '', line.slice(3)] as const] : [],
  )
}

const FIXTURES: readonly (readonly [string, Record<string, unknown>])[] = [
  ['envoy-json.txt', { format: 'envoy-json' }],
  ['envoy-text.txt', { format: 'envoy-text' }],
  [
    'envoy-format.txt',
    {
      format: 'envoy-format',
      formatString:
        '%START_TIME(%s.%3f)%|%RESPONSE_CODE%|%RESPONSE_FLAGS_LONG%|%GRPC_STATUS(SNAKE_STRING)%|' +
        '%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%|%REQ(:AUTHORITY)%|%REQ(:PATH):80%|%ACCESS_LOG_TYPE%',
    },
  ],
  [
    'envoy-fields.txt',
    {
      format: 'envoy-format',
      fields: {
        ts: '%START_TIME%',
        'http.code': 'code',
        took: '%DURATION%',
        f: '%RESPONSE_FLAGS%',
        bytes: '%BYTES_SENT%',
        p: 'path',
      },
    },
  ],
  ['combined.txt', { format: 'combined', trailing: ['duration_s', '-', 'request_id'] }],
  ['common.txt', { format: 'common' }],
  ['vhost_combined.txt', { format: 'vhost_combined' }],
  ['nginx-json.txt', { format: 'nginx-json' }],
]

describe.each(FIXTURES)('%s', (name, details) => {
  const decode = decoderOf(details)
  test.each(pairs(name))('%s', (line, expected) => expect(told(decode, line)).toBe(expected))
})

describe('a line', () => {
  test('leaves nothing behind for the next one', () => {
    const decode = decoderOf({ format: 'envoy-json' })
    decode(
      '{"start_time":"2026-01-02T03:04:05Z","response_code":503,"response_flags":"UF","duration":9,"path":"/a"}',
    )
    expect(decode('{"start_time":"2026-01-02T03:04:05Z","response_code":200}')).toMatchObject({
      code: 200,
      flags: undefined,
      duration: undefined,
      path: undefined,
    })
  })

  test('may be anything at all: each format reads it or says why not', () => {
    const decoders = FIXTURES.map(([, details]) => decoderOf(details))
    const mangled = fc
      .tuple(
        fc.constantFrom(...FIXTURES.flatMap(([name]) => pairs(name).map(([line]) => line))),
        fc.nat(400),
        fc.string(),
      )
      .map(([line, at, text]) => line.slice(0, at) + text + line.slice(at + 1))
    fc.assert(
      fc.property(fc.oneof(fc.string(), mangled), (line) => {
        for (const decode of decoders) {
          const record = decode(line)
          if (typeof record !== 'string') expect(Number.isFinite(record.endMs)).toBe(true)
        }
      }),
    )
  })

  test('of a hostile client takes no longer than its length asks for', () => {
    const cost = (length: number): number => {
      const line = `1.2.3.4 - - [15/Apr/2026:20:17:00 +0000] "${'\\"[ "'.repeat(length)}`
      const tries = Array.from({ length: 3 }, () => {
        const began = process.cpuUsage()
        for (const [, details] of FIXTURES) decoderOf(details)(line)
        const { user, system } = process.cpuUsage(began)
        return user + system
      })
      return Math.max(1_000, Math.min(...tries))
    }
    // Ten times as long: ten times the work when it is in proportion, a hundred times when it is in the square.
    expect(cost(60_000) / cost(6_000)).toBeLessThan(40)
  })
})

describe('an Envoy format string', () => {
  test.each([
    ['%RESPONSE_CODE% %DURATION%', 'add %START_TIME%'],
    ['%START_TIME% %DURATION%', 'add %RESPONSE_CODE%'],
    ['%START_TIME%%RESPONSE_CODE%', 'between %START_TIME% and %RESPONSE_CODE%'],
    ['%START_TIME(%d.%m.%y)% %RESPONSE_CODE%', 'write %START_TIME% or'],
  ])('%s is refused: %s', (format, why) => {
    const decoder = createEnvoyTextDecoder(format)
    expect(decoder.kind === 'failed' ? decoder.error : '').toContain(why)
  })
})

describe('an instant', () => {
  test.each([
    ['2016-04-15T20:17:00.310Z', '2016-04-15T20:17:00.310Z'],
    ['2016-04-15T20:17:00Z', '2016-04-15T20:17:00.000Z'],
    ['2016-04-15T22:17:00.310456789+02:00', '2016-04-15T20:17:00.310Z'],
    ['2016-04-15 20:17:00,5+0000', '2016-04-15T20:17:00.500Z'],
    ['15/Apr/2016:16:17:00 -0400', '2016-04-15T20:17:00.000Z'],
    ['29/Feb/2024:23:59:60 +0000', '2024-02-29T23:59:59.000Z'],
    [1_460_751_420, '2016-04-15T20:17:00.000Z'],
    ['1460751420.310', '2016-04-15T20:17:00.310Z'],
    [1_460_751_420_310, '2016-04-15T20:17:00.310Z'],
    ['1460751420310123', '2016-04-15T20:17:00.310Z'],
    ['1460751420310123456', '2016-04-15T20:17:00.310Z'],
  ])('%s is %s', (written, iso) => expect(instantOf(written)).toBe(Date.parse(iso)))

  test.each([
    ['yesterday'],
    [''],
    ['2016-04-15'],
    ['2016-13-15T20:17:00Z'],
    ['2016-04-15T25:17:00Z'],
    [null],
    [true],
  ])('%s is none', (written) => expect(instantOf(written)).toBeUndefined())

  test('of RFC 3339 agrees with the platform', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-02'), max: new Date('2200-01-01'), noInvalidDate: true }),
        (date) => {
          expect(instantOf(date.toISOString())).toBe(date.getTime())
        },
      ),
    )
  })
})
