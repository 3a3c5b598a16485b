import { type Labels, labelsKey, type UnixSeconds } from '../base/index.ts'
import type { BurnVerdict, ConditionVerdict, Evaluation, Severity } from '../slo/index.ts'
import { alertNames, conditionNamed, conditionsOf } from './conditions.ts'
import { consequencesOf } from './consequences.ts'
import type { Reading } from './event.ts'
import type { Group } from './group.ts'
import { type CostOf, countBad, shareOfBudget } from './measure.ts'
import type { IncidentMember } from './model.ts'
import type { Objective } from './objective.ts'
import { commonLabels, narrowest } from './scope.ts'
import type { Alert, AlertingSettings, TrackedIncident } from './state.ts'

/** More scopes than these are not kept in an incident; those that fire stay first. */
export const MEMBERS_KEPT = 200

/** One look at an objective: what its incident is now. */
export interface Observation {
  readonly reading: Reading
  /** Nothing that the incident is about has data. */
  readonly blind: boolean
  /** Of the incident's scope; of the SLO as a whole when that scope is not one of the splits. */
  readonly evaluation: Evaluation | undefined
  /** The verdicts that burn in it, fastest first. */
  readonly burning: readonly BurnVerdict[]
  /** The conditions of the whole that fire. */
  readonly met: readonly ConditionVerdict[]
}

export interface ObserveOptions {
  /** What else is in it. Absent: nothing. */
  readonly group?: Pick<Group, 'parts' | 'region' | 'absorbs'>
  readonly now: UnixSeconds
  readonly startedAt: UnixSeconds
  readonly settings: AlertingSettings
  readonly costOf: CostOf | undefined
}

/** `before`: the incident as it was; undefined for one that opens now. */
export function observe(
  objective: Objective,
  before: TrackedIncident | undefined,
  options: ObserveOptions,
): Observation {
  const { now } = options
  const firing = objective.alerts.filter((alert) => alert.state === 'firing')
  const members = membersOf(objective, firing, before?.incident.members ?? [])
  const fires = members.filter((member) => member.firing)
  const consequences = consequencesOf(before, options)
  const region = regionOf(before, options)
  const also = consequences.filter((each) => each.firing)
  // A region's failure lasts while any service burns in it; a cause's while the cause does.
  const keeps = region === undefined ? fires : [...fires, ...also.filter((each) => each.because === 'region')]
  const wasOpen = before?.incident.state === 'open' ? before : undefined
  const graves = [...fires, ...also]
  const easedSince = easing(graves, wasOpen, now)
  const reckoned = severityOf(graves, wasOpen, { easedSince, ...options })
  const severity = wasOpen?.incident.severitySet?.severity ?? reckoned
  const places = fires.filter((member) => member.severity === worstOf(fires))
  const own =
    fires.length === 0 ? (before?.incident.scope ?? {}) : commonLabels(narrowest(places.map((m) => m.scope)))
  const scope = region ?? own
  const calmSince = keeps.length === 0 ? (wasOpen?.calmSince ?? now) : undefined
  const blind = isBlind(objective, firing, members) && (region === undefined || !isSeen(options))
  const rules = alertNames(objective.slo.policy)
  const met = conditionsOf(find(objective, {})).filter(({ condition }) =>
    firing.some((alert) => alert.rule === condition.name),
  )
  const evaluation = find(objective, scope) ?? find(objective, {}) ?? [...objective.evaluations.values()][0]
  const cost = costOf(objective, { ...options, scope, before, until: calmSince ?? now })
  const blindSince = blind ? (wasOpen?.incident.blindSince ?? now) : undefined
  const reading: Reading = {
    severity,
    ...(severity === reckoned ? {} : { reckoned }),
    ...(region === undefined ? {} : { kind: 'region' }),
    ...(consequences.length === 0 ? {} : { consequences }),
    scope,
    members,
    rules:
      fires.length === 0
        ? (before?.incident.rules ?? [])
        : rules.filter((rule) => fires.some((member) => member.rules.includes(rule))),
    peakRate: peakOf(before, keeps),
    ...cost,
    ...(blindSince === undefined ? {} : { blindSince }),
    ...(calmSince === undefined ? {} : { calmSince }),
    ...(easedSince === undefined || reckoned === 'ticket' ? {} : { easedSince }),
  }
  return { reading, blind, evaluation, burning: burningOf(evaluation), met }
}

/** Its own, or the widest that it has been: what is told to be a region's failure does not shrink to one of its parts. */
function regionOf(before: TrackedIncident | undefined, { group }: ObserveOptions): Labels | undefined {
  return group?.region ?? (before?.incident.kind === 'region' ? before.incident.scope : undefined)
}

/** Whether there is data for any other service that burns in the region. */
const isSeen = ({ group }: ObserveOptions): boolean =>
  (group?.parts ?? []).some(
    ({ because, objective }) =>
      because === 'region' &&
      !isBlind(
        objective,
        objective.alerts.filter((alert) => alert.state === 'firing'),
        [],
      ),
  )

