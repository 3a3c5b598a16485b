import { EMPTY_STATE } from '../../src/alerting/index.ts'
import { DAY, HOUR, later, type Range, type UnixSeconds, unixSeconds } from '../../src/base/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { createJourneyKeeper, type JourneyKeeper, WAIT } from '../../src/service/journeys/keeper.ts'
import type { LeafSources } from '../../src/service/journeys/leaf-minutes.ts'
import { SILENCE } from '../../src/service/journeys/news.ts'
import { type PlannedJourney, planJourneys } from '../../src/service/journeys/plan.ts'
import type { Shown } from '../../src/service/loop.ts'
import { type Correction, createTimelines, type Timelines } from '../../src/slo/index.ts'
import type { Ledger } from '../../src/store/index.ts'
import { source } from '../definitions/documents.ts'

/** 1 November 2026, 00:00 UTC. */
export const NOVEMBER = unixSeconds(1_793_491_200)

const slo = (name: string, annotations = ''): string => `---
apiVersion: openslo/v1
kind: SLO
metadata: { name: ${name}, annotations: { nines.dev/split-by: cloud_provider${annotations} } }
spec:
  service: ${name}
  indicator:
    metadata: { name: ${name}-good }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="${name}"}', outcome: good } } }
        total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="${name}"}' } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
`

export const journey = (name: string, tree: string, target = '0.999'): string => `---
apiVersion: nines.dev/v1
kind: Journey
metadata: { name: ${name}, displayName: ${name} }
spec:
  target: ${target}
  timeWindow: [{ duration: 30d, isRolling: true }]
  tree: ${tree}
`

const SLA = `---
apiVersion: nines.dev/v1
kind: ProviderSLA
metadata: { name: aws-elb, displayName: Load balancing }
spec:
  provider: aws
  service: Elastic Load Balancing
  tier: several zones
  percent: 99.99
  window: 1M
  url: https://example.com/sla
  asOf: "2022-07-25"
  credits: [{ below: "99.99", percent: "10" }, { below: "99", percent: "25" }, { below: "95", percent: "100" }]
`

export interface Estate {
  readonly definitions: ReturnType<typeof loadDefinitions>
  readonly journeys: readonly PlannedJourney[]
  readonly timelines: Timelines
  readonly keeper: JourneyKeeper
  readonly ledger: Pick<Ledger, 'read' | 'exemplars'>
  /** How many series of a minute were asked for. */
  readonly reads: () => number
  /** So many requests of a service failed of a hundred in a cloud, in each minute of a range. */
  readonly fail: (service: string, cloud: string, range: Range, bad: number) => void
  /** What is known up to an instant. */
  readonly cover: (to: number) => void
  readonly learn: (
    now: number,
    touched?: readonly Range[],
    corrections?: readonly Correction[],
  ) => Promise<void>
  readonly shown: (now: number) => Shown
  readonly sources: (now: number) => LeafSources
}

/** `pay` and `ship`, each in aws and gcp with a hundred requests a minute, all of them good until something fails. */
export function estateOf(journeys: string, now: UnixSeconds = later(NOVEMBER, 10 * DAY)): Estate {
  const text = source() + slo('pay', ', nines.dev/provider: aws=aws-elb') + slo('ship') + SLA + journeys
  const definitions = loadDefinitions([{ file: 'a.yaml', text }])
  const errors = definitions.problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors[0]?.message)
  const failures = new Map<string, number>()
  let reads = 0
  const badOf = (service: string, cloud: string, minute: number): number =>
    failures.get(`${service} ${cloud} ${minute}`) ?? 0
  const ledger: Estate['ledger'] = {
    exemplars: async (_requests, { range }) => [
      {
        source: 'edge',
        labels: {},
        atMs: range.from * 1_000,
        outcome: 'bad',
        reason: '5xx',
        traceId: `trace-${range.from}`,
      },
    ],
    read: async (queries, { range, width }) =>
      queries.flatMap((query) => {
        reads++
        const service = /^(pay|ship)/.exec(query.id)?.[1] ?? ''
        const count = (range.to - range.from) / width
        const series = (cloud: string) => {
          const bad = Float64Array.from({ length: count }, (_, i) =>
            badOf(service, cloud, range.from + i * 60),
          )
          return { good: bad.map((failed) => 100 - failed), bad }
        }
        const [aws, gcp] = [series('aws'), series('gcp')]
        const about = { query: query.id, start: range.from, width }
        const whole = {
          good: aws.good.map((x, i) => x + (gcp.good[i] ?? 0)),
          bad: aws.bad.map((x, i) => x + (gcp.bad[i] ?? 0)),
        }
        return [
          { ...about, scope: {}, ...whole },
          { ...about, scope: { cloud_provider: 'aws' }, ...aws },
          { ...about, scope: { cloud_provider: 'gcp' }, ...gcp },
        ]
      }),
  }
  const slos = definitions.slos.map((each) => each.slo)
  const timelines = createTimelines(slos, { now })
  const planned = planJourneys(definitions)
  const keeper = createJourneyKeeper({ ledger, timelines }, planned, now)
  const cover = (to: number): void =>
    timelines.cover('edge', [{ from: unixSeconds(NOVEMBER - 40 * DAY), to: unixSeconds(to), state: 'known' }])
  return {
    definitions,
    journeys: planned,
    timelines,
    keeper,
    ledger,
    reads: () => reads,
    fail: (service, cloud, { from, to }, bad) => {
      for (let minute: number = from; minute < to; minute += 60)
        failures.set(`${service} ${cloud} ${minute}`, bad)
    },
    cover,
    learn: (at, touched = [], corrections = []) =>
      keeper.refresh({
        now: unixSeconds(at),
        touched: touched.map((range) => ({ source: 'edge', ...range })),
        covered: new Map([['edge', unixSeconds(at - 2 * HOUR)]]),
        corrections,
      }),
    shown: (at) => ({
      now: unixSeconds(at),
      definitions,
      evaluations: new Map(),
      summaries: [],
      alerting: EMPTY_STATE,
      journeys: planned,
      timelines,
      corrections: [],
    }),
    sources: (at) => ({
      ledger,
      corrections: [],
      known: (leaf, range) =>
        timelines.known(leaf.defined.slo.id, range, { now: unixSeconds(at), wait: WAIT, silence: SILENCE }),
    }),
  }
}
