import { z } from 'zod'
import { range, sloDetail, sloSeries, sloSummary, state } from './model.ts'

/**
 * Promises over many clouds. Durations of a shortfall are minutes in which everybody was let down: half of the people
 * for two minutes is one. `null` means "not known", never zero.
 */

const count = z.number().int()
const share = z.number()
const minutes = z.number()
const labels = z.record(z.string(), z.string())

/** A part of the tree, in the order in which it is drawn; the first is the root. */
export const journeyNode = z.object({
  node: count,
  parent: count.nullable(),
  kind: z.enum(['all', 'any', 'at-least', 'routes', 'leaf']),
  /** Of `at-least`: how many must work; else null. */
  count: count.nullable(),
  /** Of a part of `routes`: its share of the traffic as written; null: by measured traffic, or no part of routes. */
  weight: share.nullable(),
  /** Of a leaf: its place in `leaves`; else null. A leaf may stand in several places. */
  leaf: count.nullable(),
  /** The other journey that this part comes from; empty for the journey's own. */
  journey: z.string(),
})

export const journeyLeaf = z.object({
  leaf: count,
  kind: z.enum(['slo', 'provider']),
  /** The id of the SLO's objective in URLs, or the name of the ProviderSLA. */
  id: z.string(),
  /** `checkout-availability gcp`: what people read. */
  name: z.string(),
  service: z.string(),
  /** One split of the SLO; empty: the whole. */
  where: labels,
  cloud: z.string(),
  region: z.string(),
  /** The ProviderSLA whose fault its failures are; empty: ours. */
  provider: z.string(),
  /** What it promises. */
  promise: share,
  /** What it must keep for the journey's target to hold, when all are tightened or loosened alike. */
  needed: share.nullable(),
  /** Bad minutes that each window of the journey leaves it, by `needed`. */
  neededMinutes: minutes.nullable(),
  state,
  /** Over the journey's first window, from the leaf's own events. */
  sli: share.nullable(),
  good: count,
  bad: count,
  /** At least half of its requests failed over the last five minutes. */
  down: z.boolean(),
  /** False: it is a published promise, or nothing is known of it now. The measured figure goes on without it. */
  measured: z.boolean(),
})

/** What brought a shortfall about. The parts of a list add up to the whole. */
export const cause = z.object({ name: z.string(), minutes, share })

/** By Shapley values over the tree, summed minute by minute. */
export const attribution = z.object({
  range,
  /** Minutes in which everybody was let down. */
  shortfall: minutes,
  leaves: z.array(cause.extend({ leaf: count })),
  clouds: z.array(cause),
  regions: z.array(cause),
  providers: z.array(cause),
  /** `ours` and `provider`. */
  owners: z.array(cause),
})

export const redundancy = z.object({
  /** How many more leaves must fail until some part of the journey is down: 0, it is; null, nothing is measured. */
  failures: count.nullable(),
  /** How many it takes when everything works. */
  usual: count.nullable(),
  /** The leaves of the smallest such set. */
  leaves: z.array(count),
  /** Leaves that are down now. */
  down: z.array(count),
  /** "One more failure and checkout is down: checkout-availability gcp." */
  sentence: z.string(),
})

export const feasibility = z.object({
  /** What the journey gives when every leaf keeps just its promise and they fail independently. */
  given: share,
  target: share,
  feasible: z.boolean(),
  /** By how much every leaf's shortfall may be multiplied until the target just holds; null: without limit. */
  scale: z.number().nullable(),
  /** Where the target should be: the most that the promises give, in percent, rounded down. */
  advised: z.string(),
  sentence: z.string(),
})

/** The measured figure beside the textbook's, over the first window. */
export const correlation = z.object({
  measured: share.nullable(),
  /** From the leaves' averages, as if outages never coincided. */
  textbook: share.nullable(),
  /** Textbook less measured: what it costs that outages coincide. Below zero: they coincide where it does no harm. */
  cost: share.nullable(),
  costMinutes: minutes.nullable(),
})

export const journeySummary = z.object({
  name: z.string(),
  /** The journey's row in the fleet. */
  row: sloSummary,
  leaves: count,
  redundancy,
  feasible: z.boolean(),
  /** Leaves without data now, by name; the figures go on without them, or as their policies say. */
  unmeasured: z.array(z.string()),
})

export const journeys = z.object({ now: count, journeys: z.array(journeySummary) })

export const journeyDetail = z.object({
  now: count,
  name: z.string(),
  row: sloDetail,
  nodes: z.array(journeyNode),
  leaves: z.array(journeyLeaf),
  redundancy,
  feasibility,
  correlation,
  /** Over the first window. */
  attribution,
  unmeasured: z.array(z.string()),
  /** "Checkout goes on without carts azure, of which nothing is known." Empty when all is measured. */
  coverageSentence: z.string(),
})

/** The journey's course, and that of each leaf over the same buckets. */
export const journeySeries = z.object({
  series: sloSeries,
  leaves: z.array(
    z.object({
      leaf: count,
      name: z.string(),
      good: z.array(count.nullable()),
      bad: z.array(count.nullable()),
    }),
  ),
})

/** Who rests on whom. */
export const dependencyGraph = z.object({
  now: count,
  nodes: z.array(
    z.object({
      /** `journey/checkout`, `slo/checkout-availability`, `service/checkout`, `provider/aws-alb`. */
      id: z.string(),
      kind: z.enum(['journey', 'slo', 'service', 'provider']),
      name: z.string(),
      state,
      /** The ring; null when nothing is known. */
      leftRatio: share.nullable(),
      /** Below the API: `slos/…` or `journeys/…`; empty when there is no page of it. */
      path: z.string(),
      incident: z.string().nullable(),
      /** Some part below it burns, and it is the end of that path. */
      cause: z.boolean(),
    }),
  ),
  /** From what rests on the other. */
  edges: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      /** Events a minute over the last hour; null where nothing is known. */
      perMinute: z.number().nullable(),
      errorShare: share.nullable(),
      /** Both ends burn: the path to follow. */
      burning: z.boolean(),
    }),
  ),
})

