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

test('blind for half of the budget is later than reports usually take', () => {
  const half: BudgetCondition = {
    name: 'half-blind',
    severity: 'page',
    kind: 'blind',
    share: perMillion(500_000),
  }
  const patient = { ...one, policy: { ...google30d, conditions: [half] } }
  const blindFor = (minutes: number, allowed: number) => {
    const asked = { ...patient, objectives: [{ ...patient.objectives[0]!, allowed: perMillion(allowed) }] }
    const timelines = createTimelines([asked], { now })
    feedAll(timelines, [asked], { now, minutes: [quiet] })
    const to = unixSeconds(now - minutes * 60)
    timelines.cover('edge', [{ from: unixSeconds(now - 40 * DAY), to, state: 'known' }])
    const [verdict] = timelines.evaluate(now)[0]!.conditions!
    return [verdict!.kind, verdict!.value]
  }
  // Half of 2,592 s is 21.6 minutes; of 2,400 s exactly 20.
  expect([blindFor(21, 1_000), blindFor(22, 1_000)]).toEqual([
    ['calm', 1260],
    ['met', 1320],
  ])
  expect([blindFor(25, 1_157), blindFor(24, 1_157)]).toEqual([
    ['met', 1500],
    ['calm', 1440],
  ])
  const exact = { ...one, windows: [{ kind: 'rolling' as const, name: 'w', length: seconds(2_400_000) }] }
  const timelines = createTimelines([{ ...exact, policy: patient.policy }], { now })
  timelines.cover('edge', [{ from: unixSeconds(0), to: unixSeconds(now - 1200), state: 'known' }])
  expect(timelines.evaluate(now)[0]!.conditions![0]!.kind).toBe('met')
})

test('what is known in part is not blind, and what failed is', () => {
  const timelines = createTimelines([one], { now })
  const span = (from: number, to: number, state: 'known' | 'partial' | 'missing') => ({
    from: unixSeconds(now - from * 60),
    to: unixSeconds(now - to * 60),
    state,
  })
  timelines.cover('edge', [span(60_000, 30, 'known'), span(30, 10, 'partial'), span(10, 0, 'missing')])
  const blind = timelines.evaluate(now)[0]!.conditions!.find((v) => v.condition.name === 'blind')
  expect([blind!.kind, blind!.value]).toEqual(['met', 600])
})

test('of time of which nothing was ever known nothing can be said', () => {
  const timelines = createTimelines([one], { now })
  feedAll(timelines, [one], { now, minutes: [] })
  expect(timelines.evaluate(now)[0]!.conditions!.map((v) => [v.kind, v.value])).toEqual(
    conditions.map(() => ['no-data', undefined]),
  )
})

test('where nothing happened nothing is spent', () => {
  expect(judge([])).toEqual({
    half: ['calm', undefined],
    gone: ['calm', undefined],
    soon: ['calm', undefined],
    blind: ['calm', 0],
    'very-blind': ['calm', 0],
  })
})

test('a target of 100 % is not spent by good events, and gone with the first bad one', () => {
  const strict = { ...one, objectives: [{ ...one.objectives[0]!, allowed: perMillion(0) }] }
  const at = now / 60 - 10 * 1440
  const judged = (bad: number) => {
    const timelines = createTimelines([strict], { now })
    feedAll(timelines, [strict], { now, minutes: [{ at, labels: {}, good: 1000, bad }] })
    timelines.cover('edge', [{ from: unixSeconds(now - 40 * DAY), to: now, state: 'known' }])
    return timelines.evaluate(now)[0]!.conditions!.map((v) => [v.kind, v.value])
  }
  expect(judged(0).slice(0, 3)).toEqual([
    ['calm', 0],
    ['calm', 0],
    ['calm', undefined],
  ])
  expect(judged(1).slice(0, 3)).toEqual([
    ['met', Infinity],
    ['met', Infinity],
    ['met', 0],
  ])
})

test('as many bad as good events are judged like any others', () => {
  const at = now / 60 - 10 * 1440
  expect(judge([{ at, labels: {}, good: 500, bad: 500 }])['half']).toEqual(['met', 500])
})

test('gone within exactly the time that was asked for is met', () => {
  // 800 of 1,000 in the pace's six hours: rate 200 spends what is left in 10,370 s.
  const fast = { at: now / 60 - 60, labels: {}, good: 800, bad: 200 }
  const within = (time: number) => {
    const asked: BudgetCondition = { ...conditions[2]!, kind: 'exhausts-within', within: seconds(time) }
    const timed = { ...one, policy: { ...google30d, conditions: [asked] } }
    const timelines = createTimelines([timed], { now })
    feedAll(timelines, [timed], { now, minutes: [quiet, fast] })
    timelines.cover('edge', [{ from: unixSeconds(now - 40 * DAY), to: now, state: 'known' }])
    return timelines.evaluate(now)[0]!.conditions![0]!.kind
  }
  expect([within(10_370), within(10_369)]).toEqual(['met', 'calm'])
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
