import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { incidentsOf } from '../../src/alerting/index.ts'
import { labelsKey, type UnixSeconds, unixSeconds } from '../../src/base/index.ts'
import { type Definitions, loadDefinitions } from '../../src/definitions/index.ts'
import { seriesOf } from '../../src/service/history.ts'
import { createLoop, type Loop, type Shown } from '../../src/service/loop.ts'
import { createPast } from '../../src/service/past.ts'
import { toEvaluation } from '../../src/service/view.ts'
import { type Ledger, openLedger } from '../../src/store/index.ts'
import type { CoverageSpan, TrafficRow } from '../../src/traffic/index.ts'
import { slo, source } from '../definitions/documents.ts'
import { createTestWorld, type TestWorld } from '../world.ts'

// The loop over the real ledger: what is edited, corrected, renamed or comes late gives the figures that a fresh
// evaluation gives, and leaves a line in the journal.

const path = mkdtempSync(join(tmpdir(), 'nines-loop-'))
const HOUR = 3_600
const DAY = 24 * HOUR
/** Nothing depends on the day, but the ledger keeps only what is recent. */
const START = Math.floor(Date.now() / 1_000 / HOUR) * HOUR - 2 * DAY

let world: TestWorld
let ledger: Ledger
let definitions: Definitions
let loop: Loop
let wrote = 0

const INDICATOR = (within = '') => `indicator:
    metadata: { name: good }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}'${within} } } }
        total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}' } } }`

const WINDOW = '[{ duration: 7d, isRolling: true }]'
const SPLIT = 'nines.dev/split-by: cloud_provider'

interface Written {
  readonly name?: string
  readonly annotations?: string
  readonly target?: string
  readonly window?: string
  readonly more?: string
}

function define({
  name = 'checkout',
  annotations = '',
  target = '0.99',
  window = WINDOW,
  more = '',
}: Written = {}): void {
  const text = slo({
    name,
    annotations: `{ ${SPLIT}${annotations === '' ? '' : `, ${annotations}`} }`,
    indicator: INDICATOR(', outcome: good'),
    timeWindow: window,
    objectives: `[{ target: ${target} }]`,
  })
  definitions = loadDefinitions([{ file: 'checkout.yaml', text: `${source()}---\n${text}${more}` }])
  expect(definitions.problems.filter(({ severity }) => severity === 'error')).toEqual([])
}

const CORRECTION = (times: string, effect = 'exclude') => `---
apiVersion: nines.dev/v1
kind: Correction
metadata: { name: upgrade }
spec:
  effect: ${effect}
  reason: the database is upgraded
  approver: sato
  scope: { cloud_provider: aws }
${times}`

const wall = (at: number): string => new Date(at * 1_000).toISOString().slice(0, 19).replace('T', ' ')

/** A hundred requests a ten minutes and cloud; those in the hour of the outage fail in aws. */
async function write(
  range: { from: number; to: number },
  bad: (at: number, cloud: string) => number,
): Promise<void> {
  const traffic: TrafficRow[] = []
  for (let at = range.from; at < range.to; at += 600)
    for (const cloud of ['aws', 'gcp']) {
      const labels = { service_name: 'checkout', cloud_provider: cloud }
      const failed = bad(at, cloud)
      const row = { source: 'edge', labels, minute: unixSeconds(at) }
      traffic.push({ ...row, outcome: 'good', reason: '2xx', count: 100 - failed })
      if (failed > 0) traffic.push({ ...row, outcome: 'bad', reason: '5xx', count: failed })
    }
  await ledger.write({ writer: `w${++wrote}`, revision: 1, traffic })
}

async function cover(from: number, to: number): Promise<void> {
  const span: CoverageSpan = {
    source: 'edge',
    from: unixSeconds(from),
    to: unixSeconds(to),
    state: 'known',
    reason: '',
  }
  await ledger.write({ writer: `c${++wrote}`, revision: 1, traffic: [], coverage: [span] })
}

const newLoop = (from: Ledger = ledger): Loop =>
  createLoop(world, {
    ledger: from,
    definitions: () => definitions,
    inputsOf: () => [],
    tell: () => undefined,
  })

const shown = (from: Loop = loop): Shown => {
  const found = from.shown()
  if (!found) throw new Error('nothing was evaluated')
  return found
}

