import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR, unixSeconds } from '../../src/base/index.ts'
import { createTimelines, type KnownSpan } from '../../src/slo/index.ts'
import { feedAll, type Minute, MONDAY, pagesOnly, propertyRuns, rolling, slo } from './estate.ts'

const now = unixSeconds(MONDAY + 12 * HOUR)
const day = slo({ windows: [rolling(1)], sources: ['edge', 'apm'], policy: pagesOnly })

const span = (from: number, to: number, state: KnownSpan['state']): KnownSpan => ({
  from: unixSeconds(now + from * 60),
  to: unixSeconds(now + to * 60),
  state,
})

function coverageOf(spans: Readonly<Record<string, readonly KnownSpan[]>>, at = now) {
  const timelines = createTimelines([day], { now: at })
  for (const [source, told] of Object.entries(spans)) timelines.cover(source, told)
  feedAll(timelines, [day], { now: at, minutes: [] })
  return timelines.evaluate(at)[0]!.windows[0]!
}

describe('coverage', () => {
  test('is the worst of the sources', () => {
    const { coverage, data } = coverageOf({
      edge: [span(-2000, 0, 'known'), span(-100, -50, 'missing')],
      apm: [span(-2000, 0, 'known'), span(-60, -40, 'partial')],
    })
    expect(coverage).toEqual({
      minutes: 1440,
      known: 1380,
      partial: 10,
      missing: 50,
      failed: 50,
      ratio: 1380 / 1440,
      completeThrough: now - 6000,
      kind: 'partial',
    })
    expect(data).toBe('partial')
  })

  test('is full where all is known, through to the end', () => {
    const { coverage } = coverageOf({ edge: [span(-1440, 0, 'known')], apm: [span(-1440, 0, 'known')] })
    expect(coverage).toEqual({
      minutes: 1440,
      known: 1440,
      partial: 0,
      missing: 0,
      failed: 0,
      ratio: 1,
      completeThrough: now,
      kind: 'full',
    })
  })

  test('counts only what lies inside the window of spans that begin before it, or end after it', () => {
    const apm = [span(-2000, 9, 'known')]
    const before = [span(-1500, -1400, 'partial'), span(-1400, 0, 'known')]
    expect(coverageOf({ edge: before, apm }).coverage).toMatchObject({ known: 1400, partial: 40, missing: 0 })
    const failed = [span(-1500, -1400, 'missing'), span(-1400, 0, 'known')]
    expect(coverageOf({ edge: failed, apm }).coverage).toMatchObject({ known: 1400, missing: 40, failed: 40 })
    const late = [span(-2000, -40, 'known'), span(-40, 9, 'partial')]
    expect(coverageOf({ edge: late, apm }).coverage).toMatchObject({ known: 1400, partial: 40, missing: 0 })
    const failing = [span(-2000, -40, 'known'), span(-40, 9, 'missing')]
    expect(coverageOf({ edge: failing, apm }).coverage).toMatchObject({
      known: 1400,
      missing: 40,
      failed: 40,
    })
    const earlier = [span(-1700, -1600, 'partial'), span(-1600, -1500, 'missing'), span(-1500, 0, 'known')]
    expect(coverageOf({ edge: earlier, apm }).coverage).toMatchObject({ known: 1440, partial: 0, missing: 0 })
  })

  test('is partial where half is known and half in part', () => {
    const apm = [span(-2000, 0, 'known')]
    const half = [span(-2000, -720, 'known'), span(-720, 0, 'partial')]
    expect(coverageOf({ edge: half, apm }).coverage).toMatchObject({
      known: 720,
      partial: 720,
      ratio: 0.5,
      completeThrough: now - 720 * 60,
      kind: 'partial',
    })
  })

  test('is what was told last', () => {
    const apm = [span(-2000, 0, 'known')]
    const told = (...spans: readonly KnownSpan[]) => {
      const { coverage } = coverageOf({ edge: [span(-2000, 0, 'known'), ...spans], apm })
      return [coverage.known, coverage.partial, coverage.failed]
    }
    expect(told(span(-100, -50, 'missing'))).toEqual([1390, 0, 50])
    expect(told(span(-100, -50, 'missing'), span(-90, -80, 'known'))).toEqual([1400, 0, 40])
    expect(told(span(-100, -50, 'missing'), span(-120, -40, 'partial'))).toEqual([1360, 80, 0])
    expect(told(span(-100, -50, 'missing'), span(-50, -40, 'missing'), span(-60, -45, 'known'))).toEqual([
      1395, 0, 45,
    ])
    expect(told(span(-100, -50, 'missing'), span(-70, -70, 'partial'))).toEqual([1390, 0, 50])
  })

  test('of a window that only just began is of no time', () => {
    const midnight = {
      kind: 'calendar',
      name: 'day',
      unit: 'day',
      count: 1,
      start: '2026-01-01 00:00:00',
      zone: 'UTC',
    } as const
    const one = { ...day, windows: [midnight] }
    const timelines = createTimelines([one], { now: MONDAY })
    for (const source of day.sources)
      timelines.cover(source, [{ from: unixSeconds(MONDAY - 60), to: MONDAY, state: 'known' }])
    const [window] = timelines.evaluate(MONDAY)[0]!.windows
    expect(window!.range).toEqual({ from: MONDAY, to: MONDAY })
    expect(window!.coverage).toMatchObject({ minutes: 0, known: 0, missing: 0 })
    expect(window!.coverage.ratio).toBeUndefined()
    expect(window!.coverage.completeThrough).toBeUndefined()
  })

  test('of a source that was never reported is none', () => {
    const { coverage, data } = coverageOf({ edge: [span(-2000, 0, 'known')] })
    expect(coverage).toMatchObject({ known: 0, missing: 1440, ratio: 0, kind: 'none' })
    expect(coverage.completeThrough).toBeUndefined()
    expect(data).toBe('no-data')
  })

  test('waits two minutes for the last minutes to be reported, and not longer', () => {
    const known = { edge: [span(-2000, 0, 'known')], apm: [span(-2000, 0, 'known')] }
    const window = (minutes: number) => {
      const { range, coverage } = coverageOf(known, unixSeconds(now + minutes * 60))
      return [(range.to - now) / 60, coverage.missing]
    }
    expect([0, 1, 2, 3, 10].map(window)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [1, 1],
      [8, 8],
    ])
  })

  test('counts each minute once, whatever was told of it in what order', () => {
    const spans = fc.array(
      fc.tuple(fc.integer({ min: -1600, max: -1 }), fc.integer({ min: 1, max: 500 }), fc.nat(2)),
      { maxLength: 12 },
    )
    const states = ['known', 'partial', 'missing'] as const
    fc.assert(
      fc.property(spans, spans, (edge, apm) => {
        const told = (drawn: typeof edge) =>
          drawn.map(([from, length, s]) => span(from, Math.min(0, from + length), states[s]!))
        const ranks = (drawn: typeof edge): number[] => {
          const rank = Array.from({ length: 1600 }, () => 2)
          for (const [from, length, s] of drawn)
            for (let m = from; m < Math.min(0, from + length); m++) rank[m + 1600] = [0, 1, 3][s]!
          return rank
        }
        const { coverage, range } = coverageOf({ edge: told(edge), apm: told(apm) })
        const ofApm = ranks(apm)
        const worst = ranks(edge)
          .map((rank, i) => Math.max(rank, ofApm[i]!))
          .slice(1600 - (now - range.from) / 60, 1600 - (now - range.to) / 60)
        expect(coverage.minutes).toBe(1440)
        expect(coverage.known).toBe(worst.filter((rank) => rank === 0).length)
        expect(coverage.partial).toBe(worst.filter((rank) => rank === 1).length)
        expect(coverage.missing).toBe(worst.filter((rank) => rank >= 2).length)
      }),
      { numRuns: propertyRuns },
    )
  }, 600_000)
})

