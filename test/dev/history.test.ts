import { expect, test } from 'vitest'
import { labelsKey, type Range, unixSeconds } from '../../src/base/index.ts'
import { createEstate } from '../../src/cli/dev/estate/estate.ts'
import { generateHistory, ROWS_A_STEP } from '../../src/cli/dev/estate/history.ts'
import { inputName, LOG_PLACES } from '../../src/cli/dev/estate/shop.ts'
import { type LedgerStep, type TrafficRow, totalOf } from '../../src/traffic/index.ts'

const HOUR = 3_600
const DAY = 86_400
const liveFrom = unixSeconds(1_790_000_000)
const estate = createEstate({ seed: 1, liveFrom })

function range(from: number, to: number): Range {
  return { from: unixSeconds(from), to: unixSeconds(to) }
}

function steps(over: Range, of = estate): LedgerStep[] {
  return [...generateHistory(of, { range: over })]
}

function rows(over: Range, of = estate): TrafficRow[] {
  return steps(over, of).flatMap((step) => step.traffic)
}

function keyed(all: readonly TrafficRow[]): Map<string, TrafficRow> {
  return new Map(
    all.map((row) => [[row.minute, labelsKey(row.labels), row.outcome, row.reason].join(' '), row]),
  )
}

test('a minute has the same traffic whatever range is asked for', () => {
  const start = liveFrom - 3 * DAY
  const wide = keyed(rows(range(start, start + 3 * HOUR)))
  const narrow = rows(range(start + HOUR + 7 * 60, start + 2 * HOUR + 11 * 60))
  expect(narrow.length).toBeGreaterThan(1_000)
  for (const [key, row] of keyed(narrow)) expect(wide.get(key)).toEqual(row)
})

test('two runs give the same, byte for byte; another seed does not', () => {
  const over = range(liveFrom - 2 * HOUR, liveFrom)
  expect(JSON.stringify(steps(over))).toBe(JSON.stringify(steps(over)))
  expect(rows(over, createEstate({ seed: 2, liveFrom }))).not.toEqual(rows(over))
})

test('every cell is written once, with whole counts that its latencies add up to', () => {
  const all = rows(range(liveFrom - HOUR, liveFrom))
  expect(keyed(all).size).toBe(all.length)
  for (const row of all) {
    expect(row.count).toBeGreaterThan(0)
    if (row.latency) expect(totalOf(row.latency)).toBe(row.count)
    else expect([row.source, row.reason]).toEqual(['rack-envoy', 'flag-UT'])
    expect(row.latency?.bins ?? []).toEqual([...new Set(row.latency?.bins ?? [])].sort((a, b) => a - b))
    expect(row.latency?.counts ?? []).not.toContain(0)
  }
})

test('a range that ends before the live start has whole minutes only', () => {
  const all = rows(range(liveFrom - 690, liveFrom - 75))
  const minutes = new Set(all.map((row) => row.minute))
  expect(Math.min(...minutes)).toBe(Math.ceil((liveFrom - 690) / 60) * 60)
  expect(Math.max(...minutes)).toBe(Math.floor((liveFrom - 75) / 60) * 60 - 60)
  expect([...minutes].every((minute) => minute % 60 === 0)).toBe(true)
})

test('the minute in which the live traffic starts is filled up to that start, and covered', () => {
  const running = Math.floor(liveFrom / 60) * 60
  const all = steps(range(liveFrom - 1_200, liveFrom + 600))
  const counted = (minute: number): number =>
    all.flatMap((step) => step.traffic).reduce((sum, row) => sum + (row.minute === minute ? row.count : 0), 0)
  expect(counted(running + 60)).toBe(0)
  // The live traffic starts 20 s into its minute.
  expect(counted(running) / counted(running - 60)).toBeGreaterThan(0.25)
  expect(counted(running) / counted(running - 60)).toBeLessThan(0.42)
  const ends = all.flatMap((step) => step.coverage ?? []).map((span) => span.to)
  expect(Math.max(...ends)).toBe(running + 60)
})

