import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Labels, labelsKey } from '../../src/base/index.ts'
import {
  type AccumulatorOptions,
  createAccumulator,
  createSeriesTable,
  type Drained,
  mergeHistograms,
  OVERFLOW,
  type TrafficRow,
  totalOf,
} from '../../src/traffic/index.ts'

const options: AccumulatorOptions = { source: 'edge', writer: 'run' }
const good = { minute: 60, outcome: 'good', reason: '2xx', duration: 300_000 } as const
const cellKey = (row: Pick<TrafficRow, 'labels' | 'minute' | 'outcome' | 'reason'>) =>
  `${labelsKey(row.labels)} ${row.minute} ${row.outcome} ${row.reason}`

/** What a ledger makes of the steps: the last row of each writer and cell, summed over writers. */
function totals(steps: readonly Drained[]): Map<string, { count: number; timed: number }> {
  const last = new Map<string, TrafficRow>()
  for (const { writer, traffic } of steps)
    for (const row of traffic) last.set(`${writer} ${cellKey(row)}`, row)
  const sums = new Map<string, { count: number; timed: number }>()
  for (const row of last.values()) {
    const sum = sums.get(cellKey(row)) ?? { count: 0, timed: 0 }
    const timed = row.latency ? totalOf(mergeHistograms(row.latency, { bins: [], counts: [] })) : 0
    sums.set(cellKey(row), { count: sum.count + row.count, timed: sum.timed + timed })
  }
  return sums
}

const event = fc.record({
  series: fc.nat(40),
  minute: fc.nat(5).map((i) => i * 60),
  judged: fc.constantFrom(
    { outcome: 'good', reason: '2xx' } as const,
    { outcome: 'good', reason: '3xx' } as const,
    { outcome: 'bad', reason: '5xx' } as const,
    { outcome: 'ignored', reason: '4xx' } as const,
  ),
  duration: fc.option(fc.nat(3_000_000), { nil: undefined }),
  weight: fc.integer({ min: 1, max: 9 }),
})

