import { type Labels, labelsKey, type UnixSeconds } from '../base/index.ts'
import type { Evaluation, Slo, SloId } from '../slo/index.ts'
import { alertNames, conditionsOf, metIn } from './conditions.ts'
import type { EscalationPolicy } from './escalation.ts'
import type { AlertingEntry, AlertingEvent } from './event.ts'
import { fold } from './fold.ts'
import { judgeIncident } from './judge.ts'
import type { ResponseLevel } from './level.ts'
import type { CostOf } from './measure.ts'
import type { Decision, Incident } from './model.ts'
import type { Judgement } from './objective.ts'
import type { Silence } from './silence.ts'
import {
  type Alert,
  type AlertingSettings,
  type AlertingState,
  alertKey,
  DEFAULT_SETTINGS,
  groupKey,
  type TrackedIncident,
} from './state.ts'

/** `availability` goes before `latency`: a request that failed fast enough still failed. */
export type IndicatorOf = (slo: SloId, objective: string) => 'availability' | 'latency' | undefined

export interface StepInput {
  readonly evaluations: readonly Evaluation[]
  /** All that are defined: an incident whose SLO is missing here is closed. Empty only when there really are none. */
  readonly slos: readonly Slo[]
  readonly now: UnixSeconds
  /** What incidents cost. Without it, costs are estimated from the windows of the rules. */
  readonly costOf?: CostOf
  /**
   * Before this instant not to know opens nothing: the sources have only begun to be read again, and what was missed
   * is on its way. Absent: it always counts.
   */
  readonly sightedFrom?: UnixSeconds
  /** SLOs whose alert policies do not ask to hear that it is over. */
  readonly quietEnds?: ReadonlySet<SloId>
  /**
   * What each rests on, by its id: a journey on the SLOs of its leaves and on nested journeys, an SLO on others. Absent:
   * nothing is known of that.
   */
  readonly dependsOn?: ReadonlyMap<SloId, readonly SloId[]>
  /** What each objective's indicator is about. Absent: nothing inhibits latency. */
  readonly indicatorOf?: IndicatorOf
  /** Quiet that people asked for, those that are over left out or not. */
  readonly silences?: readonly Silence[]
  /** How long an incident waits for somebody, and who is called then. Absent: the default. */
  readonly escalationOf?: (incident: Incident) => EscalationPolicy
  /** Response levels, lowest first. Absent: none. */
  readonly levels?: readonly ResponseLevel[]
  readonly settings?: AlertingSettings
}

export interface StepResult {
  readonly state: AlertingState
  /** For the journal, in this order. Folding them into the state before gives the state after. */
  readonly events: readonly AlertingEntry[]
  /** One for each incident that is open, or ended in this step. */
  readonly decisions: readonly Decision[]
}

/**
 * Evaluations become alerts, alerts incidents, incidents decisions. Pure: the same input gives the same output, byte
 * for byte. Nothing is decided by the absence of data, nor by the time between two steps.
 */
export function step(state: AlertingState, input: StepInput): StepResult {
  const { now, slos, sightedFrom, settings = DEFAULT_SETTINGS } = input
  const known = groupState(state)
  const evaluations = groupEvaluations(input.evaluations)
  const events: AlertingEvent[] = []
  const decisions: Decision[] = []
  let counter = state.counter
  for (const slo of slos) {
    for (const { name } of slo.objectives) {
      const key = groupKey(slo.id, name)
      const before = known.get(key) ?? NOTHING
      known.delete(key)
      const found = evaluations.get(key) ?? []
      if (before.alerts.length === 0 && !before.open && !found.some(isBurning)) continue
      const scoped = byScope(found)
      const alerts = stepAlerts(scoped, before.alerts, { slo, objective: name, now, sightedFrom })
      const objective = { slo, name, evaluations: scoped, alerts: alerts.after, incidents: before.incidents }
      const judged = judgeIncident(objective, {
        now,
        settings,
        costOf: input.costOf,
        number: counter + 1,
        quietEnd: input.quietEnds?.has(slo.id) ?? false,
      })
      events.push(...alerts.events, ...judged.events)
      if (judged.events[0]?.kind === 'opened') counter++
      if (judged.decision !== undefined) decisions.push(judged.decision)
    }
  }
  for (const group of known.values()) {
    const closed = closeUndefined(group, now)
    events.push(...closed.events)
    if (closed.decision !== undefined) decisions.push(closed.decision)
  }
  const entries = events.map((data) => ({ at: now, kind: 'incident' as const, data }))
  return { state: fold(state, entries), events: entries, decisions }
}

interface Group {
  readonly alerts: Alert[]
  readonly incidents: TrackedIncident[]
  open: boolean
}

const NOTHING: Readonly<Group> = { alerts: [], incidents: [], open: false }

function groupState(state: AlertingState): Map<string, Readonly<Group>> {
  const groups = new Map<string, Group>()
  const at = (slo: string, objective: string): Group => {
    const key = groupKey(slo, objective)
    const group = groups.get(key) ?? { alerts: [], incidents: [], open: false }
    groups.set(key, group)
    return group
  }
  for (const alert of state.alerts) at(alert.slo, alert.objective).alerts.push(alert)
  for (const tracked of state.incidents) {
    // What a person declared has no alerts: nothing here decides about it.
    if (tracked.incident.kind === 'declared') continue
    const group = at(tracked.incident.slo, tracked.incident.objective)
    group.incidents.push(tracked)
    if (tracked.incident.state === 'open') group.open = true
  }
  return groups
}