const whole = (from: Loop = loop, id = 'checkout') => {
  const found = shown(from)
    .evaluations.get(`${id}\n1`)
    ?.find(({ scope }) => labelsKey(scope) === '')
  if (!found) throw new Error(`${id} was not evaluated`)
  return found
}

/** Every figure of the loop that went on equals that of one that begins now. */
async function expectAsFresh(): Promise<void> {
  // It looks on and writes nothing, or the journal would hold everything twice.
  const journal = { ...ledger.journal, append: async () => [] }
  const fresh = newLoop({ ...ledger, journal })
  await fresh.recall()
  await fresh.tick()
  const figures = (from: Loop) => [...shown(from).evaluations.values()].flat().map(toEvaluation)
  expect(figures(loop)).toEqual(figures(fresh))
}

const trail = async (kind: string) =>
  (await ledger.journal.read(0, { kinds: [kind] })).map(({ data }) => data as Record<string, unknown>)

const OUTAGE = START - 2 * DAY
const inOutage = (at: number, cloud: string): number =>
  cloud === 'aws' && at >= OUTAGE && at < OUTAGE + HOUR ? 60 : 0

beforeAll(async () => {
  world = createTestWorld({ start: START })
  ledger = await openLedger(world, { kind: 'embedded', path, retention: { traffic: 400, exemplars: 30 } })
  await write({ from: START - 8 * DAY, to: START }, inOutage)
  await cover(START - 8 * DAY, START)
  define()
  loop = newLoop()
  await loop.recall()
  await loop.tick()
})
afterAll(async () => {
  await ledger[Symbol.asyncDispose]()
  rmSync(path, { recursive: true, force: true })
})

test('every SLO is written down once', async () => {
  expect(await trail('definition')).toMatchObject([
    { id: 'checkout', change: 'added', file: 'checkout.yaml' },
  ])
  const again = newLoop()
  await again.recall()
  await again.tick()
  expect(await trail('definition')).toHaveLength(1)
})

test('an edited target, window or selector recomputes the past at once, and is written down', async () => {
  const before = whole().windows[0]?.budget.leftRatio
  define({ target: '0.98', window: '[{ duration: 5d, isRolling: true }]' })
  await loop.tick()
  await expectAsFresh()
  const after = whole().windows[0]?.budget.leftRatio
  // 360 of 144,000 against 1 % of seven days' 201,600; and against 2 % of five days'.
  expect(before).toBeCloseTo(1 - 360 / 2_016, 9)
  expect(after).toBeCloseTo(1 - 360 / 2_880, 9)
  const entry = (await trail('definition')).at(-1)
  expect(entry).toMatchObject({
    change: 'changed',
    budgets: [
      { slo: 'checkout', before: { bad: 360, leftRatio: before }, after: { bad: 360, leftRatio: after } },
    ],
  })
  expect(entry?.['text']).toBe(
    'checkout was changed (checkout.yaml:6). Budget left: checkout 82.1 % → 87.5 %.',
  )
  define()
  await loop.tick()
})

test('a correction takes the time out of budgets and graphs, and says who approved it', async () => {
  const more = CORRECTION(`  start: ${wall(OUTAGE)}\n  end: ${wall(OUTAGE + 1_800)}\n  timeZone: UTC\n`)
  define({ more })
  await loop.tick()
  await expectAsFresh()
  const [window] = whole().windows
  expect(window).toMatchObject({
    counts: { bad: 180 },
    corrected: { corrections: ['upgrade'], counts: { bad: 360 }, leftRatio: 1 - 360 / 2_016 },
  })
  expect((await trail('correction')).at(-1)).toMatchObject({
    id: 'upgrade',
    change: 'applied',
    approver: 'sato',
    effect: 'exclude',
    budgets: [{ slo: 'checkout', before: { bad: 360 }, after: { bad: 180 } }],
  })
  const series = await graph()
  expect(series.left.at(-1)).toBeCloseTo(window?.budget.leftRatio ?? 0, 12)
  expect(series.corrections).toMatchObject([
    { id: 'upgrade', from: OUTAGE, to: OUTAGE + 1_800, effect: 'exclude', approver: 'sato' },
  ])
  const then = series.start.indexOf(OUTAGE as UnixSeconds)
  // Three of six failed ten minutes are left, and all of the other cloud.
  expect([series.good[then], series.bad[then]]).toEqual([3 * 40 + 600, 3 * 60])
})

