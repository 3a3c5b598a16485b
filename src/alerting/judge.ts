import { earlier, type Labels, labelsKey, minuteOf, type UnixSeconds } from '../base/index.ts'
import { conditionWords } from './conditions.ts'
import type { Reading, StepEventKind } from './event.ts'
import { type CostOf, estimateStart } from './measure.ts'
import { type Decision, type DecisionReason, incidentName } from './model.ts'
import type { Judgement, Objective } from './objective.ts'
import { type Observation, observe } from './observe.ts'
import { areNested, narrowest } from './scope.ts'
import type { AlertingSettings, TrackedIncident } from './state.ts'
import { lengthWords, placesWords, rateWords, scopeWords, verdictWords } from './words.ts'

export interface JudgeOptions {
  readonly now: UnixSeconds
  readonly settings: AlertingSettings
  readonly costOf: CostOf | undefined
  /** The number that an incident opened now gets. */
  readonly number: number
  /** Nobody is told when it ends. */
  readonly quietEnd: boolean
}

/** What the alerts of one objective mean for its one incident. */
export function judgeIncident(objective: Objective, options: JudgeOptions): Judgement {
  const open = objective.incidents.find((tracked) => tracked.incident.state === 'open')
  if (open !== undefined) return judgeOpen(objective, open, options)
  if (!objective.alerts.some((alert) => alert.state === 'firing')) return { events: [] }
  const last = lastEnded(objective.incidents)
  const endedAt = last?.incident.resolvedAt
  if (last !== undefined && endedAt !== undefined && options.now - endedAt <= options.settings.reopenWithin)
    return reopen(objective, last, options)
  return openIncident(objective, last, options)
}

const lastEnded = (incidents: readonly TrackedIncident[]): TrackedIncident | undefined =>
  incidents
    .filter((tracked) => tracked.incident.resolvedAt !== undefined)
    .toSorted((a, b) => (a.incident.resolvedAt ?? 0) - (b.incident.resolvedAt ?? 0))
    .at(-1)

function openIncident(
  objective: Objective,
  last: TrackedIncident | undefined,
  options: JudgeOptions,
): Judgement {
  const { now, number } = options
  const { slo, name } = objective
  const first = observe(objective, undefined, { ...options, startedAt: now })
  const startedAt = estimate(first, options)
  const { reading } = observe(objective, undefined, { ...options, startedAt })
  const id = incidentName(number, now)
  const previous = last === undefined ? {} : { previous: last.incident.id }
  const text = `Opened as a ${reading.severity}. ${whyWords(first)}`
  const event = { incident: id, number, seq: 1, slo: slo.id, objective: name, service: slo.service }
  return {
    events: [{ kind: 'opened', ...event, startedAt, ...previous, reading, text }],
    decision: {
      incident: id,
      reason: 'first',
      severity: reading.severity,
      evaluation: first.evaluation,
      at: now,
      seq: 1,
    },
  }
}

function estimate(observation: Observation, options: JudgeOptions): UnixSeconds {
  const { evaluation, burning, met } = observation
  if (evaluation === undefined) return options.now
  const unseen = met.find(({ condition }) => condition.kind === 'blind')?.value
  if (burning.length === 0 && unseen !== undefined) return minuteOf(earlier(options.now, unseen))
  return estimateStart(evaluation, burning, { now: options.now, costOf: options.costOf })
}

function reopen(objective: Objective, last: TrackedIncident, options: JudgeOptions): Judgement {
  const observation = observe(objective, last, { ...options, startedAt: last.incident.startedAt })
  const since = options.now - (last.incident.resolvedAt ?? options.now)
  const again = observation.burning.length > 0 ? 'Burning again' : 'Again'
  const text = `${again} ${lengthWords(since)} after it ended. ${whyWords(observation)}`
  return happened(last, { kind: 'reopened', reason: 'reopened', text, observation }, options)
}

