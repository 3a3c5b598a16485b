import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { microseconds, seconds, unixSeconds } from '../../src/base/index.ts'
import { type Ledger, openLedger } from '../../src/store/index.ts'
import { binAtEdge, type IndicatorQuery, type LedgerStep, type TrafficRow } from '../../src/traffic/index.ts'
import { createTestWorld } from '../world.ts'
import { createModel } from './store-model.ts'
import { indicator, minute, only, readout, requests, row, span, step } from './store-words.ts'

const path = mkdtempSync(join(tmpdir(), 'nines-ledger-'))
let ledger: Ledger
beforeAll(async () => {
  const world = createTestWorld({ start: Math.floor(Date.now() / 1000) })
  ledger = await openLedger(world, { kind: 'embedded', path, retention: { traffic: 400, exemplars: 30 } })
})
afterAll(async () => {
  await ledger[Symbol.asyncDispose]()
  rmSync(path, { recursive: true, force: true })
})

const EDGES = [100_000, 300_000, 2_000_000, 10_000_000]
const bins = EDGES.flatMap((edge) => [(binAtEdge(edge) ?? 0) - 1, binAtEdge(edge) ?? 0])
const kinds = [
  ['good', '2xx'],
  ['good', 'http-429'],
  ['bad', '5xx'],
  ['ignored', 'client-left-early'],
  ['bad', 'client-left-late'],
  ['ignored', 'health-check'],
] as const
const labels = [{}, { cloud: 'aws' }, { cloud: 'aws', region: 'ohio' }, { cloud: 'gcp', region: 'tokyo' }]

const someRow = fc
  .record({
    labels: fc.constantFrom(...labels),
    minute: fc.integer({ min: 0, max: 130 }),
    kind: fc.constantFrom(...kinds),
    unknown: fc.nat(5),
    tallies: fc.uniqueArray(fc.tuple(fc.constantFrom(...bins), fc.integer({ min: 1, max: 9 })), {
      selector: ([bin]) => bin,
      maxLength: 5,
    }),
  })
  .map(({ labels, minute: at, kind: [outcome, reason], unknown, tallies }): TrafficRow => {
    const sorted = tallies.toSorted(([a], [b]) => a - b)
    const latency = { bins: sorted.map(([bin]) => bin), counts: sorted.map(([, n]) => n) }
    const count = unknown + latency.counts.reduce((a, b) => a + b, 0)
    return {
      source: '',
      labels,
      minute: minute(at),
      outcome,
      reason,
      count,
      ...(sorted.length ? { latency } : {}),
    }
  })

/** No two rows of a step are about the same cell. */
const someRows = fc.uniqueArray(someRow, {
  selector: (r) => JSON.stringify([r.labels, r.minute, r.outcome, r.reason]),
  maxLength: 12,
})

function questions(source: string): IndicatorQuery[] {
  const split = ['cloud', 'region']
  return [
    indicator(source, {}, split),
    indicator(source, { within: microseconds(300_000) }, split),
    ...EDGES.map((edge) => indicator(source, { within: microseconds(edge), match: only('cloud', 'gcp') })),
    indicator(source, { within: microseconds(2_000_000), match: only('region', 'ohio') }),
    indicator(source, { judge: { 'http-429': 'bad', '5xx': 'ignored', 'health-check': 'good' } }),
    indicator(source, { abort: microseconds(2_000_000) }, split),
    indicator(source, { abort: 'never', within: microseconds(10_000_000) }),
    indicator(source, {
      abort: microseconds(100_000),
      judge: { 'client-left-late': 'good' },
      match: only('cloud', 'aws'),
    }),
    {
      id: 'slow',
      numerator: {
        counts: 'bad',
        query: requests(source, {
          outcome: 'bad',
          abort: microseconds(100_000),
          within: microseconds(10_000_000),
        }),
      },
      total: requests(source, { abort: microseconds(100_000) }),
      splitBy: ['region'],
    },
  ]
}