test('a correction that is changed and one that is taken away are written down too', async () => {
  const daily = `  start: ${wall(OUTAGE - 3 * DAY)}\n  duration: 1h\n  timeZone: UTC\n  recurrence: FREQ=DAILY\n`
  define({ more: CORRECTION(daily, 'forgive') })
  await loop.tick()
  await expectAsFresh()
  expect(whole().windows[0]?.counts.bad).toBe(0)
  expect((await graph()).left.at(-1)).toBe(1)
  expect((await trail('correction')).at(-1)).toMatchObject({ change: 'changed', effect: 'forgive' })
  define()
  await loop.tick()
  await expectAsFresh()
  expect((await trail('correction')).at(-1)).toMatchObject({ change: 'removed', id: 'upgrade' })
})

test('missing data is a ticket and then a page, but not while what was missed is still being read', async () => {
  await world.advance(240_000)
  await loop.tick()
  expect(incidentsOf(shown().alerting)).toEqual([])
  await world.advance((10_080 * 60 * 0.01 * 0.05 + 120) * 1_000)
  await loop.tick()
  expect(incidentsOf(shown().alerting)).toMatchObject([
    { slo: 'checkout', severity: 'page', rules: ['blind-ticket', 'blind-page'], startedAt: START },
  ])
})

test('late data restates the past with a line, in the incidents of its time too, and fires nothing', async () => {
  const open = incidentsOf(shown().alerting).length
  const left = whole().windows[0]?.budget.leftRatio
  await write({ from: OUTAGE - DAY, to: OUTAGE - DAY + HOUR }, () => 50)
  await write({ from: START - 600, to: START }, () => 7)
  await world.advance(10_000)
  await loop.tick()
  await expectAsFresh()
  const entries = await trail('restatement')
  expect(entries).toHaveLength(2)
  expect(entries[0]).toMatchObject({
    source: 'edge',
    from: OUTAGE - DAY,
    slos: [{ slo: 'checkout', budgetLeft: { before: left, after: whole().windows[0]?.budget.leftRatio } }],
  })
  expect(entries[0]?.['slos']).toMatchObject([
    { before: { good: 1_200, bad: 0 }, after: { good: 1_800, bad: 600 } },
  ])
  expect(incidentsOf(shown().alerting)).toHaveLength(open)
  // What is in order is no restatement.
  await write({ from: START, to: START + 600 }, () => 0)
  await cover(START, START + 600)
  await world.advance(10_000)
  await loop.tick()
  expect(await trail('restatement')).toHaveLength(2)
  // The time of the incident is now reported on, and then reported on differently.
  await write({ from: START, to: START + 60 }, () => 20)
  await world.advance(10_000)
  await loop.tick()
  const lines = incidentsOf(shown().alerting)[0]?.timeline.filter(({ kind }) => kind === 'restated')
  expect(lines?.map(({ text }) => text)).toEqual([
    expect.stringContaining('Late data of edge restates this time: 40 bad events more from '),
  ])
})

test('a renamed SLO keeps its incidents, in this process and after a restart', async () => {
  const [incident] = incidentsOf(shown().alerting)
  define({ name: 'pay', annotations: 'nines.dev/aliases: checkout' })
  await loop.tick()
  expect(incidentsOf(shown().alerting)).toMatchObject([{ id: incident?.id, slo: 'pay' }])
  const again = newLoop()
  await again.recall()
  await again.tick()
  expect(incidentsOf(shown(again).alerting)).toMatchObject([{ id: incident?.id, slo: 'pay' }])
  expect((await trail('definition')).at(-1)).toMatchObject({
    id: 'pay',
    former: 'checkout',
    change: 'changed',
  })
  expect(whole(again, 'pay').windows[0]?.counts).toEqual(whole(loop, 'pay').windows[0]?.counts)
})

async function graph() {
  const { definitions: current, corrections, now } = shown()
  const defined = current.slos[0]
  const objective = defined?.slo.objectives[0]
  const query = defined?.queries[0]
  if (!defined || !objective || !query) throw new Error('nothing is defined')
  const range = { from: unixSeconds(START - 3 * DAY), to: unixSeconds(START) }
  const asked = { id: 'checkout', defined, objective, query, scope: {}, range, step: HOUR, incidents: [] }
  const { minutes } = shown().timelines
  const more = { corrections, written: current.corrections, now, minutes, inputsOf: () => [] }
  return seriesOf({ ledger, past: createPast(ledger) }, { ...asked, ...more })
}
