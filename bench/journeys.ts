import { DAY, HOUR, type Range, seconds, unixSeconds } from '../src/base/index.ts'
import { loadDefinitions } from '../src/definitions/index.ts'
import { createJourneyKeeper } from '../src/service/journeys/keeper.ts'
import type { KnownOf } from '../src/service/journeys/leaf-minutes.ts'
import { planJourneys } from '../src/service/journeys/plan.ts'
import { studyOf } from '../src/service/journeys/study.ts'
import { createTimelines } from '../src/slo/index.ts'
import type { Ledger } from '../src/store/index.ts'

// How long a tick takes for 2,000 journeys of 10 parts over 30 days, from what changed in the ledger to every evaluation,
// as the loop does it, beside a naive recomputation of every minute of the window from the definition of the tree. Then how
// long it takes to say who caused what over the 30 days. Prints milliseconds of processor time. What both counted must be
// the same, else it fails.

const JOURNEYS = Number(process.env['NINES_BENCH_JOURNEYS'] ?? 2_000)
/** Journeys that are recomputed naively: what it takes grows in proportion. */
const ASKED = Math.min(JOURNEYS, 5)
const SLOS = Number(process.env['NINES_BENCH_SLOS'] ?? 200)
const PARTS = 10
const DAYS = 30
/** In one minute of so many something fails, of each SLO. */
const FAILS_EVERY = Number(process.env['NINES_BENCH_FAILS_EVERY'] ?? 97)
const TICKS = Number(process.env['NINES_BENCH_TICKS'] ?? 10)
const START = unixSeconds(1_794_182_400 + 17 * 60)

const slo = (i: number): string => `apiVersion: openslo/v1
kind: SLO
metadata: { name: s${i} }
spec:
  service: shop
  indicator:
    metadata: { name: s${i}-good }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="s${i}"}', outcome: good } } }
        total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="s${i}"}' } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
---
`
/** Five in series, three of which two must work, and two behind a failover. */
const journey = (i: number): string => {
  const part = (k: number): string => `{ slo: s${(i * 7 + k * 13) % SLOS} }`
  const parts = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, k) => part(from + k)).join(', ')
  return `apiVersion: nines.dev/v1
kind: Journey
metadata: { name: j${i} }
spec:
  target: 0.99
  timeWindow: [{ duration: ${DAYS}d, isRolling: true }]
  tree: { all: [${parts(0, 5)}, { atLeast: 2, of: [${parts(5, 8)}] }, { any: [${parts(8, PARTS)}] }] }
---
`
}

/** Deterministic traffic: a daily curve, and errors that are seldom the same minute in two services. */
function countsAt(service: number, minute: number): readonly [number, number] {
  const total = 600 + ((minute * 7 + service * 13) % 400)
  const bad = (minute * 31 + service * 17) % FAILS_EVERY === 0 ? 20 + (service % 7) : 0
  return [total - bad, bad]
}

const source = `apiVersion: openslo/v1
kind: DataSource
metadata: { name: edge }
spec: { type: EnvoyAccessLog, connectionDetails: { files: ["a.json"], format: envoy-json, service: { from: authority } } }
---
`
const text = [
  source,
  ...Array.from({ length: SLOS }, (_, i) => slo(i)),
  ...Array.from({ length: JOURNEYS }, (_, i) => journey(i)),
]
const files = text.map((each, i) => ({ file: `${i}.yaml`, text: each }))
const definitions = loadDefinitions(files)
const errors = definitions.problems.filter(({ severity }) => severity === 'error')
if (definitions.journeys.length !== JOURNEYS) throw new Error(JSON.stringify(errors[0]))

/** What the ledger answers, from memory: reading is not what is measured. */
const ledger: Pick<Ledger, 'read'> = {
  read: async (queries, { range, width }) =>
    queries.map((query) => {
      const service = Number(/^s(\d+)/.exec(query.id)?.[1])
      const count = (range.to - range.from) / width
      const good = new Float64Array(count)
      const bad = new Float64Array(count)
      for (let i = 0; i < count; i++) {
        const [g, b] = countsAt(service, range.from / 60 + i)
        good[i] = g
        bad[i] = b
      }
      return { query: query.id, scope: {}, start: range.from, width, good, bad }
    }),
}

