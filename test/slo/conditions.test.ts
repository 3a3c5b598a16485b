import { expect, test } from 'vitest'
import { DAY, HOUR, perMillion, seconds, unixSeconds } from '../../src/base/index.ts'
import { type BudgetCondition, createTimelines } from '../../src/slo/index.ts'
import { feedAll, google30d, type Minute, MONDAY, slo } from './estate.ts'

const conditions: readonly BudgetCondition[] = [
  { name: 'half', severity: 'ticket', kind: 'spent', share: perMillion(500_000) },
  { name: 'gone', severity: 'ticket', kind: 'exhausted' },
  { name: 'soon', severity: 'page', kind: 'exhausts-within', within: seconds(4 * HOUR) },
  { name: 'blind', severity: 'ticket', kind: 'blind', share: perMillion(10_000) },
  { name: 'very-blind', severity: 'page', kind: 'blind', share: perMillion(50_000) },
]

const one = slo({ policy: { ...google30d, conditions }, sources: ['edge'] })
const now = unixSeconds(MONDAY + 12 * HOUR)
const quiet: Minute = { at: now / 60 - 20 * 1440, labels: {}, good: 1_000_000, bad: 0 }

function judge(minutes: readonly Minute[], knownUntil: number = now) {
  const timelines = createTimelines([one], { now })
  feedAll(timelines, [one], { now, minutes })
  timelines.cover('edge', [
    { from: unixSeconds(now - 40 * DAY), to: unixSeconds(knownUntil), state: 'known' },
  ])
  return Object.fromEntries(
    timelines.evaluate(now)[0]!.conditions!.map((v) => [v.condition.name, [v.kind, v.value]]),
  )
}

test('half of the budget spent is reached exactly, and one bad event less is not', () => {
  const at = now / 60 - 10 * 1440
  expect(judge([quiet, { at, labels: {}, good: 999_000, bad: 1_000 }])['half']).toEqual(['met', 0.5])
  expect(judge([quiet, { at, labels: {}, good: 999_001, bad: 999 }])['half']![0]).toBe('calm')
})

test('exhausted once exactly all is spent', () => {
  const at = now / 60 - 10 * 1440
  expect(judge([quiet, { at, labels: {}, good: 998_000, bad: 2_000 }])['gone']).toEqual(['met', 1])
  expect(judge([quiet, { at, labels: {}, good: 998_001, bad: 1_999 }])['gone']![0]).toBe('calm')
})

test('gone within four hours at the present pace', () => {
  const fast = { at: now / 60 - 60, labels: {}, good: 800, bad: 200 }
  expect(judge([quiet, fast])['soon']).toEqual(['met', 10_370])
  expect(judge([quiet, { ...fast, good: 980, bad: 20 }])['soon']![0]).toBe('calm')
})

test('blind as soon as a full outage would have burned 1 %, and again at 5 %', () => {
  const blindFor = (minutes: number) => {
    const verdicts = judge([quiet], now - minutes * 60)
    return [verdicts['blind']![0], verdicts['very-blind']![0]]
  }
  // 99.9 % over 30 days is 2,592 s: 1 % is 26 s and 5 % is 130 s; two minutes may be on their way.
  expect([0, 2, 3].map(blindFor)).toEqual([
    ['calm', 'calm'],
    ['calm', 'calm'],
    ['met', 'met'],
  ])
})

test('a condition that comes to be met is a change', () => {
  const timelines = createTimelines([one], { now })
  feedAll(timelines, [one], { now, minutes: [quiet] })
  timelines.cover('edge', [{ from: unixSeconds(now - 40 * DAY), to: now, state: 'known' }])
  expect(timelines.changed(now)).toHaveLength(1)
  expect(timelines.changed(now)).toHaveLength(0)
  const later = unixSeconds(now + 240)
  expect(timelines.changed(later)).toHaveLength(1)
})
