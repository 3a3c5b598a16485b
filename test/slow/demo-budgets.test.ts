import { resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Microseconds, unixSeconds } from '../../src/base/index.ts'
import { createEstate } from '../../src/cli/dev/estate/estate.ts'
import { generateHistory } from '../../src/cli/dev/estate/history.ts'
import { loadDefinitions, readTree } from '../../src/definitions/index.ts'
import { countBelow, type TrafficRow } from '../../src/traffic/index.ts'

// What a newcomer sees: thirty days folded straight from the rows, for every SLO of slo-definitions, and how fast
// the budget is being spent when the live traffic starts.

const DAY = 86_400
const WINDOWS = {
  '30d': 30 * DAY,
  '3d': 3 * DAY,
  '1d': DAY,
  '6h': 21_600,
  '2h': 7_200,
  '1h': 3_600,
  '30m': 1_800,
  '5m': 300,
}
const LONGEST_FIRST = Object.entries(WINDOWS) as [keyof typeof WINDOWS, number][]
const RULES = [
  { long: '1h', short: '5m', factor: 14.4 },
  { long: '6h', short: '30m', factor: 6 },
  { long: '1d', short: '2h', factor: 3 },
  { long: '3d', short: '6h', factor: 1 },
] as const

interface Fold {
  readonly name: string
  readonly allowed: number
  readonly slices: boolean
  readonly counts: (row: TrafficRow) => boolean
  readonly within: Microseconds | undefined
  /** Good and bad by window, of the SLO and of each of its splits. */
  readonly scopes: Map<string, Readonly<Record<keyof typeof WINDOWS, Tally>>>
  /** Good and bad of each stretch of five minutes. */
  readonly byFiveMinutes: Map<number, Tally>
}

interface Tally {
  good: number
  bad: number
}

const { files } = await readTree(resolve(import.meta.dirname, '../../slo-definitions'))

function foldsOfDefinitions(): Fold[] {
  const { slos, problems } = loadDefinitions(files)
  expect(problems).toEqual([])
  return slos.map(({ slo, queries }) => {
    const query = queries[0]?.numerator.query
    if (query?.kind !== 'requests') throw new Error(`${slo.name} does not count requests`)
    return {
      name: slo.name,
      allowed: (slo.objectives[0]?.allowed ?? 0) / 1e6,
      slices: slo.method === 'timeslices',
      counts: (row) => row.source === query.source && query.match.matches(row.labels),
      within: query.within,
      scopes: new Map(),
      byFiveMinutes: new Map(),
    }
  })
}

function add(fold: Fold, row: TrafficRow, now: number): void {
  const { latency = { bins: [], counts: [] } } = row
  const within = fold.within === undefined ? row.count : countBelow(latency, fold.within)
  const good = row.outcome === 'bad' ? 0 : within
  const bad = row.count - good
  const { cloud_provider: provider, cloud_region: region } = row.labels
  for (const scope of ['all', `${provider}/${region}`]) {
    const tallies = fold.scopes.get(scope) ?? emptyTallies()
    fold.scopes.set(scope, tallies)
    // The longest comes first, and what is too old for one is too old for the rest.
    for (const [name, length] of LONGEST_FIRST) {
      if (row.minute < now - length) break
      tallies[name].good += good
      tallies[name].bad += bad
    }
  }
  if (!fold.slices) return
  const slice = Math.floor(row.minute / 300)
  const tally = fold.byFiveMinutes.get(slice) ?? { good: 0, bad: 0 }
  tally.good += good
  tally.bad += bad
  fold.byFiveMinutes.set(slice, tally)
}

function emptyTallies(): Record<keyof typeof WINDOWS, Tally> {
  const empty = (): Tally => ({ good: 0, bad: 0 })
  return {
    '30d': empty(),
    '3d': empty(),
    '1d': empty(),
    '6h': empty(),
    '2h': empty(),
    '1h': empty(),
    '30m': empty(),
    '5m': empty(),
  }
}

