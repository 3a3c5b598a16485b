import { z } from 'zod'

/**
 * What goes over the wire: the API's answers, the live stream, the CLI's JSON. Here the schema is the type.
 * Instants are whole Unix seconds, lengths whole seconds, shares 0..1 (a budget's share left may be below zero).
 * `null` means "not known" or "no events", never zero.
 */

const instant = z.number().int()
const share = z.number()
const count = z.number().int()
const labels = z.record(z.string(), z.string())

export const range = z.object({ from: instant, to: instant })
export const state = z.enum(['ok', 'watch', 'burning', 'exhausted', 'unknown'])
export const severity = z.enum(['page', 'ticket'])

export const coverage = z.object({
  minutes: count,
  known: count,
  partial: count,
  missing: count,
  /** Of the missing, those that are known to be: reading failed. The rest was never reported. */
  failed: count,
  ratio: share.nullable(),
  completeThrough: instant.nullable(),
  kind: z.enum(['full', 'partial', 'none']),
})

export const budget = z.object({
  events: z.number(),
  spent: z.number(),
  left: z.number(),
  leftRatio: share.nullable(),
  time: count,
  timeLeft: count.nullable(),
  interval: z.object({ low: share, high: share }).nullable(),
})

export const exhaustion = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('never') }),
  z.object({ kind: z.literal('in'), seconds: count }),
  z.object({ kind: z.literal('exhausted') }),
  z.object({ kind: z.literal('unknown') }),
])

/** What the window said before corrections were applied, and which touch it. */
export const corrected = z.object({
  ids: z.array(z.string()),
  before: z.object({ good: z.number(), bad: z.number(), sli: share.nullable(), leftRatio: share.nullable() }),
})

export const windowEvaluation = z.object({
  window: z.string(),
  range,
  bounds: range,
  good: z.number(),
  bad: z.number(),
  sli: share.nullable(),
  budget,
  coverage,
  /** What the numbers rest on. `no-traffic`: all is known and nothing happened; `error`: nothing could be read. */
  data: z.enum(['measured', 'no-traffic', 'partial', 'no-data', 'error']),
  exhaustion,
  /** The rate that the forecast rests on, and over how long it was measured. */
  pace: z.object({ over: count, rate: z.number().nullable() }),
  /** Null when no correction touches the window. */
  corrected: corrected.nullable(),
})

export const burnWindow = z.object({
  length: count,
  good: z.number(),
  bad: z.number(),
  rate: z.number().nullable(),
  over: z.boolean(),
})

export const verdict = z.object({
  rule: z.string(),
  severity,
  factor: z.number(),
  kind: z.enum(['no-data', 'calm', 'burning']),
  long: burnWindow,
  short: burnWindow,
  badUntilFiring: count.nullable(),
})

/** A condition on the budget, or on what is known. */
export const condition = z.object({
  name: z.string(),
  severity,
  about: z.enum(['spent', 'exhausted', 'exhausts-within', 'blind']),
  kind: z.enum(['no-data', 'calm', 'met']),
  /** The share spent (0..1, or above), the seconds until the budget is gone, or since anything was known. */
  value: z.number().nullable(),
})

/** One objective of one SLO in one scope. */
export const evaluation = z.object({
  scope: labels,
  state,
  windows: z.array(windowEvaluation).min(1),
  verdicts: z.array(verdict),
  /** One for each condition of the policy, in its order. */
  conditions: z.array(condition),
})

/** A row of the fleet. */
export const sloSummary = z.object({
  /** `slo` or `slo/objective` when there are several objectives: the id in URLs. */
  id: z.string(),
  slo: z.string(),
  objective: z.string(),
  name: z.string(),
  service: z.string(),
  owner: z.string(),
  /** `availability` or `within 300ms`. */
  indicator: z.string(),
  target: z.string(),
  window: z.string(),
  method: z.enum(['occurrences', 'timeslices', 'ratio-timeslices']),
  /** Of the promise: burning while a rule fires anywhere in it, else as the whole. */
  state,
  /** The SLO as a whole. */
  whole: evaluation,
  /** One for each cloud, in the order of their names; empty when the SLO is not split by `cloud_provider`. */
  clouds: z.array(z.object({ cloud: z.string(), state, sli: share.nullable(), leftRatio: share.nullable() })),
  /** Bad share of budget spent per hour over the last 24 hours, oldest first; null where nothing is known. */
  spark: z.array(z.number().nullable()),
  incident: z.string().nullable(),
})

export const fleet = z.object({
  now: instant,
  /** The sentence on top of the page. */
  sentence: z.string(),
  states: z.object({ ok: count, watch: count, burning: count, exhausted: count, unknown: count }),
  slos: z.array(sloSummary),
})

