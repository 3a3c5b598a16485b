import { expect, test } from 'vitest'
import { incidentsOf, step } from '../../src/alerting/index.ts'
import { seconds } from '../../src/base/index.ts'
import { evaluationAt, minute, PAGE, readTimeline, run, sloWith, TICKET } from './timeline.ts'

const check = (timeline: string, expected: string): void =>
  expect(run(timeline).story).toEqual(
    expected
      .trim()
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )

test('nothing happens while all is calm', () => check('aws: 200x0\ngcp: 200x1', ''))

test('one cloud burns and with it the whole: one incident, about that cloud', () =>
  check(
    `aws: 30x0 30x100 30x0
     gcp: 90x0`,
    `@31 opened page aws
     @64 better ticket aws
     @68 resolved ticket aws`,
  ))

test('when all clouds burn alike the incident is about everywhere', () =>
  check(
    `aws: 30x0 10x200 20x0
     gcp: 30x0 10x200 20x0`,
    `@31 opened page everywhere
     @44 better ticket everywhere
     @48 resolved ticket everywhere`,
  ))

test('one region burns: cloud and whole are the same problem seen from above', () =>
  check(
    `aws/tokyo: 30x0 10x300 20x0
     aws/osaka: 60x0
     gcp/iowa: 60x0`,
    `@31 opened page aws/tokyo
     @44 better ticket aws/tokyo
     @48 resolved ticket aws/tokyo`,
  ))

test('a second cloud makes it worse, and it is about everywhere from then on', () =>
  check(
    `aws: 30x0 40x100 20x0
     gcp: 50x0 20x100 20x0
     own: 90x0`,
    `@31 opened page aws
     @51 worse page everywhere
     @74 better ticket everywhere
     @78 resolved ticket everywhere`,
  ))

test('a ticket that becomes a page is worse', () =>
  check(
    'aws: 60x0 60x5 10x100 20x0',
    `@84 opened ticket aws\n@121 worse page aws\n@134 better ticket aws\n@138 resolved ticket aws`,
  ))

test('a rate that flaps every minute is one incident and one end', () =>
  check(
    `aws: 30x0 ${'1x100 1x0 '.repeat(30)} 20x0`,
    `@31 opened page aws\n@93 better ticket aws\n@97 resolved ticket aws`,
  ))

test('burning again soon re-opens the same incident; later, it is another one', () => {
  const { story, state } = run('aws: 30x0 3x100 27x0 3x100 60x0 60x0 3x100 20x0')
  expect(story.filter((line) => /opened/.test(line))).toHaveLength(3)
  const [first, second] = incidentsOf(state)
  expect(first?.reopened).toBe(1)
  expect(second?.previous).toBe(first?.id)
  expect(incidentsOf(state)).toHaveLength(2)
})

test('data that stops coming never ends an incident', () =>
  check(
    `aws: 30x0 10x100 70x-
     gcp: 110x-`,
    `@31 opened page aws
     @45 blind page aws`,
  ))

test('data that comes back is said, and only then the incident may end', () =>
  check(
    'aws: 30x0 10x100 70x- 20x0',
    `@31 opened page aws\n@45 blind page aws\n@111 sighted page aws\n@114 resolved page aws`,
  ))

test('a rule with a delay fires only after it has burned that long', () => {
  const slo = sloWith([{ ...PAGE, after: seconds(300) }])
  expect(run('aws: 30x0 4x100 30x0', { slo }).story).toEqual([])
  expect(run('aws: 30x0 20x100', { slo }).story).toEqual(['@36 opened page aws'])
})

test('a pending rule waits through missing data instead of starting again or firing', () => {
  const slo = sloWith([{ ...PAGE, after: seconds(300) }])
  expect(run('aws: 30x0 3x100 6x- 3x100', { slo }).story).toEqual(['@40 opened page aws'])
})

test('an incident counts its bad events, its peak and its share of the budget', () => {
  const [incident] = incidentsOf(run('aws: 30x0 10x100 20x0\ngcp: 60x0').state)
  expect(incident?.startedAt).toBe(minute(30))
  expect(incident?.badEvents).toBe(1_000)
  expect(incident?.peakRate).toBe(100)
  expect(incident?.budgetSpent).toBeCloseTo(1_000 / (2_000 * 1_440 * 30 * 0.001), 6)
})

test('a low steady rate of failures does not pull the start back', () => {
  const [incident] = incidentsOf(run('aws: 30x1 10x100', { slo: sloWith([PAGE]) }).state)
  expect(incident?.startedAt).toBe(minute(30))
})

test('an incident is named by the year and a number that goes on', () => {
  const { state } = run(`aws: ${'30x0 3x100 90x0 '.repeat(3)}`, { slo: sloWith([PAGE, TICKET]) })
  expect(incidentsOf(state).map((incident) => incident.id)).toEqual([
    'INC-2026-0001',
    'INC-2026-0002',
    'INC-2026-0003',
  ])
})

test('an alert whose scope the SLO is no longer split by ends, and its incident with it', () => {
  const before = run('aws: 30x0 10x100\ngcp: 40x0')
  const timeline = readTimeline('aws: 30x0 10x100 30x0\ngcp: 70x0')
  const slo = { ...sloWith(), splitBy: [] }
  let { state } = before
  for (let at = 41; at <= 60; at++) {
    const evaluations = [evaluationAt(timeline, slo, {}, at)]
    state = step(state, { evaluations, slos: [slo], now: minute(at) }).state
  }
  expect(state.alerts).toEqual([])
  expect(incidentsOf(state).map((incident) => incident.state)).toEqual(['resolved'])
})