const peakOf = (before: TrackedIncident | undefined, burning: readonly { readonly rate: number }[]): number =>
  burning.reduce((peak, { rate }) => Math.max(peak, rate), before?.incident.peakRate ?? 0)

function membersOf(
  objective: Objective,
  firing: readonly Alert[],
  before: readonly IncidentMember[],
): readonly IncidentMember[] {
  const members = new Map(before.map((member) => [labelsKey(member.scope), { ...member, firing: false }]))
  const order = alertNames(objective.slo.policy)
  for (const [key, alerts] of byScope(firing)) {
    const scope = alerts[0]?.scope ?? {}
    const rules = order.filter((rule) => alerts.some((alert) => alert.rule === rule))
    const severity: Severity = alerts.some((alert) => alert.severity === 'page') ? 'page' : 'ticket'
    const rates = (find(objective, scope)?.verdicts ?? []).flatMap((verdict) =>
      verdict.long.rate !== undefined && rules.includes(verdict.rule.name) ? [verdict.long.rate] : [],
    )
    const rate = rates.length === 0 ? (members.get(key)?.rate ?? 0) : Math.max(...rates)
    members.set(key, { scope, severity, rules, rate, firing: true })
  }
  return [...members.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, member]) => member)
    .toSorted((a, b) => Number(b.firing) - Number(a.firing))
    .slice(0, MEMBERS_KEPT)
}

function byScope(alerts: readonly Alert[]): Map<string, readonly Alert[]> {
  const groups = new Map<string, readonly Alert[]>()
  for (const alert of alerts) {
    const key = labelsKey(alert.scope)
    groups.set(key, [...(groups.get(key) ?? []), alert])
  }
  return groups
}

const worstOf = (members: readonly Grave[]): Severity =>
  members.some((member) => member.severity === 'page') ? 'page' : 'ticket'

type Grave = Pick<IncidentMember, 'severity'>

/** Since when a paging incident has had no page rule firing. */
function easing(
  fires: readonly Grave[],
  before: TrackedIncident | undefined,
  now: UnixSeconds,
): UnixSeconds | undefined {
  if (before?.reckoned !== 'page' || worstOf(fires) === 'page') return undefined
  return before.easedSince ?? now
}

/** It rises at once, and falls only when no page rule has fired for a while and others still do. */
function severityOf(
  fires: readonly Grave[],
  before: TrackedIncident | undefined,
  options: {
    readonly easedSince: UnixSeconds | undefined
    readonly now: UnixSeconds
    readonly settings: AlertingSettings
  },
): Severity {
  if (before === undefined || worstOf(fires) === 'page') return worstOf(fires)
  const { easedSince, now, settings } = options
  if (before.reckoned === 'ticket' || easedSince === undefined) return before.reckoned
  return fires.length > 0 && now - easedSince >= settings.calmFor ? 'ticket' : 'page'
}

/**
 * Whether none of the rules and scopes in question has a verdict that rests on data. Not to know is no such rule: an
 * incident of which nothing else fires is blind by itself.
 */
export function isBlind(
  objective: Objective,
  firing: readonly Alert[],
  members: readonly IncidentMember[],
): boolean {
  const { policy } = objective.slo
  const all =
    firing.length > 0
      ? firing.map(({ scope, rule }) => ({ scope, rule }))
      : members.flatMap(({ scope, rules }) => rules.map((rule) => ({ scope, rule })))
  const asked = all.filter(({ rule }) => conditionNamed(policy, rule)?.kind !== 'blind')
  if (asked.length === 0 && all.length > 0) return firing.length > 0
  return !asked.some(({ scope, rule }) => {
    const evaluation = find(objective, scope)
    const verdict =
      evaluation?.verdicts.find((one) => one.rule.name === rule) ??
      conditionsOf(evaluation).find((one) => one.condition.name === rule)
    return verdict !== undefined && verdict.kind !== 'no-data'
  })
}

function costOf(
  objective: Objective,
  about: {
    readonly scope: Labels
    readonly startedAt: UnixSeconds
    readonly until: UnixSeconds
    readonly before: TrackedIncident | undefined
    readonly costOf: CostOf | undefined
  },
): { readonly badEvents: number; readonly budgetSpent: number } {
  const { scope, startedAt, until, before } = about
  const badEvents =
    countBad(find(objective, scope) ?? find(objective, {}), { from: startedAt, to: until }, about) ??
    before?.incident.badEvents ??
    0
  const budgetSpent = shareOfBudget(badEvents, find(objective, {})) ?? before?.incident.budgetSpent ?? 0
  return { badEvents, budgetSpent }
}

const find = (objective: Objective, scope: Labels): Evaluation | undefined =>
  objective.evaluations.get(labelsKey(scope))

/** Those of an evaluation that burn, fastest first. */
function burningOf(evaluation: Evaluation | undefined): readonly BurnVerdict[] {
  return (evaluation?.verdicts ?? [])
    .filter((verdict) => verdict.kind === 'burning')
    .toSorted((a, b) => (b.long.rate ?? 0) - (a.long.rate ?? 0))
}