export const origin = z.object({
  file: z.string(),
  line: count,
  text: z.string(),
  commit: z.object({ id: z.string(), author: z.string(), at: instant, dirty: z.boolean() }).nullable(),
})

export const sloDetail = sloSummary.extend({
  now: instant,
  description: z.string(),
  runbook: z.string(),
  policy: z.object({ name: z.string(), source: z.string() }),
  noData: z.enum(['freeze', 'good', 'bad']),
  minBadEvents: count,
  /** Every split, each prefix a level of its own, worst first. */
  scopes: z.array(evaluation),
  incidents: z.array(z.string()),
  origin,
})

/** One point a bucket; null where nothing is known. Counts are exact sums of the bucket. */
export const sloSeries = z.object({
  id: z.string(),
  scope: labels,
  range,
  step: count,
  start: z.array(instant),
  good: z.array(z.number().nullable()),
  bad: z.array(z.number().nullable()),
  /** Budget left as a share at the end of each bucket, of the window that ends there. */
  left: z.array(share.nullable()),
  /** The even pace: what would be left when spending evenly; only for calendar windows. */
  ideal: z.array(share).nullable(),
  /** One line a rule: the long-window and short-window burn rate at the end of each bucket. */
  burn: z.array(
    z.object({
      rule: z.string(),
      severity,
      factor: z.number(),
      long: z.array(z.number().nullable()),
      short: z.array(z.number().nullable()),
    }),
  ),
  incidents: z.array(z.object({ id: z.string(), from: instant, to: instant.nullable(), severity })),
  /** Time that does not count as it was measured, one for each time that a correction takes place. */
  corrections: z.array(
    z.object({
      id: z.string(),
      from: instant,
      to: instant,
      effect: z.enum(['exclude', 'forgive']),
      reason: z.string(),
      approver: z.string(),
    }),
  ),
})

export const contributors = z.object({
  range,
  by: z.array(z.string()),
  rows: z.array(
    z.object({
      labels,
      good: z.number(),
      bad: z.number(),
      /** Of all bad events of the range. */
      share: share,
      /** Bad share of its own events, now and over the window before; null without events. */
      badRatio: share.nullable(),
      baseline: share.nullable(),
    }),
  ),
})

export const latencyMap = z.object({
  range,
  step: count,
  start: z.array(instant),
  /** Lower edges in milliseconds of the rows drawn, ascending, and the last row's upper edge. */
  edges: z.array(z.number()),
  /** `counts[column][row]`. */
  counts: z.array(z.array(count)),
  thresholdMs: z.number().nullable(),
})

export const exemplar = z.object({
  atMs: z.number(),
  labels,
  outcome: z.enum(['good', 'bad', 'ignored']),
  reason: z.string(),
  durationMs: z.number().nullable(),
  traceId: z.string().nullable(),
  requestId: z.string().nullable(),
  /** Where the trace can be seen; null without a trace, or without a viewer in the configuration. */
  traceUrl: z.string().nullable(),
})

export const incidentSummary = z.object({
  id: z.string(),
  slo: z.string(),
  objective: z.string(),
  name: z.string(),
  service: z.string(),
  scope: labels,
  severity,
  state: z.enum(['open', 'resolved']),
  /** One sentence a person can read on a lock screen. */
  sentence: z.string(),
  startedAt: instant,
  openedAt: instant,
  resolvedAt: instant.nullable(),
  blindSince: instant.nullable(),
  reopened: count,
  peakRate: z.number(),
  badEvents: z.number(),
  budgetSpent: share,
  acknowledged: z.object({ by: z.string(), at: instant }).nullable(),
  /** `region`: several services burn in `scope`; `declared`: a person opened it, and `name` is what they called it. */
  kind: z.enum(['burn', 'region', 'declared']).optional(),
  /** All that it concerns, its own and those of its consequences. */
  services: z.array(z.string()).optional(),
  /** The incident that it was closed into, as a consequence. */
  parent: z.string().nullable().optional(),
  children: z.array(z.string()).optional(),
  commander: z.string().nullable().optional(),
  assignee: z.string().nullable().optional(),
  /** The response level; null: the lowest. */
  level: z.string().nullable().optional(),
  drill: z.boolean().optional(),
  mutedUntil: instant.nullable().optional(),
  silencedBy: z.string().nullable().optional(),
})

export const consequence = z.object({
  slo: z.string(),
  objective: z.string(),
  service: z.string(),
  because: z.enum(['depends', 'latency', 'region']),
  /** The SLO of the incident that explains it. */
  on: z.string(),
  scope: labels,
  severity,
  rate: z.number(),
  firing: z.boolean(),
  badEvents: z.number(),
  budgetSpent: share,
})

