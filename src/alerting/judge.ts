import { earlier, type Labels, labelsKey, minuteOf, type UnixSeconds } from '../base/index.ts'
import { hasGrown, hasJoined } from './consequences.ts'
import type { AlertingEvent, Reading, StepEventKind } from './event.ts'
import type { Group } from './group.ts'
import { type CostOf, estimateStart } from './measure.ts'
import { type Decision, type DecisionReason, incidentName } from './model.ts'
import { type Observation, observe } from './observe.ts'
import { areNested, narrowest } from './scope.ts'
import type { AlertingSettings, TrackedIncident } from './state.ts'
import { regionWords, resolvedWords, whyWords } from './why.ts'
import { lengthWords, placesWords, scopeWords } from './words.ts'

export interface JudgeOptions {
  readonly now: UnixSeconds
  readonly settings: AlertingSettings
  readonly costOf: CostOf | undefined
  /** The number that an incident opened now gets. */
  readonly number: number
  /** Nobody is told when it ends. */
  readonly quietEnd: boolean
  /** An ended incident that this one takes up again; undefined: a new one is opened. */
  readonly again: TrackedIncident | undefined
  /** The silence that covers what opens now. */
  readonly silenceOf: (reading: Reading, group: Group) => string | undefined
}

/** What judging one incident gives. */
export interface Judgement {
  readonly events: readonly AlertingEvent[]
  /** Undefined when there is no incident. */
  readonly decision?: Decision
}

/** What a group of alerts means for its one incident. */
export function judgeIncident(group: Group, options: JudgeOptions): Judgement {
  if (group.open !== undefined) return judgeOpen(group, group.open, options)
  if (options.again !== undefined) return reopen(group, options.again, options)
  return openIncident(group, options)
}

function openIncident(group: Group, options: JudgeOptions): Judgement {
  const { now, number } = options
  const { slo, name, incidents } = group.lead
  const first = observe(group.lead, undefined, { ...options, startedAt: now, group })
  const startedAt = estimate(first, options)
  const { reading } = observe(group.lead, undefined, { ...options, startedAt, group })
  const id = incidentName(number, now)
  const last = lastEnded(incidents)
  const previous = last === undefined ? {} : { previous: last.incident.id }
  const silence = options.silenceOf(reading, group)
  const text = `Opened as a ${reading.severity}. ${whyWords(first, slo.service)}`
  const event = { incident: id, number, seq: 1, slo: slo.id, objective: name, service: slo.service }
  const quiet = silence === undefined ? {} : { silence }
  const { evaluation } = first
  const { severity } = reading
  const reason = silence === undefined ? 'first' : 'silenced'
  return {
    events: [{ kind: 'opened', ...event, startedAt, ...previous, reading, text, ...quiet }],
    decision: { incident: id, reason, severity, evaluation, at: now, seq: 1 },
  }
}

/** The one that ended last, of those that an objective led. */
export const lastEnded = (incidents: readonly TrackedIncident[]): TrackedIncident | undefined =>
  incidents
    .filter(({ incident }) => incident.resolvedAt !== undefined)
    .toSorted((a, b) => (a.incident.resolvedAt ?? 0) - (b.incident.resolvedAt ?? 0))
    .at(-1)

function estimate(observation: Observation, options: JudgeOptions): UnixSeconds {
  const { evaluation, burning, met } = observation
  if (evaluation === undefined) return options.now
  const unseen = met.find(({ condition }) => condition.kind === 'blind')?.value
  if (burning.length === 0 && unseen !== undefined) return minuteOf(earlier(options.now, unseen))
  return estimateStart(evaluation, burning, { now: options.now, costOf: options.costOf })
}

function reopen(group: Group, last: TrackedIncident, options: JudgeOptions): Judgement {
  const { startedAt, resolvedAt, parent } = last.incident
  const observation = observe(group.lead, last, { ...options, startedAt, group })
  const since = lengthWords(options.now - (resolvedAt ?? options.now))
  const again = observation.burning.length > 0 ? 'Burning again' : 'Again'
  const how =
    parent === undefined
      ? `${again} ${since} after it ended.`
      : `${parent}, which it was a part of, no longer explains it.`
  const text = `${how} ${whyWords(observation, group.lead.slo.service)}`
  return happened(last, { kind: 'reopened', reason: 'reopened', text, observation }, options)
}

/** What happened to an open incident in this step: the weightiest thing, or that only its numbers moved. */
function judgeOpen(group: Group, open: TrackedIncident, options: JudgeOptions): Judgement {
  const before = open.incident
  const observation = observe(group.lead, open, { ...options, startedAt: before.startedAt, group })
  const news = newsOf(group, open, { observation, ...options })
  if (news !== undefined) return happened(open, { ...news, observation }, options)
  if (group.left || worthWriting(open, observation.reading, options))
    return happened(open, { kind: 'measured', reason: 'repeat', text: '', observation }, options)
  const { evaluation } = observation
  const { id, severity } = before
  return {
    events: [],
    decision: { incident: id, reason: 'nothing', severity, evaluation, at: options.now, seq: open.seq },
  }
}

