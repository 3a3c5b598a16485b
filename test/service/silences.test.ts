import { beforeEach, expect, test } from 'vitest'
import { covers, type FoldEntry, readMatchers, type SilenceMatcher } from '../../src/alerting/index.ts'
import { later, seconds, unixSeconds } from '../../src/base/index.ts'
import { createSilenceBook, type SilenceBook } from '../../src/service/silences.ts'
import { createTestWorld } from '../world.ts'

const START = unixSeconds(1_790_000_000)
const CHECKOUT = { name: 'service_name', op: '=', value: 'checkout' } as const

let written: FoldEntry[] = []
let broken = false

function createBook(): SilenceBook {
  const journal = {
    append: async (entries: readonly FoldEntry[]) => {
      if (broken) throw new Error('disk is full')
      written.push(...entries)
      return entries.map((entry, i) => ({ ...entry, seq: i + 1 }))
    },
  }
  return createSilenceBook(createTestWorld({ start: START }), { journal, exclusive: (work) => work() })
}

const asked = (matchers: readonly SilenceMatcher[], request?: string) => ({
  matchers,
  by: 'aya',
  reason: 'the database moves',
  until: later(START, seconds(3_600)),
  ...(request === undefined ? {} : { request }),
})

beforeEach(() => {
  written = []
  broken = false
})

test('a silence is in the journal before it is in force, and is there again after a restart', async () => {
  const book = createBook()
  broken = true
  await expect(book.create(asked([CHECKOUT]))).rejects.toThrow('disk is full')
  expect(book.all()).toEqual([])
  broken = false
  expect(await book.create(asked([CHECKOUT]))).toMatchObject({ kind: 'ok', value: { id: 'SIL-0001' } })
  const again = createBook()
  again.take(written)
  expect(again.all()).toEqual(book.all())
  expect(await again.end({ id: 'SIL-0001', by: 'ben' })).toMatchObject({ value: { until: START } })
  const third = createBook()
  third.take(written)
  expect(third.all()).toEqual(again.all())
})

test('what is asked twice under one name is made once', async () => {
  const book = createBook()
  const first = await book.create(asked([CHECKOUT], 'slack 1'))
  expect(await book.create(asked([CHECKOUT], 'slack 1'))).toEqual(first)
  expect(book.all()).toHaveLength(1)
})

test('a pattern that cannot be tried is refused with its place', async () => {
  const book = createBook()
  const made = await book.create(asked([CHECKOUT, { name: 'cloud_region', op: '=~', value: 'us-(' }]))
  expect(made).toMatchObject({
    kind: 'failed',
    error: expect.stringMatching(/^cloud_region=~"us-\(": missing/),
  })
  expect(written).toEqual([])
})

test.each<[SilenceMatcher['op'], string, string, boolean]>([
  ['=~', 'us-.*', 'us-east-1', true],
  ['=~', 'us-', 'us-east-1', false],
  ['=~', 'east', 'us-east-1', false],
  ['=~', 'aws|gcp', 'gcp', true],
  ['!~', 'aws|gcp', 'azure', true],
  ['!~', 'aws|gcp', 'aws', false],
  ['=~', '', '', true],
])('%s "%s" on "%s" is %s: patterns are anchored', (op, value, label, covered) => {
  const { regex } = createBook()
  expect(covers({ matchers: [{ name: 'place', op, value }] }, { place: label }, regex)).toBe(covered)
})

test('no pattern takes longer than its text', () => {
  const { regex } = createBook()
  const began = process.cpuUsage()
  expect(regex('(a|a)*(a|a)*(a|a)*b', 'a'.repeat(2_000))).toBe(false)
  expect(process.cpuUsage(began).user).toBeLessThan(1_000_000)
})

test.each([
  ['service_name=checkout', [CHECKOUT], ''],
  ['{service_name="checkout"}', [CHECKOUT], ''],
  ['service_name=checkout 2h why not', [CHECKOUT], '2h why not'],
  [
    'service_name="checkout",cloud_provider=~"aws|gcp" 2h',
    [CHECKOUT, { name: 'cloud_provider', op: '=~', value: 'aws|gcp' }],
    '2h',
  ],
  [String.raw`slo!="a \"b\" \\ c"`, [{ name: 'slo', op: '!=', value: String.raw`a "b" \ c` }], ''],
  ['slo!~“a b”', [{ name: 'slo', op: '!~', value: 'a b' }], ''],
  ['slo=""', [{ name: 'slo', op: '=', value: '' }], ''],
  ['checkout 2h', [], 'checkout 2h'],
  ['', [], ''],
  ['service_name=checkout slo=', [CHECKOUT], 'slo='],
])('matchers are read from %j', (text, matchers, rest) => {
  expect(readMatchers(text)).toEqual({ matchers, rest })
})