export const incidentDetail = incidentSummary.extend({
  /** What burns because of it, gravest first, and what did. */
  consequences: z.array(consequence).optional(),
  roles: z.array(z.object({ role: z.string(), who: z.string(), since: instant, by: z.string() })).optional(),
  actionItems: z
    .array(
      z.object({
        number: count,
        text: z.string(),
        owner: z.string().nullable(),
        closed: z.object({ by: z.string(), at: instant }).nullable(),
      }),
    )
    .optional(),
  links: z.record(z.string(), z.string()).optional(),
  now: instant,
  members: z.array(
    z.object({ scope: labels, severity, rules: z.array(z.string()), rate: z.number(), firing: z.boolean() }),
  ),
  timeline: z.array(z.object({ at: instant, kind: z.string(), text: z.string(), by: z.string().nullable() })),
  evaluation: evaluation.nullable(),
  owner: z.string(),
  runbook: z.string(),
})

/** One entry of the audit trail: what was decided, in words, and all that was written down with it. */
export const journalEntry = z.object({
  seq: count,
  at: instant,
  kind: z.string(),
  /** Empty when the entry has no words of its own. */
  text: z.string(),
  data: z.unknown(),
})

export const source = z.object({
  name: z.string(),
  type: z.string(),
  labels,
  state: z.enum(['starting', 'reading', 'waiting', 'failing', 'stopped']),
  lastSuccess: instant.nullable(),
  completeThrough: instant.nullable(),
  events: count,
  rejected: count,
  overflowed: count,
  series: count,
  problem: z.object({ at: instant, text: z.string(), remedy: z.string() }).nullable(),
  targets: z.array(z.object({ name: z.string(), detail: z.string(), ok: z.boolean() })),
})

/** How far it is, in time, from where Nines runs to what it probes. */
export const distances = z.object({
  range,
  legs: z.array(
    z.object({
      source: z.string(),
      /** `provider/region` of the probe; empty when the source does not say. */
      from: z.string(),
      /** `provider/region` of the target; empty when its labels do not say. */
      to: z.string(),
      service: z.string(),
      /** `dns`, `connect`, `tls`, `first-byte` or `transfer`. */
      phase: z.string(),
      probes: count,
      /** Null: not measured, or beyond the latency layout. */
      p50Ms: z.number().nullable(),
      p90Ms: z.number().nullable(),
      p99Ms: z.number().nullable(),
    }),
  ),
})

export const problem = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  file: z.string(),
  line: count,
  column: count,
  message: z.string(),
  remedy: z.string(),
})

export const meta = z.object({
  version: z.string(),
  now: instant,
  startedAt: instant,
  /** True while the demo estate is served. */
  demo: z.boolean(),
  definitions: z.object({
    slos: count,
    files: count,
    commit: z.string().nullable(),
    problems: z.array(problem),
  }),
  slack: z.object({ kind: z.enum(['emulator', 'workspace', 'none']), url: z.string().nullable() }),
})

/** What `/api/v1/stream` sends; `id:` counts up, and a client that lost its place gets `reset`. */
export const liveEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('fleet'),
    now: instant,
    changed: z.array(sloSummary),
    states: fleet.shape.states,
    sentence: z.string(),
  }),
  z.object({ type: z.literal('incident'), incident: incidentSummary }),
  z.object({ type: z.literal('reset') }),
])

/** Every failure of the API, as in RFC 9457: what went wrong, and what to do. */
export const apiProblem = z.object({ title: z.string(), status: count, detail: z.string() })

export type State = z.infer<typeof state>
export type Evaluation = z.infer<typeof evaluation>
export type WindowEvaluation = z.infer<typeof windowEvaluation>
export type Verdict = z.infer<typeof verdict>
export type SloSummary = z.infer<typeof sloSummary>
export type Fleet = z.infer<typeof fleet>
export type SloDetail = z.infer<typeof sloDetail>
export type SloSeries = z.infer<typeof sloSeries>
export type Contributors = z.infer<typeof contributors>
export type LatencyMap = z.infer<typeof latencyMap>
export type Exemplar = z.infer<typeof exemplar>
export type IncidentSummary = z.infer<typeof incidentSummary>
export type IncidentDetail = z.infer<typeof incidentDetail>
export type JournalEntry = z.infer<typeof journalEntry>
export type Source = z.infer<typeof source>
export type Distances = z.infer<typeof distances>
export type Problem = z.infer<typeof problem>
export type Meta = z.infer<typeof meta>
export type LiveEvent = z.infer<typeof liveEvent>
export type ApiProblem = z.infer<typeof apiProblem>