/** Cloud × service: the worst promise of each. */
export const cloudMatrix = z.object({
  now: count,
  clouds: z.array(z.string()),
  services: z.array(
    z.object({
      service: z.string(),
      /** In the order of `clouds`; null where the service has nothing there. */
      cells: z.array(
        z
          .object({
            slo: z.string(),
            state,
            sli: share.nullable(),
            leftRatio: share.nullable(),
            events: count,
          })
          .nullable(),
      ),
    }),
  ),
})

/** What is measured of a provider in a month, against what it promises. */
export const providerAccount = z.object({
  name: z.string(),
  displayName: z.string(),
  provider: z.string(),
  service: z.string(),
  tier: z.string(),
  percent: z.string(),
  url: z.string(),
  asOf: z.string(),
  /** True: the number was not read at its source. */
  unverified: z.boolean(),
  /** SLOs whose failures are the provider's. */
  slos: z.array(z.string()),
  /** Minutes of the month that have gone by and are measured. */
  measuredMinutes: count,
  /** 0..1 of the month's minutes that are measured. */
  coverage: share.nullable(),
  /** Minutes in which everybody was let down. */
  badMinutes: minutes,
  allowedMinutes: minutes,
  /** In percent, rounded down to four digits; null when nothing is measured. */
  measured: z.string().nullable(),
  breached: z.boolean(),
  /** The credit that the published tiers give; null: none, or no tiers are known. */
  credit: z.object({ below: z.string(), percent: z.string() }).nullable(),
  good: count,
  bad: count,
  /** The worst minutes, most bad first: what a claim rests on. */
  evidence: z.array(
    z.object({ minute: count, slo: z.string(), good: count, bad: count, traceIds: z.array(z.string()) }),
  ),
})

export const providerLedger = z.object({
  /** `2026-11`, in UTC. */
  month: z.string(),
  range,
  providers: z.array(providerAccount),
})

/** What is changed in the past that is replayed. */
export const whatIf = z.object({
  /** In percent. */
  target: z.string().max(20).optional(),
  /** This cloud answers nothing between the two instants. */
  gone: z
    .array(z.object({ cloud: z.string().min(1).max(100), from: count, to: count }))
    .max(20)
    .optional(),
  /** Leaves taken out, by name or by id. */
  drop: z.array(z.string().max(300)).max(50).optional(),
  /** Dependencies that must all work besides: their availability in percent. */
  add: z
    .array(z.object({ name: z.string().min(1).max(100), percent: z.string().max(20) }))
    .max(20)
    .optional(),
  /** A stand-in for a leaf that is there when it fails: its availability in percent. */
  standby: z
    .array(z.object({ leaf: z.string().max(300), percent: z.string().max(20) }))
    .max(20)
    .optional(),
  /** The share of the traffic that goes to each cloud, in any unit, for routes. */
  routing: z.record(z.string().max(100), z.number().min(0)).optional(),
})

const simulated = z.object({
  target: z.string(),
  sli: share.nullable(),
  /** Minutes in which everybody was let down, and those that the target allows. */
  badMinutes: minutes,
  allowedMinutes: minutes,
  leftRatio: share.nullable(),
  /** What is left of the budget at the end of each bucket. */
  left: z.array(share.nullable()),
  /** When a rule would have begun to fire, and when it would have ended. */
  alerts: z.array(
    z.object({ rule: z.string(), severity: z.enum(['page', 'ticket']), from: count, to: count.nullable() }),
  ),
})

export const simulation = z.object({
  journey: z.string(),
  range,
  step: count,
  start: z.array(count),
  before: simulated,
  after: simulated,
  /** "With aws gone for 60 minutes checkout keeps 99.98 % of …" */
  sentence: z.string(),
})

/** How long hops between services take on the network: client span less its server span. */
export const networkMap = z.object({
  range,
  pairs: z.array(
    z.object({
      source: z.string(),
      /** `provider/region` of the client's side and of the server's. */
      from: z.string(),
      to: z.string(),
      hops: count,
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
      p99Ms: z.number().nullable(),
    }),
  ),
  /** What a service did itself, without what it waited for. */
  services: z.array(
    z.object({
      source: z.string(),
      service: z.string(),
      cloud: z.string(),
      spans: count,
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
      p99Ms: z.number().nullable(),
    }),
  ),
})

export type JourneyNode = z.infer<typeof journeyNode>
export type JourneyLeaf = z.infer<typeof journeyLeaf>
export type Cause = z.infer<typeof cause>
export type Attribution = z.infer<typeof attribution>
export type Redundancy = z.infer<typeof redundancy>
export type Feasibility = z.infer<typeof feasibility>
export type Correlation = z.infer<typeof correlation>
export type JourneySummary = z.infer<typeof journeySummary>
export type Journeys = z.infer<typeof journeys>
export type JourneyDetail = z.infer<typeof journeyDetail>
export type JourneySeries = z.infer<typeof journeySeries>
export type DependencyGraph = z.infer<typeof dependencyGraph>
export type CloudMatrix = z.infer<typeof cloudMatrix>
export type ProviderAccount = z.infer<typeof providerAccount>
export type ProviderLedger = z.infer<typeof providerLedger>
export type WhatIf = z.infer<typeof whatIf>
export type Simulation = z.infer<typeof simulation>
export type NetworkMap = z.infer<typeof networkMap>
