import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Range, unixSeconds } from '../../../src/base/index.ts'
import type { Samples } from '../../../src/collectors/prometheus/api.ts'
import { countIncreases } from '../../../src/collectors/prometheus/increase.ts'
import { Knowledge } from '../../../src/collectors/prometheus/knowledge.ts'
import { Tally } from '../../../src/collectors/pull/tally.ts'
import type { Series } from './messages.ts'
import { createRig, NOW_MS } from './rig.ts'

// What is written to us and what is asked of the sender must give the same counts, minute by minute.

const START = NOW_MS - 60 * 60_000
const RANGE: Range = { from: unixSeconds(START / 1000 - 60), to: unixSeconds(NOW_MS / 1000 + 60) }

/** Steps between scrapes, and what the counter shows: it rises, rests, falls to a restart, or is no number. */
const points = fc.array(
  fc.record({
    after: fc.oneof(fc.constant(15_000), fc.integer({ min: 1, max: 400_000 })),
    shown: fc.oneof(
      fc.integer({ min: 0, max: 500 }),
      fc.double({ min: 0, max: 9, noNaN: true }),
      fc.constant(Number.NaN),
    ),
    kind: fc.constantFrom('rise', 'rise', 'rise', 'show'),
  }),
  { maxLength: 40 },
)

function samplesOf(all: typeof points extends fc.Arbitrary<infer T> ? T : never, instance: string): Samples {
  const times: number[] = []
  const values: number[] = []
  let [at, value] = [START, 0]
  for (const { after, shown, kind } of all) {
    at += after
    if (at > NOW_MS) break
    if (kind === 'rise') value += Number.isNaN(shown) ? 0 : shown
    else if (!Number.isNaN(shown)) value = shown
    times.push(at)
    values.push(kind === 'show' ? shown : value)
  }
  return { labels: { __name__: 'n', instance }, times, values }
}

test('counters that are written count as those that are asked for, however requests cut them', () => {
  fc.assert(
    fc.property(points, points, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (a, b, cuts) => {
      const series = [samplesOf(a, 'a'), samplesOf(b, 'b')]
      const tally = new Tally(RANGE)
      countIncreases(
        series,
        { range: RANGE, lookbackMs: 3_600_000, labelsOf: () => ({}), beganAtZero: () => false },
        { tally, knowledge: new Knowledge(RANGE) },
      )
      const asked = Object.fromEntries(tally.rows().map(({ minute, value }) => [minute, value]))

      const { write, ask, disk } = createRig({})
      ask('n')
      for (const { labels, times, values } of series) {
        for (let at = 0, cut = 0; at < times.length; cut++) {
          const end = at + (cuts[cut % cuts.length] ?? 1)
          const samples = times
            .slice(at, end)
            .map((timestamp, i) => ({ timestamp, value: values[at + i] ?? 0 }))
          const one: Series = { labels: { __name__: 'n', ...labels }, samples }
          write([one])
          // A sender that did not hear our answer sends it again.
          if (cut % 3 === 0) write([one])
          at = end
        }
      }
      const written: Record<string, number> = {}
      for (const { minute, value } of disk.counts) written[minute] = (written[minute] ?? 0) + value
      expect(written).toEqual(asked)
    }),
    { numRuns: 150 },
  )
})
