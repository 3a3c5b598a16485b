import { expect, test } from 'vitest'
import {
  type Action,
  type AlertingState,
  act,
  createSilence,
  DEFAULT_ESCALATION,
  EMPTY_STATE,
  endSilence,
  foldSilences,
  incidentsOf,
  isBusinessTime,
  NO_SILENCES,
  type ResponseLevel,
  type SilenceMatcher,
  type StepInput,
  step,
} from '../../src/alerting/index.ts'
import { seconds, unixSeconds } from '../../src/base/index.ts'
import { runEstate } from './estate.ts'
import { minute, sloWith } from './timeline.ts'

const ID = 'INC-2026-0001'

function acting(start: AlertingState) {
  let state = start
  return {
    state: () => state,
    incident: () => incidentsOf(state)[0],
    perform: (action: Action, at = minute(40)): string | undefined => {
      const result = act(state, action, at)
      if (result.kind === 'failed') return result.error
      state = result.value.state
      return result.value.decision?.reason
    },
  }
}

const burning = (): AlertingState => runEstate({ cart: { happened: 'aws: 30x0 10x100' } }).state

test('people take command, hand it over, and give and take away roles', () => {
  const { perform, incident } = acting(burning())
  expect(perform({ kind: 'hand-over', incident: ID, by: 'aya', to: 'ben', text: '' })).toBe(
    `Nobody commands ${ID}: take command, or assign it`,
  )
  expect(perform({ kind: 'take-command', incident: ID, by: 'aya' })).toBe('person')
  expect(perform({ kind: 'take-command', incident: ID, by: 'aya' })).toBeUndefined()
  expect(perform({ kind: 'hand-over', incident: ID, by: 'aya', to: 'ben', text: 'rolled back' })).toBe(
    'person',
  )
  expect(perform({ kind: 'assign', incident: ID, by: 'ben', role: 'scribe', to: 'cem' })).toBe('person')
  expect(perform({ kind: 'unassign', incident: ID, by: 'ben', role: 'scribe' })).toBe('person')
  expect(incident()?.roles).toEqual({ commander: { who: 'ben', since: minute(40), by: 'aya' } })
  expect(incident()?.timeline.at(-3)?.text).toBe('aya hands command over to ben. rolled back')
})

test('the severity that a person set stands until it is given back, or the incident comes back', () => {
  const { perform, incident, state } = acting(burning())
  expect(perform({ kind: 'severity', incident: ID, by: 'aya', severity: 'ticket' })).toBe('person')
  expect(incident()).toMatchObject({ severity: 'ticket', severitySet: { severity: 'ticket', by: 'aya' } })
  expect(state().incidents[0]?.reckoned).toBe('page')
  expect(perform({ kind: 'severity', incident: ID, by: 'aya', severity: undefined })).toBe('person')
  expect(incident()?.severity).toBe('page')
})

test('action items and links are kept with who did what', () => {
  const { perform, incident } = acting(burning())
  perform({ kind: 'add-item', incident: ID, by: 'aya', text: 'Raise the limit', owner: 'ben' })
  perform({ kind: 'add-item', incident: ID, by: 'aya', text: 'Write it down' })
  expect(perform({ kind: 'close-item', incident: ID, by: 'ben', item: 1 })).toBe('person')
  expect(perform({ kind: 'close-item', incident: ID, by: 'ben', item: 3 })).toBe(`${ID} has no action item 3`)
  expect(incident()?.actionItems).toMatchObject([{ number: 1, closed: { by: 'ben' } }, { number: 2 }])
  const link = { kind: 'link', incident: ID, by: 'aya', link: 'postmortem' } as const
  expect(perform({ ...link, url: 'javascript:x' })).toBe('A link begins with https:// or http://')
  expect(perform({ ...link, url: 'https://docs.example.com/1' })).toBe('person')
  expect(incident()?.links).toEqual({ postmortem: 'https://docs.example.com/1' })
})