describe('burn windows', () => {
  const burning: Minute[] = Array.from({ length: 70 }, (_, i) => ({
    at: now / 60 - 80 + i,
    labels: {},
    good: 50,
    bad: 50,
  }))
  const verdictAt = (minutesLater: number, reportedUntil: number) => {
    const one = slo({ sources: ['edge'] })
    const at = unixSeconds(now + minutesLater * 60)
    const timelines = createTimelines([one], { now: at })
    timelines.cover('edge', [span(-50_000, reportedUntil, 'known')])
    feedAll(timelines, [one], { now: at, minutes: burning })
    const [verdict] = timelines.evaluate(at)[0]!.verdicts
    return [verdict!.kind, (verdict!.end - now) / 60]
  }

  test('follow a source that reports late, up to two hours', () => {
    // Events until ten minutes before now; nothing later is reported.
    expect(verdictAt(0, -10)).toEqual(['burning', -10])
    expect(verdictAt(100, -10)).toEqual(['burning', -10])
    expect(verdictAt(110, -10)).toEqual(['burning', -10])
    expect(verdictAt(111, -10)[0]).toBe('no-data')
    expect(verdictAt(120, -10)[0]).toBe('no-data')
  })

  test('see that it is over once that is reported', () => {
    expect(verdictAt(0, 0)).toEqual(['calm', 0])
  })
})
