import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import type { CollectorStatus } from '../../src/collectors/index.ts'
import {
  type DiagnosisStep,
  diagnosis,
  type Reconciliation,
  type SloSummary,
  sourceDiagnosis,
} from '../../src/contract/index.ts'
import { type DiagnosisParts, diagnose } from '../../src/service/diagnosis.ts'
import { diagnoseSource, type SourceFacts } from '../../src/service/source-walk.ts'
import { RECONCILE_BOUNDS } from '../../src/slo/index.ts'
import { createTestWorld } from '../world.ts'

const now = 1_790_000_000
const HOUR = 3_600

const reading: CollectorStatus = {
  name: 'edge',
  type: 'envoy-access-log',
  state: 'reading',
  lastSuccess: unixSeconds(now - 5),
  completeThrough: unixSeconds(now - 60),
  events: 1_000,
  rejected: 0,
  overflowed: 0,
  problem: undefined,
  targets: [{ name: 'logs/a.json', detail: '10 bytes', ok: true }],
}
const held = {
  source: 'edge',
  series: 43,
  overflowed: 0,
  first: unixSeconds(now - 86_400),
  last: unixSeconds(now - 60),
}

function promise(name: string, counted: number): SloSummary {
  const window = { good: counted, bad: 0, budget: { leftRatio: counted === 0 ? null : 0.5 } }
  return { name, slo: name, whole: { windows: [window] } } as unknown as SloSummary
}

interface Given {
  readonly status?: Partial<CollectorStatus>
  readonly faults?: SourceFacts['status']['faults']
  readonly held?: Partial<typeof held> | null
  readonly slos?: readonly SloSummary[]
}

function walk(given: Given) {
  const status = { ...reading, ...given.status }
  const told = diagnoseSource({
    status: {
      source: { name: 'edge', type: 'EnvoyAccessLog', labels: {} } as SourceFacts['status']['source'],
      inputs: given.faults ? [] : [status],
      faults: given.faults ?? [],
    },
    held: given.held === null ? undefined : { ...held, ...given.held },
    slos: given.slos ?? [promise('pay', 10)],
    now,
  })
  sourceDiagnosis.parse(told)
  const step = (name: DiagnosisStep['step']) => told.walk.find(({ step }) => step === name)
  return { told, states: told.walk.map(({ state }) => state), step }
}

describe('the way from a source to the budgets', () => {
  test('is well from end to end when it is', () => {
    expect(walk({}).states).toEqual(['well', 'well', 'well', 'well', 'well'])
    expect(walk({}).told).toMatchObject({ finding: 'well', lag: 60, series: 43 })
  })

  test('breaks at a DataSource that cannot be used, and all behind it waits', () => {
    const { states, step, told } = walk({
      faults: [{ text: 'connectionDetails.format: none', remedy: 'Write format.' }],
      held: null,
      slos: [promise('pay', 0)],
    })
    expect(states).toEqual(['wrong', 'waiting', 'waiting', 'waiting', 'waiting'])
    expect(step('source')).toMatchObject({ text: 'connectionDetails.format: none', remedy: 'Write format.' })
    expect(told.finding).toBe('wrong')
  })

  test.each<[string, Given, readonly string[], RegExp]>([
    [
      'a target that is down',
      { status: { state: 'failing', targets: [{ name: 'gcp', detail: 'refused', ok: false }] } },
      ['wrong', 'well', 'well', 'well', 'well'],
      /1 of 1 target: gcp: refused/,
    ],
    [
      'nothing to be read',
      { status: { targets: [], state: 'waiting', lastSuccess: undefined, events: 0 }, held: null },
      ['empty', 'waiting', 'waiting', 'well', 'well'],
      /Nothing is there to be read/,
    ],
    [
      'a collector that fails',
      {
        status: {
          state: 'failing',
          problem: { at: unixSeconds(now - 9), text: 'answered 429', remedy: 'Wait.' },
        },
      },
      ['well', 'wrong', 'well', 'well', 'well'],
      /answered 429/,
    ],
    [
      'a collector that is hours behind',
      { status: { completeThrough: unixSeconds(now - 3 * HOUR) } },
      ['well', 'wrong', 'well', 'well', 'well'],
      /3 h behind/,
    ],
    [
      'lines that are mostly rejected',
      { status: { rejected: 900 } },
      ['well', 'wrong', 'well', 'well', 'well'],
      /900 were rejected/,
    ],
    ['an empty ledger', { held: null }, ['well', 'well', 'empty', 'well', 'well'], /holds no request/],
    [
      'a ledger that stands still',
      { held: { last: unixSeconds(now - 5 * HOUR) } },
      ['well', 'well', 'empty', 'well', 'well'],
      /for 5 h/,
    ],
    [
      'requests from the future',
      { held: { last: unixSeconds(now + HOUR) } },
      ['well', 'well', 'wrong', 'well', 'well'],
      /1 h from now/,
    ],
    [
      'series beyond the bound',
      { held: { overflowed: 12 } },
      ['well', 'well', 'wrong', 'well', 'well'],
      /12 requests are beyond the bound/,
    ],
    [
      'a selector that matches nothing',
      { slos: [promise('pay', 0), promise('cart', 9)] },
      ['well', 'well', 'well', 'empty', 'waiting'],
      /1 of 2 promises counts nothing: pay/,
    ],
    [
      'a source that nobody asks',
      { slos: [] },
      ['well', 'well', 'well', 'unused', 'unused'],
      /No promise is measured/,
    ],
  ])('breaks at %s', (_name, given, states, text) => {
    const found = walk(given)
    expect(found.states).toEqual(states)
    const broken = found.told.walk.find(({ state }) => state !== 'well' && state !== 'waiting')
    expect(broken?.text).toMatch(text)
    expect(broken?.remedy).not.toBe('')
    expect(found.told.finding).toBe(states.includes('unused') ? 'well' : 'wrong')
  })
})

