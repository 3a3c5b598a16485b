import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { basisOf, isSameProcess, readServerInfo } from '../../../src/collectors/envoy-stats/process.ts'
import { subtract, type Totals } from '../../../src/collectors/envoy-stats/subtract.ts'
import { binOf, type Histogram, HistogramBuilder, totalOf } from '../../../src/traffic/index.ts'

const totals = (counters: Record<string, number>, histograms: Record<string, Histogram> = {}): Totals => ({
  counters: new Map(Object.entries(counters)),
  histograms: new Map(Object.entries(histograms)),
})

describe('differences', () => {
  test('of one process are what was added, and all of what began anew', () => {
    const before = totals({ same: 5, grew: 5, fell: 9, gone: 4 })
    const now = totals({ same: 5, grew: 7, fell: 2, fresh: 3 })
    expect(subtract(before, now, 'continue').counters).toEqual(
      new Map([
        ['grew', 2],
        ['fell', 2],
        ['fresh', 3],
      ]),
    )
  })

  test('of a process that was already running when it was first seen are none', () => {
    expect(subtract(undefined, totals({ a: 5 }), 'first-sight').counters.size).toBe(0)
  })

  test('of a process that started since are everything it has counted', () => {
    const now = totals({ a: 5 }, { h: { bins: [1], counts: [2] } })
    expect(subtract(totals({ a: 3 }), now, 'restarted')).toEqual(now)
    expect(subtract(totals({ a: 3 }), now, 'hot-restarted')).toEqual(now)
  })

  test('of a histogram are taken bin by bin, or whole when a bin fell', () => {
    const before = totals({}, { h: { bins: [10, 30], counts: [2, 5] } })
    const check = (bins: number[], counts: number[]): unknown =>
      subtract(before, totals({}, { h: { bins, counts } }), 'continue').histograms.get('h')
    expect(check([10, 20, 30], [3, 1, 5])).toEqual({ bins: [10, 20], counts: [1, 1] })
    expect(check([10, 30], [2, 5])).toBeUndefined()
    expect(check([10, 30], [9, 1])).toEqual({ bins: [10, 30], counts: [9, 1] })
    expect(check([30], [6])).toEqual({ bins: [30], counts: [6] })
    expect(check([10], [9])).toEqual({ bins: [10], counts: [9] })
  })

  test('add up to what happened, whatever the resets, when each reset is followed by less than was there', () => {
    // The reference counts events; the statistics forget at resets. Only events between the last scrape and a reset,
    // and resets that are outgrown before the next scrape, could be missed; the first are left out, the second made
    // impossible by scraping right after a reset.
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('event' as const), series: fc.nat(3), ms: fc.nat(2_000) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('scrape' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const happened = [0, 0, 0, 0]
        const counted = [0, 0, 0, 0]
        let timed = 0
        let live = [0, 0, 0, 0]
        let histogram = new HistogramBuilder()
        let before = totals({})
        const scrape = (): void => {
          const now = totals(
            Object.fromEntries(live.map((value, i) => [`s${i}`, value]).filter(([, value]) => value !== 0)),
            { h: histogram.build() },
          )
          const added = subtract(before, now, 'continue')
          counted.forEach((_, i) => (counted[i]! += added.counters.get(`s${i}`) ?? 0))
          timed += totalOf(added.histograms.get('h') ?? { bins: [], counts: [] })
          before = now
        }
        for (const each of steps) {
          if (each.kind === 'event') {
            happened[each.series]!++
            live[each.series]!++
            histogram.add(binOf(each.ms * 1000))
          } else scrape()
          if (each.kind === 'reset') {
            live = [0, 0, 0, 0]
            histogram = new HistogramBuilder()
            scrape()
          }
        }
        scrape()
        expect(counted).toEqual(happened)
        expect(timed).toBe(happened.reduce((a, b) => a + b))
      }),
    )
  })
})

describe('which process answered', () => {
  const info = (uptime: string, epoch = 0): string =>
    JSON.stringify({ uptime_current_epoch: uptime, command_line_options: { restart_epoch: epoch } })

  test('is known from its uptime and hot restart epoch', () => {
    expect(readServerInfo(info('13s', 2), 100_000, 100_050)).toEqual({
      epoch: 2,
      earliest: 86_000,
      latest: 87_050,
    })
    expect(readServerInfo('no JSON', 0, 0)).toBeUndefined()
    expect(readServerInfo('{"uptime_current_epoch":"soon"}', 0, 0)).toBeUndefined()
  })

  test('is the same when the starts overlap and the epoch is the same', () => {
    const a = { epoch: 0, earliest: 1_000, latest: 2_000 }
    expect(isSameProcess(a, { epoch: 0, earliest: 3_500, latest: 4_500 })).toBe(true)
    expect(isSameProcess(a, { epoch: 1, earliest: 1_000, latest: 2_000 })).toBe(false)
    expect(isSameProcess(a, { epoch: 0, earliest: 9_000, latest: 9_500 })).toBe(false)
  })

  test('decides what the scrape is compared with', () => {
    const old = { epoch: 0, earliest: 1_000, latest: 2_000 }
    const before = { at: 60_000, process: old }
    const started = (at: number, epoch = 0) => ({ epoch, earliest: at - 1_000, latest: at })
    expect(basisOf(undefined, old, 50_000)).toBe('first-sight')
    expect(basisOf(undefined, started(58_000), 50_000)).toBe('restarted')
    expect(basisOf(undefined, undefined, 50_000)).toBe('first-sight')
    expect(basisOf(before, old, 50_000)).toBe('continue')
    expect(basisOf(before, undefined, 50_000)).toBe('continue')
    expect(basisOf(before, started(64_000), 50_000)).toBe('restarted')
    expect(basisOf(before, started(64_000, 1), 50_000)).toBe('hot-restarted')
    // A load balancer sent us to another Envoy, which ran before: its past is not ours.
    expect(basisOf(before, started(30_000), 50_000)).toBe('first-sight')
  })
})
