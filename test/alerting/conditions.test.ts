import { expect, test } from 'vitest'
import {
  type AlertingEntry,
  type AlertingState,
  EMPTY_STATE,
  fold,
  incidentsOf,
  type StepInput,
  step,
} from '../../src/alerting/index.ts'
import { perMillion } from '../../src/base/index.ts'
import type { BudgetCondition, ConditionVerdict, Slo } from '../../src/slo/index.ts'
import { evaluationAt, minute, readTimeline, sloWith } from './timeline.ts'

const BLIND_TICKET: BudgetCondition = {
  name: 'blind-ticket',
  severity: 'ticket',
  kind: 'blind',
  share: perMillion(10_000),
}
const BLIND_PAGE: BudgetCondition = { ...BLIND_TICKET, name: 'blind-page', severity: 'page' }
const SPENT: BudgetCondition = {
  name: 'most-spent',
  severity: 'ticket',
  kind: 'spent',
  share: perMillion(800_000),
}

const base = sloWith()
const slo: Slo = { ...base, policy: { ...base.policy, conditions: [BLIND_TICKET, BLIND_PAGE, SPENT] } }

interface Told {
  readonly blind?: number
  readonly spent?: number
  readonly rates?: string
}

/** What happens at each minute, and what is written down of it. */
function play(minutes: readonly Told[], options: Partial<StepInput> = {}) {
  let state: AlertingState = EMPTY_STATE
  const journal: AlertingEntry[] = []
  const reasons: string[] = []
  minutes.forEach(({ blind = 0, spent = 0, rates = 'aws: 60x0' }, i) => {
    const verdict = (condition: BudgetCondition, met: boolean, value: number): ConditionVerdict => ({
      condition,
      kind: met ? 'met' : 'calm',
      value,
    })
    const conditions = [
      verdict(BLIND_TICKET, blind >= 3, blind * 60),
      verdict(BLIND_PAGE, blind >= 5, blind * 60),
      verdict(SPENT, spent >= 0.8, spent),
    ]
    const timeline = readTimeline(rates)
    const evaluations = [{}, { cloud_provider: 'aws' }].map((scope) => ({
      ...evaluationAt(timeline, slo, scope, timeline.minutes),
      conditions,
    }))
    const result = step(state, { evaluations, slos: [slo], now: minute(i), ...options })
    journal.push(...result.events)
    reasons.push(
      ...result.decisions.map(({ reason }) => reason).filter((reason) => !/nothing|repeat/.test(reason)),
    )
    state = result.state
  })
  // The journal tells the same as the steps did.
  expect(fold(EMPTY_STATE, JSON.parse(JSON.stringify(journal)))).toEqual(state)
  return {
    incidents: incidentsOf(state),
    reasons,
    texts: incidentsOf(state)
      .flatMap((i) => i.timeline)
      .map((t) => t.text),
  }
}

const blindFor = (...minutes: number[]): Told[] => minutes.map((blind) => ({ blind }))

test('not to know opens a ticket, becomes a page, and ends when data is back', () => {
  const { incidents, reasons, texts } = play(blindFor(0, 1, 2, 3, 4, 5, 0, 0, 0, 0))
  expect(reasons).toEqual(['first', 'worse', 'sighted', 'resolved'])
  expect(texts).toEqual([
    'Opened as a ticket. Nothing has been known for 3 min.',
    'Now a page. Nothing has been known for 5 min.',
    'Data is back after 3 min.',
    'Resolved after 6 min.',
  ])
  // It began when data stopped, is about everything, and burned nothing.
  expect(incidents).toMatchObject([
    {
      startedAt: minute(0),
      scope: {},
      members: [{ scope: {} }],
      peakRate: 0,
      badEvents: 0,
      state: 'resolved',
    },
  ])
  expect(incidents).toHaveLength(1)
})

test('while sources are only beginning to be read again, not to know opens nothing', () => {
  expect(play(blindFor(60, 61, 62, 0, 0), { sightedFrom: minute(5) }).incidents).toEqual([])
  expect(play(blindFor(60, 61, 62, 63), { sightedFrom: minute(2) }).incidents).toMatchObject([
    { openedAt: minute(2), severity: 'page' },
  ])
})

test('a budget that is mostly spent is a ticket that says so', () => {
  const { texts, incidents } = play([{ spent: 0.7 }, { spent: 0.8234 }, { spent: 0.83 }])
  expect(texts).toEqual(['Opened as a ticket. 82.3 % of the budget is spent.'])
  expect(incidents).toMatchObject([{ state: 'open', rules: ['most-spent'] }])
  expect(incidents[0]?.blindSince).toBeUndefined()
})

test('what burns and then cannot be seen stays one incident, and is marked blind', () => {
  const burning = { rates: 'aws: 50x0 10x200' }
  const unseen = (blind: number): Told => ({ rates: 'aws: 60x-', blind })
  const { incidents, reasons } = play([burning, unseen(1), unseen(2), unseen(3)])
  expect(reasons).toEqual(['first', 'blind'])
  expect(incidents).toMatchObject([{ state: 'open', blindSince: minute(1) }])
  expect(incidents[0]?.rules).toContain('blind-ticket')
})

test('the end is not told where the alert policies do not ask for it, and the journal says so', () => {
  const { reasons, incidents } = play(blindFor(3, 0, 0, 0, 0), { quietEnds: new Set([slo.id]) })
  expect(reasons).toEqual(['first', 'sighted', 'silenced'])
  expect(incidents).toMatchObject([{ state: 'resolved' }])
})