function reconciled(agrees: boolean): Reconciliation {
  const zero = { good: 0, bad: 0, ignored: null }
  const apart = {
    source: 'apm',
    minutes: 180,
    own: zero,
    reference: zero,
    reason: 'sampled' as const,
    text: 'apm has 25.0 % of the events of edge in every minute: it seems to be sampled',
    remedy: 'Read apm before it samples.',
  }
  const service = {
    service: 'checkout',
    indicator: 'availability',
    reference: 'edge',
    minutes: 180,
    sights: [],
  }
  return {
    now,
    range: { from: now - 10_800, to: now },
    bounds: { ...RECONCILE_BOUNDS },
    services: [{ ...service, agrees, comparisons: agrees ? [] : [apart] }],
  }
}

function parts(given: Partial<DiagnosisParts> = {}): DiagnosisParts {
  const { clock } = createTestWorld({ start: now })
  return {
    wall: clock,
    clock,
    options: {
      version: '1.2.3',
      store: { kind: 'embedded', path: mkdtempSync(join(tmpdir(), 'nines-diagnosis-')) },
      demo: false,
      slack: { kind: 'workspace', token: 'x', apiUrl: undefined, channel: 'C1', locale: 'en' },
      evaluateEverySeconds: 5,
      definitions: { dir: 'slo', policies: 'policies' },
    },
    ledger: { inventory: async () => [held] },
    reconcile: async () => reconciled(true),
    problems: () => [],
    shown: () =>
      ({
        now: unixSeconds(now - 4),
        definitions: { slos: [{ slo: { id: 'a', sources: [] } }] },
        summaries: [],
      }) as never,
    statuses: () => [],
    outbox: () => ({ destinations: [] }),
    startedAt: unixSeconds(now - 60),
    ...given,
  }
}

async function wrongIn(given: Partial<DiagnosisParts>): Promise<readonly string[]> {
  const told = diagnosis.parse(await diagnose(parts(given)))
  expect(told.finding === 'wrong').toBe(told.checks.some(({ finding }) => finding === 'wrong'))
  for (const check of told.checks.filter(({ finding }) => finding === 'wrong'))
    expect(check.remedy).not.toBe('')
  return told.checks.filter(({ finding }) => finding === 'wrong').map(({ name }) => name)
}

describe('the installation', () => {
  test('is well when all is, on a disk with room', async () => {
    expect((await wrongIn({})).filter((name) => name !== 'disk')).toEqual([])
  })

  test('names a ledger that does not answer, and still says the rest', async () => {
    const inventory = () => Promise.reject(new Error('The ledger at http://ch:8123 does not answer.'))
    expect(await wrongIn({ ledger: { inventory } })).toContain('store')
  })

  test('names a clock that jumped, an evaluation that stands still, and a Slack that nobody set up', async () => {
    const { clock } = createTestWorld({ start: now + 600 })
    expect(await wrongIn({ wall: clock })).toContain('clock')
    const { options } = parts()
    expect(await wrongIn({ options: { ...options, slack: undefined } })).toContain('slack')
    expect(
      await wrongIn({
        shown: () => ({ now: now - 600, definitions: { slos: [1] }, summaries: [] }) as never,
        statuses: () => [],
      }),
    ).toContain('evaluation')
  })

  test('cannot be told of before the ledger has been read', async () => {
    const told = await diagnose(parts({ shown: () => undefined, problems: () => [] }))
    expect(told.checks.find(({ name }) => name === 'evaluation')?.finding).toBe('unknown')
  })
})

test('sources that disagree about an SLI are a finding, with the likely reason and what to do', async () => {
  const agreeing = await diagnose(parts())
  expect(agreeing.checks.find(({ name }) => name === 'agreement')).toMatchObject({ finding: 'well' })
  const told = await diagnose(parts({ reconcile: async () => reconciled(false) }))
  const check = told.checks.find(({ name }) => name === 'agreement')
  expect(told.finding).toBe('wrong')
  expect(check?.text).toMatch(/1 of 1 SLIs .* checkout, availability: apm has 25.0 %/)
  expect(check?.remedy).toMatch(/Read apm before it samples/)
  const failing = await diagnose(parts({ reconcile: () => Promise.reject(new Error('the ledger is away')) }))
  expect(failing.checks.find(({ name }) => name === 'agreement')).toMatchObject({
    finding: 'unknown',
    text: 'Sources cannot be compared: the ledger is away.',
  })
})