/** What happened to an open incident in this step: the weightiest thing, or that only its numbers moved. */
function judgeOpen(objective: Objective, open: TrackedIncident, options: JudgeOptions): Judgement {
  const { now, settings } = options
  const before = open.incident
  const observation = observe(objective, open, { ...options, startedAt: before.startedAt })
  const { reading } = observation
  const tell = (kind: StepEventKind, reason: DecisionReason, text: string): Judgement =>
    happened(open, { kind, reason, text, observation }, options)
  if (reading.calmSince !== undefined && !observation.blind && now - reading.calmSince >= settings.calmFor)
    return tell('resolved', 'resolved', resolvedWords(open, reading, now))
  if (before.severity === 'ticket' && reading.severity === 'page')
    return tell('worse', 'worse', `Now a page. ${whyWords(observation)}`)
  const spread = spreadTo(open, reading)
  if (spread.length > 0)
    return tell('worse', 'worse', `Also burning in ${placesWords(spread)}. ${whyWords(observation)}`)
  if (before.blindSince === undefined && reading.blindSince !== undefined)
    return tell(
      'blind',
      'blind',
      `No data for ${scopeWords(reading.scope)}. It stays open: nothing says it is fine.`,
    )
  if (before.blindSince !== undefined && reading.blindSince === undefined)
    return tell('sighted', 'sighted', `Data is back after ${lengthWords(now - before.blindSince)}.`)
  if (before.severity === 'page' && reading.severity === 'ticket')
    return tell('better', 'better', `No page rule fires any more. ${whyWords(observation)}`)
  if (worthWriting(open, reading, options)) return tell('measured', 'repeat', '')
  return {
    events: [],
    decision: {
      incident: before.id,
      reason: 'nothing',
      severity: before.severity,
      evaluation: observation.evaluation,
      at: now,
      seq: open.seq,
    },
  }
}

function happened(
  tracked: TrackedIncident,
  what: {
    readonly kind: StepEventKind
    readonly reason: DecisionReason
    readonly text: string
    readonly observation: Observation
  },
  { now, quietEnd }: JudgeOptions,
): Judgement {
  const { kind, text, observation } = what
  const { id, mutedUntil } = tracked.incident
  const seq = tracked.seq + 1
  const muted = mutedUntil !== undefined && now < mutedUntil && kind !== 'resolved'
  const quiet = quietEnd && kind === 'resolved'
  const reason: DecisionReason = muted || quiet ? 'silenced' : what.reason
  const { severity } = observation.reading
  const decision: Decision = {
    incident: id,
    reason,
    severity,
    evaluation: observation.evaluation,
    at: now,
    seq,
  }
  const reading = kind === 'resolved' ? ended(observation.reading) : observation.reading
  const event = { kind, incident: id, seq, reading, text }
  return { events: [quiet ? { ...event, quiet: true } : event], decision }
}

/** What only an open incident has is gone when it ends. */
function ended({ calmSince: _calm, easedSince: _eased, blindSince: _blind, ...reading }: Reading): Reading {
  return reading
}

/** Places that burn now, never burnt in this incident, and are not another view of those that did. */
function spreadTo(open: TrackedIncident, reading: Reading): readonly Labels[] {
  const known = new Set(open.incident.members.map((member) => labelsKey(member.scope)))
  const burnt = narrowest(open.incident.members.map((member) => member.scope))
  const fresh = reading.members.filter((member) => member.firing && !known.has(labelsKey(member.scope)))
  return narrowest(fresh.map((member) => member.scope)).filter(
    (scope) => !burnt.some((other) => areNested(scope, other)),
  )
}

/** The clocks of calm and ease are always written; numbers alone at most once in a while. */
function worthWriting(open: TrackedIncident, reading: Reading, options: JudgeOptions): boolean {
  if (open.calmSince !== reading.calmSince || open.easedSince !== reading.easedSince) return true
  if (options.now - open.measuredAt < options.settings.measureEvery) return false
  const { severity, scope, members, rules, peakRate, badEvents, budgetSpent } = open.incident
  const { calmSince: _calm, easedSince: _eased, blindSince: _blind, ...numbers } = reading
  const before = { severity, scope, members, rules, peakRate, badEvents, budgetSpent }
  return JSON.stringify(before) !== JSON.stringify(numbers)
}

function whyWords(observation: Observation): string {
  const { reading, burning, met } = observation
  const conditions = met.map(conditionWords)
  if (burning.length === 0 && conditions.length > 0) return [...new Set(conditions)].join(' ')
  const said = burning.slice(0, 2).map(verdictWords)
  const rules = said.length === 0 ? '' : ` (${said.join('; ')})`
  return [`Burning in ${scopeWords(reading.scope)}${rules}.`, ...new Set(conditions)].join(' ')
}

function resolvedWords(open: TrackedIncident, reading: Reading, now: UnixSeconds): string {
  const { startedAt } = open.incident
  const lasted = lengthWords((reading.calmSince ?? now) - startedAt)
  if (reading.peakRate === 0) return `Resolved after ${lasted}.`
  const bad = reading.badEvents.toFixed(0)
  return `Resolved after ${lasted}: no rule fires for ${lengthWords(now - (reading.calmSince ?? now))}. It cost ${bad} bad events, at most ${rateWords(reading.peakRate)}.`
}