const cpu = (): number => process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000
const timelines = createTimelines(
  definitions.slos.map((each) => each.slo),
  { now: START },
)
const cover = (to: number): void =>
  timelines.cover('edge', [
    { from: unixSeconds(START - (DAYS + 2) * DAY), to: unixSeconds(to), state: 'known' },
  ])
const journeys = planJourneys(definitions)
const keeper = createJourneyKeeper({ ledger, timelines }, journeys, START)
const learn = (now: number, touched: readonly Range[]) =>
  keeper.refresh({
    now: unixSeconds(now),
    touched: touched.map((range) => ({ source: 'edge', ...range })),
    covered: new Map([['edge', unixSeconds(now - 2 * HOUR)]]),
    corrections: [],
  })

cover(START - 60)
const began = cpu()
await learn(START, [])
console.log(
  `${JOURNEYS} journeys of ${PARTS} parts over ${SLOS} SLOs and ${DAYS} days: read at first in ${Math.round(cpu() - began)} ms`,
)

const spent: number[] = []
const counting: number[] = []
let now: number = START
for (let tick = 0; tick < TICKS; tick++) {
  now += 60
  cover(now - 60)
  const from = cpu()
  await learn(now, [{ from: unixSeconds(now - 180), to: unixSeconds(now) }])
  const counted = cpu()
  const evaluations = keeper.timelines.evaluate(unixSeconds(now))
  spent.push(cpu() - from)
  counting.push(counted - from)
  if (evaluations.length !== JOURNEYS) throw new Error(`${evaluations.length} evaluations`)
}
spent.sort((a, b) => a - b)
counting.sort((a, b) => a - b)
const median = spent[Math.floor(TICKS / 2)] ?? 0
const worst = spent.at(-1) ?? 0

const evaluated = new Map(keeper.timelines.evaluate(unixSeconds(now)).map((each) => [each.slo, each]))
const plainFrom = cpu()
for (const planned of journeys.slice(0, ASKED)) {
  const window = evaluated.get(planned.journey.row.slo.id)?.windows[0]
  if (!window) throw new Error('not evaluated')
  let bad = 0
  for (let minute = window.range.from / 60; minute < window.range.to / 60; minute++)
    bad += shortfallAt(planned, minute)
  if (Math.abs(bad - window.counts.bad) > 1e-3) throw new Error(`${bad} is not ${window.counts.bad}`)
}
const naive = ((cpu() - plainFrom) * JOURNEYS) / ASKED

/** Word for word what the tree says. */
function shortfallAt({ leaves }: (typeof journeys)[number], minute: number): number {
  const values = leaves.map((leaf) => {
    const [good, bad] = countsAt(Number(leaf.name.slice(1)), minute)
    return good / (good + bad)
  })
  const [five, three, two] = [values.slice(0, 5), values.slice(5, 8), values.slice(8)]
  const all = five.reduce((a, b) => a * b, 1)
  const [x = 0, y = 0, z = 0] = three
  const enough = x * y * z + x * y * (1 - z) + x * (1 - y) * z + (1 - x) * y * z
  const any = 1 - two.reduce((a, b) => a * (1 - b), 1)
  return 1 - all * enough * any
}

console.log(
  `a tick, counted and evaluated: ${median.toFixed(1)} ms at the median, ${worst.toFixed(1)} ms at most; ${(counting[Math.floor(TICKS / 2)] ?? 0).toFixed(1)} ms of it to count`,
)
console.log(`recomputed naively: ${Math.round(naive)} ms, ${Math.round(naive / median)} times as long`)

const [asked] = journeys
if (!asked) throw new Error('no journey')
const studied = cpu()
const to = unixSeconds(now - 120)
const known: KnownOf = (leaf, range) =>
  timelines.known(leaf.defined.slo.id, range, {
    now: unixSeconds(now),
    wait: seconds(600),
    silence: seconds(7_200),
  })
const study = await studyOf({ ledger, corrections: [], known }, asked, {
  from: unixSeconds(to - DAYS * DAY),
  to,
})
const caused = study.causes.reduce((sum, { units }) => sum + units, 0)
if (caused !== study.shortfall || caused === 0) throw new Error(`${caused} of ${study.shortfall}`)
console.log(`who caused what over ${DAYS} days: ${(cpu() - studied).toFixed(1)} ms`)
