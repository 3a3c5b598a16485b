import {
  type AlertingState,
  EMPTY_STATE,
  fold,
  incidentsOf,
  type StepInput,
  step,
} from '../src/alerting/index.ts'
import { type Labels, perMillion, ratio, seconds, type UnixSeconds, unixSeconds } from '../src/base/index.ts'
import type { BurnRule, BurnVerdict, Evaluation, Slo } from '../src/slo/index.ts'

// How long it takes to decide: 10,000 alerts that begin in one step, as one lost region and as problems of their own,
// and a step with 1,000 SLOs while all is calm and while all burns. Milliseconds of processor time, the median of several
// runs. Beside it, how long it takes to read back from the journal what was decided.

const NOW = unixSeconds(1_794_182_400)
const RULES: readonly BurnRule[] = (
  [
    ['page-fast', 'page', 3_600, 144],
    ['page-slow', 'page', 21_600, 60],
    ['ticket-fast', 'ticket', 86_400, 30],
    ['ticket-slow', 'ticket', 259_200, 10],
  ] as const
).map(([name, severity, long, num]) => ({
  name,
  severity,
  long: seconds(long),
  short: seconds(long / 12),
  factor: { num, den: 10 },
  after: seconds(0),
}))

const sloOf = (i: number): Slo => ({
  id: `slo-${i}`,
  name: `slo-${i}`,
  displayName: '',
  service: `service-${i}`,
  description: '',
  method: 'occurrences',
  objectives: [
    {
      name: 'o',
      displayName: '',
      target: '99.9',
      allowed: perMillion(1_000),
      indicator: 'i',
      weight: { num: 1, den: 1 },
    },
  ],
  windows: [{ kind: 'rolling', name: '30d', length: seconds(2_592_000) }],
  policy: { name: 'google-30d', source: 'https://sre.google/workbook/alerting-on-slos/', rules: RULES },
  splitBy: ['cloud_provider', 'cloud_region'],
  noData: 'freeze',
  minBadEvents: 0,
  sources: ['edge'],
})

const REGIONS: readonly Labels[] = ['tokyo', 'osaka', 'oregon'].flatMap((region) =>
  ['aws', 'gcp'].map((cloud) => ({ cloud_provider: cloud, cloud_region: region })),
)
const CLOUDS: readonly Labels[] = [{ cloud_provider: 'aws' }, { cloud_provider: 'gcp' }]
const SCOPES: readonly Labels[] = [{}, ...CLOUDS, ...REGIONS]

function evaluationOf(slo: Slo, scope: Labels, about: { burns: boolean; now: UnixSeconds }): Evaluation {
  const rate = about.burns ? 20 : 0
  const bad = about.burns ? 2_000 : 0
  const verdicts = RULES.map((rule): BurnVerdict => {
    const side = (length: BurnRule['long']) => ({
      length,
      counts: { good: 98_000, bad },
      rate,
      over: about.burns,
    })
    return {
      rule,
      kind: about.burns ? 'burning' : 'calm',
      long: side(rule.long),
      short: side(rule.short),
      end: about.now,
      badUntilFiring: 0,
    }
  })
  return {
    slo: slo.id,
    objective: 'o',
    scope,
    now: about.now,
    windows: [
      {
        window: '30d',
        range: { from: unixSeconds(about.now - 2_592_000), to: about.now },
        bounds: { from: unixSeconds(about.now - 2_592_000), to: about.now },
        counts: { good: 1_000_000, bad },
        sli: ratio(0.999),
        budget: {
          events: 100_000,
          spent: bad,
          left: 100_000 - bad,
          leftRatio: ratio(0.9),
          time: seconds(2_592),
          timeLeft: seconds(2_000),
        },
        coverage: {
          minutes: 43_200,
          known: 43_200,
          partial: 0,
          missing: 0,
          failed: 0,
          ratio: ratio(1),
          completeThrough: about.now,
          kind: 'full',
        },
        data: 'measured',
        pace: { over: seconds(21_600), rate },
        exhaustion: { kind: 'never' },
      },
    ],
    verdicts,
    state: about.burns ? 'burning' : 'ok',
  }
}

/** `burnsIn`: the number of the scope that burns for each SLO; undefined: none. */
function inputOf(count: number, burnsIn: (slo: number) => number | undefined, now: UnixSeconds): StepInput {
  const slos = Array.from({ length: count }, (_, i) => sloOf(i))
  const evaluations = slos.flatMap((slo, i) =>
    SCOPES.map((scope, place) => evaluationOf(slo, scope, { burns: burnsIn(i) === place, now })),
  )
  // Every tenth rests on the one before it.
  const dependsOn = new Map(slos.map(({ id }, i) => [id, i % 10 === 0 ? [] : [`slo-${i - 1}`]]))
  return { evaluations, slos, now, dependsOn, indicatorOf: () => 'availability' }
}

/** The median of so many runs, in milliseconds of processor time. */
function time(runs: number, work: () => void): number {
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const begin = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(begin)
    times.push((user + system) / 1000)
  }
  return times.toSorted((a, b) => a - b)[runs >> 1] ?? 0
}

function report(name: string, state: AlertingState, input: StepInput): AlertingState {
  const { state: after, events } = step(state, input)
  const took = time(15, () => void step(state, input))
  const reading = time(5, () => void fold(state, events))
  const open = incidentsOf(after).filter((incident) => incident.state === 'open').length
  const alerts = events.filter(({ data }) => data.kind === 'alert').length
  console.log(
    `  ${name.padEnd(44)} ${took.toFixed(1).padStart(7)} ms  ${String(alerts).padStart(6)} alerts  ${String(open).padStart(5)} open  ${reading.toFixed(1).padStart(6)} ms to fold`,
  )
  return after
}

const LOST = SCOPES.findIndex((scope) => scope['cloud_region'] === 'tokyo')
const soon = unixSeconds(NOW + 60)
console.log('deciding, median processor time')
const lost = report(
  '2,500 SLOs lose one region',
  EMPTY_STATE,
  inputOf(2_500, () => LOST, NOW),
)
report(
  'the same a minute later',
  lost,
  inputOf(2_500, () => LOST, soon),
)
const own = report('2,500 SLOs burn as a whole, each for itself', EMPTY_STATE, {
  ...inputOf(2_500, () => 0, NOW),
  dependsOn: new Map(),
})
report('the same a minute later', own, { ...inputOf(2_500, () => 0, soon), dependsOn: new Map() })
report(
  '1,000 SLOs, all calm',
  EMPTY_STATE,
  inputOf(1_000, () => undefined, NOW),
)
const burning = report(
  '1,000 SLOs burn, a tenth of them causes',
  EMPTY_STATE,
  inputOf(1_000, () => 0, NOW),
)
report(
  'the same a minute later',
  burning,
  inputOf(1_000, () => 0, soon),
)
if (incidentsOf(lost).length !== 1) throw new Error('A lost region is more than one incident')
if (incidentsOf(own).length < 1_000) throw new Error('What burns for itself was taken for a consequence')
