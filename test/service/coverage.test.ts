import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { combineCoverage } from '../../src/service/coverage.ts'
import type { CoverageSpan } from '../../src/traffic/index.ts'
import { runs } from '../property-runs.ts'

const MINUTES = 12
const range = { from: unixSeconds(0), to: unixSeconds(MINUTES * 60) }
const states = ['known', 'partial', 'missing', undefined] as const

function spansOf(minutes: readonly (typeof states)[number][]): CoverageSpan[] {
  return minutes.flatMap((state, i) =>
    state === undefined
      ? []
      : [
          {
            source: 'x',
            from: unixSeconds(i * 60),
            to: unixSeconds((i + 1) * 60),
            state,
            reason: state === 'known' ? '' : state,
          },
        ],
  )
}

test('a minute of the whole is known only when every part knows it', () => {
  const part = fc.array(fc.constantFrom(...states), { minLength: MINUTES, maxLength: MINUTES })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      const combined = combineCoverage('edge', parts.map(spansOf), range)
      expect(combined[0]?.from).toBe(range.from)
      expect(combined.at(-1)?.to).toBe(range.to)
      for (let minute = 0; minute < MINUTES; minute++) {
        const at = parts.map((p) => p[minute])
        const expected = at.every((s) => s === 'known')
          ? 'known'
          : at.some((s) => s === 'known' || s === 'partial')
            ? 'partial'
            : 'missing'
        expect(combined.find((s) => s.from <= minute * 60 && minute * 60 < s.to)?.state).toBe(expected)
      }
    }),
    runs(2),
  )
})

test('stretches of one kind are one span, with the reasons of their parts', () => {
  const combined = combineCoverage(
    'edge',
    [spansOf(Array(MINUTES).fill('known')), spansOf(['known', 'missing', 'missing'])],
    range,
  )
  expect(combined.map(({ from, to, state, reason }) => [from / 60, to / 60, state, reason])).toEqual([
    [0, 1, 'known', ''],
    [1, 3, 'partial', 'missing'],
    [3, 12, 'partial', ''],
  ])
})
