import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unixSeconds } from '../../../src/base/index.ts'
import {
  type IngestReport,
  ingestFiles,
  logSourceOptions,
  type RejectedLine,
} from '../../../src/collectors/index.ts'
import { runs } from '../../property-runs.ts'
import { createTestWorld } from '../../world.ts'
import { TestLedger } from './ledger.ts'

// What the internet writes into web logs. Every line of a file is counted, or rejected with its number, or blank.

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nines-wild-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

interface Told extends IngestReport {
  readonly all: readonly RejectedLine[]
  readonly ledger: TestLedger
}

async function ingest(bytes: Buffer, more: { oldest?: number; trailing?: string[] } = {}): Promise<Told> {
  const path = join(directory, 'access.log')
  writeFileSync(path, bytes)
  const options = logSourceOptions({
    files: [path],
    format: 'combined',
    service: 'web',
    ...(more.trailing === undefined ? {} : { trailing: more.trailing }),
  })
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  const ledger = new TestLedger()
  const all: RejectedLine[] = []
  const report = await ingestFiles(createTestWorld(), {
    name: 'web',
    options: options.value,
    sink: ledger,
    onRejected: (line) => all.push(line),
    ...(more.oldest === undefined ? {} : { oldest: unixSeconds(more.oldest) }),
  })
  return { ...report, all, ledger }
}

const AT = '[10/Oct/2026:20:55:36 +0000]'
const hello = Buffer.concat([
  Buffer.from(`203.0.113.9 - - ${AT} "`),
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0xfc, 0x03, 0x03, 0xff, 0xfe, 0x22, 0x80]),
  Buffer.from('" 400 157 "-" "-"'),
])

/** Lines and what becomes of each: an outcome with its reason, the reason why it is not counted, or nothing. */
const ODDITIES: readonly (readonly [string | Buffer, string])[] = [
  [`203.0.113.9 - - ${AT} "GET /a HTTP/1.1" 200 12 "-" "x"`, 'good 2xx'],
  [hello, 'good 4xx'],
  [`203.0.113.9 - - ${AT} "\\x16\\x03\\x01\\x02" 400 157 "-" "-"`, 'good 4xx'],
  [`203.0.113.9 - - ${AT} "-" 408 0 "-" "-"`, 'good http-408'],
  [`203.0.113.9 - - ${AT} "" 400 0 "-" "-"`, 'good 4xx'],
  ['', ''],
  [`203.0.113.9 - - ${AT} "GET /b HTTP/1.1" 500`, 'bad http-500'],
  [`203.0.113.9 - - ${AT} "GET /b HTTP/1.1"`, 'not-the-format'],
  [`203.0.113.9 - - ${AT}`, 'not-the-format'],
  [`203.0.113.9 - - ${AT} "GET /q?a=\\"b c\\" HTTP/1.1" 502 1 "-" "say \\"hi\\""`, 'bad http-502'],
  [`203.0.113.9 - - ${AT} "GET /q?a="b" 1 HTTP/1.1" 502 1 "-" "x"`, 'bad http-502'],
  [`203.0.113.9 - - ${AT} "GET /windows\\" 503 1 "-" "x"`, 'bad http-503'],
  [`2001:db8::7 - - ${AT} "GET /six HTTP/2.0" 200 1 "-" "x"`, 'good 2xx'],
  [`[2001:db8::7]:443 - - ${AT} "GET /six HTTP/2.0" 200 1 "-" "x"`, 'good 2xx'],
  [`host.example.com:80 203.0.113.9 - - ${AT} "GET /v HTTP/1.1" 200 1 "-" "x"`, 'good 2xx'],
  [`203.0.113.9, 10.0.0.1 - - ${AT} "GET /xff HTTP/1.1" 200 1 "-" "x"`, 'good 2xx'],
  [`<13>Oct 10 20:55:36 web nginx[77]: 203.0.113.9 - - ${AT} "GET /s HTTP/1.1" 200 1`, 'good 2xx'],
  [`203.0.113.9 - - [10/Oct/2026:20:55:36.123 +0000] "GET /ms HTTP/1.1" 200 1 "-" "x"`, 'good 2xx'],
  [`203.0.113.9 - - [2026-10-10T20:55:36+00:00] "GET /iso HTTP/1.1" 200 1 "-" "x"`, 'good 2xx'],
  [`203.0.113.9 - - [10/Oct/2026:20:55:36] "GET /zoneless HTTP/1.1" 200 1 "-" "x"`, 'no-time'],
  [`203.0.113.9 - - [31/Oct/9999:20:55:36 +0000] "GET /later HTTP/1.1" 200 1 "-" "x"`, 'no-time'],
  [`203.0.113.9 - - [01/Jan/1970:00:00:00 +0200] "GET /before HTTP/1.1" 200 1 "-" "x"`, 'no-time'],
  [`203.0.113.9 - - ${AT} "GET /took HTTP/1.1" 200 1 "-" "x" 0.250`, 'good 2xx'],
  [`203.0.113.9 - - ${AT} "GET /forever HTTP/1.1" 504 1 "-" "x" 99999999999999999999`, 'bad http-504'],
  [`203.0.113.9 - - ${AT} "GET / HTTP/1.1" 200 1 "-" "kube-probe/1.29"`, 'ignored health-check'],
  [`203.0.113.9 - - ${AT} "GET / HTTP/1.1" - 1 "-" "x"`, 'no-status'],
  [`203.0.113.9 - - ${AT} "GET / HTTP/1.1" 2e2 1 "-" "x"`, 'not-the-format'],
  ['   ', 'not-the-format'],
  ['\u0000\u0000\u0000', 'not-the-format'],
  ['# rotated by logrotate', 'not-the-format'],
  [Buffer.from([0xc3, 0x28, 0xff, 0xfe]), 'not-the-format'],
  [`203.0.113.9 - - ${AT} "GET /${'a'.repeat(900_000)} HTTP/1.1" 200 1 "-" "x"`, 'good 2xx'],
  [`203.0.113.9 - - ${AT} "GET /${'a'.repeat(1_100_000)} HTTP/1.1" 200 1 "-" "x"`, 'line-too-long'],
  [`203.0.113.9 - - ${AT} "GET /${'a'.repeat(5_000_000)} HTTP/1.1" 200 1 "-" "x"`, 'line-too-long'],
  [`203.0.113.9 - - ${AT} "GET /\r" 200 1 "-" "x"\r`, 'good 2xx'],
  ['\r', ''],
  [`203.0.113.9 - - ${AT} "GET /cut HT`, 'not-the-format'],
]