/** Rows of a series share their labels, so each is matched once. */
function createLookUp(folds: readonly Fold[]): (row: TrafficRow) => readonly Fold[] {
  const known = new Map<unknown, readonly Fold[]>()
  return (row) => {
    if (row.outcome === 'ignored') return []
    const found = known.get(row.labels) ?? folds.filter((fold) => fold.counts(row))
    known.set(row.labels, found)
    return found
  }
}

/** The budget that is left as a share of it, at most 1. */
function left(fold: Fold): number {
  if (fold.slices) {
    const bad = [...fold.byFiveMinutes.values()].filter(({ good, bad }) => good / (good + bad) < 0.95).length
    return 1 - bad / fold.byFiveMinutes.size / fold.allowed
  }
  return 1 - rate(fold, 'all', '30d')
}

function rate(fold: Fold, scope: string, window: keyof typeof WINDOWS): number {
  const { good, bad } = fold.scopes.get(scope)?.[window] ?? { good: 0, bad: 0 }
  return good + bad === 0 ? 0 : bad / (good + bad) / fold.allowed
}

function burning(fold: Fold): string[] {
  // Slices and low traffic have rules of their own.
  if (fold.slices || fold.name.startsWith('notifications')) return []
  return [...fold.scopes.keys()].flatMap((scope) =>
    RULES.filter((r) => rate(fold, scope, r.long) >= r.factor && rate(fold, scope, r.short) >= r.factor).map(
      (r) => `${fold.name} ${scope} ${r.long}`,
    ),
  )
}

describe.each([
  ['a Monday night in Japan', 1_790_000_000],
  ['a Sunday in the small hours', 1_784_999_000],
  ['a Friday after dinner', 1_801_222_200],
])('thirty days before %s', (_when, start) => {
  const liveFrom = unixSeconds(start)
  const folds = foldsOfDefinitions()
  let rows = 0
  let cpuSeconds = 0

  beforeAll(() => {
    const range = { from: unixSeconds(liveFrom - 30 * DAY), to: liveFrom }
    const estate = createEstate({ seed: 1, liveFrom })
    const foldsOf = createLookUp(folds)
    let before = process.cpuUsage()
    for (const step of generateHistory(estate, { range })) {
      const used = process.cpuUsage(before)
      cpuSeconds += (used.user + used.system) / 1e6
      rows += step.traffic.length
      for (const row of step.traffic) for (const fold of foldsOf(row)) add(fold, row, liveFrom)
      before = process.cpuUsage()
    }
    const line = (fold: Fold): string =>
      `${fold.name.padEnd(30)} ${(left(fold) * 100).toFixed(1).padStart(7)} % left, burns ${rate(fold, 'all', '6h').toFixed(2)} (6h), ${rate(fold, 'all', '3d').toFixed(2)} (3d)`
    console.log([...folds.map(line), `${rows} rows in ${cpuSeconds.toFixed(1)} s`].join('\n'))
  })

  test('there are at least fourteen SLOs', () => {
    expect(folds.length).toBeGreaterThanOrEqual(14)
  })

  test('the rows are two to three million and take seconds', () => {
    expect(rows).toBeGreaterThan(1_800_000)
    expect(rows).toBeLessThan(3_200_000)
    expect(cpuSeconds).toBeLessThan(30)
  })

  test('one budget is exhausted, the others are not', () => {
    expect(folds.filter((fold) => left(fold) < 0).map((fold) => fold.name)).toEqual(['cart-availability'])
  })

  test('most budgets are comfortable', () => {
    expect(folds.filter((fold) => left(fold) > 0.3).length).toBeGreaterThanOrEqual(folds.length - 4)
  })

  test('nothing burns, and search is spending faster than it can afford', () => {
    expect(folds.flatMap(burning)).toEqual([])
    const fast = folds.filter((fold) => !fold.slices && rate(fold, 'all', '6h') > 1).map((fold) => fold.name)
    expect(fast.filter((name) => !name.startsWith('notifications'))).toEqual(['search-latency'])
  })
})