function groupEvaluations(evaluations: readonly Evaluation[]): Map<string, readonly Evaluation[]> {
  const groups = new Map<string, Evaluation[]>()
  for (const evaluation of evaluations) {
    const key = groupKey(evaluation.slo, evaluation.objective)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [evaluation])
    else group.push(evaluation)
  }
  return groups
}

/** By the keys of their scopes, in the order of these. Only what burns or burnt is worth sorting. */
function byScope(evaluations: readonly Evaluation[]): ReadonlyMap<string, Evaluation> {
  const keyed = evaluations.map((evaluation): [string, Evaluation] => [
    labelsKey(evaluation.scope),
    evaluation,
  ])
  return new Map(keyed.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const isBurning = (evaluation: Evaluation): boolean =>
  evaluation.verdicts.some((verdict) => verdict.kind === 'burning') ||
  conditionsOf(evaluation).some((verdict) => verdict.kind === 'met')

/**
 * One alert a rule and scope, and one a condition of the whole. A burning verdict starts it, a calm one ends it, and one without data, or none at all,
 * leaves it as it is: absence proves nothing. An alert whose rule was taken out of the policy ends, and so does one
 * whose scope the SLO is no longer split by.
 */
function stepAlerts(
  evaluations: ReadonlyMap<string, Evaluation>,
  before: readonly Alert[],
  about: {
    readonly slo: Slo
    readonly objective: string
    readonly now: UnixSeconds
    readonly sightedFrom: UnixSeconds | undefined
  },
): { readonly events: readonly AlertingEvent[]; readonly after: readonly Alert[] } {
  const { now, objective } = about
  const slo = about.slo.id
  const events: AlertingEvent[] = []
  const after = new Map(before.map((alert) => [alertKey(alert), alert]))
  const rules = new Set(alertNames(about.slo.policy))
  const change = (alert: Omit<Alert, 'since' | 'state'>, state: 'pending' | 'firing' | 'gone'): void => {
    const { scope, rule, severity } = alert
    events.push({ kind: 'alert', slo, objective, scope, rule, severity, state })
    if (state === 'gone') after.delete(alertKey(alert))
    else after.set(alertKey(alert), { ...alert, state, since: now })
  }
  for (const alert of before) {
    const asked = evaluations.has(labelsKey(alert.scope)) || isSplit(alert.scope, about.slo.splitBy)
    if (!rules.has(alert.rule) || !asked) change(withoutState(alert), 'gone')
  }
  for (const evaluation of evaluations.values()) {
    const { scope, verdicts } = evaluation
    const met = new Set(metIn(evaluation, about))
    for (const verdict of conditionsOf(evaluation)) {
      const { name, severity } = verdict.condition
      const alert = { slo, objective, scope, rule: name, severity }
      const known = after.has(alertKey(alert))
      if (verdict.kind === 'calm' && known) change(alert, 'gone')
      else if (met.has(verdict) && !known) change(alert, 'firing')
    }
    for (const { rule, kind } of verdicts) {
      const alert = { slo, objective, scope, rule: rule.name, severity: rule.severity }
      const known = after.get(alertKey(alert))
      if (kind === 'no-data') continue
      if (kind === 'calm') {
        if (known !== undefined) change(alert, 'gone')
      } else if (known === undefined) change(alert, rule.after === 0 ? 'firing' : 'pending')
      else if (known.state === 'pending' && now - known.since >= rule.after) change(alert, 'firing')
    }
  }
  return { events, after: [...after.values()] }
}

/** Whether the scope has the labels of one level of the split. */
function isSplit(scope: Labels, splitBy: readonly string[]): boolean {
  const names = Object.keys(scope)
  return names.length <= splitBy.length && splitBy.slice(0, names.length).every((name) => name in scope)
}

const withoutState = ({ slo, objective, scope, rule, severity }: Alert): Omit<Alert, 'since' | 'state'> => ({
  slo,
  objective,
  scope,
  rule,
  severity,
})

/** The SLO or objective is no longer defined: its alerts go, its open incident ends and says why. */
function closeUndefined(group: Group, now: UnixSeconds): Judgement {
  const gone: AlertingEvent[] = group.alerts.map((alert) => ({
    kind: 'alert',
    ...withoutState(alert),
    state: 'gone',
  }))
  const open = group.incidents.find((tracked) => tracked.incident.state === 'open')
  if (open === undefined) return { events: gone }
  const { id, severity, scope, members, rules, peakRate, badEvents, budgetSpent } = open.incident
  const quiet = members.map((member) => ({ ...member, firing: false }))
  const seq = open.seq + 1
  const text = 'Closed: the SLO is no longer defined.'
  const reading = { severity, scope, members: quiet, rules, peakRate, badEvents, budgetSpent }
  return {
    events: [...gone, { kind: 'resolved', incident: id, seq, reading, text }],
    decision: { incident: id, reason: 'resolved', severity, evaluation: undefined, at: now, seq },
  }
}