test('what is asked twice under one name counts once, and a declaration too', () => {
  const { perform, state } = acting(EMPTY_STATE)
  const declare: Action = {
    kind: 'declare',
    by: 'aya',
    title: ' Checkout is slow ',
    services: ['shop', 'cart', 'shop'],
    severity: 'page',
    request: 'trigger-1',
  }
  expect(perform(declare)).toBe('first')
  expect(perform(declare)).toBeUndefined()
  expect(incidentsOf(state())).toMatchObject([
    {
      id: ID,
      kind: 'declared',
      title: 'Checkout is slow',
      services: ['cart', 'shop'],
      state: 'open',
      slo: '',
    },
  ])
  perform({ kind: 'note', incident: ID, by: 'aya', text: 'here', request: 'trigger-2' })
  expect(
    perform({ kind: 'note', incident: ID, by: 'aya', text: 'here', request: 'trigger-2' }),
  ).toBeUndefined()
  expect(perform({ ...declare, request: 'x', services: [] })).toBe('Say which services it concerns')
  // No evaluation ends what a person declared.
  const later = step(state(), { evaluations: [], slos: [], now: minute(900) })
  expect(incidentsOf(later.state)[0]?.state).toBe('open')
  expect(perform({ kind: 'resolve', incident: ID, by: 'aya' })).toBe('resolved')
})

test('what a person re-opens ends only by hand', () => {
  const run = runEstate({ cart: { happened: 'aws: 30x0 3x100 30x0' } })
  const { perform, state, incident } = acting(run.state)
  expect(incident()?.state).toBe('resolved')
  expect(perform({ kind: 'reopen', incident: ID, by: 'aya' }, minute(63))).toBe('reopened')
  let after = state()
  const slos = [sloWith(undefined, 'cart')]
  for (let at = 64; at < 90; at++) after = step(after, { evaluations: [], slos, now: minute(at) }).state
  expect(incidentsOf(after)[0]).toMatchObject({ state: 'open', byHand: true })
})

const called = (until: number, between: (at: number) => Action | undefined = () => undefined): string[] => {
  const { decisions } = runEstate(
    { cart: { happened: `aws: 30x0 ${until - 30}x100` } },
    {
      escalationOf: () => DEFAULT_ESCALATION,
      between: (state, at, journal) => {
        const action = between(at)
        const result = action === undefined ? undefined : act(state, action, minute(at))
        if (result?.kind !== 'ok') return state
        journal.push(...result.value.events)
        return result.value.state
      },
    },
  )
  return decisions.flatMap(({ at, reason, call }) =>
    call === undefined ? [] : [`@${(at - minute(0)) / 60} ${reason} ${call.levelName}`],
  )
}

test('a page that nobody acknowledges goes to the next level, and then again a few times', () =>
  expect(called(200)).toEqual([
    '@36 escalate on-call',
    '@51 escalate backup',
    '@81 remind backup',
    '@111 remind backup',
    '@141 remind backup',
  ]))

test('acknowledging stops it; taking it back starts it again; who has it is asked after an hour', () => {
  expect(
    called(130, (at) => (at === 40 ? { kind: 'acknowledge', incident: ID, by: 'aya' } : undefined)),
  ).toEqual(['@36 escalate on-call', '@100 remind acknowledged'])
  expect(
    called(60, (at) =>
      at === 33
        ? { kind: 'acknowledge', incident: ID, by: 'aya' }
        : at === 45
          ? { kind: 'unacknowledge', incident: ID, by: 'aya' }
          : undefined,
    ),
  ).toEqual(['@50 escalate on-call'])
})

test('business hours follow the wall clock of their zone, over clocks that change', () => {
  const hours = { zone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: 540, to: 1_080 }
  const at = (text: string): boolean => isBusinessTime(hours, unixSeconds(Date.parse(text) / 1000))
  expect(at('2026-03-27T08:00:00Z')).toBe(true)
  expect(at('2026-03-27T07:59:59Z')).toBe(false)
  expect(at('2026-03-30T07:00:00Z')).toBe(true)
  expect(at('2026-03-28T12:00:00Z')).toBe(false)
  expect(at('2026-03-27T17:00:00Z')).toBe(false)
  const tokyo = { ...hours, zone: 'Asia/Tokyo', days: [1] }
  expect(isBusinessTime(tokyo, unixSeconds(Date.parse('2026-11-30T00:00:00Z') / 1000))).toBe(true)
  expect(isBusinessTime(tokyo, unixSeconds(Date.parse('2026-11-29T23:59:00Z') / 1000))).toBe(false)
})