describe('an accumulator', () => {
  test('counts many at once as it counts one after the other, beyond the bound on series and after a drain too', () => {
    fc.assert(
      fc.property(fc.array(fc.array(event, { maxLength: 200 }), { maxLength: 4 }), (rounds) => {
        const single = createAccumulator({ ...options, maxSeries: 30, maxCells: 100 })
        const several = createAccumulator({ ...options, maxSeries: 30, maxCells: 100 })
        for (const events of rounds) {
          const handles = events.map(({ series }) => several.series({ service_name: `s${series}` }))
          for (const { series, minute, judged, duration, weight } of events)
            single.add({ service_name: `s${series}` }, { minute, ...judged, duration }, weight)
          const weight = several.addAll({
            size: events.length,
            series: handles,
            minutes: Uint32Array.from(events, ({ minute }) => minute),
            judgements: events.map(({ judged }) => judged),
            durations: Float64Array.from(events, ({ duration }) => duration ?? -1),
            weights: Float64Array.from(events, (each) => each.weight),
          })
          expect(weight).toBe(events.reduce((sum, each) => sum + each.weight, 0))
          expect(several.overflowed()).toBe(single.overflowed())
          expect(several.drain()).toEqual(single.drain())
        }
      }),
    )
  })

  test('gives whole counts of the cells that changed, with a rising revision', () => {
    const accumulator = createAccumulator(options)
    accumulator.add({ service_name: 'cart' }, good)
    expect(accumulator.drain()).toEqual({
      writer: 'run',
      revision: 1,
      traffic: [
        {
          source: 'edge',
          labels: { service_name: 'cart' },
          minute: 60,
          outcome: 'good',
          reason: '2xx',
          count: 1,
          latency: { bins: [471], counts: [1] },
        },
      ],
    })
    expect(accumulator.drain()).toEqual({ writer: 'run', revision: 2, traffic: [] })
    accumulator.add({ service_name: 'cart' }, { ...good, duration: undefined }, 2)
    const again = accumulator.drain()
    expect(again.traffic.map((row) => [row.count, row.latency])).toEqual([[3, { bins: [471], counts: [1] }]])
    expect(accumulator.drain({ all: true }).traffic).toHaveLength(1)
  })

  test('takes minutes in any order', () => {
    const accumulator = createAccumulator(options)
    for (const minute of [600, 60, 600, 120, 60]) accumulator.add({}, { ...good, minute })
    const counts = accumulator.drain().traffic.map((row) => [row.minute, row.count])
    expect(counts).toEqual([
      [600, 2],
      [60, 2],
      [120, 1],
    ])
  })

  test('leaves out the latency of cells whose durations are unknown', () => {
    const accumulator = createAccumulator(options)
    accumulator.add({}, { ...good, duration: undefined })
    expect(accumulator.drain().traffic[0]).not.toHaveProperty('latency')
  })

  test('counts what comes after the bound in one series, and says how much', () => {
    const table = createSeriesTable({ maxSeries: 2, fixed: { cloud_provider: 'aws' } })
    const accumulator = createAccumulator({ ...options, table })
    for (const service_name of ['a', 'b', 'c', 'd', 'a']) accumulator.add({ service_name }, good)
    expect(accumulator.drain().traffic.map((row) => [row.labels, row.count])).toEqual([
      [{ service_name: 'a' }, 2],
      [{ service_name: 'b' }, 1],
      [{ cloud_provider: 'aws', [OVERFLOW]: 'true' }, 2],
    ])
    expect(accumulator.overflowed()).toBe(2)
  })

  test('knows a series by its labels, whatever their order', () => {
    const accumulator = createAccumulator(options)
    expect(accumulator.series({ a: '1', b: '2' })).toBe(accumulator.series({ b: '2', a: '1', c: '' }))
  })

  test('goes on under a new writer once it holds many cells', () => {
    const accumulator = createAccumulator({ ...options, maxCells: 2 })
    for (const minute of [60, 120, 180]) accumulator.add({}, { ...good, minute })
    const first = accumulator.drain()
    accumulator.add({}, good)
    const second = accumulator.drain()
    expect([first.writer, second.writer]).toEqual(['run', 'run/2'])
    expect(second.revision).toBeGreaterThan(first.revision)
    expect(second.traffic.map((row) => row.count)).toEqual([1])
    expect(accumulator.cells()).toBe(1)
  })

  test('however drains and rotations fall, the ledger holds what was added', () => {
    const addition = fc.record({
      kind: fc.constant('add' as const),
      series: fc.integer({ min: 0, max: 6 }),
      minute: fc.integer({ min: 0, max: 5 }).map((n) => n * 60),
      outcome: fc.constantFrom('good' as const, 'bad' as const, 'ignored' as const),
      reason: fc.constantFrom('2xx', 'http-503'),
      duration: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
      weight: fc.integer({ min: 1, max: 3 }),
    })
    const actions = fc.array(fc.oneof(addition, fc.record({ kind: fc.constant('drain' as const) })), {
      maxLength: 80,
    })
    fc.assert(
      fc.property(actions, fc.integer({ min: 1, max: 12 }), (script, maxCells) => {
        const accumulator = createAccumulator({ ...options, maxCells, maxSeries: 5 })
        const steps: Drained[] = []
        const expected = new Map<string, { count: number; timed: number }>()
        const seen = new Set<number>()
        for (const action of script) {
          if (action.kind === 'drain') {
            steps.push(accumulator.drain())
            continue
          }
          const named: Labels = { service_name: String(action.series) }
          if (seen.size < 5) seen.add(action.series)
          const labels = seen.has(action.series) ? named : { [OVERFLOW]: 'true' }
          accumulator.add(named, action, action.weight)
          const key = cellKey({ ...action, labels, minute: action.minute as TrafficRow['minute'] })
          const sum = expected.get(key) ?? { count: 0, timed: 0 }
          expected.set(key, {
            count: sum.count + action.weight,
            timed: sum.timed + (action.duration === undefined ? 0 : action.weight),
          })
        }
        steps.push(accumulator.drain())
        expect(totals(steps)).toEqual(expected)
        expect(totals(steps.flatMap((step) => [step, step]))).toEqual(expected)
        const revisions = steps.map(({ revision }) => revision)
        expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
      }),
    )
  })
})
