import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { unixSeconds } from '../../src/base/index.ts'
import { createEstate } from '../../src/cli/dev/estate/estate.ts'
import { generateHistory } from '../../src/cli/dev/estate/history.ts'
import { countBelow, parseThreshold, type TrafficRow } from '../../src/traffic/index.ts'

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
const RULES = [
  { long: '1h', short: '5m', factor: 14.4 },
  { long: '6h', short: '30m', factor: 6 },
  { long: '1d', short: '2h', factor: 3 },
  { long: '3d', short: '6h', factor: 1 },
] as const

const SliSpec = z.object({ match: z.string(), outcome: z.literal('good'), within: z.string().optional() })
const SloDocument = z.object({
  kind: z.literal('SLO'),
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()) }),
  spec: z.object({
    budgetingMethod: z.string(),
    objectives: z.array(z.object({ target: z.number(), timeSliceTarget: z.number().optional() })).length(1),
    indicator: z.object({
      spec: z.object({
        ratioMetric: z.object({
          good: z.object({ metricSource: z.object({ metricSourceRef: z.string(), spec: SliSpec }) }),
        }),
      }),
    }),
  }),
})

interface Fold {
  readonly name: string
  readonly allowed: number
  readonly slices: boolean
  readonly counts: (row: TrafficRow) => boolean
  readonly within: number | undefined
  /** Good and bad by window, of the SLO and of each of its splits. */
  readonly scopes: Map<string, Map<string, [number, number]>>
  /** Good and bad of each stretch of five minutes. */
  readonly byFiveMinutes: Map<number, [number, number]>
}

function foldsOfDefinitions(): Fold[] {
  const directory = resolve(import.meta.dirname, '../../slo-definitions')
  return readdirSync(directory)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(directory, file), 'utf8')).map((each) => each.toJS()),
    )
    .filter((document) => document.kind === 'SLO')
    .map((document) => foldOf(SloDocument.parse(document)))
}

function foldOf({ metadata, spec }: z.infer<typeof SloDocument>): Fold {
  const { metricSourceRef: source, spec: query } = spec.indicator.spec.ratioMetric.good.metricSource
  const wanted = [...query.match.matchAll(/(\w+)="([^"]*)"/g)]
  expect(query.match).toBe(`{${wanted.map((each) => each[0]).join(', ')}}`)
  const within = query.within === undefined ? undefined : parseThreshold(query.within)
  if (within?.kind === 'failed') throw new Error(`${metadata.name}: within`)
  return {
    name: metadata.name,
    allowed: 1 - (spec.objectives[0]?.target ?? 1),
    slices: spec.budgetingMethod === 'Timeslices',
    counts: (row) =>
      row.outcome !== 'ignored' &&
      row.source === source &&
      wanted.every(([, label = '', value]) => row.labels[label] === value),
    within: within?.value,
    scopes: new Map(),
    byFiveMinutes: new Map(),
  }
}

function add(fold: Fold, row: TrafficRow, now: number): void {
  const good =
    row.outcome === 'bad'
      ? 0
      : fold.within === undefined
        ? row.count
        : countBelow(row.latency ?? { bins: [], counts: [] }, fold.within as never)
  const bump = (map: Map<string | number, [number, number]>, key: string | number): void => {
    const counts = map.get(key) ?? [0, 0]
    counts[0] += good
    counts[1] += row.count - good
    map.set(key, counts)
  }
  const { cloud_provider: provider, cloud_region: region } = row.labels
  for (const scope of ['all', `${provider}/${region}`]) {
    const windows = fold.scopes.get(scope) ?? new Map()
    fold.scopes.set(scope, windows)
    for (const [name, length] of Object.entries(WINDOWS)) if (row.minute >= now - length) bump(windows, name)
  }
  if (fold.slices) bump(fold.byFiveMinutes as never, Math.floor(row.minute / 300))
}

/** The budget that is left as a share of it, at most 1. */
function left(fold: Fold): number {
  if (fold.slices) {
    const bad = [...fold.byFiveMinutes.values()].filter(([g, b]) => g / (g + b) < 0.95).length
    return 1 - bad / fold.byFiveMinutes.size / fold.allowed
  }
  return 1 - rate(fold, 'all', '30d')
}

function rate(fold: Fold, scope: string, window: keyof typeof WINDOWS): number {
  const [good, bad] = fold.scopes.get(scope)?.get(window) ?? [0, 0]
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
  ['a Tuesday night in Japan', 1_790_000_000],
  ['a Sunday in the small hours', 1_784_999_000],
  ['a Friday after dinner', 1_801_222_222],
])('thirty days before %s', (_when, start) => {
  const liveFrom = unixSeconds(start)
  const folds = foldsOfDefinitions()
  let rows = 0
  let cpuSeconds = 0

  beforeAll(() => {
    const range = { from: unixSeconds(liveFrom - 30 * DAY), to: liveFrom }
    const estate = createEstate({ seed: 1, liveFrom })
    const before = process.cpuUsage()
    for (const step of generateHistory(estate, { range })) rows += step.traffic.length
    const used = process.cpuUsage(before)
    cpuSeconds = (used.user + used.system) / 1e6
    for (const step of generateHistory(estate, { range })) {
      for (const row of step.traffic) {
        for (const fold of folds) if (fold.counts(row)) add(fold, row, liveFrom)
      }
    }
    const line = (fold: Fold): string =>
      `${fold.name.padEnd(30)} ${(left(fold) * 100).toFixed(1).padStart(7)} % left, burns ${rate(fold, 'all', '6h').toFixed(2)} (6h), ${rate(fold, 'all', '3d').toFixed(2)} (3d)`
    console.log([...folds.map(line), `${rows} rows in ${cpuSeconds.toFixed(1)} s`].join('\n'))
  })

  test('there are at least fourteen SLOs, each with an owner, a runbook and a policy', () => {
    expect(folds.length).toBeGreaterThanOrEqual(14)
  })

  test('the rows are two to three million and take seconds', () => {
    expect(rows).toBeGreaterThan(1_800_000)
    expect(rows).toBeLessThan(3_200_000)
    expect(cpuSeconds).toBeLessThan(12)
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