const silence = (matchers: readonly SilenceMatcher[], until: number) => {
  const asked = { matchers, by: 'aya', reason: 'load test', until: minute(until), from: minute(10) }
  const made = createSilence(NO_SILENCES, asked, minute(10))
  if (made.kind === 'failed') throw new Error(made.error)
  return made.value
}

const CART: SilenceMatcher = { name: 'service_name', op: '=', value: 'cart' }

test('a silenced incident is recorded and not told; open when the silence ends, it is told', () => {
  const { silences } = silence([CART], 50).state
  const input: Partial<StepInput> = { silences }
  const run = runEstate(
    { cart: { happened: 'aws: 30x0 40x100' }, web: { happened: 'gcp: 30x0 40x100' } },
    input,
  )
  const told = run.decisions
    .filter(({ reason }) => !/nothing|repeat/.test(reason))
    .map(({ incident, reason, at }) => `@${(at - minute(0)) / 60} ${Number(incident.slice(-4))} ${reason}`)
  expect(told.filter((line) => !line.endsWith('1 silenced'))).toEqual(['@31 2 first', '@50 1 unsilenced'])
  expect(told[0]).toBe('@31 1 silenced')
  const kinds = incidentsOf(run.state)[0]?.timeline.map(({ kind }) => kind)
  expect(kinds).toEqual(['opened', 'unsilenced'])
})

test('what begins and ends in silence is not told of at all', () => {
  const { silences } = silence([CART], 500).state
  const run = runEstate({ cart: { happened: 'aws: 30x0 3x100 30x0' } }, { silences })
  expect(incidentsOf(run.state)).toMatchObject([{ state: 'resolved', silencedBy: 'SIL-0001' }])
  expect(new Set(run.decisions.map(({ reason }) => reason))).toEqual(new Set(['silenced', 'nothing']))
})

test('a silence has an owner, a reason, an end, and says what it is about; it folds from the journal', () => {
  const asked = { matchers: [CART], by: 'aya', reason: 'load test', until: minute(50) }
  const refused = (change: object): unknown => {
    const made = createSilence(NO_SILENCES, { ...asked, ...change }, minute(10))
    return made.kind === 'failed' ? made.error : made.value.events.length
  }
  expect(refused({ reason: ' ' })).toBe('Say why')
  expect(refused({ until: minute(9) })).toBe('A silence must end after it begins, and in the future')
  expect(refused({ matchers: [] })).toBe('A silence has 1 to 20 matchers')
  expect(refused({ matchers: [{ name: 'slo', op: '!=', value: 'x' }] })).toBe(
    'One matcher must say what is silenced: name="value"',
  )
  const made = silence([CART], 50)
  const ended = endSilence(made.state, { id: 'SIL-0001', by: 'ben' }, minute(20))
  if (ended.kind === 'failed') throw new Error(ended.error)
  expect(ended.value.state.silences[0]?.until).toBe(minute(20))
  const journal = JSON.parse(JSON.stringify([...made.events, ...ended.value.events]))
  expect(foldSilences(NO_SILENCES, journal)).toEqual(ended.value.state)
})

test('a level rises by its rules, and a person may set another', () => {
  const levels: readonly ResponseLevel[] = [
    { name: 'normal', when: [], notify: [] },
    { name: 'urgent', when: [{ severity: 'page' }], notify: ['lead'] },
    { name: 'all-hands', when: [{ kind: 'region' }, { lasting: seconds(1_200) }], notify: ['everyone'] },
  ]
  const run = runEstate({ cart: { happened: 'aws: 30x0 40x100' } }, { levels })
  const said = incidentsOf(run.state)[0]?.timeline.filter(({ kind }) => kind === 'level')
  expect(said).toEqual([
    { at: minute(31), kind: 'level', text: 'Level urgent, by its rules.' },
    { at: minute(51), kind: 'level', text: 'Level all-hands, by its rules.' },
  ])
  const { perform, incident } = acting(run.state)
  expect(perform({ kind: 'level', incident: ID, by: 'aya', level: 'normal' })).toBe('person')
  expect(incident()?.level).toEqual({ name: 'normal', at: minute(40), by: 'aya' })
})
