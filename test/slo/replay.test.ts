import fc from 'fast-check'
import { expect, test } from 'vitest'
import { perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import { type Buckets, type BurnRule, judgeRule, replayRules } from '../../src/slo/index.ts'

const RULE: BurnRule = {
  name: 'page',
  severity: 'page',
  long: seconds(600),
  short: seconds(120),
  factor: { num: 10, den: 1 },
  after: seconds(0),
}
const objective = { allowed: perMillion(10_000) }
const slo = { policy: { name: 'p', source: '', rules: [RULE] }, minBadEvents: 0 }

const minutes = (bad: readonly number[]): Buckets => ({
  start: unixSeconds(0),
  width: 60,
  good: bad.map((n) => 100 - n),
  bad,
})
const firings = (bad: readonly number[], options: Partial<typeof slo> = {}) =>
  replayRules({ ...slo, ...options }, objective, [minutes(bad)], {
    from: unixSeconds(0),
    to: unixSeconds(bad.length * 60),
  })[0]?.firings

const calm = (n: number): number[] => Array.from({ length: n }, () => 0)

test('a rule that never fires has no firing', () => expect(firings(calm(60))).toEqual([]))

test('an outage is one firing, from the minute that both windows burned to the last that they did', () => {
  const found = firings([...calm(20), ...Array.from({ length: 10 }, () => 50), ...calm(40)])
  expect(found).toEqual([{ from: 22 * 60, to: 31 * 60, peak: 50 }])
})

test('what comes back within half an hour is the same firing, later it is another', () => {
  const burst = [50, 50, 50, 50]
  expect(firings([...calm(20), ...burst, ...calm(20), ...burst, ...calm(20)])).toHaveLength(1)
  expect(firings([...calm(20), ...burst, ...calm(50), ...burst, ...calm(20)])).toHaveLength(2)
})

test('fewer bad events than the least do not fire', () =>
  expect(
    firings([...calm(20), ...Array.from({ length: 5 }, () => 50), ...calm(20)], { minBadEvents: 1_000 }),
  ).toEqual([]))

test('buckets of another length than a minute are a fault of the caller', () =>
  expect(() =>
    replayRules(slo, objective, [{ ...minutes([1]), width: 300 }], {
      from: unixSeconds(0),
      to: unixSeconds(300),
    }),
  ).toThrow('by the minute'))

test('at every minute it says what the engine says of the same counts', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 60 }), (bad) => {
      const total = (from: number, to: number) => {
        const part = bad.slice(Math.max(0, from), Math.max(0, to))
        const sum = part.reduce((n, b) => n + b, 0)
        return { counts: { good: 100 * part.length - sum, bad: sum }, blind: false }
      }
      const found = firings(bad) ?? []
      const ends = bad.map((_, i) => i + 1)
      const burning = ends.filter(
        (end) =>
          judgeRule(
            RULE,
            { long: total(end - 10, end), short: total(end - 2, end) },
            {
              allowed: objective.allowed,
              minBadEvents: 0,
              scale: 1,
              end: unixSeconds(end * 60),
              confidence: undefined,
            },
          ).kind === 'burning',
      )
      expect(found.map(({ from }) => from)).toEqual(
        burning
          .filter((end, i) => i === 0 || (end - (burning[i - 1] ?? 0)) * 60 > 1_800)
          .map((end) => end * 60),
      )
    }),
  )
})