interface News {
  readonly kind: StepEventKind
  readonly reason: DecisionReason
  readonly text: string
}

/** Undefined when nothing is worth a line. */
function newsOf(
  group: Group,
  open: TrackedIncident,
  { observation, now }: { readonly observation: Observation; readonly now: UnixSeconds },
): News | undefined {
  const before = open.incident
  const { reading } = observation
  const { service } = group.lead.slo
  const why = (): string => whyWords(observation, service)
  if (group.ends) return { kind: 'resolved', reason: 'resolved', text: resolvedWords(open, reading, now) }
  const worse = worseThan(open, { reading, service, why })
  if (worse !== undefined) return { kind: 'worse', reason: 'worse', text: worse }
  if (before.blindSince === undefined && reading.blindSince !== undefined) {
    const text = `No data for ${scopeWords(reading.scope)}. It stays open: nothing says it is fine.`
    return { kind: 'blind', reason: 'blind', text }
  }
  if (before.blindSince !== undefined && reading.blindSince === undefined) {
    const text = `Data is back after ${lengthWords(now - before.blindSince)}.`
    return { kind: 'sighted', reason: 'sighted', text }
  }
  if (before.severity === 'page' && reading.severity === 'ticket')
    return { kind: 'better', reason: 'better', text: `No page rule fires any more. ${why()}` }
  return undefined
}

/** In which way it got worse, in words; undefined when it did not. */
function worseThan(
  open: TrackedIncident,
  {
    reading,
    service,
    why,
  }: { readonly reading: Reading; readonly service: string; readonly why: () => string },
): string | undefined {
  const before = open.incident
  const { consequences = [] } = reading
  if (reading.kind === 'region' && (before.kind !== 'region' || isWider(reading.scope, before.scope)))
    return `Now a failure of ${scopeWords(reading.scope)}. ${regionWords(reading, service)}`
  if (before.severity === 'ticket' && reading.severity === 'page') return `Now a page. ${why()}`
  const spread = spreadTo(open, reading)
  if (spread.length > 0) return `Also burning in ${placesWords(spread)}. ${why()}`
  if (!hasGrown(before.consequences, consequences)) return undefined
  return reading.kind === 'region' ? regionWords(reading, service) : `It has consequences. ${why()}`
}

const isWider = (scope: Labels, than: Labels): boolean =>
  labelsKey(scope) !== labelsKey(than) && Object.keys(scope).length < Object.keys(than).length

function happened(
  tracked: TrackedIncident,
  what: News & { readonly observation: Observation },
  { now, quietEnd }: JudgeOptions,
): Judgement {
  const { kind, text, observation } = what
  const { id, mutedUntil, silencedBy } = tracked.incident
  const seq = tracked.seq + 1
  const muted = mutedUntil !== undefined && now < mutedUntil && kind !== 'resolved'
  const quiet = kind === 'resolved' && (quietEnd || silencedBy !== undefined)
  const reason: DecisionReason = muted || quiet || silencedBy !== undefined ? 'silenced' : what.reason
  const { severity } = observation.reading
  const { evaluation } = observation
  const reading = kind === 'resolved' ? ended(observation.reading) : observation.reading
  const event = { kind, incident: id, seq, reading, text }
  return {
    events: [quiet ? { ...event, quiet: true } : event],
    decision: { incident: id, reason, severity, evaluation, at: now, seq },
  }
}

/** What only an open incident has is gone when it ends. */
function ended({ calmSince: _calm, easedSince: _eased, blindSince: _blind, ...reading }: Reading): Reading {
  if (reading.consequences === undefined) return reading
  return { ...reading, consequences: reading.consequences.map((each) => ({ ...each, firing: false })) }
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

/** Numbers of so many consequences are written as often as those of an incident without; of more, less often. */
const CONSEQUENCES_AT_ONCE = 50

/**
 * What joined, and the clocks of calm and ease, are always written: the state follows what is written. Numbers alone at
 * most once in a while.
 */
function worthWriting(open: TrackedIncident, reading: Reading, options: JudgeOptions): boolean {
  if (open.calmSince !== reading.calmSince || open.easedSince !== reading.easedSince) return true
  const { consequences = [] } = reading
  if (hasJoined(open.incident.consequences, consequences)) return true
  const every =
    options.settings.measureEvery * Math.max(1, Math.ceil(consequences.length / CONSEQUENCES_AT_ONCE))
  if (options.now - open.measuredAt < every) return false
  return JSON.stringify(numbersOf(open.incident)) !== JSON.stringify(numbersOf({ ...reading, consequences }))
}

function numbersOf(one: Omit<Reading, 'calmSince' | 'easedSince' | 'blindSince' | 'kind' | 'reckoned'>) {
  const { severity, scope, members, rules, peakRate, badEvents, budgetSpent, consequences } = one
  return { severity, scope, members, rules, peakRate, badEvents, budgetSpent, consequences }
}