test('an empty range has no steps', () => {
  expect(steps(range(liveFrom + 60, liveFrom + HOUR))).toEqual([])
  expect(steps(range(liveFrom - 50, liveFrom - 55))).toEqual([])
})

test('steps are bounded, one writer a source, in order of time, and say how far they reach', () => {
  const over = range(liveFrom - DAY, liveFrom)
  const all = steps(over)
  for (const step of all) expect(step.traffic.length).toBeLessThanOrEqual(ROWS_A_STEP)
  for (const source of ['edge', 'rack-envoy']) {
    const own = all.filter((step) => step.writer === `history:${source}`)
    const spans = own.flatMap((step) => step.coverage ?? [])
    expect(new Set(spans.map((span) => span.source))).toEqual(
      new Set(source === 'edge' ? LOG_PLACES.map((place) => `edge/${inputName(place)}`) : [source]),
    )
    let through: number = Math.ceil(over.from / 60) * 60
    for (const step of own) {
      expect(step.revision).toBe(1)
      expect(step.traffic.every((row) => row.source === source && row.minute >= through)).toBe(true)
      expect(step.coverage?.[0]?.from).toBe(through)
      through = Number(step.checkpoints?.[0]?.value)
      expect(step.traffic.every((row) => row.minute < through)).toBe(true)
      expect(step.coverage?.at(-1)?.to).toBe(through)
    }
    expect(through).toBe(Math.ceil(liveFrom / 60) * 60)
  }
})

test('a source was blind once and half blind once, and says why; the others never were', () => {
  const blind = estate.blindnessIn(range(liveFrom - 30 * DAY, liveFrom))
  expect(blind.map((each) => [each.source, each.state, each.range.to - each.range.from])).toEqual([
    ['rack-envoy', 'missing', 1_200],
    ['rack-envoy', 'partial', 720],
  ])
  const gap = blind[0]?.range ?? range(0, 0)
  const around = steps(range(gap.from - 600, gap.to + 600))
  const own = around.filter((step) => step.writer === 'history:rack-envoy')
  expect(own.flatMap((step) => step.coverage ?? []).map((span) => [span.state, span.reason])).toEqual([
    ['known', ''],
    ['missing', 'the collector was down'],
    ['known', ''],
  ])
  const unseen = own
    .flatMap((step) => step.traffic)
    .filter((row) => row.minute >= gap.from && row.minute < gap.to)
  expect(unseen).toEqual([])
  const edge = around.filter((step) => step.writer === 'history:edge').flatMap((step) => step.coverage ?? [])
  expect(edge.every((span) => span.state === 'known')).toBe(true)
})

test('a provider that is down fails every service there, and only there', () => {
  const fault = estate
    .faultsIn(range(liveFrom - 30 * DAY, liveFrom))
    .find((each) => each.name.startsWith('azure'))
  if (!fault) throw new Error('azure is never down')
  const good = rows(fault.range).filter((row) => row.outcome === 'good')
  expect(good.filter((row) => row.labels['cloud_provider'] === 'azure')).toEqual([])
  expect(good.some((row) => row.labels['cloud_provider'] === 'aws')).toBe(true)
})

test('a quiet service has a handful of requests an hour', () => {
  const own = rows(range(liveFrom - 18 * HOUR, liveFrom)).filter(
    (row) => row.labels['service_name'] === 'notifications',
  )
  const anHour = own.reduce((sum, row) => sum + row.count, 0) / 18
  expect(anHour).toBeGreaterThan(3)
  expect(anHour).toBeLessThan(12)
})

test('thirty days are two to three million rows, and some failures can be looked at', () => {
  const day = steps(range(liveFrom - DAY, liveFrom))
  const count = day.reduce((sum, step) => sum + step.traffic.length, 0)
  expect(count * 30).toBeGreaterThan(1_800_000)
  expect(count * 30).toBeLessThan(3_200_000)
  const exemplars = day.flatMap((step) => step.exemplars ?? [])
  expect(exemplars.length).toBeGreaterThan(100)
  for (const each of exemplars) {
    expect(each.outcome).toBe('bad')
    expect(each.traceId).toMatch(/^[0-9a-f]{32}$/)
  }
})