function fileOf(lines: readonly (readonly [string | Buffer, string])[]): Buffer {
  const parts = lines.flatMap(([line], i) => [
    typeof line === 'string' ? Buffer.from(line) : line,
    Buffer.from(i === lines.length - 1 ? '' : '\n'),
  ])
  return Buffer.concat(parts)
}

test('every oddity is counted, or rejected with its number and reason', async () => {
  const told = await ingest(fileOf(ODDITIES), { trailing: ['duration_s'] })
  const expected = ODDITIES.map(([, what], i) => ({ line: i + 1, what }))
  const isCounted = ({ what }: { what: string }): boolean => /^(good|bad|ignored) /.test(what)
  expect(told.all.map(({ line, reason }) => ({ line, what: reason }))).toEqual(
    expected.filter((each) => each.what !== '' && !isCounted(each)),
  )
  const counted: Record<string, number> = {}
  for (const { what } of expected.filter(isCounted)) counted[what] = (counted[what] ?? 0) + 1
  expect(told.ledger.totals((row) => `${row.outcome} ${row.reason}`)).toEqual(
    Object.fromEntries(Object.entries(counted).sort(([a], [b]) => (a < b ? -1 : 1))),
  )
  expect(told.blank).toBe(expected.filter(({ what }) => what === '').length)
  expect(told.lines + told.blank).toBe(ODDITIES.length)
})

test('each odd line alone gives the same as among the others', async () => {
  for (const [line, what] of ODDITIES.filter(([each]) => each.length < 10_000)) {
    const told = await ingest(Buffer.concat([fileOf([[line, what]]), Buffer.from('\n')]))
    const found = told.all[0]?.reason ?? Object.keys(told.ledger.totals((r) => `${r.outcome} ${r.reason}`))[0]
    expect([line.toString(), found ?? '']).toEqual([line.toString(), what])
  }
})

test('what is older than the ledger keeps is rejected, line by line, and not told as counted', async () => {
  const old = '203.0.113.9 - - [17/May/2015:08:05:57 +0000] "GET / HTTP/1.1" 200 1 "-" "x"'
  const young = `203.0.113.9 - - ${AT} "GET / HTTP/1.1" 200 1 "-" "x"`
  const told = await ingest(Buffer.from(`${old}\n${young}\n${old}\n`), {
    oldest: Date.UTC(2026, 0, 1) / 1000,
  })
  expect(told.all.map(({ line, reason }) => `${line} ${reason}`)).toEqual(['1 too-old', '3 too-old'])
  expect(told.counted).toEqual({ good: 1, bad: 0, ignored: 0 })
  expect(told.ledger.totals((row) => String(row.minute))).toEqual({ '1791665700': 1 })
})

test('whatever the bytes are, each line is in one of three numbers', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...ODDITIES.filter(([line]) => line.length < 10_000).map(([line]) => Buffer.from(line))),
    fc.constantFrom('\n', '"', '\\', '[', '] ', ' "" 200 ', AT).map((text) => Buffer.from(text)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
      const bytes = Buffer.concat(pieces)
      const text = bytes.toString('latin1')
      const lines = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
      const told = await ingest(bytes)
      expect(told.lines + told.blank).toBe(lines)
      expect(told.all.length).toBe(Object.values(told.rejected).reduce((sum, n) => sum + n, 0))
    }),
    runs(0.5),
  )
})