let runs = 0

async function compare(
  steps: readonly LedgerStep[],
  model: ReturnType<typeof createModel>,
  source: string,
): Promise<void> {
  for (const given of steps) model.write(given)
  const range = span(0, 120)
  const asked = questions(source).map((query, i) => ({ ...query, id: String(i) }))
  for (const width of [60, 3600]) {
    const answers = await ledger.read(asked, { range, width: seconds(width) })
    for (const query of asked) {
      const own = answers.filter((answer) => answer.query === query.id)
      const read = own.map((s) => [
        JSON.stringify(s.scope),
        `${[...s.good].join(' ')} / ${[...s.bad].join(' ')}`,
      ])
      expect(Object.fromEntries(read)).toEqual(model.read(query, range, width))
    }
  }
}

const of = (source: string, rows: readonly TrafficRow[]): TrafficRow[] => rows.map((r) => ({ ...r, source }))

test('steps that come shuffled, twice and together leave what they leave in order', async () => {
  const history = fc.array(fc.record({ writer: fc.constantFrom('a', 'b'), rows: someRows }), {
    minLength: 1,
    maxLength: 6,
  })
  await fc.assert(
    fc.asyncProperty(history, fc.infiniteStream(fc.nat(1000)), async (given, random) => {
      const source = `model-${runs++}`
      const steps = given.map(({ writer, rows }, i) =>
        step({ writer, revision: i + 1, traffic: of(source, rows) }),
      )
      const again = steps.filter(() => (random.next().value ?? 0) % 3 === 0)
      const deliveries = [...steps, ...again]
        .map((delivery) => ({ delivery, at: random.next().value ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
      await Promise.all(
        deliveries.map(async ({ delivery, at }) => {
          if (at % 2) await new Promise((resolve) => setTimeout(resolve, at % 7))
          await ledger.write(delivery)
        }),
      )
      await compare(steps, createModel(), source)
    }),
    { numRuns: 30 },
  )
})

test('a stretch that is re-read again and again holds what the last reading said', async () => {
  const reading = fc.record({
    from: fc.integer({ min: 0, max: 100 }),
    length: fc.integer({ min: 1, max: 40 }),
    rows: someRows,
    writer: fc.constantFrom('a', 'b'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(reading, { minLength: 1, maxLength: 5 }), async (readings) => {
      const source = `reread-${runs++}`
      const steps = readings.map(({ from, length, rows, writer }, i) => {
        const replaces = span(from, from + length)
        const inside = rows.filter((r) => r.minute >= replaces.from && r.minute < replaces.to)
        return step({ writer: `${source}-${writer}`, revision: i + 1, traffic: of(source, inside), replaces })
      })
      for (const given of steps) await ledger.write(given)
      await compare(steps, createModel(), source)
    }),
    { numRuns: 15 },
  )
})

test('minutes added up are the hours, whatever range is asked', async () => {
  const source = 'aligned'
  const traffic = Array.from({ length: 200 }, (_, n) => row(source, { minute: minute(n), count: n }))
  await ledger.write(step({ traffic }))
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 3 }), async (from, hours) => {
      const range = {
        from: unixSeconds(minute(0) + from * 3600),
        to: unixSeconds(minute(0) + (from + hours) * 3600),
      }
      const sum = (text: string): number[] => text.split(' / ')[0]?.split(' ').map(Number) ?? []
      const minutes = sum((await readout(ledger, indicator(source), range))['{}'] ?? '')
      const byHour = sum((await readout(ledger, indicator(source), range, 3600))['{}'] ?? '')
      expect(byHour).toEqual(
        Array.from({ length: hours }, (_, h) =>
          minutes.slice(h * 60, h * 60 + 60).reduce((a, b) => a + b, 0),
        ),
      )
    }),
    { numRuns: 10 },
  )
})
